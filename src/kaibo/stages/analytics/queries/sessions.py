"""Reads of the pages: kept pictures, history, the platform's figures, actions and conclusions, scoped by actor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kaibo.kit.errors import NotFound
from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import asked_once
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import wiring
from kaibo.stages.analytics import picture as pictures
from kaibo.stages.analytics.models import Action, PlatformFigure, Retrospective, Snapshot
from kaibo.stages.analytics.picture import Picture
from kaibo.stages.analytics.rules import HISTORY_SESSIONS
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

TARGETS = {"viewers": "analytics.views_target", "interaction": "analytics.interaction_target_bp", "conversion": "analytics.conversion_target_bp"}
CONCLUDE_WITHIN = timedelta(days=2)


class NoPictureYet(NotFound):
    code = "analytics.no_picture_yet"
    message_zh = "这一场还没有数据，开播后每分钟更新"
    message_en = "This session has no figures yet; they are updated every minute once it is live"


class ActionUnknown(NotFound):
    code = "analytics.action_unknown"
    message_zh = "没有这条行动，或你看不到它"
    message_en = "There is no such action, or you cannot see it"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in the list, with its picture when there is one."""

    session: Session
    picture: Picture | None
    is_concluded: bool
    open_actions: int


def kept_picture(session_id: UUID) -> Picture:
    """This function will give a session's kept picture.   Raises: NoPictureYet."""
    kept = Snapshot.objects.filter(session=session_id).values_list("picture", flat=True).first()
    if kept is None:
        raise NoPictureYet
    return pictures.from_json(kept)


def snapshots_of(session_ids: Iterable[UUID]) -> dict[UUID, Picture]:
    return {session_id: pictures.from_json(picture) for session_id, picture in prepared.rows(_snapshots, sessions=list(session_ids))}


def _snapshots(*, sessions: Any) -> QuerySet[Any]:
    return Snapshot.objects.filter(session__among=sessions).values_list("session_id", "picture")


def history_of(session: Session, *, most: int = HISTORY_SESSIONS) -> list[tuple[Picture, int | None]]:
    """This function will give the shop's last ended sessions before this one with their spend, newest first.   Source: INS-2."""
    kept = list(
        Snapshot.objects.filter(session__shop=session.shop_id, session__state="ended", session__starts_at__lt=session.starts_at)
        .exclude(session=session.pk).order_by("-session__starts_at")[:most]
    )  # fmt: skip
    spent = dict(PlatformFigure.objects.filter(session__in=[one.session_id for one in kept], key="spend").values_list("session", "value"))
    return [(pictures.from_json(one.picture), spent.get(one.session_id)) for one in kept]


def histories_of(sessions: Sequence[Session], *, most: int = HISTORY_SESSIONS) -> dict[UUID, list[tuple[Picture, int | None]]]:
    """This function will give what `history_of` gives, for many sessions in three queries."""
    ended: dict[UUID, list[tuple[datetime, UUID]]] = {}
    kept = Snapshot.objects.filter(session__shop__in={one.shop_id for one in sessions}, session__state="ended").order_by("-session__starts_at")
    for shop_id, starts_at, session_id in kept.values_list("session__shop_id", "session__starts_at", "session_id"):
        ended.setdefault(shop_id, []).append((starts_at, session_id))
    before: dict[UUID, list[UUID]] = {}
    for one in sessions:
        earlier = (session_id for starts_at, session_id in ended.get(one.shop_id, ()) if starts_at < one.starts_at and session_id != one.pk)
        before[one.pk] = list(islice(earlier, most))
    wanted = {session_id for some in before.values() for session_id in some}
    found = snapshots_of(wanted)
    spent = dict(PlatformFigure.objects.filter(session__in=wanted, key="spend").values_list("session", "value"))
    return {session_id: [(found[one], spent.get(one)) for one in some] for session_id, some in before.items()}


