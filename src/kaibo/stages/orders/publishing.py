"""
Telling channels how much they may sell, in absolute numbers, and looking at what they then show.

A channel's orders are pulled right before it is told, so that what it sold already is not offered again; orders that wait
for stock count as sold. What is bought between that pull and the write can still be oversold: only a buffer covers that
(ADR). Source: SUP-14, LST-7, facts/platforms §0.9.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kaibo.kit.errors import Conflict, Invalid, KaiboError, NotFound
from kaibo.kit.shop_channels import Can, ShopChannel, StockRead, StockWrite
from kaibo.kit.shop_complaints import ShopRefused
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.master.stock import presale
from kaibo.master.stock import queries as stock
from kaibo.master.stock import services as stock_services
from kaibo.master.stock.models import ChannelItem
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.stages.orders import pulling
from kaibo.stages.orders.allocating import Allocation, units_to_show
from kaibo.stages.orders.permissions import PUBLISH

log = logging.getLogger("kaibo.orders.publishing")

LOOK_AGAIN = timedelta(minutes=10)
"""What a channel shows is compared again that often, whether or not anything changed here."""
FEW_UNITS = 20
"""From here on every changed number is told at once."""
DRIFT_PARTS = 5
"""While there is more than a few, a channel is told anew when what it has left is a fifth off what it should show."""
LATE_SECONDS = 300
"""An order seen that long after it was made is not counted as sold by its channel: then its number is told sooner, never later."""
SETTLED = frozenset({ChannelItem.State.SAME, ChannelItem.State.UNREAD})
LONGEST_WAIT_SECONDS = 600
BUDGET_SECONDS = 15.0


class ChannelItemUnknown(NotFound):
    code = "orders.channel_item_unknown"
    message_zh = "没有这个渠道商品，或你看不到它"
    message_en = "There is no such channel item, or you cannot see it"


class ShareWrong(Invalid):
    code = "orders.share_wrong"
    message_zh = "比例要在 0 到 100% 之间，数量不能为负"
    message_en = "The share must be between 0 and 100 %, numbers not below zero"


@dataclass(slots=True)
class Round:
    """One round over all channels: what may be shown of each item, and at most how much each channel shows right now."""

    channels: dict[UUID, ShopChannel]
    items: list[ChannelItem]
    wanted: Mapping[UUID, int]
    free: Mapping[UUID, int]
    """By item of ours: what all channels together may show."""
    left: Mapping[UUID, int]
    """What each still has of what it was told: more than that is more on offer, whatever it was told before."""

    def room_for(self, one: ChannelItem) -> int:
        """What is left for one channel beside what the others may still be showing."""
        others = sum(other.published_units or 0 for other in self.items if other.sku_id == one.sku_id and other.pk != one.pk)
        return max(0, self.free[one.sku_id] - others)


def publish_due(now: datetime) -> int:
    """
    This function will tell the connected channels what changed, and give how many items were told; a clock.

    First every channel's orders are pulled, then what must go down goes down everywhere, and only then may something go
    up, never beyond what the others leave.
    """
    begun, told = time.monotonic(), 0
    items = list(ChannelItem.objects.filter(is_on=True, channel__account__is_on=True, channel__is_active=True).select_related("sku", "channel"))
    told_here = {account.pk for account in accounts.accounts_on() if can_be_told(account)}
    if not any(one.channel_id in told_here for one in due_items(items, wanted_units(items, now), left_units(items), now)):
        return 0
    channels = _pulled_channels(told_here & {one.channel_id for one in items}, now)
    plan = Round(channels, items, wanted_units(items, now), free_units(items, now), left_units(items))
    wanted = plan.wanted
    due = [one for one in due_items(items, wanted, plan.left, now) if one.channel_id in channels]
    pulled = time.monotonic()
    for one in sorted(due, key=lambda one: wanted[one.pk] - plan.left[one.pk]):
        # what is taken from here on was bought from this very number: the time of telling says which orders count against it
        told += _publish(plan, one, now + timedelta(seconds=time.monotonic() - begun))
        if time.monotonic() - pulled > BUDGET_SECONDS:
            break
    return told


def can_be_told(account: ChannelAccount) -> bool:
    """This function will say whether a channel's platform can be told stock by its interface, as its account is set up now."""
    kind = shop_kinds().get(account.channel.platform)
    return kind is not None and (
        Can.STOCK_ABSOLUTE in kind.capabilities.can or Can.STOCK_ABSOLUTE in accounts.capabilities_of(account.channel, account).can
    )


