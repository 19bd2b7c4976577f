"""The console's probes: what a watchdog and Prometheus see."""

from __future__ import annotations

import asyncio

import pytest

from kaibo.config.probes import ANSWERS, Probed
from tests.make.databases import url_of


async def inside(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"tea"})


def get(application, path: str, method: str = "GET") -> tuple[int, bytes]:
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(application({"type": "http", "method": method, "path": path, "headers": [(b"host", b"10.0.0.7")]}, None, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


@pytest.fixture
def console() -> Probed:
    return Probed(inside, database=url_of("postgres"))


def test_health_is_well_while_the_database_answers_whatever_the_host_name(console):
    assert get(console, "/health") == (200, b'{"status":"ok"}')


def test_health_is_unwell_without_a_database(tmp_path):
    assert get(Probed(inside, database=f"postgresql:///kaibo?host={tmp_path}"), "/health") == (503, b'{"status":"no database"}')


def test_everything_else_goes_inside_and_is_counted(console):
    before = ANSWERS.labels("GET", 418)._value.get()
    assert get(console, "/orders") == (418, b"tea")
    assert ANSWERS.labels("GET", 418)._value.get() == before + 1
    assert b'kaibo_console_answers_total{method="GET",status="418"}' in get(console, "/metrics")[1]


def test_an_invented_method_makes_no_figure_of_its_own(console):
    get(console, "/orders", method="BREW")
    figures = get(console, "/metrics")[1]
    assert b'method="other"' in figures
    assert b"BREW" not in figures


def test_posting_to_a_probe_goes_inside(console):
    assert get(console, "/health", method="POST")[0] == 418
