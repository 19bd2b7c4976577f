"""Writes of analytics: count a session, decide actions, conclude a retrospective."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.facts.flow import RetrospectiveConcluded
from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.lake.append import Journal
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.kinds import Taken
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.analytics import picture as pictures
from kaibo.stages.analytics import queries
from kaibo.stages.analytics.causes import Cause, causes_of
from kaibo.stages.analytics.house_facts import events_of
from kaibo.stages.analytics.models import Action, PlatformFigure, Retrospective, Snapshot
from kaibo.stages.analytics.permissions import ACT, CONCLUDE, IMPORT, RECOUNT
from kaibo.stages.analytics.picture import VERSION, Picture
from kaibo.stages.analytics.queries import gathering, record
from kaibo.stages.analytics.rules import ACTION_STEPS, ActionState
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

LATE_COMMITS = timedelta(minutes=10)
"""Rows committed after a count but stamped before it; told again to the lake, where an id counts once."""


class SessionNotOver(Conflict):
    code = "analytics.session_not_over"
    message_zh = "这一场还没有结束，结束后才能完成复盘"
    message_en = "This session is not over; conclude it afterwards"


class AlreadyConcluded(Conflict):
    code = "analytics.already_concluded"
    message_zh = "{by} 已经完成了这一场的复盘"
    message_en = "{by} has concluded this retrospective already"


class LessonsMissing(Invalid):
    code = "analytics.lessons_missing"
    message_zh = "请写下至少一条结论，下一场会带上它"
    message_en = "Write at least one lesson; the next session is planned with it"


class CausesUndecided(Conflict):
    code = "analytics.causes_undecided"
    message_zh = "还有 {count} 条发现没有决定：采纳或不采纳后才能完成复盘"
    message_en = "{count} findings are not decided yet; accept or drop them first"


class ActionMovedOn(Conflict):
    code = "analytics.action_moved_on"
    message_zh = "这条行动的状态已变化，请刷新"
    message_en = "This action has moved on; reload"


class CauseUnknown(NotFound):
    code = "analytics.cause_unknown"
    message_zh = "这一场的发现里没有这一条，数据可能已重算"
    message_en = "This session has no such finding; its figures may have been recounted"


class DueInThePast(Invalid):
    code = "analytics.due_in_the_past"
    message_zh = "截止日不能早于今天"
    message_en = "The due day cannot be in the past"


def recount(*, actor: Actor, session_id: UUID, now: datetime) -> Picture:
    """This function will count a session again.   Raises: Forbidden, SessionUnknown, JournalTaken.   Source: INS-1."""
    session = showplan.session_for(actor, session_id)
    access.require(actor, RECOUNT, shop_id=session.shop_id)
    picture = take_snapshot(session=session, now=now)
    audit.record(actor, RECOUNT, subject=f"session:{session_id}", now=now, shop_id=session.shop_id)
    return picture


def take_snapshot(*, session: Session, now: datetime) -> Picture:
    """
    This function will tell the lake what the house knows, compute the session's picture and keep it.

    Told again it changes nothing but the time of taking. Raises: JournalTaken while another process writes its facts.
    """
    claims, lines = record.claims_of(session.room), record.lines_of(session.room)
    before = Snapshot.objects.filter(session=session.pk).values_list("taken_at", flat=True).first()
    events = [one for one in events_of(session.room, claims, lines, now=now) if before is None or one.at >= before - LATE_COMMITS]
    if events:
        with Journal(gathering.lake_folder(), writer="house") as journal:
            journal.append(session.room, events)
    picture = gathering.picture_of(session, claims=claims, lines=lines, now=now)
    kept = {"version": VERSION, "picture": pictures.to_json(picture), "taken_at": now}
    Snapshot.objects.update_or_create(session_id=session.pk, defaults=kept)
    return picture


def causes_for(session: Session, picture: Picture) -> list[Cause]:
    """This function will give why a session went as it did, by the rules and thresholds in force."""
    limits = {key: thresholds.value(f"analytics.{key}", shop_id=session.shop_id) for key in ("min_sample", "return_line_bp")}
    return causes_of(picture, [past for past, _spend in queries.history_of(session)], **limits)


def _cause(session: Session, key: str) -> Cause:
    found = next((one for one in causes_for(session, queries.kept_picture(session.pk)) if one.key == key), None)
    if found is None:
        raise CauseUnknown
    return found


@transaction.atomic
def propose_actions(*, session: Session, now: datetime) -> int:
    """This function will propose an action for each cause not proposed before and give how many were new.   Source: INS-12."""
    causes = causes_for(session, queries.kept_picture(session.pk))
    owners = _owners(session)
    known = set(Action.objects.filter(session=session.pk).values_list("cause", flat=True))
    fresh = [one for one in causes if one.key not in known]
    Action.objects.bulk_create(
        [
            Action(
                session_id=session.pk, cause=one.key, words=one.action[:200], evidence=one.evidence[:400], effect_fen=one.effect_fen,
                owner_id=owners.get(one.owner_role), due_on=business_date(now) + timedelta(days=one.due_days), proposed_at=now,
            )
            for one in fresh
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return len(fresh)


def _owners(session: Session) -> dict[str, UUID]:
    """Who had which duty in the session: the natural owner of an action for that role."""
    owners: dict[str, UUID] = {}
    for duty in showplan.duties_of([session.pk]).get(session.pk, []):
        owners.setdefault(duty.role, duty.person_id)
    return owners


@transaction.atomic
def accept_action(*, actor: Actor, session_id: UUID, cause: str, owner_id: UUID, due_on: date, now: datetime, words: str = "") -> Action:
    """
    This function will make a cause's action somebody's, with a day to be done by.

    Raises: Forbidden, SessionUnknown, CauseUnknown, DueInThePast, ActionMovedOn.   Source: INS-12.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, ACT, shop_id=session.shop_id)
    if due_on < business_date(now):
        raise DueInThePast
    if not Action.objects.filter(session=session_id, cause=cause).exists():
        found = _cause(session, cause)
        Action.objects.bulk_create(
            [
                Action(
                    session_id=session_id, cause=cause, words=found.action[:200], evidence=found.evidence[:400], effect_fen=found.effect_fen,
                    due_on=due_on, proposed_at=now,
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
    action = Action.objects.get(session=session_id, cause=cause)
    _step(
        actor, action, ActionState.ACCEPTED, now, owner_id=owner_id, due_on=due_on, accepted_by=actor.name, words=words.strip()[:200] or action.words
    )
    return action


@transaction.atomic
def drop_action(*, actor: Actor, session_id: UUID, cause: str, now: datetime) -> None:
    """This function will decide against a cause's action.   Raises: Forbidden, SessionUnknown, CauseUnknown, ActionMovedOn."""
    session = showplan.session_for(actor, session_id)
    access.require(actor, ACT, shop_id=session.shop_id)
    action = Action.objects.filter(session=session_id, cause=cause).first()
    if action is None:
        found = _cause(session, cause)
        action = Action.objects.create(
            session_id=session_id, cause=cause, words=found.action[:200], evidence=found.evidence[:400], effect_fen=found.effect_fen,
            due_on=business_date(now) + timedelta(days=found.due_days), proposed_at=now,
        )  # fmt: skip
    _step(actor, action, ActionState.DROPPED, now)


@transaction.atomic
def finish_action(*, actor: Actor, action_id: UUID, now: datetime) -> None:
    """This function will note that an accepted action is done.   Raises: Forbidden, ActionUnknown, ActionMovedOn."""
    action = queries.action_for(actor, action_id)
    access.require(actor, ACT, shop_id=action.session.shop_id)
    _step(actor, action, ActionState.DONE, now, done_at=now)


def _step(actor: Actor, action: Action, target: ActionState, now: datetime, **changes: object) -> None:
    sources = [state.value for state in ACTION_STEPS.sources_of(target)]
    if not Action.objects.filter(pk=action.pk, state__in=sources).update(state=target.value, **changes):
        raise ActionMovedOn
    audit.record(
        actor, ACT, subject=f"action:{action.pk}", now=now, shop_id=action.session.shop_id, details={"state": target.value, "cause": action.cause}
    )


@transaction.atomic
def conclude(*, actor: Actor, session_id: UUID, lessons: str, now: datetime) -> Retrospective:
    """
    This function will conclude a session's retrospective, once, and announce it; its lessons pre-fill the next plan.

    Raises: Forbidden, SessionUnknown, SessionNotOver, LessonsMissing, CausesUndecided, AlreadyConcluded.   Source: LIV-12.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, CONCLUDE, shop_id=session.shop_id)
    if session.state != Session.State.ENDED:
        raise SessionNotOver
    if not lessons.strip():
        raise LessonsMissing
    if undecided := _undecided(session):
        raise CausesUndecided(count=undecided)
    try:
        with transaction.atomic():
            made = Retrospective.objects.create(session_id=session_id, lessons=lessons.strip(), concluded_by=actor.name, concluded_at=now)
    except IntegrityError as twice:
        there = Retrospective.objects.get(session=session_id)
        raise AlreadyConcluded(by=there.concluded_by) from twice
    audit.record(actor, CONCLUDE, subject=f"session:{session_id}", now=now, shop_id=session.shop_id)
    outbox.announce(RetrospectiveConcluded(session_id=session_id, shop_id=session.shop_id, concluded_at=now), now=now)
    return made


def _undecided(session: Session) -> int:
    kept = Snapshot.objects.filter(session=session.pk).exists()
    causes = {one.key for one in causes_for(session, queries.kept_picture(session.pk))} if kept else set()
    decided = set(Action.objects.filter(session=session.pk).exclude(state=ActionState.PROPOSED).values_list("cause", flat=True))
    return len(causes - decided)


@transaction.atomic
def keep_platform_figures(
    *, actor: Actor, session: Session, platform: str, figures: Mapping[str, int], exported_at: datetime, now: datetime
) -> Taken:
    """
    This function will keep what a platform says of a session beside our own figures; an older file never undoes a newer one.

    Raises: Forbidden.   Source: INS-7, INS-11.
    """
    access.require(actor, IMPORT, shop_id=session.shop_id)
    there = {one.key: one for one in PlatformFigure.objects.filter(session=session.pk, platform=platform)}
    outcomes = set()
    for key, value in figures.items():
        stood = there.get(key)
        if stood is not None and (stood.value == value or stood.exported_at > exported_at):
            outcomes.add(Taken.SAME)
            continue
        PlatformFigure.objects.update_or_create(
            session_id=session.pk, platform=platform, key=key, defaults={"value": value, "exported_at": exported_at, "imported_at": now}
        )
        outcomes.add(Taken.CHANGED if there else Taken.NEW)
    return next((word for word in (Taken.CHANGED, Taken.NEW) if word in outcomes), Taken.SAME)
