"""What the shell may know of imports and exports."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Ability, Page, Stage

SEE = "intake:run:see"
EVERYBODY = (
    "selection",
    "quality",
    "compliance",
    "operations",
    "host",
    "control",
    "technician",
    "service",
    "warehouse",
    "analyst",
    "owner",
)

MANIFEST = Stage(
    key="intake",
    pages=(Page(_("导入与导出"), "intake:runs", SEE),),
    abilities=(Ability(SEE, "查看导入记录", "See imports"),),
    roles=dict.fromkeys(EVERYBODY, (SEE,)),
)
