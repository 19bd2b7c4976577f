"""The composition root of the ingest process: nginx, the gate it asks, and the watch that reports to the database."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import uvicorn

from kaibo.config.env import Env
from kaibo.config.front import ready_database
from kaibo.config.secret import secret_key
from kaibo.config.serving import Server
from kaibo.ingest.configuration import Layout
from kaibo.ingest.gate import Figures, RoomStanding, gate
from kaibo.ingest.keys import Source, StreamKey, ingest_secret, issue
from kaibo.ingest.server import Nginx, NginxRefused, find_nginx, worker_account
from kaibo.ingest.watch import Report, Watch
from kaibo.kit.clock import utc_now
from kaibo.room import video

log = logging.getLogger("kaibo.config.ingest")

LOOK_SECONDS = 0.5
LONGEST_SOCKET_BYTES = 100


def layout(env: Env, *, module: Path, gate_port: int) -> Layout:
    """This function will say where the ingest of an installation stands."""
    folder = env.data / "video"
    near = folder / "stat.sock"
    fits = len(os.fsencode(near)) <= LONGEST_SOCKET_BYTES
    return Layout(
        folder=folder,
        module=module,
        bind=env.bind,
        rtmp_port=env.rtmp_port,
        media_port=env.media_port,
        gate_port=gate_port,
        socket=near if fits else _far_socket(folder),
        user=worker_account(),
    )


def _far_socket(folder: Path) -> Path:
    """A socket's path may have about 100 bytes: for a deep data folder it stands in a private folder of the system's temporary one."""
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    place = Path(tempfile.gettempdir()) / f"kaibo-video-{os.geteuid()}-{name}"
    place.mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid != os.geteuid():
        raise NginxRefused(reason=str(place))
    return place / "stat.sock"


def running_nginx(env: Env) -> Nginx | None:
    """This function will give the nginx that runs on this data folder, for asking it things, or None."""
    program, module = find_nginx()
    nginx = Nginx(program, layout(env, module=module, gate_port=0))
    try:
        nginx.stat()
    except (OSError, http.client.HTTPException):
        return None
    return nginx


def is_answering(env: Env) -> bool:
    """This function will say whether the ingest runs on this data folder.   Raises: NginxMissing."""
    return running_nginx(env) is not None


def stream_key(env: Env, *, room: str, source: Source, expires_at: datetime) -> StreamKey:
    """This function will make what a technician types into the encoder.   Raises: RoomNameUnfit."""
    secret = ingest_secret(secret_key(env))
    return issue(secret, rtmp_url=env.rtmp_url, room=room, source=source, expires_at_seconds=int(expires_at.timestamp()))


class Ledger:
    """The database as the ingest process sees it; while it is away the show goes on."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def ended(self, rooms: set[str]) -> set[str]:
        with self._open() as connection, connection.cursor() as cur:
            return video.ended(cur, rooms)

    def keep(self, reports: list[Report]) -> None:
        with self._open() as connection, connection.transaction(), connection.cursor() as cur:
            for one in sorted(reports, key=lambda report: (report.room, report.source)):
                video.report(cur, one.room, _as_told(one))

    async def standing(self, room: str) -> RoomStanding:
        try:
            async with await psycopg.AsyncConnection.connect(self._dsn, connect_timeout=2) as connection:
                cursor = await connection.execute("select state from room.rooms where room = %s", (room,))
                row = await cursor.fetchone()
        except psycopg.Error:
            return "database_away"
        if row is None:
            return "unknown"
        return "ended" if row[0] == "ended" else "open"

    @contextlib.contextmanager
    def _open(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._dsn, autocommit=True, connect_timeout=2, application_name="kaibo-ingest", options="-c statement_timeout=2000"
            )
        yield self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _as_told(one: Report) -> video.Ingest:
    return video.Ingest(
        source=one.source, state=one.health.state.value, why=one.health.why.value, bitrate_kbps=one.health.bitrate_kbps,
        frame_rate_centi=one.health.rate_centi, promised_frame_rate=one.promised_frame_rate, width=one.width, height=one.height,
        missing_frames=one.missing_frames, key_frame_at=one.key_frame_at, changed_at=one.changed_at, seen_at=one.seen_at,
    )  # fmt: skip


class Watching(threading.Thread):
    """Looks twice a second, keeps nginx alive and reports; a database that is away costs reports, never the picture."""

    def __init__(self, *, nginx: Nginx, watch: Watch, ledger: Ledger, figures: Figures) -> None:
        super().__init__(name="ingest watch", daemon=True)
        self._nginx, self._watch, self._ledger, self._figures = nginx, watch, ledger, figures
        self._stopping = threading.Event()
        self._rooms: set[str] = set()
        self._ended: set[str] = set()

    def stop(self) -> None:
        self._stopping.set()
        self.join(5)

    def run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self._look()
            except Exception:  # the watch must outlive any single look
                log.exception("ingest look failed")

    def _look(self) -> None:
        if not self._nginx.is_running:
            log.error("nginx ended, starting it again")
            self._nginx.stop()
            self._nginx.start()
        reports = self._watch.look(at=time.monotonic(), now=utc_now(), ended=self._ended)
        for report in reports:
            self._figures.show(report)
        if not reports:
            return
        try:
            self._ended = self._ledger.ended({report.room for report in reports})
            self._ledger.keep(reports)
        except psycopg.Error as away:
            log.warning("ingest reports wait for the database", extra={"reason": type(away).__name__})


def serve(env: Env) -> int:
    """This function will run the ingest until it is told to stop.   Raises: NginxMissing, NginxRefused."""
    program, module = find_nginx()
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    plan = layout(env, module=module, gate_port=door.getsockname()[1])
    nginx = Nginx(program, plan)
    dsn = ready_database(env)
    figures = Figures()
    ledger = Ledger(dsn)
    nginx.start()
    watching = Watching(nginx=nginx, watch=Watch(hls=plan.hls, stat=nginx.stat), ledger=ledger, figures=figures)
    try:
        watching.start()
        app = gate(secret=ingest_secret(secret_key(env)), standing=ledger.standing, is_well=lambda: nginx.is_running, figures=figures)
        server = Server(uvicorn.Config(app, access_log=False, log_config=None, server_header=False, lifespan="off"))
        asyncio.run(server.serve(sockets=[door]))
        return 0
    finally:
        watching.stop()
        nginx.stop()
        ledger.close()
        door.close()
