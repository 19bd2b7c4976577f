"""Plan a session, put it on the calendar, take it off; going live and ending are asked for by the live stage."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kaibo.facts.flow import SessionScheduled
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.shops.models import Platform
from kaibo.master.shops.queries import shop_for
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.room import backoffice as room
from kaibo.room import duties as duties_of_room
from kaibo.stages.compliance import disclosures, licences
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.models import Segment, Session
from kaibo.stages.showplan.permissions import SESSION_PLAN
from kaibo.stages.showplan.rules import (
    PLANNABLE,
    TRANSITIONS,
    DutyRole,
    PlanEmpty,
    PlanIsFixed,
    RoomNameTaken,
    SegmentKind,
    SessionState,
    check_period,
)

STATE_ZH = {"draft": "编排中", "ready": "就绪", "live": "开播", "ended": "结束", "cancelled": "取消"}


class SessionMovedOn(Conflict):
    code = "showplan.session_moved_on"
    message_zh = "场次已{state_zh}，不能这样做；请刷新"
    message_en = "The session is {state} by now; reload"


class PlatformUnknown(Invalid):
    code = "showplan.platform_unknown"
    message_zh = "没有“{platform}”这个平台"
    message_en = "There is no platform “{platform}”"


@transaction.atomic
def plan_session(
    *, actor: Actor, shop_id: UUID, title: str, room_name: str, starts_at: datetime, ends_at: datetime, now: datetime,
    theme: str = "", target_fen: int = 0, video_url: str = "", backup_video_url: str = "", platform: str = Platform.OWN.value,
    is_ai_host: bool = False,
) -> Session:  # fmt: skip
    """This function will plan a session.   Raises: Forbidden, ShopUnknown, EndsBeforeItStarts, RoomNameTaken."""
    access.require(actor, SESSION_PLAN, shop_id=shop_id)
    shop_for(actor, shop_id)
    check_period(starts_at, ends_at)
    if platform not in Platform.values:
        raise PlatformUnknown(platform=platform)
    try:
        with transaction.atomic():
            session = Session.objects.create(
                shop_id=shop_id, title=title, theme=theme, room=room_name, starts_at=starts_at, ends_at=ends_at,
                target_fen=target_fen, video_url=video_url, backup_video_url=backup_video_url, platform=platform, is_ai_host=is_ai_host, created_by=actor.name, created_at=now,
            )  # fmt: skip
    except IntegrityError as taken:
        raise RoomNameTaken(room=room_name) from taken
    audit.record(actor, "showplan:session:plan", subject=f"session:{session.pk}", now=now, details={"title": title}, shop_id=shop_id)
    return session


@transaction.atomic
def change_session(
    *, actor: Actor, session_id: UUID, title: str, theme: str, starts_at: datetime, ends_at: datetime, target_fen: int, now: datetime,
    video_url: str = "", backup_video_url: str = "", is_ai_host: bool = False,
) -> None:  # fmt: skip
    """This function will change what is planned of a session not yet live.   Raises: Forbidden, PlanIsFixed, EndsBeforeItStarts."""
    session = plannable(actor, session_id)
    check_period(starts_at, ends_at)
    Session.objects.filter(pk=session_id).update(
        title=title, theme=theme, starts_at=starts_at, ends_at=ends_at, target_fen=target_fen, video_url=video_url,
        backup_video_url=backup_video_url, is_ai_host=is_ai_host,
    )  # fmt: skip
    if session.state == Session.State.READY:
        _show_in_room(session_id, now)
        if starts_at != session.starts_at:
            outbox.announce(SessionScheduled(session_id=session_id, shop_id=session.shop_id, starts_at=starts_at), now=now)
    audit.record(
        actor, "showplan:session:change", subject=f"session:{session_id}", now=now, shop_id=session.shop_id,
        details={"title": title, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat(), "target_fen": target_fen},
    )  # fmt: skip


def plannable(actor: Actor, session_id: UUID) -> Session:
    """
    This function will give a session whose plan may still change, locked for this transaction.

    Raises: Forbidden, SessionUnknown, PlanIsFixed.
    """
    session = queries.session_for(actor, session_id)
    access.require(actor, SESSION_PLAN, shop_id=session.shop_id)
    # lock: the session's row orders the writers of one plan; it is always taken first
    session = Session.objects.select_for_update().get(pk=session_id)
    if SessionState(session.state) not in PLANNABLE:
        raise PlanIsFixed(state=session.state, state_zh=STATE_ZH[session.state])
    return session


@transaction.atomic
def make_ready(*, actor: Actor, session_id: UUID, now: datetime) -> None:
    """
    This function will put a planned session on the calendar: its room opens its door as “planned”, the others are told.

    Raises: Forbidden, PlanEmpty, SessionMovedOn.   Source: facts/law L2 (who runs the room is shown to viewers).
    """
    session = queries.session_for(actor, session_id)
    access.require(actor, SESSION_PLAN, shop_id=session.shop_id)
    if not Segment.objects.filter(session=session_id, kind=SegmentKind.PRODUCT.value).exists():
        raise PlanEmpty
    move(session, SessionState.READY)
    _show_in_room(session_id, now)
    audit.record(actor, "showplan:session:ready", subject=f"session:{session_id}", now=now, shop_id=session.shop_id)
    outbox.announce(SessionScheduled(session_id=session_id, shop_id=session.shop_id, starts_at=session.starts_at), now=now)


@transaction.atomic
def back_to_draft(*, actor: Actor, session_id: UUID, now: datetime) -> None:
    """This function will take a session back to planning.   Raises: Forbidden, SessionMovedOn."""
    session = queries.session_for(actor, session_id)
    access.require(actor, SESSION_PLAN, shop_id=session.shop_id)
    move(session, SessionState.DRAFT)
    audit.record(actor, "showplan:session:draft", subject=f"session:{session_id}", now=now, shop_id=session.shop_id)


@transaction.atomic
def cancel_session(*, actor: Actor, session_id: UUID, reason: str, now: datetime) -> None:
    """This function will cancel a session that has not begun.   Raises: Forbidden, SessionMovedOn."""
    session = queries.session_for(actor, session_id)
    access.require(actor, SESSION_PLAN, shop_id=session.shop_id)
    move(session, SessionState.CANCELLED)
    if session.state == Session.State.READY and not session.is_elsewhere:
        with connection.cursor() as cursor:
            room.set_room_state(cursor, room=session.room, state="ended")
    audit.record(actor, "showplan:session:cancel", subject=f"session:{session_id}", now=now, reason=reason, shop_id=session.shop_id)


def mark_live(*, session: Session, now: datetime) -> None:
    """This function will note that a session went live, inside the live stage's transaction.   Raises: SessionMovedOn."""
    move(session, SessionState.LIVE, started_at=now)
    _show_in_room(session.pk, now)


