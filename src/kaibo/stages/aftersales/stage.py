"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.aftersales.checks import differences
from kaibo.stages.aftersales.gates import gate
from kaibo.stages.aftersales.imports import AFTERSALES
from kaibo.stages.aftersales.permissions import ABILITIES, ROLES, SEE
from kaibo.stages.aftersales.search import search
from kaibo.stages.aftersales.today import badge, today

STAGE = Stage(
    key="aftersales",
    pages=(Page(_("售后个案"), "aftersales:list", SEE), Page(_("严重程度规则"), "aftersales:severity", SEE)),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    check=differences,
    imports=(AFTERSALES,),
    thresholds=(
        Threshold("aftersales.minor_hours", 48, "hours", "轻微个案多久内给方案", "Minor cases: a solution within", "AFT-1"),
        Threshold("aftersales.general_hours", 24, "hours", "一般个案多久内给方案", "General cases: a solution within", "AFT-1"),
        Threshold("aftersales.serious_hours", 2, "hours", "严重个案多久内给方案", "Serious cases: a solution within", "AFT-1"),
        Threshold("aftersales.refund_days", 7, "days", "收到退货后多久内退款", "Refund after the goods came back within", "消费者权益保护法 art. 25"),
        Threshold("aftersales.follow_up_hours", 24, "hours", "解决后多久回访、不满意多久再回访", "Call back after a solution within", "AFT-2"),
    ),
)  # fmt: skip
