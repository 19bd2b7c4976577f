"""Disks that fail for real: a system call that the kernel refuses (strace), a file system that is full (mount)."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

LET_ATTACH = "import ctypes; ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1))"
"""PR_SET_PTRACER to anybody: where Yama guards, strace may attach to a process that says so itself."""

SYNCS = "fsync,fdatasync"
WRITES = "write,pwrite64,writev,pwritev,fallocate"


def need_strace() -> str:
    """This function will give the path of strace, or skip the test by name (never in CI, where it is installed)."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed (Debian package strace)")
    return found


@contextlib.contextmanager
def refused(pids: Sequence[int], calls: str, error: str, log: Path, *, watch: str = "", only: Sequence[Path] = ()) -> Iterator[None]:
    """
    This function will let every such system call of these processes fail until the block ends; the log tells each.

    With `only`, calls on other files (and sockets) pass.
    """
    command = [need_strace(), "-f", "-y", "-o", str(log), "-e", f"trace={calls}{watch and ',' + watch}"]
    command += ["-e", f"inject={calls}:error={error}", *(f"-p{pid}" for pid in pids)]
    command += [part for path in only for part in ("-P", str(path))]
    strace = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait_until_traced(strace, pids)
        yield
    finally:
        strace.terminate()
        strace.wait(20)
        strace.stderr.close()


def _wait_until_traced(strace: subprocess.Popen[str], pids: Sequence[int]) -> None:
    until = time.monotonic() + 20
    while not all(_every_thread_is_traced(pid) for pid in pids):
        assert strace.poll() is None, strace.stderr.read()
        assert time.monotonic() < until, "strace did not attach"
        time.sleep(0.02)


def _every_thread_is_traced(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return all("\nTracerPid:\t0\n" not in (one / "status").read_text() for one in threads.iterdir())
    return True  # it ended


@contextlib.contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[bool]:
    """This function will lay a real, small file system over a folder; it gives False where the machine lets nobody."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """This function will fill a small file system to its last byte, until the block ends."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass
    try:
        yield
    finally:
        filler.unlink()
