"""Why a session went as it did: rules that show their numbers, worth in yuan net of returns, with what to do (INS-12). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaibo.kit.money import share_bp, yuan_text
from kaibo.stages.aftersales.rules import NATURE_WORDS
from kaibo.stages.aftersales.words import word
from kaibo.stages.analytics.picture import ItemStats, Picture
from kaibo.stages.analytics.rules import Interval, difference_of_shares

STEP_WORDS: Final[dict[str, Any]] = {
    "enter": gettext_lazy("进入"), "expose": gettext_lazy("商品曝光"), "click": gettext_lazy("商品点击"), "order": gettext_lazy("下单"), "pay": gettext_lazy("成交"),
}  # fmt: skip
TOPICS: Final[dict[str, tuple[Any, Any, str]]] = {
    "size": (gettext_lazy("尺码"), gettext_lazy("把尺码表和身高体重对照放进提词器，讲解第一分钟就说"), "operations"),
    "price": (gettext_lazy("价格与优惠"), gettext_lazy("讲解开头说清到手价与优惠怎么领"), "operations"),
    "fabric": (gettext_lazy("面料"), gettext_lazy("准备成分标与近景特写，讲解时给镜头"), "host"),
    "color": (gettext_lazy("颜色"), gettext_lazy("复测灯光色温，摆出全部颜色实物"), "technician"),
    "delivery": (gettext_lazy("发货"), gettext_lazy("把发货时间写进商品卡与口播"), "warehouse"),
    "care": (gettext_lazy("洗护与售后"), gettext_lazy("把洗护与退换规则写进提词器"), "service"),
}
TOPIC_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "size": ("尺码", "码", "尺寸", "身高", "体重", "斤", "公分", "偏大", "偏小", "显瘦", "腰围", "胸围", "穿多大"),
    "price": ("多少钱", "价格", "优惠", "券", "便宜", "减", "到手"),
    "fabric": ("面料", "材质", "起球", "掉毛", "羊毛", "成分", "厚", "薄", "透气", "扎"),
    "color": ("颜色", "色差", "黑色", "白色", "几个色", "灰色", "驼色"),
    "delivery": ("发货", "快递", "几天到", "多久到", "顺丰", "包邮"),
    "care": ("水洗", "干洗", "机洗", "退", "换", "运费险", "售后"),
}
ASKING: Final = ("?", "？", "吗", "呢", "多少", "几", "怎么", "什么", "哪", "能不能", "可以", "有没有", "会不会", "是不是")
ENOUGH_QUESTIONS: Final = 5


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding: what, the evidence, what it was worth (fen, with the formula), what to do, who by role, in how many days."""

    key: str
    title: str
    evidence: str
    effect_fen: int | None
    formula: str
    action: str
    owner_role: str
    due_days: int

    @property
    def is_good(self) -> bool:
        return (self.effect_fen or 0) > 0


def topic_of(line: str) -> str:
    """This function will name what a chat line asks about, or nothing when it asks nothing we know."""
    if not any(word in line for word in ASKING):
        return ""
    return next((topic for topic, words in TOPIC_WORDS.items() if any(word in line for word in words)), "")


def causes_of(picture: Picture, history: Sequence[Picture], *, min_sample: int, return_line_bp: int) -> list[Cause]:
    """
    This function will find why a session went as it did, the costliest first.

    A rule speaks only when the 95 % interval leaves no doubt and at least `min_sample` people stand behind it.
    """
    found = [*_items_apart(picture, min_sample), *_funnel_breaks(picture, history, min_sample), *_returns(picture, min_sample, return_line_bp)]
    return sorted(found, key=lambda cause: (-abs(cause.effect_fen or 0), cause.key))


def _items_apart(picture: Picture, min_sample: int) -> list[Cause]:
    found = []
    for item in picture.items:
        others = [one for one in picture.items if one.key != item.key]
        clicks, buyers = sum(one.click_people for one in others), sum(one.buyers for one in others)
        interval = difference_of_shares(item.buyers, item.click_people, buyers, clicks)
        if interval is None or item.click_people < min_sample or clicks < min_sample or not (interval.is_below or interval.is_above):
            continue
        say = _item_above if interval.is_above else _item_below
        found.append(say(item, picture, interval, clicks, buyers))
    return found


