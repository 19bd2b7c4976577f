"""Put goods into the room and steer them: one transaction moves stock and tells the room."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.ids import new_id
from kaibo.master.catalog import queries as catalog
from kaibo.master.shops.models import Platform
from kaibo.master.stock import allotments
from kaibo.master.stock import services as stock
from kaibo.master.stock.rules import StockShort
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.room import backoffice as room
from kaibo.stages.compliance import disclosures, price_book
from kaibo.stages.live import queries
from kaibo.stages.live.models import Desk, DeskAction, PriceVersion, SaleItem
from kaibo.stages.live.permissions import ITEM_STEER
from kaibo.stages.live.rules import Deed, ItemAlreadyThere, ItemGone, UnitsOutOfRange
from kaibo.stages.live.services import guarding
from kaibo.stages.live.services.sessions import close_items
from kaibo.stages.live.services.turns import Turn, take_turn
from kaibo.stages.supply import locks

MOST_UNITS = 1_000_000
MOST_FLASH_MINUTES = 120


def open_item(
    turn: Turn, *, segment_id: UUID, sku_id: UUID, wanted: int, price_fen: int, limit: int | None, position: int, is_flash: bool,
    is_on_sale: bool, at_most: bool, confirmed_by: str = "", closes_at: datetime | None = None,
) -> SaleItem | None:  # fmt: skip
    """
    This function will move units into an allotment and put them into the room as a new item.

    With `at_most`, less is given where less is there, and None when nothing is; else StockShort.   Source: LIV-4, SUP-14.
    """
    stock.lock_items(sku for sku, _units in stock.units_of(sku_id, 1))
    locks.give_to_session(actor=turn.actor, session_id=turn.session.pk, sku_id=sku_id, wanted=wanted, now=turn.now)
    place = queries.best_place(sku_id)
    units = min(wanted, place.units) if at_most else wanted
    sku = catalog.sku_rows([sku_id])[sku_id]
    if units < 1:
        return None
    if place.warehouse_id is None:
        raise StockShort(sku=sku.code, bucket="可售", wanted=wanted, there=0)
    given = allotments.open_allotment(
        actor=turn.actor, sku_id=sku_id, warehouse_id=place.warehouse_id, session_id=turn.session.pk, quantity=units, now=turn.now
    )
    item = SaleItem.objects.create(
        session=turn.session, segment_id=segment_id, sku_id=sku_id, allotment=given, is_flash=is_flash, closes_at=closes_at,
        opened_at=turn.now, opened_by_name=turn.actor.name,
    )  # fmt: skip
    PriceVersion.objects.create(
        item=item, version=1, price_fen=price_fen, published_at=turn.now, published_by_name=turn.actor.name, confirmed_by_name=confirmed_by
    )
    struck = price_book.struck_on_air({sku_id: price_fen}, Platform.OWN, turn.now)
    with connection.cursor() as cursor:
        room.put_item(
            cursor, room=turn.session.room, item=item.pk, allotment=given.pk, sku_code=sku.code, title=sku.title, units=units,
            price_fen=price_fen, price_version=1, reference_price_fen=struck.get(sku_id), limit_per_visitor=limit, position=position, state="on_sale" if is_on_sale else "paused",
            labels=disclosures.card_labels(sku.product_id, turn.now),
        )  # fmt: skip
        if closes_at is not None:
            room.sell_for(cursor, room=turn.session.room, item=item.pk, seconds=int((closes_at - turn.now).total_seconds()))
    return item


@transaction.atomic
def take_down(*, actor: Actor, session_id: UUID, item_id: UUID, key: str, now: datetime) -> DeskAction:
    """This function will pause the sale of an item.   Raises: Forbidden, NotLive, ItemGone, ItemAlreadyThere.   Source: LIV-6."""
    turn = take_turn(actor=actor, session_id=session_id, ability=ITEM_STEER, kind=Deed.TAKE_DOWN, key=key, now=now)
    return turn.prior or turn.record(Deed.TAKE_DOWN, item=set_state(turn, item_id, "paused"), title=_title(turn, item_id))


@transaction.atomic
def put_back(*, actor: Actor, session_id: UUID, item_id: UUID, key: str, now: datetime) -> DeskAction:
    """This function will put a paused item on sale again.   Raises: Forbidden, NotLive, ItemGone, ItemAlreadyThere.   Source: LIV-6."""
    turn = take_turn(actor=actor, session_id=session_id, ability=ITEM_STEER, kind=Deed.PUT_BACK, key=key, now=now)
    return turn.prior or turn.record(Deed.PUT_BACK, item=set_state(turn, item_id, "on_sale"), title=_title(turn, item_id))


def set_state(turn: Turn, item_id: UUID, state: str) -> SaleItem:
    """This function will start or pause an item's sale, unless it is so already.   Raises: ItemGone, ItemAlreadyThere."""
    item = turn.item(item_id)
    level = queries.levels_of(turn.session.room).get(item_id)
    if level is None:
        raise ItemGone
    if level.state == state:
        raise ItemAlreadyThere(state=state, state_zh="上架" if state == "on_sale" else "下架", **_whose(turn, item_id))
    with connection.cursor() as cursor:
        room.set_item_state(cursor, room=turn.session.room, item=item_id, state="on_sale" if state == "on_sale" else "paused")
    return item


