"""The contract of `kaibo screen`: a text a line in, a JSON line out, positions in the original line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def screen(sent: bytes, *options: str):
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import argparse; from kaibo.cli import screen; p = argparse.ArgumentParser(); screen.add_arguments(p); raise SystemExit(screen.run(p.parse_args()))",
            *options,
        ],
        input=sent,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert ran.stderr == b""
    return ran.returncode, [json.loads(line) for line in ran.stdout.decode().splitlines()]


@pytest.mark.processes
def test_every_line_is_answered_in_order():
    code, answers = screen("纯棉 衣服\n国-家-级品质\n\n最后一天".encode(), "--json")
    assert code == 0
    assert [(answer["line"], answer["verdict"]) for answer in answers] == [
        (1, "pass"),
        (2, "block"),
        (3, "pass"),
        (4, "review"),
    ]
    (hit,) = answers[1]["hits"]
    assert (hit["start"], hit["end"], hit["text"], hit["kind"]) == (0, 7, "国-家-级品质", "absolute")
    assert hit["source"] == "广告法第九条第三项" and hit["suggestion"]


@pytest.mark.processes
def test_surface_and_category_change_the_answer():
    line = "杀菌面膜加微信".encode()
    assert [hit["text"] for hit in screen(line, "--surface", "chat")[1][0]["hits"]] == ["加微信"]
    assert [hit["text"] for hit in screen(line, "--category", "护肤")[1][0]["hits"]] == ["杀菌", "加微信"]


@pytest.mark.processes
def test_broken_bytes_and_windows_lines_do_not_stop_the_rest():
    _, answers = screen(b"\xff\xfe\r\n" + "最好\r\n".encode())
    assert [answer["verdict"] for answer in answers] == ["pass", "block"]
    assert answers[1]["hits"][0]["end"] == 2
