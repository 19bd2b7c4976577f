"""The one table of verbs. Modules are loaded when their verb is asked for, so that a small verb starts fast."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of `./kaibo`: its module offers `add_arguments(parser)` and `run(args) -> int`."""

    name: str
    module: str
    zh: str
    en: str
    passes_on: bool = False
    """What the verb does not know itself it hands on, as `args.passed_on`."""

    @property
    def summary(self) -> str:
        return f"{self.zh} · {self.en}"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        importlib.import_module(self.module).add_arguments(parser)

    def run(self, args: argparse.Namespace) -> int:
        return cast("Callable[[argparse.Namespace], int]", importlib.import_module(self.module).run)(args)


VERBS = (
    Verb(
        "demo",
        "kaibo.cli.demo",
        "打开一家示例店，打印网址和各角色账号",
        "start a living example shop; prints URLs and logins",
    ),
    Verb("up", "kaibo.cli.up", "一起运行后台、直播间和后台作业", "run console, room and work together"),
    Verb("serve", "kaibo.cli.serve", "只运行后台网页", "run the console alone"),
    Verb(
        "room",
        "kaibo.cli.room",
        "只运行直播间；以及直播间的压测工具",
        "run the room alone; tools for load tests of the room",
    ),
    Verb("media", "kaibo.cli.media", "直播推流服务，及技术员的推流工具", "video ingest, and the technician's tools for it"),
    Verb("work", "kaibo.cli.work", "只运行后台作业", "run the background work alone"),
    Verb("migrate", "kaibo.cli.migrate", "建立或升级数据库的表", "make or upgrade the tables of the database"),
    Verb("import", "kaibo.cli.import_", "导入表格文件", "import spreadsheets"),
    Verb("export", "kaibo.cli.export", "导出表格文件", "export a spreadsheet"),
    Verb(
        "check",
        "kaibo.cli.check",
        "核对库存、消息、审计链、抢购与订单",
        "prove stock, outbox, audit chain, claims against orders",
    ),
    Verb("pull", "kaibo.cli.pull", "对接平台店铺、拉取订单、核对一天", "connect platform shops, pull orders, compare a day"),
    Verb("simulate", "kaibo.cli.simulate", "模拟平台接口，供试跑", "behave like a platform, to try Kaibo against"),
    Verb("draw", "kaibo.cli.draw", "重算一次公示的抽奖", "re-compute a published draw"),
    Verb("screen", "kaibo.cli.screen", "逐行检查文案是否违规", "screen texts for words the law forbids, a line each"),
    Verb(
        "backup",
        "kaibo.cli.backup",
        "备份数据库和文件，运行中也一致",
        "back up database and files, consistent while running",
    ),
    Verb("restore", "kaibo.cli.restore", "从备份恢复，并自行核对", "restore a backup and prove it"),
    Verb("bench", "kaibo.cli.bench", "测速，并与基准对比", "measure speed beside a baseline"),
    Verb("test", "kaibo.cli.test", "运行全部测试", "run the tests", passes_on=True),
)
