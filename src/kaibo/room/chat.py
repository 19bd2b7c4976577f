"""What viewers say: screened before it is shown, kept in the room's tables, shown with the next tick."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec

from kaibo.kit.ids import new_id
from kaibo.room.hub import ChatLine
from kaibo.room.refusals import Blocked
from kaibo.room.rooms import AWAY, LiveRoom, Pool
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


class Screener(Protocol):
    """Judges a text: block (not sent), review (kept back for a person), pass."""

    def screen(self, text: str, *, surface: str) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class _Passed:
    verdict: Literal["pass"] = "pass"
    hits: tuple[()] = ()


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


class Chat:
    """Screens, shows and keeps messages. Keeping is batched, off the viewer's way."""

    def __init__(self, pool: Pool, screener: Screener) -> None:
        self._pool = pool
        self._screener = screener
        self._unsaved: list[_Said] = []
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

    def say(self, live: LiveRoom, who: Visitor, text: str, *, now: datetime) -> UUID:
        """
        This function will screen a message, keep it, and show it unless a person has to look at it first.

        Raises: Blocked, with what the law objects to.   Source: facts/law L2 (real-time management of interaction).
        """
        judged = self._screener.screen(text, surface="chat")
        message = new_id()
        hits = msgspec.to_builtins(list(judged.hits), str_keys=True)
        self._keep(
            _Said(
                message,
                live.name,
                who.visitor,
                who.nickname,
                text,
                judged.verdict,
                msgspec.json.encode(hits).decode(),
                now,
            )
        )
        if judged.verdict == "block":
            raise Blocked(hits=hits)
        if judged.verdict == "pass":
            live.chat.append(ChatLine(str(message), who.visitor, who.nickname, text))
        return message

    def _keep(self, said: _Said) -> None:
        if len(self._unsaved) >= MOST_UNSAVED:
            self.unsaved_dropped += 1
            return
        self._unsaved.append(said)

    async def _save_forever(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            try:
                await self._save()
            except AWAY:
                log.warning("messages wait for the database", extra={"messages": len(self._unsaved)})

    async def _save(self) -> None:
        if not self._unsaved:
            return
        saving = self._unsaved
        self._unsaved = []
        columns = [[getattr(said, name) for said in saving] for name in _Said.__slots__]
        try:
            async with self._pool.connection(timeout=3) as connection:
                await connection.execute(
                    """insert into room.messages (message, room, visitor, nickname, text, verdict, hits, sent_at)
                       select * from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                                            %s::json[], %s::timestamptz[])
                       on conflict (message) do nothing""",
                    columns,
                )
        except AWAY:
            self._unsaved = saving + self._unsaved
            raise
