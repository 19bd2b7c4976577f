"""
Pulling orders of connected channels: what a platform says is the truth, a push only says where to look first.

Windows overlap and are taken page by page through the same path as files, so that a crash anywhere loses nothing: the mark
moves on only behind a whole window, and what arrives twice changes nothing.   Source: ORD-1, facts/platforms §0.6.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_noop

from kaibo.kit.errors import KaiboError
from kaibo.kit.ids import new_id
from kaibo.kit.shop_channels import Can, PlatformOrder, ReadsOneByOne, ShopChannel, Window
from kaibo.kit.shop_complaints import ShopRefused, ShopThrottled, ShopTokenExpired, ShopUnreadable
from kaibo.kit.shop_windows import order_pages, windows
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import ImportContext, Refused, Taken
from kaibo.plumbing.kept_words import Filling
from kaibo.stages.orders.channel_items import note_items
from kaibo.stages.orders.models import Pull, PullHint, PullMemory, PullRefusal
from kaibo.stages.orders.pulled import rows_of
from kaibo.stages.orders.seen_orders import SeenOrders
from kaibo.stages.orders.taking import take_orders

log = logging.getLogger("kaibo.pulling")

EVERY = timedelta(seconds=20)
LEASE = timedelta(minutes=10)
"""Another work process may try again when the one that pulls has died."""
FIRST_REACH = timedelta(days=7)
"""How far back the first pull of a newly connected channel goes."""
BUDGET_SECONDS = 15.0
"""A channel's turn: then others have theirs, and the rest waits for the next one."""
MOST_HINTS = 100
BOOKED_CURRENCY = "CNY"
"""Sums, prices and refunds here are fen: an order in another currency is refused by name, never added to them."""
LONGEST_PAUSE = timedelta(minutes=10)
JUST_NOW = timedelta(seconds=2)
"""A channel that was pulled to its end so long ago counts as pulled now."""


class Turn:
    """One channel's turn, with its own clock going on from the moment it was given."""

    def __init__(self, account: ChannelAccount, now: datetime) -> None:
        self.account, self.now = account, now
        self._begun = time.monotonic()
        self.taken = 0
        self.seen = SeenOrders()

    def clock(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self._begun)

    @property
    def is_over(self) -> bool:
        return time.monotonic() - self._begun > BUDGET_SECONDS


def pull_due(now: datetime) -> int:
    """This function will pull every connected channel whose turn it is; the clock gives how many orders said something new."""
    return sum(_pull_one(account, now) for account in accounts.accounts_on() if _begin(account, now))


def pull_first(account: ChannelAccount, now: datetime) -> bool:
    """
    This function will pull a channel now, before it is told how much it may sell, and say whether that went well and to
    its end. False too while another process pulls it.
    """
    before, _ = Pull.objects.get_or_create(pk=account.pk, defaults={"pulled_until": now - FIRST_REACH, "next_at": now})
    if before.pulled_at is not None and now - JUST_NOW <= before.pulled_at <= now < before.next_at < now + LEASE / 2 and not before.failures:
        return True
    # nobody has it in hand: whoever has it moved its turn by the whole lease
    free = Pull.objects.filter(Q(next_at__lte=now) | Q(failures=0, next_at__lte=now + LEASE / 2), pk=account.pk)
    if not free.update(next_at=now + LEASE):
        return False
    _pull_one(account, now)
    after = Pull.objects.get(pk=account.pk)
    return after.failures == 0 and after.pulled_at == now and after.next_at > now + timedelta(seconds=1)


def _begin(account: ChannelAccount, now: datetime) -> bool:
    Pull.objects.get_or_create(pk=account.pk, defaults={"pulled_until": now - FIRST_REACH, "next_at": now})
    return bool(Pull.objects.filter(pk=account.pk, next_at__lte=now).update(next_at=now + LEASE))  # one process has the turn


def _pull_one(account: ChannelAccount, now: datetime) -> int:
    turn = Turn(account, now)
    try:
        try:
            is_done = _pull(turn, accounts.open_account(account, now=now))
        except ShopTokenExpired:
            is_done = _pull(turn, accounts.renew_account(account, now=turn.clock()))
    except KaiboError as complaint:
        accounts.note_trouble(account, complaint)
        failures = Pull.objects.get(pk=account.pk).failures + 1
        pause = min(LONGEST_PAUSE, EVERY * 2 ** min(failures, 6))
        if isinstance(complaint, ShopThrottled):
            pause = max(pause, timedelta(seconds=complaint.details.get("retry_after_seconds", 0)))
        Pull.objects.filter(pk=account.pk).update(next_at=turn.clock() + pause, failures=failures, taken=F("taken") + turn.taken)
        log.warning("a channel could not be pulled", extra={"channel": str(account.pk), "reason": complaint.code})
    else:
        accounts.note_trouble(account, None)
        next_at = turn.clock() + EVERY if is_done else turn.clock()
        Pull.objects.filter(pk=account.pk).update(next_at=next_at, failures=0, pulled_at=now, taken=F("taken") + turn.taken)
    return turn.taken


def _pull(turn: Turn, channel: ShopChannel) -> bool:
    """Whether the turn came to an end; False: its time was up first."""
    _follow_hints(turn, channel)
    turn.seen = SeenOrders(bytes(PullMemory.objects.filter(pk=turn.account.pk).values_list("seen", flat=True).first() or b""))
    try:
        return _pull_windows(turn, channel)
    finally:
        PullMemory.objects.update_or_create(pk=turn.account.pk, defaults={"seen": turn.seen.kept(turn.clock())})


