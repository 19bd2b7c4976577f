"""RFM scores, the segments that follow from them, and who may be contacted. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

QUINTILES: Final = 5


class Segment(StrEnum):
    """The groups of members; the first that fits, in this order."""

    HIGH_VALUE = "high_value"
    SLEEPING = "sleeping"
    SLIPPING = "slipping"
    LOYAL = "loyal"
    NEWCOMER = "newcomer"
    GONE = "gone"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class SegmentWords:
    """What a segment is called, by which scores, and what is done for it. `source` is the requirement or `own`."""

    segment: Segment
    title: Any
    rule: Any
    action: Any
    source: str
    pill: str = ""


SEGMENTS: Final = (
    SegmentWords(Segment.HIGH_VALUE, _("高价值"), _("R 4–5 近 · F 4–5 高 · M 4–5 高"), _("新品预售优先购 + 专属权益"), "MEM-1", "ok"),
    SegmentWords(Segment.SLEEPING, _("沉睡"), _("R 1–2 远 · F 1–2 低 · M 3 中"), _("召回券 + 按买过的品类做个性推荐"), "MEM-1", "warn"),
    SegmentWords(Segment.SLIPPING, _("快流失的大客"), _("R 1–2 远 · M 4–5 高"), _("客服一对一回访，问清原因再给权益"), _("店铺自定"), "bad"),
    SegmentWords(Segment.LOYAL, _("常客"), _("R 3–5 · F 4–5 高"), _("搭配套装与会员日，提高客单"), _("店铺自定"), "ok"),
    SegmentWords(Segment.NEWCOMER, _("新客"), _("R 4–5 近 · F 1–2 低"), _("收货后 7 天内引导第二单"), _("店铺自定"), "note"),
    SegmentWords(Segment.GONE, _("流失"), _("R 1–2 远 · F 1–3 · M 1–2 低"), _("不主动打扰，只在大促里出现"), _("店铺自定"), ""),
    SegmentWords(Segment.STEADY, _("一般"), _("其余"), _("照常上新通知"), _("店铺自定"), ""),
)
WORDS: Final = {one.segment.value: one for one in SEGMENTS}


def quintiles(values: Sequence[int]) -> list[int]:
    """
    This function will score values 1–5 by rank: 1 + ⌊5 × (how many are strictly smaller) ÷ (how many there are)⌋.

    Equal values get equal scores, whatever their order, so a score never depends on luck; the smallest get 1. Where many are
    equal (most customers bought once) higher scores stay rare rather than being dealt out.   Source: MEM-1.
    """
    ordered = sorted(values)
    return [1 + QUINTILES * bisect_left(ordered, value) // len(ordered) for value in values]


def segment_of(recency: int, frequency: int, monetary: int) -> Segment:
    """This function will name the segment of three scores; near, high = 4–5, middle = 3, far, low = 1–2.   Source: MEM-1."""
    far, near = recency <= 2, recency >= 4
    low, high = frequency <= 2, frequency >= 4
    if near and high and monetary >= 4:
        return Segment.HIGH_VALUE
    if far and low and monetary == 3:
        return Segment.SLEEPING
    if far and monetary >= 4:
        return Segment.SLIPPING
    if not far and high:
        return Segment.LOYAL
    if near and low:
        return Segment.NEWCOMER
    if far and not high and monetary <= 2:
        return Segment.GONE
    return Segment.STEADY


class LeftOut(StrEnum):
    """Why a member is not on a contact list."""

    REFUSED = "refused"
    NO_CONSENT = "no_consent"
    TOO_OFTEN = "too_often"
    ERASED = "erased"


LEFT_OUT_WORDS: Final[dict[str, Any]] = {
    LeftOut.REFUSED.value: _("已拒绝营销信息"), LeftOut.NO_CONSENT.value: _("没有同意过"), LeftOut.TOO_OFTEN.value: _("30 天内已触达到上限"),
    LeftOut.ERASED.value: _("个人信息已删除"),
}  # fmt: skip


def why_left_out(consent: str, touches: int, *, most_touches: int, is_erased: bool = False) -> LeftOut | None:
    """
    This function will say why a member must not be contacted; None when they may.

    Source: MEM-3; 消法 art. 29 (no messages after refusal), PIPL art. 13, 24.
    """
    if is_erased:
        return LeftOut.ERASED
    if consent == "refused":
        return LeftOut.REFUSED
    if consent != "given":
        return LeftOut.NO_CONSENT
    return LeftOut.TOO_OFTEN if touches >= most_touches else None


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase as a file or an order tells it."""

    customer: str
    bought_at: datetime
    amount_fen: int
    quantity: int
    reference: str = ""
    consent: bool | None = None

    @property
    def key(self) -> str:
        """What makes it this purchase: its order number, else all it says, so that equal rows of two files are one purchase."""
        return self.reference or f"{self.bought_at:%Y%m%dT%H%M%S}#{self.amount_fen}#{self.quantity}"
