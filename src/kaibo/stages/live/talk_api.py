"""The talk over the JSON API: the host's speech from any recogniser, moderation, questions, polls, replies."""

# Annotations are evaluated here: `paginate` wraps the function and would look for UUID in its own module.

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from kaibo.plumbing.access import access
from kaibo.stages.live import talk_queries as queries
from kaibo.stages.live.models import Reply
from kaibo.stages.live.permissions import DESK_SEE
from kaibo.stages.live.services import polls, replies, speech, talk
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session

router = Router(tags=["live talk"])


class LineIn(Schema):
    at: datetime
    text: str
    final: bool = True


class SpeechIn(Schema):
    """One line, or several in `lines`."""

    at: datetime | None = None
    text: str = ""
    final: bool = True
    lines: list[LineIn] = []


class SpeechHitOut(Schema):
    id: UUID
    text: str
    kind: str
    severity: str
    source: str
    suggestion: str
    start: int
    end: int
    state: str


class HearingOut(Schema):
    lines: int
    words: int
    hits: list[SpeechHitOut]


class SpokenOut(SpeechHitOut):
    at: datetime
    said: str
    acknowledged_by_name: str
    note: str


class NoteIn(Schema):
    note: str = ""


class TextIn(Schema):
    text: str = ""


class ReasonIn(Schema):
    reason: str = ""


class MuteIn(Schema):
    minutes: int
    reason: str = ""


class HeldIn(Schema):
    is_shown: bool


class MessageOut(Schema):
    message: UUID
    visitor: str
    nickname: str
    text: str
    verdict: str
    speaker: str
    sent_at: datetime
    removed_by: str
    reason: str


class QuestionOut(Schema):
    question: UUID
    text: str
    state: str
    asked: int
    first_asked_at: datetime
    last_asked_at: datetime
    answer: str
    answered_by: str


class PollIn(Schema):
    title: str
    options: list[str]
    minutes: int | None = None


class OptionOut(Schema):
    option: int
    title: str
    votes: int


class PollOut(Schema):
    poll: UUID
    title: str
    state: str
    opened_at: datetime
    closes_at: datetime | None
    votes: int
    options: list[OptionOut]


class ReplyIn(Schema):
    shop_id: UUID
    text: str = Field(max_length=200)
    keywords: list[str] = []
    cooldown_seconds: int = 60


class ReplyOut(Schema):
    id: UUID
    shop_id: UUID
    text: str
    keywords: list[str]
    cooldown_seconds: int
    state: str
    written_by_name: str
    decided_by_name: str


def _seen(request: HttpRequest, session_id: UUID) -> Session:
    session = showplan.session_for(request.auth, session_id)
    access.require(request.auth, DESK_SEE, shop_id=session.shop_id)
    return session


def _said(request: HttpRequest, session_id: UUID) -> dict[str, object]:
    return {"actor": request.auth, "session_id": session_id, "now": request.now}


@router.post("/sessions/{session_id}/speech", response=HearingOut)
def hear(request: HttpRequest, session_id: UUID, body: SpeechIn) -> speech.Hearing:
    lines = [speech.Line(one.at, one.text, one.final) for one in body.lines]
    if body.at is not None:
        lines.append(speech.Line(body.at, body.text, body.final))
    return speech.hear_lines(lines=lines, **_said(request, session_id))


@router.get("/sessions/{session_id}/speech", response=list[SpokenOut])
@paginate
def spoken(request: HttpRequest, session_id: UUID) -> list[SpokenOut]:
    rows = queries.speech_hits(_seen(request, session_id).pk)
    return [
        SpokenOut(
            id=one.hit.pk, text=one.hit.text, kind=one.hit.kind, severity=one.hit.severity, source=one.hit.source, suggestion=one.hit.suggestion,
            start=one.hit.start, end=one.hit.end, state=one.hit.state, at=one.hit.line.at, said=one.hit.line.text,
            acknowledged_by_name=one.hit.acknowledged_by_name, note=one.hit.note,
        )
        for one in rows
    ]  # fmt: skip


@router.get("/sessions/{session_id}/desk-stream", response={200: dict})
def desk_stream(request: HttpRequest, session_id: UUID) -> dict[str, str]:
    """The address, with its pass, of the stream on which hits and held messages are told."""
    return {"stream": settings.ENV.room_url + queries.desk_stream(_seen(request, session_id), request.auth)}


@router.post("/sessions/{session_id}/speech/{hit_id}/acknowledge", response={204: None})
def acknowledge(request: HttpRequest, session_id: UUID, hit_id: UUID, body: NoteIn) -> tuple[int, None]:
    speech.acknowledge_hit(hit_id=hit_id, note=body.note, **_said(request, session_id))
    return 204, None


@router.get("/sessions/{session_id}/messages", response=list[MessageOut])
@paginate
def messages(request: HttpRequest, session_id: UUID) -> list[queries.Message]:
    return queries.messages_of(_seen(request, session_id))


@router.post("/sessions/{session_id}/messages", response={201: dict})
def say(request: HttpRequest, session_id: UUID, body: TextIn) -> tuple[int, dict[str, str]]:
    return 201, {"message": str(talk.say_as_shop(text=body.text, **_said(request, session_id)))}


