"""
From the scan of a waybill to the platform's own word that it knows the parcel, for orders of connected platforms.

Before a parcel leaves, the order is read anew at its platform; what changed there stops it with the reason. What left is
told to the platform again and again under one number until it shows the waybill. Platforms are called outside any
transaction; a row's turn is taken by moving its next try, so that two processes never have one parcel in hand.
Source: ORD-3, ORD-6, facts/platforms §5.1.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.kit.couriers import courier_of
from kaibo.kit.errors import KaiboError
from kaibo.kit.shop_channels import Can, ParcelWrite, PlatformOrder, ShopChannel
from kaibo.kit.shop_complaints import ShopCannot, ShopRefused, ShopThrottled, ShopTokenExpired
from kaibo.master.shops import accounts
from kaibo.master.shops.models import ChannelAccount
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.stages.orders import pulling, queries, shipping
from kaibo.stages.orders.complaints import (
    CourierCodeUnknown,
    ParcelDecided,
    ParcelRefused,
    ParcelUnderWay,
    ParcelUnknown,
    PlatformCannotSplit,
    ReasonMissing,
)
from kaibo.stages.orders.marks import receiver_mark
from kaibo.stages.orders.models import Dispatch, Order, OrderLine, Shipment
from kaibo.stages.orders.permissions import FORCE, SHIP
from kaibo.stages.orders.pulled import receiver_of
from kaibo.stages.orders.recheck import Answer, KnownLine, KnownOrder, Verdict, verdict_of

log = logging.getLogger("kaibo.orders.dispatching")

LEASE = timedelta(minutes=3)
"""Another process may take a parcel's turn when the one that has it died."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 600
MOST_AT_ONCE = 200
BUDGET_SECONDS = 10.0
UNSEEN_TRIES = 5
"""How often a platform may take a parcel without showing it before a person is told."""


@transaction.atomic
def hand_in(
    *, actor: Actor, order_id: UUID, carrier: str, tracking_no: str, now: datetime, units: Mapping[UUID, int] | None = None
) -> Dispatch | Shipment:
    """
    This function will take a packed parcel: one whose platform is connected waits to be asked about, any other leaves at once.

    The same waybill of the same order twice is one parcel.   Raises: what `shipping.ship_order` raises, ParcelUnderWay,
    PlatformCannotSplit, CourierCodeUnknown.
    """
    order = queries.order_for(actor, order_id)
    access.require(actor, SHIP, shop_id=order.shop_id)
    carrier, tracking_no = shipping.clean_waybill(carrier, tracking_no)
    account = shipping.channel_of(order)
    if account is None:
        return shipping.ship_order(actor=actor, order_id=order_id, carrier=carrier, tracking_no=tracking_no, units=units, now=now)
    # lock: the order first; two scans of one parcel one after the other
    order = Order.objects.select_for_update().get(pk=order_id)
    open_ones = Dispatch.objects.filter(order=order_id).exclude(state__in=[Dispatch.State.REFUSED, Dispatch.State.DROPPED])
    if again := open_ones.filter(tracking_no=tracking_no).first():
        return again
    if waiting := open_ones.filter(state=Dispatch.State.WAITING).first():
        raise ParcelUnderWay(order_no=order.order_no, tracking_no=waiting.tracking_no)
    shipping.require_shippable(order)
    shipping.require_own_waybill(order, tracking_no)
    platform_code(order.platform, carrier)
    _require_splittable(order, units)
    one = Dispatch.objects.create(
        order=order, channel=account.channel, carrier=carrier, tracking_no=tracking_no, next_try_at=now, handed_in_by=actor.name, created_at=now,
        content={str(line): count for line, count in units.items() if count} if units else None,
    )  # fmt: skip
    audit.record(
        actor, "orders:parcel:hand_in", subject=f"order:{order_id}", now=now, shop_id=order.shop_id,
        details={"carrier": carrier, "tracking_no": tracking_no},
    )
    return one


