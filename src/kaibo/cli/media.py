"""`./kaibo media`: video ingest through nginx; `check`, `key`, `signal` and `drop` for the technician."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta

from kaibo.cli.arguments import positive
from kaibo.config import logs
from kaibo.config.env import Env, read_env
from kaibo.ingest.keys import SOURCES
from kaibo.kit.clock import utc_now
from kaibo.kit.errors import Unavailable


class FfmpegMissing(Unavailable):
    code = "media.ffmpeg_missing"
    message_zh = "测试信号要用 ffmpeg，这台机器没有。Debian / Ubuntu 上：apt install ffmpeg"
    message_en = "The test signal needs ffmpeg, which this machine has not. On Debian or Ubuntu: apt install ffmpeg"


class MediaNotRunning(Unavailable):
    code = "media.not_running"
    message_zh = "推流服务没有在这个数据文件夹上运行：先执行 ./kaibo media"
    message_en = "The ingest does not run on this data folder: start ./kaibo media first"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(does=_serve)
    tools = parser.add_subparsers(metavar="TOOL")
    checking = tools.add_parser("check", help="检查 nginx、模块和端口 · check nginx, its module and the ports")
    checking.add_argument("--json", action="store_true", help="JSON 输出 · JSON output")
    checking.set_defaults(does=_check)
    key = tools.add_parser("key", help="打印推流地址和推流码 · print the server and stream key for an encoder")
    key.add_argument("--json", action="store_true", help="JSON 输出 · JSON output")
    key.set_defaults(does=_key)
    signal = tools.add_parser("signal", help="推一段测试画面 · push a test picture")
    signal.add_argument("--seconds", type=positive, default=60, help="秒数 · how long (60)")
    signal.add_argument("--size", default="540x960", help="画面大小 · picture size (540x960)")
    signal.add_argument("--rate", type=positive, default=25, help="每秒帧数 · frames a second (25)")
    signal.set_defaults(does=_signal)
    drop = tools.add_parser("drop", help="断开正在推流的编码器 · cut off whoever pushes")
    drop.set_defaults(does=_drop)
    for tool in (key, signal, drop):
        tool.add_argument("--room", required=True, help="直播间 · room")
        tool.add_argument("--source", choices=SOURCES, default="main", help="主路或备路 · main or backup (main)")
    for tool in (key, signal):
        tool.add_argument("--hours", type=positive, default=12, help="推流码有效小时数 · hours the key is good for (12)")


def run(args: argparse.Namespace) -> int:
    does: Callable[[argparse.Namespace, Env], int] = args.does
    return does(args, read_env())


def _serve(args: argparse.Namespace, env: Env) -> int:
    # Loaded late: uvicorn and the database, which `--help` must not need.
    from kaibo.config.ingest import serve

    logs.set_up()
    return serve(env)


def _check(args: argparse.Namespace, env: Env) -> int:
    from kaibo.config.ingest import is_answering
    from kaibo.ingest.server import find_nginx

    program, module = find_nginx()
    found = {"nginx": program, "module": str(module), "running": is_answering(env), "rtmp_url": env.rtmp_url, "media_url": env.media_url, "ffmpeg": shutil.which("ffmpeg")}
    if args.json:
        print(json.dumps(found))
    else:
        running = "运行中 running" if found["running"] else "没有运行 not running（./kaibo media）"
        print(f"nginx   {program}\nRTMP    {module}\n推流    {env.rtmp_url}\n播放    {env.media_url}\n状态    {running}\nffmpeg  {found['ffmpeg'] or '没有 none（只影响测试信号 only the test signal needs it）'}")
    return 0 if found["running"] else 1


def _key(args: argparse.Namespace, env: Env) -> int:
    from kaibo.config.ingest import stream_key

    made = stream_key(env, room=args.room, source=args.source, expires_at=utc_now() + timedelta(hours=args.hours))
    if args.json:
        print(json.dumps({"server": made.server, "key": made.key}))
    else:
        print(f"服务器 server  {made.server}\n推流码 key     {made.key}")
    return 0


def _signal(args: argparse.Namespace, env: Env) -> int:
    from kaibo.config.ingest import stream_key

    program = shutil.which("ffmpeg")
    if program is None:
        raise FfmpegMissing
    made = stream_key(env, room=args.room, source=args.source, expires_at=utc_now() + timedelta(hours=args.hours))
    command = [
        program, "-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", f"testsrc2=size={args.size}:rate={args.rate}",
        "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", str(args.seconds), "-c:v", "libx264", "-preset", "ultrafast",
        "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", str(args.rate * 2), "-b:v", "800k", "-c:a", "aac", "-f", "flv", made.address,
    ]  # fmt: skip
    os.execv(program, command)  # noqa: S606  Ctrl-C, SIGSTOP and the exit code are ffmpeg's own


def _drop(args: argparse.Namespace, env: Env) -> int:
    from kaibo.config.ingest import running_nginx

    nginx = running_nginx(env)
    if nginx is None:
        raise MediaNotRunning
    nginx.drop(args.room, args.source)
    sys.stderr.write("kaibo: 已断开 / cut off\n")
    return 0
