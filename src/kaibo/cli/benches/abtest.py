"""How honest the A/B test stays when it is looked at every day or hour, beside the ordinary z-test looked at as often."""

from __future__ import annotations

import argparse
import math
import random
import time
from dataclasses import dataclass

from kaibo.stages.listing.sequential import (
    Arm,
    Design,
    confidence_sequence,
    fixed_sample_size,
    log_evidence,
    naive_p_value,
    sequential_sample_size,
    split_p_value,
)

CASES = ((0.05, 0.2), (0.01, 0.3), (0.3, 0.1))
"""Base rate and smallest relative change worth seeing: click, order, favourite."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=1_000, help="每种情形模拟多少次 · simulated tests a case")
    parser.add_argument("--days", type=int, default=28, help="每次试验多少天 · days a test")
    parser.add_argument("--visitors", type=int, default=600, help="每版每天多少人 · visitors a version and day")
    parser.add_argument("--seed", type=int, default=20261122)


@dataclass(slots=True)
class Tally:
    """What became of the simulated tests of one case."""

    runs: int = 0
    decided: int = 0
    naive: int = 0
    uncovered: int = 0
    split_alarms: int = 0
    visitors: int = 0

    def share(self, count: int) -> str:
        rate = count / self.runs
        reach = 1.96 * math.sqrt(max(rate * (1 - rate), 1 / self.runs) / self.runs)
        return f"{rate * 100:5.1f} % ±{reach * 100:.1f}"


def binomial(draw: random.Random, count: int, rate: float) -> int:
    """This function will draw how many of `count` act, by the waiting times between them: as quick as there are hits."""
    if rate <= 0:
        return 0
    hits, place, scale = 0, 0, math.log1p(-rate)
    while True:
        place += int(math.log(1 - draw.random()) / scale) + 1
        if place > count:
            return hits
        hits += 1


def simulate(design: Design, *, lift: float, looks: int, visitors: int, runs: int, draw: random.Random, drift: bool = False) -> Tally:
    """This function will run tests to their end and look at each `looks` times; with `drift` the rate of the day moves for both versions."""
    tally = Tally(runs)
    bar = math.log(1 / design.alpha)
    truth = design.baseline * lift
    for _run in range(runs):
        a_shown = a_acted = b_shown = b_acted = 0
        is_decided = is_naive = is_uncovered = is_split = False
        for look in range(looks):
            rate = design.baseline * (1 + 0.5 * math.sin(look / 3.5)) if drift else design.baseline
            in_b = binomial(draw, 2 * visitors, design.b_share)
            a_shown, b_shown = a_shown + 2 * visitors - in_b, b_shown + in_b
            a_acted += binomial(draw, 2 * visitors - in_b, rate)
            b_acted += binomial(draw, in_b, rate * (1 + lift))
            a, b = Arm(a_shown, a_acted), Arm(b_shown, b_acted)
            is_naive = is_naive or naive_p_value(a, b) < design.alpha
            is_split = is_split or split_p_value(a_shown, b_shown, design.b_share) < 0.01
            low, high = confidence_sequence(a, b, design)
            is_uncovered = is_uncovered or not low <= truth <= high
            if not is_decided and log_evidence(a, b, design) >= bar:
                is_decided = True
                tally.visitors += a_shown + b_shown
        tally.decided, tally.naive = tally.decided + is_decided, tally.naive + is_naive
        tally.uncovered, tally.split_alarms = tally.uncovered + (is_uncovered and not drift), tally.split_alarms + is_split
    return tally


def run(args: argparse.Namespace) -> int:
    draw = random.Random(args.seed)  # a simulation, repeatable by its seed
    began = time.process_time()
    print(f"A/B：{args.runs} 次 × {args.days} 天 × 每版每天 {args.visitors} 人，α = 5 %，种子 {args.seed}")
    print("没有差别时误判（每天都看） · false positives without any difference, looked at daily")
    print(f"  {'基准 base':>10} {'本程序 ours':>16} {'普通 z 检验 z-test':>18} {'区间没盖住 interval misses':>22} {'分流误报 split alarm':>18}")
    worst = 0.0
    for baseline, lift in CASES:
        design = Design(baseline, lift)
        for name, drift in (("", False), (" 波动", True)):
            t = simulate(design, lift=0.0, looks=args.days, visitors=args.visitors, runs=args.runs, draw=draw, drift=drift)
            worst = max(worst, t.decided / t.runs)
            print(f"  {baseline * 100:>8g} %{name} {t.share(t.decided):>16} {t.share(t.naive):>16} {'—' if drift else t.share(t.uncovered):>18} {t.share(t.split_alarms):>18}")
    print("每小时都看（14 天 × 24 次，每次每版 25 人） · looked at every hour")
    design = Design(0.05, 0.2)
    hourly = simulate(design, lift=0.0, looks=14 * 24, visitors=25, runs=max(100, args.runs // 4), draw=draw)
    worst = max(worst, hourly.decided / hourly.runs)
    print(f"  {5:>8} % {hourly.share(hourly.decided):>16} {hourly.share(hourly.naive):>16} {hourly.share(hourly.uncovered):>18} {hourly.share(hourly.split_alarms):>18}")
    print("有差别时发现（做到事先算出的人数） · power when the difference is there, at the size worked out before")
    for baseline, lift in CASES:
        design = Design(baseline, lift)
        needed, fixed = sequential_sample_size(design), fixed_sample_size(design)
        looks = 30
        t = simulate(design, lift=lift, looks=looks, visitors=math.ceil(needed / 2 / looks), runs=max(100, args.runs // 4), draw=draw)
        mean = t.visitors / max(1, t.decided)
        print(
            f"  {baseline * 100:g} % → {baseline * (1 + lift) * 100:g} %：发现 {t.share(t.decided)}，区间没盖住 {t.share(t.uncovered)}；"
            f"最多 {needed:,} 人（只看一次要 {fixed:,}），发现时平均 {mean:,.0f} 人"
        )
    print(f"最差误判 {worst * 100:.1f} %（目标 ≤ 5 %）；CPU {time.process_time() - began:.1f} s")
    return 0 if worst <= 0.05 + 1.96 * math.sqrt(0.05 * 0.95 / args.runs) else 1
