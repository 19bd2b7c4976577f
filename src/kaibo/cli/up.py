"""`./kaibo up`: database, console, room and work together."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kaibo.cli.supervisor import Program, Supervisor, verb
from kaibo.config.catalogues import compile_stale
from kaibo.config.env import Env, read_env
from kaibo.config.secret import secret_key
from kaibo.database import embedded
from kaibo.database.address import address, create_if_missing
from kaibo.kit.errors import Conflict, KaiboError, Unavailable

PROGRAMS = (verb("console", "serve"), verb("room", "room"), verb("work", "work"))
READY_WAIT_SECONDS = 120


class AlreadyUp(Conflict):
    code = "up.already_up"
    message_zh = (
        "这个数据文件夹 {folder} 已经有一个 kaibo up 在运行（进程 {pid}）：请先停下它，或用 KAIBO_DATA 换一个文件夹"
    )
    message_en = "A kaibo up already runs on this data folder {folder} (process {pid}): stop it first, or choose another folder with KAIBO_DATA"


class MigrationFailed(Unavailable):
    code = "up.migration_failed"
    message_zh = "数据库升级没有成功，什么都没有启动；原因见上面的消息"
    message_en = "The database could not be brought up to date, nothing was started; the reason stands above"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--quiet", action="store_true", help="日志只写到 KAIBO_DATA/logs · logs only into KAIBO_DATA/logs"
    )


def run(args: argparse.Namespace) -> int:
    env = read_env()
    return run_together(env, PROGRAMS, quiet=args.quiet, when_ready=lambda: announce(env))


def run_together(
    env: Env,
    programs: Sequence[Program],
    *,
    quiet: bool = False,
    prepare: Callable[[str], None] | None = None,
    when_ready: Callable[[], None] | None = None,
) -> int:
    """
    This function will start the database, migrate it, call `prepare(url)`, then keep `programs` running until told to stop.

    `when_ready` is called once, from a thread, when both doors answer /health.
    Raises: AlreadyUp, MigrationFailed, any complaint of the database.
    """
    with only_one(env.data):
        secret_key(env)
        compile_stale()
        url = address(env)
        create_if_missing(url)
        environment = {**os.environ, "KAIBO_DATABASE_URL": url, "KAIBO_DATA": str(env.data)}
        migrate = [sys.executable, "-P", "-m", "kaibo.cli", "migrate", "--quiet"]
        if subprocess.run(migrate, env=environment, check=False).returncode:
            raise MigrationFailed
        if prepare is not None:
            prepare(url)
        supervisor = Supervisor(
            programs,
            logs=env.data / "logs",
            environment=environment,
            echo=None if quiet else sys.stderr,
            each_second=None if env.database_url else DatabaseKeeper(env.data),
        )
        if when_ready is not None:
            threading.Thread(target=_call_when_ready, args=(env, when_ready), daemon=True).start()
        return supervisor.run()


class DatabaseKeeper:
    """Starts the embedded database again when it was killed; complains once per reason and tries ever more slowly."""

    def __init__(self, data: Path) -> None:
        self.place = embedded.Place(data)
        self.pause_seconds = 1.0
        self.try_at = 0.0

    def __call__(self) -> None:
        if embedded.runs(self.place) or time.monotonic() < self.try_at:
            return
        sys.stderr.write("kaibo: 数据库意外停止，正在重启 / the database ended unexpectedly, restarting it\n")
        try:
            embedded.start(self.place)
            self.pause_seconds = 1.0
        except KaiboError as complaint:
            sys.stderr.write(f"kaibo: {complaint.message('zh')}\n       {complaint.message('en')}\n")
            self.pause_seconds = min(self.pause_seconds * 2, 60.0)
        self.try_at = time.monotonic() + self.pause_seconds


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """This function will hold a data folder for one `up`; the kernel lets go when the holder dies.   Raises: AlreadyUp."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        handle = (data / "up.pid").open("a+", encoding="ascii")
    except OSError as refused:
        raise embedded.unusable(embedded.Place(data), "", str(refused)) from refused
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise AlreadyUp(folder=str(data), pid=handle.read().strip() or "?") from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def announce(env: Env) -> None:
    sys.stderr.write(f"kaibo: 后台 console {env.console_url}   直播间 room {env.room_url}   停止 stop: Ctrl-C\n")


def _call_when_ready(env: Env, when_ready: Callable[[], None]) -> None:
    until = time.monotonic() + READY_WAIT_SECONDS
    while time.monotonic() < until:
        if all(is_healthy(env, port) for port in (env.console_port, env.room_port)):
            when_ready()
            return
        time.sleep(0.2)
    sys.stderr.write(
        f"kaibo: {READY_WAIT_SECONDS} 秒后仍有一扇门没有应答，请看日志 / a door still does not answer, see the logs in {env.data / 'logs'}\n"
    )


def is_healthy(env: Env, port: int) -> bool:
    """This function will say whether a door of this machine answers its /health with 200."""
    host = "127.0.0.1" if env.bind in {"0.0.0.0", "::"} else env.bind  # noqa: S104  compared, not bound
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
