"""`./kaibo demo`: from a fresh clone to a living example shop in its own data folder."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from kaibo.cli.supervisor import Program
from kaibo.cli.up import PROGRAMS, run_together
from kaibo.config.env import Env, read_env
from kaibo.database.address import release
from kaibo.kit.errors import Conflict, Unavailable

DEFAULT_FOLDER = "var/demo"
ROOM = "linxia-1122"


class DemoNotBuilt(Unavailable):
    code = "demo.not_built"
    message_zh = "示例店没有布置成功，原因见上面的消息；可以加 --fresh 重来"
    message_en = "The example shop could not be set up, the reason stands above; try again with --fresh"


class NotADemoFolder(Conflict):
    code = "demo.not_a_demo_folder"
    message_zh = "--fresh 只清空示例店的文件夹；{folder} 里没有示例店的标记，没有动它"
    message_en = "--fresh only empties the example shop's folder; {folder} does not carry its mark and was left alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="不放模拟观众 · without simulated viewers")
    parser.add_argument("--fresh", action="store_true", help="清空示例店重新布置 · empty the example shop and set it up anew")
    parser.add_argument("--viewers", type=int, default=60, help="模拟观众人数 · how many simulated viewers")


def run(args: argparse.Namespace) -> int:
    os.environ.setdefault("KAIBO_DATA", DEFAULT_FOLDER)
    env = read_env()
    mark = env.data / "example-shop"
    if args.fresh and env.data.exists() and any(env.data.iterdir()):
        if not mark.exists():
            raise NotADemoFolder(folder=str(env.data))
        _empty(env)
    env.data.mkdir(parents=True, exist_ok=True)
    if not any(env.data.iterdir()):
        mark.touch()
    viewers = Program(
        "viewers", (sys.executable, "-P", "-m", "kaibo.demo.viewers", f"http://127.0.0.1:{env.room_port}", ROOM, "--viewers", str(args.viewers))
    )
    programs = PROGRAMS if args.quiet else (*PROGRAMS, viewers)
    return run_together(env, programs, quiet=True, prepare=_build, when_ready=lambda: _greet(env, is_quiet=args.quiet))


def _empty(env: Env) -> None:
    release(env)
    for one in env.data.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()


def _build(url: str) -> None:
    environment = {**os.environ, "KAIBO_DATABASE_URL": url, "KAIBO_DATA": str(Path(os.environ["KAIBO_DATA"]).resolve())}
    if subprocess.run([sys.executable, "-P", "-m", "kaibo.demo.build"], env=environment, check=False).returncode:
        raise DemoNotBuilt


def _greet(env: Env, *, is_quiet: bool) -> None:
    from kaibo.demo.accounts import CAST, PASSWORD

    lines = ["", f"  后台 Console  {env.console_url}", f"  直播间 Room   {env.room_url}/r/{ROOM}", "", f"  账号 Accounts（密码 password: {PASSWORD}）"]
    lines += [f"    {member.account:<10} {member.name}  {member.what}" for member in CAST]
    lines += ["", "  观众 viewers: 无 none (--quiet)" if is_quiet else "  模拟观众正在进场，打开中控台就能看到 · simulated viewers are coming in"]
    again = "   重来 start over: ./kaibo demo --fresh" if (env.data / "example-shop").exists() else ""  # a folder with other things in it is never emptied
    lines += [f"  停止 stop: Ctrl-C{again}", ""]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
