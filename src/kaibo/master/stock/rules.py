"""The arithmetic of the ledger: buckets, picking lots, available to sell and its explanation. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from kaibo.kit.errors import Conflict, Invalid


class Bucket(StrEnum):
    """
    Where units are. Internal buckets are in our hands and never below zero; external ones are the other side of a
    double entry and may go below zero (what suppliers gave us is a negative number of theirs).
    """

    INCOMING = "incoming"  # 待检: in the house, not inspected
    SELLABLE = "sellable"  # 可售
    RESERVED = "reserved"  # 预占: promised to an order
    ALLOTTED = "allotted"  # 直播配额: given to a session
    HELD = "held"  # 冻结: failed or doubted by quality
    PRESALE = "presale"  # 预售额度: on their way, may be sold ahead
    OWED = "owed"  # 预售等货: on their way, sold ahead
    EXPECTED = "expected"  # the other side of these two: what is on its way anyway
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SCRAP = "scrap"
    COUNTED = "counted"  # 盘点差异

    @property
    def is_internal(self) -> bool:
        return self in INTERNAL

    @property
    def is_never_below_zero(self) -> bool:
        """What may only give what it has: what is in our hands, and what is sold ahead."""
        return self in INTERNAL or self in AHEAD


INTERNAL = frozenset({Bucket.INCOMING, Bucket.SELLABLE, Bucket.RESERVED, Bucket.ALLOTTED, Bucket.HELD})
AHEAD = frozenset({Bucket.PRESALE, Bucket.OWED})
"""Units that are not here: never counted with those in the house."""


class StockShort(Conflict):
    code = "stock.short"
    message_zh = "{sku} 的{bucket}库存不够：要 {wanted} 件，只有 {there} 件"
    message_en = "{sku}: {wanted} wanted from {bucket}, only {there} there"


class QuantityNotPositive(Invalid):
    code = "stock.quantity_not_positive"
    message_zh = "数量要大于 0"
    message_en = "The quantity must be above zero"


@dataclass(frozen=True, slots=True)
class LotLevel:
    """What one lot has in one bucket."""

    lot_id: UUID | None
    expires_on: date | None
    received_order: int
    quantity: int


def pick_lots(levels: Sequence[LotLevel], wanted: int) -> list[tuple[UUID | None, int]] | None:
    """
    This function will choose lots first-expired-first-out, then first-in-first-out; None when they do not suffice.

    The answer lists (lot, quantity) with positive quantities that sum to `wanted`.
    """
    ordered = sorted(levels, key=lambda level: (level.expires_on or date.max, level.received_order))
    picked: list[tuple[UUID | None, int]] = []
    left = wanted
    for level in ordered:
        take = min(level.quantity, left)
        if take > 0:
            picked.append((level.lot_id, take))
            left -= take
    return picked if left == 0 else None


@dataclass(frozen=True, slots=True)
class AvailabilityLine:
    """One line of “why can't I sell this?”: a signed number and what it is."""

    label_zh: str
    label_en: str
    quantity: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Availability:
    """
    Available to sell, with the sum that leads to it: in the house − what is not sellable = available. `ahead` may be sold
    besides, for the promised time: it is on its way.
    """

    available: int
    lines: tuple[AvailabilityLine, ...]
    ahead: int = 0
    promise_zh: str = ""
    promise_en: str = ""
    """By when it ships once it is paid for now, where that was promised; a bundle by the latest of its components."""


BUCKET_WORDS = {
    Bucket.INCOMING: ("待检", "waiting for inspection"),
    Bucket.SELLABLE: ("可售", "sellable"),
    Bucket.RESERVED: ("订单预占", "reserved for orders"),
    Bucket.ALLOTTED: ("直播配额", "allotted to sessions"),
    Bucket.HELD: ("冻结", "held by quality"),
    Bucket.PRESALE: ("预售额度", "pre-sale quota"),
    Bucket.OWED: ("预售等货", "sold ahead, goods on their way"),
}


def explain(levels: Mapping[Bucket, int], *, safety: int = 0) -> Availability:
    """
    This function will explain what can be sold: everything in the house, minus each thing that keeps units from sale.

    Lines sum to `available`, which is sellable − safety and may be below zero (then nothing can be sold).
    Source: SUP-14.
    """
    in_house = sum(levels.get(bucket, 0) for bucket in INTERNAL)
    lines = [AvailabilityLine("仓内合计", "in the house", in_house)]
    for bucket in (Bucket.INCOMING, Bucket.HELD, Bucket.RESERVED, Bucket.ALLOTTED):
        if levels.get(bucket, 0):
            lines.append(AvailabilityLine(*BUCKET_WORDS[bucket], -levels[bucket]))
    if safety:
        lines.append(AvailabilityLine("安全库存保留", "kept as safety stock", -safety))
    return Availability(levels.get(Bucket.SELLABLE, 0) - safety, tuple(lines))


def bundles_from(components: Sequence[tuple[UUID, int]], available: Mapping[UUID, int]) -> int:
    """This function will say how many bundles the components suffice for."""
    return min((max(available.get(sku, 0), 0) // quantity for sku, quantity in components), default=0)
