"""The shapes through which stages tell the shell about themselves, and the one place the assembled wiring is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from kaibo.facts.fact import Fact

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from kaibo.plumbing.access.actor import Actor


@dataclass(frozen=True, slots=True)
class Page:
    """A page in the navigation. `title` is a lazy translated text, `url_name` a Django URL name, `ability` who sees it."""

    title: Any
    url_name: str
    ability: str = ""
    key_hint: str = ""


@dataclass(frozen=True, slots=True)
class Ability:
    """Something a person may do: `stage:noun:verb` with words for people."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What a gate says of a launch (LOOK 3): state `ok`, `run` (under way), `red` (blocks) or `none` (not begun).

    `reason` is the sentence, `source` what it rests on (law article, report, rule), `href` where to see it,
    `repair_label`/`repair_href` the button that mends it.
    """

    state: str
    reason: str = ""
    source: str = ""
    href: str = ""
    repair_label: str = ""
    repair_href: str = ""


@dataclass(frozen=True, slots=True)
class TodayItem:
    """Something due: shown on the home board, sorted by time. `state` is ok, run or red."""

    at: datetime
    title: str
    who: str
    href: str
    state: str = "run"
    stage: str = ""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A thing Ctrl-K found."""

    title: str
    subtitle: str
    href: str
    kind: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A default that people may change on the settings page; `unit` is bp, fen, minutes, hours, days, count."""

    key: str
    value: int
    unit: str
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Something `kaibo check` found that should be impossible."""

    area: str
    message: str