def _pulled_channels(channel_ids: set[UUID], now: datetime) -> dict[UUID, ShopChannel]:
    """The channels whose orders are all here now; the others are left alone, so that nothing is offered twice."""
    found: dict[UUID, ShopChannel] = {}
    for account in accounts.accounts_on():
        if account.pk not in channel_ids:
            continue
        if not pulling.pull_first(account, now):
            _note_all(account, "渠道的订单现在拉不到，先不改库存，免得超卖", "its orders cannot be pulled now; stock is left alone so that nothing is oversold", now)
            continue
        try:
            found[account.pk] = accounts.open_account(account, now=now)
        except KaiboError as complaint:
            _note_all(account, complaint.message("zh"), complaint.message("en"), now)
    return found


def due_items(items: Sequence[ChannelItem], wanted: Mapping[UUID, int], left: Mapping[UUID, int], now: datetime) -> list[ChannelItem]:
    """
    This function will give the items to tell: not as told, not looked at for a while, or too far from what they should show;
    and with one all channels that list the same, so that what goes up elsewhere went down before.

    A channel counts down by itself what it sells, so all of them together stay within what there is, and being told is
    only a matter of fair shares – unless stock went elsewhere, or little is left.   Source: ADR 19.
    """
    shown, meant = Counter[UUID](), Counter[UUID]()
    for one in items:
        shown[one.sku_id] += left[one.pk]
        meant[one.sku_id] += wanted[one.pk] + 1  # shares are rounded down

    def must_be_told(one: ChannelItem) -> bool:
        should = wanted[one.pk]
        if one.published_units is None or one.state not in SETTLED or shown[one.sku_id] > meant[one.sku_id] or should < FEW_UNITS:
            return should != one.published_units
        return abs(should - left[one.pk]) * DRIFT_PARTS > should

    def is_waiting(one: ChannelItem) -> bool:
        return one.attempts > 0 and one.next_try_at is not None and one.next_try_at > now

    def is_unseen(one: ChannelItem) -> bool:
        return one.next_try_at is None or one.next_try_at <= now

    moved = {one.sku_id for one in items if is_unseen(one) or (must_be_told(one) and not is_waiting(one))}
    return [one for one in items if is_unseen(one) or (one.sku_id in moved and wanted[one.pk] != one.published_units and not is_waiting(one))]


def left_units(items: Sequence[ChannelItem]) -> dict[UUID, int]:
    """This function will say what each channel still has of what it was told, by what it sold since."""
    sold = sold_since_told(items)
    return {one.pk: max(0, (one.published_units or 0) - sold.get(one.pk, 0)) for one in items}


def sold_since_told(items: Sequence[ChannelItem]) -> dict[UUID, int]:
    """This function will count the units each channel sold of an item since it was last told how many it may sell."""
    told = [one for one in items if one.published_at is not None]
    if not told:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.id, sum(l.quantity - l.cancelled)
                 FROM stock_channelitem i JOIN shops_channel c ON c.id = i.channel_id
                 JOIN orders_order o ON o.shop_id = c.shop_id AND o.platform = c.platform AND o.created_at > i.published_at
                 JOIN orders_orderline l ON l.order_id = o.id AND l.sku_id = i.sku_id
                WHERE i.id = ANY(%s) AND o.state <> 'cancelled' AND o.ordered_at > %s GROUP BY i.id""",
            [[one.pk for one in told], min(one.published_at for one in told if one.published_at) - timedelta(seconds=LATE_SECONDS)],
        )
        return {item: int(units) for item, units in cursor.fetchall()}


def wanted_units(items: Sequence[ChannelItem], now: datetime) -> Mapping[UUID, int]:
    """This function will say what each channel item should show now."""
    free = free_units(items, now)
    return {one.pk: units_to_show(free[one.sku_id], Allocation(one.share_bp, one.quota_units, one.buffer_units)) for one in items}


def free_units(items: Sequence[ChannelItem], now: datetime) -> Mapping[UUID, int]:
    """
    This function will count what is available of each item, less what orders wait for, and what may be sold ahead where the one
    channel that shows it is a pre-sale; a constant number of queries but for bundles.
    """
    skus = {one.sku_id for one in items}
    bundles = {one.sku_id for one in items if one.sku.is_bundle}
    available = {sku: found.get(Bucket.SELLABLE, 0) for sku, found in stock.levels_of(skus - bundles).items()}
    available |= {sku: stock.availability_of(sku).available for sku in bundles}
    waiting = waiting_units(skus)
    presales = {one.sku_id for one in items if one.is_on and one.sells_ahead}
    ahead = presale.for_sale(presales, now) if presales else {}
    return {sku: max(0, units + ahead.get(sku, 0) - waiting.get(sku, 0)) for sku, units in available.items()}


def waiting_units(sku_ids: set[UUID]) -> dict[UUID, int]:
    """This function will count units platforms sold that no stock is reserved for yet, by item."""
    if not sku_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.sku_id, sum(l.quantity - l.cancelled - l.shipped) FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
                WHERE o.state IN ('pending_payment', 'paid') AND o.platform <> 'own' AND l.sku_id = ANY(%s) GROUP BY 1""",
            [list(sku_ids)],
        )
        return {sku: int(units) for sku, units in cursor.fetchall()}


