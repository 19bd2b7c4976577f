"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.supply import exports, imports, permissions, presales, queries
from kaibo.stages.supply.gates import gate
from kaibo.stages.supply.launch_files import LAUNCH_SUPPLY
from kaibo.stages.supply.search import search
from kaibo.stages.supply.today import today

STAGE = Stage(
    key="supply",
    pages=(
        Page(_("供应链与品控"), "supply:home", permissions.SEE),
        Page(_("检验"), "supply:inspections", permissions.SEE),
        Page(_("隔离区"), "supply:quarantine", permissions.SEE),
        Page(_("品控方案"), "supply:policies", permissions.SEE),
        Page(_("盘点"), "supply:counts", permissions.SEE),
        Page(_("库龄"), "supply:stock-age", permissions.SEE),
        Page(_("滚动补货"), "supply:rolling", permissions.SEE),
        Page(_("锁仓"), "supply:locks", permissions.SEE),
        Page(_("上新供货"), "supply:launches", permissions.SEE),
        Page(_("采购单"), "supply:purchases", permissions.SEE),
        Page(_("预售额度"), "supply:presale", permissions.SEE),
        Page(_("供应商"), "supply:suppliers", permissions.SEE),
    ),
    abilities=permissions.ABILITIES,
    roles=permissions.ROLES,
    gate=gate,
    check=presales.differences,
    search=search,
    today=today,
    badge=queries.below_line,
    imports=(imports.QUOTES, imports.STOCK_COUNT),
    exports=(exports.SAFETY, exports.STOCK_AGE, LAUNCH_SUPPLY),
    thresholds=(
        Threshold(
            "supply.alert_line_bp",
            5_000,
            "bp",
            "补货警戒线（占安全库存）",
            "Replenishment line (of safety stock)",
            "SUP-10",
        ),
        Threshold("supply.service_level_bp", 9_500, "bp", "安全库存服务水平", "Service level of safety stock", "SUP-7"),
        Threshold("supply.history_days", 28, "days", "安全库存历史天数", "Days of history for safety stock", "SUP-7"),
        Threshold("supply.purchase_large_fen", 20_000_000, "fen", "大额采购单（超过要店长批准）", "Large purchase order (the owner approves)", "SUP-1"),
        Threshold("supply.count_approve_fen", 20_000, "fen", "盘点差异超过多少要批准", "Stocktaking variance that needs approval", "SUP-11"),
        Threshold("supply.age_1_days", 60, "days", "库龄第一档从几天起", "Stock age, first band from", "SUP-11，数值为本店约定"),
        Threshold("supply.age_1_off_bp", 1_000, "bp", "库龄第一档减多少", "Stock age, first band off", "SUP-11，数值为本店约定"),
        Threshold("supply.age_2_days", 120, "days", "库龄第二档从几天起", "Stock age, second band from", "SUP-11，数值为本店约定"),
        Threshold("supply.age_2_off_bp", 2_500, "bp", "库龄第二档减多少", "Stock age, second band off", "SUP-11，数值为本店约定"),
        Threshold("supply.age_3_days", 180, "days", "库龄第三档从几天起", "Stock age, third band from", "SUP-11，数值为本店约定"),
        Threshold("supply.age_3_off_bp", 4_000, "bp", "库龄第三档减多少", "Stock age, third band off", "SUP-11，数值为本店约定"),
        Threshold("supply.age_soon_gone_days", 30, "days", "几天内能卖完的不打折", "Not discounted when gone within", "SUP-11，数值为本店约定"),
        Threshold("supply.score_days", 365, "days", "供应商评分看多少天", "Days a supplier's score looks back", "SUP-1，数值为本店约定"),
        Threshold("supply.score_on_time_weight", 25, "count", "评分权重：准时交货", "Weight of the score: on time", "SUP-1，数值为本店约定"),
        Threshold("supply.score_passed_weight", 20, "count", "评分权重：到货合格", "Weight of the score: lots passed", "SUP-1，数值为本店约定"),
        Threshold("supply.score_defects_weight", 10, "count", "评分权重：缺陷率", "Weight of the score: defects", "SUP-1，数值为本店约定"),
        Threshold("supply.score_returns_weight", 20, "count", "评分权重：它造成的退货", "Weight of the score: returns caused", "SUP-1、SEL-19，数值为本店约定"),
        Threshold("supply.score_price_weight", 10, "count", "评分权重：价格", "Weight of the score: price", "SUP-1，数值为本店约定"),
        Threshold("supply.score_response_weight", 5, "count", "评分权重：答复快慢", "Weight of the score: response", "SUP-1，数值为本店约定"),
        Threshold("supply.score_screening_weight", 10, "count", "评分权重：实地与资料考察", "Weight of the score: screening", "SUP-2，数值为本店约定"),
        Threshold("supply.launch_ready_days", 2, "days", "上新的货要在开播前几天到齐", "A launch's goods are here days before its broadcast", "SUP-12，数值为本店约定"),
        Threshold("supply.launch_cover_days", 7, "days", "上新备货按几天销量预测", "Days of sales a launch is stocked for", "SUP-12，数值为本店约定"),
        Threshold("supply.launch_red_days", 14, "days", "开播前几天起，供货计划没确认为红灯", "Days before the broadcast from which an unconfirmed supply plan is red", "SUP-12，数值为本店约定"),
        Threshold("supply.budget_warn_bp", 9_000, "bp", "物料花到预算多少提醒", "Share of a budget for materials that warns", "SUP-12，数值为本店约定"),
        Threshold("supply.switch_late_days", 2, "days", "超过约定交期几天建议切换备用供应商", "Days late until a switch is proposed", "SUP-9，数值为本店约定"),
        Threshold("supply.spot_valid_days", 3, "days", "开播前抽查有效天数", "Days a spot check before a session counts", "SUP-4"),
        Threshold("supply.default_lead_days", 7, "days", "没有报价时的默认交期", "Lead time without a quote", "SUP-7"),
    ),
)
