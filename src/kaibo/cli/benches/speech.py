"""
`kaibo bench speech`: from a line of the host's speech being sent to its hit standing on the desk's stream (CMP-9: ≤ 500 ms).

Runs against a running shop, over HTTP on both sides, as a recogniser and a desk do. Beside it stands the time of the
call alone, so that what the notice and the stream add can be seen.
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
import urllib.request
from datetime import UTC, datetime
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--console", default="http://127.0.0.1:8000", help="后台地址 · address of the console")
    parser.add_argument("--session", required=True, help="正在直播的场次编号 · id of a live session")
    parser.add_argument("--token", required=True, help="API 令牌，能送语音 · an API token that may send speech")
    parser.add_argument("--lines", type=int, default=200, help="送多少行 · how many lines")


def run(args: argparse.Namespace) -> int:
    base = f"{args.console}/api/v1/live/sessions/{args.session}"
    arrived: dict[str, float] = {}
    news = threading.Condition()
    stream = urllib.request.urlopen(_call(f"{base}/desk-stream", args.token)).read()  # noqa: S310  an http address
    listening = threading.Event()
    threading.Thread(target=_listen, args=(json.loads(stream)["stream"], arrived, news, listening), daemon=True).start()
    listening.wait(10)
    called, seen = [], []
    for number in range(args.lines):
        said = {"at": datetime.now(UTC).isoformat(), "text": f"第{number}句，这是国家级的", "final": True}
        began = time.perf_counter()
        with urllib.request.urlopen(_call(f"{base}/speech", args.token, said)) as answer:  # noqa: S310  an http address
            hits = json.loads(answer.read())["hits"]
        called.append(time.perf_counter() - began)
        with news:
            if not news.wait_for(lambda hit=hits[0]["id"]: hit in arrived, timeout=5):
                print(f"第 {number} 行没有到中控 · line {number} did not reach the desk")
                return 1
        seen.append(arrived[hits[0]["id"]] - began)
    print(f"{'':24}{'p50':>10}{'p99':>10}{'max':>10}   ({args.lines} lines)")
    print(_row("接口返回 · call answered", called))
    print(_row("到达中控 · on the desk", seen))
    return 0 if _quantile(seen, 99) <= 0.5 else 1


def _listen(address: str, arrived: dict[str, float], news: threading.Condition, listening: threading.Event) -> None:
    with urllib.request.urlopen(address) as stream:  # noqa: S310  an http address
        kind = ""
        for raw in stream:
            now, line = time.perf_counter(), raw.decode().rstrip("\n")
            listening.set()
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: ") and kind == "hit":
                with news:
                    arrived[json.loads(line[6:])["hit"]] = now
                    news.notify_all()


def _call(address: str, token: str, body: dict[str, Any] | None = None) -> urllib.request.Request:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return urllib.request.Request(address, data=json.dumps(body).encode() if body else None, headers=headers)  # noqa: S310


def _quantile(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


def _row(name: str, seconds: list[float]) -> str:
    return f"{name:<22}" + "".join(f"{value * 1000:>8.1f}ms" for value in (_quantile(seconds, 50), _quantile(seconds, 99), max(seconds)))
