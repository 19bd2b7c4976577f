"""Draws as viewers meet them: enter once, the freeze, the proof, the result, the prize."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import timedelta

import httpx
import psycopg
import pytest

from kaibo.kit import draw_proof, draws
from kaibo.kit.merkle import is_included, leaf_hash
from kaibo.room import draw_backoffice
from kaibo.room.audit import differences as room_differences
from kaibo.room.draw_complaints import DrawCannotBeVoided, DrawMovedOn, DrawRulesIncomplete, DrawTooEarly, ListChanged, PulseWrong, RevealsMissing
from tests.make.draws import make_pulse, secret
from tests.make.room_draws import freeze, later, publish
from tests.room.house import Viewer, listen


def enter(viewer, draw) -> httpx.Response:
    return viewer.post(f"draws/{draw}/entries", {})


def look(viewer, draw, what="") -> httpx.Response:
    return viewer.http.get(f"/rooms/{viewer.room}/draws/{draw}{what}")


def be_witness(viewer, draw, name) -> str:
    kept = secret(draw, name)
    promised = viewer.post(f"draws/{draw}/witnesses", {"name": name, "commitment": draws.witness_commitment(draw, name, kept)})
    assert promised.status_code == 201, promised.text
    return kept


def hold(sale, draw, *, seconds=120, pulse=None) -> str:
    return sale.do(draw_backoffice.hold_draw, room=sale.room, draw=draw, now=later(sale, draw, seconds=seconds), pulse=pulse)


@pytest.fixture
def carol(server, sale):
    return Viewer(server.url, sale.room, "陈可")


def test_a_visitor_enters_once_and_keeps_the_receipt(sale, alice):
    draw = publish(sale)
    first = enter(alice, draw)
    again = enter(alice, draw)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert sale.one("select count(*) from room.draw_entries where draw = %s", draw) == 1
    mine = look(alice, draw, "/mine").json()
    assert mine["entry"] == first.json()["entry"]
    assert sale.one("select seal from room.draw_entries where draw = %s", draw) == draws.seal_of(first.json()["receipt"])


def test_entries_are_refused_before_their_time_and_after_it(sale, alice):
    early, late = publish(sale, opens_in=60), publish(sale, closes_in=-1)
    assert (enter(alice, early).status_code, enter(alice, early).json()["code"]) == (409, "draw_not_open")
    assert (enter(alice, late).status_code, enter(alice, late).json()["code"]) == (409, "draw_frozen")
    assert sale.one("select count(*) from room.draw_entries where draw in (%s, %s)", early, late) == 0


def test_a_frozen_list_takes_nobody(sale, alice, bob):
    draw = publish(sale)
    enter(alice, draw)
    freeze(sale, draw)
    refused = enter(bob, draw)
    assert (refused.status_code, refused.json()["code"]) == (409, "draw_frozen")
    assert look(bob, draw, "/entrants").json()["entrants"] == [[enter(alice, draw).json()["entry"], "阿**", look(alice, draw, "/entrants").json()["entrants"][0][2]]]
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        sale.ask(
            "insert into room.draw_entries (draw, visitor, entry, name, receipt, seal, entered_at) values (%s, 'v', %s, 'x', 'r', %s, now()) returning 1",
            draw, uuid.uuid4(), "0" * 64,
        )  # fmt: skip
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        sale.ask("delete from room.draw_entries where draw = %s returning 1", draw)
    assert sale.one("select count(*) from room.draw_entries where draw = %s", draw) == 1


def test_who_does_not_meet_the_condition_does_not_enter(sale, alice, bob):
    claimed, commented = publish(sale, eligibility="claimed"), publish(sale, eligibility="commented")
    assert alice.claim(sale.item).status_code == 201
    assert (enter(alice, claimed).status_code, enter(bob, claimed).status_code) == (201, 403)
    assert bob.post("messages", {"text": "尺码多大"}).status_code == 202
    for _ in range(100):
        if enter(bob, commented).status_code == 201:
            break
        threading.Event().wait(0.05)
    assert sale.ask("select draw::text, visitor from room.draw_entries where draw in (%s, %s) order by draw = %s", claimed, commented, commented) == [
        (claimed, alice.visitor), (commented, bob.visitor),
    ]  # fmt: skip
    assert enter(alice, commented).json()["code"] == "not_eligible"


def test_strangers_and_other_rooms_find_nothing(server, sale, alice):
    draw = publish(sale)
    assert httpx.post(f"{server.url}/rooms/{sale.room}/draws/{draw}/entries", json={}).status_code == 401
    assert httpx.get(f"{server.url}/rooms/{sale.room}/draws/{uuid.uuid4()}").json()["code"] == "no_such_draw"
    assert httpx.get(f"{server.url}/rooms/{sale.room}/draws/not-an-id").status_code == 404
    assert look(alice, draw, "/file").json()["code"] == "draw_not_drawn"
    assert look(alice, draw, "/entrants").json()["code"] == "draw_not_frozen"
    assert alice.post(f"draws/{draw}/prize", {}).json()["code"] == "nothing_won"
    assert sale.one("select count(*) from room.draw_entries where draw = %s", draw) == 0


def test_a_whole_draw_is_announced_in_its_order_and_proved(server, sale, alice, bob, carol):
    start = httpx.get(f"{server.url}/rooms/{sale.room}").json()["last_event_id"]
    draw = publish(sale, alternates=1)
    kept = be_witness(carol, draw, "陈可")
    entries = {enter(one, draw).json()["entry"] for one in (alice, bob, carol)}
    frozen_at = freeze(sale, draw)
    assert carol.post(f"draws/{draw}/reveals", {"secret": "0" * 64}).json()["code"] == "draw.secret_not_promised"
    assert carol.post(f"draws/{draw}/reveals", {"secret": kept}).status_code == 202
    digest = hold(sale, draw, seconds=0)
    heard = listen(server.url, sale.room, after=start, until=lambda got: sum(one.kind == "draw" for one in got) == 3)
    states = [one.data["state"] for one in heard if one.kind == "draw"]
    assert states == ["open", "frozen", "drawn"]
    frozen = next(one.data for one in heard if one.kind == "draw" and one.data["state"] == "frozen")
    told = look(alice, draw, "/file").content
    assert draw_proof.verify(told, announced=frozen["commitment"]) == []
    file = json.loads(told)
    assert (file["digest"], file["freeze"]["root"], file["freeze"]["frozen_at_unix"]) == (digest, frozen["root"], int(frozen_at.timestamp()))
    assert {row[0] for row in file["entrants"]} == entries
    assert look(alice, draw).json()["file"] == file
    assert "file" not in look(alice, draw, "?brief=1").json()
    snapshot = httpx.get(f"{server.url}/rooms/{sale.room}").json()
    assert [(one["draw"], one["state"], one["digest"]) for one in snapshot["draws"]] == [(draw, "drawn", digest)]


def test_an_entrant_is_proved_by_the_root_alone(sale, alice, bob, carol):
    draw = publish(sale)
    entered = enter(alice, draw).json()
    enter(bob, draw)
    enter(carol, draw)
    freeze(sale, draw)
    proof = look(bob, draw, f"/proof/{entered['entry']}").json()
    assert proof["entrant"] == [entered["entry"], "阿**", draws.seal_of(entered["receipt"])]
    assert is_included(
        leaf=leaf_hash(draws.canonical(proof["entrant"])), index=proof["index"], size=3, path=[bytes.fromhex(one) for one in proof["path"]],
        root=bytes.fromhex(look(bob, draw).json()["root"]),
    )  # fmt: skip
    assert look(bob, draw, f"/proof/{uuid.uuid4()}").json()["code"] == "no_such_entry"


def test_the_witness_stays_hidden_until_the_draw(sale, alice, carol):
    draw = publish(sale)
    enter(alice, draw)
    kept = be_witness(carol, draw, "陈可")
    assert carol.post(f"draws/{draw}/reveals", {"secret": kept}).json()["code"] == "draw.moved_on"  # not before the freeze
    freeze(sale, draw)
    carol.post(f"draws/{draw}/reveals", {"secret": kept})
    before = look(alice, draw).text
    assert kept not in before
    assert json.loads(before)["witnesses"][0]["has_shown"] is True
    house = sale.one("select house_secret from room.draws where draw = %s", draw)
    assert house not in before
    late = alice.post(f"draws/{draw}/witnesses", {"name": "迟到", "commitment": "1" * 64})
    assert (late.status_code, late.json()["code"]) == (409, "draw.moved_on")


def test_nobody_copies_a_promise_or_a_name(sale, alice, carol):
    draw = publish(sale)
    be_witness(carol, draw, "陈可")
    copied = {"name": "小满", "commitment": draws.witness_commitment(draw, "陈可", secret(draw, "陈可"))}
    assert alice.post(f"draws/{draw}/witnesses", copied).json()["code"] == "draw.witness_taken"
    assert alice.post(f"draws/{draw}/witnesses", {"name": "陈可", "commitment": "2" * 64}).json()["code"] == "draw.witness_taken"
    assert sale.one("select count(*) from room.draw_witnesses where draw = %s", draw) == 1


def test_an_absent_witness_delays_the_draw_and_is_named(sale, alice, bob, carol):
    draw = publish(sale)
    enter(alice, draw)
    kept = be_witness(carol, draw, "陈可")
    be_witness(bob, draw, "小满")
    frozen_at = freeze(sale, draw)
    with pytest.raises(RevealsMissing):
        hold(sale, draw)
    with pytest.raises(DrawCannotBeVoided):
        sale.do(draw_backoffice.void_draw, room=sale.room, draw=draw, reason="不想抽了", now=frozen_at + timedelta(seconds=59))
    carol.post(f"draws/{draw}/reveals", {"secret": kept})
    with pytest.raises(DrawTooEarly):
        sale.do(draw_backoffice.hold_draw, room=sale.room, draw=draw, now=frozen_at + timedelta(seconds=59))
    with pytest.raises(DrawCannotBeVoided):
        sale.do(draw_backoffice.void_draw, room=sale.room, draw=draw, reason="不想抽了", now=frozen_at + timedelta(seconds=600))
    sale.do(draw_backoffice.hold_draw, room=sale.room, draw=draw, now=frozen_at + timedelta(seconds=60))
    told = look(alice, draw, "/file").content
    assert draw_proof.verify(told) == []
    assert draw_proof.absent(json.loads(told)) == ["小满"]


def test_without_enough_witnesses_there_is_no_result_and_it_may_be_void(sale, alice):
    draw = publish(sale)
    enter(alice, draw)
    freeze(sale, draw)
    with pytest.raises(RevealsMissing):
        hold(sale, draw)
    sale.do(draw_backoffice.void_draw, room=sale.room, draw=draw, reason="见证人没有到", now=later(sale, draw, seconds=120))
    assert look(alice, draw).json()["void_reason"] == "见证人没有到"
    assert sale.one("select count(*) from room.draw_files where draw = %s", draw) == 0


def test_a_draw_from_a_beacon_takes_only_the_round_the_freeze_named(sale, alice):
    draw = publish(sale, kind="beacon")
    enter(alice, draw)
    freeze(sale, draw)
    number = look(alice, draw).json()["round"]
    now = later(sale, draw, seconds=300)
    for wrong in (None, make_pulse(number + 1), make_pulse(number - 1), draws.Pulse(number, "1" * 64, make_pulse(number).signature)):
        with pytest.raises(PulseWrong):
            sale.do(draw_backoffice.hold_draw, room=sale.room, draw=draw, now=now, pulse=wrong)
    sale.do(draw_backoffice.hold_draw, room=sale.room, draw=draw, now=now, pulse=make_pulse(number))
    assert draw_proof.verify(look(alice, draw, "/file").content) == []


def test_there_is_never_a_second_result(sale, alice, carol):
    draw = publish(sale)
    enter(alice, draw)
    kept = be_witness(carol, draw, "陈可")
    freeze(sale, draw)
    with pytest.raises(DrawMovedOn):
        freeze(sale, draw)
    carol.post(f"draws/{draw}/reveals", {"secret": kept})
    barrier, outcomes = threading.Barrier(4), []

    def draw_now():
        barrier.wait()
        try:
            outcomes.append(hold(sale, draw))
        except DrawMovedOn:
            outcomes.append("moved_on")

    threads = [threading.Thread(target=draw_now) for _ in range(4)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert sorted(outcomes)[1:] == ["moved_on"] * 3
    told = look(alice, draw, "/file").content
    assert json.loads(told)["digest"] == sorted(outcomes)[0]
    for forbidden in ("update room.draw_files set file = '{}' where draw = %s returning 1", "delete from room.draw_files where draw = %s returning 1",
                      "update room.draws set state = 'frozen', drawn_at = null, digest = null where draw = %s returning 1", "delete from room.draws where draw = %s returning 1",
                      "update room.draws set rules = '{}' where draw = %s returning 1"):  # fmt: skip
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            sale.ask(forbidden, draw)
    with pytest.raises(DrawMovedOn):
        sale.do(draw_backoffice.void_draw, room=sale.room, draw=draw, reason="重抽", now=later(sale, draw, seconds=200))
    assert look(alice, draw, "/file").content == told


def test_a_prize_not_claimed_in_time_passes_on_in_the_published_order(sale, alice, bob, carol):
    draw = publish(sale, alternates=2, claim_within_seconds=60)
    people = {enter(one, draw).json()["entry"]: one for one in (alice, bob, carol)}
    kept = be_witness(carol, draw, "陈可")
    freeze(sale, draw)
    carol.post(f"draws/{draw}/reveals", {"secret": kept})
    hold(sale, draw, seconds=0)
    drawn_at = later(sale, draw)
    file = look(alice, draw, "/file").json()
    winner, first, second = (people[one["entry"]] for one in file["winners"] + file["alternates"])
    assert first.post(f"draws/{draw}/prize", {}).json()["code"] == "nothing_won"
    on_time = drawn_at + timedelta(seconds=59)
    assert sale.do(draw_backoffice.pass_on_unclaimed, room=sale.room, draw=draw, now=on_time) == []
    [(late, next_one)] = sale.do(draw_backoffice.pass_on_unclaimed, room=sale.room, draw=draw, now=drawn_at + timedelta(seconds=60))
    assert (late.visitor, next_one.visitor) == (winner.visitor, first.visitor)
    assert sale.do(draw_backoffice.pass_on_unclaimed, room=sale.room, draw=draw, now=drawn_at + timedelta(seconds=60)) == []
    assert winner.post(f"draws/{draw}/prize", {}).json()["code"] == "prize_forfeited"
    claimed = first.post(f"draws/{draw}/prize", {})
    assert (claimed.status_code, first.post(f"draws/{draw}/prize", {}).json()) == (200, claimed.json())
    assert sale.do(draw_backoffice.pass_on_unclaimed, room=sale.room, draw=draw, now=drawn_at + timedelta(days=9)) == []
    states = [(one.visitor, one.state, one.steps_up_for) for one in sale.do(draw_backoffice.places_of, draw=draw)]
    assert states == [(winner.visitor, "forfeited", None), (first.visitor, "claimed", 1), (second.visitor, "standby", None)]
    assert look(alice, draw, "/file").json() == file


@pytest.mark.parametrize("changed", [{"organiser": ""}, {"prizes": ((1, 5_000_001),)}, {"delivery": ""}, {"claim_within_seconds": 0}])
def test_incomplete_rules_are_not_published(sale, changed):
    with pytest.raises(DrawRulesIncomplete):
        publish(sale, **changed)
    assert sale.one("select count(*) from room.draws where room = %s", sale.room) == 0


def test_a_planted_late_entry_stops_the_draw_and_shows_in_the_check(sale, alice, carol):
    """Whoever owns the database can switch our triggers off; the announced root still stands in the way."""
    draw = publish(sale)
    enter(alice, draw)
    kept = be_witness(carol, draw, "陈可")
    freeze(sale, draw)
    carol.post(f"draws/{draw}/reveals", {"secret": kept})
    with psycopg.connect(sale.dsn) as connection:
        assert [one for one in room_differences(connection.cursor()) if one.subject == draw] == []
        connection.execute("alter table room.draw_entries disable trigger keep_entries")
        connection.execute(
            "insert into room.draw_entries (draw, visitor, entry, name, receipt, seal, entered_at) values (%s, 'friend', %s, '友**', 'r', %s, now())",
            (draw, uuid.uuid4(), draws.seal_of("r")),
        )
        connection.execute("alter table room.draw_entries enable trigger keep_entries")
    with pytest.raises(ListChanged):
        hold(sale, draw)
    assert sale.one("select state from room.draws where draw = %s", draw) == "frozen"
    with psycopg.connect(sale.dsn) as connection:
        found = [(one.expected, one.found) for one in room_differences(connection.cursor()) if one.subject == draw]
        # other tests prove the whole ledger of this database: what was planted goes again
        connection.execute("alter table room.draw_entries disable trigger user")
        connection.execute("delete from room.draw_entries where draw = %s and visitor = 'friend'", (draw,))
        connection.execute("alter table room.draw_entries enable trigger user")
    assert found == [(1, 2)]
