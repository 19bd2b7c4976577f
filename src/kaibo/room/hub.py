"""
The stream of one room inside one process: frames encoded once per tick, whoever watches.

Reliable events carry their number and are never dropped from the stream; a reader too slow for them is sent away with
the number to resume from. Chat, likes and figures are best effort: aggregated per tick, drops counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

TICK_SECONDS = 0.2
HEARTBEAT_SECONDS = 10.0
MOST_BACKLOG_BYTES = 256 * 1024
MOST_REMEMBERED = 2_000
MOST_CHAT_IN_A_TICK = 40
HEARTBEAT = b": still here\n\n"

_encode = msgspec.json.Encoder().encode


class ChatLine(msgspec.Struct, frozen=True):
    """One shown message."""

    message: str
    visitor: str
    nickname: str
    text: str


class Chatter(msgspec.Struct, frozen=True, array_like=True):
    """What one process collected in a room during one tick."""

    room: str
    chat: list[ChatLine]
    likes: int = 0
    dropped: int = 0


class Carrier(Protocol):
    """Brings best-effort chatter to every room process, this one included (memory, LISTEN/NOTIFY, Valkey)."""

    async def carry(self, chatter: Chatter) -> None: ...


class LocalCarrier:
    """The carrier of a process that is alone."""

    def __init__(self, receive: Callable[[Chatter], None]) -> None:
        self._receive = receive

    async def carry(self, chatter: Chatter) -> None:
        self._receive(chatter)


@dataclass(frozen=True, slots=True)
class Reliable:
    """One numbered event as it stands in room.events."""

    seq: int
    kind: str
    body: str

    def frame(self) -> bytes:
        return f"id: {self.seq}\nevent: {self.kind}\ndata: {self.body}\n\n".replace("\r", "").encode()


def best_effort_frame(kind: str, body: Any) -> bytes:
    """This function will encode an event that carries no number."""
    return b"event: " + kind.encode() + b"\ndata: " + _encode(body) + b"\n\n"


class Subscriber:
    """One reader of a room's stream, with a bounded backlog."""

    __slots__ = ("_backlog", "_backlog_bytes", "_wake", "is_ended", "resume_after")

    def __init__(self) -> None:
        self._backlog: deque[bytes] = deque()
        self._backlog_bytes = 0
        self._wake = asyncio.Event()
        self.is_ended = False
        self.resume_after: int | None = None

    def offer(self, chunk: bytes, *, seq_before: int) -> bool:
        """This function will queue a chunk, or end a reader that is too slow; `seq_before` is where it would resume."""
        if self._backlog_bytes + len(chunk) > MOST_BACKLOG_BYTES:
            if self.resume_after is None:
                self.resume_after = seq_before
            self.end()
            return False
        self._backlog.append(chunk)
        self._backlog_bytes += len(chunk)
        self._wake.set()
        return True

    def end(self) -> None:
        self.is_ended = True
        self._wake.set()

    async def next(self) -> bytes | None:
        """This function will give what is waiting, a heartbeat when nothing came for long, or None at the end."""
        if not self._backlog:
            if self.is_ended:
                return None
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                return HEARTBEAT
        chunk = b"".join(self._backlog)
        self._backlog.clear()
        self._backlog_bytes = 0
        return chunk or None


@dataclass(slots=True)
class Channel:
    """The stream of one room in this process."""

    room: str
    published: int
    """The number of the last reliable event that was given to subscribers."""
    subscribers: set[Subscriber] = field(default_factory=set)
    recent: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    slow_readers: int = 0
    chat_dropped: int = 0
    _reliable: list[Reliable] = field(default_factory=list)
    _chat: list[ChatLine] = field(default_factory=list)
    _likes: int = 0
    _dropped: int = 0
    _figures: dict[str, int] | None = None

    @property
    def known(self) -> int:
        """The number of the last reliable event this process has read."""
        return self._reliable[-1].seq if self._reliable else self.published

    def tell(self, events: Iterable[Reliable]) -> None:
        """This function will queue numbered events for the next tick; known ones are skipped."""
        for event in events:
            if event.seq > self.known:
                self._reliable.append(event)

    def hear(self, chatter: Chatter) -> None:
        """This function will queue chat and likes for the next tick; what is over the tick's measure is counted."""
        room_left = MOST_CHAT_IN_A_TICK - len(self._chat)
        self._chat += chatter.chat[: max(0, room_left)]
        over = max(0, len(chatter.chat) - max(0, room_left))
        self._dropped += over + chatter.dropped
        self.chat_dropped += over
        self._likes += chatter.likes

    def show_figures(self, figures: dict[str, int]) -> None:
        self._figures = figures

    def flush(self) -> int:
        """This function will encode what this tick collected, once, and give it to every subscriber."""
        frames: list[bytes] = []
        before = self.published
        for event in self._reliable:
            frame = event.frame()
            frames.append(frame)
            self.recent.append((event.seq, frame))
            self.published = event.seq
        self._reliable.clear()
        if self._chat:
            frames.append(best_effort_frame("chat", {"messages": self._chat, "dropped": self._dropped}))
            self._chat, self._dropped = [], 0
        if self._likes:
            frames.append(best_effort_frame("likes", {"count": self._likes}))
            self._likes = 0
        if self._figures is not None:
            frames.append(best_effort_frame("figures", self._figures))
            self._figures = None
        if not frames:
            return 0
        chunk = b"".join(frames)
        for subscriber in list(self.subscribers):
            if not subscriber.offer(chunk, seq_before=before):
                self.subscribers.discard(subscriber)
                self.slow_readers += 1
        return len(chunk)

    def subscribe(self) -> tuple[Subscriber, int]:
        """This function will add a reader who gets everything after the number it returns."""
        subscriber = Subscriber()
        self.subscribers.add(subscriber)
        return subscriber, self.published

    def remembered(self, after: int, up_to: int) -> bytes | None:
        """This function will give the frames in (after, up_to] from memory, or None when memory does not reach back."""
        if after >= up_to:
            return b""
        if not self.recent or self.recent[0][0] > after + 1:
            return None
        return b"".join(frame for seq, frame in self.recent if after < seq <= up_to)

    def end(self) -> None:
        """This function will end all streams; readers come back with their last number."""
        for subscriber in self.subscribers:
            subscriber.end()
        self.subscribers.clear()
