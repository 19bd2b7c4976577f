"""
`./kaibo bench evening`: a double-11 evening. Every offered platform simulated over real HTTP, calls throttled and broken, answers late;
at the end each platform's orders are held against ours, to the fen.

Simulated time passes in steps and no step waits for the wall clock; what is measured is how long Kaibo works for the evening.
The baseline is the same evening's bare calls: the platforms' own CPU time for answering them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from kaibo.cli.benches.evening_platforms import Evening, Platforms
from kaibo.cli.benches.evening_shop import Pullers, compare, open_shop
from kaibo.cli.benches.scratch import scratch_database

AFTER_SECONDS = 10_800
"""How long after the last order parcels, signatures and refunds still happen."""
SETTLING_SECONDS = 1_800
UNITS_AN_ORDER = 1.6
"""How many units an order of the simulated buyers holds, about."""
WARM_SHARE = 0.25
"""So much of the evening passes before goods run short: by then every platform has sold, and so is known to list, every item."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=int, default=200_000, help="所有平台的订单总数 · orders on all platforms together (200000)")
    parser.add_argument("--minutes", type=int, default=120, help="订单分布在多少分钟里 · made within so many simulated minutes (120)")
    parser.add_argument("--step-seconds", type=int, default=60, help="每一步过去多少秒 · simulated seconds a step (60)")
    parser.add_argument("--throttled", type=int, default=5, metavar="PERCENT", help="被限流的调用 · calls throttled (5)")
    parser.add_argument("--broken", type=int, default=5, metavar="PERCENT", help="断线和错误页 · lines cut, error pages (5)")
    parser.add_argument("--unknown", type=int, default=1, metavar="PERCENT", help="没人写过的状态码 · orders in a status nobody documented (1)")
    parser.add_argument("--platforms", nargs="+", default=[], metavar="NAME", help="只要这些平台 · only these platforms")
    parser.add_argument("--stock", type=int, default=80, metavar="PERCENT", help="货只够多少订单 · goods for so many of the orders (80)")
    parser.add_argument("--parcels", type=int, default=2_000, help="我们自己发多少单 · parcels that we send ourselves (2000)")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--pullers", type=int, default=2, help="拉单进程数 · work processes (2)")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    names = [name for name in _platforms() if name in args.platforms or not args.platforms]
    seconds = args.minutes * 60
    begin = int(time.time()) // 60 * 60 - seconds - AFTER_SECONDS - SETTLING_SECONDS
    goods = _goods()
    units = max(10, round(args.orders * UNITS_AN_ORDER * args.stock / 100 / len(goods)))
    shares = {"throttled": args.throttled, "broken": args.broken, "unknown": args.unknown, "numbers": 20, "bare": 20}
    evening = Evening(names, args.orders // len(names), begin, seconds, args.seed, shares)
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="kaibo-bench-") as folder, scratch_database(Path(folder) / "data") as url:
        with spawn.Pool(1) as pool:
            pool.apply(_migrate, (url,))
        platforms = Platforms(evening)
        try:
            with spawn.Pool(1) as pool:
                channels = pool.apply(open_shop, (platforms.accounts, goods, units, begin))
            told = _pass(args, platforms, begin, begin + seconds)
            platforms.calm()
            truth = platforms.truth()
            with spawn.Pool(1) as pool:
                told |= pool.apply(compare, (truth["platforms"], channels, begin, units))
            told["platforms_cpu_seconds"] = round(truth["cpu_seconds"], 1)
        finally:
            platforms.stop()
    _report(told, as_json=args.json)
    return 0


def _platforms() -> list[str]:
    from kaibo.config.shop_kinds import all_kinds
    from kaibo.simulator.registry import PLATFORMS

    return sorted(set(all_kinds()) & set(PLATFORMS))


def _told() -> list[str]:
    from kaibo.config.shop_kinds import all_kinds
    from kaibo.kit.shop_channels import Can

    return [name for name, kind in all_kinds().items() if Can.STOCK_ABSOLUTE in kind.capabilities.can]


