"""Change a price live: versioned, guarded, and with a second person where it is unusual."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.master.shops.models import Platform
from kaibo.plumbing.access.actor import Actor
from kaibo.room import backoffice as room
from kaibo.stages.compliance import price_book
from kaibo.stages.live.models import DeskAction, PriceRequest, PriceVersion, SaleItem
from kaibo.stages.live.permissions import PRICE_CHANGE, PRICE_CONFIRM
from kaibo.stages.live.rules import Deed, ItemGone, PriceIsTheSame, RequestDecided, SecondPersonNeeded
from kaibo.stages.live.services import guarding
from kaibo.stages.live.services.items import publish_flash
from kaibo.stages.live.services.turns import Turn, take_turn


@transaction.atomic
def change_price(
    *, actor: Actor, session_id: UUID, item_id: UUID, price_fen: int, key: str, now: datetime, reason: str = ""
) -> DeskAction:
    """
    This function will publish a new price of an item, or hold it for a second person when it is unusual.

    Claims admitted before keep the price they saw.
    Raises: Forbidden, NotLive, ItemGone, PriceIsTheSame, PriceNotPositive, PriceReasonNeeded, PriceWaits.   Source: LIV-6, CMP-8.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=PRICE_CHANGE, kind=Deed.PRICE, key=key, now=now)
    if turn.prior:
        return turn.prior
    item = turn.item(item_id)
    latest = item.prices.order_by("-version").first()
    if latest is None:
        raise ItemGone
    if latest.price_fen == price_fen:
        raise PriceIsTheSame
    said = {"title": item.sku.product.title, "sku": item.sku.code, "before_fen": latest.price_fen, "price_fen": price_fen}
    if guarding.waits_for_second(turn, sku_id=item.sku_id, item=item, price_fen=price_fen, reason=reason, flash=None):
        return turn.record(Deed.PRICE, item=item, is_waiting=True, reason=reason.strip(), **said)
    version = _publish(turn, item, price_fen)
    return turn.record(Deed.PRICE, item=item, version=version, **said)


def _publish(turn: Turn, item: SaleItem, price_fen: int, *, confirmed_by: str = "", asked_by: str = "") -> int:
    latest = item.prices.order_by("-version").first()
    version = latest.version + 1 if latest else 1
    PriceVersion.objects.create(
        item=item, version=version, price_fen=price_fen, published_at=turn.now, published_by_name=asked_by or turn.actor.name,
        confirmed_by_name=confirmed_by,
    )  # fmt: skip
    struck = price_book.struck_on_air({item.sku_id: price_fen}, Platform.OWN, turn.now)
    with connection.cursor() as cursor:
        room.change_price(
            cursor, room=turn.session.room, item=item.pk, price_fen=price_fen, price_version=version, reference_price_fen=struck.get(item.sku_id)
        )
    return version


@transaction.atomic
def confirm_price(*, actor: Actor, session_id: UUID, request_id: UUID, key: str, now: datetime) -> DeskAction:
    """
    This function will let an unusual price through as the second person: viewers see it from this commit on.

    Raises: Forbidden, NotLive, SecondPersonNeeded, RequestDecided, ItemGone, StockShort.   Source: CMP-8.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=PRICE_CONFIRM, kind=Deed.PRICE_CONFIRM, key=key, now=now)
    if turn.prior:
        return turn.prior
    asked = PriceRequest.objects.select_related("sku__product").filter(pk=request_id, session=session_id).first()
    if asked is None:
        raise RequestDecided
    if actor.person_id is None or asked.asked_by == actor.person_id:
        raise SecondPersonNeeded
    _decide(asked, PriceRequest.State.CONFIRMED, turn)
    said = {"title": asked.sku.product.title, "sku": asked.sku.code, "price_fen": asked.price_fen, "asked_by": asked.asked_by_name}
    if asked.flash is not None:
        item = publish_flash(turn, sku_id=asked.sku_id, price_fen=asked.price_fen, flash=asked.flash, confirmed_by=actor.name)
        return turn.record(Deed.PRICE_CONFIRM, item=item, is_flash=True, **said)
    if asked.item_id is None:
        raise ItemGone
    item = turn.item(asked.item_id)
    _publish(turn, item, asked.price_fen, confirmed_by=actor.name, asked_by=asked.asked_by_name)
    return turn.record(Deed.PRICE_CONFIRM, item=item, **said)


@transaction.atomic
def refuse_price(*, actor: Actor, session_id: UUID, request_id: UUID, key: str, now: datetime) -> DeskAction:
    """This function will refuse an unusual price, or withdraw one's own.   Raises: Forbidden, NotLive, RequestDecided."""
    mine = PriceRequest.objects.filter(pk=request_id, session=session_id, asked_by=actor.person_id).exists()
    ability = PRICE_CHANGE if mine else PRICE_CONFIRM
    turn = take_turn(actor=actor, session_id=session_id, ability=ability, kind=Deed.PRICE_REFUSE, key=key, now=now)
    if turn.prior:
        return turn.prior
    asked = PriceRequest.objects.select_related("sku__product").filter(pk=request_id, session=session_id).first()
    if asked is None:
        raise RequestDecided
    _decide(asked, PriceRequest.State.REFUSED, turn)
    return turn.record(Deed.PRICE_REFUSE, item=asked.item, title=asked.sku.product.title, sku=asked.sku.code, price_fen=asked.price_fen)


def _decide(asked: PriceRequest, state: str, turn: Turn) -> None:
    changed = PriceRequest.objects.filter(pk=asked.pk, state=PriceRequest.State.WAITING).update(
        state=state, decided_by=turn.actor.person_id, decided_by_name=turn.actor.name, decided_at=turn.now
    )
    if not changed:
        raise RequestDecided
