"""Whether a launch is supplied: units against what is there, comes and was confirmed; parcels against the promise; money against the budget. Pure.   Source: SUP-12."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from kaibo.kit.clock import business_date, day_bounds
from kaibo.kit.money import of_bp

WEEK_DAYS = 7
SOURCES = ("session", "forecast", "safety")


# ── units ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Need:
    """How many units are expected: a person's own figure, else the greatest of what the show plan, the forecast and the safety stock say."""

    units: int
    source: str
    known: Mapping[str, int]


def need_of(*, own: int | None, session: int, forecast: int, safety: int) -> Need:
    """This function will say how many units of an item a launch needs and who says so; nobody says anything: 0, `none`."""
    known = {"session": session, "forecast": forecast, "safety": safety}
    if own is not None:
        return Need(own, "own", known)
    source = max(SOURCES, key=lambda key: known[key])
    return Need(known[source], source, known) if known[source] else Need(0, "none", known)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Units a supplier confirmed by the day they are needed."""

    supplier: Any
    units: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """An item of a launch: needed, there, on order by the day, confirmed beyond what is ordered, and what could still be had."""

    need: int
    there: int
    coming: int
    confirmed: int
    possible: int

    @property
    def missing(self) -> int:
        return max(0, self.need - self.there - self.coming - self.confirmed)

    @property
    def beyond_help(self) -> int:
        """What nobody we have an agreement with could make in time either."""
        return max(0, self.missing - self.possible)

    @property
    def state(self) -> str:
        return "ok" if not self.missing else "run" if not self.beyond_help else "red"


def confirmed_beyond_orders(confirmed: Iterable[Confirmed], ordered: Mapping[Any, int]) -> int:
    """
    This function will give what suppliers confirmed beyond what was ordered of them and counts already: a confirmation and the
    order that followed from it are the same units, never added.
    """
    said: dict[Any, int] = {}
    for one in confirmed:
        said[one.supplier] = said.get(one.supplier, 0) + one.units
    return sum(max(0, units - ordered.get(supplier, 0)) for supplier, units in said.items())


def standby_units(units_a_week: int, *, lead_days: int, today: date, needed_on: date) -> int:
    """This function will give what a standby supplier can have here by a day: the first week's units after its lead time, then week by week."""
    spare = (needed_on - today).days - lead_days
    return (spare // WEEK_DAYS + 1) * units_a_week if spare >= 0 else 0


# ── parcels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Delivery:
    """When the last parcel of a launch leaves, against the promise. `spare_a_day` is what the warehouse packs beside its usual work."""

    parcels: int
    pack_a_day: int
    usual_a_day: int
    begins_on: date
    promised_at: datetime

    @property
    def spare_a_day(self) -> int:
        return max(0, self.pack_a_day - self.usual_a_day)

    @property
    def promise_days(self) -> int:
        """Whole packing days from the day after the broadcast to the promise; a promise that ends in the morning of a day does not have that day."""
        last = business_date(self.promised_at)
        if self.promised_at < day_bounds(last)[1] - timedelta(hours=6):
            last -= timedelta(days=1)
        return max(0, (last - self.begins_on).days + 1)

    @property
    def days(self) -> int | None:
        """None: it would never be done."""
        if not self.parcels:
            return 0
        return math.ceil(self.parcels / self.spare_a_day) if self.spare_a_day else None

    @property
    def last_on(self) -> date | None:
        return None if self.days is None else self.begins_on + timedelta(days=max(0, self.days - 1))

    @property
    def late(self) -> int:
        """Parcels that leave after the promise."""
        return max(0, self.parcels - self.spare_a_day * self.promise_days)

    @property
    def more_a_day(self) -> int:
        """Parcels a day the warehouse would have to pack more, to keep the promise."""
        if not self.late or not self.promise_days:
            return 0
        return max(0, math.ceil(self.parcels / self.promise_days) - self.spare_a_day)


def parcels_of(units: int, units_a_parcel_milli: int) -> int:
    return -(-units * 1_000 // units_a_parcel_milli)


def ninth_decile(days: Sequence[int]) -> int:
    """This function will give what a warehouse packed on its better days: the nearest-rank p90 of the days it packed anything."""
    worked = sorted(one for one in days if one)
    return worked[math.ceil(len(worked) * 0.9) - 1] if worked else 0


# ── materials and money ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MaterialLine:
    """A material as it counts: `ordered_fen` and `spent_fen` are zero until it is ordered, and paid on arrival."""

    needed: int
    on_hand: int
    price_fen: int
    state: str
    ordered_fen: int = 0
    spent_fen: int = 0

    @property
    def to_order(self) -> int:
        return max(0, self.needed - self.on_hand) if self.state == "planned" else 0

    @property
    def planned_fen(self) -> int:
        """What it will have cost: what is still to be ordered at its price, then what was ordered, then what was paid."""
        if self.state == "planned":
            return self.to_order * self.price_fen
        return {"ordered": self.ordered_fen, "arrived": self.spent_fen}.get(self.state, 0)


def needed_units(*, a_parcel_milli: int | None, total_units: int | None, parcels: int) -> int:
    """This function will give how many of a material are needed: so many a parcel, begun ones whole, or the total as it was said."""
    return total_units or 0 if a_parcel_milli is None else -(-a_parcel_milli * parcels // 1_000)


@dataclass(frozen=True, slots=True)
class Money:
    """A launch's spending on materials against its budget. `limit_fen` is the budget, or more once a second person allowed it."""

    planned_fen: int
    committed_fen: int
    spent_fen: int
    budget_fen: int
    allowed_fen: int
    warn_bp: int

    @property
    def limit_fen(self) -> int:
        return max(self.budget_fen, self.allowed_fen)

    @property
    def over_fen(self) -> int:
        return max(0, self.planned_fen - self.limit_fen)

    @property
    def left_fen(self) -> int:
        return self.limit_fen - self.planned_fen

    @property
    def state(self) -> str:
        if self.over_fen:
            return "red"
        return "run" if self.planned_fen and self.planned_fen >= of_bp(self.limit_fen, self.warn_bp) else "ok"


def money_of(lines: Iterable[MaterialLine], *, budget_fen: int, allowed_fen: int, warn_bp: int) -> Money:
    """
    This function will add up the materials of a launch: planned holds everything, committed what is ordered or paid, spent what is
    paid. planned ≥ committed ≥ spent.
    """
    counted = [one for one in lines if one.state != "dropped"]
    firm = [one for one in counted if one.state in {"ordered", "arrived"}]
    return Money(
        sum(one.planned_fen for one in counted), sum(one.planned_fen for one in firm), sum(one.spent_fen for one in firm if one.state == "arrived"),
        budget_fen, allowed_fen, warn_bp,
    )  # fmt: skip
