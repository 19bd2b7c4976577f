"""nginx as a child process: found, configured, checked, started, asked, stopped."""

from __future__ import annotations

import contextlib
import getpass
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from kaibo.ingest.configuration import Layout, written
from kaibo.ingest.keys import SOURCES, Source
from kaibo.kit.errors import Unavailable

MODULE_FOLDERS = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/lib/nginx/modules")
START_SECONDS = 10.0
STOP_SECONDS = 5.0
ASK_SECONDS = 2.0


class NginxMissing(Unavailable):
    code = "ingest.nginx_missing"
    message_zh = "这台机器没有 {what}，推流用不了（其他功能不受影响）。Debian / Ubuntu 上：apt install nginx libnginx-mod-rtmp"
    message_en = "This machine has no {what}, so nobody can push a picture (everything else works). On Debian or Ubuntu: apt install nginx libnginx-mod-rtmp"


class NginxRefused(Unavailable):
    code = "ingest.nginx_refused"
    message_zh = "nginx 没有启动：{reason}"
    message_en = "nginx did not start: {reason}"


def find_nginx() -> tuple[str, Path]:
    """This function will give the nginx program and its RTMP module.   Raises: NginxMissing."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/sbin")
    if program is None:
        raise NginxMissing(what="nginx")
    for folder in (_modules_folder(program), *MODULE_FOLDERS):
        if folder and (place := Path(folder) / "ngx_rtmp_module.so").is_file():
            return program, place
    raise NginxMissing(what="libnginx-mod-rtmp")


def _modules_folder(program: str) -> str:
    """nginx says itself where its modules stand."""
    told = subprocess.run([program, "-V"], capture_output=True, check=False, text=True).stderr
    return next((word.partition("=")[2] for word in told.split() if word.startswith("--modules-path=")), "")


def worker_account() -> str:
    """This function will name the account for nginx's workers: only a master that runs as root needs one, its own."""
    return getpass.getuser() if os.geteuid() == 0 else ""


class Nginx:
    """One nginx on one folder. A leftover of a killed start is stopped first."""

    def __init__(self, program: str, layout: Layout) -> None:
        self.program = program
        self.layout = layout
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """This function will write the configuration, have nginx check it, start it and wait for its answer.   Raises: NginxRefused, FolderUnfit."""
        self._lay_out()
        self._stop_leftover()
        self.layout.socket.unlink(missing_ok=True)  # a killed nginx leaves it, and the next one cannot bind it
        checked = subprocess.run([*self._command, "-t", "-q"], capture_output=True, check=False, text=True)
        if checked.returncode:
            raise NginxRefused(reason=_last_line(checked.stderr))
        self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                raise NginxRefused(reason=_last_line(self.process.stderr.read().decode(errors="replace")))
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.ask("/stat")
                return
            time.sleep(0.05)
        self.stop()
        raise NginxRefused(reason=f"> {START_SECONDS:g} s")

    def stop(self) -> None:
        """This function will stop nginx and its workers."""
        if self.process is None:
            return
        if self.is_running:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        self.process = None

    def stat(self) -> bytes:
        """This function will give the statistics page.   Raises: OSError, http.client.HTTPException."""
        return self.ask("/stat")

    def drop(self, room: str, source: Source) -> None:
        """This function will cut off whoever pushes into a room; an encoder may come back with a good key."""
        self.ask(f"/control/drop/publisher?app={source}&name={room}")

    def ask(self, path: str) -> bytes:
        connection = _LocalConnection(self.layout.socket)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"host": "localhost"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status >= http.client.BAD_REQUEST:
                raise http.client.HTTPException(f"{answer.status}")
            return body

    @property
    def _command(self) -> list[str]:
        return [self.program, "-p", str(self.layout.folder), "-c", str(self.layout.file), "-e", str(self.layout.folder / "logs" / "nginx.log")]

    def _lay_out(self) -> None:
        text = written(self.layout)
        for folder in (*(self.layout.hls / source for source in SOURCES), self.layout.recordings, self.layout.folder / "logs", self.layout.folder / "temporary"):
            folder.mkdir(parents=True, exist_ok=True)
        self.layout.file.write_text(text, encoding="utf-8")

    def _stop_leftover(self) -> None:
        """A kill -9 of our process leaves nginx behind, holding the ports: its pid file names it, its command line proves it ours."""
        with contextlib.suppress(OSError, ValueError):
            number = int((self.layout.folder / "nginx.pid").read_text(encoding="ascii"))
            if str(self.layout.file) not in _command_line(number):
                return
            os.kill(number, signal.SIGTERM)
            until = time.monotonic() + STOP_SECONDS
            while time.monotonic() < until:
                os.kill(number, 0)
                time.sleep(0.05)
            os.kill(number, signal.SIGKILL)


class _LocalConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ASK_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ASK_SECONDS)
        self.sock.connect(str(self._path))


def _command_line(number: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    told = subprocess.run(["ps", "-o", "command=", "-p", str(number)], capture_output=True, check=False, text=True)
    return told.stdout


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "?"
