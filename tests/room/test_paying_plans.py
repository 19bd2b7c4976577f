"""What a payment costs does not grow with what was sold before: plans made while the tables were empty must not walk through them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from kaibo.kit.ids import new_id
from kaibo.room import ledger
from kaibo.room.ledger import Ask
from tests.room.house import database_name, drop_database, make_sale, own_database

BATCH = 20
BATCHES = 15
READ = "select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) from pg_stat_xact_user_tables where schemaname = 'room' and relname in ('payments', 'answers')"
OPEN = "select payment, result from room.open_payments(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], null, %s::uuid[])"
TAKE = "select outcome from room.take_payments(%s::text[], %s::uuid[], %s::text[], %s::bigint[], %s::timestamptz[])"


async def rows_read_by(connection, statement, values):
    """The answer of a statement, and how many rows of payments and claims the server looked at for it."""
    async with connection.transaction():
        before = (await (await connection.execute(READ)).fetchone())[0]
        answer = await (await connection.execute(statement, values)).fetchall()
        after = (await (await connection.execute(READ)).fetchone())[0]
    return answer, int(after - before)


async def sell(sale):
    """Batch after batch is claimed, opened and paid on the same connections; gives the rows read by each batch."""
    found = []
    door = await ledger.connect(sale.dsn)
    openings, money = await ledger.connect(sale.dsn, "payment-openings"), await ledger.connect(sale.dsn, "payments")
    try:
        for number in range(BATCHES):
            asks = [Ask(sale.room, f"v{number}-{one}", f"k{number}-{one}", UUID(sale.item), 1, new_id()) for one in range(BATCH)]
            await ledger.admit(door, asks)
            claims, visitors = [ask.attempt for ask in asks], [ask.visitor for ask in asks]
            opened, by_opening = await rows_read_by(
                openings, OPEN, ([new_id() for _ in asks], claims, [sale.room] * BATCH, visitors, ["sandbox"] * BATCH, [None] * BATCH)
            )
            assert {result for _, result in opened} == {"opened"}
            told = [payment for payment, _ in opened]
            booked, by_money = await rows_read_by(
                money, TAKE, (["sandbox"] * BATCH, told, [f"t{one}" for one in told], [5990] * BATCH, [datetime.now(UTC)] * BATCH)
            )
            assert booked == [("in_time",)] * BATCH
            found.append((by_opening, by_money))
    finally:
        for one in (door, openings, money):
            await one.close()
    return found


def test_the_last_payment_of_an_evening_reads_as_few_rows_as_the_first():
    dsn = own_database(database_name("plans"))
    try:
        found = asyncio.run(sell(make_sale(dsn, units=BATCH * BATCHES)))
    finally:
        drop_database(dsn)
    assert max(opening for opening, _ in found) <= 6 * BATCH
    assert max(money for _, money in found) <= 10 * BATCH
