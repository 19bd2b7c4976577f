"""Writes about suppliers: questions and answers, what was seen of them, agreements, shortfalls, and who steps in (SUP-1, SUP-2, SUP-8, SUP-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import queries as catalog
from kaibo.master.media import services as media
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.supply import quality, quality_queries, queries, scoring, services, supplier_figures
from kaibo.stages.supply.models import (
    Agreement,
    Negotiation,
    Purchase,
    Quote,
    Screening,
    Shortfall,
    SwitchProposal,
)
from kaibo.stages.supply.permissions import PURCHASE_APPROVE, SEE, SUPPLIER_EDIT
from kaibo.stages.supply.sampling import Severity

SCREENING_KINDS = ("system", "trial", "factory", "references", "visit")


class AnsweredAlready(Conflict):
    code = "supply.answered_already"
    message_zh = "这个问题已经记过答复"
    message_en = "This question has its answer already"


class AgreementStands(Conflict):
    code = "supply.agreement_stands"
    message_zh = "{supplier} 对 {sku} 已有一份生效的同类协议，先结束它"
    message_en = "{supplier} has a standing agreement of this kind for {sku}; end it first"


class AgreementUnreadable(Invalid):
    code = "supply.agreement_unreadable"
    message_zh = "协议的数量、单价、交期要大于 0，结束日不能早于开始日"
    message_en = "Units, price and lead time must be above zero, and the end not before the beginning"


class SwitchDecided(Conflict):
    code = "supply.switch_decided"
    message_zh = "这个切换建议已经有人决定了，请刷新"
    message_en = "Somebody has decided this switch already; reload"


class PointsUnreadable(Invalid):
    code = "supply.points_unreadable"
    message_zh = "考察打 0 到 5 分，并写明看到了什么"
    message_en = "Give 0 to 5 points and say what was seen"


@transaction.atomic
def ask(*, actor: Actor, supplier_id: UUID, sku_id: UUID | None, question: str, target_fen: int | None, asked_at: datetime, now: datetime) -> Negotiation:
    """This function will note a question to a supplier.   Raises: Forbidden, SupplierUnknown, ReasonMissing.   Source: SUP-1."""
    access.require(actor, SUPPLIER_EDIT)
    supplier = supplier_figures.supplier_for(actor, supplier_id)
    if not question.strip():
        raise quality.ReasonMissing
    made = Negotiation.objects.create(
        supplier=supplier, sku_id=sku_id, question=question.strip()[:300], target_fen=target_fen, asked_by=actor.name, asked_at=min(asked_at, now)
    )
    audit.record(actor, "supply:negotiation:ask", subject=f"supplier:{supplier_id}", now=now, details={"question": made.question, "target_fen": target_fen})
    return made


@transaction.atomic
def answer(*, actor: Actor, negotiation_id: UUID, text: str, offered_fen: int | None, answered_at: datetime, now: datetime) -> None:
    """This function will note a supplier's answer, once; how long it took counts in its score.   Raises: Forbidden, ReasonMissing, AnsweredAlready.   Source: SUP-1."""
    access.require(actor, SUPPLIER_EDIT)
    if not text.strip():
        raise quality.ReasonMissing
    asked = Negotiation.objects.filter(pk=negotiation_id).first()
    if asked is None:
        raise supplier_figures.SupplierUnknown
    at = max(min(answered_at, now), asked.asked_at)
    changed = Negotiation.objects.filter(pk=negotiation_id, answered_at=None).update(
        answer=text.strip()[:300], offered_fen=offered_fen, answered_at=at, noted_by=actor.name
    )
    if not changed:
        raise AnsweredAlready
    audit.record(actor, "supply:negotiation:answer", subject=f"supplier:{asked.supplier_id}", now=now, details={"answer": text.strip()[:300], "offered_fen": offered_fen})