def _whose(turn: Turn, item_id: UUID) -> dict[str, str]:
    """Who brought the item where it is, so that the second of two people is told."""
    last = DeskAction.objects.filter(session=turn.session, item=item_id, kind__in=[Deed.TAKE_DOWN.value, Deed.PUT_BACK.value]).order_by("-at", "-id").first()
    return {"by_zh": f"（{last.actor_name} 刚操作过）", "by_en": f" ({last.actor_name} has just done it)"} if last else {"by_zh": "", "by_en": ""}


@transaction.atomic
def extend_item(*, actor: Actor, session_id: UUID, item_id: UUID, units: int, key: str, now: datetime) -> DeskAction:
    """This function will add units to an item from sellable stock.   Raises: Forbidden, NotLive, ItemGone, StockShort, UnitsOutOfRange.   Source: LIV-4."""
    turn = take_turn(actor=actor, session_id=session_id, ability=ITEM_STEER, kind=Deed.EXTEND, key=key, now=now)
    if turn.prior:
        return turn.prior
    if not 1 <= units <= MOST_UNITS:
        raise UnitsOutOfRange(most=MOST_UNITS)
    item = turn.item(item_id)
    allotments.extend_allotment(actor=actor, allotment_id=item.allotment_id, units=units, key=f"{session_id}:{key}", now=now)
    with connection.cursor() as cursor:
        room.add_units(cursor, room=turn.session.room, item=item_id, units=units)
    return turn.record(Deed.EXTEND, item=item, title=item.sku.product.title, sku=item.sku.code, units=units)


@transaction.atomic
def close_item(*, actor: Actor, session_id: UUID, item_id: UUID, key: str, now: datetime) -> DeskAction:
    """This function will end the sale of an item and give what is left back to stock.   Raises: Forbidden, NotLive, ItemGone.   Source: LIV-4."""
    turn = take_turn(actor=actor, session_id=session_id, ability=ITEM_STEER, kind=Deed.CLOSE, key=key, now=now)
    if turn.prior:
        return turn.prior
    item = turn.item(item_id)
    returned = close_items(turn, [item])
    return turn.record(Deed.CLOSE, item=item, title=item.sku.product.title, sku=item.sku.code, returned=returned)


@transaction.atomic
def start_flash(*, actor: Actor, session_id: UUID, item_id: UUID, minutes: int, key: str, now: datetime) -> DeskAction:
    """This function will open a prepared flash item for some minutes; then it closes by itself.   Raises: Forbidden, NotLive, ItemGone, ItemAlreadyThere, UnitsOutOfRange.   Source: LIV-4."""
    turn = take_turn(actor=actor, session_id=session_id, ability=ITEM_STEER, kind=Deed.FLASH, key=key, now=now)
    if turn.prior:
        return turn.prior
    _check_flash_minutes(minutes)
    item = set_state(turn, item_id, "on_sale")
    closes_at = now + timedelta(minutes=minutes)
    SaleItem.objects.filter(pk=item_id).update(closes_at=closes_at)
    with connection.cursor() as cursor:
        room.sell_for(cursor, room=turn.session.room, item=item_id, seconds=minutes * 60)
    put_in_front(turn, item_id)
    return turn.record(Deed.FLASH, item=item, title=item.sku.product.title, sku=item.sku.code, minutes=minutes, closes_at=closes_at.isoformat())


