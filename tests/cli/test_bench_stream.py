"""The stream's bench in small: real processes, every frame heard, nobody lost."""

from __future__ import annotations

import argparse
import json

from kaibo.cli.benches import stream


def test_every_viewer_of_the_bench_hears_every_frame_and_comes_back_from_the_storm(capsys):
    code = stream.run(argparse.Namespace(viewers=40, seconds=1.0, json=True))
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    for name, frames in (("quiet", 1), ("busy", 5), ("plain", 5)):
        flow = found[name]
        assert flow["viewers"] == 40
        assert flow["frames_heard"] == flow["frames_due"] == 5 * frames * 40
        assert 0 < flow["p50_ms"] <= flow["p99_ms"] <= flow["worst_ms"]
    assert found["storm_failed"] == found["storm_frames_missing"] == 0
