"""Several real processes on one draw: each visitor once, nobody after the freeze, and one result whoever is killed (LIV-10)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from kaibo.kit import draw_proof, draws
from kaibo.room import draw_backoffice
from tests.make.draws import secret
from tests.make.processes import ROOT
from tests.make.room_draws import freeze, later, publish
from tests.room.house import database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes

PROCESSES, VISITORS = 4, 400


@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("draws"))
    yield made
    drop_database(made)


def start(*words: str) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.make.draw_process", *words], env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_every_visitor_enters_once_and_nobody_after_the_freeze(dsn):
    sale = make_sale(dsn)
    draw = publish(sale)
    running = [start("enter", dsn, sale.room, draw, str(VISITORS)) for _ in range(PROCESSES)]
    assert [one.stdout.readline() for one in running] == ["ready\n"] * PROCESSES
    for one in running:
        one.stdin.write("go\n")
        one.stdin.flush()
    while sale.one("select count(*) from room.draw_entries where draw = %s", draw) < VISITORS // 4:
        pass  # somewhere in the middle of the crowd
    freeze(sale, draw)
    said = [tuple(answer) for one in running for answer in json.loads(one.communicate()[0])]
    entered = [one for one in said if one[1] == "entered"]
    again = [one for one in said if one[1] == "again"]
    refused = [one for one in said if one[1] == "frozen"]
    assert len(said) == PROCESSES * VISITORS == len(entered) + len(again) + len(refused)
    by_visitor = {visitor: (entry, receipt) for visitor, _result, entry, receipt in entered}
    assert len(by_visitor) == len(entered) >= VISITORS // 4
    assert all(by_visitor[visitor] == (entry, receipt) for visitor, _result, entry, receipt in again)
    record = json.loads(sale.one("select freeze_text from room.draws where draw = %s", draw))
    listed = {one.entry: one.seal for one in sale.do(draw_backoffice.entrants_of, draw=draw)}
    assert listed == {entry: draws.seal_of(receipt) for entry, receipt in by_visitor.values()}
    assert record["entrants"] == len(listed)
    assert {visitor for visitor, *_ in refused}.isdisjoint(by_visitor)


def test_a_draw_killed_on_the_way_is_drawn_once_afterwards(dsn):
    sale = make_sale(dsn)
    draw = publish(sale)
    kept = secret(draw, "陈可")
    sale.do(
        draw_backoffice.commit_witness, room=sale.room, draw=draw, who="w1", kind="staff", name="陈可",
        commitment=draws.witness_commitment(draw, "陈可", kept), now=later(sale, draw, seconds=-300),
    )  # fmt: skip
    entering = start("enter", dsn, sale.room, draw, "30")
    entering.communicate("go\n")
    freeze(sale, draw)
    sale.do(draw_backoffice.reveal_secret, room=sale.room, draw=draw, who="w1", secret=kept, now=later(sale, draw))
    for _ in range(3):
        killed = start("hold", dsn, sale.room, draw)
        assert killed.communicate()[0] == "drawn\n"
        assert killed.returncode == -signal.SIGKILL
        assert sale.ask("select state, digest from room.draws where draw = %s", draw) == [("frozen", None)]
        assert sale.one("select count(*) from room.draw_files where draw = %s", draw) == 0
    digest = sale.do(draw_backoffice.hold_draw, room=sale.room, draw=draw, now=later(sale, draw, seconds=1))
    again = start("hold", dsn, sale.room, draw)
    assert (again.communicate()[0], again.returncode) == ("", 1)
    assert sale.ask("select state, digest from room.draws where draw = %s", draw) == [("drawn", digest)]
    told = sale.do(draw_backoffice.file_of, draw=draw)
    assert draw_proof.verify(told.encode()) == []
    assert sale.one("select count(*) from room.events where room = %s and kind = 'draw'", sale.room) == 3
