"""
Figures of a session, read from Parquet and from what is not sealed yet (INS-1; definitions in facts/metrics).

Every figure carries what it divides by what, over which window, counted once by which key, from which source and
version, so a platform's figure can be set beside it and a difference be explained.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kaibo.lake import sealing, segments, sql
from kaibo.lake.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    import duckdb

SILENCE_LIMIT_SECONDS: Final = 1800
"""A visitor silent for longer has left; a page in the foreground sends a heartbeat far more often."""

SOURCE: Final = "kaibo.room.events"
FUNNEL_STEPS: Final = ("enter", "expose", "click", "order", "pay")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
INTERACTIONS: Final = ("comment", "like", "share", "follow")


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time in UTC; None is open on that side."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One figure with its definition. `value` is in `unit`: people, times, seconds, or bp (basis points).

    `numerator_count` / `denominator_count` are what was counted; a share of nothing has the value None.
    """

    key: str
    title: str
    value: int | float | None
    unit: str
    numerator: str
    denominator: str | None
    numerator_count: int | float
    denominator_count: int | None
    window: Window
    dedupe_key: str
    source: str = SOURCE
    version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """What viewers did with one item: shown, clicked, put into the cart (people and times)."""

    item: str
    expose_people: int
    expose_times: int
    click_people: int
    click_times: int
    cart_people: int
    click_through_bp: int | None


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of the session: who was there at any time of it, who came, and how often something was clicked."""

    starts_at: datetime
    online: int
    entered: int
    clicks: int


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """All figures of one session within one window."""

    session: str
    window: Window
    figures: tuple[Figure, ...]
    items: tuple[ItemFigures, ...]
    minutes: tuple[Minute, ...]
    event_counts: dict[str, int]

    def figure(self, key: str) -> Figure:
        """This function will give the figure of that key. Raises: KeyError."""
        return next((figure for figure in self.figures if figure.key == key), None) or _missing(key)

    def value(self, key: str) -> int | float | None:
        """This function will give the value of the figure of that key. Raises: KeyError."""
        return self.figure(key).value


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """
    One step: `people` who did it at all, `through` who did it after all the steps before it, and the share of the
    previous step's `through` that came this far.
    """

    kind: str
    people: int
    through: int
    from_previous_bp: int | None


def _missing(key: str) -> Figure:
    raise KeyError(key)


def share_bp(part: int, whole: int) -> int | None:
    """This function will give part/whole in basis points, half up; None where there is no whole."""
    return (part * 20_000 + whole) // (2 * whole) if whole else None


@contextmanager
def _session_events(lake: Path, session: str, window: Window) -> Iterator[duckdb.DuckDBPyConnection]:
    """This function will open a connection with the table `event`: one session, one window, each id once."""
    with _written(lake, session) as connection:
        connection.execute(sql.CREATE_EVENT, {"session": session, "start": window.start or _EPOCH, "end": window.end or _FOREVER})
        yield connection


@contextmanager
def _written(lake: Path, session: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """This function will open a connection with the table `raw`: all that was written of a session, some of it twice, and what is not sealed of others."""
    with tempfile.TemporaryDirectory(prefix="kaibo-lake-") as scratch, sealing.connect() as connection:
        # Journals first: what is sealed in between shows up in both and is counted once; the other order could miss it.
        lines = Path(scratch) / "unsealed.ndjson"
        with lines.open("wb") as file:
            for payload in unsealed_payloads(lake):
                file.write(payload)
        connection.execute(sql.CREATE_RAW)
        if lines.stat().st_size:
            connection.execute(f"INSERT INTO raw BY NAME SELECT * FROM {sealing.LINES_SQL}", [str(lines)])
        if parts := sealing.parts_in(lake, session):
            connection.execute(sql.READ_PARTS, {"parts": [str(part) for part in parts]})
        yield connection


def unsealed_payloads(lake: Path) -> Iterator[bytes]:
    """This function will give the whole records of all writers' journals; a segment sealed meanwhile is skipped."""
    for path in sorted((lake / "journal").glob(f"*/*{segments.SUFFIX}")):
        try:
            yield from segments.scan(path).payloads
        except FileNotFoundError:
            continue


