"""Writes of the three quality gates: policies, checks opened by hand, files, who has held units, severity decided by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_noop

from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import queries as catalog
from kaibo.master.media import services as media
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock.models import Level, Lot
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.supply import quality_queries, queries, sampling
from kaibo.stages.supply.models import (
    Custody,
    Defect,
    Inspection,
    InspectionFile,
    QualityPolicy,
    SeverityDecision,
    Supplier,
)
from kaibo.stages.supply.permissions import CHECK_OPEN, LOT_INSPECT, POLICY_EDIT
from kaibo.stages.supply.sampling import DefectClass, Happening, LotPlan, Severity

FILE_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}


class SamplingSuspended(Conflict):
    code = "supply.sampling_suspended"
    message_zh = "{supplier} 加严检验累计 5 批不接收，抽样检验已暂停；先确认供应商的纠正措施有效，再恢复"
    message_en = "{supplier}: five lots refused under tightened inspection; inspection is suspended until its corrective action is confirmed"


class JudgedOneByOne(Conflict):
    code = "supply.judged_one_by_one"
    message_zh = "退货要逐件验，请到退货检验页登记完好与不合格各几件"
    message_en = "Returned goods are judged one by one, on their own page"


class DefectsBeyondSample(Invalid):
    code = "supply.defects_beyond_sample"
    message_zh = "不合格 {units} 件，超过抽样的 {sample} 件"
    message_en = "{units} defective units are more than the {sample} of the sample"


class CustodySettled(Conflict):
    code = "supply.custody_settled"
    message_zh = "批次 {lot} 的隔离品已处置，请刷新"
    message_en = "The held units of lot {lot} have been settled already; reload"


class ReasonMissing(Invalid):
    code = "supply.reason_missing"
    message_zh = "请写明原因"
    message_en = "Say why"


class SeverityStays(Conflict):
    code = "supply.severity_stays"
    message_zh = "现在不能这样转换：转放宽需要正常检验且转移得分到 30 分，恢复检验需要先处于暂停"
    message_en = "Not possible now: reduced inspection needs 30 points under normal inspection, resuming needs a suspension"


class NothingOfLotLeft(Conflict):
    code = "supply.nothing_of_lot_left"
    message_zh = "批次 {lot} 在仓内没有可售或已配给直播的货，不用抽查"
    message_en = "Nothing of lot {lot} is left to be sold; there is nothing to check"


class FileTypeRefused(Invalid):
    code = "supply.file_type_refused"
    message_zh = "只收 PDF、PNG、JPG、WebP，现在是“{name}”"
    message_en = "Only PDF, PNG, JPG and WebP are taken, not “{name}”"


@dataclass(frozen=True, slots=True)
class Brought:
    """A file somebody chose."""

    name: str
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class DefectSaid:
    """Defective units of one kind, as an inspector reports them, with photos."""

    defect_class: DefectClass
    kind: str
    units: int
    photos: tuple[Brought, ...] = ()


@transaction.atomic
def set_policy(
    *, actor: Actor, category: str, level: str, major_milli: int, minor_milli: int, needs_sample: bool, needs_spot: bool, now: datetime
) -> None:
    """This function will say how a category is inspected from now on.   Raises: Forbidden, LevelUnknown, AqlUnknown.   Source: SUP-4."""
    access.require(actor, POLICY_EDIT)
    for aql in (major_milli, minor_milli):
        sampling.plan_for(2, level=level, aql_milli=aql)
    said = {"level": level, "major_milli": major_milli, "minor_milli": minor_milli, "needs_sample": needs_sample, "needs_spot": needs_spot}
    QualityPolicy.objects.update_or_create(category_id=category, defaults={**said, "changed_by": actor.name, "changed_at": now})
    audit.record(actor, POLICY_EDIT, subject=f"category:{category}", now=now, details=said)


def plan_arrival(*, supplier_id: UUID, category: str, units: int, is_repeat: bool = False) -> dict[str, object]:
    """This function will draw the plan of a lot by its supplier's standing; a lot that comes again is tightened.   Source: SUP-4."""
    policy = quality_queries.policies([category])[category]
    severity = Severity.TIGHTENED if is_repeat else quality_queries.standing_of(supplier_id, category).severity
    return quality_queries.plan_as_json(quality_queries.plan_of_lot(policy, units, severity))


