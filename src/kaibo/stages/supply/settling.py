"""What becomes of held units: settled in parts, each with its end and its reason, and taken back where the goods allow it (SUP-4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from kaibo.facts.flow import LotReleased
from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import quarantine
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.stages.supply import quality, quality_queries
from kaibo.stages.supply.models import Custody, Inspection, Recall, Settlement
from kaibo.stages.supply.permissions import LOT_RELEASE

HELD = "held"
SORTED = "sorted"
MIXED = "mixed"
REPEAT = "repeat"
OUTCOMES = {"released": Bucket.SELLABLE, "returned": Bucket.SUPPLIER, "scrapped": Bucket.SCRAP, REPEAT: Bucket.INCOMING}
LEFT_THE_HOUSE = ("returned", "scrapped")


class ReleasedByItsInspector(Conflict):
    code = "supply.released_by_its_inspector"
    message_zh = "让步接收要由另一个人决定，不能是判定不合格的检验人"
    message_en = "Accepting a refused lot is for somebody other than the inspector who refused it"


class OutcomeUnknown(Invalid):
    code = "supply.outcome_unknown"
    message_zh = "没有这种处置方式：{outcome}"
    message_en = "There is no such outcome: {outcome}"


class UnitsNotHeld(Invalid):
    code = "supply.units_not_held"
    message_zh = "还在隔离的有 {left} 件，处置件数要在 1 到 {left} 之间"
    message_en = "{left} units are still held; settle between 1 and {left} of them"


class CustodyMovedOn(Conflict):
    code = "supply.custody_moved_on"
    message_zh = "你看的时候还剩 {seen} 件，现在剩 {left} 件：刚刚已经处置过一次，请看清再决定"
    message_en = "{seen} units were left when you looked, {left} are now: somebody has just settled some; look again before you decide"


class LotUnderRecall(Conflict):
    code = "supply.lot_under_recall"
    message_zh = "批次 {lot} 正在召回，不能放行；先结束召回，或改为退货、报废"
    message_en = "Lot {lot} is being recalled and nothing of it may be released; close the recall first, or return or scrap the units"


class SettlementUnknown(NotFound):
    code = "supply.settlement_unknown"
    message_zh = "没有这次处置，或你看不到它"
    message_en = "There is no such settlement, or you cannot see it"


class SettlementUndone(Conflict):
    code = "supply.settlement_undone"
    message_zh = "这次处置已经撤回了，请刷新"
    message_en = "This settlement has been taken back already; reload"


class SettledUnitsGone(Conflict):
    code = "supply.settled_units_gone"
    message_zh = "放行的 {units} 件里还在架上的只有 {there} 件，其余已许给订单或直播，不能撤回；要停卖请召回这一批"
    message_en = "Only {there} of the {units} released units are still on the shelf, the others are promised to orders or a session; to stop their sale recall the lot"


class AlreadyInspectedAgain(Conflict):
    code = "supply.already_inspected_again"
    message_zh = "返工的货已经复检判定，不能撤回；照复检的结论处置"
    message_en = "The reworked units have been judged again; go by that verdict"


class PlaceMissing(Invalid):
    code = "supply.place_missing"
    message_zh = "退货或报废记错了才能撤回：写明这些货现在放在哪里"
    message_en = "A return or scrapping is only taken back when it was a slip: say where the goods stand now"


@transaction.atomic
def settle_custody(
    *, actor: Actor, custody_id: UUID, outcome: str, reason: str, now: datetime, units: int | None = None, left_seen: int | None = None
) -> Settlement:
    """
    This function will decide what becomes of held units, all that are left or `units` of them: accepted after all 让步接收
    (by another person than the inspector, never while the lot is recalled), back to the supplier, scrapped, or inspected
    again after rework. `left_seen` is how many the person saw, so that the same press twice settles once.

    Raises: Forbidden, CustodyUnknown, CustodySettled, CustodyMovedOn, UnitsNotHeld, ReleasedByItsInspector, LotUnderRecall,
    OutcomeUnknown, ReasonMissing.   Source: SUP-4.
    """
    custody = quality_queries.custody_for(actor, custody_id)
    sku = catalog.sku_rows([custody.sku_id])[custody.sku_id]
    access.require(actor, LOT_RELEASE, shop_id=sku.shop_id)
    if outcome not in OUTCOMES:
        raise OutcomeUnknown(outcome=outcome)
    if not reason.strip():
        raise quality.ReasonMissing
    if custody.outcome != HELD:
        raise quality.CustodySettled(lot=custody.lot.code)
    wanted = custody.units_left if units is None else units
    _refuse_release(actor, custody, outcome)
    made = Settlement(
        custody=custody, outcome=outcome, units=wanted, reason=reason.strip()[:300], settled_by=actor.name, settled_by_id=actor.person_id, settled_at=now
    )
    _take_from(custody, made, left_seen)
    made.save(force_insert=True)
    _name_the_end(custody.pk)
    quarantine.let_go(
        actor=actor, sku_id=custody.sku_id, warehouse_id=custody.warehouse_id, lot_id=custody.lot_id, quantity=wanted,
        target=OUTCOMES[outcome], reference=f"settlement:{made.pk}", now=now,
    )  # fmt: skip
    audit.record(
        actor, LOT_RELEASE, subject=f"lot:{custody.lot_id}", now=now, details={"outcome": outcome, "units": wanted, "of": custody.units},
        reason=made.reason, shop_id=sku.shop_id,
    )  # fmt: skip
    if outcome == "released":
        outbox.announce(LotReleased(lot_id=custody.lot_id, sku_id=custody.sku_id, quantity=wanted, released_at=now), now=now)
    if outcome == REPEAT:
        _inspect_again(custody, made, sku, now)
    return made


def _refuse_release(actor: Actor, custody: Custody, outcome: str) -> None:
    if outcome != "released":
        return
    inspector = custody.inspection.decided_by_id
    if inspector is not None and inspector == actor.person_id:
        raise ReleasedByItsInspector
    refuse_recalled(custody.lot_id)


def refuse_recalled(lot_id: UUID | None) -> None:
    """This function will refuse to make anything of a lot sellable while it is recalled.   Raises: LotUnderRecall.   Source: SUP-6."""
    recall = Recall.objects.filter(lot=lot_id, closed_at=None).select_related("lot").first()
    if recall is not None:
        raise LotUnderRecall(lot=recall.lot.code)


def _take_from(custody: Custody, made: Settlement, left_seen: int | None) -> None:
    """The row's own condition decides: of two presses that saw the same number one finds another."""
    left = custody.units_left if left_seen is None else left_seen
    if not 1 <= made.units <= left:
        raise UnitsNotHeld(left=left)
    there = Custody.objects.filter(pk=custody.pk, outcome=HELD, units_left=left)
    last = {"outcome": MIXED, "settled_by": made.settled_by, "settled_at": made.settled_at, "reason": made.reason} if made.units == left else {}
    if there.update(units_left=F("units_left") - made.units, **last):
        return
    now_left = Custody.objects.values_list("units_left", flat=True).get(pk=custody.pk)
    raise CustodyMovedOn(seen=left, left=now_left) if now_left else quality.CustodySettled(lot=custody.lot.code)


