"""What a platform says of a case, merged into what we know: what is further wins, what goes back is told and not obeyed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kaibo.kit.shop_channels import CaseKind, CaseState
from kaibo.stages.aftersales.rules import Kind, State


class Strange(StrEnum):
    """What may be strange about something a platform says of a case."""

    BACKWARD = "backward"
    LEFT_END = "left_end"
    REOPENED = "reopened"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_KIND = "unknown_kind"
    BEYOND_PAID = "beyond_paid"
    BELOW_OURS = "below_ours"


STRANGE_WORDS: Mapping[str, tuple[str, str]] = {
    Strange.BACKWARD: ("平台状态倒退，没有照改", "the platform went backwards; not followed"),
    Strange.LEFT_END: ("已退款的又有变化，没有照改", "changed after it was settled; not followed"),
    Strange.REOPENED: ("平台重新打开了这一单", "the platform opened it again"),
    Strange.UNKNOWN_STATUS: ("平台状态不认识", "unknown platform status"),
    Strange.UNKNOWN_KIND: ("售后类型不认识", "unknown kind of case"),
    Strange.BEYOND_PAID: ("平台退的比这一单实付的多", "the platform refunded more than was paid"),
    Strange.BELOW_OURS: ("平台退的比我们登记的少", "the platform refunded less than we noted"),
}
_RANK: Mapping[CaseState, int] = {
    CaseState.REQUESTED: 0, CaseState.APPROVED_REFUND: 1, CaseState.APPROVED_RETURN: 1, CaseState.BUYER_SHIPPED: 2, CaseState.RECEIVED: 3,
    CaseState.REFUNDING: 4, CaseState.EXCHANGE_SHIPPING: 4, CaseState.REPAIR: 4, CaseState.REFUNDED: 5, CaseState.EXCHANGED: 5,
}  # fmt: skip
SETTLED_THERE = frozenset({CaseState.REFUNDED, CaseState.EXCHANGED})
DROPPED_THERE = frozenset({CaseState.BUYER_CANCELLED, CaseState.CLOSED})
BINDS_NOBODY = SETTLED_THERE | DROPPED_THERE | {CaseState.REJECTED}
"""A rejected case holds no order back; the buyer who asks again makes it open again."""
KINDS: Mapping[CaseKind, Kind] = {
    CaseKind.REFUND_UNSHIPPED: Kind.REFUND, CaseKind.REFUND_SHIPPED: Kind.REFUND, CaseKind.RETURN_REFUND: Kind.RETURN, CaseKind.EXCHANGE: Kind.EXCHANGE,
    CaseKind.RESHIP: Kind.RESHIP, CaseKind.REPAIR: Kind.REPAIR, CaseKind.PRICE_PROTECT: Kind.PRICE_PROTECT, CaseKind.UNKNOWN: Kind.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Merged:
    """Where the platform stands, as far as we follow it, and what was strange."""

    state: CaseState
    strange: Strange | None = None


def merge_case(current: CaseState | None, heard: CaseState) -> Merged:
    """
    This function will merge what a platform says now into what it said before.

    Any way forward is legal, since the platform is the authority; arbitration leads anywhere, a rejected case may be asked
    for again. A way back, or out of a settlement, is strange and not followed; a dropped case that opens again is followed
    and told, because its goods must not leave meanwhile.   Source: facts/platforms §5.1.
    """
    if heard is CaseState.UNKNOWN:
        return Merged(current or CaseState.UNKNOWN, Strange.UNKNOWN_STATUS)
    if current is None or current is CaseState.UNKNOWN or current is heard:
        return Merged(heard)
    if current in SETTLED_THERE:
        return Merged(current) if heard in DROPPED_THERE else Merged(current, Strange.LEFT_END)
    if current in DROPPED_THERE:
        return Merged(heard) if heard in DROPPED_THERE or heard is CaseState.REFUNDED else Merged(heard, Strange.REOPENED)
    if heard not in _RANK or current not in _RANK or _RANK[heard] >= _RANK[current]:
        return Merged(heard)
    return Merged(current, Strange.BACKWARD)


_OURS: Mapping[CaseState, State] = {
    CaseState.REQUESTED: State.REQUESTED, CaseState.APPROVED_REFUND: State.APPROVED_REFUND, CaseState.APPROVED_RETURN: State.APPROVED_RETURN,
    CaseState.BUYER_SHIPPED: State.BUYER_SHIPPED, CaseState.RECEIVED: State.BUYER_SHIPPED, CaseState.REFUNDING: State.REFUNDING,
    CaseState.EXCHANGE_SHIPPING: State.BUYER_SHIPPED, CaseState.REPAIR: State.REPAIRING, CaseState.REFUNDED: State.REFUNDED,
    CaseState.EXCHANGED: State.EXCHANGED, CaseState.REJECTED: State.REJECTED, CaseState.ARBITRATION: State.ARBITRATION,
    CaseState.BUYER_CANCELLED: State.BUYER_CANCELLED, CaseState.CLOSED: State.BUYER_CANCELLED, CaseState.UNKNOWN: State.UNKNOWN,
}  # fmt: skip
"""Goods count as received when our own warehouse took them in, whatever the platform says."""
_OUR_RANK: Mapping[State, int] = {
    State.UNKNOWN: -1, State.REJECTED: -1, State.REQUESTED: 0, State.APPROVED_REFUND: 1, State.APPROVED_RETURN: 1, State.BUYER_SHIPPED: 2,
    State.RECEIVED: 3, State.EXCHANGING: 4, State.REPAIRING: 4, State.REFUNDING: 4,
}  # fmt: skip
_DONE = frozenset({State.REFUNDED, State.EXCHANGED, State.REPAIRED})
_ALWAYS = frozenset({State.REFUNDED, State.EXCHANGED, State.REJECTED, State.ARBITRATION, State.BUYER_CANCELLED})


def our_state(ours: State | None, theirs: CaseState, *, is_reopened: bool = False) -> State:
    """
    This function will say where a case is for us once the platform stands at `theirs`: its ends and disputes are ours
    too; before them the further of both counts, so that goods we took in stay taken in. What a person closed stays closed,
    unless the platform opened it again.
    """
    wanted = _OURS[theirs]
    if ours is None or is_reopened:
        return wanted
    if ours is State.CLOSED:
        return ours
    if ours in _DONE:
        return wanted if wanted in _DONE or wanted is State.ARBITRATION else ours
    if wanted in _ALWAYS or ours not in _OUR_RANK:
        return wanted
    return wanted if _OUR_RANK[wanted] > _OUR_RANK[ours] else ours


def ends_by_itself(kind: CaseKind, theirs: CaseState) -> bool:
    """This function will say whether nothing is left to do: withdrawn, or money back for what never left, or for a lower price."""
    if theirs in DROPPED_THERE:
        return True
    return theirs is CaseState.REFUNDED and kind in {CaseKind.REFUND_UNSHIPPED, CaseKind.PRICE_PROTECT}
