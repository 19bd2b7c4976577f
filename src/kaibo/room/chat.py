"""What viewers say: screened before it is shown, kept in the room's tables, shown with the next tick, sorted if it asks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from kaibo.kit.clock import utc_now
from kaibo.kit.ids import new_id
from kaibo.language.questions import is_question
from kaibo.language.readings import advice_in_english, ground_in_english
from kaibo.room.hub import ChatLine
from kaibo.room.questions import collect
from kaibo.room.refusals import Blocked, NicknameTaken
from kaibo.room.rooms import AWAY, LiveRoom, Pool
from kaibo.room.talk import KeywordReply, Talk
from kaibo.room.tokens import Visitor

log = logging.getLogger("kaibo.room.chat")

MOST_UNSAVED = 20_000
SAVE_SECONDS = 0.5


class Verdict(Protocol):
    """What screening says of a text."""

    @property
    def verdict(self) -> str: ...
    @property
    def hits(self) -> Sequence[Any]: ...
    @property
    def lexicon_version(self) -> str: ...


class Screener(Protocol):
    """Judges a text: block (not sent), review (kept back for a person), pass."""

    def screen(self, text: str, *, surface: str) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class _Passed:
    verdict: Literal["pass"] = "pass"
    hits: tuple[()] = ()
    lexicon_version: str = ""


class NoLexicon:
    """No lexicon wired: everything passes. For tests and tools; the room process is wired in config/front.py."""

    def screen(self, text: str, *, surface: str) -> Verdict:
        return _Passed()


@dataclass(frozen=True, slots=True)
class _Said:
    message: UUID
    room: str
    visitor: str
    nickname: str
    text: str
    verdict: str
    hits: str
    sent_at: datetime
    is_question: bool
    speaker: str
    lexicon: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that was taken; a held one is shown only when a person lets it through, and its author is told so."""

    message: UUID
    is_held: bool


