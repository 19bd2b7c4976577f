"""
The server's side of a viewer's connection: uvicorn's own, which lends its transport to the stream and hands claims over
without a task.

A stream through ASGI alone costs two tasks, a queue, a timer and a private copy of every frame for each viewer. With
the transport lent, the room writes one shared chunk to each, and a waiting viewer is one sleeping task.

A claim through ASGI alone costs a task that sleeps until the commit and four messages to and fro: more than all the rest
of its way. Here a whole request is given to `app.take_claim`, which answers by `Exchange.answer` after the commit; what it
does not take goes the usual way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kaibo.room.asgi import Scope
from kaibo.room.whole_requests import WholeRequest, read_whole

_LENT = "kaibo.connection"
MOST_CLAIM_BYTES = 4_096
_SALES = ("/claims", "/payment", "/address")
"""How the paths of the calls end that sell: a claim, its payment, its address; a channel's notice begins with /pay/."""


class Exchange:
    """One claim's request on a connection, to be answered once."""

    __slots__ = ("_connection", "_cycle")

    def __init__(self, connection: RoomConnection, cycle: RequestResponseCycle | WholeRequest) -> None:
        self._connection = connection
        self._cycle = cycle

    @property
    def scope(self) -> Scope:
        return self._cycle.scope  # type: ignore[return-value]

    @property
    def body(self) -> bytes:
        return bytes(self._cycle.body)

    def answer(self, status_line: bytes, head: bytes, body: bytes) -> None:
        """This function will write the answer, unless the viewer is gone, and let the next request begin."""
        cycle, connection = self._cycle, self._connection
        if cycle.disconnected or cycle.response_complete:
            return
        cycle.response_started = cycle.response_complete = True
        if connection.transport.is_closing():
            return
        usual = _usual_lines(connection.server_state.default_headers)
        closing = b"" if cycle.keep_alive else b"connection: close\r\n"
        connection.transport.write(
            b"HTTP/1.1 %b\r\n%b%b%bcontent-length: %d\r\n\r\n%b" % (status_line, usual, head, closing, len(body), body)
        )
        if not cycle.keep_alive:
            connection.transport.close()
        cycle.on_response()


def _usual_lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    """The lines of headers that every answer has; uvicorn makes a new list of them each second, and thousands of answers share it."""
    global _usual
    if _usual[0] is not headers:
        _usual = (headers, b"".join(b"%b: %b\r\n" % one for one in headers))
    return _usual[1]


_usual: tuple[list[tuple[bytes, bytes]], bytes] = ([], b"")


class Turns:
    """
    Lets the writer of claims have its turn while a crowd rushes in: an event loop hands over every byte that has arrived
    before it does anything else, and ten thousand requests at once would keep finished commits waiting for seconds.
    """

    MOST_IN_A_TURN = 64

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._taken = 0
        self._arrived: deque[tuple[RoomConnection, bytes]] = deque()

    def take(self, connection: RoomConnection, data: bytes) -> None:
        """This function will read what arrived, now or in one of the next turns, always in the order of arrival."""
        if not self._taken and not self._arrived:
            self._loop.call_soon(self._next)
        if self._arrived or self._taken >= self.MOST_IN_A_TURN:
            self._arrived.append((connection, data))
            return
        self._taken += 1
        connection.read(data)

    def _next(self) -> None:
        self._taken = 0
        while self._arrived and self._taken < self.MOST_IN_A_TURN:
            connection, data = self._arrived.popleft()
            self._taken += 1
            connection.read(data)
        if self._arrived:
            self._loop.call_soon(self._next)
        else:
            self._taken = 0


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


