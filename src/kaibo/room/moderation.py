"""
The back of house's side of the talk: mute, block, remove, pin, answer, automatic replies, the house's words.

Like room/backoffice.py: each function takes a cursor, works inside the caller's transaction and never commits.
Source: facts/law L2 (real-time management of interaction), LIV-9.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kaibo.kit.ids import new_id
from kaibo.room.backoffice import Cursor
from kaibo.room.complaints import MessageIsNotHere, QuestionIsNotHere, RoomIsNotHere
from kaibo.room.tokens import DESK, Tokens

MOST_NOTICE_BYTES = 7_500


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a moderator sees it."""

    message: UUID
    visitor: str
    nickname: str
    text: str
    verdict: str
    hits: list[dict[str, Any]]
    speaker: str
    sent_at: datetime
    is_shown: bool | None
    removed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mute:
    """A visitor who may not speak in one room until a moment."""

    visitor: str
    nickname: str
    reason: str
    until: datetime
    muted_by: str


@dataclass(frozen=True, slots=True)
class Block:
    """A visitor who may not speak in any room of a shop."""

    visitor: str
    nickname: str
    reason: str
    blocked_by: str
    blocked_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """Questions that ask the same, counted by different visitors."""

    question: UUID
    text: str
    state: str
    asked: int
    first_asked_at: datetime
    last_asked_at: datetime
    answer: str
    answered_by: str


@dataclass(frozen=True, slots=True)
class AutoReply:
    """What the shop says by itself when a message holds one of the keywords."""

    reply: UUID
    keywords: tuple[str, ...]
    text: str
    cooldown_seconds: int


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def mute(
    cur: Cursor, *, room: str, visitor: str, nickname: str, until: datetime, reason: str, muted_by: str
) -> None:
    """This function will keep a visitor from speaking in a room until a moment; a second mute replaces the first."""
    _require_room(cur, room)
    cur.execute(
        """insert into room.mutes (room, visitor, nickname, reason, until, muted_by) values (%s, %s, %s, %s, %s, %s)
           on conflict (room, visitor) do update set nickname = excluded.nickname, reason = excluded.reason,
               until = excluded.until, muted_by = excluded.muted_by, muted_at = now()""",
        (room, visitor, nickname, reason, until, muted_by),
    )
    _changed(cur)


def unmute(cur: Cursor, *, room: str, visitor: str) -> bool:
    """This function will let a muted visitor speak again, and say whether there was a mute."""
    cur.execute("delete from room.mutes where room = %s and visitor = %s returning visitor", (room, visitor))
    found = cur.fetchone() is not None
    if found:
        _changed(cur)
    return found


def block(cur: Cursor, *, shop: str, visitor: str, nickname: str, reason: str, blocked_by: str) -> bool:
    """This function will put a visitor on the shop's blocklist, and say whether that is new."""
    cur.execute(
        """insert into room.blocks (shop, visitor, nickname, reason, blocked_by) values (%s, %s, %s, %s, %s)
           on conflict (shop, visitor) do nothing returning visitor""",
        (shop, visitor, nickname, reason, blocked_by),
    )
    is_new = cur.fetchone() is not None
    if is_new:
        _changed(cur)
    return is_new


def unblock(cur: Cursor, *, shop: str, visitor: str) -> bool:
    """This function will take a visitor off the shop's blocklist, and say whether it stood there."""
    cur.execute("delete from room.blocks where shop = %s and visitor = %s returning visitor", (shop, visitor))
    found = cur.fetchone() is not None
    if found:
        _changed(cur)
    return found


def mutes_of(cur: Cursor, room: str) -> list[Mute]:
    """This function will give who is muted in a room right now, the longest first."""
    cur.execute(
        "select visitor, nickname, reason, until, muted_by from room.mutes where room = %s and until > now() order by until desc",
        (room,),
    )
    return [Mute(*row) for row in cur.fetchall()]


def blocks_of(cur: Cursor, shop: str, limit: int = 500) -> list[Block]:
    """This function will give a shop's blocklist, newest first."""
    cur.execute(
        """select visitor, nickname, reason, blocked_by, blocked_at from room.blocks
            where shop = %s order by blocked_at desc limit %s""",
        (shop, limit),
    )
    return [Block(*row) for row in cur.fetchall()]


# ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def remove_message(cur: Cursor, *, room: str, message: UUID, reason: str, removed_by: str) -> bool:
    """
    This function will take a message off every viewer's page; the record stays, with the reason.

    False when somebody removed it already. It works on a message whose own row is not written yet.   Raises: RoomIsNotHere.
    """
    _lock_room(cur, room)
    cur.execute(
        """insert into room.removals as r (message, room, reason, removed_by) values (%s, %s, %s, %s)
           on conflict (message) do update set reason = excluded.reason, removed_by = excluded.removed_by,
               removed_at = now(), restored_at = null where r.restored_at is not null returning message""",
        (message, room, reason, removed_by),
    )
    if cur.fetchone() is None:
        return False
    _announce(cur, room, "moderation", {"act": "removed", "messages": [str(message)]})
    cur.execute("delete from room.pins where room = %s and message = %s returning room", (room, message))
    if cur.fetchone() is not None:
        _announce(cur, room, "moderation", {"act": "pinned", "line": None})
    return True


def restore_message(cur: Cursor, *, room: str, message: UUID) -> bool:
    """This function will show a removed message again; False when it was not removed.   Raises: RoomIsNotHere."""
    _lock_room(cur, room)
    cur.execute(
        """update room.removals set restored_at = now() where message = %s and room = %s and restored_at is null
           returning message""",
        (message, room),
    )
    if cur.fetchone() is None:
        return False
    line = _line(cur, room, message)
    _announce(cur, room, "moderation", {"act": "restored", "line": line})
    return True


def pin_message(cur: Cursor, *, room: str, message: UUID, pinned_by: str) -> None:
    """This function will show one message above the chat, in place of the one before.   Raises: MessageIsNotHere."""
    _lock_room(cur, room)
    line = _line(cur, room, message)
    if line is None:
        raise MessageIsNotHere(message=str(message))
    cur.execute(
        """insert into room.pins (room, message, visitor, nickname, text, speaker, pinned_by)
           values (%s, %s, %s, %s, %s, %s, %s)
           on conflict (room) do update set message = excluded.message, visitor = excluded.visitor,
               nickname = excluded.nickname, text = excluded.text, speaker = excluded.speaker,
               pinned_by = excluded.pinned_by, pinned_at = now()""",
        (room, message, line["visitor"], line["nickname"], line["text"], line["by"], pinned_by),
    )
    _announce(cur, room, "moderation", {"act": "pinned", "line": line})


def unpin(cur: Cursor, *, room: str) -> UUID | None:
    """This function will take the pinned message away and give which one it was."""
    _lock_room(cur, room)
    cur.execute("delete from room.pins where room = %s returning message", (room,))
    found = cur.fetchone()
    if found is None:
        return None
    _announce(cur, room, "moderation", {"act": "pinned", "line": None})
    return UUID(str(found[0]))


def pinned_of(cur: Cursor, room: str) -> dict[str, Any] | None:
    cur.execute("select room.pin_card(p) from room.pins p where p.room = %s", (room,))
    found = cur.fetchone()
    return _json(found[0]) if found else None


def say_as_shop(cur: Cursor, *, room: str, nickname: str, text: str) -> UUID:
    """This function will say something in the room's chat in the shop's name; the caller has screened it."""
    _require_room(cur, room)
    message = new_id()
    cur.execute(
        """insert into room.messages (message, room, visitor, nickname, text, verdict, sent_at, speaker)
           values (%s, %s, 'shop', %s, %s, 'pass', now(), 'shop')""",
        (message, room, nickname, text),
    )
    _show(cur, room, {"message": str(message), "visitor": "shop", "nickname": nickname, "text": text})
    return message


_MESSAGE = """select m.message, m.visitor, m.nickname, m.text, m.verdict, m.hits, m.speaker, m.sent_at, m.is_shown,
                     coalesce(r.removed_by, ''), coalesce(r.reason, '')
                from room.messages m
                left join room.removals r on r.message = m.message and r.restored_at is null """


def messages_of(cur: Cursor, room: str, *, visitor: str = "", text: str = "", limit: int = 200) -> list[Message]:
    """This function will give a room's latest messages with their verdicts, newest first."""
    cur.execute(
        _MESSAGE + """where m.room = %s and (%s = '' or m.visitor = %s) and (%s = '' or position(%s in m.text) > 0)
                      order by m.sent_at desc, m.message desc limit %s""",
        (room, visitor, visitor, text, text, limit),
    )
    return [_message(row) for row in cur.fetchall()]


def held_of(cur: Cursor, room: str, limit: int = 100) -> list[Message]:
    """This function will give the messages a person has to decide on, oldest first, with who said them."""
    cur.execute(
        _MESSAGE + "where m.room = %s and m.verdict = 'review' and m.decided_at is null order by m.message limit %s",
        (room, limit),
    )
    return [_message(row) for row in cur.fetchall()]


