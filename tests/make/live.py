"""Makers of live sessions, and viewers who claim through the room's own admission statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from kaibo.kit.ids import new_id, readable_code
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import Actor
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


def claim(item: SaleItem, units: int = 1, visitor: str = "v1") -> str:
    """One viewer's claim through the room's own statement; gives what the room answered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT result FROM room.admit(%s::uuid[], %s::int[], %s::int[], %s::text[], %s::text[], %s::text[], %s::int[], %s::uuid[], %s::int[])",
            [[item.pk], [1], [1], [item.session.room], [visitor], [readable_code(16)], [units], [new_id()], [0]],
        )
        return cursor.fetchone()[0]
