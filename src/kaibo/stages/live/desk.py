"""One look at the desk: everything the page shows, read once, as typed rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.thresholds import thresholds
from kaibo.room.figures import RoomFigures
from kaibo.stages.live import history, queries
from kaibo.stages.live.deviations import Measure, Moment, Standing
from kaibo.stages.live.history import EarlierMoment
from kaibo.stages.live.models import Desk, DeskAction, PriceRequest
from kaibo.stages.live.queries import ItemOnSale, Timing
from kaibo.stages.live.rules import (
    STANDING,
    UNDOABLE,
    Deed,
    Limits,
    Situation,
    Suggestion,
    delay_seconds,
    gpm_fen,
    suggest,
)
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.queries import SegmentRow
from kaibo.stages.showplan.rules import planned_amount_fen

LIMITS = ("live.low_left_bp", "live.overrun_minutes", "live.behind_bp")


@dataclass(frozen=True, slots=True)
class Row:
    """A segment of the run of show as the desk shows it."""

    number: int
    segment: SegmentRow
    timing: Timing
    items: tuple[ItemOnSale, ...]

    @property
    def state(self) -> str:
        return self.timing.state

    @property
    def stock(self) -> int:
        return sum(one.stock for one in self.items)

    @property
    def left(self) -> int:
        return sum(one.left for one in self.items)

    @property
    def claimed(self) -> int:
        return sum(one.claimed for one in self.items)

    @property
    def left_percent(self) -> int:
        return self.left * 100 // self.stock if self.stock else 0

    @property
    def claimed_percent(self) -> int:
        return 100 - self.left_percent if self.stock else 0

    @property
    def is_paused(self) -> bool:
        open_items = [one for one in self.items if not one.is_closed]
        return bool(open_items) and all(one.state == "paused" for one in open_items)

    @property
    def price_from_fen(self) -> int | None:
        prices = [one.price_fen for one in self.items if not one.is_closed] or [one.price_fen for one in self.segment.offers]
        return min(prices, default=None)

    @property
    def price_to_fen(self) -> int | None:
        prices = [one.price_fen for one in self.items if not one.is_closed] or [one.price_fen for one in self.segment.offers]
        return max(prices, default=None)


@dataclass(frozen=True, slots=True)
class View:
    """The desk at one moment."""

    session: Session
    desk: Desk | None
    rows: tuple[Row, ...]
    current: Row | None
    following: Row | None
    front: ItemOnSale | None
    figures: RoomFigures
    planned_fen: int
    delay: int
    over_seconds: int
    suggestion: Suggestion
    gpm: int | None
    watched: int
    moment: Moment
    standings: dict[Measure, Standing]
    earlier: tuple[EarlierMoment, ...]
    actions: tuple[DeskAction, ...]
    undoable: DeskAction | None
    requests: tuple[PriceRequest, ...]
    prompts: tuple[DeskAction, ...]
    last_event: int

    @property
    def is_live(self) -> bool:
        return self.desk is not None and self.desk.closed_at is None

    @property
    def prompt(self) -> DeskAction | None:
        return self.prompts[0] if self.prompts else None

    @property
    def is_elsewhere(self) -> bool:
        return bool(self.session.is_elsewhere)

    @property
    def expected_end(self) -> datetime | None:
        """When the show ends if the rest goes as it is planned now."""
        last = next((row.timing for row in reversed(self.rows) if row.timing.expected_at), None)
        return last.expected_at + timedelta(minutes=last.minutes) if last and last.expected_at else None

    @property
    def delay_minutes(self) -> int:
        return abs(self.delay) // 60

    @property
    def amount_yuan(self) -> str:
        return f"¥{self.figures.claimed_fen // 100:,}"

    @property
    def amount_percent(self) -> int:
        return abs(self.amount_bp or 0) // 100

    @property
    def front_margin_bp(self) -> int | None:
        if self.front is None:
            return None
        return (self.front.price_fen - self.front.cost_fen) * 10_000 // self.front.price_fen

    @property
    def amount_bp(self) -> int | None:
        return self.figures.claimed_fen * 10_000 // self.planned_fen - 10_000 if self.planned_fen else None


def look(session: Session, now: datetime) -> View:
    """This function will read the desk of a session: a constant number of queries, whatever is on sale."""
    desk = queries.desk_of(session.pk)
    rundown = showplan.rundown_of(session)
    timings = {one.segment_id: one for one in queries.timings_of(session, rundown, now)}
    figures = queries.figures_of(session) if desk else queries.NO_FIGURES
    items = queries.items_of(session, queries.levels_of(session.room)) if desk else []
    rows = tuple(
        Row(number, one, timings[one.id], tuple(item for item in items if item.segment_id == one.id))
        for number, one in enumerate(rundown, start=1)
    )
    current = next((row for row in rows if row.state == "now"), None)
    following = next((row for row in rows if row.state == "later"), None)
    front = next((one for one in items if desk and one.id == desk.current_item), None)
    actions = tuple(queries.actions_of(session.pk)) if desk else ()
    planned_fen = _planned(session, rundown, now) if desk else 0
    moment = history.moment_of(
        session, session.ended_at or now, viewers=figures.viewers, claims=figures.claims, amount_fen=figures.claimed_fen,
        last=queries.last_sample(session.pk) if desk else None,
    )  # fmt: skip
    earlier = tuple(history.earlier_at(session, now)) if desk and session.ended_at is None else ()
    standings = history.standings(moment, earlier, planned_fen=planned_fen)
    over = _over_seconds(current, now)
    return View(
        session=session, desk=desk, rows=rows, current=current, following=following, front=front or _first_open(current), figures=figures,
        planned_fen=planned_fen, delay=_delay(current, following), over_seconds=over,
        suggestion=_suggestion(session, current, figures, planned_fen, over, standings, now), gpm=gpm_fen(figures.claimed_fen, moment.entered),
        watched=moment.entered, moment=moment, standings=standings, earlier=earlier, actions=actions, undoable=_undoable(actions),
        requests=tuple(queries.requests_waiting(session.pk)) if desk else (), prompts=tuple(queries.prompts_of(session.pk)) if desk else (),
        last_event=0 if session.is_elsewhere else queries.room_last_event(session.room),
    )  # fmt: skip


def _first_open(current: Row | None) -> ItemOnSale | None:
    return next((one for one in current.items if not one.is_closed), None) if current else None


def _planned(session: Session, rundown: list[SegmentRow], now: datetime) -> int:
    """The plan line at this moment, shifted to when the session really began."""
    shift = (session.started_at or session.starts_at) - session.starts_at
    return planned_amount_fen(showplan.plan_targets(session, rundown), (session.ended_at or now) - shift)


def _over_seconds(current: Row | None, now: datetime) -> int:
    if current is None or current.timing.began_at is None:
        return 0
    return max(int((now - current.timing.began_at).total_seconds()) - current.timing.minutes * 60, 0)


def _delay(current: Row | None, following: Row | None) -> int:
    """How far behind the plan the show is: by the next segment's expected start, else by the running one's."""
    said = following if following is not None and current is not None else current
    return delay_seconds(said.timing.planned_at, said.timing.expected_at) if said and said.timing.expected_at else 0


def _suggestion(
    session: Session, current: Row | None, figures: RoomFigures, planned_fen: int, over: int, standings: dict[Measure, Standing], now: datetime
) -> Suggestion:  # fmt: skip
    values = thresholds.values(*LIMITS)
    limits = Limits(values["live.low_left_bp"], values["live.overrun_minutes"], values["live.behind_bp"])
    began = current.timing.began_at if current else None
    minutes = history.recent_minutes(began, now) if began else history.RECENT_MINUTES
    neediest = neediest_of(current)
    sellable = stock.levels_of([neediest.sku_id])[neediest.sku_id].get(Bucket.SELLABLE, 0) if neediest else 0
    on_sale = [one for one in current.items if one.state == "on_sale"] if current else []
    situation = Situation(
        stock=sum(one.stock for one in on_sale), left=sum(one.left for one in on_sale),
        recent_units=queries.units_since(session.pk, now - timedelta(minutes=minutes), figures.claimed_units), recent_minutes=minutes,
        sellable=sellable, over_seconds=over,
        minutes_left_in_segment=max(current.timing.minutes - int((now - began).total_seconds()) // 60, 0) if current and began else 0,
        amount_fen=figures.claimed_fen, planned_fen=planned_fen, is_selling=bool(on_sale),
        conversion_bp=standings[Measure.CONVERSION].own_bp, stay_bp=standings[Measure.STAY].own_bp, viewers_bp=standings[Measure.VIEWERS].own_bp,
    )  # fmt: skip
    return suggest(situation, limits)


def neediest_of(current: Row | None) -> ItemOnSale | None:
    """This function will give the item on sale that has the smallest share of its units left: the one to extend."""
    on_sale = [one for one in current.items if one.state == "on_sale"] if current else []
    return min(on_sale, key=lambda one: one.left_bp, default=None)


def _undoable(actions: tuple[DeskAction, ...]) -> DeskAction | None:
    last = next((one for one in actions if one.undone_by_id is None and one.kind not in STANDING), None)
    return last if last is not None and Deed(last.kind) in UNDOABLE else None


def item_of(view: View, item_id: UUID) -> ItemOnSale | None:
    return next((one for row in view.rows for one in row.items if one.id == item_id), None)
