"""What the host answers on the prompter: read, and said again."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.live.models import Desk, DeskAction, PointSaid, PromptSeen
from kaibo.stages.live.permissions import PROMPTER_ANSWER
from kaibo.stages.live.rules import Deed, NotLive, PointUnknown, PromptUnknown
from kaibo.stages.showplan import queries as showplan

SAME_TAP = timedelta(seconds=3)
"""Two taps within this time are one: a thumb on a tablet, not a second repetition."""


@transaction.atomic
def acknowledge_prompt(*, actor: Actor, session_id: UUID, action_id: UUID, now: datetime) -> PromptSeen:
    """This function will note that the host read a message; the first reader counts.   Raises: Forbidden, PromptUnknown.   Source: LIV-2."""
    session = showplan.session_for(actor, session_id)
    access.require(actor, PROMPTER_ANSWER, shop_id=session.shop_id)
    prompt = DeskAction.objects.filter(pk=action_id, session=session_id, kind=Deed.PROMPT.value).first()
    if prompt is None:
        raise PromptUnknown
    seen, is_new = PromptSeen.objects.get_or_create(action=prompt, defaults={"seen_at": now, "by_name": actor.name})
    if is_new:
        audit.record(actor, "live:prompt:seen", subject=f"session:{session_id}", now=now, shop_id=session.shop_id, details={"prompt": str(action_id)})
    return seen


@transaction.atomic
def note_point_said(*, actor: Actor, session_id: UUID, segment_id: UUID, place: int, now: datetime) -> int:
    """
    This function will note that a core selling point was said once more and give how often it was said by now.

    Raises: Forbidden, NotLive, PointUnknown.   Source: SEL-10.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, PROMPTER_ANSWER, shop_id=session.shop_id)
    # lock: two taps queue up behind the desk's row, so that the second sees the first
    if Desk.objects.select_for_update().filter(session=session_id, closed_at=None).first() is None:
        raise NotLive
    segment = next((one for one in showplan.rundown_of(session) if one.id == segment_id), None)
    if segment is None or not 1 <= place <= len(segment.selling_points):
        raise PointUnknown
    said = PointSaid.objects.filter(session=session_id, segment_id=segment_id, place=place)
    last = said.order_by("-said_at").first()
    if last is None or now - last.said_at > SAME_TAP:
        PointSaid.objects.create(session=session, segment_id=segment_id, place=place, said_at=now, by_name=actor.name)
    return said.count()
