"""`kaibo room open-bench | tokens | audit`: what load generators and checkers call."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from kaibo.cli.main import main
from kaibo.room import schema
from tests.room.house import make_sale


@pytest.fixture(autouse=True)
def settings(monkeypatch, dsn, server):
    monkeypatch.setenv("KAIBO_DATABASE_URL", dsn)
    monkeypatch.setenv("KAIBO_ENV", "development")
    monkeypatch.setenv("KAIBO_ROOM_URL", server.url)


def said(capsys):
    return [line for line in capsys.readouterr().out.splitlines() if line]


def test_a_bench_room_is_opened_claimed_from_and_counted(capsys):
    assert main(["room", "open-bench", "--items", "2", "--stock", "5"]) == 0
    opened = json.loads(said(capsys)[0])
    assert main(["room", "tokens", "--room", opened["room"], "--count", "3"]) == 0
    tokens = said(capsys)
    assert len(set(tokens)) == 3
    statuses = []
    for number in range(30):  # far over any per-visitor rate: a bench room has none
        answer = httpx.post(
            f"{opened['base_url']}/rooms/{opened['room']}/claims",
            json={"item": opened["item"], "quantity": 1},
            headers={"Authorization": f"Bearer {tokens[number % 3]}", "Idempotency-Key": f"k{number % 15}-{number % 3}"},
        )
        statuses.append(answer.status_code)
    assert statuses == [201] * 5 + [409] * 10 + [201] * 5 + [409] * 10
    assert main(["room", "audit", "--room", opened["room"]]) == 0
    assert json.loads(said(capsys)[0]) == {
        "stock": 10, "claimed": 5, "left": 5, "claims": 5, "duplicates_answered": 15,
    }  # fmt: skip


@pytest.mark.parametrize("tool", [["open-bench", "--stock", "1"], ["tokens", "--room", "x", "--count", "1"], ["audit", "--room", "x"]])
def test_the_tools_refuse_in_production(tool, monkeypatch, capsys, dsn):
    import psycopg

    monkeypatch.setenv("KAIBO_ENV", "production")
    monkeypatch.setenv("KAIBO_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("KAIBO_ALLOWED_HOSTS", "shop.example")
    with psycopg.connect(dsn) as connection:
        before = connection.execute("select count(*) from room.rooms").fetchone()
        assert main(["room", *tool]) == 1
        assert connection.execute("select count(*) from room.rooms").fetchone() == before
    spoken = capsys.readouterr()
    assert spoken.out == ""
    assert "production" in spoken.err


@pytest.mark.parametrize("tool", [["tokens", "--count", "1"], ["audit"]])
def test_an_unknown_room_is_refused_by_name(tool, capsys):
    assert main(["room", *tool, "--room", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("usage", [["open-bench", "--stock", "0"], ["open-bench"], ["tokens", "--room", "x", "--count", "-1"], ["fly"]])
def test_wrong_usage_is_said_as_such(usage, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["room", *usage])
    assert ended.value.code == 2


def test_a_taken_port_is_named(server, capsys, monkeypatch):
    monkeypatch.setattr("kaibo.cli.room.logs.set_up", lambda: None)
    port = httpx.URL(server.url).port
    assert main(["room", "--bind", "127.0.0.1", "--port", str(port)]) == 3
    assert str(port) in capsys.readouterr().err


def test_migrating_twice_or_at_once_applies_each_step_once(dsn):
    import threading

    import psycopg

    from kaibo.room.schema import migrate

    applied = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(dsn))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert applied == [[]] * 4
    with psycopg.connect(dsn) as connection:
        steps = [row[0] for row in connection.execute("select step from room.schema_version order by step")]
    written = sorted(int(file.name.split("_")[0]) for file in Path(schema.__file__).parent.glob("*.sql"))
    assert steps == written and len(set(written)) == len(written)
    assert make_sale(dsn).items