def figures_of(
    lake: Path,
    session: str,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    silence_limit_seconds: int = SILENCE_LIMIT_SECONDS,
) -> SessionFigures:
    """This function will compute a session's figures from its events in the half-open window. Source: INS-1."""
    window = Window(start, end)
    with _session_events(lake, session, window) as connection:
        connection.execute(sql.CREATE_STAY, {"silence": silence_limit_seconds})
        counts = {kind: (times, people) for kind, times, people in connection.execute(sql.COUNTS).fetchall()}
        (viewers, dwell_seconds) = connection.execute(sql.DWELL).fetchall()[0]
        (peak,) = connection.execute(sql.PEAK).fetchall()[0]
        (interacting,) = connection.execute(sql.INTERACTING, {"kinds": list(INTERACTIONS)}).fetchall()[0]
        items = tuple(_item(*row) for row in connection.execute(sql.ITEMS).fetchall())
        minutes = tuple(
            Minute(_EPOCH + timedelta(microseconds=starts_us), online, entered, clicks)
            for starts_us, online, entered, clicks in connection.execute(sql.MINUTES).fetchall()
        )
    figures = _figures(window, counts, viewers, dwell_seconds, peak, interacting)
    return SessionFigures(
        session, window, figures, items, minutes, {kind: times for kind, (times, _) in counts.items()}
    )


def count_of(lake: Path, session: str, kind: str) -> int:
    """This function will count a session's events of one kind, each once, and nothing else: what a clock asks while a session runs."""
    with _written(lake, session) as connection:
        (times,) = connection.execute(sql.COUNT_OF_KIND, {"session": session, "kind": kind}).fetchall()[0]
    return int(times)


def _item(
    item: str, expose_people: int, expose_times: int, click_people: int, click_times: int, cart_people: int
) -> ItemFigures:
    click_through_bp = share_bp(click_people, expose_people)
    return ItemFigures(item, expose_people, expose_times, click_people, click_times, cart_people, click_through_bp)


def _figures(
    window: Window,
    counts: dict[str, tuple[int, int]],
    viewers: int,
    dwell_seconds: float,
    peak: int,
    interacting: int,
) -> tuple[Figure, ...]:
    by_visitor, by_id = "visitor", "room + event id"

    def count(key: str, title: str, value: int, unit: str, numerator: str) -> Figure:
        dedupe = by_visitor if unit == "people" else by_id
        return Figure(key, title, value, unit, numerator, None, value, None, window, dedupe)

    def rate(key: str, title: str, part: int, numerator: str) -> Figure:
        share = share_bp(part, viewers)
        return Figure(key, title, share, "bp", numerator, "viewers", part, viewers, window, by_visitor)

    average = round(dwell_seconds / viewers, 1) if viewers else None
    figures = [
        count("viewers", "观看人数", viewers, "people", "distinct visitors with enter or heartbeat"),
        count("views", "场观人次", counts.get("enter", (0, 0))[0], "times", "enter events"),
        count("peak_online", "最高在线人数", peak, "people", "most stays at one instant"),
        Figure(
            "average_dwell", "人均停留时长", average, "seconds", "seconds of all stays", "viewers",
            dwell_seconds, viewers, window, by_visitor,
        ),
        rate("interaction_rate", "互动率", interacting, "distinct visitors with " + ", ".join(INTERACTIONS)),
    ]  # fmt: skip
    for kind, title in (*zip(INTERACTIONS, ("评论", "点赞", "分享", "关注"), strict=True), ("cart", "加购")):
        times, people = counts.get(kind, (0, 0))
        figures.append(count(f"{kind}_times", f"{title}次数", times, "times", f"{kind} events"))
        figures.append(count(f"{kind}_people", f"{title}人数", people, "people", f"distinct visitors with {kind}"))
        figures.append(rate(f"{kind}_rate", f"{title}率", people, f"distinct visitors with {kind}"))
    clicking = counts.get("click", (0, 0))[1]
    figures.append(rate("click_rate", "商品点击率（人）", clicking, "distinct visitors with click"))
    return tuple(figures)


def funnel(
    lake: Path,
    session: str,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    steps: Sequence[str] = FUNNEL_STEPS,
) -> tuple[FunnelStep, ...]:
    """
    This function will count people through steps of event kinds, in the order given.

    `through` asks for each step at or after the visitor's earliest passage of the step before. Source: INS-1, 五段漏斗.
    """
    with _session_events(lake, session, Window(start, end)) as connection:
        rows = connection.execute(sql.FUNNEL_EVENTS, {"kinds": list(steps)}).fetchall()
    did: list[set[str]] = [set() for _ in steps]
    passed_at: list[dict[str, int]] = [{} for _ in steps]
    for visitor, kind, at in rows:  # in time order; within one instant in the order of steps
        for place, step in enumerate(steps):
            if step != kind:
                continue
            did[place].add(visitor)
            if place == 0 or visitor in passed_at[place - 1]:
                passed_at[place].setdefault(visitor, at)
    through = [len(passed) for passed in passed_at]
    return tuple(
        FunnelStep(
            step, len(did[place]), through[place], share_bp(through[place], through[place - 1]) if place else None
        )
        for place, step in enumerate(steps)
    )
