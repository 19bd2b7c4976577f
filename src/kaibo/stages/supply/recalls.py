"""Writes of recalls 召回: a lot is taken back, what can still be sold of it is held, and the people concerned are told (SUP-6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_noop

from kaibo.kit.errors import Conflict, NotFound
from kaibo.kit.ids import new_id
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock import quarantine
from kaibo.master.stock.models import Level, Lot
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.supply import quality, queries
from kaibo.stages.supply.models import Inspection, Recall
from kaibo.stages.supply.permissions import LOT_RECALL, SEE


class LotRecalledAlready(Conflict):
    code = "supply.lot_recalled_already"
    message_zh = "批次 {lot} 已在召回中"
    message_en = "Lot {lot} is being recalled already"


class RecallClosed(Conflict):
    code = "supply.recall_closed"
    message_zh = "这次召回已结束，请刷新"
    message_en = "This recall has been closed; reload"


class RecallUnknown(NotFound):
    code = "supply.recall_unknown"
    message_zh = "没有这次召回，或你看不到它"
    message_en = "There is no such recall, or you cannot see it"


def recalls_for(actor: Actor) -> QuerySet[Recall]:
    """This function will give the recalls of the actor's shops, newest first.   Raises: Forbidden."""
    access.require(actor, SEE)
    found = Recall.objects.select_related("lot__sku__product").order_by("-started_at")
    return access.visible(found, actor, "lot__sku__product__shop")


def recall_for(actor: Actor, recall_id: UUID) -> Recall:
    """This function will give a recall.   Raises: Forbidden, RecallUnknown."""
    found = recalls_for(actor).filter(pk=recall_id).first()
    if found is None:
        raise RecallUnknown
    return found


@transaction.atomic
def start_recall(*, actor: Actor, lot_id: UUID, reason: str, now: datetime) -> Recall:
    """
    This function will recall a lot: whatever of it can still be sold is held in every warehouse, in custody, and
    operations, service and the warehouse are told where the list of buyers is.

    Raises: Forbidden, InspectionUnknown, ReasonMissing, LotRecalledAlready.   Source: SUP-6.
    """
    known = queries.trace_of_lot(actor, lot_id)
    lot, sku = known["lot"], known["sku"]
    shop_id = sku.product.shop_id
    access.require(actor, LOT_RECALL, shop_id=shop_id)
    if not reason.strip():
        raise quality.ReasonMissing
    try:
        with transaction.atomic():
            recall = Recall.objects.create(lot=lot, reason=reason.strip(), held_units=0, started_by=actor.name, started_at=now)
    except IntegrityError as taken:
        raise LotRecalledAlready(lot=lot.code) from taken
    units = _hold_everywhere(actor, recall, lot, now)
    Recall.objects.filter(pk=recall.pk).update(held_units=units)
    audit.record(
        actor, LOT_RECALL, subject=f"lot:{lot_id}", now=now, details={"held": units}, reason=reason.strip(), shop_id=shop_id
    )
    told = {one for role in ("operations", "service", "warehouse", "quality") for one in people_with_role(role, shop_id=shop_id)}
    notices.tell(
        told, key=f"recall:{recall.pk}", now=now, title=gettext_noop("召回批次 %(lot)s（%(sku)s）：%(reason)s"),
        body=gettext_noop("已冻结 %(units)s 件；买家与未发货订单在名单里"),
        values={"lot": lot.code, "sku": sku.code, "reason": reason.strip()[:80], "units": units}, href=f"/orders/lots/{lot_id}", state="red",
    )  # fmt: skip
    recall.refresh_from_db()
    return recall


def _hold_everywhere(actor: Actor, recall: Recall, lot: Lot, now: datetime) -> int:
    """Each warehouse's units get a refused check of their own, so that their custody knows where they stand."""
    places = Level.objects.filter(lot=lot, bucket=Bucket.SELLABLE.value, quantity__gt=0).values_list("warehouse_id", "sku_id")
    total = 0
    for warehouse_id, sku_id in places.order_by("warehouse_id"):
        check_id = new_id()  # each time: a place is held again whenever something comes back to it
        units = quarantine.hold_sellable(
            actor=actor, sku_id=sku_id, warehouse_id=warehouse_id, lot_id=lot.pk, reference=f"inspection:{check_id}", now=now
        )
        if not units:
            continue
        origin = Inspection.objects.filter(lot=lot, gate="arrival").order_by("-opened_at").first()
        check = Inspection.objects.create(
            id=check_id, gate="spot", lot=lot, sku_id=sku_id, warehouse_id=warehouse_id, supplier_id=origin.supplier_id if origin else None, quantity=units,
            state="failed", note=f"召回：{recall.reason}"[:300], opened_at=now, decided_at=now, decided_by=actor.name, decided_by_id=actor.person_id,
        )  # fmt: skip
        quality.take_custody(actor=actor, inspection=check, units=units, now=now)
        total += units
    return total


@transaction.atomic
def hold_what_came_back(now: datetime) -> int:
    """
    This function will hold what became sellable of recalled lots since: units of cancelled orders, what a session gave
    back, what a stocktaking found. It gives the units.   Source: SUP-6.
    """
    came = Level.objects.filter(lot__recall__closed_at=None, lot__recall__isnull=False, bucket=Bucket.SELLABLE.value, quantity__gt=0)
    total = 0
    for recall in Recall.objects.filter(closed_at=None, lot__in=came.values("lot")).select_related("lot__sku__product").order_by("pk"):
        units = _hold_everywhere(KAIBO, recall, recall.lot, now)
        Recall.objects.filter(pk=recall.pk).update(held_units=F("held_units") + units)
        audit.record(
            KAIBO, "supply:recall:hold", subject=f"lot:{recall.lot_id}", now=now, details={"held": units}, shop_id=recall.lot.sku.product.shop_id
        )
        total += units
    return total


@transaction.atomic
def close_recall(*, actor: Actor, recall_id: UUID, result: str, now: datetime) -> Recall:
    """This function will end a recall with what came of it; held units stay held until they are settled.   Raises: Forbidden, ReasonMissing, RecallClosed."""
    recall = Recall.objects.select_related("lot__sku__product").get(pk=recall_id)
    shop_id = recall.lot.sku.product.shop_id
    access.require(actor, LOT_RECALL, shop_id=shop_id)
    if not result.strip():
        raise quality.ReasonMissing
    changed = Recall.objects.filter(pk=recall_id, closed_at=None).update(
        closed_at=now, closed_by=actor.name, result=result.strip()[:300]
    )
    if not changed:
        raise RecallClosed
    audit.record(actor, "supply:recall:close", subject=f"lot:{recall.lot_id}", now=now, reason=result.strip(), shop_id=shop_id)
    return recall
