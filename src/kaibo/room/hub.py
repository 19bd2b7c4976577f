"""
The stream of one room inside one process: frames encoded once per tick, whoever watches.

Reliable events carry their number and are never dropped from the stream; a reader too slow for them is sent away with
the number to resume from. Chat, likes and figures are best effort: aggregated per tick, drops counted.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

TICK_SECONDS = 0.2
HEARTBEAT_SECONDS = 10.0
STALLED_SECONDS = 60.0
MOST_BACKLOG_BYTES = 256 * 1024
MOST_REMEMBERED = 2_000
MOST_CHAT_IN_A_TICK = 40
MOST_AT_ONCE = 500
"""So many readers are written to before other work of the process gets its turn."""
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

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def carry(self, chatter: Chatter) -> None: ...


class LocalCarrier:
    """The carrier of a process that is alone."""

    def __init__(self, receive: Callable[[Chatter], None]) -> None:
        self._receive = receive

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

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


class Parcel:
    """What one tick has for every reader: the bytes, and the same as a chunk of an HTTP/1.1 answer."""

    __slots__ = ("body", "chunk", "seq_before")

    def __init__(self, body: bytes, *, seq_before: int) -> None:
        self.body = body
        self.chunk = b"%x\r\n%b\r\n" % (len(body), body)
        self.seq_before = seq_before
        """The last number before this parcel: where a reader who does not get it would resume."""


class Reader(Protocol):
    """Somebody who reads a room's stream."""

    resume_after: int | None

    def offer(self, parcel: Parcel) -> bool: ...
    def beat(self, now: float) -> bool: ...
    def end(self) -> None: ...


class Subscriber:
    """A reader behind any ASGI server: a bounded backlog, and a task that takes from it."""

    __slots__ = ("_backlog", "_backlog_bytes", "_wake", "is_ended", "resume_after")

    def __init__(self) -> None:
        self._backlog: deque[bytes] = deque()
        self._backlog_bytes = 0
        self._wake = asyncio.Event()
        self.is_ended = False
        self.resume_after: int | None = None

    def offer(self, parcel: Parcel) -> bool:
        """This function will queue a parcel, or end a reader that is too slow."""
        if self._backlog_bytes + len(parcel.body) > MOST_BACKLOG_BYTES:
            if self.resume_after is None:
                self.resume_after = parcel.seq_before
            self.end()
            return False
        self._backlog.append(parcel.body)
        self._backlog_bytes += len(parcel.body)
        self._wake.set()
        return True

    def beat(self, now: float) -> bool:
        """This function will do nothing: `next` gives heartbeats, and its caller's send has a limit of time."""
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


class Line(Protocol):
    """The part of a connection's transport that a direct reader needs."""

    def write(self, data: bytes) -> None: ...
    def get_write_buffer_size(self) -> int: ...


