"""`./kaibo bench NAME`: figures and the baseline's in the same run."""

from __future__ import annotations

import argparse
import importlib

BENCHES = {
    "speech": (
        "kaibo.cli.benches.speech",
        "口播：从送入一句话到中控看到命中 · from a line of speech to its hit on the desk",
    ),
    "claims": (
        "kaibo.cli.benches.claims",
        "抢购：每秒落盘的抢购数 · durable claims a second beside an empty endpoint and pgbench",
    ),
    "orders": (
        "kaibo.cli.benches.ordering",
        "订单：从抢到、付款、填地址到可以发货 · claim → pay → address → order ready to ship over HTTP, beside an empty endpoint and pgbench",
    ),
    "stream": (
        "kaibo.cli.benches.stream",
        "直播流：一万观众的送达速度与内存 · frames per CPU second, delay and memory of many viewers beside plain uvicorn",
    ),
    "events": (
        "kaibo.cli.benches.events",
        "行为事件：每秒落盘的事件数 · durable behaviour events a second over HTTP, and how soon they show in figures",
    ),
    "draw": ("kaibo.cli.benches.drawing", "抽奖：十万人 · a draw of 100,000 entrants beside bare hashing"),
    "pages": (
        "kaibo.cli.benches.pages",
        "页面：装入十万订单（和售后、库存、评价等百万行）后的服务器时间 · server time of every page with 100,000 orders and all that belongs to them loaded",
    ),
    "clocks": ("kaibo.cli.benches.clocks", "定时工作：十万订单的店里每次要多少处理器时间 · processor time of each clock's run with 100,000 orders loaded"),
    "import": ("kaibo.cli.benches.importing", "导入：十万行订单 · 100,000 order rows end to end beside the bare parse"),
    "abtest": ("kaibo.cli.benches.abtest", "A/B 试验：每天看也不骗人 · false positives of A/B tests under daily looks, beside the ordinary z-test"),
    "category": ("kaibo.cli.benches.category", "类目与核心词：留出标题上的准确率 · category advice and title words on held-out titles, beside baselines"),
    "matching": (
        "kaibo.cli.benches.matching",
        "搭配：五十万行真实订单里什么一起买，留出数据上赚多少 · what is bought together, and what it earns on held-out baskets beside popularity",
    ),
    "themes": ("kaibo.cli.benches.themes", "评价：认出抱怨与主题的准确率 · complaints and their themes in real reviews, beside simple ways"),
    "screen": (
        "kaibo.cli.benches.screening",
        "文案审查：六万词、识破各种写法时每秒多少条 · texts screened a second with 60,000 words, beside bare Aho-Corasick; recall by evasion",
    ),
    "evening": (
        "kaibo.cli.benches.evening",
        "双十一一晚：所有平台二十万单，限流断线，到分不差 · a double-11 evening on every platform over HTTP, equal to the fen",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for name, (module, summary) in BENCHES.items():
        importlib.import_module(module).add_arguments(names.add_parser(name, help=summary, description=summary))


def run(args: argparse.Namespace) -> int:
    return int(importlib.import_module(BENCHES[args.name][0]).run(args))