@transaction.atomic
def open_flash_sale(
    *, actor: Actor, session_id: UUID, segment_id: UUID, sku_id: UUID, price_fen: int, units: int, limit: int | None, minutes: int,
    key: str, now: datetime, reason: str = "",
) -> DeskAction:  # fmt: skip
    """
    This function will open a flash sale: a fresh allotment at its own price for some minutes.

    A price under cost or far from the published one waits for a second person instead.
    Raises: Forbidden, NotLive, StockShort, PriceReasonNeeded, PriceWaits, UnitsOutOfRange.   Source: LIV-4, CMP-8.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=ITEM_STEER, kind=Deed.FLASH, key=key, now=now)
    if turn.prior:
        return turn.prior
    _check_flash_minutes(minutes)
    if not 1 <= units <= MOST_UNITS:
        raise UnitsOutOfRange(most=MOST_UNITS)
    flash = {"segment": str(segment_id), "units": units, "limit": limit, "minutes": minutes}
    if guarding.waits_for_second(turn, sku_id=sku_id, item=None, price_fen=price_fen, reason=reason, flash=flash):
        sku = catalog.sku_rows([sku_id])[sku_id]
        return turn.record(Deed.FLASH, title=sku.product_title, sku=sku.code, price_fen=price_fen, is_waiting=True)
    item = publish_flash(turn, sku_id=sku_id, price_fen=price_fen, flash=flash)
    return turn.record(Deed.FLASH, item=item, title=item.sku.product.title, sku=item.sku.code, price_fen=price_fen, units=units, minutes=minutes)


def publish_flash(turn: Turn, *, sku_id: UUID, price_fen: int, flash: dict[str, object], confirmed_by: str = "") -> SaleItem:
    """This function will put a flash sale on sale now, in front.   Raises: StockShort."""
    item = open_item(
        turn, segment_id=UUID(str(flash["segment"])), sku_id=sku_id, wanted=int(str(flash["units"])), price_fen=price_fen,
        limit=int(str(flash["limit"])) if flash["limit"] else None, position=0, is_flash=True, is_on_sale=True, at_most=False,
        confirmed_by=confirmed_by, closes_at=turn.now + timedelta(minutes=int(str(flash["minutes"]))),
    )  # fmt: skip
    if item is None:
        raise UnitsOutOfRange(most=MOST_UNITS)
    put_in_front(turn, item.pk)
    return item


def close_due_flash_sales(now: datetime) -> int:
    """This function will close flash sales whose time is over, each in its own transaction, and give how many."""
    closed = 0
    due = SaleItem.objects.filter(closes_at__lte=now, closed_at=None).order_by("closes_at").values_list("pk", "session_id")
    for item_id, session_id in list(due[:100]):
        closed += _close_flash(session_id, item_id, now)
    return closed


@transaction.atomic
def _close_flash(session_id: UUID, item_id: UUID, now: datetime) -> int:
    turn = take_turn(actor=KAIBO, session_id=session_id, ability=ITEM_STEER, kind=Deed.FLASH_OVER, key=f"flash-over:{item_id}", now=now)
    item = SaleItem.objects.select_related("sku__product").filter(pk=item_id, closed_at=None, closes_at__lte=now).first()
    if turn.prior or item is None:
        return 0
    returned = close_items(turn, [item])
    if turn.desk.current_item == item_id:
        put_in_front(turn, _still_selling(turn, item))
    turn.record(Deed.FLASH_OVER, item=item, title=item.sku.product.title, sku=item.sku.code, returned=returned)
    return 1


def _still_selling(turn: Turn, closed: SaleItem) -> UUID | None:
    """What the host goes on explaining when a flash sale is over: an item of the same segment, the same goods first."""
    open_ones = list(SaleItem.objects.filter(session=turn.session, segment_id=closed.segment_id, closed_at=None).order_by("sku__code"))
    return next((one.pk for one in open_ones if one.sku_id == closed.sku_id), open_ones[0].pk if open_ones else None)


def put_in_front(turn: Turn, item_id: UUID | None) -> None:
    """This function will make an item the one being explained, in the room and at the desk."""
    if not turn.session.is_elsewhere:
        with connection.cursor() as cursor:
            room.set_current_item(cursor, room=turn.session.room, item=item_id)
    Desk.objects.filter(pk=turn.desk.pk).update(current_item=item_id)


def _check_flash_minutes(minutes: int) -> None:
    if not 1 <= minutes <= MOST_FLASH_MINUTES:
        raise UnitsOutOfRange(most=MOST_FLASH_MINUTES)


def _title(turn: Turn, item_id: UUID) -> str:
    return str(turn.item(item_id).sku.product.title)


def new_key() -> str:
    """This function will make a key for an action that has no page behind it."""
    return str(new_id())