class DirectReader:
    """
    A reader whose connection the server lends: the shared chunk goes straight to its transport, so a tick costs one
    write a reader, and a reader who waits costs no task switch, no queue and no timer.
    """

    __slots__ = ("_behind_since", "_held", "_line", "ended", "resume_after")

    def __init__(self, line: Line) -> None:
        self._line = line
        self._held: list[Parcel] | None = []
        self._behind_since: float | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.resume_after: int | None = None

    def release(self) -> None:
        """This function will let parcels through, the held ones first: what the reader had missed has been written."""
        held, self._held = self._held or [], None
        for parcel in held:
            self._line.write(parcel.chunk)

    def offer(self, parcel: Parcel) -> bool:
        """This function will write a parcel, or end a reader that is too slow."""
        if self._held is not None:
            self._held.append(parcel)
            return True
        if self._line.get_write_buffer_size() > MOST_BACKLOG_BYTES:
            self.resume_after = parcel.seq_before
            self.end()
            return False
        self._line.write(parcel.chunk)
        return True

    def beat(self, now: float) -> bool:
        """This function will end a reader whose connection has taken nothing off our hands for long."""
        if self._line.get_write_buffer_size() == 0:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = now
        elif now - self._behind_since > STALLED_SECONDS:
            self.end()
            return False
        return True

    def end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class Memory:
    """The last reliable frames of a room: numbers without gaps, so a place is found by subtraction."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._frames: list[bytes] = []
        self._first = 0
        self._joined: dict[tuple[int, int], bytes] = {}

    def keep(self, seq: int, frame: bytes) -> None:
        """This function will remember the next frame; after a gap only what follows it."""
        if self._frames and seq != self._first + len(self._frames):
            self._frames.clear()
        if not self._frames:
            self._first = seq
        self._frames.append(frame)
        self._joined.clear()
        if len(self._frames) >= 2 * self._limit:
            del self._frames[: self._limit]
            self._first += self._limit

    def between(self, after: int, up_to: int) -> bytes | None:
        """This function will give the frames in (after, up_to], or None when memory does not reach back."""
        if after >= up_to:
            return b""
        if not self._frames or self._first > after + 1:
            return None
        joined = self._joined.get((after, up_to))
        if joined is None:  # many come back with the same number: it is put together once
            joined = b"".join(self._frames[after + 1 - self._first : up_to + 1 - self._first])
            if len(self._joined) < 64:
                self._joined[after, up_to] = joined
        return joined


@dataclass(slots=True)
class Channel:
    """The stream of one room in this process."""

    room: str
    published: int
    """The number of the last reliable event that was given to subscribers."""
    subscribers: set[Reader] = field(default_factory=set)
    memory: Memory = field(default_factory=lambda: Memory(limit=MOST_REMEMBERED))
    slow_readers: int = 0
    chat_dropped: int = 0
    frames_sent: int = 0
    _reliable: list[Reliable] = field(default_factory=list)
    _chat: list[ChatLine] = field(default_factory=list)
    _likes: int = 0
    _dropped: int = 0
    _figures: dict[str, int] | None = None
    _outgoing: deque[tuple[Parcel, list[Reader]]] = field(default_factory=deque)
    _spoke_at: float = 0.0

    @property
    def known(self) -> int:
        """The number of the last reliable event this process has read."""
        return self._reliable[-1].seq if self._reliable else self.published

    def recall(self, events: Sequence[Reliable]) -> None:
        """This function will remember events from before this process knew the room, for readers who come back."""
        for event in events:
            self.memory.keep(event.seq, event.frame())

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
        size = self.gather()
        while self.deliver():
            pass
        return size

    def gather(self) -> int:
        """This function will encode what was collected, once, for whoever subscribes at this moment."""
        frames: list[bytes] = []
        before = self.published
        for event in self._reliable:
            frame = event.frame()
            frames.append(frame)
            self.memory.keep(event.seq, frame)
            self.published = event.seq
        self._reliable.clear()
        if self._chat or self._dropped:
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
        parcel = Parcel(b"".join(frames), seq_before=before)
        self._outgoing.append((parcel, list(self.subscribers)))
        self.frames_sent += len(frames) * len(self.subscribers)
        self._spoke_at = time.monotonic()
        return len(parcel.body)

    def deliver(self) -> bool:
        """This function will give the oldest parcel to some more readers and say whether there is more to do."""
        if not self._outgoing:
            return False
        parcel, readers = self._outgoing[0]
        for reader in readers[-MOST_AT_ONCE:]:
            if reader in self.subscribers and not reader.offer(parcel):
                self.subscribers.discard(reader)
                self.slow_readers += 1
        del readers[-MOST_AT_ONCE:]
        if not readers:
            self._outgoing.popleft()
        return bool(self._outgoing)

    def beat(self) -> None:
        """This function will send a heartbeat when nothing was said for long, and let go of readers that are stuck."""
        now = time.monotonic()
        for reader in [reader for reader in self.subscribers if not reader.beat(now)]:
            self.subscribers.discard(reader)
            self.slow_readers += 1
        if now - self._spoke_at >= HEARTBEAT_SECONDS:
            self._spoke_at = now
            direct: list[Reader] = [reader for reader in self.subscribers if isinstance(reader, DirectReader)]
            if direct:
                self._outgoing.append((Parcel(HEARTBEAT, seq_before=self.published), direct))

    def subscribe(self) -> tuple[Subscriber, int]:
        """This function will add a reader who gets everything after the number it returns."""
        reader = Subscriber()
        self.subscribers.add(reader)
        return reader, self.published

    def connect(self, line: Line) -> tuple[DirectReader, int]:
        """This function will add a reader on a lent connection, who gets everything after the number it returns."""
        reader = DirectReader(line)
        self.subscribers.add(reader)
        return reader, self.published

    def remembered(self, after: int, up_to: int) -> bytes | None:
        """This function will give the frames in (after, up_to] from memory, or None when memory does not reach back."""
        return self.memory.between(after, up_to)

    def end(self) -> None:
        """This function will end all streams; readers come back with their last number."""
        for subscriber in self.subscribers:
            subscriber.end()
        self.subscribers.clear()