def platform_code(platform: str, carrier: str) -> str:
    """This function will give a courier's code on a platform; a code typed as such goes through.   Raises: CourierCodeUnknown."""
    kind = shop_kinds()[platform]
    courier = courier_of(carrier)
    code = kind.courier_codes.get(courier.key, "") if courier else ""
    if code:
        return code
    if carrier.isascii():
        return carrier
    raise CourierCodeUnknown(carrier=carrier, platform=kind.title_zh)


def _require_splittable(order: Order, units: Mapping[UUID, int] | None) -> None:
    if not units:
        return
    kind = shop_kinds()[order.platform]
    left = {line.pk: line.quantity - line.cancelled - line.shipped for line in OrderLine.objects.filter(order=order.pk)}
    is_partial = any(units.get(pk, 0) < rest for pk, rest in left.items())
    is_within_line = any(0 < units.get(pk, 0) < rest for pk, rest in left.items())
    if (is_partial and Can.SHIP_PART not in kind.capabilities.can) or (is_within_line and Can.SHIP_UNITS not in kind.capabilities.can):
        raise PlatformCannotSplit(platform=kind.title_zh)


def send_out(
    *, actor: Actor, order_id: UUID, carrier: str, tracking_no: str, now: datetime, units: Mapping[UUID, int] | None = None
) -> Dispatch | Shipment:
    """
    This function will take a packed parcel and ask its platform at once, for somebody who waits with it in their hands.

    Gives the shipment where no platform is connected, else the parcel as it stands now.   Raises: as `hand_in`.
    """
    made = hand_in(actor=actor, order_id=order_id, carrier=carrier, tracking_no=tracking_no, units=units, now=now)
    if isinstance(made, Shipment):
        return made
    _work(made.pk, now)
    return Dispatch.objects.select_related("shipment", "order").get(pk=made.pk)


def require_not_refused(made: Dispatch | Shipment) -> None:
    """This function will say aloud that a parcel must stay.   Raises: ParcelRefused."""
    if isinstance(made, Dispatch) and made.state == Dispatch.State.REFUSED:
        raise ParcelRefused(order_no=made.order.order_no, reason_zh=made.problem_zh, reason_en=made.problem_en)


