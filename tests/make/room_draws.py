"""Draws in a room of tests, published as the back of house would, with times around now."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta

from kaibo.room import draw_backoffice
from tests.make.draws import make_rules


def at(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def publish(sale, *, closes_in: int = 600, opens_in: int = -10, draws_in: int | None = None, **rules) -> str:
    """A published draw of the room; entries are open unless told otherwise."""
    now = int(time.time())
    draw = str(uuid.uuid4())
    draws_at = now + (closes_in + 5 if draws_in is None else draws_in)
    sale.do(
        draw_backoffice.publish_draw, room=sale.room,
        rules=make_rules(
            draw=draw, room=sale.room, published_at_unix=now - 20, opens_at_unix=now + opens_in, closes_at_unix=now + closes_in,
            draws_at_unix=draws_at, **rules,
        ),
    )  # fmt: skip
    return draw


def later(sale, draw, *, seconds: int = 0) -> datetime:
    """Some seconds after the moment the draw is to be held."""
    return sale.one("select draws_at from room.draws where draw = %s", draw) + timedelta(seconds=seconds)


def freeze(sale, draw) -> datetime:
    now = sale.one("select closes_at from room.draws where draw = %s", draw)
    sale.do(draw_backoffice.freeze_draw, room=sale.room, draw=draw, now=now)
    return now
