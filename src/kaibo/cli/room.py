"""`./kaibo room`: the front of house; `open-bench`, `tokens` and `audit` for load generators and checkers."""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Callable

import psycopg

from kaibo.cli.arguments import positive
from kaibo.config import logs
from kaibo.config.env import Env, read_env
from kaibo.kit.errors import Forbidden
from kaibo.kit.ids import readable_code


class NotInProduction(Forbidden):
    code = "room.not_in_production"
    message_zh = "这是压测工具，KAIBO_ENV=production 时不能用"
    message_en = "This is a tool for load tests; it refuses to run when KAIBO_ENV=production"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", help="监听地址，默认 KAIBO_BIND · address to listen on")
    parser.add_argument("--port", type=int, help="端口，默认 KAIBO_ROOM_PORT · port")
    parser.set_defaults(does=_serve)
    tools = parser.add_subparsers(metavar="TOOL")
    opening = tools.add_parser("open-bench", help="开一个压测直播间 · open a room for a load test")
    opening.add_argument("--items", type=positive, default=1, help="商品数 · items on sale (1)")
    opening.add_argument("--stock", type=positive, required=True, help="每件商品的件数 · units of each item")
    opening.set_defaults(does=_open_bench)
    tokens = tools.add_parser("tokens", help="打印观众凭证，每行一个 · print visitor tokens, one a line")
    tokens.add_argument("--room", required=True, help="直播间 · room")
    tokens.add_argument("--count", type=positive, required=True, help="个数 · how many")
    tokens.set_defaults(does=_tokens)
    auditing = tools.add_parser("audit", help="从账本清点 · count the ledger")
    auditing.add_argument("--room", required=True, help="直播间 · room")
    auditing.set_defaults(does=_audit)
    for tool in (opening, tokens, auditing):
        tool.add_argument("--json", action="store_true", help="总是 JSON · the output is always JSON")


def run(args: argparse.Namespace) -> int:
    env = read_env()
    does: Callable[[argparse.Namespace, Env], int] = args.does
    if does is not _serve and env.is_production:
        raise NotInProduction(reason="KAIBO_ENV=production")
    return does(args, env)


def _serve(args: argparse.Namespace, env: Env) -> int:
    from kaibo.config.front import serve

    logs.set_up()
    return serve(env, bind=args.bind, port=args.port)


def _open_bench(args: argparse.Namespace, env: Env) -> int:
    from kaibo.config.front import ready_database
    from kaibo.room import backoffice

    room = f"bench-{readable_code().lower()}"
    items = [uuid.uuid4() for _ in range(args.items)]
    with psycopg.connect(ready_database(env)) as connection, connection.cursor() as cur:
        backoffice.open_room(
            cur,
            room=room,
            title="压测直播间",
            operator="压测",
            host="压测",
            company="压测",
            state="live",
            is_bench=True,
        )
        for number, item in enumerate(items, start=1):
            backoffice.put_item(
                cur, room=room, item=item, allotment=uuid.uuid4(), sku_code=f"BENCH-{number}", title=f"压测商品 {number}",
                units=args.stock, price_fen=990, position=number, state="on_sale",
            )  # fmt: skip
        backoffice.set_current_item(cur, room=room, item=items[0])
    print(json.dumps({"room": room, "item": str(items[0]), "items": [str(i) for i in items], "base_url": env.room_url}))
    return 0


def _tokens(args: argparse.Namespace, env: Env) -> int:
    import asyncio

    from kaibo.config.front import ready_database
    from kaibo.room.app import read_secret
    from kaibo.room.complaints import RoomIsNotHere
    from kaibo.room.tokens import Tokens

    dsn = ready_database(env)
    with psycopg.connect(dsn) as connection:
        if connection.execute("select 1 from room.rooms where room = %s", (args.room,)).fetchone() is None:
            raise RoomIsNotHere(room=args.room)
    tokens = Tokens(asyncio.run(read_secret(dsn)))
    now_seconds = int(time.time())
    for number in range(1, args.count + 1):
        sys.stdout.write(tokens.issue(args.room, f"压测{number}", now_seconds=now_seconds)[1] + "\n")
    return 0


def _audit(args: argparse.Namespace, env: Env) -> int:
    from kaibo.config.front import ready_database
    from kaibo.room.audit import audit

    with psycopg.connect(ready_database(env)) as connection, connection.cursor() as cur:
        print(json.dumps(audit(cur, args.room)))
    return 0


if __name__ == "__main__":
    from kaibo.cli.main import main

    sys.exit(main(["room", *sys.argv[1:]]))
