"""
From journal to Parquet: `events/day=YYYY-MM-DD/session=…/part-<writer>-<segment>.parquet`, day in Shanghai.

A part's name follows from its segment, files are written beside their place, synced and renamed, and the segment goes
last: killed at any point, sealing again gives the same files. In between a reader may see an event in both; it counts
an id once.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kaibo.lake import segments
from kaibo.lake.schema import COLUMNS

if TYPE_CHECKING:
    import duckdb

EVENTS: Final = "events"
_PART = re.compile(r"part-(?P<writer>.+)-(?P<number>\d{12})\.parquet")
_COLUMN_TYPES = ", ".join(f"\"{name}\": '{kind}'" for name, kind in COLUMNS.items())
LINES_SQL: Final = f"read_json(?, format='newline_delimited', columns={{{_COLUMN_TYPES}}})"
"""The journal's lines as a DuckDB table function; its one parameter is the file."""


def connect() -> duckdb.DuckDBPyConnection:
    """This function will open a DuckDB in memory that stays small beside the room and thinks in UTC."""
    import duckdb  # a tenth of a second: paid when events are read, not by every process that starts

    connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "512MB"})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def seal_segments(lake: Path, writer: str, *, leave: Path | None) -> int:
    """This function will seal every segment of a writer but the one being written, oldest first."""
    folder = lake / "journal" / writer
    for leftover in folder.glob("sealing-*/"):
        shutil.rmtree(leftover, ignore_errors=True)
    sealed = 0
    for path in segments.segments_in(folder):
        if path == leave:
            continue
        _seal(lake, writer, path)
        sealed += 1
    return sealed


def seal_abandoned(lake: Path) -> int:
    """This function will seal the journals of writers that are gone; the living hold their lock and are left alone."""
    sealed = 0
    for folder in sorted((lake / "journal").glob("*/")):
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sealed += seal_segments(lake, folder.name, leave=None)
        except BlockingIOError:
            continue
        finally:
            os.close(handle)
    return sealed


def _seal(lake: Path, writer: str, path: Path) -> None:
    found = segments.scan(path)
    if found.payloads:
        scratch = Path(tempfile.mkdtemp(prefix="sealing-", dir=path.parent))
        try:
            lines = scratch / "lines.ndjson"
            lines.write_bytes(b"".join(found.payloads))
            number = path.name.removesuffix(segments.SUFFIX)
            _write_parts(lake, lines, f"part-{writer}-{number}.parquet")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    if found.is_torn and found.whole_bytes >= len(segments.MAGIC):
        # A closed segment that does not read to its end was damaged by something else than us: keep it for a person.
        path.rename(path.with_suffix(".damaged"))
    else:
        path.unlink()
    segments.sync_folder(path.parent)


def _write_parts(lake: Path, lines: Path, name: str) -> None:
    from duckdb import IOException

    with connect() as connection:
        connection.execute(
            f"""
            CREATE TEMP TABLE sealed AS
            SELECT *, strftime("at" AT TIME ZONE 'Asia/Shanghai', '%Y-%m-%d') AS day FROM {LINES_SQL}
            """,
            [str(lines)],
        )
        for day, session in connection.execute("SELECT DISTINCT day, session FROM sealed ORDER BY ALL").fetchall():
            folder = lake / EVENTS / f"day={day}" / f"session={session}"
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = folder / f".{name}.unfinished"
            try:
                connection.execute(
                    f"""
                    COPY (SELECT * EXCLUDE (day) FROM sealed WHERE day = $day AND session = $session ORDER BY "at")
                    TO '{_quoted(unfinished)}' (FORMAT parquet, COMPRESSION zstd)
                    """,
                    {"day": day, "session": session},
                )
                _sync_file(unfinished)
                unfinished.rename(folder / name)
            except IOException as problem:
                raise OSError(str(problem)) from problem
            finally:
                unfinished.unlink(missing_ok=True)
            for made in (folder, folder.parent, lake / EVENTS, lake):
                segments.sync_folder(made)


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def parts_in(lake: Path, session: str | None = None) -> list[Path]:
    """This function will list the Parquet parts of one session, or of all."""
    return sorted((lake / EVENTS).glob(f"day=*/session={session or '*'}/part-*.parquet"))


def last_number(lake: Path, writer: str) -> int:
    """This function will give the highest segment number a writer ever sealed, so that numbers never return."""
    numbers = [
        int(match["number"])
        for part in parts_in(lake)
        if (match := _PART.fullmatch(part.name)) and match["writer"] == writer
    ]
    return max(numbers, default=0)


def recent_ids(lake: Path, *, limit: int) -> Iterator[tuple[str, str]]:
    """This function will give (room, id) of the newest sealed events, from the parts written last, oldest first."""
    parts = sorted(parts_in(lake), key=lambda part: part.stat().st_mtime, reverse=True)[:64]
    if not parts:
        return
    with connect() as connection:
        rows = connection.execute(
            "SELECT room, id FROM read_parquet($parts, hive_partitioning = false) ORDER BY received_at DESC LIMIT $limit",
            {"parts": [str(part) for part in parts], "limit": limit},
        ).fetchall()
    yield from reversed(rows)
