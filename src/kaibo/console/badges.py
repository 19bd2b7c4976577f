"""The sidebar's counts: what waits for this person in every stage, in one question to the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import wiring

MOST = 1_000
"""A badge counts no further than this and then says “999+”: a person who has so much to do needs no exact number beside it."""


def badges(actor: Actor, now: datetime) -> dict[str, int]:
    """
    This function will give stage key → how much waits there for the actor, at most `MOST` of each list; one query.

    Nothing is remembered between requests: a badge is as true as the page beside it.
    """
    places: list[str] = []
    counts: list[str] = []
    values: list[Any] = []
    for stage in wiring().stages:
        for waiting in stage.badge(actor, now) if stage.badge else ():
            try:
                asked, given = waiting.order_by().values("pk")[:MOST].query.sql_with_params()
            except EmptyResultSet:
                continue
            places.append(stage.key)
            counts.append(f'(SELECT count(*) FROM ({asked}) AS "waiting")')
            values += given
    if not counts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", values)  # the ORM compiled every part; values stand apart
        row = cursor.fetchone()
    found: dict[str, int] = {}
    for place, count in zip(places, row, strict=True):
        found[place] = found.get(place, 0) + count
    return found
