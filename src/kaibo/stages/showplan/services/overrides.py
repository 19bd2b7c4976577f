"""Let a red finding of the opening gate through, with two people and a reason (SHW-10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Conflict, Invalid
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.models import SessionOverride
from kaibo.stages.showplan.opening import opening_of
from kaibo.stages.showplan.permissions import OVERRIDE_ASK, OVERRIDE_CONFIRM


class FindingNotRed(Conflict):
    code = "showplan.finding_not_red"
    message_zh = "这一项现在不是红灯，或内容已变，请刷新"
    message_en = "This finding is not red any more, or has changed; reload"


class ReasonNeeded(Invalid):
    code = "showplan.reason_needed"
    message_zh = "请写明放行原因"
    message_en = "Say why it should be let through"


class SecondPersonNeeded(Conflict):
    code = "showplan.second_person_needed"
    message_zh = "放行需要第二个人确认，不能自己确认自己的申请"
    message_en = "Letting a red finding through needs a second person"


class OverrideGone(Conflict):
    code = "showplan.override_gone"
    message_zh = "这个放行申请已有人确认，或已不存在"
    message_en = "This request was confirmed by somebody or is gone"


@transaction.atomic
def ask_override(*, actor: Actor, session_id: UUID, finding_key: str, reason: str, now: datetime) -> SessionOverride:
    """This function will ask for a red finding to be let through as it is now.   Raises: Forbidden, ReasonNeeded, FindingNotRed.   Source: SHW-10."""
    session = queries.session_for(actor, session_id)
    access.require(actor, OVERRIDE_ASK, shop_id=session.shop_id)
    if not reason.strip():
        raise ReasonNeeded
    red = next((one for one in opening_of(session, now).findings if one.key == finding_key and one.blocks), None)
    if red is None or actor.person_id is None:
        raise FindingNotRed
    asked, is_new = SessionOverride.objects.get_or_create(
        session_id=session_id, finding_key=finding_key, fingerprint=red.fingerprint,
        defaults={
            "finding_reason": red.finding.reason[:300], "reason": reason.strip(), "asked_by": actor.person_id,
            "asked_by_name": actor.name, "asked_at": now,
        },
    )  # fmt: skip
    if is_new:
        audit.record(
            actor, OVERRIDE_ASK, subject=f"session:{session_id}", now=now, shop_id=session.shop_id, reason=reason.strip(),
            details={"finding": finding_key, "was": red.finding.reason},
        )  # fmt: skip
    return asked


@transaction.atomic
def confirm_override(*, actor: Actor, session_id: UUID, override_id: UUID, now: datetime) -> None:
    """This function will let a red finding through as the second person.   Raises: Forbidden, SecondPersonNeeded, OverrideGone.   Source: SHW-10."""
    session = queries.session_for(actor, session_id)
    access.require(actor, OVERRIDE_CONFIRM, shop_id=session.shop_id)
    asked = SessionOverride.objects.filter(pk=override_id, session=session_id).first()
    if asked is None:
        raise OverrideGone
    if actor.person_id is None or asked.asked_by == actor.person_id:
        raise SecondPersonNeeded
    changed = SessionOverride.objects.filter(pk=override_id, confirmed_by=None).update(
        confirmed_by=actor.person_id, confirmed_by_name=actor.name, confirmed_at=now
    )
    if not changed:
        raise OverrideGone
    audit.record(
        actor, OVERRIDE_CONFIRM, subject=f"session:{session_id}", now=now, shop_id=session.shop_id, reason=asked.reason,
        details={"finding": asked.finding_key, "asked_by": asked.asked_by_name},
    )  # fmt: skip
