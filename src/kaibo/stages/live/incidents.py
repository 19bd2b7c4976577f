"""Reads of playbooks and incidents, and the report an incident writes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from kaibo.plumbing.access.actor import Actor
from kaibo.stages.live.models import DeskAction, FigureSample, Incident, IncidentStep, Playbook
from kaibo.stages.live.playbooks import IncidentUnknown, Score, Ticked, score

AROUND = timedelta(minutes=5)
"""The report looks this long before the start and after the end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report's timeline."""

    at: datetime
    who: str
    kind: str
    text: str
    action: DeskAction | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """A figure in the five minutes before, while it lasted and in the five minutes after, per minute; viewers are the mean."""

    key: str
    before: int | None
    during: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What happened, by the clock, and what it cost."""

    incident: Incident
    lines: tuple[Line, ...]
    effects: tuple[Effect, ...]
    score: Score
    lasted_seconds: int


def playbooks_of(shop_id: UUID, *, with_old: bool = False) -> list[Playbook]:
    """This function will list the playbooks of a shop in the order they are offered."""
    found = Playbook.objects.filter(shop=shop_id).order_by("changed_at", "title")
    order = {"device": 0, "network": 1, "unwell": 2, "conduct": 3, "complaint": 4}
    return sorted(found if with_old else found.filter(is_active=True), key=lambda one: (order.get(one.kind, 9), one.title))


def incidents_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Incident]:
    """This function will give the incidents and drills an actor may see, newest first."""
    found = Incident.objects.select_related("session", "shop").order_by("-started_at")
    if not (actor.is_kaibo or actor.sees_all_shops):
        found = found.filter(shop__in=actor.shop_ids)
    return found.filter(shop=shop_id) if shop_id else found


def incident_for(actor: Actor, incident_id: UUID) -> Incident:
    """This function will give an incident.   Raises: IncidentUnknown."""
    incident = Incident.objects.select_related("session", "shop").filter(pk=incident_id).first()
    if incident is None or not actor.sees(incident.shop_id):
        raise IncidentUnknown
    return incident


def running_at(session_id: UUID) -> Incident | None:
    """This function will give what is running at a desk, with its steps."""
    return Incident.objects.prefetch_related("steps").filter(session=session_id, ended_at=None).first()


def steps_of(incident: Incident) -> list[IncidentStep]:
    return list(incident.steps.all())


@dataclass(frozen=True, slots=True)
class Brief:
    """What a list says of an incident: its steps and how long it lasted, without its timeline."""

    score: Score
    lasted_seconds: int


def briefs_of(incidents: QuerySet[Incident], now: datetime) -> list[tuple[Incident, Brief]]:
    """This function will sum up many incidents, in two queries."""
    return [(one, _brief(one, one.ended_at or now)) for one in incidents.prefetch_related("steps")]


def _brief(incident: Incident, ended: datetime) -> Brief:
    ticked = [Ticked(one.due_at, one.done_at) for one in steps_of(incident)]
    return Brief(score(ticked), int((ended - incident.started_at).total_seconds()))


def report_of(incident: Incident, now: datetime) -> Report:
    """This function will put the incident on a timeline, with the desk's log and the figures around it.   Source: LIV-8."""
    ended = incident.ended_at or now
    steps = steps_of(incident)
    lines = [Line(incident.started_at, incident.started_by_name, "start", incident.title)]
    lines += [Line(one.done_at, one.done_by_name, "step", one.text, is_late=one.done_at > one.due_at) for one in steps if one.done_at]
    lines += [Line(datetime.fromisoformat(one["at"]), one["who"], "told" if one["reached"] else "kept", one["text"]) for one in incident.announced]
    lines += [Line(one.at, one.actor_name, "desk", "", action=one) for one in _actions(incident, ended)]
    if incident.ended_at:
        lines.append(Line(incident.ended_at, incident.ended_by_name, "end", incident.cause))
    return Report(
        incident, tuple(sorted(lines, key=lambda line: line.at)), tuple(_effects(incident, ended)), score([Ticked(one.due_at, one.done_at) for one in steps]),
        int((ended - incident.started_at).total_seconds()),
    )  # fmt: skip


def _actions(incident: Incident, ended: datetime) -> Sequence[DeskAction]:
    if incident.session_id is None:
        return []
    found = DeskAction.objects.filter(session=incident.session_id, at__gte=incident.started_at, at__lte=ended).exclude(kind__startswith="playbook")
    return list(found.order_by("at", "id")[:200])


def _effects(incident: Incident, ended: datetime) -> list[Effect]:
    if incident.session_id is None:
        return []
    samples = list(
        FigureSample.objects.filter(session=incident.session_id, at__gte=incident.started_at - AROUND, at__lte=ended + AROUND).order_by("at")
    )
    before = [one for one in samples if one.at <= incident.started_at]
    during = [one for one in samples if incident.started_at <= one.at <= ended]
    after = [one for one in samples if one.at >= ended]
    return [Effect("viewers", *(_mean([one.viewers for one in part]) for part in (before, during, after)))] + [
        Effect(name, *(_per_minute(part, name) for part in (before, during, after))) for name in ("claims", "amount_fen", "messages")
    ]


def _mean(values: Sequence[int]) -> int | None:
    return sum(values) // len(values) if values else None


def _per_minute(samples: Sequence[FigureSample], name: str) -> int | None:
    """How much a counter grew a minute; nothing can be said of less than two samples."""
    if len(samples) < 2 or samples[-1].at <= samples[0].at:
        return None
    seconds = int((samples[-1].at - samples[0].at).total_seconds())
    return (getattr(samples[-1], name) - getattr(samples[0], name)) * 60 // max(seconds, 1)
