"""`./kaibo import KIND FILE…`: any accepted spreadsheet, from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from kaibo.config.setup import django_ready
from kaibo.kit.clock import utc_now
from kaibo.kit.errors import Invalid

if TYPE_CHECKING:
    from kaibo.plumbing.access.actor import Actor
    from kaibo.plumbing.intake.models import ImportRun

EPILOGUE = """例 example:  ./kaibo import orders 1790000000_抖店订单.csv --platform douyin --shop 示例店 --json
每个文件一行结果，错的行进入隔离区，在后台“导入与导出”里处理；同一个文件导入两次不会有变化。
One line a file; rows that are wrong wait in quarantine on the console's import page; the same file twice changes nothing.
退出码 exit codes: 0 已导入 imported (隔离行也算 quarantined rows included) · 1 有文件没有导入 a file was refused
"""


class FileMissing(Invalid):
    code = "intake.file_missing"
    message_zh = "没有这个文件：{file}"
    message_en = "There is no such file: {file}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOGUE
    parser.add_argument(
        "kind", metavar="KIND", help="表的种类；写错会列出全部 · the kind of file; a wrong one lists them all"
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="xlsx, xls, xlsb, ods, csv, tsv")
    parser.add_argument("--platform", default="", help="来自哪个平台，如 douyin · where the file comes from")
    parser.add_argument(
        "--shop",
        default="",
        help="店铺的名称、代号或编号；只有一家店时可不写 · the shop's name, code or id; not needed where there is one",
    )
    parser.add_argument(
        "--as",
        dest="account",
        default="",
        metavar="ACCOUNT",
        help="以谁的权限导入，默认是系统 · whose rights; default: Kaibo itself",
    )
    parser.add_argument("--json", action="store_true", help="每个文件一行 JSON · one JSON line a file")


def run(args: argparse.Namespace) -> int:
    django_ready()
    # Loaded here: models exist only once Django is up, and `--help` must not need it.
    from kaibo.plumbing.intake.queries import kind_for

    kind_for(args.kind)
    actor = _actor(args.account)
    shop_id = _shop_id(actor, args.shop)
    for file in args.files:
        if not file.is_file():
            raise FileMissing(file=str(file))
    return max(_import_one(actor, args, shop_id, file) for file in args.files)


def _import_one(actor: Actor, args: argparse.Namespace, shop_id: UUID | None, file: Path) -> int:
    from kaibo.plumbing.intake import engine, services, store

    written_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    started = services.start_import(
        actor=actor, kind_key=args.kind, chunks=store.pieces(file), file_name=file.name, platform=args.platform, shop_id=shop_id,
        now=utc_now(), file_written_at=written_at,
    )  # fmt: skip
    finished = engine.run_import(started.pk, clock=utc_now)
    _print(finished, file, as_json=args.json)
    return 0 if finished.state == "done" else 1


def _print(finished: ImportRun, file: Path, *, as_json: bool) -> None:
    line: dict[str, object] = {
        "file": str(file), "read": finished.rows_read, "new": finished.rows_new, "changed": finished.rows_changed, "same": finished.rows_same,
        "quarantined": finished.rows_quarantined,
    }  # fmt: skip
    error = finished.error
    if error:
        line["error"] = {"code": error["code"], "message": error["en"]}
        sys.stderr.write(f"kaibo: {file}: {error['zh']}\n       {error['en']}\n")
    if as_json:
        print(json.dumps(line, ensure_ascii=False), flush=True)
    elif not error:
        print(
            f"{file}: 读入 read {finished.rows_read} · 新增 new {finished.rows_new} · 更新 changed {finished.rows_changed}"
            f" · 未变 same {finished.rows_same} · 隔离 quarantined {finished.rows_quarantined}",
            flush=True,
        )


def _actor(account: str) -> Actor:
    from kaibo.master.people.queries import actor_of_account
    from kaibo.plumbing.access.actor import KAIBO

    return actor_of_account(account) if account else KAIBO


def _shop_id(actor: Actor, said: str) -> UUID | None:
    """The shop named; without a name the only one there is, for most companies have one."""
    from kaibo.master.shops.queries import ShopUnknown, shops_for

    shops = shops_for(actor)
    if not said:
        return shops[0].pk if len(shops) == 1 else None
    for shop in shops:
        if said in {shop.code, shop.name, str(shop.pk)}:
            return shop.pk
    raise ShopUnknown
