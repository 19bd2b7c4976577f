"""Moderate the talk: mute, block, remove, pin, decide, answer. Each act has its audit row; what can truly be taken back has its opposite."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import objections
from kaibo.plumbing.thresholds import thresholds
from kaibo.room import moderation
from kaibo.room.moderation import Message, Question
from kaibo.stages.compliance.queries import screen_now
from kaibo.stages.live.models import Reply
from kaibo.stages.live.permissions import TALK_ANSWER, TALK_BLOCK, TALK_MODERATE
from kaibo.stages.live.talk_rules import (
    MOST_MUTE_MINUTES,
    MessageDecided,
    MuteOutOfRange,
    QuestionSettled,
    ReplyUnknown,
    SayingBlocked,
    TalkReasonNeeded,
    VisitorUnknown,
    check_saying,
)
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

KEEP_DAYS = "live.chat_keep_days"


@transaction.atomic
def mute_visitor(*, actor: Actor, session_id: UUID, visitor: str, minutes: int, reason: str, now: datetime) -> datetime:
    """
    This function will keep a viewer from speaking in this room for some minutes and give until when.

    Raises: Forbidden, MuteOutOfRange, VisitorUnknown.   Source: LIV-9.
    """
    session = _session(actor, session_id, TALK_MODERATE)
    if not 1 <= minutes <= MOST_MUTE_MINUTES:
        raise MuteOutOfRange
    until = now + timedelta(minutes=minutes)
    with connection.cursor() as cursor:
        nickname = _nickname(cursor, session, visitor)
        moderation.mute(cursor, room=session.room, visitor=visitor, nickname=nickname, until=until, reason=reason.strip()[:200], muted_by=actor.name)
    _record(actor, "mute", session, now, visitor=visitor, minutes=minutes)
    return until


@transaction.atomic
def unmute_visitor(*, actor: Actor, session_id: UUID, visitor: str, now: datetime) -> None:
    """This function will let a muted viewer speak again.   Raises: Forbidden, VisitorUnknown."""
    session = _session(actor, session_id, TALK_MODERATE)
    with connection.cursor() as cursor:
        if not moderation.unmute(cursor, room=session.room, visitor=visitor):
            raise VisitorUnknown
    _record(actor, "unmute", session, now, visitor=visitor)


@transaction.atomic
def block_visitor(*, actor: Actor, session_id: UUID, visitor: str, reason: str, now: datetime) -> None:
    """
    This function will keep a viewer from speaking in every room of the shop, from now on.

    Raises: Forbidden, TalkReasonNeeded, VisitorUnknown.   Source: LIV-9, facts/law L3 (no blocking of bad reviews: hence the reason).
    """
    session = _session(actor, session_id, TALK_BLOCK)
    if not reason.strip():
        raise TalkReasonNeeded
    with connection.cursor() as cursor:
        nickname = _nickname(cursor, session, visitor)
        moderation.block(cursor, shop=str(session.shop_id), visitor=visitor, nickname=nickname, reason=reason.strip()[:200], blocked_by=actor.name)
    _record(actor, "block", session, now, reason=reason.strip()[:200], visitor=visitor)


@transaction.atomic
def unblock_visitor(*, actor: Actor, session_id: UUID, visitor: str, now: datetime) -> None:
    """This function will take a viewer off the shop's blocklist.   Raises: Forbidden, VisitorUnknown."""
    session = _session(actor, session_id, TALK_BLOCK)
    with connection.cursor() as cursor:
        if not moderation.unblock(cursor, shop=str(session.shop_id), visitor=visitor):
            raise VisitorUnknown
    _record(actor, "unblock", session, now, visitor=visitor)


@transaction.atomic
def remove_message(*, actor: Actor, session_id: UUID, message_id: UUID, reason: str, now: datetime) -> None:
    """
    This function will take a message off every viewer's page, with the reason; the record stays.

    Raises: Forbidden, TalkReasonNeeded, MessageDecided.   Source: LIV-9, facts/law L3.
    """
    session = _session(actor, session_id, TALK_MODERATE)
    if not reason.strip():
        raise TalkReasonNeeded
    with connection.cursor() as cursor:
        if not moderation.remove_message(cursor, room=session.room, message=message_id, reason=reason.strip()[:200], removed_by=actor.name):
            raise MessageDecided
    _record(actor, "remove", session, now, reason=reason.strip()[:200], message=str(message_id))


@transaction.atomic
def restore_message(*, actor: Actor, session_id: UUID, message_id: UUID, now: datetime) -> None:
    """This function will show a removed message again.   Raises: Forbidden, MessageDecided."""
    session = _session(actor, session_id, TALK_MODERATE)
    with connection.cursor() as cursor:
        if not moderation.restore_message(cursor, room=session.room, message=message_id):
            raise MessageDecided
    _record(actor, "restore", session, now, message=str(message_id))


@transaction.atomic
def pin_message(*, actor: Actor, session_id: UUID, message_id: UUID, now: datetime) -> None:
    """This function will show a message above the chat, in place of the one before.   Raises: Forbidden, MessageIsNotHere."""
    session = _session(actor, session_id, TALK_MODERATE)
    with connection.cursor() as cursor:
        moderation.pin_message(cursor, room=session.room, message=message_id, pinned_by=actor.name)
    _record(actor, "pin", session, now, message=str(message_id))


@transaction.atomic
def unpin_message(*, actor: Actor, session_id: UUID, now: datetime) -> None:
    """This function will take the pinned message away.   Raises: Forbidden, MessageDecided."""
    session = _session(actor, session_id, TALK_MODERATE)
    with connection.cursor() as cursor:
        message = moderation.unpin(cursor, room=session.room)
    if message is None:
        raise MessageDecided
    _record(actor, "unpin", session, now, message=str(message))