def mark_ended(*, session: Session, now: datetime) -> None:
    """This function will note that a session ended, inside the live stage's transaction.   Raises: SessionMovedOn."""
    move(session, SessionState.ENDED, ended_at=now)


def move(session: Session, target: SessionState, **changes: datetime) -> None:
    """This function will step a session along the transition table, once.   Raises: SessionMovedOn."""
    sources = [state.value for state in TRANSITIONS.sources_of(target)]
    if not Session.objects.filter(pk=session.pk, state__in=sources).update(state=target.value, **changes):
        there = Session.objects.values_list("state", flat=True).get(pk=session.pk)
        raise SessionMovedOn(state=there, state_zh=STATE_ZH[there])


def _show_in_room(session_id: UUID, now: datetime) -> None:
    """Open the room, or bring its words up to date: title, operator, host and company as the law wants them shown."""
    session = Session.objects.select_related("shop").get(pk=session_id)
    if session.is_elsewhere:
        return
    duties = queries.duties_of([session_id]).get(session_id, [])
    hosts = "、".join(duty.name for duty in duties if duty.role == DutyRole.HOST.value)
    with connection.cursor() as cursor:
        room.open_room(
            cursor, room=session.room, title=session.title, operator=session.shop.name, host=hosts or session.shop.name,
            company=session.shop.company, starts_at=session.starts_at, video_url=session.video_url, shop=session.shop_id,
        )  # fmt: skip
        duties_of_room.show_identity(
            cursor, room=session.room, licence_number=session.shop.licence_number, contact=session.shop.contact,
            service_url=session.shop.service_url, is_ai_host=session.is_ai_host,
        )  # fmt: skip
    disclosures.publish_permits([session.shop_id], now)
    licences.publish([session.shop_id])