def _pass(args: argparse.Namespace, platforms: Platforms, begin: int, end: int) -> dict[str, Any]:
    """Each step lets time pass on the platforms, then pulls what is due."""
    pullers = Pullers(args.pullers)
    began, said, longest = time.monotonic(), 0, 0.0
    at, is_short, shipped, waited, published = begin, False, 0, 0, 0
    steps = (end - begin) // args.step_seconds
    while at < end + AFTER_SECONDS:
        at = min(at + (args.step_seconds if at < end else 10 * args.step_seconds), end + AFTER_SECONDS)
        platforms.advance(at)
        step = time.monotonic()
        said += pullers.pull(at)
        waited = max(waited, pullers.release(at))
        if at >= begin + WARM_SHARE * (end - begin):
            published += pullers.publish(at)
            if not is_short:
                platforms.sell_out(_told())
                is_short = True
            shipped += pullers.ship(at, max(1, args.parcels // steps)) if shipped < args.parcels else 0
        longest = max(longest, time.monotonic() - step)
        _progress(at - begin, end + AFTER_SECONDS - begin, said, time.monotonic() - began)
    for at in range(end + AFTER_SECONDS, end + AFTER_SECONDS + SETTLING_SECONDS, 120):  # what was given up is begun again from its mark
        platforms.advance(at)
        said += pullers.pull(at)
        pullers.ship(at, 0)
    spent = pullers.spent()
    return {
        "seconds": round(time.monotonic() - began, 1), "changes": said, "waited_for_stock_most": waited, "published": published, "longest_step_seconds": round(longest, 1),
        **{name: round(value, 1) for name, value in spent.items()},
    }  # fmt: skip


def _progress(passed: int, whole: int, said: int, seconds: float) -> None:
    if sys.stderr.isatty() or passed % 1_200 == 0:
        sys.stderr.write(f"  {passed // 60} / {whole // 60} 分钟 simulated minutes, {said:,} 次变化 changes, {seconds:.0f} s\n")


def _goods() -> dict[str, tuple[str, int]]:
    from kaibo.simulator.world import World

    return {one.code: (f"{one.title} {' '.join(one.variant)}", one.price_fen) for one in World(1, begin=0, seconds=1, orders=0).items}


def _migrate(url: str) -> None:
    from kaibo.config.migration import migrate_everything

    migrate_everything(url)


def _report(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"bench": "evening", **told}, ensure_ascii=False), flush=True)
        return
    orders = sum(one["ours"] for one in told["platforms"].values())
    sys.stdout.write(
        f"{len(told['platforms'])} 个平台 platforms, {orders:,} 单 orders, {told['changes']:,} 次变化 changes: {told['seconds']:,} s"
        f" (最长一步 longest step {told['longest_step_seconds']} s) · CPU 拉单 pullers {told['cpu_seconds']} s + 数据库 database"
        f" {told['database_cpu_seconds']} s；基线 baseline 平台自己 the platforms' own {told['platforms_cpu_seconds']} s · 内存 peak {told['peak_mb']} MB\n"
    )
    for name, one in told["platforms"].items():
        sys.stdout.write(
            f"  {name}: {one['ours']:,} / {one['theirs']:,} 单，金额 {one['ours_fen']:,} / {one['theirs_fen']:,} 分 fen，缺 missing {one['missing']}"
            f"，多 unknown {one['unknown']}，金额不同 differ {one['amounts_differ']}，没收下 refused {one['refused']}，差异 gaps {one.get('gaps', '—')}"
            f" · {one['calls']:,} 次调用 calls\n"
        )
    sys.stdout.write(
        f"  库存 stock: 每件 {told['units']:,} 个 of each item, 卖得最多 most sold {told['sold_most']:,}，卖完 sold out {told['sold_out_items']} 款 items"
        f"，没买到 turned away {told['turned_away']:,} 人 buyers，超卖 oversold {told['oversold_units']}，发布 told {told['published']:,} 次"
        f"，等货 waited for stock ≤ {told['waited_for_stock_most']} 单\n"
        f"  包裹 parcels: {told['parcels']:,} 个由我们发 sent by us, 平台上对不上 not there {told['parcels_not_there']}"
        f"，重复发货 sent beyond what was bought {told['sent_beyond']} 件 {told['parcels_by_state']}\n"
        f"  压着的单 held: {told['held']}\n"
    )
    sys.stdout.write(f"  kaibo check: {len(told['differences'])} 处 differences {told['differences'][:3] or ''}\n")
