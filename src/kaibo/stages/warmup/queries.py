"""Reads of warm-ups, scoped by actor, with a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from kaibo.kit.errors import NotFound
from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import asked_once
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.showplan.models import Session
from kaibo.stages.warmup.models import Announcement, ClickCount, TrackedLink
from kaibo.stages.warmup.rules import Lead, lead


class LinkUnknown(NotFound):
    code = "warmup.link_unknown"
    message_zh = "没有这个推广链接"
    message_en = "There is no such link"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A tracked link with what it brought."""

    id: UUID
    code: str
    platform: str
    title: str
    target: str
    clicks: int
    created_by_name: str
    is_closed: bool


@asked_once
def announcements_of(session_ids: Iterable[UUID]) -> dict[UUID, Announcement]:
    return {one.session_id: one for one in prepared.rows(_announcements, sessions=list(session_ids))}


def _announcements(*, sessions: Any) -> QuerySet[Announcement]:
    return Announcement.objects.filter(session__among=sessions)


def links_of(session_ids: Iterable[UUID]) -> dict[UUID, list[LinkRow]]:
    """This function will give the links of sessions with their clicks, busiest first, in one query."""
    found: dict[UUID, list[LinkRow]] = {}
    links = TrackedLink.objects.filter(session__in=set(session_ids)).annotate(total=Sum("clicks__count")).order_by("-total", "created_at")
    for one in sorted(links, key=lambda link: -(link.total or 0)):
        found.setdefault(one.session_id, []).append(
            LinkRow(one.pk, one.code, one.platform, one.title, one.target, one.total or 0, one.created_by_name, one.closed_at is not None)
        )
    return found


def clicks_by_day(session_id: UUID) -> list[tuple[date, str, int]]:
    """This function will give (day, platform, clicks) of a session's links, in day order."""
    rows = ClickCount.objects.filter(link__session=session_id).values_list("day", "link__platform").annotate(total=Sum("count")).order_by("day")
    return [(day, platform, total) for day, platform, total in rows]


def link_by_code(code: str) -> TrackedLink:
    """This function will give an open link by its code.   Raises: LinkUnknown."""
    link = TrackedLink.objects.select_related("session").filter(code=code.upper(), closed_at=None).first()
    if link is None:
        raise LinkUnknown
    return link


def link_for(actor: Actor, link_id: UUID) -> TrackedLink:
    """This function will give a link of a session the actor sees.   Raises: LinkUnknown."""
    link = TrackedLink.objects.select_related("session").filter(pk=link_id).first()
    if link is None or not actor.sees(link.session.shop_id):
        raise LinkUnknown
    return link


def leads_of(sessions: Sequence[Session], now: datetime) -> dict[UUID, Lead]:
    """This function will say of sessions how their announcement stands: at its publication, or now when it is not out."""
    window = thresholds.values("warmup.least_days", "warmup.most_days")
    announced = announcements_of(session.pk for session in sessions)
    return {
        session.pk: lead(
            session.starts_at,
            announced[session.pk].published_at or now if session.pk in announced else now,
            least_days=window["warmup.least_days"], most_days=window["warmup.most_days"],
        )
        for session in sessions
    }  # fmt: skip
