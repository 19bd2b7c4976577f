"""What the shell may know of robots."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.robots.robots import MANAGE
from kaibo.plumbing.wiring import Ability, Page, Stage

MANIFEST = Stage(
    key="robots",
    pages=(Page(_("群机器人"), "robots:list", MANAGE),),
    abilities=(Ability(MANAGE, "管理群机器人", "manage group robots"),),
    roles={"owner": (MANAGE,), "operations": (MANAGE,)},
)
