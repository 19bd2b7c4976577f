"""
Who reads a file while the database is busy: a thread for small files, a process of its own for large ones.

Two threads share one interpreter, so that an import could never end sooner than its whole CPU time; a process reads on the other
core. It is started by `exec`, never forked from a process with threads and connections. Where it cannot be started, or meets something
it cannot say here (`X`), the thread reads; where it dies, the run stops with its reason and goes on from its position when asked.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

import msgspec

from kaibo.kit.errors import Unavailable
from kaibo.plumbing.intake.batches import Batch, Pace, Reading, Unpacker, read_batches
from kaibo.plumbing.intake.headers import Header
from kaibo.plumbing.intake.kinds import taken_elsewhere
from kaibo.plumbing.intake.plan import RowParser, make_plan
from kaibo.plumbing.intake.quarantine import ID_COLUMN
from kaibo.plumbing.intake.reader import FRAME, Layout, ReadingJob

log = logging.getLogger(__name__)

LARGE_BYTES = 1_000_000
"""From here on a workbook takes longer to read than a process takes to start, a third of a second; of a text it takes `TEXT_TIMES` as much."""
TEXT_TIMES = 3
BATCHES_AHEAD = 2
"""What the process may read before the first is taken: with the one in its hands the bound of what waits in memory."""
_PIPE_BYTES = 1 << 20
_PATIENCE_SECONDS = 5


class ReaderLost(Unavailable):
    code = "intake.reader_lost"
    message_zh = "读取文件的进程中断了（常见原因是内存不足）；已导入的行都已保存，点“重试”会从断开处继续"
    message_en = "The process that read the file ended unexpectedly (memory is the usual reason); all rows taken so far are kept, and a retry goes on from there"


@contextmanager
def reading_ahead(job: ReadingJob, pace: Pace, *, size_bytes: int) -> Iterator[Reading]:
    """
    This function will open a file for an import; its batches are read while the caller is busy with those before.

    Raises: what `make_plan` raises; ReaderLost from the batches.
    """
    is_worth_it = size_bytes >= _large_bytes(job) and job.kind.meaning_of is not None and job.kind.meaning_type is not None
    with contextlib.ExitStack() as open_things:
        process = _started(job) if is_worth_it else None
        if process:
            open_things.callback(process.close)
        layout = process.layout() if process else None
        if process and layout and ID_COLUMN not in layout.names:  # what was in quarantine is restored by who knows the database
            reading = _by_process(process, layout, job, pace)
        else:
            reading = _by_thread(job, pace)
        with ThreadPoolExecutor(1, thread_name_prefix="intake") as reader:
            yield replace(reading, batches=_one_ahead(reader, reading.batches))


def _large_bytes(job: ReadingJob) -> int:
    with job.path.open("rb") as file:
        return LARGE_BYTES if file.read(2) == b"PK" else TEXT_TIMES * LARGE_BYTES


def _one_ahead(reader: ThreadPoolExecutor, batches: Iterator[Batch]) -> Iterator[Batch]:
    def read() -> Batch | None:
        return next(batches, None)

    coming = reader.submit(read)
    while batch := coming.result():
        coming = reader.submit(read)
        yield batch


def _by_thread(job: ReadingJob, pace: Pace) -> Reading:
    plan = make_plan(job.kind, job.path, mapping=job.mapping, shown_name=job.shown_name)
    batches = read_batches(plan, job.told, position=job.position, batch_rows=job.batch_rows, pace=lambda: pace.expects_new)
    return Reading(plan.header, plan.parser, plan.rows_total, batches, plan.notes)


def _by_process(process: _Process, layout: Layout, job: ReadingJob, pace: Pace) -> Reading:
    assert job.kind.meaning_type is not None
    header = Header(layout.row_number, tuple(layout.names), layout.columns)
    parser = RowParser(job.kind, header.names, header.columns)
    notes: dict[int, str] = {}
    unpack = Unpacker(parser, job.kind.meaning_type).unpacked

    def batches() -> Iterator[Batch]:
        position = job.position
        while True:
            letter, content = process.next_frame(expects_new=pace.expects_new)
            if letter == b"B":
                batch = unpack(content)
                position += len(batch)
                yield batch
            elif letter == b"E":
                notes.update(msgspec.msgpack.decode(content, type=dict[int, str]))
                return
            else:
                here = _by_thread(replace(job, position=position), pace)
                yield from here.batches
                notes.update(here.notes)
                return

    return Reading(header, parser, layout.rows_total, batches(), notes)


def _started(job: ReadingJob) -> _Process | None:
    """None where this machine starts no process, or the kind's functions cannot be named to another one."""
    try:
        told = pickle.dumps(replace(job, kind=replace(job.kind, apply=taken_elsewhere, sample_rows=())))
        return _Process(told)
    except (OSError, pickle.PicklingError, AttributeError, TypeError) as failure:
        log.warning("reading in a thread: no process", extra={"kind": job.kind.key, "failure": type(failure).__name__})
        return None


class _Process:
    """The other end of `reader`."""

    def __init__(self, told: bytes) -> None:
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kaibo.plumbing.intake.reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
        )
        assert self._process.stdin and self._process.stdout  # asked for above
        self._wishes: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._frames: BinaryIO = self._process.stdout  # type: ignore[assignment]
        with contextlib.suppress(OSError, AttributeError):  # Linux; elsewhere it only takes more turns
            fcntl.fcntl(self._frames, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._tell(told + b"n" * BATCHES_AHEAD)

    def layout(self) -> Layout | None:
        """This function will wait until the process knows the columns; None where it cannot say them.   Raises: ReaderLost."""
        letter, content = self._frame()
        return msgspec.msgpack.decode(content, type=Layout) if letter == b"P" else None

    def next_frame(self, *, expects_new: bool) -> tuple[bytes, bytes]:
        """This function will take what comes next and ask for one more.   Raises: ReaderLost."""
        frame = self._frame()
        self._tell(b"n" if expects_new else b"k")
        return frame

    def _frame(self) -> tuple[bytes, bytes]:
        head = self._frames.read(FRAME.size)
        if len(head) < FRAME.size:
            raise ReaderLost
        letter, length = FRAME.unpack(head)
        content = self._frames.read(length)
        if len(content) < length:
            raise ReaderLost
        if letter == b"X":
            log.warning("reading in a thread: the process could not", extra={"failure": content.decode(errors="replace")})
        return letter, content

    def _tell(self, words: bytes) -> None:
        with contextlib.suppress(OSError):  # gone: the next frame says so, or it had said all
            self._wishes.write(words)
            self._wishes.flush()

    def close(self) -> None:
        """This function will see the process off: closed pipes end it wherever it is."""
        for pipe in (self._wishes, self._frames):
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
