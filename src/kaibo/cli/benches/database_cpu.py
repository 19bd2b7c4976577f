"""CPU time of the database's process that serves us: with our own, what remains comparable on a busy machine."""

from __future__ import annotations

import os
from pathlib import Path


def database_cpu_seconds() -> float | None:
    """CPU time of the server process behind our connection, to the microsecond; None where the server is on another machine or hides it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        folder = Path(f"/proc/{cursor.fetchone()[0]}")
    try:
        name, _, rest = (folder / "stat").read_text().rpartition(")")
        if "postgres" not in name:
            return None
        return int((folder / "schedstat").read_text().split()[0]) / 1e9 or _in_ticks(rest)
    except OSError:
        return None


def _in_ticks(rest: str) -> float:
    """A system that does not count its schedules still counts ticks."""
    user, system = (int(part) for part in rest.split()[11:13])
    return (user + system) / os.sysconf("SC_CLK_TCK")
