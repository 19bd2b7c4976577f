"""Which documents are needed, how each stands today, and what may be released by whom. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID
from zlib import crc32

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.transitions import Transitions


class DocumentState(StrEnum):
    """Where a document stands: brought in, checked against the original, or withdrawn."""

    FILED = "filed"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


DOCUMENT_STEPS = Transitions.of(
    {
        DocumentState.FILED: (DocumentState.CONFIRMED, DocumentState.WITHDRAWN),
        DocumentState.CONFIRMED: (DocumentState.WITHDRAWN,),
    }
)


class ScreeningState(StrEnum):
    """What became of a screened text: nothing to object, open objections, replaced by a later text, or let through."""

    CLEAR = "clear"
    OPEN = "open"
    REPLACED = "replaced"
    RELEASED = "released"


SCREENING_STEPS = Transitions.of(
    {
        ScreeningState.OPEN: (ScreeningState.REPLACED, ScreeningState.RELEASED),
        ScreeningState.CLEAR: (ScreeningState.REPLACED,),
        ScreeningState.RELEASED: (ScreeningState.REPLACED,),
    }
)


class DatesReversed(Invalid):
    code = "compliance.dates_reversed"
    message_zh = "到期日早于生效日"
    message_en = "The document ends before it begins"


class BlockedCannotBeReleased(Conflict):
    code = "compliance.blocked_cannot_be_released"
    message_zh = "“{text}”属于禁用（{source}），不能放行，只能改写：{suggestion}"
    message_en = "“{text}” is forbidden ({source_en}); it cannot be released, only rewritten: {suggestion_en}"


class SecondPersonNeeded(Conflict):
    code = "compliance.second_person_needed"
    message_zh = "放行需要另一个人：这段文字是你自己送检的"
    message_en = "Releasing takes another person: you screened this text yourself"


class ReasonMissing(Invalid):
    code = "compliance.reason_missing"
    message_zh = "放行要写明依据（如检测报告编号、数据来源和时间）"
    message_en = "Releasing needs its ground, such as a test report's number"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to be sold: a channel's platform and shop type, and the category with those above it."""

    platform: str
    shop_type: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the matrix: at this place these documents are needed."""

    platform: str
    shop_type: str
    category: str
    documents: tuple[str, ...]
    is_must: bool
    source: str
    exceptions: tuple[tuple[str, str], ...] = ()
    is_own: bool = False

    @property
    def key(self) -> str:
        """What names the row for good: its place and its documents."""
        return f"{crc32('|'.join((self.platform, self.shop_type, self.category, *sorted(self.documents))).encode()):08x}"

    def covers(self, place: Place) -> bool:
        """This function will say whether the rule speaks of that place; `*` covers everything, a category those below it."""
        fits = (
            self.platform in {"*", place.platform} and self.shop_type in {"*", place.shop_type} and (self.category == "*" or self.category in place.categories)
        )
        return fits and (place.platform, place.shop_type) not in self.exceptions


@dataclass(frozen=True, slots=True)
class Matrix:
    """All rules, dated."""

    version: str
    titles: Mapping[str, tuple[str, str]]
    rules: tuple[Rule, ...]

    def needed_at(self, place: Place) -> list[tuple[str, Rule]]:
        """This function will give the documents needed at a place, each once, the strictest rule speaking for it.   Source: CMP-1."""
        needed: dict[str, Rule] = {}
        for rule in self.rules:
            if rule.covers(place):
                for kind in rule.documents:
                    if kind not in needed or (rule.is_must and not needed[kind].is_must):
                        needed[kind] = rule
        return list(needed.items())

    def title(self, kind: str, language: str = "zh") -> str:
        zh, en = self.titles.get(kind, (kind, kind))
        return en if language.startswith("en") else zh


def merged(matrix: Matrix, own: Sequence[tuple[str, Rule | None]], changes: int) -> Matrix:
    """
    This function will put a house's own rows into a matrix: each a pair of the packaged row it stands in for ("" for none) and
    the row, None where the packaged one is taken away. The version says how many changes it holds.   Source: CMP-1.
    """
    replaced = {key for key, _rule in own if key}
    rules = (*(rule for rule in matrix.rules if rule.key not in replaced), *(rule for _key, rule in own if rule is not None))
    return Matrix(f"{matrix.version}+{changes}" if changes else matrix.version, matrix.titles, rules)


def read_matrix(document: Mapping[str, Any]) -> Matrix:
    """This function will build the matrix from a parsed file.   Raises: KeyError for a document nobody names."""
    titles = {one["kind"]: (one["zh"], one["en"]) for one in document["document"]}
    rules = []
    for one in document["rule"]:
        for kind in one["documents"]:
            titles[kind]
        rules.append(
            Rule(
                one["platform"], one["shop_type"], one["category"], tuple(one["documents"]), one["grade"] == "must", one["source"],
                tuple((where["platform"], where["shop_type"]) for where in one.get("except", ())),
            )
        )
    return Matrix(document["version"], titles, tuple(rules))


@cache
def packaged_matrix() -> Matrix:
    """This function will give the matrix that comes with the program."""
    return read_matrix(tomllib.loads((files("kaibo.stages.compliance") / "requirements.toml").read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Held:
    """A document as the rules need it. `valid_until` is the last day it holds; None is without end. Days are Shanghai days."""

    id: UUID
    kind: str
    number: str
    state: str
    valid_from: date
    valid_until: date | None
    product_id: UUID | None = None
    claims: tuple[str, ...] = ()
    """Keys of the functional claims it covers."""


class Standing(StrEnum):
    """How a needed document stands today."""

    HELD = "held"
    EXPIRING = "expiring"
    UNCHECKED = "unchecked"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    MISSING = "missing"


BLOCKING = frozenset({Standing.MISSING, Standing.EXPIRED, Standing.NOT_YET})
_BEST_FIRST = (Standing.HELD, Standing.EXPIRING, Standing.UNCHECKED, Standing.NOT_YET, Standing.EXPIRED)


def standing_of(document: Held, today: date, *, warn_days: int) -> Standing:
    """This function will say how one document stands: it holds through its last day.   Source: CMP-1."""
    if document.valid_until is not None and document.valid_until < today:
        return Standing.EXPIRED
    if document.valid_from > today:
        return Standing.NOT_YET
    if document.state == DocumentState.FILED:
        return Standing.UNCHECKED
    if document.valid_until is not None and document.valid_until - today < timedelta(days=warn_days):
        return Standing.EXPIRING
    return Standing.HELD


def best_of(documents: Iterable[Held], today: date, *, warn_days: int) -> tuple[Standing, Held | None]:
    """This function will choose the document that speaks for a need: the best standing, the longest valid."""
    judged = [(standing_of(one, today, warn_days=warn_days), one) for one in documents if one.state != DocumentState.WITHDRAWN]
    if not judged:
        return Standing.MISSING, None
    return min(judged, key=lambda pair: (_BEST_FIRST.index(pair[0]), -(pair[1].valid_until or date.max).toordinal()))


@dataclass(frozen=True, slots=True)
class Need:
    """One cell's line: a document needed somewhere and how it stands."""

    kind: str
    rule: Rule
    standing: Standing
    document: Held | None

    @property
    def is_red(self) -> bool:
        return self.rule.is_must and self.standing in BLOCKING

    @property
    def is_amber(self) -> bool:
        return not self.is_red and self.standing is not Standing.HELD


