"""Reads of the talk: what waits for a person, who may not speak, what the host said. A constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from kaibo.language.screening import Hit
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import Difference
from kaibo.room import moderation, polls
from kaibo.room.moderation import Block, Message, Mute, Question
from kaibo.room.polls import Poll
from kaibo.stages.compliance.queries import Piece, pieces_of
from kaibo.stages.live.models import Reply, SpeechHit, SpeechLine
from kaibo.stages.showplan.models import Session

MOST_OPEN_HITS = 30


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A held message with its objections marked at their places."""

    message: Message
    pieces: tuple[Piece, ...]
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class HitRow:
    """A hit in the host's words with the line it stands in."""

    hit: SpeechHit
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OptionRow:
    option: int
    title: str
    votes: int
    percent: int


@dataclass(frozen=True, slots=True)
class PollRow:
    """A poll with its options in percent of the votes."""

    poll: Poll
    options: tuple[OptionRow, ...]

    @property
    def is_open(self) -> bool:
        return self.poll.state == "open"


@dataclass(frozen=True, slots=True)
class Panel:
    """What the desk's talk panel shows at one moment."""

    hits: tuple[HitRow, ...]
    held: tuple[HeldRow, ...]
    questions: tuple[Question, ...]
    polls: tuple[PollRow, ...]
    pinned: dict[str, Any] | None
    mutes: tuple[Mute, ...]


@dataclass(frozen=True, slots=True)
class SpeechCount:
    """How much the host said and how often it was objected to; corrections of the recogniser do not count."""

    lines: int
    words: int
    hits: int
    blocking: int
    waiting: int

    @property
    def hits_per_thousand_words(self) -> int:
        return self.hits * 1000 // self.words if self.words else 0


def panel_of(session: Session) -> Panel:
    """This function will read what waits for a person in a room's talk."""
    with connection.cursor() as cursor:
        held = tuple(_held(one) for one in moderation.held_of(cursor, session.room, limit=50))
        questions = tuple(moderation.questions_of(cursor, session.room, limit=50))
        found = tuple(_poll_row(one) for one in polls.polls_of(cursor, session.room, limit=3))
        pinned = moderation.pinned_of(cursor, session.room)
        mutes = tuple(moderation.mutes_of(cursor, session.room))
    hits = SpeechHit.objects.select_related("line").filter(session=session, state=SpeechHit.State.OPEN).order_by("-at", "-id")[:MOST_OPEN_HITS]
    return Panel(tuple(_hit_row(one) for one in hits), held, questions, found, pinned, mutes)


def desk_stream(session: Session, actor: Actor) -> str:
    """This function will give the path, with its pass, of the stream only staff may follow."""
    with connection.cursor() as cursor:
        return f"/rooms/{session.room}/desk?token={moderation.desk_pass(cursor, room=session.room, name=actor.name)}"


def messages_of(session: Session, *, visitor: str = "", text: str = "") -> list[Message]:
    with connection.cursor() as cursor:
        return moderation.messages_of(cursor, session.room, visitor=visitor, text=text)


def blocks_of(shop_id: UUID) -> list[Block]:
    with connection.cursor() as cursor:
        return moderation.blocks_of(cursor, str(shop_id))


def settled_questions(session: Session) -> list[Question]:
    """This function will give the questions that were answered or put aside, latest first."""
    with connection.cursor() as cursor:
        found = [*moderation.questions_of(cursor, session.room, state="answered"), *moderation.questions_of(cursor, session.room, state="dismissed")]
    return sorted(found, key=lambda one: one.last_asked_at, reverse=True)


def polls_of(session: Session) -> list[PollRow]:
    with connection.cursor() as cursor:
        return [_poll_row(one) for one in polls.polls_of(cursor, session.room, limit=100)]


def replies_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Reply]:
    """This function will give the replies an actor may see, those that wait first."""
    found = Reply.objects.select_related("shop").exclude(state=Reply.State.RETIRED)
    if not (actor.is_kaibo or actor.sees_all_shops):
        found = found.filter(shop__in=actor.shop_ids)
    if shop_id:
        found = found.filter(shop=shop_id)
    return found.order_by("-state", "-written_at", "id")


def quick_replies(shop_id: UUID) -> list[Reply]:
    """This function will give the approved replies a person can press."""
    return list(Reply.objects.filter(shop=shop_id, state=Reply.State.APPROVED, keywords=[]).order_by("text"))


def speech_hits(session_id: UUID) -> list[HitRow]:
    """This function will give every objection to the host's words of a session, in the order they were said."""
    found = SpeechHit.objects.select_related("line").filter(session=session_id).exclude(state=SpeechHit.State.WITHDRAWN)
    return [_hit_row(one) for one in found.order_by("line__at", "start", "id")]


def speech_count(session_id: UUID) -> SpeechCount:
    """This function will count the host's words and what was objected to: two queries."""
    said = SpeechLine.objects.filter(session=session_id).aggregate(lines=Count("id"), words=Sum("words"))
    real = ~Q(state=SpeechHit.State.WITHDRAWN)
    hits = SpeechHit.objects.filter(session=session_id).aggregate(
        hits=Count("id", filter=real), blocking=Count("id", filter=real & Q(severity="block")), waiting=Count("id", filter=Q(state=SpeechHit.State.OPEN))
    )
    return SpeechCount(said["lines"], said["words"] or 0, hits["hits"], hits["blocking"], hits["waiting"])


def poll_differences() -> list[Difference]:
    """This function will prove that each option's count is the number of its votes."""
    with connection.cursor() as cursor:
        return [Difference("live", said) for said in polls.differences(cursor)]


def _held(message: Message) -> HeldRow:
    hits = tuple(
        Hit(one["start"], one["end"], one["text"], one["kind"], one["severity"], one["source"], one["suggestion"]) for one in message.hits
    )
    return HeldRow(message, tuple(pieces_of(message.text, hits)), hits)


def _hit_row(hit: SpeechHit) -> HitRow:
    said = hit.line.text
    return HitRow(hit, said[: max(hit.start, 0)], said[max(hit.end, 0) :])


def _poll_row(poll: Poll) -> PollRow:
    most = max(poll.votes, 1)
    return PollRow(poll, tuple(OptionRow(one.option, one.title, one.votes, one.votes * 100 // most) for one in poll.options))

