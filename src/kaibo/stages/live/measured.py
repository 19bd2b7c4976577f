"""The desk's five figures as they are shown: each beside its plan and the own sessions, with its definition and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kaibo.stages.live.desk import View
from kaibo.stages.live.deviations import Measure, Standing


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a low figure suggests: words, and the key of the desk that does it."""

    words: str
    key: str


def shown(measure: Measure, value: int | None) -> str:
    """This function will write a value of a measure as people read it."""
    if value is None:
        return "—"
    if measure is Measure.VIEWERS:
        return f"{value:,}"
    if measure is Measure.CLAIMS:
        return f"{value // 10:,}.{value % 10}"
    if measure is Measure.AMOUNT:
        return f"¥{value // 100:,}"
    if measure is Measure.CONVERSION:
        return f"{value // 100}.{value % 100 // 10}%"
    return f"{value // 60}′{value % 60:02}″"


def titles() -> dict[Measure, str]:
    return {
        Measure.VIEWERS: _("在线"), Measure.CLAIMS: _("每分钟抢购"), Measure.AMOUNT: _("成交额"), Measure.CONVERSION: _("进场成交率"), Measure.STAY: _("平均停留"),
    }  # fmt: skip


def definitions() -> dict[Measure, str]:
    """This function will say how each figure is counted.   Source: facts/metrics."""
    return {
        Measure.VIEWERS: _("此刻与直播间保持连接的页面数，含中控与提词屏。"),
        Measure.CLAIMS: _("最近 5 分钟抢购笔数 ÷ 分钟数；刚开播不足 5 分钟按实际分钟。"),
        Measure.AMOUNT: _("已抢的件数 × 抢购时价格，含还没付款的；计划线按流程单各段货值、按分钟推算。"),
        Measure.CONVERSION: _("抢购笔数 ÷ 进场次数，从开播算起。"),
        Measure.STAY: _("所有观众在线时间之和 ÷ 进场次数，每 10 秒累计一次。"),
    }  # fmt: skip


def remedies(measure: Measure) -> list[Remedy]:
    """This function will list what can be done at the desk about a low figure.   Source: LIV-7."""
    flash, next_one, replan = Remedy(_("开一轮秒杀"), "S"), Remedy(_("进入下一段"), "Space"), Remedy(_("按比例重排后面"), "R")
    again, price, notice = Remedy(_("请主播补讲卖点"), "T"), Remedy(_("看价格，改价"), "P"), Remedy(_("发公告说清福利与时间"), "N")
    return {
        Measure.VIEWERS: [flash, notice], Measure.CLAIMS: [again, flash, next_one], Measure.AMOUNT: [replan, flash, price],
        Measure.CONVERSION: [again, price, flash], Measure.STAY: [next_one, replan, flash],
    }[measure]  # fmt: skip


def figures(view: View, limit_bp: int) -> list[dict[str, Any]]:
    """This function will give the five figures for the strip."""
    return [_figure(view.standings[measure], limit_bp) for measure in Measure]


def _figure(one: Standing, limit_bp: int) -> dict[str, Any]:
    lines = []
    if one.plan_bp is not None:
        lines.append(_("计划 %(off)s · %(plan)s") % {"plan": shown(one.measure, one.plan), "off": off_words(one.plan_bp)})
    if one.own_bp is not None:
        lines.append(_("近场 %(off)s · P%(rank)s") % {"off": off_words(one.own_bp), "rank": one.rank})
    elif one.plan_bp is None:
        lines.append(_("没有可比的近场") if not one.sessions else _("近场 %(value)s") % {"value": shown(one.measure, one.median)})
    state = one.state(limit_bp)
    return {
        "key": one.measure.value, "name": titles()[one.measure], "value": shown(one.measure, one.value), "lines": lines, "state": state,
        "value_state": "bad" if state == "bad" else "",
    }  # fmt: skip


def off_words(off_bp: int) -> str:
    """This function will write a deviation with its sign: +8 %, −38 %."""
    percent = (abs(off_bp) + 50) // 100
    return f"{'−' if off_bp < 0 and percent else '+'}{percent}%"


def why(view: View, measure: Measure, limit_bp: int) -> dict[str, Any]:
    """This function will explain a figure: how it is counted, what it is measured against, session by session, and what to do."""
    one = view.standings[measure]
    rows = [(earlier, shown(measure, earlier.moment.value(measure)), off_words(off) if (off := _off(one.value, earlier.moment.value(measure))) is not None else "—") for earlier in view.earlier]
    return {
        "standing": one, "title": titles()[measure], "value": shown(measure, one.value), "definition": definitions()[measure],
        "plan": shown(measure, one.plan) if one.plan is not None else "", "plan_off": off_words(one.plan_bp) if one.plan_bp is not None else "",
        "median": shown(measure, one.median), "own_off": off_words(one.own_bp) if one.own_bp is not None else "", "rows": rows,
        "state": one.state(limit_bp), "remedies": remedies(measure),
        "counted": ngettext("%(n)s 场", "%(n)s sessions", one.sessions) % {"n": one.sessions},
    }  # fmt: skip


def _off(value: int | None, reference: int | None) -> int | None:
    return (value - reference) * 10_000 // reference if value is not None and reference else None