def needs_at(matrix: Matrix, place: Place, documents: Sequence[Held], product_id: UUID | None, today: date, *, warn_days: int) -> list[Need]:
    """
    This function will list what a product needs at a place and how each document stands, the gravest first.

    A document of another product does not count; one of no product speaks for the whole shop.
    """
    return list(Papers(documents, product_id, today, warn_days=warn_days).needs(place, matrix.needed_at))


class Papers:
    """The papers that speak for a product, by kind; which of a kind speaks is judged once, however many places ask. `product_id` None: for the whole shop."""

    def __init__(self, documents: Sequence[Held], product_id: UUID | None, today: date, *, warn_days: int, shop: Papers | None = None) -> None:
        self.by_kind: dict[str, list[Held]] = {}
        for one in documents:
            if one.product_id in {None, product_id}:
                self.by_kind.setdefault(one.kind, []).append(one)
        self.today, self.warn_days, self.shop = today, warn_days, shop
        self._judged: dict[str, tuple[Standing, Held | None]] = {}
        self._stands: dict[Place, tuple[Need, ...]] = {}

    def best(self, kind: str) -> tuple[Standing, Held | None]:
        """This function will give the paper of a kind that speaks and how it stands, the shop's own among them."""
        if kind not in self._judged:
            if self.shop is not None and kind not in self.by_kind:
                self._judged[kind] = self.shop.best(kind)
            else:
                shops_own = self.shop.by_kind.get(kind, ()) if self.shop else ()
                self._judged[kind] = best_of([*shops_own, *self.by_kind.get(kind, ())], self.today, warn_days=self.warn_days)
        return self._judged[kind]

    def needs(self, place: Place, needed_at: Callable[[Place], list[tuple[str, Rule]]]) -> tuple[Need, ...]:
        """This function will say of each document needed at a place how it stands, the gravest first; a product without such papers of its own stands as its shop does."""
        if place not in self._stands:
            needed = needed_at(place)
            if self.shop is not None and not any(kind in self.by_kind for kind, _rule in needed):
                self._stands[place] = self.shop.needs(place, needed_at)
            else:
                found = [Need(kind, rule, *self.best(kind)) for kind, rule in needed]
                self._stands[place] = tuple(sorted(found, key=lambda need: (not need.is_red, not need.is_amber)))
        return self._stands[place]


REMIND_DAYS = (30, 7, 1)


def reminder_due(valid_until: date, today: date) -> int | None:
    """This function will give the nearest reminder whose day has come (30, 7 or 1 days before the end), or None."""
    left = (valid_until - today).days
    if left < 0:
        return None
    return next((days for days in sorted(REMIND_DAYS) if left <= days), None)


def check_dates(valid_from: date, valid_until: date | None) -> None:
    """This function will refuse a document that ends before it begins.   Raises: DatesReversed."""
    if valid_until is not None and valid_until < valid_from:
        raise DatesReversed
