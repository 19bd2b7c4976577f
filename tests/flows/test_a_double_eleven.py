"""A small double-11 evening, as `./kaibo bench evening` plays the large one: nothing missing, nothing oversold, nothing sent twice."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kaibo.cli.benches.servers import surroundings
from kaibo.config.shop_kinds import all_kinds

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]
SMALL = ["--orders", "270", "--minutes", "12", "--step-seconds", "120", "--parcels", "24", "--stock", "90"]


def test_every_platform_s_orders_equal_ours_to_the_fen_and_no_parcel_leaves_twice(tmp_path):
    told = evening(tmp_path)
    assert set(told["platforms"]) == set(all_kinds())
    for name, one in told["platforms"].items():
        assert one["theirs"] == one["ours"] > 0, name
        assert (one["missing"], one["unknown"], one["amounts_differ"], one["refused"], one.get("gaps", 0)) == (0, 0, 0, 0, 0), name
        assert one["theirs_fen"] == one["ours_fen"], name
    assert told["oversold_units"] == 0
    assert told["turned_away"] > 0  # goods did run short
    assert told["parcels"] > 0
    assert (told["parcels_not_there"], told["sent_beyond"], told["differences"]) == (0, 0, [])


def evening(folder) -> dict:
    """What the bench tells, from a process of its own: it makes and drops a database beside the tests'."""
    command = [sys.executable, "-m", "kaibo.cli", "bench", "evening", "--json", *SMALL]
    done = subprocess.run(command, env={**surroundings(), "KAIBO_DATA": str(folder)}, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.splitlines()[-1])
