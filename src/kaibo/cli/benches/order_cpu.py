"""Processor time an order costs in each process, which stays comparable when other programs want the same cores."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import psycopg

from kaibo.cli.benches.servers import cpu_seconds

SAMPLE_SECONDS = 0.25
_BACKENDS = "select pid, application_name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"


class Spent:
    """
    Counts what named processes, and the database's backends of one database, spend between entry and exit. Backends are
    read again and again, since some end before the run does; `database hidden` is said when the server is elsewhere.
    """

    def __init__(self, dsn: str, processes: Mapping[str, int]) -> None:
        self._dsn = dsn
        self._processes = processes
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._names: dict[int, str] = {pid: name for name, pid in processes.items()}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="cpu", daemon=True)

    def __enter__(self) -> Self:
        with psycopg.connect(self._dsn, autocommit=True, application_name="bench") as connection:
            self._sample(connection, is_first=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def microseconds_an_order(self, orders: int) -> dict[str, int]:
        """This function will give what each process, and the backends of each, spent on one order."""
        spent: dict[str, float] = {}
        for pid, last in self._last.items():
            spent[self._names[pid]] = spent.get(self._names[pid], 0.0) + last - self._first.get(pid, 0.0)
        return {name: round(seconds * 1e6 / max(orders, 1)) for name, seconds in sorted(spent.items())}

    def _watch(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True, application_name="bench") as connection:
            while not self._done.wait(SAMPLE_SECONDS):
                self._sample(connection)
            self._sample(connection)

    def _sample(self, connection: psycopg.Connection[tuple[int, str]], *, is_first: bool = False) -> None:
        for pid, name in connection.execute(_BACKENDS).fetchall():
            if name != "bench":
                self._names[pid] = f"database of {name or 'work'}"
        for pid in self._names:
            with contextlib.suppress(OSError):  # it ended: what was read last counts
                self._last[pid] = cpu_seconds(pid)
                if is_first:
                    self._first[pid] = self._last[pid]