def decide_message(cur: Cursor, *, message: str | UUID, is_shown: bool) -> bool:
    """
    This function will show a held message to the room, or keep it back for good, and say whether it was still undecided.

    Raises: MessageIsNotHere.
    """
    cur.execute("select 1 from room.messages where message = %s and verdict = 'review'", (message,))
    if cur.fetchone() is None:
        raise MessageIsNotHere(message=str(message))
    cur.execute(
        """update room.messages set decided_at = now(), is_shown = %s
            where message = %s and decided_at is null returning room, visitor, nickname, text""",
        (is_shown, message),
    )
    decided = cur.fetchone()
    if decided is not None and is_shown:
        room, visitor, nickname, text = decided
        _show(cur, room, {"message": str(message), "visitor": visitor, "nickname": nickname, "text": text})
    return decided is not None


def message_of(cur: Cursor, room: str, message: UUID) -> Message:
    """This function will give one message of a room.   Raises: MessageIsNotHere."""
    cur.execute(_MESSAGE + "where m.room = %s and m.message = %s", (room, message))
    found = cur.fetchone()
    if found is None:
        raise MessageIsNotHere(message=str(message))
    return _message(found)


def forget_messages(cur: Cursor, *, before: datetime, limit: int = 20_000) -> int:
    """
    This function will erase what was said before a moment – words, names, visitors – and give how many messages that were.

    What remains of a message is that there was one.   Source: PIPL art 19, facts/law L2.
    """
    cur.execute(
        """with old as (
               select message from room.messages where sent_at < %s and visitor <> '' order by sent_at limit %s
               for update skip locked)
           update room.messages m set visitor = '', nickname = '', text = '', hits = '[]' from old
            where m.message = old.message returning m.message""",
        (before, limit),
    )
    forgotten = [row[0] for row in cur.fetchall()]
    if forgotten:
        cur.execute("delete from room.askers where message = any(%s::uuid[])", (forgotten,))
        cur.execute("delete from room.pins where message = any(%s::uuid[])", (forgotten,))
    cur.execute("delete from room.mutes where until < %s", (before,))
    return len(forgotten)


# ── questions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def questions_of(cur: Cursor, room: str, *, state: str = "open", limit: int = 100) -> list[Question]:
    """This function will give a room's questions, those most people ask first."""
    cur.execute(
        """select q.question, q.text, q.state, count(a.visitor), q.first_asked_at, q.last_asked_at, q.answer, q.answered_by
             from room.questions q left join room.askers a on a.question = q.question
            where q.room = %s and q.state = %s group by q.question
            order by count(a.visitor) desc, q.first_asked_at limit %s""",
        (room, state, limit),
    )
    return [Question(*row) for row in cur.fetchall()]


def settle_question(cur: Cursor, *, room: str, question: UUID, answer: str, settled_by: str) -> Question | None:
    """
    This function will answer an open question on every screen, or mark it answered aloud when `answer` is empty.

    None when somebody settled it already.   Raises: RoomIsNotHere, QuestionIsNotHere.
    """
    _lock_room(cur, room)
    return _settle(cur, room, question, "answered", answer, settled_by)


def dismiss_question(cur: Cursor, *, room: str, question: UUID, settled_by: str) -> Question | None:
    """This function will put a question aside; None when it was not open.   Raises: QuestionIsNotHere."""
    return _settle(cur, room, question, "dismissed", "", settled_by)


def reopen_question(cur: Cursor, *, room: str, question: UUID) -> bool:
    """This function will open a question again that nobody answered on screen, and say whether it did."""
    cur.execute(
        """update room.questions set state = 'open', answered_at = null, answered_by = ''
            where question = %s and room = %s and state <> 'open' and answer = '' returning question""",
        (question, room),
    )
    return cur.fetchone() is not None


def _settle(cur: Cursor, room: str, question: UUID, state: str, answer: str, settled_by: str) -> Question | None:
    cur.execute("select 1 from room.questions where question = %s and room = %s", (question, room))
    if cur.fetchone() is None:
        raise QuestionIsNotHere(question=str(question))
    cur.execute(
        """update room.questions q set state = %s, answer = %s, answered_by = %s, answered_at = clock_timestamp()
            where question = %s and state = 'open'
        returning q.question, q.text, q.state, (select count(*) from room.askers a where a.question = q.question),
                  q.first_asked_at, q.last_asked_at, q.answer, q.answered_by, room.answer_card(q)""",
        (state, answer, settled_by, question),
    )
    found = cur.fetchone()
    if found is None:
        return None
    if answer:
        _announce(cur, room, "answer", _json(found[8]))
    return Question(*found[:8])


# ── rules every room process holds in memory ───────────────────────────────────────────────────────────────────────


