"""Writes and reads of cooperations 品牌合作: terms, contact as personal data, sessions, the decision (SEL-18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.kit.text import mask_middle
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.vault import vault
from kaibo.stages.selection import cooperations
from kaibo.stages.selection.models import Cooperation, CooperationSession
from kaibo.stages.selection.past import selling_past
from kaibo.stages.selection.permissions import CONTACT, DECIDE, EDIT, SEE


class CooperationUnknown(NotFound):
    code = "selection.cooperation_unknown"
    message_zh = "没有这条合作，或你看不到它"
    message_en = "There is no such cooperation, or you cannot see it"


class CooperationWrong(Invalid):
    code = "selection.cooperation_wrong"
    message_zh = "合作条件不对：要有名称，开始早于结束，佣金在 0% 到 100% 之间，金额不能为负"
    message_en = "The terms are wrong: a name, a start before the end, a commission between 0 and 100 %, no negative money"


class CooperationTaken(Conflict):
    code = "selection.cooperation_taken"
    message_zh = "“{title}”已经有一条从 {starts_on} 开始的合作"
    message_en = "“{title}” already has a cooperation from {starts_on}"


class CooperationSessionWrong(Invalid):
    code = "selection.cooperation_session_wrong"
    message_zh = "这一场对不上：退回不能多于成交，金额不能为负，日期要在合作期内，数字要有来源"
    message_en = "The session does not add up: returns within sales, no negative money, a day within the period, a source for the figures"


class CooperationDecided(Conflict):
    code = "selection.cooperation_decided"
    message_zh = "这条合作已由 {decided_by} 决定"
    message_en = "This cooperation was decided by {decided_by}"


class CooperationDecisionWrong(Invalid):
    code = "selection.cooperation_decision_wrong"
    message_zh = "决定要选“继续、重谈或结束”，并写明原因"
    message_en = "A decision is to go on, to renegotiate or to end, with a reason"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed with a brand or host."""

    kind: str
    title: str
    commission_bp: int
    slot_fee_fen: int
    goods_margin_bp: int
    starts_on: date
    ends_on: date
    platform: str = ""
    is_exclusive: bool = False
    note: str = ""
    contact_name: str = ""
    contact_phone: str = ""


def cooperations_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Cooperation]:
    """This function will give the cooperations an actor may see, newest first."""
    found = access.visible(Cooperation.objects.select_related("shop"), actor).order_by("-starts_on", "title")
    return found.filter(shop=shop_id) if shop_id else found


def cooperation_for(actor: Actor, cooperation_id: UUID) -> Cooperation:
    """This function will give a cooperation.   Raises: CooperationUnknown."""
    found = Cooperation.objects.select_related("shop").filter(pk=cooperation_id).first()
    if found is None or not actor.sees(found.shop_id):
        raise CooperationUnknown
    return found


def sessions_of(cooperation_ids: list[UUID]) -> dict[UUID, list[CooperationSession]]:
    """This function will give cooperation → its sessions, newest first; one query."""
    found: dict[UUID, list[CooperationSession]] = {}
    for one in CooperationSession.objects.filter(cooperation__in=cooperation_ids).order_by("-held_on"):
        found.setdefault(one.cooperation_id, []).append(one)
    return found


def limits_in_force() -> dict[str, int]:
    """This function will give what cooperations are judged by, with one query."""
    return thresholds.values("selection.cooperation_return_bp", "selection.cooperation_profit_bp")


def verdict_of(cooperation: Cooperation, sessions: list[CooperationSession], limits: Mapping[str, int]) -> cooperations.Verdict:
    """This function will say what the sessions of a cooperation advise."""
    terms = cooperations.Terms(cooperation.commission_bp, cooperation.slot_fee_fen, cooperation.goods_margin_bp)
    held = [cooperations.Held(one.paid_fen, one.returned_fen, one.fee_fen) for one in sessions]
    return cooperations.advise(
        terms, held, return_limit_bp=limits["selection.cooperation_return_bp"], profit_floor_bp=limits["selection.cooperation_profit_bp"]
    )


def profit_of(cooperation: Cooperation, session: CooperationSession) -> int:
    """This function will give what one session left after fees, in fen."""
    terms = cooperations.Terms(cooperation.commission_bp, cooperation.slot_fee_fen, cooperation.goods_margin_bp)
    return cooperations.sum_of(terms, [cooperations.Held(session.paid_fen, session.returned_fen, session.fee_fen)]).profit_fen