def _name_the_end(custody_id: UUID) -> None:
    """Units that all went one way are called so; of others it matters whether some are sold."""
    ends = set(Settlement.objects.filter(custody=custody_id, undone_at=None).values_list("outcome", flat=True))
    named = ends.pop() if len(ends) == 1 else SORTED if "released" in ends else MIXED
    Custody.objects.filter(pk=custody_id, outcome=MIXED).update(outcome=named)


def _inspect_again(custody: Custody, made: Settlement, sku: catalog.SkuRow, now: datetime) -> None:
    before = custody.inspection
    again = Inspection.objects.create(
        gate="arrival", is_repeat=True, lot_id=custody.lot_id, sku_id=custody.sku_id, warehouse_id=custody.warehouse_id,
        supplier_id=before.supplier_id, purchase_id=before.purchase_id, quantity=made.units, opened_at=now,
        plan=quality.plan_arrival(supplier_id=before.supplier_id, category=sku.category, units=made.units, is_repeat=True),
    )  # fmt: skip
    Settlement.objects.filter(pk=made.pk).update(again=again)
    made.again = again
    quality.tell_quality(again, sku.shop_id, gettext_noop("批次 %(lot)s 返工后复检 %(units)s 件"), now, lot=custody.lot.code, units=made.units)


@transaction.atomic
def undo_settlement(*, actor: Actor, settlement_id: UUID, reason: str, now: datetime, place: str = "") -> UUID:
    """
    This function will put settled units back among the held ones and give the inspection that held them: released ones
    while they are on the shelf, reworked ones while nobody judged them again; what was booked as returned or scrapped by a
    slip, saying where it really stands.

    Raises: Forbidden, SettlementUnknown, SettlementUndone, SettledUnitsGone, AlreadyInspectedAgain, PlaceMissing, ReasonMissing.   Source: SUP-4.
    """
    made = Settlement.objects.select_related("custody__lot").filter(pk=settlement_id, custody__in=quality_queries.custodies_for(actor)).first()
    if made is None:
        raise SettlementUnknown
    custody = made.custody
    shop_id = catalog.sku_rows([custody.sku_id])[custody.sku_id].shop_id
    access.require(actor, LOT_RELEASE, shop_id=shop_id)
    if not reason.strip():
        raise quality.ReasonMissing
    if made.outcome in LEFT_THE_HOUSE and not place.strip():
        raise PlaceMissing
    # The custody before its settlements, as settling does.
    Custody.objects.filter(pk=custody.pk).update(
        units_left=F("units_left") + made.units, outcome=HELD, settled_by="", settled_at=None, reason="", place=place.strip()[:60] or custody.place
    )
    if not Settlement.objects.filter(pk=made.pk, undone_at=None).update(undone_at=now, undone_by=actor.name, undone_reason=reason.strip()[:300]):
        raise SettlementUndone
    if made.outcome == REPEAT and not Inspection.objects.filter(pk=made.again_id, state="open").update(
        state="undone", decided_at=now, decided_by=actor.name, decided_by_id=actor.person_id, note=reason.strip()[:300]
    ):
        raise AlreadyInspectedAgain
    _bring_back(actor, made, now)
    audit.record(
        actor, "supply:settlement:undo", subject=f"lot:{custody.lot_id}", now=now, details={"outcome": made.outcome, "units": made.units, "place": place.strip()},
        reason=reason.strip(), shop_id=shop_id,
    )  # fmt: skip
    return custody.inspection_id


def _bring_back(actor: Actor, made: Settlement, now: datetime) -> None:
    custody = made.custody
    try:
        with transaction.atomic():
            quarantine.hold_again(
                actor=actor, sku_id=custody.sku_id, warehouse_id=custody.warehouse_id, lot_id=custody.lot_id, quantity=made.units,
                source=OUTCOMES[made.outcome], reference=f"settlement:{made.pk}", now=now,
            )  # fmt: skip
    except StockShort as short:
        raise SettledUnitsGone(units=made.units, there=short.details["there"]) from short


def settlements_of(custody: Custody) -> list[Settlement]:
    """This function will give what was decided of held units, oldest first, what was taken back too."""
    return list(custody.settlements.select_related("again").order_by("settled_at", "pk"))


