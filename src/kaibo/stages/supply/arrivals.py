"""Goods that arrive 到货: taken in as a lot that waits for inspection, and taken back when somebody typed the wrong thing."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock import services as stock
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.supply import presales, quality, queries, rules
from kaibo.stages.supply.models import Inspection, Purchase
from kaibo.stages.supply.permissions import GOODS_RECEIVE
from kaibo.stages.supply.services import InspectionDecided, PurchaseMovedOn


class MoreThanOrdered(Invalid):
    code = "supply.more_than_ordered"
    message_zh = "到货 {arrived} 件，超过还没到的 {open} 件"
    message_en = "{arrived} units arrived, only {open} are still open"


class DatesUnreadable(Invalid):
    code = "supply.dates_unreadable"
    message_zh = "保质期至 {expires} 早于{other}，请看一下包装上的日期"
    message_en = "Best before {expires} lies before {other_en}; look at the date on the package"


class LotHasOtherDates(Conflict):
    code = "supply.lot_has_other_dates"
    message_zh = "批次 {lot} 已登记为生产 {produced}、保质期至 {expires}；日期不同就是另一批，请换一个批次号"
    message_en = "Lot {lot} is known as produced {produced}, best before {expires}; other dates make another lot: give it another number"


@transaction.atomic
def receive_goods(
    *,
    actor: Actor,
    purchase_id: UUID,
    lot_code: str,
    quantity: int,
    now: datetime,
    warehouse_id: UUID | None = None,
    produced_on: date | None = None,
    expires_on: date | None = None,
) -> Inspection:
    """
    This function will take an arrival in as a lot: its units wait for inspection, they cannot be sold yet.

    Raises: Forbidden, PurchaseUnknown, PurchaseMovedOn, MoreThanOrdered, DatesUnreadable, LotHasOtherDates.   Source: SUP-3.
    """
    purchase = queries.purchase_for(actor, purchase_id)
    access.require(actor, GOODS_RECEIVE, shop_id=purchase.shop_id)
    _refuse_impossible_dates(produced_on, expires_on, now)
    taken = Purchase.objects.filter(
        pk=purchase_id, state=rules.PurchaseState.APPROVED, quantity__gte=F("received") + quantity
    ).update(received=F("received") + quantity)
    if not taken:
        fresh = Purchase.objects.get(pk=purchase_id)
        if fresh.state == rules.PurchaseState.APPROVED:
            raise MoreThanOrdered(arrived=quantity, open=fresh.quantity - fresh.received)
        raise PurchaseMovedOn(purchase=purchase.code)
    Purchase.objects.filter(pk=purchase_id, received=F("quantity")).update(state=rules.PurchaseState.RECEIVED, completed_at=now)
    place = warehouse_id or stock_queries.main_warehouse().pk
    lot = stock.add_lot(sku_id=purchase.sku_id, code=lot_code, now=now, produced_on=produced_on, expires_on=expires_on)
    if (produced_on and lot.produced_on != produced_on) or (expires_on and lot.expires_on != expires_on):
        raise LotHasOtherDates(lot=lot_code, produced=str(lot.produced_on or "—"), expires=str(lot.expires_on or "—"))
    plan = quality.plan_arrival(supplier_id=purchase.supplier_id, category=purchase.sku.product.category_id, units=quantity)
    inspection = Inspection.objects.create(
        lot=lot, purchase=purchase, supplier_id=purchase.supplier_id, sku_id=purchase.sku_id, warehouse_id=place,
        quantity=quantity, plan=plan, opened_at=now,
    )  # fmt: skip
    stock.receive(
        actor=actor, sku_id=purchase.sku_id, warehouse_id=place, lot_id=lot.pk, quantity=quantity, reference=f"inspection:{inspection.pk}", now=now
    )
    presales.coming_changed(actor=actor, sku_id=purchase.sku_id, now=now)
    audit.record(
        actor, GOODS_RECEIVE, subject=f"lot:{lot.pk}", now=now, details={"purchase": purchase.code, "units": quantity}, shop_id=purchase.shop_id
    )
    notices.tell(
        people_with_role("quality", shop_id=purchase.shop_id), key=f"inspect:{inspection.pk}", now=now,
        title=gettext_noop("批次 %(lot)s 到货 %(units)s 件，待检"), values={"lot": lot_code, "units": quantity}, href=f"/supply/inspections/{inspection.pk}",
    )  # fmt: skip
    return inspection


def _refuse_impossible_dates(produced_on: date | None, expires_on: date | None, now: datetime) -> None:
    """Goods past their date are taken in by nobody; a date before production was misread."""
    if expires_on is None:
        return
    if produced_on is not None and expires_on <= produced_on:
        raise DatesUnreadable(expires=str(expires_on), other=f"生产日期 {produced_on}", other_en=f"production {produced_on}")
    if expires_on < business_date(now):
        raise DatesUnreadable(expires=str(expires_on), other="今天", other_en="today")


@transaction.atomic
def take_back_arrival(*, actor: Actor, inspection_id: UUID, reason: str, now: datetime) -> Purchase:
    """
    This function will take back an arrival booked wrongly: its units leave the books as they came, the order waits for
    them again. Only while nobody has judged it; afterwards stocktaking or custody put things right.

    Raises: Forbidden, InspectionUnknown, ReasonMissing, InspectionDecided.   Source: SUP-3.
    """
    inspection = queries.inspection_for(actor, inspection_id)
    purchase = inspection.purchase
    access.require(actor, GOODS_RECEIVE, shop_id=inspection.sku.product.shop_id)
    if not reason.strip():
        raise quality.ReasonMissing
    undone = Inspection.objects.filter(pk=inspection_id, gate="arrival", is_repeat=False, state=rules.InspectionState.OPEN).exclude(purchase=None)
    told = {"state": rules.InspectionState.UNDONE, "decided_at": now, "decided_by": actor.name, "decided_by_id": actor.person_id, "note": reason.strip()[:300]}
    if not undone.update(**told) or purchase is None or inspection.warehouse_id is None:
        raise InspectionDecided(lot=inspection.label)
    is_short = When(short_by="", then=Value(rules.PurchaseState.APPROVED))
    Purchase.objects.filter(pk=purchase.pk).update(
        received=F("received") - inspection.quantity, state=Case(is_short, default=F("state")), completed_at=Case(When(short_by="", then=None), default=F("completed_at"))
    )
    stock.take_back_receipt(
        actor=actor, sku_id=inspection.sku_id, warehouse_id=inspection.warehouse_id, lot_id=inspection.lot_id, quantity=inspection.quantity,
        reference=f"inspection:{inspection.pk}", now=now,
    )  # fmt: skip
    audit.record(
        actor, "supply:goods:take_back", subject=f"lot:{inspection.lot_id}", now=now, reason=reason, shop_id=purchase.shop_id,
        details={"purchase": purchase.code, "units": inspection.quantity},
    )  # fmt: skip
    presales.coming_changed(actor=actor, sku_id=inspection.sku_id, now=now)
    return purchase
