"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.showplan.exports import RUNDOWN_EXPORT
from kaibo.stages.showplan.gates import gate
from kaibo.stages.showplan.imports import RUNDOWN_IMPORT
from kaibo.stages.showplan.permissions import ABILITIES, ROLES, SESSION_SEE
from kaibo.stages.showplan.queries import expected_units
from kaibo.stages.showplan.search import search
from kaibo.stages.showplan.today import badge, today

STAGE = Stage(
    key="showplan",
    pages=(Page(_("场次"), "showplan:sessions", ability=SESSION_SEE),),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    expected=expected_units,
    imports=(RUNDOWN_IMPORT,),
    exports=(RUNDOWN_EXPORT,),
    thresholds=(
        Threshold("showplan.hosts_least", 3, "count", "每场主播最少人数", "hosts a session needs at least", "SHW-4"),
        Threshold("showplan.hosts_most", 5, "count", "每场主播最多人数", "hosts a session has at most", "SHW-4"),
        Threshold("showplan.operators_least", 2, "count", "每场运营最少人数", "operators a session needs at least", "SHW-4"),
        Threshold("showplan.price_deviation_bp", 3000, "bp", "直播价与挂牌价最大偏离", "most a live price may differ from the published one", "CMP-8"),
        Threshold("showplan.sell_through_bp", 6000, "bp", "未填目标时，计划卖出配额的比例", "share of an allotment planned to sell when a session has no target", "LIV-7"),
    ),
)  # fmt: skip
