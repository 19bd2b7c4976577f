"""
Durable append: many callers, one writing thread, one fsync for all who came while the last one ran.

`Journal(folder)` acknowledges an event only after it is on disk. One process owns a writer's folder at a time; room
processes side by side use writers of their own, and readers see all of them.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from kaibo.kit.errors import Conflict, Unavailable
from kaibo.lake import sealing, segments
from kaibo.lake.recent import RecentIds
from kaibo.lake.schema import Event, check_event

SEGMENT_BYTES: Final = 32 * 1024 * 1024
QUEUE_LIMIT: Final = 10_000
GROUP_LIMIT: Final = 1_000
REMEMBERED_IDS: Final = 500_000


class EventsNotWritten(Unavailable):
    """The disk did not take the events; none of this call was kept."""

    code = "lake.events_not_written"
    message_zh = "行为事件无法写入磁盘（{reason}），本次没有保存任何内容，请稍后重试"
    message_en = "Events could not be written to disk ({reason}); nothing of this call was kept, retry later"


class JournalBusy(Unavailable):
    """More appends are waiting than the journal will hold in memory."""

    code = "lake.journal_busy"
    message_zh = "行为事件太多，请稍后重试"
    message_en = "Too many events at once; retry shortly"


class JournalTaken(Conflict):
    """Another process writes this folder."""

    code = "lake.journal_taken"
    message_zh = "另一个进程正在写入 {writer} 的行为日志"
    message_en = "Another process writes the journal of {writer}"


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of the events of one call: newly kept, or known already."""

    accepted: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class _Call:
    room: str
    events: tuple[Event, ...]
    answer: Future[Appended]


