"""
Paying, expiring, closing, queueing and claiming at the same moment, in real processes: each claim wins or loses exactly
once, and every unit and every fen is somewhere (LIV-4).
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import psycopg
import pytest

from kaibo.room import backoffice
from kaibo.room.audit import differences
from tests.room.house import database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("payfire"))
    yield made
    drop_database(made)


ACTOR = '''
import json, sys, time, psycopg
dsn, what, starts_at, parts = json.loads(sys.argv[1])
told = []
with psycopg.connect(dsn, autocommit=True) as connection:
    while time.time() < starts_at:
        time.sleep(0.001)
    for at, sql, parameters in parts:
        wait = starts_at + at - time.time()
        if wait > 0:
            time.sleep(wait)
        told.append(connection.execute(sql, parameters).fetchone())
print(json.dumps(told, default=str))
'''  # fmt: skip


def play(dsn, parts):
    """Each part is a list of (seconds after the start, SQL, parameters), run in a process of its own."""
    starts_at = time.time() + 1.5
    actors = [
        subprocess.Popen([sys.executable, "-c", ACTOR, json.dumps([dsn, n, starts_at, part])], stdout=subprocess.PIPE, text=True)
        for n, part in enumerate(parts)
    ]
    out = [actor.communicate(timeout=60)[0] for actor in actors]
    assert [actor.returncode for actor in actors] == [0] * len(actors)
    return [json.loads(one) for one in out]


def unpaid_claims(sale, count, *, seconds):
    """Claims with an opened payment each, whose time to pay is over in `seconds`."""
    claims, payments = [str(uuid.uuid4()) for _ in range(count)], [str(uuid.uuid4()) for _ in range(count)]
    with psycopg.connect(sale.dsn) as connection:
        connection.execute(
            "select * from room.admit(array[%s::uuid], array[%s], %s::int[], %s::text[], %s::text[], %s::int[], %s::uuid[], '{}')",
            (sale.item, sale.room, [1] * count, [f"v{n}" for n in range(count)], claims, [1] * count, claims),
        ).fetchall()
        opened = connection.execute(
            "select result from room.open_payments(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[])",
            (payments, claims, [sale.room] * count, [f"v{n}" for n in range(count)], ["sandbox"] * count),
        ).fetchall()
        assert opened == [("opened",)] * count
        connection.execute("update room.answers set pay_by = clock_timestamp() + make_interval(secs => %s) where room = %s", (seconds, sale.room))
    return claims, payments


PAY = """select outcome from room.take_payments(array['sandbox'], array[%s::uuid], array[%s], array[5990::bigint], array[clock_timestamp()])"""
SWEEP = "select ended from room.expire_claims(7)"


def counted(sale):
    with psycopg.connect(sale.dsn) as connection, connection.cursor() as cur:
        assert differences(cur) == []
    stock, claimed, returned, withdrawn, left = sale.ask(
        "select stock_units, claimed_units, returned_units, withdrawn_units, left_units from room.items where item = %s", sale.item
    )[0]
    assert stock == claimed - returned + withdrawn + left
    return stock, claimed, returned, withdrawn, left


@pytest.mark.parametrize("closes", [False, True])
def test_who_pays_at_the_last_second_wins_or_loses_exactly_once(dsn, closes):
    """120 claims end in the middle of their payments; two payers tell of each, three sweeps run, and maybe the item closes."""
    sale = make_sale(dsn, units=120)
    claims, payments = unpaid_claims(sale, 120, seconds=2.5)
    pays = [(n / 80, PAY, (payment, f"T{payment}")) for n, payment in enumerate(payments)]
    sweeps = [[(n / 50, SWEEP, None) for n in range(80)] for _ in range(3)]
    backwards = [(at, sql, parameters) for (at, _, _), (_, sql, parameters) in zip(pays, reversed(pays), strict=True)]
    closing = threading.Timer(2.8, lambda: sale.do(backoffice.close_item, room=sale.room, item=sale.item))
    if closes:
        closing.start()
    told = play(dsn, [pays, backwards, *sweeps])
    if closes:
        closing.join()
    sale.ask("select ended from room.expire_claims(1000)")
    by_payment = {}
    for rows, part in zip(told, (pays, backwards), strict=False):
        for row, (_, _, (payment, _)) in zip(rows, part, strict=True):
            by_payment.setdefault(payment, set()).add(row[0])
    assert all(len(outcomes) == 1 for outcomes in by_payment.values())  # told twice, answered the same
    results = Counter(next(iter(outcomes)) for outcomes in by_payment.values())
    stored = Counter(dict(sale.ask("select outcome, count(*) from room.payments where room = %s group by 1", sale.room)))
    assert results == stored
    assert sum(results.values()) == 120
    paid = sale.one("select count(*) from room.answers where room = %s and paid_at is not null", sale.room)
    assert paid == results["in_time"] + results["late"]
    assert sale.one("select count(*) from room.answers where room = %s and paid_at is null and expired_at is null", sale.room) == 0
    stock, claimed, returned, withdrawn, left = counted(sale)
    to_shelf = sale.one("select count(*) from room.turns t join room.answers a on a.attempt = t.claim where a.room = %s and t.kind = 'expired' and not t.units_returned", sale.room)
    assert (claimed, claimed - returned, left + withdrawn) == (120, paid + to_shelf, 120 - paid - to_shelf)
    assert closes or to_shelf == 0
    turns = Counter(dict(sale.ask("select t.kind, count(*) from room.turns t join room.answers a on a.attempt = t.claim where a.room = %s group by 1", sale.room)))
    assert turns["paid"] == results["in_time"]
    assert turns["late"] == results["late"]
    assert turns["refund_due"] == results["refund_due"]
    assert turns["expired"] == 120 - results["in_time"]


def test_units_that_come_back_go_down_the_queue_in_order_while_everybody_pays_and_claims(dsn):
    """40 claims run out, 60 wait: nobody overtakes, no unit lies about while somebody waits, newcomers get nothing."""
    sale = make_sale(dsn, units=40)
    unpaid_claims(sale, 40, seconds=0)
    sweep = f"{SWEEP} where (select count(*) from room.waitlist where item = %s) > 40"  # enough in the queue, on any machine
    joins = [[(n / 100, "select room.join_waitlist(%s, %s, %s, 1)", (sale.room, f"w{p}-{n}", sale.item)) for n in range(20)] for p in range(3)]
    sweeps = [[(n / 40, sweep, (sale.item,)) for n in range(40)] for _ in range(3)]
    newcomers = [
        (n / 30, "select result from room.admit(array[%s::uuid], array[%s], array[1], array[%s], array[%s], array[1], array[%s::uuid], '{}') where n > 0",
         (sale.item, sale.room, f"n{n}", str(n), str(uuid.uuid4()))) for n in range(40)
    ]  # fmt: skip
    told = play(dsn, [*joins, *sweeps, newcomers])
    sale.ask("select ended from room.expire_claims(1000)")
    assert {row[0] for part in told[:3] for row in part} == {"waiting"}
    assert {row[0] for row in told[-1]} == {"sold_out"}
    states = sale.ask("select state from room.waitlist where item = %s order by place", sale.item)
    assert [one for (one,) in states] == ["offered"] * 40 + ["waiting"] * 20
    stock, claimed, returned, withdrawn, left = counted(sale)
    assert (claimed, returned, left) == (80, 40, 0)


def test_a_planted_sweep_that_forgets_to_look_at_payments_is_caught(dsn):
    """The bug this file is for: ending a claim without its row's lock and without asking whether it is paid."""
    sale = make_sale(dsn, units=5)
    claims, payments = unpaid_claims(sale, 5, seconds=60)
    with psycopg.connect(dsn, autocommit=True) as connection:
        assert [connection.execute(PAY, (payment, f"T{payment}")).fetchone() for payment in payments] == [("in_time",)] * 5
        connection.execute("select room.end_claims(%s::uuid[], clock_timestamp())", (claims,))
    with psycopg.connect(sale.dsn) as connection, connection.cursor() as cur:
        assert [one.rule for one in differences(cur) if one.subject in claims] == ["a paid claim has not ended, or was claimed again"] * 5
    sale.ask("delete from room.turns where claim = any(%s::uuid[]) returning 1", claims)
    sale.ask("update room.answers set expired_at = null, returned_units = 0, paid_at = null where room = %s returning 1", sale.room)
    sale.ask("update room.payments set outcome = null, transaction = null, received_fen = null, paid_at = null, noticed_at = null where room = %s returning 1", sale.room)
    sale.ask("delete from room.movements where item = %s and kind = 'returned' returning 1", sale.item)
    sale.ask("update room.items set left_units = 0, returned_units = 0 where item = %s returning 1", sale.item)
    counted(sale)
