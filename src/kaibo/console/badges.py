"""The sidebar's counts: what waits for this person in every stage, in one question to the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from kaibo.plumbing import prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import wiring

MOST = 1_000
"""A badge counts no further than this and then says “999+”: a person who has so much to do needs no exact number beside it."""


def badges(actor: Actor, now: datetime) -> dict[str, int]:
    """
    This function will give stage key → how much waits there for the actor, at most `MOST` of each list; one query.

    Nothing is remembered between requests but the words of the question, which differ by what the actor may see: a badge is as
    true as the page beside it.
    """
    asked = prepared.question(_asked, actor, MOST, slots=("now",))
    if not asked.places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(asked.sql, prepared.with_values(asked.params, {"now": now}))
        row = cursor.fetchone()
    found: dict[str, int] = {}
    for place, count in zip(asked.places, row, strict=True):
        found[place] = found.get(place, 0) + count
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """The counts of all stages as one statement; the n-th count belongs to the n-th place."""

    places: tuple[str, ...]
    sql: str
    params: tuple[Any, ...]


def _asked(actor: Actor, most: int, *, now: Any) -> _Asked:
    places: list[str] = []
    counts: list[str] = []
    values: list[Any] = []
    for stage in wiring().stages:
        for waiting in stage.badge(actor, now) if stage.badge else ():
            try:
                sql, given = waiting.order_by().values("pk")[:most].query.sql_with_params()
            except EmptyResultSet:
                continue
            places.append(stage.key)
            counts.append(f'(SELECT count(*) FROM ({sql}) AS "waiting")')
            values += given
    return _Asked(tuple(places), f"SELECT {', '.join(counts)}", tuple(values))  # the ORM compiled every part; values stand apart
