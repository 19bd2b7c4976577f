"""Name the people, sign the equipment, record the rehearsal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.models import Duty, EquipmentCheck, Rehearsal
from kaibo.stages.showplan.permissions import DUTY_CONFIRM, EQUIPMENT_SIGN
from kaibo.stages.showplan.rules import DutyRole, EquipmentKind
from kaibo.stages.showplan.services.sessions import plannable


class DutyUnknown(NotFound):
    code = "showplan.duty_unknown"
    message_zh = "这个岗位安排已经不在了"
    message_en = "This duty is not there any more"


class DutyOfAnother(Conflict):
    code = "showplan.duty_of_another"
    message_zh = "岗位只能由本人确认"
    message_en = "A duty is confirmed by the person who has it"


class SignatureNeedsAPerson(Invalid):
    code = "showplan.signature_needs_a_person"
    message_zh = "设备检查要由人签字"
    message_en = "Equipment is signed for by a person"


@transaction.atomic
def assign_duty(*, actor: Actor, session_id: UUID, role: str, person_id: UUID, now: datetime) -> None:
    """This function will name a person for a role and tell them; told again, nothing changes.   Raises: Forbidden, PlanIsFixed.   Source: SHW-3."""
    session = plannable(actor, session_id)
    duty, is_new = Duty.objects.get_or_create(session_id=session_id, role=DutyRole(role).value, person_id=person_id)
    if not is_new:
        return
    notices.tell(
        [person_id], key=f"duty:{duty.pk}", title=gettext_noop("%(session)s：请确认你的岗位"), values={"session": session.title}, now=now,
        href=f"/showplan/{session_id}/",
    )  # fmt: skip
    audit.record(
        actor, "showplan:duty:assign", subject=f"session:{session_id}", now=now, shop_id=session.shop_id,
        details={"role": role, "person": str(person_id)},
    )  # fmt: skip


@transaction.atomic
def release_duty(*, actor: Actor, session_id: UUID, duty_id: int, now: datetime) -> None:
    """This function will take a person off a session.   Raises: Forbidden, PlanIsFixed, DutyUnknown."""
    session = plannable(actor, session_id)
    gone, _rows = Duty.objects.filter(pk=duty_id, session=session_id).delete()
    if not gone:
        raise DutyUnknown
    audit.record(actor, "showplan:duty:release", subject=f"session:{session_id}", now=now, details={"duty": duty_id}, shop_id=session.shop_id)


@transaction.atomic
def confirm_duty(*, actor: Actor, session_id: UUID, duty_id: int, now: datetime) -> None:
    """This function will confirm one's own duty.   Raises: Forbidden, DutyUnknown, DutyOfAnother.   Source: SHW-3."""
    session = queries.session_for(actor, session_id)
    access.require(actor, DUTY_CONFIRM, shop_id=session.shop_id)
    duty = Duty.objects.filter(pk=duty_id, session=session_id).first()
    if duty is None:
        raise DutyUnknown
    if duty.person_id != actor.person_id:
        raise DutyOfAnother
    if Duty.objects.filter(pk=duty_id, confirmed_at=None).update(confirmed_at=now):
        audit.record(actor, DUTY_CONFIRM, subject=f"session:{session_id}", now=now, details={"role": duty.role}, shop_id=session.shop_id)


@transaction.atomic
def sign_equipment(*, actor: Actor, session_id: UUID, kind: str, is_fine: bool, now: datetime, note: str = "") -> None:
    """This function will record that a person checked a piece of equipment, and how it was.   Raises: Forbidden.   Source: SHW-5."""
    session = queries.session_for(actor, session_id)
    access.require(actor, EQUIPMENT_SIGN, shop_id=session.shop_id)
    if actor.person_id is None:
        raise SignatureNeedsAPerson
    EquipmentCheck.objects.update_or_create(
        session_id=session_id, kind=EquipmentKind(kind).value,
        defaults={"is_fine": is_fine, "note": note, "checked_by": actor.person_id, "checked_by_name": actor.name, "checked_at": now},
    )  # fmt: skip
    audit.record(
        actor, EQUIPMENT_SIGN, subject=f"session:{session_id}", now=now, shop_id=session.shop_id,
        details={"kind": kind, "is_fine": is_fine, "note": note},
    )  # fmt: skip


@transaction.atomic
def record_rehearsal(*, actor: Actor, session_id: UUID, held_at: datetime, minutes: int, notes: str, now: datetime) -> None:
    """This function will record a rehearsal.   Raises: Forbidden, PlanIsFixed.   Source: SHW-7."""
    session = plannable(actor, session_id)
    Rehearsal.objects.create(session_id=session_id, held_at=held_at, minutes=minutes, notes=notes, recorded_by_name=actor.name)
    audit.record(
        actor, "showplan:rehearsal:record", subject=f"session:{session_id}", now=now, details={"minutes": minutes}, shop_id=session.shop_id
    )