def platform_of(session_id: UUID) -> dict[str, tuple[int, str]]:
    """This function will give the platform's own figures: key → (value, platform)."""
    return platforms_of([session_id]).get(session_id, {})


def platforms_of(session_ids: Iterable[UUID]) -> dict[UUID, dict[str, tuple[int, str]]]:
    """This function will give the platforms' own figures of sessions; sessions without any are left out."""
    found: dict[UUID, dict[str, tuple[int, str]]] = {}
    told = PlatformFigure.objects.filter(session__in=list(session_ids)).order_by("exported_at")
    for session_id, key, value, platform in told.values_list("session_id", "key", "value", "platform"):
        found.setdefault(session_id, {})[key] = (value, platform)
    return found


def targets_for(session: Session) -> dict[str, tuple[int, str]]:
    """This function will give the targets of figures with their source; the plan's own where it has one.   Source: INS-2."""
    targets = dict(_targets_of_shop(session.shop_id))
    if session.target_fen:
        targets["net"] = (session.target_fen, "SHW-1")
    return targets


@asked_once
def _targets_of_shop(shop_id: UUID) -> dict[str, tuple[int, str]]:
    known = wiring().thresholds()
    return {figure: (thresholds.value(key, shop_id=shop_id), known[key].source) for figure, key in TARGETS.items()}


def session_rows(actor: Actor, *, shop_id: UUID | None = None, most: int = 60) -> list[SessionRow]:
    """This function will list sessions that were or are live, newest first, in a constant number of queries."""
    sessions = list(showplan.sessions_for(actor, shop_id=shop_id).filter(state__in=["live", "ended"])[:most])
    ids = [one.pk for one in sessions]
    kept = snapshots_of(ids)
    concluded = set(Retrospective.objects.filter(session__in=ids).values_list("session", flat=True))
    waiting: dict[UUID, int] = {}
    for session_id in Action.objects.filter(session__in=ids, state__in=["proposed", "accepted"]).values_list("session", flat=True):
        waiting[session_id] = waiting.get(session_id, 0) + 1
    return [SessionRow(one, kept.get(one.pk), one.pk in concluded, waiting.get(one.pk, 0)) for one in sessions]


def actions_of(session_id: UUID) -> list[Action]:
    return list(Action.objects.filter(session=session_id).order_by("proposed_at", "cause"))


def action_for(actor: Actor, action_id: UUID) -> Action:
    """This function will give an action of the actor's shops.   Raises: ActionUnknown."""
    action = Action.objects.select_related("session").filter(pk=action_id).first()
    if action is None or not actor.sees(action.session.shop_id):
        raise ActionUnknown
    return action


def actions_due(actor: Actor) -> QuerySet[Action]:
    """This function will give the actor's own accepted actions, soonest first."""
    return Action.objects.select_related("session").filter(state="accepted", owner_id=actor.person_id).order_by("due_on")


def sessions_to_conclude(actor: Actor) -> QuerySet[Session]:
    """This function will give ended sessions without a conclusion, oldest first."""
    return showplan.sessions_for(actor).filter(state="ended", retrospective=None).order_by("ended_at")


def retrospective_of(session_id: UUID) -> Retrospective | None:
    return Retrospective.objects.filter(session=session_id).first()


def concluded_sessions(session_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    return dict(prepared.rows(_concluded, sessions=list(session_ids)))


def _concluded(*, sessions: Any) -> QuerySet[Any]:
    return Retrospective.objects.filter(session__among=sessions).values_list("session", "concluded_at")


def lessons_of(session_id: UUID) -> tuple[str, Sequence[str]]:
    """This function will give the lessons of a concluded session and the words of its accepted actions, for the next plan.   Source: LIV-12."""
    concluded = retrospective_of(session_id)
    words = Action.objects.filter(session=session_id, state__in=["accepted", "done"]).order_by("due_on").values_list("words", flat=True)
    return (concluded.lessons if concluded else "", list(words))