def _publish(plan: Round, one: ChannelItem, now: datetime) -> int:
    channel, wanted = plan.channels[one.channel_id], plan.wanted[one.pk]
    left = plan.left[one.pk]
    units = min(wanted, max(plan.room_for(one), left)) if wanted > left else wanted
    if units != one.published_units or one.state != ChannelItem.State.SAME or Can.STOCK_READ not in channel.capabilities.can:
        one.revision += 1
        ChannelItem.objects.filter(pk=one.pk).update(revision=one.revision)
    write = StockWrite(one.product_id, one.platform_sku_id, units, f"{one.pk.hex}-{one.revision}")
    try:
        read = channel.set_stock(write, now=now)
    except KaiboError as complaint:
        state = ChannelItem.State.REFUSED if isinstance(complaint, ShopRefused) else ChannelItem.State.AWAY
        # whether it was done is not known: until it is, the greater of both numbers may be shown
        _note(one, state, now, zh=complaint.message("zh"), en=complaint.message("en"), wanted=wanted, published=max(units, one.published_units or 0))
        return 0
    _note_read(one, wanted, units, read, now)
    return 1


def _note_read(one: ChannelItem, wanted: int, told: int, read: StockRead, now: datetime) -> None:
    shown, held = read.units, read.held
    if shown is None:
        _note(one, ChannelItem.State.UNREAD, now, wanted=wanted, published=told)
    elif shown != told:
        why_zh = f"发布 {told}，平台显示 {shown}" + (f"，另有 {held} 被未付款订单占用" if held else "：写入后可能有人下单，或平台后台被改过")
        why_en = f"told {told}, it shows {shown}" + (f"; {held} are held by unpaid orders" if held else ": bought meanwhile, or changed in its console")
        _note(one, ChannelItem.State.DIFFERS, now, zh=why_zh, en=why_en, wanted=wanted, published=max(told, shown), shown=shown)
    else:
        zh = f"应发 {wanted}，别的渠道还没降下来，先发 {told}" if told < wanted else ""
        en = f"{wanted} wanted; {told} until other channels have gone down" if told < wanted else ""
        _note(one, ChannelItem.State.SAME, now, zh=zh, en=en, wanted=wanted, published=told, shown=shown)


def _note(
    one: ChannelItem, state: ChannelItem.State, now: datetime, *, wanted: int, published: int, shown: int | None = None, zh: str = "", en: str = ""
) -> None:
    is_well = state in {ChannelItem.State.SAME, ChannelItem.State.UNREAD}
    one.attempts = 0 if is_well else one.attempts + 1
    wait = LOOK_AGAIN if is_well and not zh else timedelta(seconds=min(15 * 2 ** min(one.attempts, 6), LONGEST_WAIT_SECONDS))
    one.state, one.problem_zh, one.problem_en, one.wanted_units, one.published_units = state, zh[:240], en[:240], wanted, published
    one.shown_units, one.next_try_at, one.published_at = shown, now + wait, now
    one.save(
        update_fields=["state", "problem_zh", "problem_en", "wanted_units", "published_units", "shown_units", "attempts", "next_try_at", "published_at"]
    )


