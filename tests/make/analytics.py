"""Makers of sessions that were live: viewers in the lake, claims in the room, paid orders; deterministic, and small enough to count by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection

from kaibo.kit.ids import new_id
from kaibo.lake.append import Journal
from kaibo.lake.schema import Event
from kaibo.master.catalog.models import Sku
from kaibo.master.shops.models import Shop
from kaibo.master.stock import allotments
from kaibo.plumbing.access.actor import KAIBO
from kaibo.room import backoffice
from kaibo.stages.analytics import picture as pictures
from kaibo.stages.analytics.models import Snapshot
from kaibo.stages.analytics.picture import ItemStats, Picture
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.showplan.models import Session
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STARTED = NOW - timedelta(hours=3)


@dataclass(frozen=True)
class Sold:
    """An item in the room with how many of the viewers were shown, clicked, ordered and paid."""

    code: str
    title: str
    shown: int
    clicked: int
    ordered: int
    paid: int
    price_fen: int = 59_900


def use_lake(tmp_path: Path) -> None:
    """A data folder of the test's own."""
    settings.ENV = replace(settings.ENV, data=tmp_path)


def make_ended_session(shop: Shop, *, room: str = "autumn-3", days_ago: int = 0, title: str = "秋冬上新第 3 场", state: str = "ended") -> Session:
    started = STARTED - timedelta(days=days_ago)
    return Session.objects.create(
        shop=shop, title=title, room=room, starts_at=started, ends_at=started + timedelta(hours=2), started_at=started,
        ended_at=started + timedelta(hours=2) if state == "ended" else None, state=state, created_by="Alice", created_at=started - timedelta(days=3),
    )  # fmt: skip


def make_item(session: Session, sold: Sold) -> UUID:
    """The item on sale in the session's room; its id is what viewers' events name."""
    sku = make_sku(make_product(session.shop, code=sold.code, title=sold.title), code=f"{sold.code}-M", specification="M", price_fen=sold.price_fen)
    make_stock(sku, sold.ordered + 10)
    allotment = allotments.open_allotment(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, session_id=session.pk, quantity=sold.ordered + 10, now=NOW)
    item = new_id()
    with connection.cursor() as cursor:
        backoffice.open_room(
            cursor, room=session.room, title=session.title, operator=session.shop.name, host="林夏", company=session.shop.company, state="live"
        )
        backoffice.put_item(
            cursor, room=session.room, item=item, allotment=allotment.pk, sku_code=sku.code, title=sold.title, units=sold.ordered + 10,
            price_fen=sold.price_fen, state="on_sale",
        )
    _claim(session, item, sku, sold)
    return item


def _claim(session: Session, item: UUID, sku: Sku, sold: Sold) -> None:
    assert session.started_at is not None
    with connection.cursor() as cursor:
        for number in range(sold.ordered):
            claim, at = new_id(), session.started_at + timedelta(minutes=10 + number % 90)
            cursor.execute(
                """insert into room.answers (attempt, room, visitor, key, item, quantity, unit_price_fen, price_version, result, answered_at, pay_by)
                   values (%s, %s, %s, %s, %s, 1, %s, 1, 'claimed', %s, %s)""",
                [claim, session.room, f"v{number}", str(claim), item, sold.price_fen, at, at + timedelta(minutes=15)],
            )
            is_paid = number < sold.paid
            order = Order.objects.create(
                id=claim, shop_id=session.shop_id, platform="own", order_no=str(claim), state="allocated" if is_paid else "pending_payment",
                amount_fen=sold.price_fen, paid_fen=sold.price_fen if is_paid else 0, units=1, ordered_at=at, paid_at=at if is_paid else None,
                session_id=session.pk, source="claim", source_version=at, created_at=at,
            )  # fmt: skip
            OrderLine.objects.create(order=order, line_no="1", sku=sku, quantity=1, price_fen=sold.price_fen, amount_fen=sold.price_fen)
        cursor.execute("update room.items set left_units = left_units - %s, claimed_units = claimed_units + %s where item = %s", [sold.ordered, sold.ordered, item])


def make_viewers(session: Session, count: int, items: dict[UUID, Sold], *, sharing: int = 0) -> None:
    """Viewers v0 … each stay 600 seconds; the first of them are shown, click and order each item."""
    assert session.started_at is not None
    events = []
    for number in range(count):
        at = session.started_at + timedelta(minutes=number % 60)
        events += [_event(session, f"in{number}", "enter", at, number), _event(session, f"out{number}", "leave", at + timedelta(seconds=600), number)]
        if number < sharing:
            events.append(_event(session, f"sh{number}", "share", at + timedelta(seconds=5), number))
        for item, sold in items.items():
            if number < sold.shown:
                events.append(_event(session, f"ex{item}{number}", "expose", at + timedelta(seconds=10), number, item))
            if number < sold.clicked:
                events.append(_event(session, f"cl{item}{number}", "click", at + timedelta(seconds=20), number, item))
    with Journal(settings.ENV.data / "lake", writer="test") as journal:
        journal.append(session.room, events)


def _event(session: Session, id_: str, kind: str, at: datetime, number: int, item: UUID | None = None) -> Event:
    return Event(id=id_, kind=kind, at=at, received_at=at, room=session.room, session=session.room, visitor=f"v{number}", item=str(item) if item else None)


def say(session: Session, *lines: str, minutes: int = 15) -> None:
    """Chat lines of viewers v0, v1 …"""
    assert session.started_at is not None
    with connection.cursor() as cursor:
        for number, text in enumerate(lines):
            cursor.execute(
                "insert into room.messages (message, room, visitor, nickname, text, verdict, sent_at) values (%s, %s, %s, %s, %s, 'pass', %s)",
                [new_id(), session.room, f"v{number}", f"用户{number}", text, session.started_at + timedelta(minutes=minutes)],
            )


def make_picture(**changes: object) -> Picture:
    """A picture as plain numbers, without any database."""
    usual: dict[str, object] = {
        "room": "autumn-3", "started_at": STARTED, "ended_at": NOW, "taken_at": NOW, "viewers": 1_000, "views": 1_400, "dwell_seconds": 65_000,
        "interacting": 58, "expose_people": 800, "click_people": 300, "order_people": 60, "paid_people": 50, "orders": 62, "paid_orders": 52,
        "paid_units": 60, "gross_fen": 3_000_000, "refunded_fen": 600_000, "refunded_orders": 10, "cost_fen": 1_000_000,
    }  # fmt: skip
    return Picture(**(usual | changes))  # type: ignore[arg-type]  # the usual values are typed above


def make_stats(key: str, clicked: int, bought: int, **changes: object) -> ItemStats:
    usual: dict[str, object] = {
        "title": key, "click_people": clicked, "buyers": bought, "paid_buyers": bought, "units": bought, "gross_fen": bought * 10_000, "expose_people": clicked * 3,
    }
    return ItemStats(key=key, **(usual | changes))  # type: ignore[arg-type]  # as above


def make_snapshot(session: Session, picture: Picture) -> None:
    Snapshot.objects.create(session=session, version=1, picture=pictures.to_json(picture), taken_at=NOW)
