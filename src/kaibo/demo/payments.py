"""Payments of the past for the example shop: taken by the sandbox wallet and booked by the room's own ledger at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.config.env import read_env
from kaibo.config.paying import sandbox
from kaibo.database.address import address
from kaibo.demo.buyers import buyer
from kaibo.kit.ids import new_id
from kaibo.kit.payments import PayOrder
from kaibo.plumbing.access.actor import KAIBO
from kaibo.room import claim_life
from kaibo.stages.orders import following, services
from kaibo.stages.orders.models import Order

CHANNEL = "sandbox"


@dataclass(frozen=True, slots=True)
class Paid:
    """An order and when its buyer pressed 支付."""

    order: Order
    at: datetime


def pay_in_the_past(payments: Sequence[Paid], now: datetime) -> None:
    """This function will have buyers give their address and pay, each at the own moment, and bring the orders up to date."""
    env = read_env()
    wallet = sandbox(env, address(env)).wallet
    for one in payments:
        name, phone, place = buyer(one.order.pk.int % 1_000_003)
        services.set_receiver(actor=KAIBO, order_id=one.order.pk, name=name, phone=phone, address=place, now=one.at)
        with transaction.atomic(), connection.cursor() as cursor:
            order = _opened(cursor, one, env.room_url)
            notice = wallet.pay(order, now=one.at)
            if notice is None:
                continue
            claim_life.book_payment(
                cursor, channel=CHANNEL, payment=UUID(order.out_trade_no), transaction=notice.transaction, amount_fen=notice.amount_fen, paid_at=one.at,
                now=one.at,
            )  # fmt: skip
        wallet.heard(order.out_trade_no, now=one.at)
    following.follow_claims(now)


def _opened(cursor: claim_life.Cursor, one: Paid, room_url: str) -> PayOrder:
    cursor.execute("SELECT room, visitor FROM room.claims WHERE claim = %s", [one.order.pk])
    room, visitor = cursor.fetchone()
    cursor.execute(
        "SELECT payment, amount_fen, pay_by, title, quantity FROM room.open_payments(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s)",
        [[new_id()], [one.order.pk], [room], [visitor], [CHANNEL], one.at],
    )
    payment, amount_fen, pay_by, title, quantity = cursor.fetchone()
    return PayOrder(
        payment.hex, amount_fen, f"{title} × {quantity}", pay_by, f"{room_url}/pay/{CHANNEL}", f"{room_url}/r/{room}?paid={one.order.pk}"
    )