@transaction.atomic
def decide_held(*, actor: Actor, session_id: UUID, message_id: UUID, is_shown: bool, now: datetime) -> Message:
    """
    This function will show a held message to the room, or keep it back for good.

    Raises: Forbidden, MessageIsNotHere, MessageDecided.   Source: facts/law L2.
    """
    session = _session(actor, session_id, TALK_MODERATE)
    with connection.cursor() as cursor:
        message = moderation.message_of(cursor, session.room, message_id)
        if not moderation.decide_message(cursor, message=message_id, is_shown=is_shown):
            raise MessageDecided
        moderation.tell_desk(cursor, room=session.room, kind="decided", body={"message": str(message_id)})
    _record(actor, "let_through" if is_shown else "keep_back", session, now, message=str(message_id))
    return message


@transaction.atomic
def answer_question(*, actor: Actor, session_id: UUID, question_id: UUID, text: str, now: datetime) -> Question:
    """
    This function will answer a question on every viewer's screen; an empty text marks it as answered aloud.

    Raises: Forbidden, SayingEmpty, SayingBlocked, QuestionIsNotHere, QuestionSettled.   Source: LIV-9, CMP-9.
    """
    session = _session(actor, session_id, TALK_ANSWER)
    words = check_clean(text) if text.strip() else ""
    with connection.cursor() as cursor:
        settled = moderation.settle_question(cursor, room=session.room, question=question_id, answer=words, settled_by=actor.name)
        if settled is None:
            raise QuestionSettled
        moderation.tell_desk(cursor, room=session.room, kind="question", body={"settled": str(question_id)})
    _record(actor, "answer", session, now, question=str(question_id), on_screen=bool(words), asked=settled.asked)
    return settled


@transaction.atomic
def dismiss_question(*, actor: Actor, session_id: UUID, question_id: UUID, now: datetime) -> None:
    """This function will put a question aside.   Raises: Forbidden, QuestionIsNotHere, QuestionSettled."""
    session = _session(actor, session_id, TALK_ANSWER)
    with connection.cursor() as cursor:
        if moderation.dismiss_question(cursor, room=session.room, question=question_id, settled_by=actor.name) is None:
            raise QuestionSettled
        moderation.tell_desk(cursor, room=session.room, kind="question", body={"settled": str(question_id)})
    _record(actor, "dismiss", session, now, question=str(question_id))


@transaction.atomic
def reopen_question(*, actor: Actor, session_id: UUID, question_id: UUID, now: datetime) -> None:
    """This function will open a question again that was put aside or answered aloud.   Raises: Forbidden, QuestionSettled."""
    session = _session(actor, session_id, TALK_ANSWER)
    with connection.cursor() as cursor:
        if not moderation.reopen_question(cursor, room=session.room, question=question_id):
            raise QuestionSettled
        moderation.tell_desk(cursor, room=session.room, kind="question", body={"reopened": str(question_id)})
    _record(actor, "reopen", session, now, question=str(question_id))


@transaction.atomic
def say_as_shop(*, actor: Actor, session_id: UUID, now: datetime, text: str = "", reply_id: UUID | None = None) -> UUID:
    """
    This function will say something in the chat in the shop's name: own words, or an approved reply.

    Both are screened by the words of this moment.   Raises: Forbidden, SayingEmpty, SayingBlocked, ReplyUnknown.   Source: LIV-9, CMP-4.
    """
    session = _session(actor, session_id, TALK_ANSWER)
    if reply_id is not None:
        reply = Reply.objects.filter(pk=reply_id, shop=session.shop_id, state=Reply.State.APPROVED).first()
        if reply is None:
            raise ReplyUnknown
        text = reply.text
    words = check_clean(text)
    with connection.cursor() as cursor:
        message = moderation.say_as_shop(cursor, room=session.room, nickname=session.shop.name, text=words)
    _record(actor, "say", session, now, message=str(message), reply=str(reply_id) if reply_id else "")
    return message


def forget_old_messages(now: datetime) -> int:
    """This function will erase what viewers said longer ago than the shop keeps it.   Source: PIPL art 19, facts/law L2."""
    before = now - timedelta(days=thresholds.value(KEEP_DAYS))
    with transaction.atomic(), connection.cursor() as cursor:
        return moderation.forget_messages(cursor, before=before)


def check_clean(text: str) -> str:
    """This function will give words that may stand in the chat.   Raises: SayingEmpty, SayingBlocked."""
    words = check_saying(text)
    blocked = [hit for hit in screen_now(words, surface="reply", category="").hits if hit.severity == "block"]
    if blocked:
        raise SayingBlocked(**objections(blocked))
    return words


def _session(actor: Actor, session_id: UUID, ability: str) -> Session:
    session = showplan.session_for(actor, session_id)
    access.require(actor, ability, shop_id=session.shop_id)
    return session


def _nickname(cursor: Any, session: Session, visitor: str) -> str:
    """Only somebody who spoke in this room can be muted or blocked from its desk."""
    said = moderation.messages_of(cursor, session.room, visitor=visitor, limit=1)
    if not said or not visitor.startswith("v"):
        raise VisitorUnknown
    return said[0].nickname


def _record(actor: Actor, verb: str, session: Session, now: datetime, *, reason: str = "", **details: Any) -> None:
    audit.record(actor, f"live:talk:{verb}", subject=f"session:{session.pk}", now=now, shop_id=session.shop_id, reason=reason, details=details)