class Chat:
    """Screens, shows and keeps messages. Keeping is batched, off the viewer's way."""

    def __init__(self, pool: Pool, screener: Screener, talk: Talk) -> None:
        self._pool = pool
        self._screener = screener
        self._talk = talk
        self._unsaved: list[_Said] = []
        self._to_answer: dict[tuple[str, UUID], tuple[LiveRoom, KeywordReply]] = {}
        self._urgent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.unsaved_dropped = 0

    async def start(self) -> None:
        self._task = asyncio.create_task(self._save_forever(), name="chat keeper")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(*AWAY):
            await self._save()

    def check_nickname(self, live: LiveRoom, nickname: str) -> None:
        """This function will refuse a nickname that says what may not be said, or pretends to be the shop.   Raises: Blocked, NicknameTaken."""
        if (judged := self._screener.screen(nickname, surface="chat")).verdict == "block":
            raise Blocked(hits=_in_both(msgspec.to_builtins(list(judged.hits), str_keys=True)))
        plain = "".join(nickname.casefold().split())
        names = {"".join(str(live.snapshot[key]).casefold().split()) for key in ("operator", "host", "company")}
        if plain in names or any(word in plain for word in _OFFICIAL):
            raise NicknameTaken

    def say(self, live: LiveRoom, who: Visitor, text: str, *, now: datetime, asks: bool = False) -> Accepted:
        """
        This function will screen a message, keep it, and show it unless a person has to look at it first.

        Raises: Blocked, with what the law objects to; NotToSpeak, Muted.   Source: facts/law L2 (real-time management of interaction).
        """
        self._talk.require_voice(live, who, now=now)
        judged = self._screener.screen(text, surface="chat")
        message = new_id()
        hits = msgspec.to_builtins(list(judged.hits), str_keys=True)
        encoded = msgspec.json.encode(hits).decode()
        is_asking = judged.verdict != "block" and (asks or is_question(text))
        self._keep(
            _Said(
                message, live.name, who.visitor, who.nickname, text, judged.verdict, encoded, now, is_asking, "visitor",
                judged.lexicon_version,
            )
        )
        if judged.verdict == "block":
            raise Blocked(hits=_in_both(hits))
        if judged.verdict == "review":
            self._urgent.set()
            return Accepted(message, is_held=True)
        live.chat.append(ChatLine(str(message), who.visitor, who.nickname, text))
        for reply in self._talk.replies_to(live.name, text):
            self._to_answer[live.name, reply.reply] = (live, reply)
        return Accepted(message, is_held=False)

    def _keep(self, said: _Said) -> None:
        if len(self._unsaved) >= MOST_UNSAVED:
            self.unsaved_dropped += 1
            return
        self._unsaved.append(said)

    async def _save_forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), SAVE_SECONDS)
            self._urgent.clear()
            try:
                await self._save()
                await self._answer_keywords()
            except AWAY:
                log.warning("messages wait for the database", extra={"messages": len(self._unsaved)})
                await asyncio.sleep(SAVE_SECONDS)
            except Exception:  # a message that cannot be written must not end the keeping of the others
                log.exception("keeping messages failed")

    async def _save(self) -> None:
        if not self._unsaved:
            return
        saving = self._unsaved
        self._unsaved = []
        columns = [[getattr(said, name) for said in saving] for name in _Said.__slots__]
        try:
            async with self._pool.connection(timeout=3) as connection:
                await connection.execute(_INSERT, columns)
                for said in saving:
                    if said.verdict == "review":
                        await connection.execute("select pg_notify('kaibo_talk', %s)", (_held(said),))
                for room in {said.room for said in saving if said.is_question}:
                    await collect(connection, room)
        except AWAY:
            self._unsaved = saving + self._unsaved
            raise

    async def _answer_keywords(self) -> None:
        """Say what the shop answers by itself; of all processes the one that marks the use first says it."""
        while self._to_answer:
            _which, (live, reply) = self._to_answer.popitem()
            async with self._pool.connection(timeout=3) as connection:
                cursor = await connection.execute(_USE, (live.name, reply.reply, reply.cooldown_seconds))
                if await cursor.fetchone() is None:
                    continue
            message, name = new_id(), str(live.snapshot["operator"])
            self._keep(_Said(message, live.name, "auto", name, reply.text, "pass", "[]", utc_now(), False, "auto", ""))
            live.chat.append(ChatLine(str(message), "auto", name, reply.text))


def printable(text: str) -> str:
    """This function will give a viewer's words without what cannot be shown or stored: control characters, half characters."""
    kept = (" " if unicodedata.category(char) == "Cc" else char for char in text if unicodedata.category(char) != "Cs")
    return "".join(kept).strip()


def _in_both(hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a refused viewer is told of the ground, readable without Chinese as well."""
    return [one | {"source_en": ground_in_english(one.get("source", "")), "suggestion_en": advice_in_english(one.get("suggestion", ""))} for one in hits]


_OFFICIAL = ("官方", "客服", "平台", "管理员", "主播", "kaibo", "开播")
_INSERT = """insert into room.messages (message, room, visitor, nickname, text, verdict, hits, sent_at, is_question, speaker, lexicon)
             select * from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::json[],
                                  %s::timestamptz[], %s::boolean[], %s::text[], %s::text[])
             on conflict (message) do nothing"""
_USE = """insert into room.auto_reply_uses as u (room, reply, used_at) values (%s, %s, clock_timestamp())
          on conflict (room, reply) do update set used_at = clock_timestamp(), uses = u.uses + 1
                where u.used_at <= clock_timestamp() - make_interval(secs => %s) returning uses"""


def _held(said: _Said) -> str:
    body = {"message": str(said.message), "nickname": said.nickname, "text": said.text}
    return msgspec.json.encode({"what": "desk", "room": said.room, "kind": "held", "body": body}).decode()