def publish_words(cur: Cursor, words: Sequence[Mapping[str, Any]]) -> int:
    """
    This function will replace the house's own words in every running room process and give the list's new version.

    A word is `{"word", "severity": "block"|"review"|"innocent", "kind", "source", "suggestion", "since", "surfaces"}`.
    """
    cur.execute(
        """insert into room.house_words as h (one, version, words) values (true, 1, %s::json)
           on conflict (one) do update set version = h.version + 1, words = excluded.words, published_at = now()
           returning version""",
        (json.dumps(list(words), ensure_ascii=False),),
    )
    version = int(cur.fetchone()[0])
    _changed(cur)
    return version


def house_words(cur: Cursor) -> list[dict[str, Any]]:
    """This function will give the house's own words as they were published last."""
    cur.execute("select words from room.house_words")
    found = cur.fetchone()
    return list(_json(found[0])) if found else []


def last_messages(cur: Cursor, *, most: int) -> list[str]:
    """This function will give what viewers said last, newest first: words only, nobody's name."""
    cur.execute("select text from room.messages where speaker = 'visitor' and text <> '' order by sent_at desc limit %s", (most,))
    return [str(text) for (text,) in cur.fetchall()]


def publish_auto_replies(cur: Cursor, *, shop: str, replies: Sequence[AutoReply]) -> None:
    """This function will replace what a shop's rooms answer by themselves."""
    cur.execute("delete from room.auto_replies where shop = %s", (shop,))
    for one in replies:
        cur.execute(
            "insert into room.auto_replies (reply, shop, keywords, text, cooldown_seconds) values (%s, %s, %s, %s, %s)",
            (one.reply, shop, list(one.keywords), one.text, one.cooldown_seconds),
        )
    _changed(cur)


# ── the desk ───────────────────────────────────────────────────────────────────────────────────────────────────────


def desk_pass(cur: Cursor, *, room: str, name: str) -> str:
    """This function will issue the pass with which a desk follows what only staff may see of a room."""
    cur.execute("select secret from room.secrets where name = 'visitor_tokens'")
    tokens = Tokens(bytes(cur.fetchone()[0]), purpose=DESK)
    return tokens.issue(room, name, now_seconds=int(time.time()), visitor="desk")[1]


def tell_desk(cur: Cursor, *, room: str, kind: str, body: Mapping[str, Any]) -> None:
    """This function will tell the desks of a room something viewers do not hear, when the transaction commits."""
    said = json.dumps({"what": "desk", "room": room, "kind": kind, "body": body}, ensure_ascii=False)
    if len(said.encode()) > MOST_NOTICE_BYTES:
        said = json.dumps({"what": "desk", "room": room, "kind": kind, "body": {}})
    cur.execute("select pg_notify('kaibo_talk', %s)", (said,))


# ── inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _show(cur: Cursor, room: str, line: Mapping[str, str]) -> None:
    """Put a line into the chat of every room process, when the transaction commits."""
    said = json.dumps({"what": "line", "room": room, "line": line}, ensure_ascii=False)
    cur.execute("select pg_notify('kaibo_talk', %s)", (said,))


def _line(cur: Cursor, room: str, message: UUID) -> dict[str, str] | None:
    cur.execute(
        "select visitor, nickname, text, speaker from room.messages where message = %s and room = %s and verdict <> 'block'",
        (message, room),
    )
    found = cur.fetchone()
    if found is None:
        return None
    return {"message": str(message), "visitor": found[0], "nickname": found[1], "text": found[2], "by": found[3]}


def _message(row: Sequence[Any]) -> Message:
    message, visitor, nickname, text, verdict, hits, speaker, sent_at, is_shown, removed_by, reason = row
    return Message(
        message, visitor, nickname, text, verdict, _json(hits), speaker, sent_at, is_shown, removed_by, reason
    )


def _json(value: Any) -> Any:
    """Django's cursor gives json columns as text, psycopg's own as values."""
    return json.loads(value) if isinstance(value, str) else value


def _require_room(cur: Cursor, room: str) -> None:
    cur.execute("select 1 from room.rooms where room = %s", (room,))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)


def _lock_room(cur: Cursor, room: str) -> None:
    cur.execute("select 1 from room.rooms where room = %s for no key update", (room,))
    if cur.fetchone() is None:
        raise RoomIsNotHere(room=room)


def _announce(cur: Cursor, room: str, kind: str, body: Mapping[str, Any]) -> None:
    cur.execute("select room.announce(%s, %s, %s::json)", (room, kind, json.dumps(body, ensure_ascii=False)))


def _changed(cur: Cursor) -> None:
    cur.execute("select room.talk_changed()")
