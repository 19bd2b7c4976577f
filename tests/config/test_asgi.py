"""The console under ASGI, as it is served."""

from __future__ import annotations

import asyncio
import gc

import pytest
from django.db import connection

from kaibo.config.asgi import application


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


@pytest.mark.django_db(transaction=True)
def test_a_page_gives_its_connection_back_without_waiting_for_the_collector():
    before = backends()  # others of the run may go meanwhile, none may come
    gc.disable()  # as good as in the server, where it walks seldom
    try:
        assert asyncio.run(ask(6)) == [302] * 6
        assert backends() <= before
    finally:
        gc.enable()
        gc.collect()
