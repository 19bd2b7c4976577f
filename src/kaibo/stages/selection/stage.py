"""What the shell may know of this stage."""

from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.wiring import Page, Stage, Threshold
from kaibo.stages.selection.exports import CANDIDATES, COOPERATIONS
from kaibo.stages.selection.gates import gate
from kaibo.stages.selection.imports import COMPETITORS, REVIEWS
from kaibo.stages.selection.market_imports import MARKET_KINDS
from kaibo.stages.selection.permissions import ABILITIES, ROLES, SEE
from kaibo.stages.selection.price_imports import PRICE_ANSWERS, PRICE_LIMITS
from kaibo.stages.selection.search import search
from kaibo.stages.selection.today import badge, today

STAGE = Stage(
    key="selection",
    pages=(Page(_("市场"), "selection:markets", SEE), Page(_("市场看板"), "selection:board", SEE), Page(_("选品候选"), "selection:candidates", SEE), Page(_("搭配"), "selection:matching", SEE), Page(_("品牌合作"), "selection:cooperations", SEE)),
    abilities=ABILITIES,
    roles=ROLES,
    gate=gate,
    search=search,
    today=today,
    badge=badge,
    imports=(COMPETITORS, REVIEWS, PRICE_LIMITS, PRICE_ANSWERS, *MARKET_KINDS),
    exports=(CANDIDATES, COOPERATIONS),
    thresholds=(
        Threshold("selection.quality_share_bp", 3_000, "bp", "高质中价：质量类抱怨占比超过", "High quality, middle price: quality complaints above", "SEL-7"),
        Threshold("selection.low_price_bp", 7_000, "bp", "算作低价：不高于参考中间价的", "Counts as low price: at most this share of the reference price", "本店约定，SEL-7 未写明"),
        Threshold("selection.main_competitors", 10, "count", "主要竞品取销量前几名", "Main competitors: the best-selling so many", "SEL-6"),
        Threshold("selection.fewest_competitors", 3, "count", "判断至少要几个竞品", "A verdict takes at least so many competitors", "本店约定：太少不下结论"),
        Threshold("selection.fewest_complaints", 30, "count", "判断至少要几条抱怨", "A verdict takes at least so many complaints", "本店约定：太少不下结论"),
        Threshold("selection.false_discovery_bp", 500, "bp", "趋势：判为增长的词里允许看错的比例", "Trends: share of growing words that may be chance", "SEL-4，比例为本店约定"),
        Threshold("selection.niche_share_bp", 5_000, "bp", "小众：起步热度不高于中位词的", "Niche: began at or below this share of the middle word", "SEL-4，界线为本店约定"),
        Threshold("selection.least_growth_bp", 20_000, "bp", "走向大众：近期热度至少是起步的", "Mainstream: at least this much of where it began", "SEL-4，界线为本店约定"),
        Threshold("selection.margin_floor_bp", 3_000, "bp", "选品毛利底线（扣退货后）", "Margin floor after returns", "本店约定"),
        Threshold("selection.cooperation_return_bp", 5_000, "bp", "品牌合作：退货率超过就建议结束", "Cooperation: end above this return rate", "本店约定，SEL-18 未写明"),
        Threshold("selection.cooperation_profit_bp", 500, "bp", "品牌合作：扣完佣金坑位费的利润率低于就重谈", "Cooperation: renegotiate below this profit rate after fees", "本店约定，SEL-18 未写明"),
        Threshold("selection.feedback_red_count", 5, "count", "同一商品售后达到几起亮红灯", "After-sales cases that turn a product red", "SEL-19，数值为本店约定"),
    ),
)