def _pull_windows(turn: Turn, channel: ShopChannel) -> bool:
    begin = Pull.objects.get(pk=turn.account.pk).pulled_until
    due = windows(begin, turn.now, channel.capabilities)
    if isinstance(channel, ReadsOneByOne):
        channel.can_spare = turn.seen.can_spare
        due = turn.seen.cut(due)
    for window in due:
        pull_window(turn, channel, window)
        turn.seen.ends_with(window)
        Pull.objects.filter(pk=turn.account.pk, pulled_until__lt=window.end).update(pulled_until=window.end)
        if turn.is_over:
            return window.end >= turn.now - channel.capabilities.settle
    return True


def pull_window(turn: Turn, channel: ShopChannel, window: Window) -> None:
    """This function will take all orders of a window that say something new.   Raises: what a ShopChannel raises."""
    read_at = turn.clock()
    for page in order_pages(channel, window, clock=turn.clock):
        fresh = turn.seen.fresh(page.orders)
        if fresh:
            turn.taken += take(turn.account, fresh, turn.clock())
            note_items(turn.account, fresh, turn.clock())
        for unread in page.refused:
            _refuse(turn.account, unread.number, gettext_noop("平台给的内容读不懂：%(why)s"), turn.clock(), {"why": unread.why})
        turn.seen.note(page.orders, read_at, but=_refused_of(turn.account, fresh))
        read_at = turn.clock()


def _refused_of(account: ChannelAccount, orders: Sequence[PlatformOrder]) -> set[str]:
    """Of orders just taken those that were refused: they are tried again as often as they are shown."""
    numbers = [one.order_no[:64] for one in orders]
    return set(PullRefusal.objects.filter(channel=account.pk, order_no__in=numbers).values_list("order_no", flat=True)) if numbers else set()


def _follow_hints(turn: Turn, channel: ShopChannel) -> None:
    hints = list(PullHint.objects.filter(channel_id=turn.account.pk).order_by("pk")[:MOST_HINTS])
    if not hints:
        return
    found = []
    if Can.READ_ONE in channel.capabilities.can:
        for hint in hints:
            try:
                found.append(channel.order(hint.order_no, now=turn.clock()))
            except (ShopRefused, ShopUnreadable) as no:
                _refuse(turn.account, hint.order_no, "%(why)s", turn.clock(), {"why": (no.message("zh"), no.message("en"))})
    turn.taken += take(turn.account, found, turn.clock())
    PullHint.objects.filter(pk__in=[hint.pk for hint in hints]).delete()


def take(account: ChannelAccount, orders: Sequence[PlatformOrder], now: datetime) -> int:
    """
    This function will take orders as the platform shows them, and give how many said something new.

    One that the database will not have does not keep the others out: it is written down with its reason.
    """
    for one in (one for one in orders if one.currency != BOOKED_CURRENCY):
        _refuse(account, one.order_no, gettext_noop("金额是 %(currency)s，这里的账只记人民币，没有收下"), now, {"currency": one.currency[:8]})
    orders = [one for one in orders if one.currency == BOOKED_CURRENCY]
    if not orders:
        return 0
    try:
        return _take_together(account, orders, now)
    except (KaiboError, DatabaseError, ValueError) as wrong:
        if len(orders) == 1:
            said = (wrong.message("zh"), wrong.message("en")) if isinstance(wrong, KaiboError) else type(wrong).__name__
            _refuse(account, orders[0].order_no, "%(why)s", now, {"why": said})
            log.warning("an order could not be taken", extra={"channel": str(account.pk), "reason": type(wrong).__name__})
            return 0
        middle = len(orders) // 2
        return take(account, orders[:middle], now) + take(account, orders[middle:], now)


@transaction.atomic
def _take_together(account: ChannelAccount, orders: Sequence[PlatformOrder], now: datetime) -> int:
    newest = {one.order_no: one for one in sorted(orders, key=lambda one: one.updated_at)}  # a page may show one twice
    rows = rows_of(list(newest.values()))
    context = ImportContext(
        actor=KAIBO, shop_id=account.channel.shop_id, platform=account.channel.platform, run_id=new_id(), now=now,
        file_exported_at=min(one.updated_at for one in newest.values()),
    )  # fmt: skip
    outcomes = take_orders(context, rows)
    refused = {row.meaning.order_no: said for row, said in zip(rows, outcomes, strict=True) if isinstance(said, Refused)}
    for order_no, said in refused.items():
        _refuse(account, order_no, "%(why)s", now, {"why": (said.message_zh, said.message_en)})
    PullRefusal.objects.filter(channel_id=account.pk, order_no__in=[number for number in newest if number not in refused]).delete()
    return len({row.meaning.order_no for row, said in zip(rows, outcomes, strict=True) if said in {Taken.NEW, Taken.CHANGED}})


def _refuse(account: ChannelAccount, order_no: str, why: str, now: datetime, values: Mapping[str, Filling]) -> None:
    """With its reason as a kept sentence, so that each reader reads his own language."""
    kept = {"why": why[:200], "values": kept_words.kept(values), "at": now}
    PullRefusal.objects.update_or_create(channel_id=account.pk, order_no=order_no[:64], defaults=kept)


def note_hints(channel_id: object, numbers: Sequence[str], now: datetime) -> None:
    """This function will keep which orders to ask for first, and give the channel its turn at once."""
    if numbers:
        PullHint.objects.bulk_create([PullHint(channel_id=channel_id, order_no=one[:64], received_at=now) for one in numbers], ignore_conflicts=True)
        Pull.objects.filter(pk=channel_id, failures=0, next_at__lte=now + EVERY).update(next_at=now)
