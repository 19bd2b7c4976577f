"""
The PostgreSQL that comes along: init, start, stop, status.

One server serves every process of Kaibo on one data folder. It listens on a socket inside that folder only. Three files
keep its life in order: `start.lock` (held while starting or stopping), `users.lock` (shared by every process that uses the
server: whoever leaves last stops it) and PostgreSQL's own `postmaster.pid`. The kernel releases the locks of a killed process,
so no kill -9 leaves a lie behind.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

from kaibo.database.complaints import (
    DatabaseCrashed,
    DatabaseDiskFull,
    DatabaseFolderForbidden,
    DatabaseMajorVersionDiffers,
    DatabaseRunsElsewhere,
    DatabaseStartingElsewhere,
)
from kaibo.database.programs import Programs, RunAs, find_programs, let_pass, let_run, user_for
from kaibo.kit.errors import KaiboError

SUPERUSER = "kaibo"
DATABASE = "kaibo"
SOCKET_FILE = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # bytes of sun_path on Linux (104 on macOS is covered by the margin below)
LOCK_WAIT_SECONDS = 90
START_WAIT_SECONDS = 120
START_TRIES = 12
ORPHAN_WAIT_SECONDS = 3.0
KEPT_LOG_BYTES = 5_000_000
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "jit": "off",
    "random_page_cost": "1.1",  # a shop's rows are in memory or on an SSD: reading a few thousand by key beats reading all of them
    "max_wal_size": "2GB",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
}
THROWAWAY = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything of one embedded server lives, derived from the data folder alone."""

    data: Path
    root: Path = field(init=False)
    cluster: Path = field(init=False)
    log: Path = field(init=False)
    sockets: Path = field(init=False)

    def __post_init__(self) -> None:
        root = self.data.resolve() / "database"
        object.__setattr__(self, "root", root)
        object.__setattr__(self, "cluster", root / "cluster")
        object.__setattr__(self, "log", root / "server.log")
        object.__setattr__(self, "sockets", _socket_folder(root))

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(self.sockets))}"


@dataclass(frozen=True, slots=True)
class Status:
    running: bool
    pid: int | None
    url: str


_held: dict[Path, IO[str]] = {}


def use(data: Path, *, throwaway: bool = False) -> str:
    """
    This function will find or start the server of a data folder, mark this process as a user of it, and give its address.

    When the process ends, the last user stops the server. A `throwaway` server, for tests, does not wait for the disk.
    Raises: any complaint of `database.complaints`.
    """
    place = Place(data)
    if place.root not in _held:
        start(place, throwaway=throwaway)
        atexit.register(leave, data)
    return place.url


def leave(data: Path) -> None:
    """This function will give up this process's use of the server and stop it when nobody else uses it."""
    place = Place(data)
    held = _held.pop(place.root, None)
    if held is None:
        return
    with contextlib.suppress(OSError, KaiboError), held, _start_lock(place):
        fcntl.flock(held, fcntl.LOCK_UN)
        if _nobody_uses(place):
            _stop(place)


def start(place: Place, *, throwaway: bool = False) -> None:
    """This function will initialise the cluster when it is new and start the server unless it runs, and register this process as a user."""
    try:
        place.root.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise unusable(place, "", str(refused)) from refused
    with _start_lock(place):
        if _pid(place) is None or not _answers(place):
            _bring_up(place, {**SETTINGS, **(THROWAWAY if throwaway else {})})
        _held[place.root] = _hold_use(place)


def runs(place: Place) -> bool:
    """This function will say whether the postmaster lives; it only reads a file and the process table."""
    return _pid(place) is not None


def stop(place: Place) -> bool:
    """This function will stop the server whoever uses it, and say whether it ran."""
    if not place.root.exists():
        return False
    with _start_lock(place):
        return _stop(place)


def status(place: Place) -> Status:
    pid = _pid(place)
    return Status(running=pid is not None and _answers(place), pid=pid, url=place.url)


def _bring_up(place: Place, settings: Mapping[str, str]) -> None:
    programs = find_programs()
    user = user_for(place.cluster)
    _prepare_folders(place, programs, user)
    if not (place.cluster / "PG_VERSION").exists():
        _initialise(place, programs, user)
    _check_major(place, programs)
    _forget_dead_postmaster(place)
    if (pid := _pid(place)) is not None and not _wait_for_answer(place, seconds=20):
        raise DatabaseRunsElsewhere(folder=str(place.cluster), pid=pid)
    if _pid(place) is None:
        _start_server(place, programs, user, settings)
    _make_database(place, programs, user)


