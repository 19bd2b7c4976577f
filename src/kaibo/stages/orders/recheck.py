"""May this parcel still leave? What the platform says of an order right before it is shipped, held against what we know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kaibo.kit.shop_channels import PlatformOrder
from kaibo.stages.orders.pulled import lines_of
from kaibo.stages.orders.reading import LineIn, Receiver
from kaibo.stages.orders.rules import HOLD_WORDS, STATE_WORDS, Hold, State

MAY_LEAVE = frozenset({State.PAID, State.PARTIALLY_SHIPPED})
HAS_LEFT = frozenset({State.SHIPPED, State.DELIVERED, State.COMPLETED})


class Answer(StrEnum):
    """`ALREADY`: the platform knows this very parcel. `ELSEWHERE`: it knows another one with the same goods."""

    GO = "go"
    ALREADY = "already"
    NO = "no"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Verdict:
    answer: Answer
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line as we have it, and how many of its units this parcel carries."""

    code: str
    quantity: int
    units: int


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """What we know of an order that is about to leave. `mark`, `masked` and `cipher` say who receives it without telling who."""

    lines: Mapping[str, KnownLine]
    version: datetime
    place: tuple[str, str, str] = ("", "", "")
    masked: str = ""
    cipher: Mapping[str, Any] | None = field(default=None, repr=False)
    mark: str = ""


def verdict_of(known: KnownOrder, there: PlatformOrder, tracking_no: str, *, mark: str = "", masked: str = "") -> Verdict:
    """
    This function will decide whether a parcel may leave; `mark` and `masked` are of the receiver the platform shows now.

    Source: ORD-3, facts/platforms §0.8, §5.1.
    """
    if there.has_parcel(tracking_no):
        return Verdict(Answer.ALREADY)
    lines = lines_of(there)
    state = State(there.state.value)
    if state in HAS_LEFT:
        return _elsewhere(there)
    if state not in MAY_LEAVE:
        zh, en = STATE_WORDS[state]
        return Verdict(Answer.NO, f"平台上这单是“{zh}”（{there.raw_status}）{_why(there)}", f"on the platform it is “{en}” ({there.raw_status}){_why(there)}")
    holds = sorted({hold for line in lines for hold in line.holds})
    if holds:
        return Verdict(Answer.NO, "平台：" + "、".join(HOLD_WORDS[Hold(one)][0] for one in holds), "the platform: " + ", ".join(HOLD_WORDS[Hold(one)][1] for one in holds))
    return _changed_lines(known, there, lines) or _changed_receiver(known, there, lines[0].receiver, mark, masked) or Verdict(Answer.GO)


def _why(there: PlatformOrder) -> str:
    return f"：{there.cancel_reason}" if there.cancel_reason else ""


def _elsewhere(there: PlatformOrder) -> Verdict:
    numbers = "、".join(f"{one.carrier} {one.tracking_no}" for one in there.parcels) or "—"
    return Verdict(Answer.ELSEWHERE, f"平台上已经用别的单号发出：{numbers}"[:240], f"on the platform it left with another waybill: {numbers}"[:240])


def _changed_lines(known: KnownOrder, there: PlatformOrder, lines: list[LineIn]) -> Verdict | None:
    shown = {line.line_no: line for line in lines}
    for number, ours in known.lines.items():
        line = shown.get(number)
        if line is None:
            return Verdict(Answer.NO, f"平台上没有商品行 {number} 了", f"the platform no longer has line {number}")
        if line.quantity != ours.quantity:
            return Verdict(Answer.NO, f"平台上数量改成了 {line.quantity}（原来 {ours.quantity}）", f"the platform now says {line.quantity} units (was {ours.quantity})")
        if line.code and ours.code and line.code != ours.code:
            return Verdict(Answer.NO, f"平台上商品改成了 {line.code}（原来 {ours.code}）", f"the platform now says item {line.code} (was {ours.code})")
        if ours.units and line.shipped is not None and line.shipped + ours.units > line.quantity:
            return _elsewhere(there)
    return None


def _changed_receiver(known: KnownOrder, there: PlatformOrder, receiver: Receiver, mark: str, masked: str) -> Verdict | None:
    """
    Readable receivers and stable ciphertext are compared as they are. Some platforms make ciphertext anew at each reading:
    where it differs, the order counts as readdressed only if it changed at all since we read it.
    """
    changed = Verdict(Answer.NO, "买家改了收件信息，面单要重新打印", "the buyer changed the receiver; print the waybill anew")
    if receiver.is_empty:
        return None  # taken back by the platform: nothing to compare
    told = there.receiver
    place = (told.province, told.city, told.area)
    if all(known.place) and all(place) and not receiver.is_readable and any(a[:2] != b[:2] for a, b in zip(place, known.place, strict=True)):
        return changed  # the first two characters: 浙江 and 浙江省 are one place
    if receiver.is_readable:
        return changed if known.mark and mark != known.mark else None
    if known.masked and masked and masked != known.masked:
        return changed
    cipher = {"name": receiver.name, "phone": receiver.phone, "address": receiver.address}
    if known.cipher and dict(known.cipher) != cipher and there.updated_at > known.version:
        return changed
    return None
