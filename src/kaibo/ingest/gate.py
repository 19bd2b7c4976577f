"""The gate nginx asks before it takes a push, and the probes of the process."""

from __future__ import annotations

import logging
import time
from collections import Counter as Counted
from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import parse_qsl

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from kaibo.ingest.health import State
from kaibo.ingest.keys import PushRefused, require_key
from kaibo.ingest.watch import Report

log = logging.getLogger("kaibo.ingest.gate")

_MOST_BODY_BYTES = 8_192

RoomStanding = Literal["open", "ended", "unknown", "database_away"]


class Figures:
    """What the ingest process counts for Prometheus; a room is the only label, never an address or a key."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.refused = Counter("kaibo_ingest_refused_pushes", "Pushes refused, by reason", ["why"], registry=self.registry)
        self.bitrate = Gauge("kaibo_ingest_bitrate_kbps", "Bit rate that comes in", ["room", "source"], registry=self.registry)
        self.broken = Gauge("kaibo_ingest_broken", "1 when a push is broken", ["room", "source"], registry=self.registry)

    def show(self, report: Report) -> None:
        self.bitrate.labels(report.room, report.source).set(report.health.bitrate_kbps)
        self.broken.labels(report.room, report.source).set(report.health.state is State.BROKEN)


def gate(
    *, secret: bytes, standing: Callable[[str], Awaitable[RoomStanding]], is_well: Callable[[], bool], figures: Figures
) -> Starlette:
    """
    This function will make the application nginx asks: 200 lets a push in, 403 turns it away.

    While the database is away a well-signed key is enough: the show goes on.
    """

    async def publish(request: Request) -> Response:
        said = await _said(request)
        try:
            room, source = require_key(secret, said, now_seconds=time.time())
            if await standing(room) in {"ended", "unknown"}:
                raise PushRefused(why="ended")
        except PushRefused as refused:
            figures.refused.labels(refused.details["why"]).inc()
            log.warning("push refused", extra={"room": said.get("name", "")[:64], "why": refused.details["why"]})
            return PlainTextResponse(refused.message("en"), 403)
        log.info("push accepted", extra={"room": room, "source": source})
        return PlainTextResponse("ok")

    async def publish_done(request: Request) -> Response:
        said = await _said(request)
        log.info("push ended", extra={"room": said.get("name", "")[:64], "source": said.get("app", "")[:16]})
        return PlainTextResponse("ok")

    async def recorded(request: Request) -> Response:
        said = await _said(request)
        log.info("recording kept", extra={"room": said.get("name", "")[:64], "file": said.get("path", "").rpartition("/")[2]})
        return PlainTextResponse("ok")

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"}) if is_well() else JSONResponse({"status": "no nginx"}, 503)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/publish", publish, methods=["POST"]),
            Route("/publish-done", publish_done, methods=["POST"]),
            Route("/recorded", recorded, methods=["POST"]),
            Route("/health", health),
            Route("/metrics", metrics),
        ]
    )


async def _said(request: Request) -> dict[str, str]:
    """
    What nginx posted. The encoder's own arguments stand in it beside nginx's, so a name that comes twice is dropped:
    with `name=other` in a key somebody could otherwise have the gate look at one room and push into another.
    """
    body = await request.body()
    pairs = parse_qsl(body[:_MOST_BODY_BYTES].decode("utf-8", "replace"), keep_blank_values=True)
    times = Counted(name for name, _ in pairs)
    return {name: value for name, value in pairs if times[name] == 1}
