"""What every figure of a session is: numerator, denominator, window, dedupe key, source and version (INS-11). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from kaibo.kit.money import share_bp
from kaibo.stages.analytics.picture import VERSION, Picture
from kaibo.stages.analytics.rules import HISTORY_SESSIONS, percentile

EVENTS = _("直播间行为事件（湖）")
ORDERS = _("直播间抢购与订单（数据库）")
BY_VISITOR = _("访客")
BY_ORDER = _("订单号")
BY_EVENT = _("直播间 + 事件号")


@dataclass(frozen=True, slots=True)
class Definition:
    """How a figure is made. `numerator`/`denominator` are words; `parts` takes both counts from a picture."""

    key: str
    title: Any
    unit: str
    numerator: Any
    denominator: Any
    dedupe_key: Any
    source: Any
    note: Any = ""
    is_better_high: bool = True


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of one session beside its target, its history and the platform's own value. Rates bp, money fen, times s."""

    definition: Definition
    value: int | None
    numerator_count: int
    denominator_count: int | None
    target: int | None = None
    target_source: str = ""
    percentile: int | None = None
    history_count: int = 0
    platform_value: int | None = None
    platform: str = ""
    version: int = VERSION

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def platform_difference(self) -> int | None:
        """Ours minus the platform's: shown, never averaged."""
        return None if self.platform_value is None or self.value is None else self.value - self.platform_value

    @property
    def meets_target(self) -> bool | None:
        return None if self.target is None or self.value is None else self.value >= self.target


def _d(key: str, title: Any, unit: str, numerator: Any, denominator: Any, dedupe: Any, source: Any, note: Any = "", *, high: bool = True) -> Definition:
    return Definition(key, title, unit, numerator, denominator, dedupe, source, note, high)


DEFINITIONS = (
    _d("net", _("净成交额（扣退款）"), "fen", _("已付订单金额 − 已退款金额"), "", BY_ORDER, ORDERS),
    _d("gross", _("成交额"), "fen", _("已付订单金额（含后来退款的）"), "", BY_ORDER, ORDERS),
    _d("contribution", _("贡献毛利"), "fen", _("净成交额 − 卖出且未退货品成本 − 投放消耗"), "", BY_ORDER, ORDERS, _("不含运费、平台佣金与人工")),
    _d("viewers", _("观看人数"), "people", _("有进入或心跳事件的访客"), "", BY_VISITOR, EVENTS),
    _d("views", _("场观人次"), "times", _("进入事件"), "", BY_EVENT, EVENTS),
    _d("expose", _("商品曝光人数"), "people", _("有商品曝光事件的访客"), "", BY_VISITOR, EVENTS),
    _d("peak", _("最高在线"), "people", _("同一时刻在场的访客"), "", BY_VISITOR, EVENTS),
    _d("dwell", _("人均停留"), "seconds", _("全部停留秒数"), _("观看人数"), BY_VISITOR, EVENTS, _("30 分钟没有任何事件视为离开")),
    _d("interaction", _("互动率"), "bp", _("评论、点赞、分享或关注过的访客"), _("观看人数"), BY_VISITOR, EVENTS),
    _d("click", _("商品点击率（人）"), "bp", _("点过商品的访客"), _("商品曝光人数"), BY_VISITOR, EVENTS),
    _d("conversion", _("进入-成交转化率"), "bp", _("有已付订单的访客"), _("观看人数"), BY_VISITOR, ORDERS),
    _d("orders", _("成交订单数"), "times", _("已付订单"), "", BY_ORDER, ORDERS),
    _d("basket", _("客单价"), "fen", _("成交额"), _("成交人数"), BY_VISITOR, ORDERS),
    _d("unit_price", _("件均价"), "fen", _("成交额"), _("成交件数"), BY_ORDER, ORDERS),
    _d("gpm", _("千次观看成交额 GPM"), "fen", _("成交额 × 1000"), _("场观人次"), BY_EVENT, ORDERS, _("按人次（PV）算；按人数的是 UV 价值")),
    _d("uv_value", _("UV 价值"), "fen", _("成交额"), _("观看人数"), BY_VISITOR, ORDERS),
    _d("refund", _("退款率（订单）"), "bp", _("有退款的成交订单"), _("成交订单数"), BY_ORDER, ORDERS, _("随售后继续变化，每 6 小时重算一次"), high=False),
    _d("roi", _("投放 ROI（净）"), "bp", _("净成交额"), _("投放消耗"), BY_ORDER, ORDERS, _("投放消耗来自平台导出；没有消耗就不算")),
)  # fmt: skip
BY_KEY = {one.key: one for one in DEFINITIONS}


def counts(picture: Picture, *, spend_fen: int | None = None) -> dict[str, tuple[int | None, int, int | None]]:
    """This function will give each figure's value with its numerator and denominator; a share of nothing is None."""
    p = picture
    contribution_fen = p.net_fen - p.cost_fen - (spend_fen or 0)

    def amount(value: int) -> tuple[int, int, None]:
        return value, value, None

    def per(part: int, whole: int, times: int = 1) -> tuple[int | None, int, int | None]:
        return (times * 2 * part + whole) // (2 * whole) if whole else None, part, whole

    def rate(part: int, whole: int) -> tuple[int | None, int, int | None]:
        return share_bp(part, whole) if whole else None, part, whole

    found = {
        "net": amount(p.net_fen), "gross": amount(p.gross_fen), "contribution": amount(contribution_fen), "viewers": amount(p.viewers),
        "views": amount(p.views), "expose": amount(p.expose_people), "peak": amount(p.peak_online), "dwell": per(p.dwell_seconds, p.viewers),
        "interaction": rate(p.interacting, p.viewers), "click": rate(p.click_people, p.expose_people),
        "conversion": rate(p.paid_people, p.viewers), "orders": amount(p.paid_orders), "basket": per(p.gross_fen, p.paid_people),
        "unit_price": per(p.gross_fen, p.paid_units), "gpm": per(p.gross_fen, p.views, 1000), "uv_value": per(p.gross_fen, p.viewers),
        "refund": rate(p.refunded_orders, p.paid_orders),
    }  # fmt: skip
    if spend_fen:
        found["roi"] = rate(p.net_fen, spend_fen)
    return found


def figure_rows(
    picture: Picture, history: Sequence[tuple[Picture, int | None]], *, targets: Mapping[str, tuple[int, str]], platform: Mapping[str, tuple[int, str]],
) -> list[FigureRow]:  # fmt: skip
    """
    This function will set every figure beside its target, its own history and the platform's value.

    `targets` maps a key to (value, source), `platform` to (value, platform name); `history` holds earlier sessions with
    their spend, newest first, at most ten are used.   Source: INS-2, INS-11.
    """
    spend = platform.get("spend")
    mine = counts(picture, spend_fen=spend[0] if spend else None)
    earlier = [counts(one, spend_fen=spent) for one, spent in history[:HISTORY_SESSIONS]]
    rows = []
    for key, (value, part, whole) in mine.items():
        past = [known for one in earlier if key in one and (known := one[key][0]) is not None]
        target, source = targets.get(key, (None, ""))
        told, name = platform.get(key, (None, ""))
        place = percentile(value, past) if value is not None else None
        rows.append(FigureRow(BY_KEY[key], value, part, whole, target, source, place, len(past), told, name))
    return rows