@transaction.atomic
def screen(
    *, actor: Actor, supplier_id: UUID, kind: str, points: int, note: str, seen_on: date, now: datetime, report: quality.Brought | None = None
) -> Screening:
    """
    This function will note what was seen of a supplier; of each kind the newest counts.

    Raises: Forbidden, SupplierUnknown, PointsUnreadable, FileTypeRefused.   Source: SUP-2.
    """
    access.require(actor, SUPPLIER_EDIT)
    supplier = supplier_figures.supplier_for(actor, supplier_id)
    if kind not in SCREENING_KINDS or not 0 <= points <= 5 or not note.strip():
        raise PointsUnreadable
    kept = None
    if report is not None:
        ending = report.name.rpartition(".")[2].lower()
        if ending not in quality.FILE_TYPES:
            raise quality.FileTypeRefused(name=report.name[:60])
        kept = media.keep(actor=actor, name=report.name, mime=quality.FILE_TYPES[ending], content=report.content, now=now)
    made = Screening.objects.create(
        supplier=supplier, kind=kind, points=points, note=note.strip()[:300], report=kept, seen_on=min(seen_on, business_date(now)), seen_by=actor.name
    )
    audit.record(actor, "supply:supplier:screen", subject=f"supplier:{supplier_id}", now=now, details={"kind": kind, "points": points, "note": made.note})
    return made


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says."""

    kind: str
    supplier_id: UUID
    sku_id: UUID
    units: int
    price_fen: int
    lead_days: int
    valid_from: date
    valid_until: date
    note: str = ""


@transaction.atomic
def agree(*, actor: Actor, terms: Terms, now: datetime) -> Agreement:
    """
    This function will keep a standby or material agreement.

    Raises: Forbidden, SupplierUnknown, AgreementUnreadable, AgreementStands.   Source: SUP-8, SUP-9.
    """
    access.require(actor, SUPPLIER_EDIT)
    supplier = supplier_figures.supplier_for(actor, terms.supplier_id)
    if min(terms.units, terms.price_fen, terms.lead_days) <= 0 or terms.valid_until < terms.valid_from or terms.kind not in {"standby", "material"}:
        raise AgreementUnreadable
    try:
        with transaction.atomic():
            made = Agreement.objects.create(
                kind=terms.kind, supplier=supplier, sku_id=terms.sku_id, units=terms.units, price_fen=terms.price_fen, lead_days=terms.lead_days,
                valid_from=terms.valid_from, valid_until=terms.valid_until, note=terms.note[:200], made_by=actor.name, made_at=now,
            )  # fmt: skip
    except IntegrityError as stands:
        raise AgreementStands(supplier=supplier.name, sku=catalog.sku_rows([terms.sku_id])[terms.sku_id].code) from stands
    audit.record(
        actor, "supply:agreement:make", subject=f"supplier:{supplier.pk}", now=now,
        details={"kind": terms.kind, "sku": str(terms.sku_id), "units": terms.units, "price_fen": terms.price_fen, "until": str(terms.valid_until)},
    )  # fmt: skip
    return made


@transaction.atomic
def end_agreement(*, actor: Actor, agreement_id: UUID, reason: str, now: datetime) -> None:
    """This function will end an agreement before its time.   Raises: Forbidden, ReasonMissing, AnsweredAlready."""
    access.require(actor, SUPPLIER_EDIT)
    if not reason.strip():
        raise quality.ReasonMissing
    if not Agreement.objects.filter(pk=agreement_id, ended_at=None).update(ended_at=now):
        raise SwitchDecided
    audit.record(actor, "supply:agreement:end", subject=f"agreement:{agreement_id}", now=now, reason=reason)


@transaction.atomic
def tell_shortfall(*, actor: Actor, supplier_id: UUID, sku_id: UUID, until: date, reason: str, now: datetime) -> Shortfall:
    """
    This function will note that a supplier cannot deliver an item until a day, and look at once for who steps in.

    Raises: Forbidden, SupplierUnknown, ReasonMissing.   Source: SUP-9.
    """
    access.require(actor, SUPPLIER_EDIT)
    supplier = supplier_figures.supplier_for(actor, supplier_id)
    if not reason.strip():
        raise quality.ReasonMissing
    made = Shortfall.objects.create(supplier=supplier, sku_id=sku_id, until=until, reason=reason.strip()[:200], told_by=actor.name, told_at=now)
    audit.record(actor, "supply:shortfall:tell", subject=f"supplier:{supplier_id}", now=now, details={"sku": str(sku_id), "until": str(until)}, reason=reason)
    propose_switches(now)
    return made


def propose_switches(now: datetime) -> int:
    """
    This function will propose, for every item whose main supplier cannot deliver, is late, or may not be inspected any
    more, the best supplier with a standing standby agreement; the clock gives how many are new. One open proposal an item.

    Source: SUP-9.
    """
    today = business_date(now)
    standing = Agreement.objects.filter(kind="standby", ended_at=None, valid_from__lte=today, valid_until__gte=today, supplier__is_active=True)
    by_sku: dict[UUID, list[Agreement]] = {}
    for one in standing.select_related("supplier", "sku__product"):
        by_sku.setdefault(one.sku_id, []).append(one)
    busy = set(SwitchProposal.objects.filter(state="open", sku__in=by_sku).values_list("sku_id", flat=True))
    offers = queries.standing_offers(by_sku)
    made = 0
    for sku_id, agreements in by_sku.items():
        main = next((one for one in offers.get(sku_id, []) if one.is_main), None)
        if main is None or sku_id in busy:
            continue
        why = _why_switch(main, agreements[0], now)
        if why:
            made += _propose(main, [one for one in agreements if one.supplier_id != main.supplier_id], why, now)
    return made


def _why_switch(main: Quote, agreement: Agreement, now: datetime) -> tuple[str, str, int] | None:
    """Cause, evidence and the units that are missing."""
    today = business_date(now)
    late = Purchase.objects.filter(
        supplier=main.supplier_id, sku=main.sku_id, state="approved", promised_on__lt=today - timedelta(days=thresholds.value("supply.switch_late_days"))
    ).order_by("promised_on").first()
    short = Shortfall.objects.filter(supplier=main.supplier_id, sku=main.sku_id, until__gte=today).order_by("-told_at").first()
    if short:
        return "shortfall", f"{short.reason}（到 {short.until:%m-%d}）", late.quantity - late.received if late else 0
    if late:
        return "late", f"采购单 {late.code} 约定 {late.promised_on:%m-%d}，还差 {late.quantity - late.received} 件", late.quantity - late.received
    standing = quality_queries.standing_of(main.supplier_id, agreement.sku.product.category_id)
    return ("suspended", "加严检验累计 5 批不接收，抽样检验已暂停", 0) if standing.severity is Severity.SUSPENDED else None


def _propose(main: Quote, agreements: list[Agreement], why: tuple[str, str, int], now: datetime) -> int:
    cause, evidence, missing = why
    row = next(iter(queries.Lines(KAIBO, only=main.sku_id)), None)
    need = max(missing, 2 * row.safety.units - row.sellable if row else 0, main.minimum_units)
    scored = {one.supplier.pk: one.score.total_bp or 0 for one in supplier_figures.scores(KAIBO, now, only=[one.supplier_id for one in agreements])}
    best = scoring.choose_standby(
        [scoring.Standby(one.supplier_id, one.lead_days, one.price_fen, one.units, scored.get(one.supplier_id, 0)) for one in agreements], wanted_units=need
    )
    if best is None:
        return 0
    chosen = next(one for one in agreements if one.supplier_id == best.supplier_id)
    shop_id = chosen.sku.product.shop_id
    try:
        with transaction.atomic():
            made = SwitchProposal.objects.create(
                sku_id=main.sku_id, shop_id=shop_id, leaves_id=main.supplier_id, steps_in_id=chosen.supplier_id, agreement=chosen, cause=cause,
                evidence=evidence[:200], units=need, made_at=now,
            )  # fmt: skip
    except IntegrityError:
        return 0
    told = {one for role in ("operations", "selection", "owner") for one in people_with_role(role, shop_id=shop_id)}
    notices.tell(
        told, key=f"switch:{made.pk}", now=now, title=gettext_noop("建议把 %(sku)s 从 %(leaves)s 切换到 %(steps_in)s：%(evidence)s"), state="red",
        values={"sku": chosen.sku.code, "leaves": main.supplier.name, "steps_in": chosen.supplier.name, "evidence": evidence}, href="/supply/suppliers#switches",
    )  # fmt: skip
    return 1


def open_switches(actor: Actor) -> list[SwitchProposal]:
    """This function will give the open proposals of the actor's shops, oldest first.   Raises: Forbidden."""
    access.require(actor, SEE)
    found = SwitchProposal.objects.filter(state="open").select_related("sku__product", "leaves", "steps_in", "agreement").order_by("made_at")
    return list(access.visible(found, actor))