def _note_all(account: ChannelAccount, zh: str, en: str, now: datetime) -> None:
    ChannelItem.objects.filter(channel=account.pk, is_on=True).update(
        state=ChannelItem.State.AWAY, problem_zh=zh[:240], problem_en=en[:240], attempts=F("attempts") + 1, next_try_at=now + timedelta(seconds=30)
    )


class ShareBeyondWhole(Invalid):
    code = "orders.share_beyond_whole"
    message_zh = "各渠道的比例加起来超过 100%，这里最多 {most}%，否则会超卖"
    message_en = "The channels' shares sum to more than 100 %: at most {most} % here, or more would be sold than there is"


class PresaleShared(Conflict):
    code = "orders.presale_shared"
    message_zh = "预售的货号一次只在一个渠道发布：现货渠道和预售渠道一起卖，现货会被预售单先占。先停掉其他渠道"
    message_en = "An item sold ahead is shown on one channel only: beside another one its pre-sales would take that one's goods. Stop the others first"


class BundleNotShownAhead(Invalid):
    code = "orders.bundle_not_shown_ahead"
    message_zh = "组合装不按预售发布：给额度的是里面的货号"
    message_en = "A bundle is not shown as a pre-sale: quotas are given to its components"


@transaction.atomic
def allocate(
    *, actor: Actor, item_id: UUID, is_on: bool, share_bp: int, quota_units: int | None, buffer_units: int, now: datetime, sells_ahead: bool | None = None
) -> ChannelItem:
    """
    This function will set how much of an item a channel may show, whether it is told at all, and whether it is a pre-sale
    there (`sells_ahead`; None leaves that as it is).

    Raises: Forbidden, ChannelItemUnknown, ShareWrong, ShareBeyondWhole, PresaleShared, BundleNotShownAhead.   Source: SUP-14.
    """
    # lock: two people changing one allocation; the audit row says what it was
    one = ChannelItem.objects.select_for_update(of=("self",)).select_related("channel", "sku").filter(pk=item_id).first()
    if one is None or not actor.sees(one.channel.shop_id):
        raise ChannelItemUnknown
    access.require(actor, PUBLISH, shop_id=one.channel.shop_id)
    if not 0 <= share_bp <= 10_000 or buffer_units < 0 or (quota_units is not None and quota_units < 0):
        raise ShareWrong
    if is_on and quota_units is None:
        others = ChannelItem.objects.filter(sku=one.sku_id, is_on=True, quota_units=None).exclude(pk=one.pk)
        if (shared := sum(others.values_list("share_bp", flat=True))) + share_bp > 10_000:
            raise ShareBeyondWhole(most=f"{(10_000 - shared) / 100:g}")
    is_ahead = one.sells_ahead if sells_ahead is None else sells_ahead
    _refuse_shared(one, is_on=is_on, is_ahead=is_ahead)
    before = {"on": one.is_on, "ahead": one.sells_ahead, "share_bp": one.share_bp, "quota": one.quota_units, "buffer": one.buffer_units}
    one.is_on, one.share_bp, one.quota_units, one.buffer_units, one.next_try_at, one.attempts = is_on, share_bp, quota_units, buffer_units, None, 0
    one.sells_ahead = is_ahead
    one.save(update_fields=["is_on", "sells_ahead", "share_bp", "quota_units", "buffer_units", "next_try_at", "attempts"])
    audit.record(
        actor, "orders:stock:allocate", subject=f"sku:{one.sku_id}", now=now, shop_id=one.channel.shop_id,
        details={"channel": str(one.channel_id), "before": before, "on": is_on, "ahead": is_ahead, "share_bp": share_bp, "quota": quota_units, "buffer": buffer_units},
    )
    return one


def _refuse_shared(one: ChannelItem, *, is_on: bool, is_ahead: bool) -> None:
    """A pre-sale stands alone, so that its orders never take from the shelf what another channel shows of it."""
    if is_ahead and one.sku.is_bundle:
        raise BundleNotShownAhead
    if not is_on:
        return
    # lock: two channels of one item turned on at once see each other
    stock_services.lock_items([one.sku_id])
    others = ChannelItem.objects.filter(sku=one.sku_id, is_on=True).exclude(pk=one.pk)
    if others.filter(sells_ahead=True).exists() or (is_ahead and others.exists()):
        raise PresaleShared