class RoomConnection(HttpToolsProtocol):
    """Give this to `uvicorn.Config(http=…)`."""

    when_lost: Callable[[], None] | None = None
    _turns: Turns | None = None
    _answered_at = 0.0
    _claiming: tuple[RequestResponseCycle, Any] | None = None
    _is_between = True
    """True while the parser has seen nothing of a next request."""

    def on_message_begin(self) -> None:
        """This function will let the application find the connection in the request's scope."""
        super().on_message_begin()
        self._is_between = False
        self.scope["extensions"] = {_LENT: self}  # type: ignore[dict-item]

    def connection_lost(self, exc: Exception | None) -> None:
        """This function will also tell the stream that its viewer is gone."""
        super().connection_lost(exc)
        if self.when_lost is not None:
            self.when_lost()

    def data_received(self, data: bytes) -> None:
        """This function will read in turns with everybody else."""
        turns = self._turns
        if turns is None:
            turns = self._turns = _turns.setdefault(self.loop, Turns(self.loop))
        turns.take(self, data)

    def read(self, data: bytes) -> None:
        """This function will read what arrived, unless the viewer left meanwhile."""
        if self.parser is not None and not self._take_whole(data):
            super().data_received(data)

    def _take_whole(self, data: bytes) -> bool:
        """Hand over a call of a sale that arrived in one piece while nothing else is under way; else it is the parser's."""
        former = self.cycle
        if not self._is_between or self.pipeline or self.root_path or not (former is None or former.response_complete):
            return False
        whole = read_whole(data, _SALES, most_body_bytes=MOST_CLAIM_BYTES) if hasattr(self.app, "take_claim") else None
        if whole is None or self.transport.is_closing():
            return False
        whole.on_response = self._on_whole_answered
        whole.scope.update(scheme=self.scheme, client=self.client, server=self.server)
        self.cycle = whole  # type: ignore[assignment]  # as much of a cycle as anybody touches
        if not self.app.take_claim(Exchange(self, whole)):
            self.cycle = former
            return False
        return True

    def _on_whole_answered(self) -> None:
        """As uvicorn does, but with one timer for all requests of a connection instead of one for each."""
        if self.pipeline or self.transport.is_closing():
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """This function will let a connection go that asked nothing since it was answered; one that is being answered stays."""
        self.timeout_keep_alive_task = None
        is_busy = self.cycle is not None and not self.cycle.response_complete
        left_seconds = self.timeout_keep_alive if is_busy else self._answered_at + self.timeout_keep_alive - self.loop.time()
        if left_seconds > 0:
            self._look_again(left_seconds)
        else:
            super().timeout_keep_alive_handler()

    def _look_again(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope = cycle.scope
        path: str = scope["path"]
        is_sale = scope["method"] in ("POST", "PUT") and (path.endswith(_SALES) or path.startswith("/pay/"))
        if not is_sale or cycle.waiting_for_100_continue or not hasattr(self.app, "take_claim"):
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._claiming = (cycle, app)
        else:
            self._hand_over(cycle, app)

    def _hand_over(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._claiming = None
        if len(cycle.body) > MOST_CLAIM_BYTES or not self.app.take_claim(Exchange(self, cycle)):
            super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        """This function will let ASGI refuse a body that is too long, rather than wait for its end."""
        super().on_body(body)
        if self._claiming is not None and len(self._claiming[0].body) > MOST_CLAIM_BYTES:
            self._hand_over(*self._claiming)

    def on_message_complete(self) -> None:
        """This function will hand a claim over as soon as all of it is there."""
        super().on_message_complete()
        self._is_between = True
        if self._claiming is not None and not self._claiming[0].more_body:
            self._hand_over(*self._claiming)

    def forget_request(self) -> None:
        """This function will drop what nobody reads again while a stream goes on for hours."""
        self.headers.clear()
        scope: Scope = self.scope  # type: ignore[assignment]
        scope.pop("kaibo.headers", None)
        scope["extensions"] = {}


def lent_connection(scope: Scope) -> RoomConnection | None:
    """This function will give the connection of a request, where the server lends it and the answer will be chunked."""
    lent = (scope.get("extensions") or {}).get(_LENT)
    return lent if isinstance(lent, RoomConnection) and scope.get("http_version") == "1.1" else None