@transaction.atomic
def decide_switch(*, actor: Actor, proposal_id: UUID, is_accepted: bool, reason: str, now: datetime) -> SwitchProposal:
    """
    This function will let the standby supplier step in – its agreed price becomes the standing main quote and an order is
    drafted, to be approved as any other – or leave things as they are, with a reason.

    Raises: Forbidden, SwitchDecided, ReasonMissing.   Source: SUP-9.
    """
    found = SwitchProposal.objects.select_related("agreement", "sku", "leaves", "steps_in").filter(pk=proposal_id).first()
    if found is None or not actor.sees(found.shop_id):
        raise SwitchDecided
    access.require(actor, PURCHASE_APPROVE, shop_id=found.shop_id)
    if not is_accepted and not reason.strip():
        raise quality.ReasonMissing
    changed = SwitchProposal.objects.filter(pk=proposal_id, state="open").update(
        state="accepted" if is_accepted else "declined", decided_by=actor.name, decided_at=now, reason=reason.strip()[:200]
    )
    if not changed:
        raise SwitchDecided
    if is_accepted:
        _step_in(found, actor, now)
    audit.record(
        actor, "supply:switch:decide", subject=f"sku:{found.sku_id}", now=now, shop_id=found.shop_id, reason=reason,
        details={"accepted": is_accepted, "from": str(found.leaves_id), "to": str(found.steps_in_id), "cause": found.cause},
    )  # fmt: skip
    found.refresh_from_db()
    return found


def _step_in(found: SwitchProposal, actor: Actor, now: datetime) -> None:
    agreed = found.agreement
    Quote.objects.filter(sku=found.sku_id, is_main=True).update(is_main=False)
    Quote.objects.update_or_create(
        supplier_id=found.steps_in_id, sku_id=found.sku_id, quoted_on=business_date(now),
        defaults={"price_fen": agreed.price_fen, "minimum_units": 1, "lead_days": agreed.lead_days, "is_main": True},
    )  # fmt: skip
    drafted = services.draft_purchase(
        actor=actor, supplier_id=found.steps_in_id, sku_id=found.sku_id, quantity=found.units, price_fen=agreed.price_fen, now=now,
        reason=f"备用供应商接手：{found.evidence}"[:300],
    )  # fmt: skip
    SwitchProposal.objects.filter(pk=found.pk).update(purchase=drafted)
