"""
Which courier takes a parcel and which warehouse sends it, by rules people write; every answer says why. Pure.

Rules first, in their order; else the cheapest by its freight table (first weight 首重, continued weight 续重).   Source: SUP-13.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from kaibo.stages.orders.provinces import distance_km

Item = TypeVar("Item", bound=Hashable)
EVERYWHERE = "*"
MOST_PARCELS = 3


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent where. `place`: province, city, area."""

    place: tuple[str, str, str]
    grams: int
    value_fen: int
    is_cash: bool = False


@dataclass(frozen=True, slots=True)
class Freight:
    """A line of a freight table."""

    first_grams: int
    first_fen: int
    more_grams: int
    more_fen: int

    def cost_fen(self, grams: int) -> int:
        """This function will give what a parcel costs: the first weight, then every begun step."""
        beyond = max(0, grams - self.first_grams)
        return self.first_fen + (-(-beyond // self.more_grams) * self.more_fen if beyond and self.more_grams else 0)


@dataclass(frozen=True, slots=True)
class Courier:
    """A courier as the house uses it; 0 is no limit."""

    key: str
    is_on: bool = True
    takes_cash: bool = False
    most_fen: int = 0
    most_grams: int = 0
    excluded: tuple[str, ...] = ()
    freight: Mapping[str, Freight] | None = None
    paused: tuple[str, ...] = ()
    """Places where it takes nothing for the moment (RSK-2)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where all that it says holds, its courier goes first. Places like 新疆, 浙江/杭州; none: everywhere."""

    courier: str
    places: tuple[str, ...] = ()
    least_grams: int = 0
    least_fen: int = 0
    only_cash: bool = False
    why: str = ""

    def holds(self, parcel: Parcel) -> bool:
        is_there = not self.places or any(covers(place, parcel.place) for place in self.places)
        return is_there and parcel.grams >= self.least_grams and parcel.value_fen >= self.least_fen and (parcel.is_cash or not self.only_cash)


@dataclass(frozen=True, slots=True)
class Book:
    """The rules in force."""

    couriers: tuple[Courier, ...] = ()
    rules: tuple[Rule, ...] = ()
    warehouses: Mapping[str, str] | None = None
    """Warehouse code → province."""


class Why(StrEnum):
    """Why a courier was not taken, or may be."""

    FITS = "fits"
    OFF = "off"
    PAUSED = "paused"
    EXCLUDED = "excluded"
    NO_CASH = "no_cash"
    TOO_DEAR = "too_dear"
    TOO_HEAVY = "too_heavy"
    NO_FREIGHT = "no_freight"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A courier as it was looked at."""

    courier: str
    why: Why
    cost_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who takes it: by which rule (counted from 0), or as the cheapest; None where nobody may."""

    courier: str | None
    cost_fen: int | None
    rule: int | None
    weighed: tuple[Weighed, ...]


def covers(place: str, address: tuple[str, str, str]) -> bool:
    """This function will say whether a place as people write it (新疆, 浙江/杭州) holds an address."""
    if place == EVERYWHERE:
        return True
    parts = [part.strip() for part in place.split("/")]
    return bool(parts[0]) and len(parts) <= 3 and all(whole.startswith(part) for part, whole in zip(parts, address, strict=False))


def freight_for(table: Mapping[str, Freight] | None, address: tuple[str, str, str]) -> Freight | None:
    """This function will give the line of a freight table that is meant: the most exact place that holds the address."""
    found = [place for place in table or {} if covers(place, address)]
    if not found or table is None:
        return None
    return table[max(found, key=lambda place: (place != EVERYWHERE, place.count("/"), len(place)))]


def weigh(courier: Courier, parcel: Parcel) -> Weighed:
    """This function will say whether a courier may take a parcel, and for how much."""
    line = freight_for(courier.freight, parcel.place)
    refusals = (
        (not courier.is_on, Why.OFF), (any(covers(place, parcel.place) for place in courier.paused), Why.PAUSED), (any(covers(place, parcel.place) for place in courier.excluded), Why.EXCLUDED),
        (parcel.is_cash and not courier.takes_cash, Why.NO_CASH), (0 < courier.most_fen < parcel.value_fen, Why.TOO_DEAR),
        (0 < courier.most_grams < parcel.grams, Why.TOO_HEAVY), (line is None, Why.NO_FREIGHT),
    )  # fmt: skip
    why = next((why for is_so, why in refusals if is_so), Why.FITS)
    return Weighed(courier.key, why, line.cost_fen(parcel.grams) if line is not None else None)


def choose(book: Book, parcel: Parcel) -> Choice:
    """This function will choose the courier of a parcel: the first rule whose courier may, else the cheapest, named first when equal."""
    weighed = tuple(weigh(one, parcel) for one in book.couriers)
    fits = {one.courier: one for one in weighed if one.why is Why.FITS}
    for number, rule in enumerate(book.rules):
        if rule.courier in fits and rule.holds(parcel):
            return Choice(rule.courier, fits[rule.courier].cost_fen, number, weighed)
    if not fits:
        return Choice(None, None, None, weighed)
    best = min(fits.values(), key=lambda one: one.cost_fen or 0)
    return Choice(best.courier, best.cost_fen, None, weighed)


# ── warehouses ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Sending(Generic[Item]):
    """Which warehouse sends what; `short` is what no warehouse has whole."""

    parts: tuple[tuple[str, Mapping[Item, int]], ...]
    short: Mapping[Item, int]
    km: Mapping[str, int]


def send_from(book: Book, wanted: Mapping[Item, int], there: Mapping[str, Mapping[Item, int]], province: str) -> Sending[Item]:
    """
    This function will choose the nearest warehouse that has everything; else the fewest warehouses that have it together,
    nearest first. An item's units leave from one warehouse.   Source: SUP-13.
    """
    home = book.warehouses or {}
    km = {code: distance_km(home.get(code, ""), province) for code in there}
    nearest = sorted(there, key=lambda code: (km[code], code))
    whole = {item: [code for code in nearest if there[code].get(item, 0) >= units] for item, units in wanted.items()}
    short = {item: wanted[item] for item, codes in whole.items() if not codes}
    if short or not wanted:
        return Sending((), short, km)
    for count in range(1, min(MOST_PARCELS, len(nearest)) + 1):
        sets = [some for some in itertools.combinations(nearest, count) if all(set(codes) & set(some) for codes in whole.values())]
        if sets:
            best = min(sets, key=lambda some: (sum(km[code] for code in some), some))
            return Sending(_share(best, whole, wanted), {}, km)
    return Sending((), dict(wanted), km)


def _share(some: Sequence[str], whole: Mapping[Item, Sequence[str]], wanted: Mapping[Item, int]) -> tuple[tuple[str, Mapping[Item, int]], ...]:
    parts: dict[str, dict[Item, int]] = {}
    for item, units in wanted.items():
        code = next(code for code in some if code in whole[item])
        parts.setdefault(code, {})[item] = units
    return tuple((code, parts[code]) for code in some if code in parts)


def without(book: Book, paused: Mapping[str, Sequence[str]]) -> Book:
    """This function will give the rules with some couriers taking nothing in some places; no place named: nowhere.   Source: RSK-2."""
    return replace(book, couriers=tuple(replace(one, paused=tuple(paused[one.key]) or (EVERYWHERE,)) if one.key in paused else one for one in book.couriers))


# ── as it is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────


def book_of(kept: Mapping[str, Any]) -> Book:
    """This function will read the rules as they are kept."""
    couriers = tuple(
        Courier(
            key, one["on"], one["cash"], one["most_fen"], one["most_grams"], tuple(one["excluded"]),
            {place: Freight(*line) for place, line in kept.get("freight", {}).get(key, {}).items()},
        )
        for key, one in kept.get("couriers", {}).items()
    )  # fmt: skip
    rules = tuple(Rule(one["courier"], tuple(one["places"]), one["least_grams"], one["least_fen"], one["cash"], one["why"]) for one in kept.get("rules", []))
    return Book(couriers, rules, dict(kept.get("warehouses", {})))