@transaction.atomic
def add_cooperation(*, actor: Actor, shop_id: UUID, agreed: Agreed, now: datetime) -> Cooperation:
    """
    This function will keep what was agreed; the contact is sealed and only its masked form stands on pages.

    Raises: Forbidden, CooperationWrong, CooperationTaken.   Source: SEL-18; PIPL art. 51.
    """
    access.require(actor, EDIT, shop_id=shop_id)
    fits = agreed.kind in {"brand", "host"} and agreed.title.strip() and agreed.starts_on < agreed.ends_on
    if not fits or not 0 <= agreed.commission_bp <= 10_000 or agreed.slot_fee_fen < 0 or not -10_000 <= agreed.goods_margin_bp <= 10_000:
        raise CooperationWrong
    try:
        with transaction.atomic():
            made = Cooperation.objects.create(
                shop_id=shop_id, kind=agreed.kind, title=agreed.title.strip(), platform=agreed.platform, commission_bp=agreed.commission_bp,
                slot_fee_fen=agreed.slot_fee_fen, goods_margin_bp=agreed.goods_margin_bp, is_exclusive=agreed.is_exclusive, starts_on=agreed.starts_on,
                ends_on=agreed.ends_on, note=agreed.note.strip(), made_by=actor.name, made_at=now, **_contact(agreed, now),
            )  # fmt: skip
    except IntegrityError as taken:
        raise CooperationTaken(title=agreed.title.strip(), starts_on=f"{agreed.starts_on}") from taken
    audit.record(
        actor, "selection:cooperation:add", subject=f"cooperation:{made.pk}", now=now, shop_id=shop_id,
        details={"title": made.title, "kind": made.kind, "commission_bp": made.commission_bp, "slot_fee_fen": made.slot_fee_fen},
    )  # fmt: skip
    return made


def _contact(agreed: Agreed, now: datetime) -> dict[str, object]:
    name, phone = agreed.contact_name.strip(), agreed.contact_phone.strip()
    if not name and not phone:
        return {}
    identity = f"phone:{phone}" if phone else f"cooperation:{agreed.kind}:{agreed.title.strip()}:{name}"
    subject, sealed = vault.seal_persons({identity: {"name": name, "phone": phone}}, now=now)[identity]
    masked = " ".join(part for part in (mask_middle(name, keep_end=0), mask_middle(phone, keep_start=3, keep_end=4)) if part)
    return {"contact_subject_id": subject, "contact_sealed": sealed, "contact_masked": masked}


def unmask_contact(*, actor: Actor, cooperation_id: UUID, reason: str, now: datetime) -> dict[str, str]:
    """This function will show a contact to someone who may see it, and record who looked and why.   Raises: Forbidden, ReasonMissing, PersonErased."""
    found = cooperation_for(actor, cooperation_id)
    if found.contact_subject_id is None:
        access.require(actor, CONTACT, shop_id=found.shop_id)
        return {}
    return vault.unmask(
        actor=actor, ability=CONTACT, subject_id=found.contact_subject_id, sealed=found.contact_sealed, about=f"cooperation:{found.pk}", reason=reason,
        now=now, shop_id=found.shop_id,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brought:
    """What one session brought; with a session of ours the sales are counted, not typed."""

    held_on: date
    fee_fen: int
    source: str
    paid_fen: int = 0
    returned_fen: int = 0
    session_id: UUID | None = None


@transaction.atomic
def note_session(*, actor: Actor, cooperation_id: UUID, brought: Brought, now: datetime) -> None:
    """
    This function will keep what a session of a cooperation brought; said again it replaces that day.

    Raises: Forbidden, CooperationUnknown, CooperationSessionWrong.
    """
    found = cooperation_for(actor, cooperation_id)
    access.require(actor, EDIT, shop_id=found.shop_id)
    paid, back = brought.paid_fen, brought.returned_fen
    if brought.session_id is not None:
        paid, back = selling_past().session_sales([brought.session_id]).get(brought.session_id, (0, 0))
        back = min(paid, back)
    inside = found.starts_on <= brought.held_on < found.ends_on
    if not inside or not brought.source.strip() or not 0 <= back <= paid or brought.fee_fen < 0:
        raise CooperationSessionWrong
    kept = {"session_id": brought.session_id, "paid_fen": paid, "returned_fen": back, "fee_fen": brought.fee_fen, "source": brought.source.strip()}
    CooperationSession.objects.update_or_create(cooperation=found, held_on=brought.held_on, defaults=kept | {"said_by": actor.name, "said_at": now})
    details = kept | {"session_id": str(brought.session_id or ""), "held_on": f"{brought.held_on}"}
    audit.record(actor, "selection:cooperation:session", subject=f"cooperation:{found.pk}", now=now, shop_id=found.shop_id, details=details)


@transaction.atomic
def decide(*, actor: Actor, cooperation_id: UUID, decision: str, reason: str, now: datetime) -> None:
    """
    This function will keep the decision with the figures it rested on; one decides, the second is told.

    Raises: Forbidden, CooperationUnknown, CooperationDecisionWrong, CooperationDecided.
    """
    found = cooperation_for(actor, cooperation_id)
    access.require(actor, DECIDE, shop_id=found.shop_id)
    if decision not in {"go_on", "renegotiate", "end"} or not reason.strip():
        raise CooperationDecisionWrong
    verdict = verdict_of(found, sessions_of([found.pk]).get(found.pk, []), limits_in_force())
    sheet = {"advice": verdict.advice.value, "profit_fen": verdict.total.profit_fen} | asdict(verdict.total)
    changed = Cooperation.objects.filter(pk=found.pk, decision="open").update(
        decision=decision, decided_by=actor.name, decided_at=now, decision_reason=reason.strip(), decision_sheet=sheet
    )
    if not changed:
        found.refresh_from_db()
        raise CooperationDecided(decided_by=found.decided_by)
    audit.record(
        actor, "selection:cooperation:decide", subject=f"cooperation:{found.pk}", now=now, shop_id=found.shop_id, details=sheet | {"decision": decision}, reason=reason.strip()
    )


def may_see(actor: Actor) -> None:
    """This function will refuse whoever may not see selection.   Raises: Forbidden."""
    access.require(actor, SEE)
