"""
Backup and restore: one tar with a dump of the database, the files of the data folder, and a list that proves it is whole.

The dump is a snapshot, taken first; files are copied after it and are only ever added or replaced whole, so every file the
snapshot speaks of is in the archive. The list comes last: an archive cut short has none and is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kaibo.database.address import create_if_missing, shown_address
from kaibo.database.programs import find_programs
from kaibo.kit.errors import Conflict, Invalid, Unavailable

DUMP = "database.dump"
LIST = "kaibo-backup.json"
FILES = "data/"
NOT_BACKED_UP = frozenset({"database", "logs", "static", "up.pid"})
FORMAT = 1
CHUNK = 1 << 20
ROUNDS = 5


class NotABackup(Invalid):
    code = "backup.not_a_backup"
    message_zh = "{file} 不是完整的 Kaibo 备份：{reason}"
    message_en = "{file} is not a whole Kaibo backup: {reason}"


class BackupFailed(Unavailable):
    code = "backup.failed"
    message_zh = "备份或恢复没有成功：{reason}"
    message_en = "Backing up or restoring failed: {reason}"


class NotEmpty(Conflict):
    code = "restore.not_empty"
    message_zh = "{what} 不是空的；加 --force 才会替换（原数据库会改名保留）"
    message_en = "{what} is not empty; only --force replaces it (the old database is renamed and kept)"


def back_up(*, url: str, data: Path, target: Path, now: datetime) -> int:
    """
    This function will write a backup of database and files to `target` and give its size in bytes; consistent while Kaibo runs.

    `target` appears only when it is whole. Raises: BackupFailed.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with tempfile.TemporaryDirectory(prefix=".kaibo-dump-", dir=target.parent) as folder:
            dump = Path(folder) / DUMP
            _program("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", f"--dbname={url}")
            _write(draft, dump, data, now)
        draft.replace(target)
    except OSError as refused:
        raise BackupFailed(reason=str(refused)) from refused
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _write(draft: Path, dump: Path, data: Path, now: datetime) -> None:
    contents: dict[str, str] = {}
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it holds the secret and personal data
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        contents[DUMP] = _add(archive, dump, DUMP)
        for _ in range(ROUNDS):  # once more for what was written or moved while we copied
            fresh = [path for path in _files(data) if FILES + str(path.relative_to(data)) not in contents]
            if not fresh:
                break
            for path in fresh:
                name = FILES + str(path.relative_to(data))
                with contextlib.suppress(
                    FileNotFoundError
                ):  # sealed away between listing and copying; the next round finds its successor
                    contents[name] = _add(archive, path, name)
        listing = json.dumps({"format": FORMAT, "at": now.isoformat(), "files": contents}, indent=1).encode()
        member = tarfile.TarInfo(LIST)
        member.size = len(listing)
        archive.addfile(member, io.BytesIO(listing))
        archive.close()
        raw.flush()
        os.fsync(raw.fileno())


def _files(data: Path) -> Iterator[Path]:
    for top in sorted(data.iterdir()):
        if top.name in NOT_BACKED_UP or top.name.startswith("."):
            continue
        yield from (path for path in sorted([top, *top.rglob("*")]) if path.is_file() and not path.is_symlink())


def _add(archive: tarfile.TarFile, path: Path, name: str) -> str:
    """A file that grows while we read it is taken up to the length it had when we opened it."""
    with path.open("rb") as file:
        member = archive.gettarinfo(arcname=name, fileobj=file)
        counted = _Counted(file)
        archive.addfile(member, counted)  # type: ignore[arg-type]  # only read() is used
    return counted.checksum.hexdigest()


class _Counted:
    """Reads through to a file and keeps the checksum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.checksum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self.checksum.update(piece)
        return piece


def restore(*, url: str, data: Path, source: Path, force: bool, now: datetime) -> str:
    """
    This function will put a backup into an empty database and data folder; with `force` the old database is renamed, the old files replaced.

    Nothing changes before the whole archive has been proved. Gives the name of the database kept aside, or "".
    Raises: NotABackup, NotEmpty, BackupFailed.
    """
    data.mkdir(parents=True, exist_ok=True)
    if not force:
        _refuse_filled(url, data)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as folder:
        unpacked = Path(folder)
        _unpack(source, unpacked)
        aside = _put_aside(url, now) if force else ""
        create_if_missing(url)
        try:
            _program(
                "pg_restore",
                "--exit-on-error",
                "--single-transaction",
                "--no-owner",
                f"--dbname={url}",
                str(unpacked / DUMP),
            )
        except BackupFailed:
            if aside:
                _take_back(url, aside)
            raise
        _move_files(unpacked / "data", data)
    return aside


def _refuse_filled(url: str, data: Path) -> None:
    create_if_missing(url)
    if filled := next(_files(data), None):
        raise NotEmpty(what=str(filled))
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchone()
    if row and row[0]:
        raise NotEmpty(what=shown_address(url))


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source, mode="r:") as archive:
            for member in archive:
                _unpack_member(archive, member, folder)
        listing = json.loads((folder / LIST).read_bytes())
    except (OSError, tarfile.TarError, ValueError, KeyError) as broken:
        raise NotABackup(file=str(source), reason=str(broken)) from broken
    if listing.get("format") != FORMAT:
        raise NotABackup(file=str(source), reason=f"format {listing.get('format')}")
    for name, checksum in listing["files"].items():
        path = folder / name
        if not path.is_file() or _checksum(path) != checksum:
            raise NotABackup(file=str(source), reason=f"{name}: checksum")


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Only plain files inside `folder`: an archive from elsewhere must not write beside it."""
    parts = Path(member.name).parts
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or Path(member.name).is_absolute() or ".." in parts:
        raise ValueError(member.name)
    path = folder / member.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, CHUNK)
    path.chmod(member.mode & 0o777)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _move_files(unpacked: Path, data: Path) -> None:
    for top in sorted(unpacked.iterdir()) if unpacked.exists() else ():
        old = data / top.name
        if old.is_dir():
            shutil.rmtree(old)
        top.replace(old)


def _put_aside(url: str, now: datetime) -> str:
    name = _name(url)
    aside = f"{name}_before_{now:%Y%m%d%H%M%S}"
    create_if_missing(url)
    _rename(url, name, aside)
    return aside


def _take_back(url: str, aside: str) -> None:
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_name(url))))
    _rename(url, aside, _name(url))


def _rename(url: str, old: str, new: str) -> None:
    try:
        with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
            )
    except psycopg.Error as refused:  # somebody is connected: Kaibo still runs
        raise BackupFailed(reason=str(refused).strip()) from refused


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def _program(name: str, *arguments: str) -> None:
    done = subprocess.run([find_programs().path(name), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(reason=done.stderr.strip() or name)
