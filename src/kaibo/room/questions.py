"""Questions of a room, collected from its messages: each once, put to those that ask the same, counted by visitors (LIV-9)."""

from __future__ import annotations

from typing import Any

import psycopg

from kaibo.kit.ids import new_id
from kaibo.language.questions import MOST_COMPARED, Gist, alike_one, gist

MOST_AT_ONCE = 500
_UNCOLLECTED = "is_question and question is null and visitor <> '' and (verdict = 'pass' or is_shown)"

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


async def uncollected_rooms(connection: Connection) -> list[str]:
    """This function will give the rooms that have questions nobody has sorted."""
    cursor = await connection.execute(f"select distinct room from room.messages where {_UNCOLLECTED}".encode())
    return [row[0] for row in await cursor.fetchall()]


async def collect(connection: Connection, room: str) -> int:
    """This function will sort a room's new questions and say how many; one process at a time does it for a room."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('room questions ' || %s, 0))", (room,))
        cursor = await connection.execute(
            f"""select message, visitor, text, sent_at from room.messages
                 where room = %s and {_UNCOLLECTED} order by message limit %s""".encode(),
            (room, MOST_AT_ONCE),
        )
        asked = await cursor.fetchall()
        if not asked:
            return 0
        cursor = await connection.execute(
            """select question, topics, words from room.questions where room = %s and state = 'open'
                order by last_asked_at desc, question limit %s""",
            (room, MOST_COMPARED),
        )
        known = [(row[0], Gist(frozenset(row[1]), frozenset(row[2]))) for row in await cursor.fetchall()]
        for message, visitor, text, sent_at in asked:
            about = gist(text)
            place = alike_one(about, [one for _question, one in known])
            question = new_id() if place is None else known[place][0]
            if place is None:
                known.insert(0, (question, about))
                await connection.execute(
                    """insert into room.questions (question, room, text, topics, words, first_asked_at, last_asked_at)
                       values (%s, %s, %s, %s, %s, %s, %s)""",
                    (question, room, text, sorted(about.topics), sorted(about.words), sent_at, sent_at),
                )
            await connection.execute(
                """insert into room.askers (question, visitor, message) values (%s, %s, %s)
                   on conflict (question, visitor) do nothing""",
                (question, visitor, message),
            )
            await connection.execute(
                "update room.questions set last_asked_at = greatest(last_asked_at, %s) where question = %s", (sent_at, question)
            )
            await connection.execute("update room.messages set question = %s where message = %s", (question, message))
        await connection.execute(
            "select pg_notify('kaibo_talk', json_build_object('what', 'desk', 'room', %s::text, 'kind', 'question', 'body', json_build_object('new', %s::int))::text)",
            (room, len(asked)),
        )
        return len(asked)