def refuse_if_suspended(inspection: Inspection, category: str) -> None:
    """This function will refuse to accept a lot of a supplier whose inspection is suspended.   Raises: SamplingSuspended."""
    if inspection.gate != "arrival" or inspection.supplier_id is None:
        return
    if quality_queries.standing_of(inspection.supplier_id, category).severity is Severity.SUSPENDED:
        raise SamplingSuspended(supplier=inspection.supplier.name)


def counts_of(defects: Sequence[DefectSaid], plan: LotPlan) -> dict[DefectClass, int]:
    """This function will count defective units by class.   Raises: DefectsBeyondSample."""
    counts: dict[DefectClass, int] = {}
    for one in defects:
        counts[one.defect_class] = counts.get(one.defect_class, 0) + one.units
    for planned in plan.classes:
        if counts.get(planned.defect_class, 0) > planned.sample_units:
            raise DefectsBeyondSample(units=counts[planned.defect_class], sample=planned.sample_units)
    return counts


def keep_defects(*, actor: Actor, inspection: Inspection, defects: Sequence[DefectSaid], now: datetime) -> None:
    """This function will keep what was found, with its photos."""
    for said in defects:
        row = Defect.objects.create(inspection=inspection, defect_class=said.defect_class, kind=said.kind, units=said.units)
        for photo in said.photos:
            _keep_file(actor, inspection, photo, kind="photo", now=now, defect=row)


def _keep_file(
    actor: Actor, inspection: Inspection, brought: Brought, *, kind: str, now: datetime, defect: Defect | None = None, issuer: str = ""
) -> InspectionFile:
    ending = brought.name.rpartition(".")[2].lower()
    if ending not in FILE_TYPES or (kind == "photo" and ending == "pdf"):
        raise FileTypeRefused(name=brought.name[:60])
    kept = media.keep(actor=actor, name=brought.name, mime=FILE_TYPES[ending], content=brought.content, now=now)
    return InspectionFile.objects.create(
        inspection=inspection, defect=defect, media=kept, kind=kind, issuer=issuer, added_by=actor.name, added_at=now
    )


@transaction.atomic
def add_report(*, actor: Actor, inspection_id: UUID, brought: Brought, issuer: str, now: datetime) -> InspectionFile:
    """This function will file a third party's report with an inspection.   Raises: Forbidden, InspectionUnknown, FileTypeRefused."""
    inspection = queries.inspection_for(actor, inspection_id)
    shop_id = inspection.sku.product.shop_id
    access.require(actor, LOT_INSPECT, shop_id=shop_id)
    made = _keep_file(actor, inspection, brought, kind="report", issuer=issuer, now=now)
    audit.record(
        actor, "supply:report:file", subject=f"inspection:{inspection.pk}", now=now,
        details={"name": brought.name[:200], "issuer": issuer, "sha256": made.media.sha256}, shop_id=shop_id,
    )  # fmt: skip
    return made


@transaction.atomic
def open_sample(*, actor: Actor, sku_id: UUID, supplier_id: UUID, units: int, now: datetime) -> Inspection:
    """This function will send a pre-production sample 产前样 to quality.   Raises: Forbidden.   Source: SUP-4."""
    sku = catalog.sku_rows([sku_id])[sku_id]
    access.require(actor, CHECK_OPEN, shop_id=sku.shop_id)
    policy = quality_queries.policies([sku.category])[sku.category]
    whole = quality_queries.plan_of_lot(policy, 1, Severity.NORMAL)
    plan = quality_queries.plan_as_json(whole) | {"lot_units": units}
    plan["classes"] = [{**one, "sample_units": units} for one in plan["classes"]]
    made = Inspection.objects.create(
        gate="sample", sku_id=sku_id, supplier=Supplier.objects.get(pk=supplier_id), quantity=units, plan=plan, opened_at=now
    )
    tell_quality(made, sku.shop_id, gettext_noop("%(sku)s 产前样 %(units)s 件待检"), now, sku=sku.code, units=units)
    audit.record(actor, CHECK_OPEN, subject=f"inspection:{made.pk}", now=now, details={"gate": "sample", "units": units}, shop_id=sku.shop_id)
    return made


