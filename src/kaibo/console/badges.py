"""The sidebar's counts: what waits for this person in every stage, in one question to the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

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
    return prepared.counts(_waiting, actor, MOST, now=now)


def _waiting(actor: Actor, most: int, *, now: Any) -> Iterator[tuple[str, QuerySet[Any]]]:
    for stage in wiring().stages:
        for waiting in stage.badge(actor, now) if stage.badge else ():
            yield stage.key, waiting.order_by().values("pk")[:most]