@router.post("/sessions/{session_id}/messages/{message_id}/remove", response={204: None})
def remove(request: HttpRequest, session_id: UUID, message_id: UUID, body: ReasonIn) -> tuple[int, None]:
    talk.remove_message(message_id=message_id, reason=body.reason, **_said(request, session_id))
    return 204, None


@router.post("/sessions/{session_id}/messages/{message_id}/restore", response={204: None})
def restore(request: HttpRequest, session_id: UUID, message_id: UUID) -> tuple[int, None]:
    talk.restore_message(message_id=message_id, **_said(request, session_id))
    return 204, None


@router.post("/sessions/{session_id}/messages/{message_id}/pin", response={204: None})
def pin(request: HttpRequest, session_id: UUID, message_id: UUID) -> tuple[int, None]:
    talk.pin_message(message_id=message_id, **_said(request, session_id))
    return 204, None


@router.delete("/sessions/{session_id}/pin", response={204: None})
def unpin(request: HttpRequest, session_id: UUID) -> tuple[int, None]:
    talk.unpin_message(**_said(request, session_id))
    return 204, None


@router.post("/sessions/{session_id}/messages/{message_id}/decide", response={204: None})
def decide(request: HttpRequest, session_id: UUID, message_id: UUID, body: HeldIn) -> tuple[int, None]:
    talk.decide_held(message_id=message_id, is_shown=body.is_shown, **_said(request, session_id))
    return 204, None


@router.put("/sessions/{session_id}/mutes/{visitor}", response={204: None})
def mute(request: HttpRequest, session_id: UUID, visitor: str, body: MuteIn) -> tuple[int, None]:
    talk.mute_visitor(visitor=visitor, minutes=body.minutes, reason=body.reason, **_said(request, session_id))
    return 204, None


@router.delete("/sessions/{session_id}/mutes/{visitor}", response={204: None})
def unmute(request: HttpRequest, session_id: UUID, visitor: str) -> tuple[int, None]:
    talk.unmute_visitor(visitor=visitor, **_said(request, session_id))
    return 204, None


@router.put("/sessions/{session_id}/blocks/{visitor}", response={204: None})
def block(request: HttpRequest, session_id: UUID, visitor: str, body: ReasonIn) -> tuple[int, None]:
    talk.block_visitor(visitor=visitor, reason=body.reason, **_said(request, session_id))
    return 204, None


@router.delete("/sessions/{session_id}/blocks/{visitor}", response={204: None})
def unblock(request: HttpRequest, session_id: UUID, visitor: str) -> tuple[int, None]:
    talk.unblock_visitor(visitor=visitor, **_said(request, session_id))
    return 204, None


@router.get("/sessions/{session_id}/questions", response=list[QuestionOut])
@paginate
def questions(request: HttpRequest, session_id: UUID) -> list[queries.Question]:
    return list(queries.panel_of(_seen(request, session_id)).questions)


@router.post("/sessions/{session_id}/questions/{question_id}/answer", response={204: None})
def answer(request: HttpRequest, session_id: UUID, question_id: UUID, body: TextIn) -> tuple[int, None]:
    talk.answer_question(question_id=question_id, text=body.text, **_said(request, session_id))
    return 204, None


@router.get("/sessions/{session_id}/polls", response=list[PollOut])
@paginate
def poll_list(request: HttpRequest, session_id: UUID) -> list[queries.Poll]:
    return [one.poll for one in queries.polls_of(_seen(request, session_id))]


@router.post("/sessions/{session_id}/polls", response={201: dict})
def open_poll(request: HttpRequest, session_id: UUID, body: PollIn) -> tuple[int, dict[str, str]]:
    return 201, {"poll": str(polls.open_poll(title=body.title, options=body.options, minutes=body.minutes, **_said(request, session_id)))}


@router.post("/sessions/{session_id}/polls/{poll_id}/close", response={204: None})
def close_poll(request: HttpRequest, session_id: UUID, poll_id: UUID) -> tuple[int, None]:
    polls.close_poll(poll_id=poll_id, **_said(request, session_id))
    return 204, None


@router.get("/replies", response=list[ReplyOut])
@paginate
def reply_list(request: HttpRequest) -> list[Reply]:
    access.require(request.auth, DESK_SEE)
    return list(queries.replies_for(request.auth))


@router.post("/replies", response={201: ReplyOut})
def write_reply(request: HttpRequest, body: ReplyIn) -> tuple[int, Reply]:
    return 201, replies.write_reply(actor=request.auth, now=request.now, **body.dict())


@router.post("/replies/{reply_id}/approve", response=ReplyOut)
def approve_reply(request: HttpRequest, reply_id: UUID) -> Reply:
    return replies.approve_reply(actor=request.auth, reply_id=reply_id, now=request.now)


@router.delete("/replies/{reply_id}", response={204: None})
def retire_reply(request: HttpRequest, reply_id: UUID) -> tuple[int, None]:
    replies.retire_reply(actor=request.auth, reply_id=reply_id, now=request.now)
    return 204, None