def _worth_of_difference(item: ItemStats, picture: Picture, clicks: int, buyers: int) -> tuple[int, str]:
    """(buyers − those the others' rate would have brought) × net yuan a buyer; net of returns by the item's own net, else the session's."""
    people, net_fen = (item.paid_buyers, item.net_fen) if item.paid_buyers else (picture.paid_people, picture.net_fen)
    each_fen = net_fen // people if people else 0
    paying_bp = share_bp(picture.paid_people, picture.order_people)
    effect_fen = (item.buyers * clicks - item.click_people * buyers) * each_fen * paying_bp // (clicks * 10_000)
    formula = _("（下单 %(buyers)s 人 − 点击 %(clicks)s 人 × 其他商品 %(rate)s）× 付款率 %(paying)s × 每位买家净 %(each)s") % {
        "buyers": item.buyers, "clicks": item.click_people, "rate": _percent(share_bp(buyers, clicks)), "paying": _percent(paying_bp),
        "each": yuan_text(each_fen),
    }  # fmt: skip
    return effect_fen, formula


def _item_evidence(item: ItemStats, interval: Interval, clicks: int, buyers: int) -> str:
    return _("点击 %(clicks)s 人只有 %(buyers)s 人下单（%(rate)s），其他商品 %(others)s；差 %(gap)s 点，95%% 区间 %(low)s 至 %(high)s 点") % {
        "clicks": item.click_people, "buyers": item.buyers, "rate": _percent(share_bp(item.buyers, item.click_people)),
        "others": _percent(share_bp(buyers, clicks)), "gap": _points(interval.difference_bp), "low": _points(interval.low_bp), "high": _points(interval.high_bp),
    }  # fmt: skip


