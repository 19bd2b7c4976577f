"""
The journal's files: numbered segments of records, each record `length, CRC-32, payload`.

A payload is the events of one append as JSON lines, so a segment without its frames is a file DuckDB can read. A
record counts only when it is whole: whatever a power cut or kill -9 leaves at the end of a segment is cut off.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from kaibo.lake.schema import Event

MAGIC: Final = b"KAIBOJ01"
SUFFIX: Final = ".journal"
MAX_RECORD_BYTES: Final = 64 * 1024 * 1024

_FRAME = struct.Struct("<II")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode


@dataclass(frozen=True, slots=True)
class Scan:
    """What of a segment is whole: its payloads, and the offset at which trust ends."""

    payloads: tuple[bytes, ...]
    whole_bytes: int
    file_bytes: int

    @property
    def is_torn(self) -> bool:
        return self.whole_bytes != self.file_bytes


def payload_of(events: Iterable[Event]) -> bytes:
    """This function will write events as JSON lines."""
    return b"".join(_encode(event) + b"\n" for event in events)


def record_of(payload: bytes) -> bytes:
    """This function will frame a payload so that a torn one can be told from a whole one."""
    return _FRAME.pack(len(payload), zlib.crc32(payload)) + payload


def events_of(payload: bytes) -> Iterator[Event]:
    """This function will read the events of a payload back."""
    for line in payload.splitlines():
        yield _decode(line)


def scan(path: Path) -> Scan:
    """This function will read the whole records of a segment, from its start to the first doubt."""
    content = path.read_bytes()
    if not content.startswith(MAGIC):
        return Scan((), 0, len(content))
    payloads: list[bytes] = []
    offset = len(MAGIC)
    while offset + _FRAME.size <= len(content):
        length, crc = _FRAME.unpack_from(content, offset)
        begin = offset + _FRAME.size
        payload = content[begin : begin + length]
        if length > MAX_RECORD_BYTES or len(payload) != length or zlib.crc32(payload) != crc:
            break
        payloads.append(payload)
        offset = begin + length
    return Scan(tuple(payloads), offset, len(content))


def write_afresh(path: Path, length_bytes: int) -> None:
    """
    This function will put a synced copy of a segment's first bytes in the segment's place.

    What a killed process left may stand in memory only: it was never synced, or its sync failed, after which the kernel
    takes the pages for clean and a later sync of the same file says "done" without writing them. Only new bytes are sure.
    """
    content = path.read_bytes()[:length_bytes]
    fresh = path.with_suffix(".afresh")
    fresh.unlink(missing_ok=True)
    with fresh.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    sync_folder(path.parent)


def segment_path(folder: Path, number: int) -> Path:
    """This function will name a segment; names sort in the order of writing."""
    return folder / f"{number:012d}{SUFFIX}"


def segments_in(folder: Path) -> list[Path]:
    """This function will list the segments of one writer, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def sync_folder(folder: Path) -> None:
    """This function will make created, renamed and removed names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
