"""Coupons taken, bound, used and given back at the same moment by several processes: never one too many (LIV-4)."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from kaibo.kit.coupons import CouponTerms
from kaibo.room import coupon_backoffice
from kaibo.room.audit import differences
from tests.concurrency.test_paying_under_fire import play
from tests.room.house import database_name, drop_database, make_sale, own_database

pytestmark = pytest.mark.processes

TAKE = "select result from room.take_coupons(array[%s::uuid], array[%s::uuid], array[%s], array[%s], array[%s])"
OPEN = """select result from room.open_payments(array[%s::uuid], array[%s::uuid], array[%s], array[%s], array['sandbox'], null, array[%s::uuid])"""
PAY = """select outcome from room.take_payments(array['sandbox'], array[%s::uuid], array[%s], array[4990::bigint], array[clock_timestamp()])"""
SWEEP = "select ended from room.expire_claims(7)"


@pytest.fixture(scope="module")
def dsn():
    made = own_database(database_name("couponfire"))
    yield made
    drop_database(made)


def new():
    return str(uuid.uuid4())


def issued(sale, *, units, limit=1):
    now = datetime.now(UTC)
    return str(sale.do(
        coupon_backoffice.issue_coupon, room=sale.room, terms=CouponTerms(off_fen=1000, threshold_fen=5000), units=units, limit_per_visitor=limit,
        valid_until=now + timedelta(hours=1), now=now,
    ))  # fmt: skip


def found(dsn):
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        return differences(cur)


def test_four_processes_give_away_exactly_what_was_issued(dsn):
    """90 viewers, each asked for by all four processes with two keys, 60 coupons, one each."""
    sale = make_sale(dsn)
    coupon = issued(sale, units=60)
    parts = [
        [(n / 400, TAKE, (new(), coupon, sale.room, f"v{(n * 7 + 13 * p) % 90}", str(turn))) for n in range(90) for turn in (p % 2, 1)] for p in range(4)
    ]
    told = play(dsn, parts)
    assert sale.ask("select taken_units, units from room.coupons where coupon = %s", coupon) == [(60, 60)]
    assert sale.ask("select count(*), count(distinct visitor) from room.coupon_takes where coupon = %s", coupon) == [(60, 60)]
    holders = {visitor for (visitor,) in sale.ask("select visitor from room.coupon_takes where coupon = %s", coupon)}
    for rows, part in zip(told, parts, strict=True):
        for (result,), (_, _, (_, _, _, visitor, _)) in zip(rows, part, strict=True):
            assert result in ({"taken", "limit_reached"} if visitor in holders else {"none_left"})
    assert Counter(row[0] for rows in told for row in rows)["taken"] >= 60
    assert found(dsn) == []


def test_a_coupon_lowers_one_claim_whoever_pays_expires_or_opens_another_at_once(dsn):
    """40 viewers with one coupon and two claims each: two processes open with it, one pays, two end what is over (20 claims last)."""
    sale = make_sale(dsn, units=80)
    coupon = issued(sale, units=40)
    viewers, claims, payments = [f"v{n % 40}" for n in range(80)], [new() for _ in range(80)], [new() for _ in range(80)]
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "select * from room.admit(array[%s::uuid], array[%s], %s::int[], %s::text[], %s::text[], %s::int[], %s::uuid[], '{}')",
            (sale.item, sale.room, [1] * 80, viewers, claims, [1] * 80, claims),
        ).fetchall()
        connection.execute(
            "select * from room.take_coupons(%s::uuid[], %s::uuid[], %s, %s, %s)",
            ([new() for _ in range(40)], [coupon] * 40, [sale.room] * 40, viewers[:40], ["1"] * 40),
        ).fetchall()
        connection.execute(
            "update room.answers set pay_by = clock_timestamp() + make_interval(secs => case when attempt = any(%s::uuid[]) then 3600 else 2.5 end) where room = %s",
            (claims[:20], sale.room),
        )
    opens = [(n / 60, OPEN, (payments[n], claims[n], sale.room, viewers[n], coupon)) for n in range(80)]
    backwards = [(at, sql, parameters) for (at, _, _), (_, sql, parameters) in zip(opens, reversed(opens), strict=True)]
    pays = [(0.4 + n / 60, PAY, (payments[n], f"T{payments[n]}")) for n in range(80)]
    sweeps = [[(1 + n / 30, SWEEP, None) for n in range(60)] for _ in range(2)]
    play(dsn, [opens, backwards, pays, *sweeps])
    with psycopg.connect(dsn, autocommit=True) as connection:  # on a slow machine some were told of before they were opened
        for _, sql, parameters in pays[:20]:
            connection.execute(sql, parameters)
    sale.ask("update room.answers set pay_by = clock_timestamp() where room = %s and paid_at is null returning 1", sale.room)
    sale.ask("select ended from room.expire_claims(1000)")
    used = sale.one("select count(*) from room.coupon_takes where coupon = %s and used_at is not null", coupon)
    lowered = sale.one("select count(*) from room.payments where room = %s and discount_fen = 1000 and outcome in ('in_time', 'late')", sale.room)
    assert used == lowered > 0
    assert sale.one("select count(*) from room.coupon_takes where coupon = %s and used_at is null and claim is not null", coupon) == 0
    assert found(dsn) == []


def test_a_planted_take_without_the_coupons_lock_is_caught(dsn):
    """The bug this file is for: counting and giving without holding the coupon, as two processes at once would."""
    sale = make_sale(dsn)
    coupon = issued(sale, units=1)
    give = "insert into room.coupon_takes (take, coupon, visitor, place, key, taken_at) values (%s, %s, %s, 1, '1', clock_timestamp())"
    count = "select count(*) from room.coupon_takes where coupon = %s"
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other:
        for connection in (one, other):  # both look before either gives
            assert connection.execute(count, (coupon,)).fetchone() == (0,)
        one.execute(give, (new(), coupon, "v1"))
        other.execute(give, (new(), coupon, "v2"))
    assert [(each.rule, each.expected, each.found) for each in found(dsn) if each.subject == coupon] == [("a coupon counts what was taken of it", 0, 2)]
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.CheckViolation, match="never_more_taken_than_issued"):
        connection.execute("update room.coupons set taken_units = 2 where coupon = %s", (coupon,))
    sale.ask("delete from room.coupon_takes where coupon = %s returning 1", coupon)
