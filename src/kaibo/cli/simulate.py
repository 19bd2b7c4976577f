"""`./kaibo simulate`: platforms as they behave, over real HTTP, with everything that goes wrong; for trying Kaibo against."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
import threading
import time

from kaibo.simulator.chaos import SWITCHES, Chaos
from kaibo.simulator.douyin import Douyin
from kaibo.simulator.pushing import Pusher
from kaibo.simulator.server import Server
from kaibo.simulator.world import World

APP_KEY = "7000000000000000001"
SHOP_ID = 123456


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=9300, help="端口，0 为任意空闲端口 · port, 0 for any free one (9300)")
    parser.add_argument("--seed", type=int, default=1, help="同一个种子讲同一个故事 · the same seed tells the same story")
    parser.add_argument("--orders", type=int, default=500, help="订单数 · how many orders (500)")
    parser.add_argument("--past-minutes", type=int, default=60, help="其中多少分钟已经过去 · of which so many minutes have passed already (60)")
    parser.add_argument("--minutes", type=int, default=120, help="订单分布在多少分钟里 · orders are made within so many minutes (120)")
    parser.add_argument("--secret", default="", help="应用密钥，默认随机 · the app's secret, by default a random one")
    parser.add_argument("--push", default="", metavar="URL", help="把变化推送到这个网址 · push what happens to this address")
    for name, what in SWITCHES.items():
        parser.add_argument(f"--{name}", type=int, default=0, metavar="PERCENT", help=what)


def run(args: argparse.Namespace) -> int:
    begin = int(time.time()) - args.past_minutes * 60
    chaos = Chaos.of(args.seed, {name: getattr(args, name) for name in SWITCHES})
    world = World(args.seed, begin=begin, seconds=args.minutes * 60, orders=args.orders, strange=args.unknown, bare=args.bare)
    secret = args.secret or secrets.token_hex(20)
    platform = Douyin(world, chaos, APP_KEY, secret, SHOP_ID)
    server = Server({"douyin": platform}, port=args.port, before=lambda: world.advance(int(time.time()))).start()
    account = {"app_key": APP_KEY, "app_secret": secret, "shop_id": str(SHOP_ID), "gateway": f"{server.url}/douyin"}
    print(json.dumps({"url": server.url, "truth": f"{server.url}/truth", "douyin": account}, ensure_ascii=False), flush=True)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    pusher = Pusher(platform, args.push) if args.push else None
    while not stopping.wait(1):
        world.advance(int(time.time()))
        if pusher:
            pusher.run()
    server.stop()
    pushed = f"，推送 {pusher.sent} 次、被拒 {pusher.refused} 次" if pusher else ""
    sys.stderr.write(f"模拟结束：{len(world.orders)} 单，调用 {sum(platform.calls.values())} 次{pushed} · simulated\n")
    return 0