def work_due(now: datetime) -> int:
    """This function will ask and tell platforms about the parcels whose turn it is and give how many moved on; a clock."""
    begun = time.monotonic()
    due = Dispatch.objects.filter(state__in=[Dispatch.State.WAITING, Dispatch.State.TELLING], next_try_at__lte=now).order_by("next_try_at")
    moved = 0
    for pk in list(due.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        moved += _work(pk, now)
        if time.monotonic() - begun > BUDGET_SECONDS:
            break
    return moved


def _work(dispatch_id: UUID, now: datetime) -> int:
    """One step of one parcel, by whoever moves its next try first."""
    mine = Dispatch.objects.filter(
        pk=dispatch_id, state__in=[Dispatch.State.WAITING, Dispatch.State.TELLING], next_try_at__lte=now
    ).update(next_try_at=now + LEASE)
    if not mine:
        return 0
    one = Dispatch.objects.select_related("order", "channel__account").get(pk=dispatch_id)
    account: ChannelAccount = one.channel.account
    try:
        return _with_channel(account, one, now)
    except KaiboError as complaint:
        _wait(one, complaint, now)
        return 0


def _with_channel(account: ChannelAccount, one: Dispatch, now: datetime) -> int:
    step = _ask if one.state == Dispatch.State.WAITING else _tell
    account.channel = one.channel
    try:
        return step(one, account, accounts.open_account(account, now=now), now)
    except ShopTokenExpired:
        return step(one, account, accounts.renew_account(account, now=now), now)


def _wait(one: Dispatch, complaint: KaiboError, now: datetime) -> None:
    """The platform cannot be asked or told now: the parcel stays where it is, says so, and is tried again."""
    seconds = min(FIRST_WAIT_SECONDS * 2 ** min(one.attempts, 10), LONGEST_WAIT_SECONDS)
    if isinstance(complaint, ShopThrottled):
        seconds = max(seconds, int(complaint.details.get("retry_after_seconds", 0)))
    Dispatch.objects.filter(pk=one.pk, state=one.state).update(
        attempts=one.attempts + 1, next_try_at=now + timedelta(seconds=seconds), problem_zh=complaint.message("zh")[:240],
        problem_en=complaint.message("en")[:240],
    )
    log.warning("a parcel waits for its platform", extra={"dispatch": str(one.pk), "reason": complaint.code})


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _ask(one: Dispatch, account: ChannelAccount, channel: ShopChannel, now: datetime) -> int:
    try:
        there = channel.order(one.order.order_no, now=now)
    except ShopRefused as no:
        return _refuse(one, Verdict(Answer.NO, no.message("zh"), no.message("en")), now)
    receiver = receiver_of(there.receiver)
    mark = receiver_mark(receiver.phone, receiver.address) if receiver.is_readable else ""
    verdict = verdict_of(_known(one), there, one.tracking_no, mark=mark, masked=receiver.shown)
    if verdict.answer in {Answer.NO, Answer.ELSEWHERE}:
        moved = _refuse(one, verdict, now)
        pulling.take(account, [there], now)
        return moved
    if verdict.answer is Answer.GO:
        pulling.take(account, [there], now)
    try:
        _leave(one, KAIBO, now, is_there=verdict.answer is Answer.ALREADY)
    except KaiboError as complaint:
        return _refuse(one, Verdict(Answer.NO, complaint.message("zh"), complaint.message("en")), now)
    return 1


def _known(one: Dispatch) -> KnownOrder:
    order, carried = one.order, one.content
    lines = {}
    for line in OrderLine.objects.filter(order=order.pk):
        left = line.quantity - line.cancelled - line.shipped
        lines[line.line_no] = KnownLine(line.platform_code, line.quantity, left if carried is None else int(carried.get(str(line.pk), 0)))
    return KnownOrder(
        lines, order.source_version, (order.province, order.city, order.area), order.receiver_masked if order.receiver_cipher else "",
        order.receiver_cipher, order.receiver_mark if order.receiver_cipher is None else "",
    )  # fmt: skip


@transaction.atomic
def _leave(one: Dispatch, actor: Actor, now: datetime, *, is_there: bool = False) -> None:
    """The parcel leaves the ledger and, in the same transaction, waits to be told of."""
    order = Order.objects.select_for_update().get(pk=one.order_id)  # lock: the order before the parcel's row
    if not Dispatch.objects.select_for_update().filter(pk=one.pk, state=Dispatch.State.WAITING).exists():
        return
    units = {UUID(line): count for line, count in one.content.items()} if one.content else None
    shipment = shipping.ship_order(
        actor=actor, order_id=order.pk, carrier=one.carrier, tracking_no=one.tracking_no, units=units, now=now, is_checked=True
    )
    Shipment.objects.filter(pk=shipment.pk).update(shipped_by=one.handed_in_by)
    Dispatch.objects.filter(pk=one.pk).update(
        state=Dispatch.State.TOLD if is_there else Dispatch.State.TELLING, shipment=shipment, left_at=now, attempts=0, next_try_at=now,
        problem_zh="", problem_en="", was_there_before=is_there, told_at=now if is_there else None,
    )  # fmt: skip


@transaction.atomic
def _refuse(one: Dispatch, verdict: Verdict, now: datetime) -> int:
    changed = Dispatch.objects.filter(pk=one.pk, state=Dispatch.State.WAITING).update(
        state=Dispatch.State.REFUSED, problem_zh=verdict.zh[:240], problem_en=verdict.en[:240]
    )
    if changed:
        audit.record(
            KAIBO, "orders:parcel:refuse", subject=f"order:{one.order_id}", now=now, shop_id=one.order.shop_id,
            details={"tracking_no": one.tracking_no}, reason=verdict.zh,
        )  # fmt: skip
    return changed


# ── telling ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _tell(one: Dispatch, account: ChannelAccount, channel: ShopChannel, now: datetime) -> int:
    order_no = one.order.order_no
    if one.attempts and (there := channel.order(order_no, now=now)).has_parcel(one.tracking_no):
        return _told(one, there, account, now, was_there=True)  # an earlier try went through without an answer
    write = ParcelWrite(order_no, platform_code(one.order.platform, one.carrier), one.tracking_no, one.pk.hex, _lines_written(one))
    try:
        taken = channel.ship(write, now=now)
    except (ShopRefused, ShopCannot) as no:
        return _trouble(one, account, channel, no, now)
    there = channel.order(order_no, now=now)
    if there.has_parcel(one.tracking_no):
        return _told(one, there, account, now, was_there=taken.is_repeat)
    if one.attempts + 1 >= UNSEEN_TRIES:
        return _set_trouble(one, "平台收下了包裹，却一直读不到它", "the platform took the parcel and never shows it", now)
    _wait(one, _NotShown(), now)
    return 0


class _NotShown(KaiboError):
    code = "orders.parcel_not_shown"
    message_zh = "平台收下了，还读不到，稍后再看"
    message_en = "The platform took it and does not show it yet; looking again"


def _lines_written(one: Dispatch) -> tuple[tuple[str, int], ...]:
    """None where one parcel carries the whole order, else each line with its units."""
    carried = dict(one.shipment.lines.values_list("line_id", "quantity")) if one.shipment else {}
    lines = list(OrderLine.objects.filter(order=one.order_id))
    if all(carried.get(line.pk, 0) == line.quantity - line.cancelled for line in lines):
        return ()
    return tuple((line.line_no, carried[line.pk]) for line in lines if line.pk in carried)


def _told(one: Dispatch, there: PlatformOrder, account: ChannelAccount, now: datetime, *, was_there: bool) -> int:
    Dispatch.objects.filter(pk=one.pk, state=Dispatch.State.TELLING).update(
        state=Dispatch.State.TOLD, told_at=now, was_there_before=was_there, problem_zh="", problem_en=""
    )
    pulling.take(account, [there], now)
    return 1


def _trouble(one: Dispatch, account: ChannelAccount, channel: ShopChannel, no: KaiboError, now: datetime) -> int:
    """The platform said no. It may know another waybill for the same goods: that is said by its number."""
    there = channel.order(one.order.order_no, now=now)
    pulling.take(account, [there], now)
    others = "、".join(f"{parcel.carrier} {parcel.tracking_no}" for parcel in there.parcels)
    if others:
        return _set_trouble(one, f"平台上是别的单号：{others}；{no.message('zh')}", f"the platform has another waybill: {others}; {no.message('en')}", now)
    return _set_trouble(one, no.message("zh"), no.message("en"), now)


@transaction.atomic
def _set_trouble(one: Dispatch, zh: str, en: str, now: datetime) -> int:
    changed = Dispatch.objects.filter(pk=one.pk, state=Dispatch.State.TELLING).update(
        state=Dispatch.State.TROUBLE, problem_zh=zh[:240], problem_en=en[:240]
    )
    if changed:
        audit.record(
            KAIBO, "orders:parcel:trouble", subject=f"order:{one.order_id}", now=now, shop_id=one.order.shop_id,
            details={"tracking_no": one.tracking_no}, reason=zh[:200],
        )  # fmt: skip
        log.error("a platform does not have the parcel that left", extra={"dispatch": str(one.pk)})
    return changed


# ── ways on ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parcel_for(actor: Actor, dispatch_id: UUID) -> Dispatch:
    """This function will give a parcel of the actor's shops.   Raises: ParcelUnknown."""
    one = Dispatch.objects.select_related("order").filter(pk=dispatch_id).first()
    if one is None or not actor.sees(one.order.shop_id):
        raise ParcelUnknown
    return one


def try_again(*, actor: Actor, dispatch_id: UUID, now: datetime) -> Dispatch:
    """This function will ask or tell the platform now instead of later.   Raises: Forbidden, ParcelUnknown, ParcelDecided, ParcelUnderWay."""
    one = parcel_for(actor, dispatch_id)
    access.require(actor, SHIP, shop_id=one.order.shop_id)
    back = {Dispatch.State.REFUSED: Dispatch.State.WAITING, Dispatch.State.TROUBLE: Dispatch.State.TELLING}
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=one.order_id)  # lock: the order before the parcel's row
        open_states = [Dispatch.State.WAITING, Dispatch.State.TELLING, *back]
        try:
            with transaction.atomic():
                changed = Dispatch.objects.filter(pk=dispatch_id, state=one.state, state__in=open_states).update(
                    state=back.get(Dispatch.State(one.state), one.state), next_try_at=now
                )
        except IntegrityError:
            raise ParcelUnderWay(order_no=one.order.order_no, tracking_no=one.tracking_no) from None
        if not changed:
            raise ParcelDecided
        audit.record(actor, "orders:parcel:again", subject=f"order:{one.order_id}", now=now, shop_id=one.order.shop_id, details={"tracking_no": one.tracking_no})
    _work(dispatch_id, now)
    return parcel_for(actor, dispatch_id)


