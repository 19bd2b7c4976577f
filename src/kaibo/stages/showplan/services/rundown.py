"""Write the run of show 流程单."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max

from kaibo.kit.errors import Invalid
from kaibo.master.catalog import queries as catalog
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.models import Offer, Segment, Session
from kaibo.stages.showplan.rules import OrderIncomplete, SegmentKind, check_minutes
from kaibo.stages.showplan.services.sessions import plannable


class OfferNotOfProduct(Invalid):
    code = "showplan.offer_not_of_product"
    message_zh = "货号 {sku} 不属于这个商品"
    message_en = "Item {sku} does not belong to this product"


class OfferMissing(Invalid):
    code = "showplan.offer_missing"
    message_zh = "商品环节至少要有一个货号，写明价格和配额（都大于 0）"
    message_en = "A product segment needs at least one item with a price and an allotment above zero"


class SegmentNeedsATitle(Invalid):
    code = "showplan.segment_needs_a_title"
    message_zh = "请写这个环节的名称"
    message_en = "Name this segment"


@dataclass(frozen=True, slots=True)
class NewOffer:
    """An item to offer in a segment."""

    sku_id: UUID
    price_fen: int
    quantity: int
    limit_per_visitor: int | None = None


@transaction.atomic
def add_segment(
    *, actor: Actor, session_id: UUID, kind: str, minutes: int, now: datetime, title: str = "", product_id: UUID | None = None,
    offers: Sequence[NewOffer] = (), is_flash: bool = False, note: str = "", position: int | None = None,
) -> Segment:  # fmt: skip
    """
    This function will add a segment to the run of show: at a free position, or at the end.

    Raises: Forbidden, PlanIsFixed, MinutesOutOfRange, OfferMissing, OfferNotOfProduct, SegmentNeedsATitle, ProductUnknown.   Source: LIV-1.
    """
    session = plannable(actor, session_id)
    check_minutes(minutes)
    name = _checked_title(actor, session, SegmentKind(kind), title, product_id, offers)
    last = Segment.objects.filter(session=session_id).aggregate(last=Max("position"))["last"] or 0
    segment = Segment.objects.create(
        session_id=session_id, position=position or last + 1, kind=kind, title=name, product_id=product_id, minutes=minutes, is_flash=is_flash,
        note=note,
    )  # fmt: skip
    _write_offers(segment, offers)
    audit.record(actor, "showplan:segment:add", subject=f"session:{session_id}", now=now, details={"title": name}, shop_id=session.shop_id)
    return segment


@transaction.atomic
def change_segment(
    *, actor: Actor, session_id: UUID, segment_id: UUID, minutes: int, now: datetime, title: str = "",
    offers: Sequence[NewOffer] | None = None, is_flash: bool = False, note: str = "",
) -> None:  # fmt: skip
    """This function will change a segment.   Raises: Forbidden, PlanIsFixed, SegmentUnknown, MinutesOutOfRange, OfferMissing."""
    session = plannable(actor, session_id)
    segment = queries.segment_of(session_id, segment_id)
    check_minutes(minutes)
    if offers is not None:
        _checked_title(actor, session, SegmentKind(segment.kind), title or segment.title, segment.product_id, offers)
        Offer.objects.filter(segment=segment_id).delete()
        _write_offers(segment, offers)
    Segment.objects.filter(pk=segment_id).update(minutes=minutes, title=title or segment.title, is_flash=is_flash, note=note)
    audit.record(
        actor, "showplan:segment:change", subject=f"session:{session_id}", now=now, shop_id=session.shop_id,
        details={"title": title or segment.title, "minutes": minutes},
    )  # fmt: skip


@transaction.atomic
def remove_segment(*, actor: Actor, session_id: UUID, segment_id: UUID, now: datetime) -> None:
    """This function will take a segment out and close the gap.   Raises: Forbidden, PlanIsFixed, SegmentUnknown."""
    session = plannable(actor, session_id)
    segment = queries.segment_of(session_id, segment_id)
    position, title = segment.position, segment.title
    segment.delete()
    Segment.objects.filter(session=session_id, position__gt=position).update(position=F("position") - 1)
    audit.record(actor, "showplan:segment:remove", subject=f"session:{session_id}", now=now, details={"title": title}, shop_id=session.shop_id)


@transaction.atomic
def reorder_segments(*, actor: Actor, session_id: UUID, order: Sequence[UUID], now: datetime) -> None:
    """
    This function will put the segments into the given order, which must name each exactly once.

    Raises: Forbidden, PlanIsFixed, OrderIncomplete.
    """
    session = plannable(actor, session_id)
    there = {segment.pk: segment for segment in Segment.objects.filter(session=session_id)}
    if set(order) != set(there) or len(order) != len(there):
        raise OrderIncomplete
    for position, segment_id in enumerate(order, start=1):
        there[segment_id].position = position
    Segment.objects.bulk_update(there.values(), ["position"])
    audit.record(
        actor, "showplan:segment:reorder", subject=f"session:{session_id}", now=now, shop_id=session.shop_id,
        details={"order": [str(one) for one in order]},
    )  # fmt: skip


def _checked_title(
    actor: Actor, session: Session, kind: SegmentKind, title: str, product_id: UUID | None, offers: Sequence[NewOffer]
) -> str:
    if kind is not SegmentKind.PRODUCT:
        if not title.strip():
            raise SegmentNeedsATitle
        return title.strip()
    if product_id is None or not offers or any(one.quantity < 1 or one.price_fen < 1 for one in offers):
        raise OfferMissing
    product = catalog.product_for(actor, product_id)
    if product.shop_id != session.shop_id:
        raise catalog.ProductUnknown
    rows = catalog.sku_rows(one.sku_id for one in offers)
    for one in offers:
        if one.sku_id not in rows or rows[one.sku_id].product_id != product_id:
            raise OfferNotOfProduct(sku=rows[one.sku_id].code if one.sku_id in rows else str(one.sku_id))
    return title.strip() or product.title


def _write_offers(segment: Segment, offers: Sequence[NewOffer]) -> None:
    Offer.objects.bulk_create(
        [
            Offer(segment=segment, sku_id=one.sku_id, price_fen=one.price_fen, quantity=one.quantity, limit_per_visitor=one.limit_per_visitor)
            for one in offers
        ]
    )
