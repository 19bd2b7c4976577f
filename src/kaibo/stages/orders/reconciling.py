"""
Reconciliation 对账: a channel's bill of a day beside the room's payments and the orders' books. What differs is shown with
its reason and a way to mend it; nothing is mended unasked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.clock import SHANGHAI
from kaibo.kit.errors import Conflict, NotFound
from kaibo.kit.payments import BillLine, ChannelAway, ChannelRefused, PayChannel
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.payments import pay_channels
from kaibo.room import claim_life
from kaibo.stages.orders import relay
from kaibo.stages.orders.complaints import ReasonMissing
from kaibo.stages.orders.models import BillEntry, BillRead, DifferenceExplained, Payment, PaymentRefund
from kaibo.stages.orders.permissions import PAY, SEE

log = logging.getLogger("kaibo.orders.reconciling")

BILL_READY_HOUR = 10
"""Channels promise yesterday's bill by ten in the morning."""


class NoSuchPayChannel(NotFound):
    code = "orders.no_such_pay_channel"
    message_zh = "没有这个支付渠道：{channel}"
    message_en = "There is no such payment channel: {channel}"


class NotMendable(Conflict):
    code = "orders.difference_not_mendable"
    message_zh = "这一笔不能自动补记，请查明后写明原因"
    message_en = "This one cannot be booked by itself; look into it and write down what it was"


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One thing bill and books disagree about. `ours_fen`/`bill_fen` are None where the other side knows nothing."""

    kind: str
    """pay or refund"""
    reason: str
    """not_booked, unknown, not_in_bill, amount_differs, not_followed"""
    number: str
    out_trade_no: str
    at: datetime
    ours_fen: int | None
    bill_fen: int | None
    order_id: UUID | None
    explained: str

    @property
    def is_mendable(self) -> bool:
        return self.reason == "not_booked"


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day of a channel: what the bill says beside what our books say."""

    channel: str
    day: date
    read_at: datetime | None
    bill_fen: int
    ours_fen: int
    bill_count: int
    ours_count: int
    refunds_fen: int
    differences: Sequence[DifferenceRow]

    @property
    def open_differences(self) -> int:
        return sum(not one.explained for one in self.differences)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    starts_at = datetime.combine(day, time(), SHANGHAI)
    return starts_at, starts_at + timedelta(days=1)


def fetch_bills(now: datetime) -> int:
    """This function will fetch yesterday's bill of every channel once it is ready; the clock gives how many it read."""
    local = now.astimezone(SHANGHAI)
    if local.hour < BILL_READY_HOUR:
        return 0
    day = (local - timedelta(days=1)).date()
    read = 0
    for key in pay_channels():
        if BillRead.objects.filter(channel=key, day=day).exists():
            continue
        try:
            fetch_bill(actor=KAIBO, channel=key, day=day, now=now)
            read += 1
        except (ChannelAway, ChannelRefused) as reason:
            log.warning("a bill could not be fetched", extra={"channel": key, "day": str(day), "reason": reason.message("en")})
    return read


def fetch_bill(*, actor: Actor, channel: str, day: date, now: datetime) -> int:
    """This function will fetch a channel's bill of a day and take it in.   Raises: Forbidden, NoSuchPayChannel, ChannelAway, ChannelRefused, BillUnreadable."""
    access.require(actor, PAY)
    return take_bill(actor=actor, channel=channel, day=day, content=_channel(channel).fetch_bill(day, now=now), now=now)


@transaction.atomic
def take_bill(*, actor: Actor, channel: str, day: date, content: bytes, now: datetime) -> int:
    """
    This function will take in a bill file, fetched or uploaded, and give how many of its lines are new; the same file twice
    changes nothing.   Raises: Forbidden, NoSuchPayChannel, BillUnreadable.
    """
    access.require(actor, PAY)
    lines = _channel(channel).read_bill(content)
    before = BillEntry.objects.filter(channel=channel).count()
    BillEntry.objects.bulk_create([_entry(channel, line, now) for line in lines], ignore_conflicts=True, batch_size=2_000)
    BillRead.objects.update_or_create(channel=channel, day=day, defaults={"entries": len(lines), "read_at": now})
    added = BillEntry.objects.filter(channel=channel).count() - before
    audit.record(actor, "orders:bill:read", subject=f"channel:{channel}", now=now, details={"day": str(day), "lines": len(lines), "new": added})
    return added


def _entry(channel: str, line: BillLine, now: datetime) -> BillEntry:
    number = line.transaction if line.kind == "pay" else line.out_refund_no
    return BillEntry(
        channel=channel, kind=line.kind, number=number, out_trade_no=line.out_trade_no, amount_fen=line.amount_fen, at=line.at,
        day=line.at.astimezone(SHANGHAI).date(), read_at=now,
    )  # fmt: skip


