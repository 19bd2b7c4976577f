"""
`python -m kaibo.plumbing.intake.reader`: reads one file for an import in a process of its own. No database, no Django.

In through standard input: what to read (pickled by the parent, with the installation's secret, which no argument and no variable
shows), then a byte for every batch wanted: `n` where its rows are likely new, `k` where they are likely known. Out through standard
output: frames of a letter, a length and that many bytes: `P` the layout, `B` a batch, `E` the end with the rows passed over, `X` the
name of what went wrong, upon which the parent reads on by itself. Whoever started it and is gone closes the pipes, and that ends it.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from kaibo.plumbing.intake.batches import packed, read_batches
from kaibo.plumbing.intake.collecting import seldom_collecting
from kaibo.plumbing.intake.kinds import FileContext, ImportKind
from kaibo.plumbing.intake.plan import make_plan

FRAME = struct.Struct("<cQ")


@dataclass(frozen=True, slots=True)
class ReadingJob:
    """What to read: all a process needs that knows nothing else."""

    kind: ImportKind
    path: Path
    shown_name: str
    mapping: dict[str, str]
    told: FileContext
    position: int
    batch_rows: int


class Layout(msgspec.Struct):
    """Where the columns are: what the parent must know before the first batch."""

    row_number: int
    names: list[str]
    columns: dict[str, int]
    rows_total: int | None


class _Gone(Exception):
    """Nobody wants the rows any more."""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, whose pipe then closes
    wanted = sys.stdin.buffer
    frames = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what anything prints is no frame
    try:
        job = pickle.load(wanted)  # noqa: S301  written by the process that started this one
        with seldom_collecting():
            _read(job, wanted, frames)
    except (_Gone, BrokenPipeError, EOFError):
        os._exit(0)
    except Exception as failure:
        _send(frames, b"X", type(failure).__name__.encode())


def _read(job: ReadingJob, wanted: BinaryIO, frames: BinaryIO) -> None:
    meaning_type = job.kind.meaning_type
    assert meaning_type is not None  # else nobody would have started a process
    plan = make_plan(job.kind, job.path, mapping=job.mapping, shown_name=job.shown_name)
    layout = Layout(plan.header.row_number, list(plan.header.names), dict(plan.header.columns), plan.rows_total)
    _send(frames, b"P", msgspec.msgpack.encode(layout))
    pace = _Asked(wanted)
    batches = read_batches(plan, job.told, position=job.position, batch_rows=job.batch_rows, pace=lambda: pace.expects_new)
    while True:
        pace.wait()
        batch = next(batches, None)
        if batch is None:
            break
        _send(frames, b"B", packed(batch, meaning_type))
    _send(frames, b"E", msgspec.msgpack.encode(plan.notes))


class _Asked:
    """The parent's wishes, a byte a batch."""

    def __init__(self, wanted: BinaryIO) -> None:
        self._wanted = wanted
        self.expects_new = True

    def wait(self) -> None:
        """This function will wait until a batch is wanted.   Raises: _Gone."""
        asked = self._wanted.read(1)
        if not asked:
            raise _Gone
        self.expects_new = asked == b"n"


def _send(frames: BinaryIO, letter: bytes, content: bytes) -> None:
    rest = memoryview(FRAME.pack(letter, len(content)) + content)
    while rest:
        rest = rest[frames.write(rest) :]


if __name__ == "__main__":
    main()
