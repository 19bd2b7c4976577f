"""
Runs several processes of Kaibo together: starts, logs, restarts and stops them.

A child learns of the supervisor's death by a pipe that closes (`watch_supervisor`), so a kill -9 leaves no orphans.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

PIPE_VARIABLE = "KAIBO_SUPERVISOR_PIPE"
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_AFTER_SECONDS = 30.0
STOP_WAIT_SECONDS = 10.0
KEPT_LOG_BYTES = 10_000_000
KEPT_LOG_FILES = 5
WRONG_USAGE = 2


@dataclass(frozen=True, slots=True)
class Program:
    """A command to keep running, under the name its log lines carry."""

    name: str
    command: tuple[str, ...]


def verb(name: str, *arguments: str) -> Program:
    """This function will describe a verb of `./kaibo` as a program to keep running."""
    return Program(name, (sys.executable, "-P", "-m", "kaibo.cli", *arguments))


class Child:
    """One kept program: its process, its log, and when it may start again."""

    def __init__(self, program: Program, *, logs: Path, environment: Mapping[str, str], echo: IO[str] | None) -> None:
        self.program = program
        self.environment = environment
        self.echo = echo
        self.process: subprocess.Popen[str] | None = None
        self.starts = 0
        self.pause_seconds = FIRST_PAUSE_SECONDS
        self.started_at = 0.0
        self.start_at = 0.0
        self.log = RotatingFileHandler(
            logs / f"{program.name}.log", maxBytes=KEPT_LOG_BYTES, backupCount=KEPT_LOG_FILES, encoding="utf-8"
        )

    def start(self, pipe: int) -> None:
        self.started_at = time.monotonic()
        self.starts += 1
        self.process = subprocess.Popen(
            self.program.command,
            env={**self.environment, PIPE_VARIABLE: str(pipe), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=(pipe,),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops the children in order
        )
        threading.Thread(target=self._keep_log, args=(self.process.stdout,), daemon=True).start()

    def _keep_log(self, lines: IO[str]) -> None:
        for line in lines:
            text = line.rstrip("\n")
            with contextlib.suppress(OSError, ValueError):  # a full disk or a closed terminal must not stop the shop
                self.log.emit(logging.LogRecord(self.program.name, logging.INFO, "", 0, text, None, None))
            if self.echo is not None:
                with contextlib.suppress(OSError, ValueError):
                    self.echo.write(f"{self.program.name:<8}| {text}\n")

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def plan_restart(self) -> float:
        """This function will set when the crashed program starts again: soon at first, then ever later while it keeps crashing."""
        now = time.monotonic()
        if now - self.started_at > STEADY_AFTER_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        self.start_at = now + self.pause_seconds
        pause, self.pause_seconds = self.pause_seconds, min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        return pause


class Supervisor:
    """
    Keeps programs running until it is told to stop.

    `each_second` is called about once a second from the loop, for what else must be kept alive (the embedded database).
    """

    def __init__(
        self,
        programs: Iterable[Program],
        *,
        logs: Path,
        environment: Mapping[str, str],
        echo: IO[str] | None = None,
        each_second: Callable[[], None] | None = None,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.children = [Child(program, logs=logs, environment=environment, echo=echo) for program in programs]
        self.each_second = each_second
        self.exit_code = 0
        self._stopping = threading.Event()
        # The pipe is written by nobody; it closes when this process dies, however it dies.
        self._pipe, self._keep_open = os.pipe()

    def request_stop(self, *_signal: object) -> None:
        self._stopping.set()

    def run(self) -> int:
        """This function will keep the programs running until SIGTERM, SIGINT or SIGHUP, then stop them; 0 when that was clean."""
        kept = {
            number: signal.signal(number, self.request_stop)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        try:
            return self.keep()
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def keep(self) -> int:
        """This function will do the same until `request_stop` alone."""
        last = time.monotonic()
        try:
            while not self._stopping.is_set():
                for child in self.children:
                    self._look_after(child)
                if self.each_second is not None and time.monotonic() - last >= 1:
                    self.each_second()
                    last = time.monotonic()
                self._stopping.wait(0.1)
        finally:
            self._stop_all()
        return self.exit_code

    def _look_after(self, child: Child) -> None:
        if child.is_running:
            return
        if child.process is None:
            if time.monotonic() >= child.start_at:
                child.start(self._pipe)
            return
        code = child.process.returncode
        child.process = None
        if code == WRONG_USAGE:  # wrong settings do not heal by trying again
            _say(f"{child.program.name} 的设置不对，全部停止 / has wrong settings, stopping everything")
            self.exit_code = WRONG_USAGE
            self.request_stop()
            return
        pause = child.plan_restart()
        _say(
            f"{child.program.name} 意外退出（{code}），{pause:g} 秒后重启 / ended unexpectedly ({code}), restarting in {pause:g} s"
        )

    def _stop_all(self) -> None:
        running = [child.process for child in self.children if child.process is not None and child.is_running]
        for process in running:
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_WAIT_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.close(self._keep_open)
        os.close(self._pipe)


def watch_supervisor() -> None:
    """This function will end this process, cleanly if it can, when the supervisor that started it is gone; without one it does nothing."""
    number = os.environ.pop(PIPE_VARIABLE, "")
    if number.isdecimal():
        threading.Thread(target=_wait_for_end, args=(int(number),), daemon=True).start()


def _wait_for_end(pipe: int) -> None:
    with contextlib.suppress(OSError):
        os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_WAIT_SECONDS)
    os._exit(1)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"kaibo: {text}\n")
