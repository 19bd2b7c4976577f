"""The work process: relay and clocks, outbox deliveries, and the job worker, on one PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from procrastinate.contrib.django import app
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, generate_latest

from kaibo.kit.clock import utc_now
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.wiring import Clock, wiring

log = logging.getLogger("kaibo.work")

RUNS = Counter("kaibo_clock_runs_total", "Runs of a clock", ["clock"])
FAILURES = Counter("kaibo_clock_failures_total", "Failed runs of a clock", ["clock"])
DONE = Counter("kaibo_clock_done_total", "Things a clock did", ["clock"])
BEAT = Gauge("kaibo_work_last_beat_seconds", "Unix time of the last loop of the clocks")

QUICK_SECONDS = 10
STALE_AFTER_SECONDS = 30
SLOW_STALE_AFTER_SECONDS = 900


class Worker:
    """Runs until told to stop; a failing clock is logged and tried again at its next time, the others go on."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.last_beats: dict[str, float] = {}

    def start_clocks(self) -> list[threading.Thread]:
        """Two threads: quick clocks (claims, outbox) never wait behind slow ones (counting, reports)."""
        clocks = (Clock("outbox", 1, outbox.deliver_waiting), *wiring().clocks)
        quick = [clock for clock in clocks if clock.every_seconds <= QUICK_SECONDS]
        slow = [clock for clock in clocks if clock.every_seconds > QUICK_SECONDS]
        threads = [
            threading.Thread(target=self.run_clocks, args=(part,), name=name)
            for name, part in (("quick", quick), ("slow", slow))
        ]
        for thread in threads:
            self.last_beats[thread.name] = time.monotonic()
            thread.start()
        return threads

    def run_clocks(self, clocks: Sequence[Clock]) -> None:
        due = dict.fromkeys((clock.key for clock in clocks), 0.0)
        while not self.stopping.is_set():
            for clock in clocks:
                if time.monotonic() >= due[clock.key] and not self.stopping.is_set():
                    due[clock.key] = time.monotonic() + clock.every_seconds
                    self._run(clock)
                self.last_beats[threading.current_thread().name] = time.monotonic()
            BEAT.set_to_current_time()
            self.stopping.wait(0.2)
        connection.close()

    def _run(self, clock: Clock) -> None:
        try:
            close_old_connections()
            done = clock.run(utc_now())
        except (OperationalError, InterfaceError, psycopg.OperationalError) as away:
            FAILURES.labels(clock.key).inc()
            log.warning(
                "a clock waits for the database",
                extra={"clock": clock.key, "reason": type(away.__cause__ or away).__name__},
            )
            connection.close()
            self.stopping.wait(1)
        except Exception:
            FAILURES.labels(clock.key).inc()
            log.exception("a clock failed", extra={"clock": clock.key})
        else:
            RUNS.labels(clock.key).inc()
            DONE.labels(clock.key).inc(done or 0)

    async def run_jobs(self) -> None:
        connector = app.connector.get_worker_connector()
        with app.replace_connector(connector) as worker_app:
            async with worker_app.open_async():
                while not self.stopping.is_set():
                    worker = asyncio.create_task(
                        worker_app.run_worker_async(
                            concurrency=2, install_signal_handlers=False, fetch_job_polling_interval=5.0
                        )
                    )
                    stop = asyncio.create_task(asyncio.to_thread(self.stopping.wait))
                    await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
                    if worker.done() and not self.stopping.is_set():
                        log.warning(
                            "the job worker stopped, starting it again", extra={"error": repr(worker.exception())}
                        )
                        await asyncio.sleep(1)
                    worker.cancel()
                    with contextlib.suppress(asyncio.CancelledError, Exception):
                        await worker

    @property
    def is_well(self) -> bool:
        limits = {"quick": STALE_AFTER_SECONDS, "slow": SLOW_STALE_AFTER_SECONDS}
        return all(time.monotonic() - beat < limits[name] for name, beat in self.last_beats.items())


def _status_server(worker: Worker, port: int) -> ThreadingHTTPServer:
    class Status(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            elif self.path == "/health":
                state = "ok" if worker.is_well else "stale"
                self._answer(200 if worker.is_well else 503, "application/json", json.dumps({"status": state}).encode())
            else:
                self._answer(404, "application/json", b'{"code":"not_found"}')

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Health checks are no news."""

    return ThreadingHTTPServer((settings.ENV.bind, port), Status)


def main() -> int:
    """This function will run the work process until SIGTERM or Ctrl-C, then finish what is in hand and stop."""
    worker = Worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    status = _status_server(worker, settings.ENV.work_port)
    threading.Thread(target=status.serve_forever, daemon=True, name="status").start()
    clocks = worker.start_clocks()
    log.info("work started", extra={"port": settings.ENV.work_port})
    try:
        asyncio.run(worker.run_jobs())
    finally:
        worker.stopping.set()
        for thread in clocks:
            thread.join(timeout=10)
        status.shutdown()
    log.info("work stopped")
    return 0
