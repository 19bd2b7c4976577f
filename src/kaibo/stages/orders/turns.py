"""
A channel's turn: what changed there is read by one process at a time, in windows that overlap, from a mark that moves on only behind a whole window.

Orders are read so, and after-sales cases, each with a mark and turns of its own: a platform that does not let cases be read keeps no order
back. A crash anywhere loses nothing, and what arrives twice changes nothing.   Source: ORD-1, facts/platforms §0.6.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError
from django.db.models import F, Model, QuerySet

from kaibo.kit.errors import KaiboError
from kaibo.kit.shop_channels import ShopChannel, Window
from kaibo.kit.shop_complaints import ShopThrottled, ShopTokenExpired
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount

log = logging.getLogger("kaibo.pulling")

LEASE = timedelta(minutes=10)
"""Another work process may try again when the one that pulls has died."""
FIRST_REACH = timedelta(days=7)
"""How far back the first turn of a newly connected channel goes."""
BUDGET_SECONDS = 15.0
"""A channel's turn: then others have theirs, and the rest waits for the next one."""
LONGEST_PAUSE = timedelta(minutes=10)

Thing = TypeVar("Thing")


class Turn:
    """One channel's turn, with its own clock going on from the moment it was given."""

    def __init__(self, account: ChannelAccount, now: datetime) -> None:
        self.account, self.now = account, now
        self._begun = time.monotonic()
        self.taken = 0

    def clock(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self._begun)

    @property
    def is_over(self) -> bool:
        return time.monotonic() - self._begun > BUDGET_SECONDS


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What is read of channels by turns.

    `marks` is the model that keeps how far; `read` says whether it came to an end (False: the turn's time was up first); `note` is told how
    each turn ended: with a complaint, or None.
    """

    marks: type[Model]
    every: timedelta
    first_pause: timedelta
    read: Callable[[Turn, ShopChannel], bool]
    note: Callable[[Turn, KaiboError | None], None]

    def mark_of(self, account: ChannelAccount) -> QuerySet[Any]:
        return self.marks._default_manager.filter(pk=account.pk)


def may_begin(reading: Reading, account: ChannelAccount, now: datetime, *, reach: timedelta) -> bool:
    """This function will give a channel's turn to this process, if it is due and nobody else has it."""
    reading.marks._default_manager.get_or_create(pk=account.pk, defaults={"pulled_until": now - reach, "next_at": now})
    return bool(reading.mark_of(account).filter(next_at__lte=now).update(next_at=now + LEASE))


def take_turn(reading: Reading, account: ChannelAccount, now: datetime) -> int:
    """This function will read a channel until the turn's end, say when the next one is, and give how many things said something new."""
    turn, mine = Turn(account, now), reading.mark_of(account)
    try:
        try:
            is_done = reading.read(turn, accounts.open_account(account, now=now))
        except ShopTokenExpired:
            is_done = reading.read(turn, accounts.renew_account(account, now=turn.clock()))
    except KaiboError as complaint:
        failed_before = mine.values_list("failures", flat=True)[0]
        pause = min(LONGEST_PAUSE, reading.first_pause * 2 ** min(failed_before, 6))
        if isinstance(complaint, ShopThrottled):
            pause = max(pause, timedelta(seconds=complaint.details.get("retry_after_seconds", 0)))
        mine.update(next_at=turn.clock() + pause, failures=F("failures") + 1, taken=F("taken") + turn.taken)
        reading.note(turn, complaint)
        log.warning("a channel could not be read", extra={"channel": str(account.pk), "mark": reading.marks.__name__, "reason": complaint.code})
    else:
        next_at = turn.clock() + reading.every if is_done else turn.clock()
        mine.update(next_at=next_at, failures=0, pulled_at=now, taken=F("taken") + turn.taken)
        reading.note(turn, None)
    return turn.taken


def walk(reading: Reading, turn: Turn, channel: ShopChannel, due: Iterable[Window], read_window: Callable[[Window], None]) -> bool:
    """This function will read windows until the turn is over, the mark behind each, and say whether the last one was read."""
    for window in due:
        read_window(window)
        reading.mark_of(turn.account).filter(pulled_until__lt=window.end).update(pulled_until=window.end)
        if turn.is_over:
            return window.end >= turn.now - channel.capabilities.settle
    return True


def taken_apart(things: Sequence[Thing], take: Callable[[Sequence[Thing]], int], refuse: Callable[[Thing, tuple[str, str]], None]) -> int:
    """
    This function will take things together, and give how many said something new.

    One that the database will not have does not keep the others out: by halves it is found and refused, with the reason in both languages.
    """
    try:
        return take(things)
    except (KaiboError, DatabaseError, ValueError) as wrong:
        if len(things) > 1:
            middle = len(things) // 2
            return taken_apart(things[:middle], take, refuse) + taken_apart(things[middle:], take, refuse)
        refuse(things[0], (wrong.message("zh"), wrong.message("en")) if isinstance(wrong, KaiboError) else (type(wrong).__name__,) * 2)
        log.warning("what a platform shows could not be taken", extra={"reason": type(wrong).__name__})
        return 0
