"""
The console with its two probes around it: /health and /metrics.

They stand before Django, so that a probe by address is not refused for its host name, and a page that hangs does not hide behind them.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import psycopg
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from kaibo.config import asgi
from kaibo.database.address import address

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ANSWERS = Counter("kaibo_console_answers_total", "Answers of the console", ["method", "status"])
SECONDS = Histogram(
    "kaibo_console_answer_seconds",
    "Time to the first byte of an answer",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
HEALTH_KEPT_SECONDS = 1.0
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Probed:
    """An ASGI application that answers /health and /metrics itself and counts what the one inside answers."""

    def __init__(self, inside: Application, *, database: str) -> None:
        self.inside = inside
        self.database = database
        self._healthy_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or path not in {"/health", "/metrics"}:
            await self._count(scope, receive, send)
        elif path == "/metrics":
            await _answer(send, 200, CONTENT_TYPE_LATEST, generate_latest())
        elif await self._is_healthy():
            await _answer(send, 200, "application/json", b'{"status":"ok"}')
        else:
            await _answer(send, 503, "application/json", b'{"status":"no database"}')

    async def _is_healthy(self) -> bool:
        """The console can do its work when the database answers; asked at most once a second."""
        if time.monotonic() < self._healthy_until:
            return True
        try:
            connection = await psycopg.AsyncConnection.connect(self.database, connect_timeout=3)
            async with connection:
                await connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        self._healthy_until = time.monotonic() + HEALTH_KEPT_SECONDS
        return True

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = (
                    scope["method"] if scope["method"] in METHODS else "other"
                )  # names come from outside: a label must not grow
                ANSWERS.labels(method, message["status"]).inc()
                SECONDS.observe(time.monotonic() - started)
            await send(message)

        await self.inside(scope, receive, counted)


async def _answer(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = Probed(asgi.application, database=address(settings.ENV))
