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
    pages=(Page(_("售后个案"), "aftersales:list", SEE), Page(_("平台售后单"), "aftersales:platforms", SEE), Page(_("售后规则"), "aftersales:severity", SEE)),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    check=differences,
    imports=(AFTERSALES,),
    thresholds=(
        Threshold("aftersales.minor_hours", 30, "hours", "轻微个案多少个服务小时内给方案", "Minor cases: a solution within so many hours of service", "AFT-1"),
        Threshold("aftersales.general_hours", 15, "hours", "一般个案多少个服务小时内给方案", "General cases: a solution within so many hours of service", "AFT-1"),
        Threshold("aftersales.serious_hours", 2, "hours", "严重个案多久内给方案（不分昼夜）", "Serious cases: a solution within, day and night", "AFT-1"),
        Threshold("aftersales.refund_days", 7, "days", "收到退货后多久内退款", "Refund after the goods came back within", "消费者权益保护法 art. 25"),
        Threshold("aftersales.follow_up_hours", 15, "hours", "解决后多少个服务小时内回访、不满意多久再回访", "Call back after a solution within so many hours of service", "AFT-2"),
        Threshold("aftersales.service_from_hour", 9, "hours", "客服几点上班", "Service begins at", "AFT-5，数值为本店约定"),
        Threshold("aftersales.service_until_hour", 24, "hours", "客服几点下班", "Service ends at", "AFT-5，数值为本店约定"),
        Threshold("aftersales.refund_large_fen", 100_000, "fen", "单笔退款超过多少要第二个人批准", "Refunds above this need a second person", "AFT-5，数值为本店约定"),
    ),
)  # fmt: skip
