"""Goods buyers sent back: looked at one by one before any of them is sold again (SUP-4, AFT-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.facts.flow import LotReleased
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import queries as catalog
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock import services as stock
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.outbox import outbox
from kaibo.stages.supply import quality, queries, rules
from kaibo.stages.supply.models import Inspection, Recall
from kaibo.stages.supply.permissions import LOT_INSPECT

RETURN = "return"


class InspectionDecided(Conflict):
    code = "supply.return_decided"
    message_zh = "这批退货已经验过了，请刷新"
    message_en = "These returned goods have been inspected already; reload"


class UnitsDoNotAddUp(Invalid):
    code = "supply.return_units_do_not_add_up"
    message_zh = "完好 {good} 件加不合格 {bad} 件，要等于退回的 {units} 件"
    message_en = "{good} good and {bad} faulty units must make the {units} that came back"


class LotIsRecalled(Conflict):
    code = "supply.returned_lot_recalled"
    message_zh = "批次 {lot} 正在召回，退回的货不能再放行，请全部记为不合格"
    message_en = "Lot {lot} is being recalled; nothing of it that comes back may be released"


def open_check(*, sku_id: UUID, lot_id: UUID, warehouse_id: UUID, units: int, words: str, now: datetime) -> Inspection:
    """This function will have returned units looked at and tell quality; called by after-sales, which has asked for the right."""
    sku = catalog.sku_rows([sku_id])[sku_id]
    origin = Inspection.objects.filter(lot=lot_id, gate="arrival").order_by("-opened_at").first()
    made = Inspection.objects.create(
        gate=RETURN, lot_id=lot_id, sku_id=sku_id, warehouse_id=warehouse_id, supplier_id=origin.supplier_id if origin else None,
        quantity=units, note=words[:300], opened_at=now,
    )  # fmt: skip
    notices.tell(
        people_with_role("quality", shop_id=sku.shop_id), key=f"inspect:{made.pk}", now=now, title=gettext_noop("退货 %(sku)s %(units)s 件待检：%(words)s"),
        values={"sku": sku.code, "units": units, "words": words[:100]}, href=f"/supply/returns/{made.pk}",
    )  # fmt: skip
    return made


@transaction.atomic
def decide_check(
    *, actor: Actor, inspection_id: UUID, good_units: int, faults: Sequence[quality.DefectSaid], note: str, now: datetime
) -> Inspection:
    """
    This function will judge returned units one by one: good ones become sellable, faulty ones are held in custody with
    their fault; of a lot under recall none is released.

    Raises: Forbidden, InspectionUnknown, InspectionDecided, UnitsDoNotAddUp, LotIsRecalled.   Source: SUP-4, AFT-5.
    """
    check = queries.inspection_for(actor, inspection_id)
    sku = catalog.sku_rows([check.sku_id])[check.sku_id]
    access.require(actor, LOT_INSPECT, shop_id=sku.shop_id)
    bad_units = sum(one.units for one in faults)
    if check.gate != RETURN or good_units < 0 or good_units + bad_units != check.quantity:
        raise UnitsDoNotAddUp(good=good_units, bad=bad_units, units=check.quantity)
    if good_units and Recall.objects.filter(lot=check.lot_id, closed_at=None).exists():
        raise LotIsRecalled(lot=check.label)
    state = rules.InspectionState.FAILED if bad_units else rules.InspectionState.PASSED
    changed = Inspection.objects.filter(pk=inspection_id, state=rules.InspectionState.OPEN).update(
        state=state, decided_at=now, decided_by=actor.name, decided_by_id=actor.person_id, note=(note or check.note)[:300]
    )
    if not changed:
        raise InspectionDecided
    _move(actor, check, good_units, bad_units, now)
    quality.keep_defects(actor=actor, inspection=check, defects=faults, now=now)
    audit.record(
        actor, "supply:return:inspect", subject=f"inspection:{check.pk}", now=now, details={"good": good_units, "bad": bad_units, "lot": check.label},
        reason=note, shop_id=sku.shop_id,
    )  # fmt: skip
    check.refresh_from_db()
    return check


def _move(actor: Actor, check: Inspection, good: int, bad: int, now: datetime) -> None:
    lot_id = check.lot_id
    if lot_id is None:
        return
    stock.lock_items([check.sku_id])
    place = {"actor": actor, "sku_id": check.sku_id, "warehouse_id": check.warehouse_id, "lot_id": lot_id, "reference": f"inspection:{check.pk}", "now": now}
    if good:
        stock.release(quantity=good, **place)  # type: ignore[arg-type]
        outbox.announce(LotReleased(lot_id=lot_id, sku_id=check.sku_id, quantity=good, released_at=now), now=now)
    if bad:
        stock.hold(quantity=bad, **place)  # type: ignore[arg-type]
        quality.take_custody(actor=actor, inspection=check, units=bad, now=now)
