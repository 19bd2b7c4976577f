"""A claim whose numbers contradict its item's cannot end; everybody else's units still come back (LIV-11)."""

from __future__ import annotations

import time
import uuid

import psycopg
import pytest

from kaibo.room.audit import differences
from tests.room.house import Viewer, database_name, drop_database, make_sale, own_database, served


@pytest.fixture
def dsn():
    made = own_database(database_name("stuck"))  # its ledger is broken on purpose
    yield made
    drop_database(made)


def test_one_broken_claim_does_not_keep_the_units_of_the_others(dsn):
    with served(dsn) as server:
        broken, sound = make_sale(dsn), make_sale(dsn)
        viewer = Viewer(server.url, sound.room)
        claim = viewer.claim(sound.item, 3).json()["claim"]
        broken.ask(  # a claim the item's totals know nothing of: to end it would return units nobody took
            """insert into room.answers (attempt, room, visitor, key, item, quantity, result, unit_price_fen, answered_at, pay_by)
               values (%s, %s, 'v', 'k', %s, 1, 'claimed', 990, now() - interval '1 day', now() - interval '1 day') returning 1""",
            uuid.uuid4(), broken.room, broken.item,
        )  # fmt: skip
        sound.ask("update room.answers set pay_by = clock_timestamp() where attempt = %s returning 1", claim)
        give_up_at = time.monotonic() + 20
        while viewer.http.get(f"/rooms/{sound.room}/claims/{claim}").json()["state"] == "unpaid" and time.monotonic() < give_up_at:
            time.sleep(0.2)
    assert sound.one("select left_units from room.items where item = %s", sound.item) == 10
    assert broken.one("select left_units from room.items where item = %s", broken.item) == 10
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        assert {one.subject for one in differences(cur)} & {broken.item, broken.room}
