"""The words of decisions: figures, verdicts, price forms, trials, cooperations, and how their values are written."""

from __future__ import annotations

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kaibo.kit.money import yuan_text
from kaibo.stages.selection.cooperations import Advice
from kaibo.stages.selection.pricing import Form, Terms
from kaibo.stages.selection.scorecard import UNITS, Outcome
from kaibo.stages.selection.trials import Ending

FIGURE_WORDS = {
    "demand": (_("需求"), _("主要竞品的销量之和")), "gap": (_("供给缺口"), _("我们的定位能回答的抱怨，占全部抱怨")),
    "strengths": (_("自家优势"), _("这类货靠的那种优势，0 到 5")), "margin": (_("退货后毛利率"), _("扣掉货品、运费、退货损失和佣金")),
    "returns": (_("退货率"), _("越低越好：质量优先")), "compliance": (_("合规风险"), _("禁用词、没有备案的宣称、侵权算 2；待审词、缺或过期的资质算 1")),
    "feedback": (_("售后反馈"), _("针对货品本身的售后，按轻重加权，每万件")), "on_air": (_("场上表现"), _("看到的人里付款的比例，对照同场其他商品")),
}  # fmt: skip
OUTCOME_WORDS = {
    Outcome.GO: (_("放量：试卖已证明"), "ok"), Outcome.TRIAL: (_("先试卖"), "warn"), Outcome.NO: (_("不做"), "bad"),
    Outcome.TOO_LITTLE: (_("知道的太少，不下结论"), "note"),
}  # fmt: skip
REASON_WORDS = {
    "too_little": _("有数字的权重还不到规定的份额"), "margin": _("退货后毛利率低于底线"), "trial_failed": _("试卖没通过：以数据为准"),
    "below_trial": _("总分没到试卖线"), "below_go": _("总分到了试卖线，没到放量线"), "no_trial": _("总分到了放量线，还缺一次通过的试卖"),
    "passed": _("总分到了放量线，试卖也通过了"),
}  # fmt: skip
WHY_MISSING = {
    "no_market": _("没有挂在市场上"), "few_rivals": _("竞品太少"), "no_position": _("还没定差异化定位"), "few_complaints": _("有抱怨的评价太少"),
    "no_goods_kind": _("还没说靠哪种优势卖"), "no_strength": _("还没给自家这种优势打分"), "few_sold": _("卖出的太少，还看不出"),
    "few_shown": _("场上看到它的人太少"), "expected": _("还是预计值，不是数出来的"),
}  # fmt: skip
STRENGTH_WORDS = {"supply_chain": _("供应链"), "content": _("内容"), "cash": _("资金")}
FORM_WORDS = {
    Form.SINGLE: _("单件"), Form.TIER: _("多件优惠"), Form.EARLY_BIRD: _("早鸟"), Form.BUNDLE: _("套装"), Form.PENETRATION: _("渗透定价"), Form.VALUE: _("价值定价"),
}  # fmt: skip
ENDING_WORDS = {
    Ending.RUNNING: (_("还在试"), "note"), Ending.PASSED: (_("试卖通过"), "ok"), Ending.FAILED: (_("试卖没通过"), "bad"), Ending.STOP_LOSS: (_("停：亏到上限"), "bad"),
    Ending.STOP_RETURNS: (_("停：退货确定过多"), "bad"), Ending.FUTILE: (_("停：已经不可能通过"), "bad"),
}  # fmt: skip
TRIAL_WORDS = {"running": (_("还在试"), "note"), "passed": (_("试卖通过"), "ok"), "failed": (_("试卖没通过"), "bad"), "cancelled": (_("已取消"), "")}
ADVICE_WORDS = {
    Advice.GO_ON: (_("建议继续"), "ok"), Advice.RENEGOTIATE: (_("建议重谈条件"), "warn"), Advice.END: (_("建议结束"), "bad"),
    Advice.TOO_LITTLE: (_("场次太少，先不下结论"), "note"),
}  # fmt: skip
DECISION_WORDS = {"open": (_("待决定"), "warn"), "go_on": (_("继续"), "ok"), "renegotiate": (_("重谈"), "warn"), "end": (_("结束"), "bad")}
PARTNER_WORDS = {"brand": _("品牌"), "host": _("达人 / 主播")}
TOO_LITTLE_WORDS = {
    "few_days": _("自家卖过的天数太少：有 %(have)s 天，至少 %(need)s 天"), "few_units": _("卖出的件数太少：有 %(have)s 件，至少 %(need)s 件"),
    "flat": _("价格几乎没动过（最高比最低只高 %(have)s，至少 %(need)s），看不出弹性"), "unfit": _("数据算不出稳定的弹性"),
}  # fmt: skip
CEILING_WORDS = {"power": _("买家购买力上限"), "competitors": _("竞品价格带上沿 × 主播影响力")}


def percent(rate_bp: int) -> str:
    """This function will write basis points as people read them: `35%`, `2.5%`, `−3%`."""
    sign, rate = ("−" if rate_bp < 0 else ""), abs(rate_bp)
    return f"{sign}{rate // 100}" + (f".{rate % 100:02d}".rstrip("0") if rate % 100 else "") + "%"


def value_text(key: str, value: int | None) -> str:
    """This function will write a figure's value in its unit."""
    if value is None:
        return "—"
    unit = UNITS[key]
    if unit == "bp":
        return percent(value)
    return _t("每万件 %(n)s") % {"n": f"{value:,}"} if unit == "per_10k" else f"{value:,}"


def too_little_text(why: str, have: int, need: int) -> str:
    """This function will say why own sales give no elasticity."""
    shown = (percent(have), percent(need)) if why == "flat" else (f"{have:,}", f"{need:,}")
    return str(TOO_LITTLE_WORDS[why]) % {"have": shown[0], "need": shown[1]}


def terms_text(terms: Terms) -> str:
    """This function will say one price form's terms."""
    off = percent(terms.off_bp)
    if terms.form is Form.TIER:
        return _t("%(n)s 件，第二件起 %(share)s") % {"n": terms.pieces, "share": percent(terms.second_bp)}
    if terms.form is Form.EARLY_BIRD:
        return _t("前 %(share)s 的买家减 %(off)s") % {"share": percent(terms.share_bp), "off": off}
    if terms.form is Form.BUNDLE:
        return _t("和另一件一起减 %(off)s") % {"off": off}
    if terms.form is Form.PENETRATION:
        return _t("上市减 %(off)s 抢份额") % {"off": off}
    if terms.form is Form.VALUE:
        return _t("竞品中间价加 %(over)s") % {"over": percent(terms.over_bp)}
    return ""


def span_text(low_fen: int, high_fen: int) -> str:
    return f"{yuan_text(low_fen)}–{yuan_text(high_fen)}"
