"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.members import exports, imports, permissions, queries
from kaibo.stages.members.gates import gate
from kaibo.stages.members.search import search
from kaibo.stages.members.today import today

STAGE = Stage(
    key="members",
    pages=(Page(_("用户运营"), "members:home", permissions.SEE),),
    abilities=permissions.ABILITIES,
    roles=permissions.ROLES,
    gate=gate,
    search=search,
    today=today,
    imports=(imports.PURCHASES,),
    exports=(exports.SEGMENTS,),
    thresholds=(
        Threshold("members.touches_per_30_days", 4, "count", "每位会员 30 天内最多触达次数", "Most contacts of a member in 30 days", "MEM-3 · 店铺自定"),
        Threshold("members.repeat_line_bp", 2_000, "bp", "复购率线（超过就扩相邻品类）", "Repurchase line (above: extend to neighbours)", "INS-6"),
    ),
    check=queries.differences,
)