def _prepare_folders(place: Place, programs: Programs, user: RunAs) -> None:
    try:
        let_pass(user, place.cluster, programs.folder, place.sockets)
        let_run(user, programs)
        place.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        if user.switches:
            for path in (place.root, place.sockets, *(p for p in (place.cluster, place.log) if p.exists())):
                os.chown(path, user.uid, user.gid)
        place.root.chmod(0o700)
        _check_socket_folder(place, user)
    except OSError as refused:
        raise unusable(place, user.name, str(refused)) from refused


def _check_socket_folder(place: Place, user: RunAs) -> None:
    """The short folder stands in a place everybody may write to: it must be ours alone before we trust what is in it."""
    found = place.sockets.lstat()
    if found.st_uid != user.uid or place.sockets.is_symlink():
        raise DatabaseFolderForbidden(folder=str(place.sockets), user=user.name, tail="")
    place.sockets.chmod(0o700)


def _initialise(place: Place, programs: Programs, user: RunAs) -> None:
    """Made beside under a name of its own and moved into place: a run cut short, whose initdb may still write, never leaves half a cluster."""
    for left in place.root.glob("cluster-new-*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix="cluster-new-", dir=place.root))
    if user.switches:
        os.chown(fresh, user.uid, user.gid)
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if programs.major >= 17 else ["--no-locale"]
    command = [
        programs.path("initdb"),
        "-D",
        str(fresh),
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
        "--no-instructions",
        *locale,
    ]
    done = _run(place, user, command)
    if done.returncode:
        raise _complaint(place, user, done.stdout + done.stderr)
    shutil.rmtree(place.cluster, ignore_errors=True)
    fresh.rename(place.cluster)


def _check_major(place: Place, programs: Programs) -> None:
    found = (place.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(programs.major):
        raise DatabaseMajorVersionDiffers(folder=str(place.root), found=found, wanted=programs.major)


def _forget_dead_postmaster(place: Place) -> None:
    """
    This function will clear away what a killed server left: its children that still run, and lock files.

    PostgreSQL refuses to start while the pid in such a file belongs to any living process, even a stranger's or a zombie.
    It runs only while we hold the start lock and no postmaster lives here.
    """
    if _pid(place) is not None:
        return
    for how in (
        None,
        signal.SIGQUIT,
        signal.SIGKILL,
    ):  # idle children leave by themselves; one in a long query must be told
        for pid in _processes_here(place) if how else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how or signal.SIGKILL)
        until = time.monotonic() + ORPHAN_WAIT_SECONDS
        while _processes_here(place) and time.monotonic() < until:
            time.sleep(0.05)
        if not _processes_here(place):
            break
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)
    (place.sockets / SOCKET_FILE).unlink(missing_ok=True)
    (place.sockets / f"{SOCKET_FILE}.lock").unlink(missing_ok=True)


def _processes_here(place: Place) -> list[int]:
    """A process of PostgreSQL stands in its data directory all its life."""
    processes = Path("/proc")
    if not processes.exists():
        return []
    return [int(one.name) for one in processes.iterdir() if one.name.isdecimal() and _runs_here(int(one.name), place)]


def _start_server(place: Place, programs: Programs, user: RunAs, settings: Mapping[str, str]) -> None:
    if place.log.exists() and place.log.stat().st_size > KEPT_LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.1"))
    options = " ".join(
        f"-c {name}='{value}'" for name, value in {**settings, "unix_socket_directories": place.sockets}.items()
    )
    command = [
        programs.path("pg_ctl"),
        "start",
        "-w",
        "-t",
        str(START_WAIT_SECONDS),
        "-D",
        str(place.cluster),
        "-l",
        str(place.log),
        "-o",
        options,
    ]
    for attempt in range(START_TRIES):
        log_size = place.log.stat().st_size if place.log.exists() else 0
        done = _run(place, user, command)
        if done.returncode == 0:
            return
        said = _log_since(place, log_size) or done.stdout + done.stderr
        # The children of a killed postmaster need a moment to notice; until then its shared memory is in use.
        if "shared memory block" not in said or attempt == START_TRIES - 1:
            raise _complaint(place, user, said)
        time.sleep(0.5)


def _make_database(place: Place, programs: Programs, user: RunAs) -> None:
    host = ["-h", str(place.sockets), "-U", SUPERUSER]
    found = _run(
        place,
        user,
        [
            programs.path("psql"),
            *host,
            "-d",
            "postgres",
            "-Atc",
            f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'",
        ],
    )
    if found.stdout.strip() == "1":
        return
    done = _run(place, user, [programs.path("createdb"), *host, DATABASE])
    if done.returncode and "already exists" not in done.stderr:
        raise _complaint(place, user, done.stderr)