@transaction.atomic
def open_spot(*, actor: Actor, lot_id: UUID, now: datetime) -> Inspection:
    """
    This function will have what is left of a lot looked at before a session, in the warehouse that has most of it.

    Raises: Forbidden, NothingOfLotLeft.   Source: SUP-4.
    """
    lot = Lot.objects.select_related("sku__product").get(pk=lot_id)
    sku = catalog.sku_rows([lot.sku_id])[lot.sku_id]
    access.require(actor, CHECK_OPEN, shop_id=sku.shop_id)
    there = (
        Level.objects.filter(lot=lot_id, bucket__in=[Bucket.SELLABLE.value, Bucket.ALLOTTED.value], quantity__gt=0)
        .values("warehouse_id").annotate(units=Sum("quantity")).order_by("-units").first()
    )  # fmt: skip
    if there is None:
        raise NothingOfLotLeft(lot=lot.code)
    origin = Inspection.objects.filter(lot=lot_id, gate="arrival").order_by("-opened_at").first()
    policy = quality_queries.policies([sku.category])[sku.category]
    plan = quality_queries.plan_of_lot(policy, there["units"], Severity.NORMAL)
    made = Inspection.objects.create(
        gate="spot", lot=lot, sku_id=lot.sku_id, warehouse_id=there["warehouse_id"], supplier_id=origin.supplier_id if origin else None,
        quantity=there["units"], plan=quality_queries.plan_as_json(plan), opened_at=now,
    )  # fmt: skip
    tell_quality(made, sku.shop_id, gettext_noop("批次 %(lot)s 开播前抽查，抽 %(units)s 件"), now, lot=lot.code, units=plan.sample_units)
    audit.record(actor, CHECK_OPEN, subject=f"inspection:{made.pk}", now=now, details={"gate": "spot", "lot": lot.code}, shop_id=sku.shop_id)
    return made


def tell_quality(made: Inspection, shop_id: UUID, title: str, now: datetime, **values: str | int) -> None:
    """This function will tell quality that something waits for its eyes."""
    notices.tell(
        people_with_role("quality", shop_id=shop_id), key=f"inspect:{made.pk}", now=now, title=title, values=values,
        href=f"/supply/inspections/{made.pk}",
    )  # fmt: skip


def take_custody(*, actor: Actor, inspection: Inspection, units: int, now: datetime) -> Custody:
    """This function will put held units into the inspector's hands until somebody says where they stand."""
    return Custody.objects.create(
        inspection=inspection, lot_id=inspection.lot_id, sku_id=inspection.sku_id, warehouse_id=inspection.warehouse_id, units=units,
        units_left=units, holder_id=actor.person_id, opened_at=now,
    )  # fmt: skip


@transaction.atomic
def hand_over(*, actor: Actor, custody_id: UUID, holder_id: UUID, place: str, now: datetime) -> None:
    """This function will say who has held units and where they stand.   Raises: Forbidden, CustodyUnknown, CustodySettled."""
    custody = quality_queries.custody_for(actor, custody_id)
    shop_id = custody.sku.product.shop_id
    access.require(actor, LOT_INSPECT, shop_id=shop_id)
    if not Custody.objects.filter(pk=custody_id, outcome="held").update(holder_id=holder_id, place=place):
        raise CustodySettled(lot=custody.lot.code)
    audit.record(
        actor, "supply:custody:hand_over", subject=f"custody:{custody_id}", now=now, details={"holder": str(holder_id), "place": place},
        shop_id=shop_id,
    )  # fmt: skip


@transaction.atomic
def decide_severity(*, actor: Actor, supplier_id: UUID, category: str, happening: Happening, reason: str, now: datetime) -> None:
    """
    This function will allow or end reduced inspection of a supplier, or resume a suspended one.

    Raises: Forbidden, ReasonMissing, SeverityStays.   Source: GB/T 2828.1 clauses 9.3.3, 9.3.4, 9.4.
    """
    access.require(actor, POLICY_EDIT)
    if not reason.strip():
        raise ReasonMissing
    standing = quality_queries.standing_of(supplier_id, category)
    possible: Mapping[Happening, bool] = {
        Happening.REDUCED_ALLOWED: standing.may_be_reduced,
        Happening.REDUCED_ENDED: standing.severity is Severity.REDUCED,
        Happening.RESUMED: standing.severity is Severity.SUSPENDED,
    }
    if not possible.get(happening, False):
        raise SeverityStays
    SeverityDecision.objects.create(
        supplier_id=supplier_id, category_id=category, happening=happening, reason=reason, decided_by=actor.name, decided_at=now
    )
    audit.record(
        actor, "supply:severity:decide", subject=f"supplier:{supplier_id}", now=now, details={"category": category, "happening": happening},
        reason=reason,
    )  # fmt: skip
