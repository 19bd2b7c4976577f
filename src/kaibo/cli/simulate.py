"""`./kaibo simulate`: platforms as they behave, over real HTTP, with everything that goes wrong; for trying Kaibo against."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from kaibo.kit.errors import Invalid
from kaibo.simulator.chaos import SWITCHES
from kaibo.simulator.platform import Platform
from kaibo.simulator.pushing import Pusher
from kaibo.simulator.registry import PLATFORMS, open_platform
from kaibo.simulator.server import Server


class PushAddressUnclear(Invalid):
    code = "simulate.push_address_unclear"
    message_zh = "推送地址 {given} 不清楚：写成 平台=网址，平台须是正在模拟且会推送的"
    message_en = "The push address {given} is unclear: write PLATFORM=URL, of a simulated platform that pushes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = "、".join(PLATFORMS)
    parser.add_argument("platform", nargs="*", type=_platform, metavar="PLATFORM", help=f"平台，可多个 · platforms, several at once: {names} (douyin)")
    parser.add_argument("--port", type=int, default=9300, help="端口，0 为任意空闲端口 · port, 0 for any free one (9300)")
    parser.add_argument("--seed", type=int, default=1, help="同一个种子讲同一个故事 · the same seed tells the same story")
    parser.add_argument("--orders", type=int, default=500, help="每个平台的订单数 · how many orders on each platform (500)")
    parser.add_argument("--past-minutes", type=int, default=60, help="其中多少分钟已经过去 · of which so many minutes have passed already (60)")
    parser.add_argument("--minutes", type=int, default=120, help="订单分布在多少分钟里 · orders are made within so many minutes (120)")
    parser.add_argument("--skew-seconds", type=int, default=0, help="平台时钟快多少秒 · how many seconds the platforms' clocks are ahead (0)")
    parser.add_argument("--secret", default="", help="应用密钥，默认随机 · the app's secret, by default a random one for each platform")
    parser.add_argument(
        "--push", action="append", default=[], metavar="[PLATFORM=]URL", help="把变化推送到这个网址，可重复 · push what happens to this address; may be repeated"
    )
    for name, what in SWITCHES.items():
        parser.add_argument(f"--{name}", type=int, default=0, metavar="PERCENT", help=what)


def run(args: argparse.Namespace) -> int:
    begin = int(time.time()) - args.past_minutes * 60
    shares = {name: getattr(args, name) for name in SWITCHES}
    platforms = {
        name: open_platform(
            name, seed=args.seed, begin=begin, seconds=args.minutes * 60, orders=args.orders, shares=shares, secret=args.secret or secrets.token_hex(20)
        )
        for name in args.platform or ["douyin"]
    }
    pushers = pushers_of(platforms, args.push)

    def let_time_pass() -> None:
        for platform in platforms.values():
            platform.world.advance(int(time.time()) + args.skew_seconds)

    server = Server(platforms, port=args.port, before=let_time_pass).start()
    accounts = {name: platform.account(server.address_of(name)) for name, platform in platforms.items()}
    print(json.dumps({"url": server.url, "truth": f"{server.url}/truth", **accounts}, ensure_ascii=False), flush=True)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.wait(1):
        let_time_pass()
        for pusher in pushers.values():
            pusher.run()
    server.stop()
    for name, platform in platforms.items():
        pushed = f"，推送 {pushers[name].sent} 次、被拒 {pushers[name].refused} 次" if name in pushers else ""
        sys.stderr.write(f"{name}：{len(platform.world.orders)} 单，调用 {sum(platform.calls.values())} 次{pushed} · simulated\n")
    return 0


def _platform(name: str) -> str:
    if name not in PLATFORMS:
        raise argparse.ArgumentTypeError(f"{name}? {', '.join(PLATFORMS)}")
    return name


def pushers_of(platforms: Mapping[str, Platform], given: Sequence[str]) -> dict[str, Pusher]:
    """This function will say where each platform pushes to; one platform alone needs no name.   Raises: PushAddressUnclear."""
    found = {}
    for one in given:
        name, is_named, url = one.partition("=")
        if not is_named or name not in PLATFORMS:
            name, url = (next(iter(platforms)), one) if len(platforms) == 1 else ("", one)
        if name not in platforms or not platforms[name].pushes:
            raise PushAddressUnclear(given=one)
        found[name] = Pusher(platforms[name], url)
    return found
