"""One of several processes on the same draw: enters many visitors as fast as it can, or holds the draw and dies on the way."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import uuid
from datetime import UTC, datetime, timedelta

import psycopg

from kaibo.kit.draws import masked, seal_of
from kaibo.room import draw_backoffice


def enter_all(dsn: str, room: str, draw: str, visitors: int) -> None:
    """Enter visitors v0…, each as every other process does too, and say what each was answered."""
    answers = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(visitors):
            receipt = secrets.token_hex(16)
            row = connection.execute(
                "select result, entry::text, receipt from room.enter_draw(%s, %s, %s, %s, %s, %s, %s)",
                (room, draw, f"v{number}", masked("阿柚"), uuid.uuid4(), receipt, seal_of(receipt)),
            ).fetchone()
            answers.append([f"v{number}", *row])
    print(json.dumps(answers), flush=True)


def hold_and_die(dsn: str, room: str, draw: str) -> None:
    """Draw, and be killed before the commit: nothing may be left of it."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        draw_backoffice.hold_draw(cur, room=room, draw=draw, now=datetime.now(UTC) + timedelta(days=1))
        print("drawn", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    if what == "enter":
        enter_all(words[0], words[1], words[2], int(words[3]))
    else:
        hold_and_die(*words)
