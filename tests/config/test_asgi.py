"""The console under ASGI, as it is served."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
from django.db import connection

from kaibo.config.asgi import application
from tests.make.databases import url_of
from tests.make.processes import ROOT


def backends() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
        return cursor.fetchone()[0]


async def ask(times: int) -> list[int]:
    """A visitor with an old session cookie: each page asks the database who that is."""
    statuses: list[int] = []
    headers = [(b"host", b"localhost"), (b"cookie", b"kaibo_console=" + b"0" * 32)]

    for _each in range(times):
        asked = asyncio.Queue()
        asked.put_nowait({"type": "http.request", "body": b"", "more_body": False})

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "scheme": "http",
                 "headers": headers, "client": ("127.0.0.1", 4), "server": ("localhost", 80)}  # fmt: skip
        await application(scope, asked.get, send)
    return statuses


PAGES = """
import asyncio, gc
from kaibo.config.asgi import pool_connections
pool_connections()
from tests.config.test_asgi import ask, backends
gc.disable()  # as good as in the server, where it walks seldom
before = backends()  # takes the pool's first one
assert asyncio.run(ask(8)) == [302] * 8
print(before, backends())
"""


@pytest.mark.django_db(transaction=True)
def test_pages_share_connections_and_leave_none_to_the_collector():
    env = {**os.environ, "KAIBO_DATABASE_URL": url_of(connection.settings_dict["NAME"]), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    said = subprocess.run([sys.executable, "-c", PAGES], env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert said.returncode == 0, said.stderr
    before, after = map(int, said.stdout.split())
    assert after <= before + 1  # others of the run may go meanwhile; of eight pages at most one more stays