def compare_day(*, actor: Actor, channel: str, day: date) -> DayRow:
    """This function will compare a day of a channel: bill, the room's payments, orders and refunds.   Raises: Forbidden."""
    access.require(actor, SEE)
    since, until = day_bounds(day)
    with connection.cursor() as cursor:
        ours = {one.transaction: one for one in claim_life.payments_between(cursor, channel=channel, since=since, until=until)}
    booked = dict(Payment.objects.filter(channel=channel, paid_at__gte=since, paid_at__lt=until).values_list("payment_no", "order_id"))
    bill = {one.number: one for one in BillEntry.objects.filter(channel=channel, day=day, kind="pay")}
    read = BillRead.objects.filter(channel=channel, day=day).first()
    refunds = list(PaymentRefund.objects.filter(payment__channel=channel, state="done", done_at__gte=since, done_at__lt=until))
    found = [
        *_compare_payments(channel, ours, bill, booked, has_bill=read is not None),
        *_compare_refunds(channel, day, refunds, has_bill=read is not None),
    ]
    return DayRow(
        channel, day, read.read_at if read else None, sum(one.amount_fen for one in bill.values()), sum(one.received_fen for one in ours.values()),
        len(bill), len(ours), sum(one.amount_fen for one in refunds), sorted(found, key=lambda one: (bool(one.explained), one.at)),
    )  # fmt: skip


def _compare_payments(
    channel: str, ours: dict[str, claim_life.PaymentRow], bill: dict[str, BillEntry], booked: dict[str, UUID], *, has_bill: bool
) -> list[DifferenceRow]:
    said = _explained(channel, "pay")
    found = []
    for number in [*bill, *(one for one in ours if one not in bill)]:
        mine, theirs = ours.get(number), bill.get(number)
        if mine is None and theirs is not None:
            reason = "not_booked" if _is_opened(channel, theirs.out_trade_no) else "unknown"
        elif theirs is None:
            reason = "not_in_bill" if has_bill else ""
        elif mine is not None and mine.received_fen != theirs.amount_fen:
            reason = "amount_differs"
        else:
            reason = "" if number in booked else "not_followed"
        if reason:
            at = theirs.at if theirs else ours[number].paid_at
            found.append(
                DifferenceRow(
                    "pay", reason, number, theirs.out_trade_no if theirs else mine.payment.hex if mine else "", at,
                    mine.received_fen if mine else None, theirs.amount_fen if theirs else None, mine.claim if mine else None, said.get(number, ""),
                )
            )  # fmt: skip
    return found


def _compare_refunds(channel: str, day: date, refunds: Sequence[PaymentRefund], *, has_bill: bool) -> list[DifferenceRow]:
    said = _explained(channel, "refund")
    ours = {one.pk.hex: one for one in refunds}
    bill = {one.number: one for one in BillEntry.objects.filter(channel=channel, day=day, kind="refund")}
    found = []
    for number, theirs in bill.items():
        mine = ours.get(number)
        reason = "unknown" if mine is None else "amount_differs" if mine.amount_fen != theirs.amount_fen else ""
        if reason:
            found.append(
                DifferenceRow("refund", reason, number, theirs.out_trade_no, theirs.at, mine.amount_fen if mine else None, theirs.amount_fen,
                              mine.order_id if mine else None, said.get(number, ""))
            )  # fmt: skip
    for number, mine in ours.items():
        if has_bill and number not in bill and mine.done_at is not None:
            found.append(
                DifferenceRow("refund", "not_in_bill", number, "", mine.done_at, mine.amount_fen, None, mine.order_id, said.get(number, ""))
            )
    return found


def _explained(channel: str, kind: str) -> dict[str, str]:
    rows = DifferenceExplained.objects.filter(channel=channel, kind=kind).values_list("number", "reason", "explained_by")
    return {number: f"{reason}（{by}）" for number, reason, by in rows}


def _is_opened(channel: str, out_trade_no: str) -> bool:
    payment = _uuid(out_trade_no)
    if payment is None:
        return False
    with connection.cursor() as cursor:
        return claim_life.payment_exists(cursor, channel=channel, payment=payment)


@transaction.atomic
def book_from_bill(*, actor: Actor, channel: str, number: str, now: datetime) -> str:
    """
    This function will book a payment of the bill whose notify call never reached us, exactly as the call would have, and
    give the outcome: in_time, late or refund_due.   Raises: Forbidden, NotMendable.
    """
    access.require(actor, PAY)
    entry = BillEntry.objects.filter(channel=channel, kind="pay", number=number).first()
    payment = _uuid(entry.out_trade_no) if entry else None
    if entry is None or payment is None or not _is_opened(channel, entry.out_trade_no):
        raise NotMendable
    with connection.cursor() as cursor:
        outcome, items = claim_life.book_payment(
            cursor, channel=channel, payment=payment, transaction=entry.number, amount_fen=entry.amount_fen, paid_at=entry.at, now=now
        )
    if outcome == "unknown":
        raise NotMendable
    relay.tell_levels(items)
    audit.record(actor, "orders:bill:book", subject=f"payment:{payment}", now=now, details={"fen": entry.amount_fen, "outcome": outcome})
    return outcome


@transaction.atomic
def explain(*, actor: Actor, channel: str, kind: str, number: str, reason: str, now: datetime) -> None:
    """This function will note what a difference was, once; a later explanation takes its place.   Raises: Forbidden, ReasonMissing."""
    access.require(actor, PAY)
    if not reason.strip():
        raise ReasonMissing
    DifferenceExplained.objects.update_or_create(
        channel=channel, kind=kind, number=number, defaults={"reason": reason.strip()[:200], "explained_by": actor.name, "explained_at": now}
    )
    audit.record(actor, "orders:bill:explain", subject=f"{channel}:{number}", now=now, reason=reason.strip()[:200])


def _channel(key: str) -> PayChannel:
    channel = pay_channels().get(key)
    if channel is None:
        raise NoSuchPayChannel(channel=key)
    return channel


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
