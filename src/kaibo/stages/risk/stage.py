"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.risk import exports, imports, permissions, queries
from kaibo.stages.risk.gates import gate
from kaibo.stages.risk.search import search
from kaibo.stages.risk.supply_files import SUPPLY_REGISTER
from kaibo.stages.risk.today import badge, today

STAGE = Stage(
    key="risk",
    pages=(
        Page(_("风险"), "risk:home", permissions.SEE), Page(_("断货与快递"), "risk:supply", permissions.SUPPLY_SEE), Page(_("监看词"), "risk:watch", permissions.SEE),
    ),
    abilities=permissions.ABILITIES,
    roles=permissions.ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    imports=(imports.MENTIONS,),
    exports=(exports.REGISTER, SUPPLY_REGISTER),
    thresholds=(Threshold("risk.answer_minutes", 60, "minutes", "负面舆情答复时限", "Answer a negative mention within", "RSK-1"),),
    check=queries.differences,
)  # fmt: skip
