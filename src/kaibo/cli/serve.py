"""`./kaibo serve`: the console on uvicorn."""

from __future__ import annotations

import argparse

import uvicorn

from kaibo.config import logs
from kaibo.config.catalogues import compile_stale
from kaibo.config.env import read_env
from kaibo.config.standing import leave_standing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", help="监听地址，默认 KAIBO_BIND · address to listen on")
    parser.add_argument("--port", type=int, help="端口，默认 KAIBO_CONSOLE_PORT · port")


def run(args: argparse.Namespace) -> int:
    env = read_env()
    logs.set_up()
    compile_stale()
    from kaibo.config.asgi import pool_connections
    from kaibo.config.probes import application

    pool_connections()
    leave_standing()
    uvicorn.run(
        application,
        host=args.bind or env.bind,
        port=args.port or env.console_port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=8,
    )
    return 0
