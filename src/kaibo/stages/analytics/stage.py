"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.analytics import exports, imports, permissions
from kaibo.stages.analytics.gates import gate
from kaibo.stages.analytics.search import search
from kaibo.stages.analytics.today import badge, today

STAGE = Stage(
    key="analytics",
    pages=(Page(_("数据与复盘"), "analytics:home", permissions.SEE), Page(_("商品改进"), "analytics:products", permissions.SEE)),
    abilities=permissions.ABILITIES,
    roles=permissions.ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    imports=(imports.LIVE_FIGURES,),
    exports=(exports.FIGURES, exports.MINUTES, exports.IMPROVEMENTS),
    thresholds=(
        Threshold("analytics.views_target", 1_000_000, "count", "成功场：观看人数", "A success: viewers", "INS-2"),
        Threshold("analytics.interaction_target_bp", 500, "bp", "成功场：互动率", "A success: interaction rate", "INS-2"),
        Threshold("analytics.conversion_target_bp", 300, "bp", "成功场：转化率", "A success: conversion", "INS-2"),
        Threshold("analytics.return_line_bp", 3_000, "bp", "退货率警戒线", "Returns line", "INS-9 · 店铺自定"),
        Threshold("analytics.min_sample", 30, "count", "归因最少样本", "Fewest cases behind a finding", "INS-12"),
    ),
)
