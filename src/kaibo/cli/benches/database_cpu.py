"""CPU time of the database's process that serves us: with our own, what remains comparable on a busy machine."""

from __future__ import annotations

import os
from pathlib import Path


def database_cpu_seconds() -> float | None:
    """CPU time of the server process behind our connection; None where the server is on another machine or hides it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    try:
        name, _, rest = stat.read_text().rpartition(")")
    except OSError:
        return None
    user, system = (int(part) for part in rest.split()[11:13])
    return (user + system) / os.sysconf("SC_CLK_TCK") if "postgres" in name else None