@transaction.atomic
def send_unasked(*, actor: Actor, dispatch_id: UUID, reason: str, now: datetime) -> None:
    """
    This function will let a parcel leave although its platform cannot be asked; somebody answers for it by name.

    Raises: Forbidden, ReasonMissing, ParcelUnknown, ParcelDecided, and what `shipping.ship_order` raises.
    """
    one = parcel_for(actor, dispatch_id)
    access.require(actor, FORCE, shop_id=one.order.shop_id)
    if not reason.strip():
        raise ReasonMissing
    if one.state != Dispatch.State.WAITING or not one.attempts:
        raise ParcelDecided
    _leave(one, actor, now)
    audit.record(
        actor, "orders:parcel:send_unasked", subject=f"order:{one.order_id}", now=now, shop_id=one.order.shop_id,
        details={"tracking_no": one.tracking_no}, reason=reason.strip(),
    )


@transaction.atomic
def drop(*, actor: Actor, dispatch_id: UUID, now: datetime) -> None:
    """This function will take back a parcel that has not left.   Raises: Forbidden, ParcelUnknown, ParcelDecided."""
    one = parcel_for(actor, dispatch_id)
    access.require(actor, SHIP, shop_id=one.order.shop_id)
    if not Dispatch.objects.filter(pk=dispatch_id, state__in=[Dispatch.State.WAITING, Dispatch.State.REFUSED]).update(state=Dispatch.State.DROPPED):
        raise ParcelDecided
    audit.record(actor, "orders:parcel:drop", subject=f"order:{one.order_id}", now=now, shop_id=one.order.shop_id, details={"tracking_no": one.tracking_no})


@transaction.atomic
def settle_by_hand(*, actor: Actor, dispatch_id: UUID, reason: str, now: datetime) -> None:
    """
    This function will note that a person put a parcel in order in the platform's own console.

    Raises: Forbidden, ReasonMissing, ParcelUnknown, ParcelDecided.
    """
    one = parcel_for(actor, dispatch_id)
    access.require(actor, SHIP, shop_id=one.order.shop_id)
    if not reason.strip():
        raise ReasonMissing
    changed = Dispatch.objects.filter(pk=dispatch_id, state=Dispatch.State.TROUBLE).update(
        state=Dispatch.State.SETTLED, settled_by=actor.name, settled_why=reason.strip()[:200]
    )
    if not changed:
        raise ParcelDecided
    audit.record(
        actor, "orders:parcel:settle", subject=f"order:{one.order_id}", now=now, shop_id=one.order.shop_id,
        details={"tracking_no": one.tracking_no}, reason=reason.strip(),
    )
