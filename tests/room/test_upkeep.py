"""Old rows go after their days, and nothing else goes; running totals stay what they count (LIV-9, facts/law L4)."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import psycopg

from kaibo.kit.ids import new_id
from kaibo.room import figures as figures_of_room
from kaibo.room import audit, backoffice, upkeep
from tests.room.house import listen, make_sale

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def clear(sale, **days):
    wanted = {"replay_days": 30, "refusal_days": 30, "talk_days": 1096, **days}
    return sale.do(upkeep.clear_old, now=NOW, **wanted)


def age(sale, days: int, *, up_to: int) -> None:
    with psycopg.connect(sale.dsn) as connection:
        connection.execute(
            "update room.events set announced_at = %s where room = %s and seq <= %s", (NOW - timedelta(days=days), sale.room, up_to)
        )


def numbers(sale) -> list[int]:
    return [row[0] for row in sale.ask("select seq from room.events where room = %s order by seq", sale.room)]


def test_events_of_long_ago_go_and_the_numbers_still_prove_themselves(sale):
    for number in range(6):
        sale.do(backoffice.post_notice, room=sale.room, text=str(number))
    last = numbers(sale)[-1]
    age(sale, 31, up_to=last - 2)
    clear(sale)
    assert numbers(sale) == [last - 1, last]
    with psycopg.connect(sale.dsn) as connection:
        assert [d for d in audit.differences(connection.cursor()) if d.subject == sale.room] == []
    clear(sale)
    assert numbers(sale) == [last - 1, last]
    assert sale.do(backoffice.post_notice, room=sale.room, text="新") is not None
    assert numbers(sale)[-1] == last + 1


def test_a_reader_from_before_the_kept_events_is_told_to_start_afresh_and_a_later_one_gets_all(server, sale):
    for number in range(6):
        sale.do(backoffice.post_notice, room=sale.room, text=str(number))
    last = numbers(sale)[-1]
    age(sale, 31, up_to=last - 3)
    clear(sale)
    httpx.get(f"{server.url}/rooms/{sale.room}")
    assert listen(server.url, sale.room, after=last - 5, until=lambda h: True)[0].kind == "reset"
    heard = listen(server.url, sale.room, after=last - 3, until=lambda h: len(h) == 3)
    assert [event.id for event in heard] == [last - 2, last - 1, last]


def answers(sale, *, result: str, days: int) -> None:
    at = NOW - timedelta(days=days)
    attempt = uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | (new_id().int & (2**62 - 1)))
    with psycopg.connect(sale.dsn) as connection:
        connection.execute(
            """insert into room.answers (attempt, room, visitor, key, item, quantity, result, unit_price_fen, answered_at, pay_by)
               values (%s, %s, 'v', %s, %s, 1, %s, %s, %s, %s)""",
            (attempt, sale.room, attempt.hex, sale.item, result, *((990, at, at) if result == "claimed" else (None, at, None))),
        )


def test_refusals_go_and_claims_stay_for_good(sale):
    for result in ("claimed", "sold_out", "limit_reached", "not_on_sale"):
        for days in (400, 31, 29):
            answers(sale, result=result, days=days)
    clear(sale)
    left = sale.ask("select result, count(*) from room.answers where room = %s group by 1 order by 1", sale.room)
    assert left == [("claimed", 3), ("limit_reached", 1), ("not_on_sale", 1), ("sold_out", 1)]
    figures = sale.do(figures_of_room.room_figures, room=sale.room)
    assert (figures.claims, figures.claimed_units, figures.claimed_fen) == (3, 3, 2970)
    assert (figures.refused_sold_out, figures.refused_limit) == (3, 3)


def test_chat_and_settled_reports_go_after_three_years_and_unsettled_reports_never(sale):
    with psycopg.connect(sale.dsn) as connection:
        for days in (1100, 1000):
            connection.execute(
                "insert into room.messages (message, room, visitor, nickname, text, verdict, sent_at) values (%s, %s, 'v', 'n', 't', 'pass', %s)",
                (new_id(), sale.room, NOW - timedelta(days=days)),
            )
            for taken_at in (None, NOW):
                connection.execute(
                    "insert into room.reports (report, room, visitor, kind, text, reported_at, taken_at) values (%s, %s, 'v', 'other', '', %s, %s)",
                    (new_id(), sale.room, NOW - timedelta(days=days), taken_at),
                )
    clear(sale)
    assert sale.one("select count(*) from room.messages where room = %s", sale.room) == 1
    assert sale.one("select count(*) from room.reports where room = %s", sale.room) == 3
    assert sale.do(figures_of_room.room_figures, room=sale.room).messages == 2


def test_presence_of_dead_processes_goes(sale):
    with psycopg.connect(sale.dsn) as connection:
        connection.execute(
            "insert into room.presence (process, room, viewers, seen_at) values (%s, %s, 5, now() - interval '2 days')",
            (new_id(), sale.room),
        )
    clear(sale)
    assert sale.one("select count(*) from room.presence where room = %s", sale.room) == 0


def test_totals_are_exact_while_many_write_and_one_adds_up(dsn):
    sale = make_sale(dsn, units=10_000, is_bench=True)
    begin = threading.Barrier(4)

    def claim(who: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            begin.wait()
            for n in range(40):
                connection.execute(
                    """insert into room.answers (attempt, room, visitor, key, item, quantity, result, unit_price_fen, answered_at, pay_by)
                       select gen_random_uuid(), %s, %s, %s || '-' || k, %s, 2, 'claimed', 100, now(), now() from generate_series(1, 3) k""",
                    (sale.room, f"v{who}", f"{who}-{n}", sale.item),
                )

    def fold() -> None:
        begin.wait()
        for _ in range(15):
            sale.do(upkeep.fold_tallies)

    threads = [*(threading.Thread(target=claim, args=(n,)) for n in range(3)), threading.Thread(target=fold)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures = sale.do(figures_of_room.room_figures, room=sale.room)
    assert (figures.claims, figures.claimed_units, figures.claimed_fen) == (360, 720, 72_000)
    sale.do(upkeep.fold_tallies)
    assert sale.one("select count(*) from room.tallies where room = %s", sale.room) <= 51
    assert sale.do(figures_of_room.room_figures, room=sale.room) == figures
