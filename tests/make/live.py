"""Makers of live sessions, and viewers who claim through the room's own admission statement."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from django.db import connection

from kaibo.kit.ids import new_id, readable_code
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import Actor
from kaibo.room import ledger
from kaibo.stages.live import services
from kaibo.stages.live.models import DeskAction, SaleItem
from kaibo.stages.showplan.models import Session
from tests.make.showplan import make_green_session

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def key() -> str:
    return readable_code(12)


def make_live_session(actor: Actor, shop: Shop, *, quantity: int = 100, stock: int = 1_000, room: str = "autumn-3") -> Session:
    session, _segment = make_green_session(actor, shop, quantity=quantity, stock=stock, room=room)
    services.start_session(actor=actor, session_id=session.pk, key="start", now=NOW)
    session.refresh_from_db()
    return session


def go_on(actor: Actor, session: Session, seen: UUID | None = None, *, at: datetime = NOW, with_key: str = "") -> DeskAction:
    return services.next_segment(actor=actor, session_id=session.pk, seen=seen, key=with_key or key(), now=at)


def make_item_on_sale(actor: Actor, shop: Shop, *, quantity: int = 100, stock: int = 1_000) -> SaleItem:
    session = make_live_session(actor, shop, quantity=quantity, stock=stock)
    return SaleItem.objects.get(pk=go_on(actor, session).item_id)


class _InThisTransaction:
    """The room's ledger awaits a connection of its own; here it gets the test's, so that claims are part of the test."""

    def __init__(self, raw) -> None:
        self._raw = raw

    def cursor(self, *, binary: bool = False):
        cursor = psycopg.Cursor(self._raw)
        cursor.format = psycopg.pq.Format.BINARY if binary else psycopg.pq.Format.TEXT
        return _Cursor(cursor)


class _Cursor:
    def __init__(self, cursor) -> None:
        self._cursor = cursor

    async def execute(self, *asked):
        self._cursor.execute(*asked)
        return self

    async def fetchall(self):
        return self._cursor.fetchall()


def claim(item: SaleItem, units: int = 1, visitor: str = "v1") -> str:
    """One viewer's claim through the room's own ledger; gives what the room answered."""
    ask = ledger.Ask(item.session.room, visitor, readable_code(16), item.pk, units, new_id())
    return asyncio.run(ledger.admit(_InThisTransaction(connection.connection), [ask]))[0].result