def _stop(place: Place) -> bool:
    pid = _pid(place)
    if pid is None:
        return False
    for how, seconds in (
        (signal.SIGINT, 30),
        (signal.SIGQUIT, 10),
    ):  # fast, then immediate: both are safe, the second recovers at start
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if _pid(place) is None:
                if place.sockets.parent != place.root:  # the short folder elsewhere is empty now
                    with contextlib.suppress(OSError):
                        place.sockets.rmdir()
                return True
            time.sleep(0.05)
    raise DatabaseRunsElsewhere(folder=str(place.cluster), pid=pid)


def _pid(place: Place) -> int | None:
    """This function will give the pid of the postmaster that runs on this cluster, or None; a stale file is seen through."""
    try:
        first = (place.cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
        pid = abs(int(first))
        os.kill(pid, 0)
    except (OSError, ValueError) as gone:
        if not isinstance(gone, PermissionError):
            return None
    return pid if _runs_here(pid, place) else None


def _runs_here(pid: int, place: Place) -> bool:
    process = Path("/proc") / str(pid)
    if not Path("/proc/self").exists():  # no /proc (macOS): believe the pid
        return True
    try:
        state = (process / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
        return (
            state != "Z"
            and (process / "cwd").readlink() == place.cluster
            and (process / "exe").readlink().name.startswith("postgres")
        )
    except (OSError, IndexError):
        return False


def _answers(place: Place) -> bool:
    ready = find_programs().path("pg_isready")
    return subprocess.run([ready, "-q", "-h", str(place.sockets), "-t", "5"], check=False).returncode == 0


def _wait_for_answer(place: Place, *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if _answers(place):
            return True
        if _pid(place) is None:
            return True  # it went away; the caller starts it
        time.sleep(0.2)
    return False


@contextlib.contextmanager
def _start_lock(place: Place) -> Iterator[None]:
    try:
        handle = (place.root / "start.lock").open("a", encoding="utf-8")
    except OSError as refused:
        raise unusable(place, "", str(refused)) from refused
    with handle:
        until = time.monotonic() + LOCK_WAIT_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise DatabaseStartingElsewhere(folder=str(place.root), waited_seconds=LOCK_WAIT_SECONDS) from None
                time.sleep(0.05)
        yield


def _hold_use(place: Place) -> IO[str]:
    handle = (place.root / "users.lock").open("a", encoding="utf-8")
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def _nobody_uses(place: Place) -> bool:
    with (place.root / "users.lock").open("a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _run(place: Place, user: RunAs, command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    try:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]  # user/group/extra_groups come as one mapping
            command,
            cwd=place.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **user.popen_arguments(),
        )
    except OSError as refused:
        raise unusable(place, user.name, str(refused)) from refused


def _complaint(place: Place, user: RunAs, said: str) -> KaiboError:
    tail = "\n".join(said.strip().splitlines()[-12:])
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return _disk_full(place)
    if "Permission denied" in said or "invalid permissions" in said or "wrong ownership" in said:
        return DatabaseFolderForbidden(folder=str(place.cluster), user=user.name, tail=tail)
    return DatabaseCrashed(log=str(place.log), tail=tail)


def unusable(place: Place, user: str, reason: str) -> KaiboError:
    """This function will give the complaint that fits a refused file operation in the data folder."""
    if "No space left" in reason:
        return _disk_full(place)
    return DatabaseFolderForbidden(folder=str(place.root), user=user or str(os.geteuid()), tail=reason)


def _disk_full(place: Place) -> DatabaseDiskFull:
    free = shutil.disk_usage(place.root if place.root.exists() else "/").free
    return DatabaseDiskFull(folder=str(place.root), free_mb=free // 1_000_000)


def _log_since(place: Place, size: int) -> str:
    try:
        with place.log.open("rb") as log:
            log.seek(size)
            return log.read()[-20_000:].decode("utf-8", "replace")
    except OSError:
        return ""


def _socket_folder(root: Path) -> Path:
    """A socket's path may have only some 107 bytes: a deep data folder gets a short private one, named by a hash of its own path."""
    folder = root / "socket"
    if len(os.fsencode(folder / SOCKET_FILE)) <= LONGEST_SOCKET_PATH - 8:
        return folder
    key = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return Path(tempfile.gettempdir()).resolve() / f"kaibo-{key}"
