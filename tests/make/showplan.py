"""Makers of sessions: a plan whose gate is green, and the same with one thing missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.showplan import services
from kaibo.stages.showplan.models import Segment, Session
from kaibo.stages.showplan.rules import EquipmentKind
from kaibo.stages.showplan.services import NewOffer
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.people import make_actor, make_person

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STARTS = NOW + timedelta(hours=1)


def make_session(actor: Actor, shop: Shop, room: str = "autumn-3", title: str = "秋冬上新第 3 场", starts_at: datetime = STARTS, hours: int = 4) -> Session:
    return services.plan_session(
        actor=actor, shop_id=shop.pk, title=title, room_name=room, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), now=NOW, theme="羊毛与针织"
    )


def make_coat(shop: Shop, stock: int = 1_000):
    sku = make_sku(make_product(shop))
    if stock:
        make_stock(sku, stock)
    return sku


def make_product_segment(
    actor: Actor, session: Session, sku, *, minutes: int = 10, price_fen: int = 59_900, quantity: int = 100, limit: int | None = None, is_flash: bool = False
) -> Segment:
    return services.add_segment(
        actor=actor, session_id=session.pk, kind="product", minutes=minutes, product_id=sku.product_id, now=NOW, is_flash=is_flash,
        offers=[NewOffer(sku.pk, price_fen, quantity, limit)],
    )


def make_talk(actor: Actor, session: Session, title: str = "开场", minutes: int = 5, kind: str = "opening") -> Segment:
    return services.add_segment(actor=actor, session_id=session.pk, kind=kind, title=title, minutes=minutes, now=NOW)


def make_staff(actor: Actor, session: Session, shop: Shop, hosts: int = 3, operators: int = 2) -> None:
    for role, count in (("host", hosts), ("operations", operators)):
        for number in range(count):
            person = make_person(f"{role}{number}", role, shop=shop)
            services.assign_duty(actor=actor, session_id=session.pk, role=role, person_id=person.pk, now=NOW)


def make_prepared(actor: Actor, session: Session, shop: Shop) -> None:
    """Staff, signatures and a rehearsal: what the gate asks for beside the goods."""
    make_staff(actor, session, shop)
    for kind in EquipmentKind:
        services.sign_equipment(actor=actor, session_id=session.pk, kind=kind.value, is_fine=True, now=NOW)
    services.record_rehearsal(actor=actor, session_id=session.pk, held_at=NOW, minutes=60, notes="", now=NOW)


def make_green_session(actor: Actor, shop: Shop, *, quantity: int = 100, stock: int = 1_000, room: str = "autumn-3") -> tuple[Session, Segment]:
    session = make_session(actor, shop, room=room)
    segment = make_product_segment(actor, session, make_coat(shop, stock), quantity=quantity)
    make_prepared(actor, session, shop)
    services.make_ready(actor=actor, session_id=session.pk, now=NOW)
    session.refresh_from_db()
    return session, segment


def make_staff_actor(account: str, *roles: str, shop: Shop | None = None) -> Actor:
    return make_actor(account, *roles, shop=shop)
