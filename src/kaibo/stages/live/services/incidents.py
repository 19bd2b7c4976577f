"""Run a playbook: start, tick, tell viewers, end and say what is left to do. A drill 演练 does the same and reaches nobody (LIV-8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.facts.flow import IncidentClosed
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.robots import robots
from kaibo.stages.live import incidents, queries
from kaibo.stages.live.models import Desk, DeskAction, Incident, IncidentFollowUp, IncidentStep, Playbook
from kaibo.stages.live.permissions import PLAYBOOK_RUN, PLAYBOOK_TICK
from kaibo.stages.live.playbooks import IncidentOpen, IncidentOver, PlaybookUnknown, StepTicked
from kaibo.stages.live.rules import Deed
from kaibo.stages.live.services.notices import screened, tell_viewers
from kaibo.stages.live.services.turns import Turn, take_turn
from kaibo.stages.showplan.models import Session


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is to be done afterwards, by whom, until when."""

    text: str
    owner_name: str
    due_on: date


@transaction.atomic
def start_incident(*, actor: Actor, session_id: UUID, playbook_id: UUID, is_drill: bool, key: str, now: datetime) -> DeskAction:
    """
    This function will start a playbook at a live desk; its steps are copied, so that a change of the playbook changes nothing now.

    Raises: Forbidden, NotLive, PlaybookUnknown, IncidentOpen.   Source: LIV-8.
    """
    turn = take_turn(actor=actor, session_id=session_id, ability=PLAYBOOK_RUN, kind=Deed.PLAYBOOK, key=key, now=now)
    if turn.prior:
        return turn.prior
    there = Incident.objects.filter(session=session_id, ended_at=None).first()
    if there:
        raise IncidentOpen(title=there.title, who=there.started_by_name)
    playbook = _playbook(turn.session.shop_id, playbook_id)
    incident = _begin(actor, playbook, session=turn.session, is_drill=is_drill, key=key, now=now)
    if not is_drill:
        robots.note(key=f"desk:{incident.pk}", title=f"中控台启动预案：{incident.title}", href=f"/live/{session_id}/", now=now)
    return turn.record(Deed.PLAYBOOK, title=incident.title, incident=str(incident.pk), is_drill=is_drill)


@transaction.atomic
def start_drill(*, actor: Actor, shop_id: UUID, playbook_id: UUID, key: str, now: datetime) -> Incident:
    """This function will start a drill away from any session.   Raises: Forbidden, PlaybookUnknown.   Source: LIV-8."""
    access.require(actor, PLAYBOOK_RUN, shop_id=shop_id)
    prior = Incident.objects.filter(shop=shop_id, key=key).first()
    if prior:
        return prior
    incident = _begin(actor, _playbook(shop_id, playbook_id), session=None, is_drill=True, key=key, now=now)
    audit.record(actor, "live:drill:start", subject=f"incident:{incident.pk}", now=now, shop_id=shop_id, details={"title": incident.title})
    return incident


def _playbook(shop_id: UUID, playbook_id: UUID) -> Playbook:
    playbook = Playbook.objects.filter(pk=playbook_id, shop=shop_id, is_active=True).first()
    if playbook is None:
        raise PlaybookUnknown
    return playbook


def _begin(actor: Actor, playbook: Playbook, *, session: Session | None, is_drill: bool, key: str, now: datetime) -> Incident:
    try:
        with transaction.atomic():
            incident = Incident.objects.create(
                shop_id=playbook.shop_id, session=session, playbook=playbook, kind=playbook.kind, title=playbook.title,
                announcement=playbook.announcement, is_drill=is_drill, key=key, started_at=now, started_by_name=actor.name,
                before=_figures(session),
            )  # fmt: skip
    except IntegrityError as taken:
        raise IncidentOpen(title=playbook.title, who="—") from taken
    IncidentStep.objects.bulk_create(
        IncidentStep(
            incident=incident, place=place, role=one["role"], text=one["text"], due_at=now + timedelta(seconds=int(one["within_seconds"]))
        )
        for place, one in enumerate(playbook.steps, start=1)
    )
    return incident


def _figures(session: Session | None) -> dict[str, int]:
    """The room's figures at this moment, for the report's before and after."""
    return asdict(queries.figures_of(session)) if session else {}


@transaction.atomic
def tick_step(*, actor: Actor, incident_id: UUID, place: int, now: datetime) -> IncidentStep:
    """
    This function will tick a step of a running playbook, once; the second person is told who was first.

    Raises: Forbidden, IncidentUnknown, IncidentOver, StepTicked.   Source: LIV-8.
    """
    incident = _running(actor, incident_id, PLAYBOOK_TICK)
    step = IncidentStep.objects.filter(incident=incident, place=place)
    if not step.filter(done_at=None).update(done_at=now, done_by_name=actor.name):
        there = step.first()
        raise StepTicked(who=there.done_by_name if there else "—")
    audit.record(actor, "live:incident:tick", subject=f"incident:{incident_id}", now=now, shop_id=incident.shop_id, details={"place": place})
    return step.get()


