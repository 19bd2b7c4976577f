"""
What a channel's lists showed lately: windows overlap, so most of what a page shows was taken a moment ago.

Kept with the channel's mark and written in the same go, so that every work process knows it, and whoever loses it
only reads once more.   Source: ORD-1, facts/platforms §0.6.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from kaibo.kit.shop_channels import PlatformOrder, Window
from kaibo.stages.orders.pulled import mark_of

KEPT_FOR = timedelta(minutes=15)
"""Longer than any channel's windows overlap; older numbers fall out."""
SKEW = timedelta(seconds=15)
"""So far a platform's clock may be from ours before a read counts as later than a window's end."""


FINEST = timedelta(seconds=2)
"""So far apart two changes must be for their versions to differ for certain."""


class Seen(msgspec.Struct, array_like=True, frozen=True):
    """One order, read from its platform: what it said, as a digest, and which version at which moment (seconds)."""

    mark: bytes
    version: float
    read_at: float


class Kept(msgspec.Struct, array_like=True, frozen=True):
    orders: dict[str, Seen] = {}
    marks: list[float] = []


class SeenOrders:
    """The orders of one channel that were read lately, by number, and where its earlier windows ended."""

    def __init__(self, kept: bytes = b"") -> None:
        try:
            read = _decoder.decode(kept) if kept else Kept()
        except msgspec.DecodeError:  # written by another version: read everything once more
            read = Kept()
        self._by_number, self._marks = dict(read.orders), list(read.marks)

    def fresh(self, orders: Sequence[PlatformOrder]) -> list[PlatformOrder]:
        """This function will give those that say something else than when they were last taken."""
        return [one for one in orders if (seen := self._by_number.get(one.order_no)) is None or seen.mark != mark_of(one)]

    def note(self, orders: Sequence[PlatformOrder], read_at: datetime, *, but: Collection[str] = ()) -> None:
        """This function will remember orders that were read at a moment or later and taken, `but` those that were refused."""
        for one in orders:
            if one.order_no not in but:
                self._by_number[one.order_no] = Seen(mark_of(one), one.updated_at.timestamp(), read_at.timestamp())

    def can_spare(self, number: str, version: datetime | None, listed: Window) -> bool:
        """
        This function will say whether an order that a list of changed orders shows needs no reading.

        It stands in the list because it last changed within the window; so whoever read it after the window's end has
        read that change. Where the list says which version stands there, the same one read later than it was made will do.
        """
        seen = self._by_number.get(number)
        if seen is None or listed.by != "changed":
            return False
        if version is not None:
            return seen.version == version.timestamp() and seen.read_at > seen.version + FINEST.total_seconds()
        return seen.read_at >= (listed.end + SKEW).timestamp()

    def ends_with(self, window: Window) -> None:
        """This function will remember where a window ended that was read to its end and went beyond all before it."""
        end = window.end.timestamp()
        if not self._marks or end > self._marks[-1]:
            self._marks.append(end)

    def cut(self, due: list[Window]) -> list[Window]:
        """
        This function will cut windows where earlier ones ended, so that what was read then stands in windows of its own.

        All numbers of such a window were read after its end, if they were listed then: only those are asked for that come late.
        """
        marks = [datetime.fromtimestamp(one, UTC) - SKEW for one in self._marks]
        marks = [one for one in marks if due and due[0].begin < one < due[-1].end]
        if not marks or len(marks) >= sum(1 for one in self._by_number.values() if one.version >= due[0].begin.timestamp()):
            return due  # hardly anything to spare: a few reads cost less than many lists
        found = []
        for window in due:
            inside = [one for one in marks if window.begin < one < window.end]
            found += [Window(begin, end, window.by) for begin, end in pairwise([window.begin, *inside, window.end])]
        return found

    def kept(self, now: datetime) -> bytes:
        """This function will write down what is worth keeping."""
        oldest = (now - KEPT_FOR).timestamp()
        orders = {number: one for number, one in self._by_number.items() if one.read_at >= oldest}
        return _encoder.encode(Kept(orders, [one for one in self._marks if one >= oldest]))


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Kept)