def _item_below(item: ItemStats, picture: Picture, interval: Interval, clicks: int, buyers: int) -> Cause:
    effect_fen, formula = _worth_of_difference(item, picture, clicks, buyers)
    evidence = _item_evidence(item, interval, clicks, buyers)
    topic, asked = max(item.questions.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    if topic in TOPICS and asked >= ENOUGH_QUESTIONS:
        words, action, role = TOPICS[topic]
        evidence += _("；讲解时公屏问%(topic)s %(asked)s 次") % {"topic": words, "asked": asked}
        title = _("“%(item)s”被%(topic)s问题拖住") % {"item": item.title, "topic": words}
        return Cause(f"item-below:{item.key}", title, evidence, effect_fen, formula, str(action), role, 2)
    title = _("“%(item)s”点了不下单") % {"item": item.title}
    return Cause(f"item-below:{item.key}", title, evidence, effect_fen, formula, _("对照公屏与录像，改讲解顺序或价格"), "operations", 3)


def _item_above(item: ItemStats, picture: Picture, interval: Interval, clicks: int, buyers: int) -> Cause:
    effect_fen, formula = _worth_of_difference(item, picture, clicks, buyers)
    evidence = _("点击 %(clicks)s 人有 %(buyers)s 人下单（%(rate)s），其他商品 %(others)s；高 %(gap)s 点，95%% 区间 %(low)s 至 %(high)s 点") % {
        "clicks": item.click_people, "buyers": item.buyers, "rate": _percent(share_bp(item.buyers, item.click_people)),
        "others": _percent(share_bp(buyers, clicks)), "gap": _points(interval.difference_bp), "low": _points(interval.low_bp), "high": _points(interval.high_bp),
    }  # fmt: skip
    title = _("“%(item)s”讲得好") % {"item": item.title}
    return Cause(f"item-above:{item.key}", title, evidence, effect_fen, formula, _("话术沿用，下一场加长讲解并备足货"), "operations", 5)


def _funnel_breaks(picture: Picture, history: Sequence[Picture], min_sample: int) -> list[Cause]:
    """The step of the funnel that fell furthest, in yuan, below what the last ten sessions did."""
    found = []
    for place in range(1, len(picture.steps)):
        before, here = picture.steps[place - 1], picture.steps[place]
        past_before = sum(one.steps[place - 1][1] for one in history)
        past_here = sum(one.steps[place][1] for one in history)
        if before[1] < min_sample or past_before < min_sample:
            continue
        interval = difference_of_shares(min(here[1], before[1]), before[1], min(past_here, past_before), past_before)
        if interval is not None and interval.is_below:
            found.append(_funnel_cause(picture, before, here, past_before, past_here, interval, len(history)))
    return sorted(found, key=lambda cause: cause.effect_fen or 0)[:1]


def _funnel_cause(
    picture: Picture, before: tuple[str, int], here: tuple[str, int], past_before: int, past_here: int, interval: Interval, sessions: int
) -> Cause:
    onward_bp = share_bp(picture.paid_people, here[1])
    each_fen = picture.net_fen // picture.paid_people if picture.paid_people else 0
    lost_people = before[1] * past_here // past_before - here[1]
    effect_fen = -lost_people * onward_bp * each_fen // 10_000
    rate, usual = _percent(share_bp(here[1], before[1])), _percent(share_bp(past_here, past_before))
    words = {"from": STEP_WORDS[before[0]], "to": STEP_WORDS[here[0]]}
    evidence = _("%(from)s → %(to)s：%(before)s 人到 %(here)s 人，%(rate)s；前 %(sessions)s 场 %(usual)s，差 %(gap)s 点（95%% 区间 %(low)s 至 %(high)s）") % {
        **words, "before": f"{before[1]:,}", "here": f"{here[1]:,}", "rate": rate, "usual": usual, "sessions": sessions,
        "gap": _points(interval.difference_bp), "low": _points(interval.low_bp), "high": _points(interval.high_bp),
    }  # fmt: skip
    formula = _("少到 %(lost)s 人 × 之后的成交率 %(onward)s × 每位买家净 %(each)s") % {
        "lost": lost_people, "onward": _percent(onward_bp), "each": yuan_text(each_fen)
    }
    return Cause(
        f"funnel:{here[0]}", _("漏斗断在“%(to)s”") % words, evidence, effect_fen, formula, STEP_ACTIONS[here[0]](), "operations", 2
    )


STEP_ACTIONS: Final[dict[str, Callable[[], str]]] = {
    "expose": lambda: _("开场三分钟内上第一张商品卡，流程单每段都写“讲解即弹卡”"),
    "click": lambda: _("换商品卡主图与标题，口播时给出点击理由"),
    "order": lambda: _("检查价格、尺码与库存是否在点击后才说；把到手价写进卡片"),
    "pay": lambda: _("未付款订单在支付期限前提醒一次，并检查支付是否报错"),
}


def _returns(picture: Picture, min_sample: int, return_line_bp: int) -> list[Cause]:
    """Items that come back far more often than the others, with the reason most given."""
    found = []
    for item in picture.items:
        others = [one for one in picture.items if one.key != item.key]
        units, returned = sum(one.units for one in others), sum(one.returned_units for one in others)
        rate_bp = share_bp(item.returned_units, item.units)
        interval = difference_of_shares(item.returned_units, item.units, returned, units)
        stands_out = interval.is_above if interval is not None else rate_bp > return_line_bp
        if item.units < min_sample or not item.returned_units or not (stands_out or rate_bp > return_line_bp):
            continue
        reason, count = max(item.return_reasons.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
        title = _("退货集中在“%(item)s”") % {"item": item.title}
        evidence = _("卖出 %(units)s 件退 %(returned)s 件（%(rate)s），其他商品 %(others)s") % {
            "units": item.units, "returned": item.returned_units, "rate": _percent(rate_bp), "others": _percent(share_bp(returned, units)),
        }  # fmt: skip
        reason = word(NATURE_WORDS, reason)
        if reason:
            evidence += _("；原因最多的是“%(reason)s” %(count)s 件") % {"reason": reason, "count": count}
        formula = _("已退款 %(amount)s") % {"amount": yuan_text(item.refunded_fen)}
        action = _("按“%(reason)s”改详情页与口播，抽检同批次") % {"reason": reason or _("退货原因")}
        found.append(Cause(f"returns:{item.key}", title, evidence, -item.refunded_fen, formula, action, "quality", 3))
    return found


def _percent(rate_bp: int) -> str:
    return f"{_points(rate_bp)}%"


def _points(rate_bp: int) -> str:
    tenths = (abs(rate_bp) + 5) // 10
    return f"{'−' if rate_bp < 0 else ''}{tenths // 10}.{tenths % 10}"