@transaction.atomic
def untick_step(*, actor: Actor, incident_id: UUID, place: int, now: datetime) -> IncidentStep:
    """This function will take a tick back.   Raises: Forbidden, IncidentUnknown, IncidentOver."""
    incident = _running(actor, incident_id, PLAYBOOK_TICK)
    step = IncidentStep.objects.filter(incident=incident, place=place)
    step.update(done_at=None, done_by_name="")
    audit.record(actor, "live:incident:untick", subject=f"incident:{incident_id}", now=now, shop_id=incident.shop_id, details={"place": place})
    return step.get()


@transaction.atomic
def tell_of_incident(*, actor: Actor, incident_id: UUID, text: str, key: str, now: datetime) -> Incident:
    """
    This function will tell viewers what is going on, in screened words; in a drill the words are screened and kept, and reach nobody.

    Raises: Forbidden, IncidentUnknown, IncidentOver, NoticeEmpty, NoticeBlocked, NotLive, NotInOurRoom.   Source: LIV-8, CMP-2.
    """
    incident = _running(actor, incident_id, PLAYBOOK_RUN)
    if any(one["key"] == key for one in incident.announced):
        return incident
    if incident.is_drill or incident.session_id is None:
        words = screened(text)
    else:
        turn = take_turn(actor=actor, session_id=incident.session_id, ability=PLAYBOOK_RUN, kind=Deed.PLAYBOOK_TELL, key=key, now=now)
        words = tell_viewers(turn, text)
        turn.record(Deed.PLAYBOOK_TELL, text=words, incident=str(incident.pk))
    incident.announced = [*incident.announced, {"key": key, "text": words, "at": now.isoformat(), "who": actor.name, "reached": not incident.is_drill}]
    Incident.objects.filter(pk=incident.pk).update(announced=incident.announced)
    return incident


@transaction.atomic
def end_incident(
    *, actor: Actor, incident_id: UUID, cause: str, lesson: str, follow_ups: Sequence[FollowUp], key: str, now: datetime
) -> Incident:  # fmt: skip
    """
    This function will end an incident; for a real one what is left to do is announced to the risk register.

    Raises: Forbidden, IncidentUnknown, IncidentOver.   Source: LIV-8.
    """
    incident = _running(actor, incident_id, PLAYBOOK_RUN)
    after = _figures(incident.session)
    changed = Incident.objects.filter(pk=incident_id, ended_at=None).update(
        ended_at=now, ended_by_name=actor.name, cause=cause.strip(), lesson=lesson.strip(), after=after
    )
    if not changed:
        raise IncidentOver
    IncidentFollowUp.objects.bulk_create(IncidentFollowUp(incident=incident, **asdict(one)) for one in follow_ups)
    _log_end(actor, incident, key, now)
    if not incident.is_drill and incident.session_id:
        outbox.announce(
            IncidentClosed(
                incident_id=incident.pk, session_id=incident.session_id, shop_id=incident.shop_id, kind=incident.kind, title=incident.title,
                cause=cause.strip(), follow_ups=tuple(one.text for one in follow_ups), closed_at=now,
            ), now=now,
        )  # fmt: skip
    incident.refresh_from_db()
    return incident


def _log_end(actor: Actor, incident: Incident, key: str, now: datetime) -> None:
    """At the desk when the session is still live; an incident may also be ended after it."""
    desk = Desk.objects.filter(session=incident.session_id, closed_at=None).first() if incident.session_id else None
    if desk is None or incident.session is None:
        audit.record(actor, "live:incident:end", subject=f"incident:{incident.pk}", now=now, shop_id=incident.shop_id)
        return
    Turn(actor, incident.session, desk, key, now, None).record(Deed.PLAYBOOK_OVER, title=incident.title, incident=str(incident.pk), is_drill=incident.is_drill)


def _running(actor: Actor, incident_id: UUID, ability: str) -> Incident:
    """The incident, its desk's row locked first (lock order), then its own, so that ticking and ending queue up."""
    incident = incidents.incident_for(actor, incident_id)
    access.require(actor, ability, shop_id=incident.shop_id)
    if incident.session_id:
        # lock: the desk's row comes before everything else of a session
        Desk.objects.select_for_update().filter(session=incident.session_id).first()
    # lock: ticks and the end of one incident queue up
    locked = Incident.objects.select_for_update().get(pk=incident_id)
    if locked.ended_at is not None:
        raise IncidentOver
    return locked
