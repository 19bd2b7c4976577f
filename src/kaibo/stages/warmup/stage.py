"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.warmup.exports import LINKS_EXPORT
from kaibo.stages.warmup.gates import gate
from kaibo.stages.warmup.permissions import ABILITIES, CAMPAIGN_SEE, ROLES
from kaibo.stages.warmup.search import search
from kaibo.stages.warmup.today import today

STAGE = Stage(
    key="warmup",
    pages=(Page(_("预热"), "warmup:campaigns", ability=CAMPAIGN_SEE),),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    exports=(LINKS_EXPORT,),
    thresholds=(
        Threshold("warmup.least_days", 3, "days", "预告最晚在开播前几天", "days before the show an announcement goes out at the latest", "WRM-1"),
        Threshold("warmup.most_days", 5, "days", "预告最早在开播前几天", "days before the show an announcement goes out at the earliest", "WRM-1"),
    ),
)  # fmt: skip
