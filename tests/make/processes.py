"""Real processes of Kaibo for tests: started on free ports, waited for, always ended."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from kaibo.database import embedded

ROOT = Path(__file__).resolve().parents[2]
Found = TypeVar("Found")


def free_ports(count: int) -> list[int]:
    """This function will give ports nobody listens on right now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def surroundings(data: Path) -> dict[str, str]:
    """This function will give an environment for a shop of its own: embedded database in `data`, free ports, nothing inherited."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("KAIBO_", "DJANGO_", "PYTEST_"))}
    console, room, work = map(str, free_ports(3))
    return {
        **kept, "KAIBO_DATA": str(data), "KAIBO_CONSOLE_PORT": console, "KAIBO_ROOM_PORT": room, "KAIBO_WORK_PORT": work,
        "PYTHONPATH": str(ROOT / "src"),
    }


def verb(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "kaibo.cli", *arguments]


def until(condition: Callable[[], Found], seconds: float = 30.0) -> Found:
    """This function will wait for something another process does, and fail when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"did not happen within {seconds} s: {condition}")


def health(environment: Mapping[str, str], door: str) -> int:
    """This function will give the status of a door's /health, 0 when nobody answers. `door` is CONSOLE, ROOM or WORK."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{environment[f'KAIBO_{door}_PORT']}/health", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


def is_alive(pid: int) -> bool:
    """A zombie is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> dict[str, int]:
    """This function will give the supervised processes of an `up` by verb."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in _read(task / "children").split():
            words = _read(Path(f"/proc/{child.decode()}/cmdline")).split(b"\0")
            if b"kaibo.cli" in words:
                found[words[words.index(b"kaibo.cli") + 1].decode()] = int(child)
    return found


def _read(path: Path) -> bytes:
    """Nothing, when what it tells of has just ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def migrated_once(run: Path) -> Path:
    """
    This function will give a data folder whose stopped database has every table and no row of a shop, made once for all workers of a run.

    Whoever comes first makes it, under a lock, beside its place; a maker that died leaves nothing behind that could be taken for it.
    """
    place = run / "migrated"
    with (run / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            beside = run / f"migrating-{os.getpid()}"
            subprocess.run(verb("migrate", "--quiet"), env=surroundings(beside), check=True)
            assert not embedded.runs(embedded.Place(beside))
            beside.rename(place)
    return place


def copy_of(folder: Path, to: Path) -> Path:
    """Owners stay: the files of a database belong to who runs it."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(folder), str(to)], check=True)
    return to


def end(process: subprocess.Popen, how: int = signal.SIGTERM) -> int:
    if process.poll() is None:
        process.send_signal(how)
    return process.wait(60)
