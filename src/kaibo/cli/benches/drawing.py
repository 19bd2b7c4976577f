"""
`./kaibo bench draw`: a draw of 100,000 entrants through the database, beside bare hashing of the same bytes in the same run.

What is measured is what viewers wait for: freezing (read the list, build the tree, publish the commitment) and drawing (read the
list, rank everybody, write and publish the file), each with its commit. Verifying the published file is measured apart.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from kaibo.cli.benches.scratch import scratch_database
from kaibo.database.address import create_if_missing
from kaibo.kit import draw_proof, draws
from kaibo.kit.clock import utc_now
from kaibo.room import backoffice, draw_backoffice
from kaibo.room.schema import migrate

AIM_SECONDS = 5
ROOM = "bench-draw"
_T = TypeVar("_T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--entrants", type=int, default=100_000, help="参与人数 · entrants (100000)")
    parser.add_argument("--json", action="store_true", help="一行 JSON · one JSON line")


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder, scratch_database(Path(folder)) as url:
        create_if_missing(url)
        migrate(url)
        with psycopg.connect(url) as connection:
            figures = _measure(connection, args.entrants)
    _report(figures, as_json=args.json)
    return 0 if figures["is_proved"] else 1


def _measure(connection: psycopg.Connection[Any], entrants: int) -> dict[str, Any]:
    draw = _published(connection, entrants)
    with connection.cursor() as cur:
        now = utc_now()
        freeze, freeze_cpu = _timed(lambda: _commit(connection, lambda: draw_backoffice.freeze_draw(cur, room=ROOM, draw=draw, now=now)))
        secret = "5" * 64
        draw_backoffice.reveal_secret(cur, room=ROOM, draw=draw, who="bench", secret=secret, now=now)
        connection.commit()
        held, held_cpu = _timed(lambda: _commit(connection, lambda: draw_backoffice.hold_draw(cur, room=ROOM, draw=draw, now=now + timedelta(hours=1))))
        text = (draw_backoffice.file_of(cur, draw) or "").encode()
        rows = draw_backoffice.entrants_of(cur, draw)
    began, began_cpu = time.perf_counter(), time.process_time()
    found = draw_proof.verify(text)
    verify, verify_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    bare = _bare_hashing([draws.canonical(one.row()) for one in rows])
    return {
        "bench": "draw", "entrants": entrants, "freeze_seconds": round(freeze, 2), "draw_seconds": round(held, 2), "seconds": round(freeze + held, 2),
        "cpu_seconds": round(freeze_cpu + held_cpu, 2), "verify_seconds": round(verify, 2), "verify_cpu_seconds": round(verify_cpu, 2), "file_bytes": len(text),
        "bare_hashing_seconds": round(bare, 2), "ratio_to_bare": round((freeze + held) / bare, 1), "aim_seconds": AIM_SECONDS, "is_proved": not found,
    }  # fmt: skip


def _published(connection: psycopg.Connection[Any], entrants: int) -> str:
    """A draw whose entries closed a moment ago, with its entrants and one witness."""
    draw, now = str(uuid.uuid4()), int(time.time())
    rules = {
        "draw": draw, "room": ROOM, "title": "压测", "organiser": "压测", "contact": "压测", "prizes": [{"name": "奖品", "detail": "压测", "count": 10, "value_fen": 100}],
        "eligibility": "everyone", "conditions": "压测", "method": "压测", "published_at_unix": now - 30, "opens_at_unix": now - 20, "closes_at_unix": now - 10,
        "draws_at_unix": now - 5, "claim_within_seconds": 3600, "claim_how": "压测", "delivery": "压测", "forfeiture": "压测", "alternates": 10,
        "entropy": {
            "kind": "witnesses", "house_commitment": "", "least_reveals": 1, "reveal_seconds": 60, "chain": "", "genesis_unix": 0, "period_seconds": 0, "relays": [],
        },
    }  # fmt: skip
    with connection.cursor() as cur:
        backoffice.open_room(cur, room=ROOM, title="压测", operator="压测", host="压测", company="压测", state="live", is_bench=True)
        draw_backoffice.publish_draw(cur, room=ROOM, rules=rules)
        cur.execute(
            """insert into room.draw_entries (draw, visitor, entry, name, receipt, seal, entered_at)
               select %s, 'v' || n, gen_random_uuid(), '观**', md5(n::text), encode(sha256(n::text::bytea), 'hex'), now() from generate_series(1, %s) n""",
            (draw, entrants),
        )
        draw_backoffice.commit_witness(
            cur, room=ROOM, draw=draw, who="bench", kind="staff", name="压测", commitment=draws.witness_commitment(draw, "压测", "5" * 64),
            now=draw_backoffice.moment(now - 15),
        )  # fmt: skip
    connection.commit()
    return draw


def _commit(connection: psycopg.Connection[Any], work: Callable[[], _T]) -> _T:
    done = work()
    connection.commit()
    return done


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    began, began_cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - began_cpu


def _bare_hashing(texts: list[bytes]) -> float:
    """The hashes such a draw cannot do without, and nothing else: a leaf, a node and the two blocks of a rank for each entrant."""
    began = time.perf_counter()
    inner, outer = sha256(b"6" * 64), sha256(b"\\" * 64)
    for text in texts:
        leaf = sha256(b"\x00" + text).digest()
        sha256(b"\x01" + leaf + leaf).digest()
        within, around = inner.copy(), outer.copy()
        within.update(leaf)
        around.update(within.digest())
        around.digest()
    return time.perf_counter() - began


def _report(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return
    f = figures
    sys.stdout.write(
        f"抽奖 draw: {f['entrants']:,} 人 entrants\n"
        f"  冻结 freeze {f['freeze_seconds']:.2f} s + 开奖 draw {f['draw_seconds']:.2f} s = {f['seconds']:.2f} s (目标 aim ≤ {AIM_SECONDS} s; 本进程 own CPU {f['cpu_seconds']:.2f} s)\n"
        f"  只算哈希 bare hashing {f['bare_hashing_seconds']:.2f} s · 倍数 ratio {f['ratio_to_bare']}\n"
        f"  验证 verify {f['verify_seconds']:.2f} s (CPU {f['verify_cpu_seconds']:.2f} s) · 文件 file {f['file_bytes']:,} bytes · {'✓ 属实 proved' if f['is_proved'] else '✗'}\n"
    )
