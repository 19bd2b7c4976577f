"""Uploaded files, kept by the hash of their content under the data folder; the same file is kept once."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from django.conf import settings

from kaibo.kit.clock import SHANGHAI
from kaibo.kit.errors import Unavailable

_CHUNK_BYTES = 1 << 20
_UNIX_SECONDS = re.compile(r"(?<!\d)(1[6-9]\d{8}|2[01]\d{8})(?:\d{3})?(?!\d)")
_COMPACT_TIME = re.compile(
    r"(?<!\d)(20\d{2})[-_.]?(\d{2})[-_.]?(\d{2})[-_ T]?(\d{2})[-_.:]?(\d{2})[-_.:]?(\d{2})(?!\d)"
)


class DiskFull(Unavailable):
    code = "intake.disk_full"
    message_zh = "磁盘已满，文件没有保存，什么都没有导入；请清理数据目录所在磁盘后重试"
    message_en = "The disk is full; the file was not kept and nothing was imported; free some space and try again"


def folder() -> Path:
    """This function will give the folder of stored files (KAIBO_DATA/intake), made when missing."""
    where: Path = settings.ENV.data / "intake"
    where.mkdir(parents=True, exist_ok=True)
    return where


def path_of(sha256: str) -> Path:
    return folder() / sha256[:2] / sha256


def keep(chunks: Iterable[bytes]) -> tuple[str, int]:
    """
    This function will write a file in pieces, durably, and give its sha256 and size; a file already there is left alone.

    Raises: DiskFull; then nothing half written stays.
    """
    aside: Path | None = None
    try:
        with NamedTemporaryFile(dir=folder(), prefix="incoming-", delete=False) as written:
            aside = Path(written.name)
            sha256, size_bytes = _written(chunks, written)
        target = path_of(sha256)
        target.parent.mkdir(exist_ok=True)
        aside.replace(target)
    except OSError as failed:
        if aside is not None:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
        if failed.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise DiskFull from failed
        raise
    return sha256, size_bytes


def _written(chunks: Iterable[bytes], into: IO[bytes]) -> tuple[str, int]:
    digest = hashlib.sha256()
    size_bytes = 0
    for chunk in chunks:
        digest.update(chunk)
        size_bytes += len(chunk)
        into.write(chunk)
    into.flush()
    os.fsync(into.fileno())
    return digest.hexdigest(), size_bytes


def pieces(path: Path) -> Iterable[bytes]:
    """This function will read a file of the person's disk in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def exported_at(file_name: str, *, otherwise: datetime) -> datetime:
    """
    This function will read when a platform wrote the file from its name (`1790000000_订单.csv`, `订单20261122200000.xlsx`).

    A time later than `otherwise` (now, or the file's own) is no export time and is not believed.
    """
    found = otherwise
    if match := _COMPACT_TIME.search(file_name):
        try:
            found = datetime(*(int(part) for part in match.groups()), tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]
        except ValueError:
            found = otherwise
    elif match := _UNIX_SECONDS.search(file_name):
        found = datetime.fromtimestamp(int(match.group(1)), UTC)
    return min(found.astimezone(UTC), otherwise)
