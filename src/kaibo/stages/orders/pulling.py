"""
Pulling orders of connected channels: what a platform says is the truth, a push only says where to look first.

They are read by turns (`turns`) and taken page by page through the same path as files.   Source: ORD-1, facts/platforms §0.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from kaibo.kit.ids import new_id
from kaibo.kit.shop_channels import Can, PlatformOrder, ReadsOneByOne, ShopChannel, Window
from kaibo.kit.shop_complaints import ShopRefused, ShopUnreadable
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
from kaibo.stages.orders.turns import FIRST_REACH, LEASE, Reading, Turn, may_begin, take_turn, taken_apart, walk

EVERY = timedelta(seconds=20)
MOST_HINTS = 100
BOOKED_CURRENCY = "CNY"
"""Sums, prices and refunds here are fen: an order in another currency is refused by name, never added to them."""
JUST_NOW = timedelta(seconds=2)
"""A channel that was pulled to its end so long ago counts as pulled now."""


def pull_due(now: datetime) -> int:
    """This function will pull every connected channel whose turn it is; the clock gives how many orders said something new."""
    return sum(take_turn(ORDERS, account, now) for account in accounts.accounts_on() if may_begin(ORDERS, account, now, reach=FIRST_REACH))


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
    take_turn(ORDERS, account, now)
    after = Pull.objects.get(pk=account.pk)
    return after.failures == 0 and after.pulled_at == now and after.next_at > now + timedelta(seconds=1)


def _pull(turn: Turn, channel: ShopChannel) -> bool:
    _follow_hints(turn, channel)
    seen = SeenOrders(bytes(PullMemory.objects.filter(pk=turn.account.pk).values_list("seen", flat=True).first() or b""))
    due = windows(Pull.objects.get(pk=turn.account.pk).pulled_until, turn.now, channel.capabilities)
    if isinstance(channel, ReadsOneByOne):
        channel.can_spare = seen.can_spare
        due = seen.cut(due)

    def read_window(window: Window) -> None:
        _pull_window(turn, channel, window, seen)
        seen.ends_with(window)

    try:
        return walk(ORDERS, turn, channel, due, read_window)
    finally:
        PullMemory.objects.update_or_create(pk=turn.account.pk, defaults={"seen": seen.kept(turn.clock())})


ORDERS = Reading(
    Pull, every=EVERY, first_pause=2 * EVERY, read=_pull, note=lambda turn, complaint: accounts.note_trouble(turn.account, complaint)
)


def _pull_window(turn: Turn, channel: ShopChannel, window: Window, seen: SeenOrders) -> None:
    """All orders of a window that say something new."""
    read_at = turn.clock()
    for page in order_pages(channel, window, clock=turn.clock):
        fresh = seen.fresh(page.orders)
        if fresh:
            turn.taken += take(turn.account, fresh, turn.clock())
            note_items(turn.account, fresh, turn.clock())
        for unread in page.refused:
            _refuse(turn.account, unread.number, gettext_noop("平台给的内容读不懂：%(why)s"), turn.clock(), {"why": unread.why})
        seen.note(page.orders, read_at, but=_refused_of(turn.account, fresh))
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

    def refuse(one: PlatformOrder, why: tuple[str, str]) -> None:
        _refuse(account, one.order_no, "%(why)s", now, {"why": why})

    return taken_apart(orders, lambda some: _take_together(account, some, now), refuse)


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