@dataclass(frozen=True, slots=True)
class Deal:
    """
    One sale of an item at a place (a shop on a platform), as the law on price comparison looks at it.

    `unit_fen` is what the buyer paid for one unit after the shop's own discounts. `why_not` is empty when the deal counts,
    else the code of the reason: `refunded`, `free`, `test`.
    """

    reference: str
    at: datetime
    unit_fen: int
    units: int
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class DealSum:
    """What the deals of a span come to: how many count, the lowest unit price of them, and the last of all before its end."""

    deals: int
    lowest_fen: int | None
    last_fen: int | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class DealBook:
    """How stages before the orders ask what was really sold for how much, without knowing orders. Spans are half open."""

    sums: Callable[[Sequence[UUID], str, datetime, datetime], Mapping[UUID, DealSum]]
    """(items, platform, start, end) → item → its sum: one query."""
    deals: Callable[[UUID, str, datetime, datetime, int], Sequence[Deal]]
    """(item, platform, start, end, at most) → its deals, the cheapest first, those that do not count last."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Units of an item that a later stage counts on, and where it says so: a session of the show plan."""

    units: int
    words: str
    href: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Carried:
    """A courier's share of a shop's parcels by the rules in force, counted on where its last orders went."""

    courier: str
    share_bp: int
    cost_fen: int | None
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods as they stand before anybody sells them: where, of which category, and the words they would be sold with. `product_id` once there is one."""

    shop_id: UUID
    category: str
    product_id: UUID | None
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hurdle:
    """
    One thing the law or a platform asks of goods that is not there: named once, however many channels ask for it.

    `kind` is document, claim or rights; `state` red (blocks) or run; `places` the channels that ask.
    """

    key: str
    kind: str
    state: str
    reason: str
    source: str
    places: tuple[str, ...] = ()
    repair_label: str = ""
    repair_href: str = ""


GateCheck = Callable[[Sequence[UUID], datetime], Mapping[UUID, Finding]]
"""Takes launch ids, gives the stage's finding for each: one call, a constant number of queries."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The manifest of a stage: everything the shell may know of it."""

    key: str
    pages: tuple[Page, ...] = ()
    abilities: tuple[Ability, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role key → ability keys it has by default."""
    gate: GateCheck | None = None
    search: Callable[[Actor, str], Sequence[SearchHit]] | None = None
    today: Callable[[Actor, datetime], Sequence[TodayItem]] | None = None
    badge: Callable[[Actor, datetime], Sequence[QuerySet[Any]]] | None = None
    """What waits for the actor, as lists to count: the shell counts those of all stages in one query, on every page."""
    imports: tuple[Any, ...] = ()
    """plumbing.intake ImportKind values."""
    exports: tuple[Any, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    check: Callable[[], Sequence[Difference]] | None = None
    """Proves the stage's own invariants for `kaibo check`."""
    deal_book: DealBook | None = None
    """Given by the stage that keeps the sales."""
    expected: Callable[[Sequence[UUID], datetime], Mapping[UUID, Sequence[Expected]]] | None = None
    """(items, now) → item → the units still to be sold that this stage has planned; given by the show plan, asked by supply."""
    carriers: Callable[[UUID, int, int], Sequence[Carried]] | None = None
    """(shop, grams, worth in fen) → who takes such parcels; given by the stage that keeps the rules for couriers, asked by supply."""
    hurdles: Callable[[Goods, datetime], Sequence[Hurdle]] | None = None
    """Given by the stage that knows what the law asks: selection, which comes before it, asks about goods it only thinks of."""


Handler = Callable[[Any, datetime], None]
"""Reacts to one fact: load, one service call, idempotent. Called as handler(fact, now) inside its own transaction."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Timed work: runs `run(now)` every `every_seconds` in the work process; `key` names it in logs and on the jobs page."""

    key: str
    every_seconds: int
    run: Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything assembled: made once in config/wiring.py."""

    stages: tuple[Stage, ...]
    shared: tuple[Stage, ...]
    """Manifests of master and console pages that are no stage of the flow (goods, stock, people, channels …)."""
    reactions: Mapping[type[Fact], tuple[Handler, ...]]
    clocks: tuple[Clock, ...] = ()
    flow: tuple[Any, ...] = ()
    """`stages.FLOW`: what each stage is called (key, zh, en, short_zh, short_en)."""

    @property
    def manifests(self) -> tuple[Stage, ...]:
        return (*self.stages, *self.shared)

    def stage(self, key: str) -> Stage:
        return next(stage for stage in self.manifests if stage.key == key)

    @property
    def deal_books(self) -> tuple[DealBook, ...]:
        return tuple(stage.deal_book for stage in self.manifests if stage.deal_book is not None)

    def expected_of(self, sku_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Expected]]:
        """This function will ask every stage that plans sales how many units of items it counts on, the soonest first."""
        found: dict[UUID, list[Expected]] = {}
        for stage in self.manifests:
            for sku, rows in (stage.expected(sku_ids, now) if stage.expected and sku_ids else {}).items():
                found.setdefault(sku, []).extend(rows)
        return {sku: sorted(rows, key=lambda one: one.at) for sku, rows in found.items()}

    def carriers_of(self, shop_id: UUID, *, grams: int, value_fen: int) -> list[Carried]:
        """This function will say who takes a shop's parcels, the greatest share first."""
        found = [one for stage in self.manifests if stage.carriers is not None for one in stage.carriers(shop_id, grams, value_fen)]
        return sorted(found, key=lambda one: -one.share_bp)

    def hurdles_of(self, goods: Goods, now: datetime) -> list[Hurdle]:
        """This function will ask every stage that knows what stands between goods and being sold, red ones first."""
        found = [one for stage in self.manifests if stage.hurdles is not None for one in stage.hurdles(goods, now)]
        return sorted(found, key=lambda one: one.state != "red")

    def import_kinds(self) -> dict[str, Any]:
        return {kind.key: kind for stage in self.manifests for kind in stage.imports}

    def export_kinds(self) -> dict[str, Any]:
        return {kind.key: kind for stage in self.manifests for kind in stage.exports}

    def abilities(self) -> dict[str, Ability]:
        return {ability.key: ability for stage in self.manifests for ability in stage.abilities}

    def thresholds(self) -> dict[str, Threshold]:
        return {threshold.key: threshold for stage in self.manifests for threshold in stage.thresholds}


@cache
def wiring() -> Wiring:
    """This function will give the assembled wiring (the dotted path in settings.KAIBO_WIRING)."""
    assembled: Wiring = import_string(settings.KAIBO_WIRING)
    return assembled
