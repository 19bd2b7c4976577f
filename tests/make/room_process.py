"""A real `./kaibo room` in a process of its own, and one visitor who reports what happens on the page."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.make.bad_disks import LET_ATTACH
from tests.make.processes import ROOT

_ROOM = f"{LET_ATTACH}; import sys; from kaibo.cli.main import main; sys.exit(main(sys.argv[1:]))"


class RoomProcess:
    """A room on a port of its own, which can be killed and started again."""

    def __init__(self, dsn: str, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = door.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = {**os.environ, "KAIBO_DATABASE_URL": dsn, "KAIBO_DATA": str(data), "PYTHONPATH": str(ROOT / "src")}
        self._process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-c", _ROOM, "room", "--bind", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(command, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health").status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("the room did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def visitor(url: str, room: str) -> httpx.Client:
    """This function will enter a room and give a client that is that visitor."""
    http = httpx.Client(base_url=f"{url}/rooms/{room}", timeout=20)
    entered = http.post("/visitors", json={"nickname": "阿柚"}).json()
    http.cookies.clear()
    http.headers["Authorization"] = f"Bearer {entered['token']}"
    return http


def batch(*ids: str, kind: str = "click") -> dict:
    """This function will give the body of a report of events."""
    at = datetime.now(UTC).isoformat()
    return {"events": [{"id": one, "kind": kind, "at": at} for one in ids]}
