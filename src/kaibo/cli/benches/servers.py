"""Servers and helpers of a bench as processes of their own: started, awaited, weighed and stopped."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from kaibo.kit.errors import Unavailable

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class ServerIsSilent(Unavailable):
    code = "bench.server_is_silent"
    message_zh = "压测用的进程没有回应：{what}"
    message_en = "A process of the bench does not answer: {what}"


def surroundings() -> dict[str, str]:
    """This function will give a child the same settings and the place this code was loaded from."""
    source = str(Path(__file__).resolve().parents[3])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}


@contextlib.contextmanager
def process(command: list[str], *, speaks: bool = False) -> Iterator[subprocess.Popen[str]]:
    """This function will run a program from this very source tree, and stop it in the end."""
    pipe = subprocess.PIPE if speaks else subprocess.DEVNULL
    started = subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=surroundings()
    )  # fmt: skip
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def wait_for(url: str, seconds: float = 20) -> None:
    """This function will return when an address answers.   Raises: ServerIsSilent."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  our own http address
                return
        except OSError:
            time.sleep(0.1)
    raise ServerIsSilent(what=url)


def free_port() -> int:
    """This function will name a port of loopback that nobody has taken."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """This function will give the processor time a process has used so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def resident_kb(pid: int) -> int:
    """This function will give the memory a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
