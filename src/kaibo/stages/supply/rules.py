"""Inspection against limits, safety stock with its calculation, and the line at which replenishment starts. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import BP
from kaibo.kit.transitions import Transitions


class PurchaseState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    RECEIVED = "received"
    CANCELLED = "cancelled"


PURCHASE_STEPS = Transitions.of(
    {
        PurchaseState.DRAFT: {PurchaseState.APPROVED, PurchaseState.CANCELLED},
        PurchaseState.APPROVED: {PurchaseState.RECEIVED, PurchaseState.CANCELLED},
        PurchaseState.RECEIVED: {PurchaseState.APPROVED},
    }
)


class InspectionState(StrEnum):
    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    UNDONE = "undone"


INSPECTION_STEPS = Transitions.of({InspectionState.OPEN: {InspectionState.PASSED, InspectionState.FAILED, InspectionState.UNDONE}})


class ResultMissing(Invalid):
    code = "supply.result_missing"
    message_zh = "还有检验项没有结果：{items}"
    message_en = "These inspection items have no result yet: {items}"


class ResultUnreadable(Invalid):
    code = "supply.result_unreadable"
    message_zh = "“{item}”的结果要填数字，例如 4 或 3.5"
    message_en = "The result of “{item}” must be a number such as 4 or 3.5"


class ReleaseRefused(Conflict):
    code = "supply.release_refused"
    message_zh = "有不合格项，不能放行：{items}"
    message_en = "Failed items keep this lot from being released: {items}"


@dataclass(frozen=True, slots=True)
class ItemLimit:
    """
    An inspection item with its limits in thousandths of its unit (4 级 = 4000, −3 % = −3000); None = no limit.

    Source: SUP-5; `standard` names the standard the limit comes from.
    """

    key: str
    title: str
    unit: str
    standard: str
    lower: int | None
    upper: int | None

    def allows(self, value: int) -> bool:
        return (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)

    @property
    def limit_words(self) -> str:
        if self.lower is not None and self.upper is not None:
            return f"{thousandths(self.lower)} – {thousandths(self.upper)} {self.unit}"
        if self.lower is not None:
            return f"≥ {thousandths(self.lower)} {self.unit}"
        return f"≤ {thousandths(self.upper or 0)} {self.unit}"


def thousandths(value: int) -> str:
    """This function will write thousandths without needless zeros: 4000 → 4, −3500 → −3.5."""
    whole, rest = divmod(abs(value), 1000)
    decimals = f".{rest:03d}".rstrip("0").rstrip(".")
    return f"{'−' if value < 0 else ''}{whole}{decimals}"


def read_thousandths(text: str, *, item: str) -> int:
    """This function will read a measured value as people type it (4, 3.5, -2.5%).   Raises: ResultUnreadable."""
    cleaned = text.strip().rstrip("%级").strip().replace("−", "-").replace("，", ".")
    sign = -1 if cleaned.startswith("-") else 1
    whole, _dot, decimals = cleaned.lstrip("+-").partition(".")
    if not whole.isdecimal() or (decimals and not decimals.isdecimal()) or len(decimals) > 3:
        raise ResultUnreadable(item=item)
    return sign * (int(whole) * 1000 + int((decimals + "000")[:3]))


@dataclass(frozen=True, slots=True)
class Judged:
    """One item with its value and verdict."""

    limit: ItemLimit
    value: int
    is_passed: bool


def judge(limits: Sequence[ItemLimit], values: Mapping[str, int]) -> list[Judged]:
    """This function will judge every item of a template against its limits.   Raises: ResultMissing.   Source: SUP-3, SUP-5."""
    missing = [limit.title for limit in limits if limit.key not in values]
    if missing:
        raise ResultMissing(items="、".join(missing))
    return [Judged(limit, values[limit.key], limit.allows(values[limit.key])) for limit in limits]


def failed_items(judged: Sequence[Judged]) -> list[str]:
    return [one.limit.title for one in judged if not one.is_passed]


@dataclass(frozen=True, slots=True)
class SafetyStock:
    """
    Safety stock 安全库存 with everything that led to it, so that the page can show the sum.

    `mean_milli` and `deviation_milli` are units a day in thousandths; `units` is rounded up.
    """

    days: int
    mean_milli: int
    deviation_milli: int
    lead_days: int
    service_bp: int
    z_milli: int
    units: int

    @property
    def formula_zh(self) -> str:
        return (
            f"{self.z_milli / 1000:.2f} × {self.deviation_milli / 1000:.2f} 件/天 × √{self.lead_days} 天 = {self.units} 件"
            f"（近 {self.days} 天日均 {self.mean_milli / 1000:.2f} 件，服务水平 {self.service_bp / 100:.0f}%）"
        )

    @property
    def formula_en(self) -> str:
        return (
            f"{self.z_milli / 1000:.2f} × {self.deviation_milli / 1000:.2f} units/day × √{self.lead_days} days = {self.units} units"
            f" (last {self.days} days, {self.mean_milli / 1000:.2f} units a day, service level {self.service_bp / 100:.0f}%)"
        )


def safety_stock(daily_units: Sequence[int], *, lead_days: int, service_bp: int) -> SafetyStock:
    """
    This function will compute z × σ × √L over the days given, zero days included (sample deviation).

    Fewer than two days give a deviation of zero. Source: SUP-7; Silver, Pyke & Thomas, Inventory and Production
    Management in Supply Chains, 4th ed., §6.7 (independent daily demand, fixed lead time).
    """
    days = len(daily_units)
    mean = sum(daily_units) / days if days else 0.0
    deviation = math.sqrt(sum((units - mean) ** 2 for units in daily_units) / (days - 1)) if days > 1 else 0.0
    z = NormalDist().inv_cdf(service_bp / BP)
    return SafetyStock(
        days=days,
        mean_milli=round(mean * 1000),
        deviation_milli=round(deviation * 1000),
        lead_days=lead_days,
        service_bp=service_bp,
        z_milli=round(z * 1000),
        units=math.ceil(round(z * deviation * math.sqrt(lead_days), 6)),
    )


def is_below_line(sellable: int, safety: int, *, line_bp: int) -> bool:
    """This function will say whether sellable units fell below the line (50 % of safety stock by default).   Source: SUP-10."""
    return sellable * BP < safety * line_bp


@dataclass(frozen=True, slots=True)
class Offer:
    """A supplier's standing offer for an item."""

    supplier_id: object
    price_fen: int
    minimum_units: int
    lead_days: int
    is_main: bool


@dataclass(frozen=True, slots=True)
class Replenishment:
    """What to order from whom, and why that one."""

    offer: Offer
    units: int
    reason_zh: str


def propose(offers: Sequence[Offer], *, sellable: int, coming: int, safety: int, mean_milli: int) -> Replenishment | None:
    """
    This function will choose the best available supplier (the main one, else the fastest, then the cheapest) and a
    quantity that brings stock to twice safety plus what sells while waiting, at least the supplier's minimum. What waits
    for inspection or is on order counts as stock: None when that suffices, or when nobody offers the item.

    Source: SUP-9, SUP-10.
    """
    if not offers:
        return None
    best = min(offers, key=lambda offer: (not offer.is_main, offer.lead_days, offer.price_fen))
    wanted = 2 * safety + math.ceil(mean_milli * best.lead_days / 1000) - sellable - coming
    if wanted <= 0:
        return None
    why = "主供应商" if best.is_main else f"交期最短 {best.lead_days} 天"
    return Replenishment(best, max(wanted, best.minimum_units), why)
