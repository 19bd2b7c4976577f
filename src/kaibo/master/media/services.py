"""Keep a file."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from PIL import Image, UnidentifiedImageError

from kaibo.kit.errors import Invalid, NotFound, Unavailable
from kaibo.master.media.models import MediaFile
from kaibo.plumbing.access.actor import Actor

MOST_BYTES = 200 * 1024 * 1024


class FileTooLarge(Invalid):
    code = "media.too_large"
    message_zh = "文件超过 {most_mb} MB"
    message_en = "The file is larger than {most_mb} MB"


class DiskFull(Unavailable):
    code = "media.disk_full"
    message_zh = "磁盘已满，文件没有保存；请清理数据目录所在磁盘后重试"
    message_en = "The disk is full and the file was not kept; free some space and try again"


class FileGone(NotFound):
    code = "media.file_gone"
    message_zh = "文件不存在"
    message_en = "There is no such file"


def path_of(sha256: str) -> Path:
    """This function will give where a content lies on disk."""
    return Path(settings.ENV.data) / "media" / sha256[:2] / sha256


def keep(*, actor: Actor, name: str, mime: str, content: BinaryIO, now: datetime) -> MediaFile:
    """
    This function will keep a file by its content: written aside, synced, then moved into place, so that a crash leaves
    no half file.

    Raises: FileTooLarge, DiskFull.
    """
    folder = Path(settings.ENV.data) / "media"
    digest, size = hashlib.sha256(), 0
    aside = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as aside:
            while block := content.read(1 << 20):
                size += len(block)
                if size > MOST_BYTES:
                    raise FileTooLarge(most_mb=MOST_BYTES >> 20)
                digest.update(block)
                aside.write(block)
            aside.flush()
            os.fsync(aside.fileno())
        target = path_of(digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        Path(aside.name).replace(target)
    except (OSError, FileTooLarge) as failed:
        if aside is not None:
            with contextlib.suppress(OSError):
                Path(aside.name).unlink(missing_ok=True)
        if isinstance(failed, OSError) and failed.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise DiskFull from failed
        raise
    width, height = _picture_size(target)
    return MediaFile.objects.create(
        sha256=digest.hexdigest(),
        name=Path(name).name[:200],
        mime=mime,
        size_bytes=size,
        width=width,
        height=height,
        added_by=actor.name,
        added_at=now,
    )


def _picture_size(path: Path) -> tuple[int | None, int | None]:
    try:
        with Image.open(path) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None, None


def media_for(media_id: UUID) -> MediaFile:
    """This function will give a kept file's row.   Raises: FileGone."""
    found = MediaFile.objects.filter(pk=media_id).first()
    if found is None or not path_of(found.sha256).exists():
        raise FileGone
    return found
