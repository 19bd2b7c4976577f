"""Looks at every push twice a second, judges it and tells: the desk reads what is told, and so does Prometheus."""

from __future__ import annotations

import contextlib
import http.client
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kaibo.ingest.health import Health, Seen, State, Watched
from kaibo.ingest.keys import Source
from kaibo.ingest.segments import Frames, frames
from kaibo.ingest.stat import Push, StatUnreadable, pushes

log = logging.getLogger("kaibo.ingest.watch")

FORGET_SECONDS = 600.0
"""A source that has been gone this long is off, not broken: nobody waits for it any more."""
_NEWEST_LINES = 8


@dataclass(frozen=True, slots=True)
class Report:
    """How one source of one room is doing."""

    room: str
    source: Source
    health: Health
    promised_frame_rate: int
    width: int
    height: int
    missing_frames: int
    key_frame_at: datetime | None
    changed_at: datetime
    seen_at: datetime


@dataclass(slots=True)
class _Stream:
    watched: Watched = field(default_factory=Watched)
    push: Push | None = None
    segment: str = ""
    content: Frames | None = None
    key_frame_at: datetime | None = None
    missing_frames: int = 0
    state: State = State.OFF
    changed_at: datetime | None = None
    gone_at: float | None = None


class Watch:
    """All pushes of one nginx."""

    def __init__(self, *, hls: Path, stat: Callable[[], bytes]) -> None:
        self._hls = hls
        self._stat = stat
        self._streams: dict[tuple[str, Source], _Stream] = {}

    def look(self, *, at: float, now: datetime, ended: Collection[str] = ()) -> list[Report]:
        """
        This function will look once and report every source that is or was pushed; a nginx that does not answer counts as nobody pushing.

        `at` is a steady clock's time in seconds; `ended` are rooms whose show is over, so that a push that stops is no break.
        """
        pushed: dict[tuple[str, Source], Push] = {}
        with contextlib.suppress(OSError, http.client.HTTPException, StatUnreadable):
            pushed = {(push.room, push.source): push for push in pushes(self._stat())}
        for key in pushed.keys() - self._streams.keys():
            self._streams[key] = _Stream()
        reports = [self._report(key, stream, pushed.get(key), at, now, ended) for key, stream in self._streams.items()]
        for report in reports:
            if report.health.state is State.OFF:
                del self._streams[report.room, report.source]
        return reports

    def _report(
        self, key: tuple[str, Source], stream: _Stream, push: Push | None, at: float, now: datetime, ended: Collection[str]
    ) -> Report:
        room, source = key
        stream.gone_at = None if push else stream.gone_at if stream.gone_at is not None else at
        seen = None
        if push is not None:
            self._read_segment(stream, room, source, push)
            stream.push = push
            age = None if stream.key_frame_at is None else max(0.0, (now - stream.key_frame_at).total_seconds())
            rate = stream.content.rate_centi if stream.content else None
            seen = Seen(at, push.bytes_in, push.frame_rate, rate, age)
        is_over = room in ended or (stream.gone_at is not None and at - stream.gone_at > FORGET_SECONDS)
        health = stream.watched.see(seen, now=at, was_ended=is_over)
        if health.state is not stream.state or stream.changed_at is None:
            log.info(
                "ingest %s", health.state, extra={"room": room, "source": source, "why": health.why, "was": stream.state}
            )
            stream.state, stream.changed_at = health.state, now
        last = stream.push
        return Report(
            room, source, health,
            promised_frame_rate=last.frame_rate if last else 0, width=last.width if last else 0, height=last.height if last else 0,
            missing_frames=stream.missing_frames, key_frame_at=stream.key_frame_at, changed_at=stream.changed_at, seen_at=now,
        )  # fmt: skip

    def _read_segment(self, stream: _Stream, room: str, source: Source, push: Push) -> None:
        """Count the newest finished segment, once."""
        folder = self._hls / source
        try:
            name = _newest((folder / f"{room}.m3u8").read_text(encoding="utf-8"))
            if not name or name == stream.segment:
                return
            path = folder / name
            content, ended_at = frames(path.read_bytes()), path.stat().st_mtime
        except (OSError, UnicodeDecodeError):  # nginx is just replacing or cleaning it
            return
        stream.segment, stream.content = name, content
        stream.key_frame_at = datetime.fromtimestamp(ended_at, UTC)
        if push.frame_rate and content.count > 1:
            expected = round(content.span_ticks * push.frame_rate / 90_000) + 1
            stream.missing_frames += max(0, expected - content.count)


def _newest(playlist: str) -> str:
    names = [line for line in playlist.splitlines()[-_NEWEST_LINES:] if line and not line.startswith("#")]
    return Path(names[-1]).name if names else ""