class Journal:
    """One writer's journal under `folder/journal/<writer>`. Close it, or use it as a context manager."""

    def __init__(self, folder: Path, *, writer: str = "room", segment_bytes: int = SEGMENT_BYTES) -> None:
        self._lake = folder
        self._writer = writer
        self._folder = folder / "journal" / writer
        self._folder.mkdir(parents=True, exist_ok=True)
        for made in (self._folder.parent, folder):
            segments.sync_folder(made)
        self._segment_bytes = segment_bytes
        self._lock = self._take_folder()
        self._file_guard = threading.Lock()
        self._seal_guard = threading.Lock()
        self._door = threading.Lock()
        self._recent = RecentIds(limit=REMEMBERED_IDS)
        self._file = -1
        self._broken = True
        self._durable_bytes = 0
        self._number = self._recover()
        self._path = segments.segment_path(self._folder, self._number)
        self._begin_segment()
        self._calls: queue.Queue[_Call | None] = queue.Queue(maxsize=QUEUE_LIMIT)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"journal-{writer}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what callers do ------------------------------------------------------------------------------------------

    def append(self, room: str, events: Iterable[Event]) -> Appended:
        """
        This function will keep the events that are new to the room and return once they are on disk.

        Raises: EventUnfit (nothing kept), EventsNotWritten (nothing kept), JournalBusy (nothing kept).
        """
        return self.submit(room, events).result()

    async def append_async(self, room: str, events: Iterable[Event]) -> Appended:
        """This function will do as `append` without blocking the loop; it shares commits with all other callers."""
        return await asyncio.wrap_future(self.submit(room, events))

    def submit(self, room: str, events: Iterable[Event]) -> Future[Appended]:
        """This function will queue events for the next commit; the future answers after it."""
        batch = tuple(events)
        for event in batch:
            check_event(event)
        call = _Call(room, batch, Future())
        with self._door:
            if self._closing:
                raise EventsNotWritten(reason="closed")
            try:
                self._calls.put_nowait(call)
            except queue.Full:
                raise JournalBusy(retry_after_seconds=1) from None
        return call.answer

    def seal(self) -> int:
        """
        This function will close the current segment and turn every closed one into Parquet; it gives their number.

        Raises: EventsNotWritten where the disk is full; the journal keeps everything and sealing can be repeated.
        """
        try:
            with self._seal_guard:
                with self._file_guard:
                    self._begin_segment()
                    current = self._path
                return sealing.seal_segments(self._lake, self._writer, leave=current)
        except OSError as problem:
            raise EventsNotWritten(reason=problem.strerror or str(problem)) from problem

    def close(self) -> None:
        """This function will commit what waits, then let the folder go."""
        with self._door:
            if self._closing:
                return
            self._closing = True
            self._calls.put(None)
        self._thread.join()
        with self._seal_guard, self._file_guard:
            self._end_segment()
        os.close(self._lock)

    # -- what the writing thread does -----------------------------------------------------------------------------

    def _run(self) -> None:
        going = True
        while going:
            group, going = self._next_group()
            group = [call for call in group if call.answer.set_running_or_notify_cancel()]
            try:
                self._commit(group)
            except Exception as problem:  # whatever it is, nobody may wait for an answer that never comes
                for call in group:
                    if not call.answer.done():
                        call.answer.set_exception(problem)

    def _next_group(self) -> tuple[list[_Call], bool]:
        call = self._calls.get()
        group: list[_Call] = []
        while call is not None:
            group.append(call)
            if len(group) >= GROUP_LIMIT:
                return group, True
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: Sequence[_Call]) -> None:
        # Duplicates are decided here, not by callers: a call that repeats an event still in flight must not be
        # told "known" before that event is durable, nor at all when its write fails.
        fresh_keys: set[int] = set()
        records: list[bytes] = []
        answers: list[Appended] = []
        for call in group:
            fresh: list[Event] = []
            for event in call.events:
                key = self._recent.key(call.room, event.id)
                if key in fresh_keys or key in self._recent:
                    continue
                fresh_keys.add(key)
                fresh.append(event)
            if fresh:
                records.append(segments.record_of(segments.payload_of(fresh)))
            answers.append(Appended(accepted=len(fresh), duplicates=len(call.events) - len(fresh)))
        try:
            if records:
                with self._file_guard:
                    self._write(b"".join(records))
        except OSError as problem:
            for call in group:
                call.answer.set_exception(EventsNotWritten(reason=problem.strerror or str(problem)))
            return
        self._recent.update(fresh_keys)
        for call, answer in zip(group, answers, strict=True):
            call.answer.set_result(answer)

    def _write(self, content: bytes) -> None:
        if self._broken or self._durable_bytes >= self._segment_bytes:
            self._begin_segment()
        try:
            self._write_all(content)
            os.fdatasync(self._file)
        except OSError:
            # What was half written was never acknowledged. Cut it now if the disk lets us; if not, the record is torn
            # or, at worst, whole but unanswered: its retry has the same id and readers count an id once.
            self._broken = True
            try:
                os.ftruncate(self._file, self._durable_bytes)
                os.fsync(self._file)
            except OSError:
                pass
            raise
        self._durable_bytes += len(content)

    # -- files ----------------------------------------------------------------------------------------------------

    def _take_folder(self) -> int:
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise JournalTaken(writer=self._writer) from None
        return handle

    def _write_all(self, content: bytes) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(self._file, view) :]

    def _recover(self) -> int:
        paths = segments.segments_in(self._folder)
        self._recent.update(
            self._recent.key(room, event_id)
            for room, event_id in sealing.recent_ids(self._lake, limit=REMEMBERED_IDS // 2)
        )
        for path in paths:
            found = segments.scan(path)
            # An id found here is answered "known", that is durable: so it must be. A torn tail is cut off with it.
            segments.write_afresh(path, found.whole_bytes if path == paths[-1] else found.file_bytes)
            for payload in found.payloads:
                self._recent.update(self._recent.key(event.room, event.id) for event in segments.events_of(payload))
        written = int(paths[-1].name.removesuffix(segments.SUFFIX)) if paths else 0
        return max(written, sealing.last_number(self._lake, self._writer))

    def _begin_segment(self) -> None:
        if self._file >= 0 and not self._broken and self._durable_bytes == len(segments.MAGIC):
            return
        self._end_segment()
        self._number += 1
        self._path = segments.segment_path(self._folder, self._number)
        self._broken = True
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
            self._write_all(segments.MAGIC)
            os.fsync(self._file)
            segments.sync_folder(self._folder)
        except OSError:
            # A disk that fails for an hour would be tried with every batch: leave no file behind for each try.
            self._path.unlink(missing_ok=True)
            raise
        self._durable_bytes = len(segments.MAGIC)
        self._broken = False

    def _end_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
