"""
What buyers and viewers say of a product, gathered into points: who said it, where, with the exact place (INS-9). Pure.

A person counts once a point however often and wherever he says it; a share is of all people who said anything of the product.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kaibo.kit.money import share_bp
from kaibo.language.themes import OVERALL, default_reader
from kaibo.stages.analytics.causes import topic_of

QUOTES_A_POINT: Final = 6
PLAINEST_LENGTH: Final = 24


class Source(StrEnum):
    """Where something was said."""

    CASE = "case"
    REVIEW = "review"
    CHAT = "chat"


OF_TOPIC: Final = {"size": "size", "price": "price", "fabric": "fabric", "color": "color", "delivery": "logistics", "care": "care"}
"""What a viewer asks about is what the page did not tell: the same point as a complaint about it."""
OF_NATURE: Final = {
    "size": "size", "logistics": "logistics", "wrong_item": "logistics", "damage": "packaging", "not_as_described": "color", "quality": "quality", "safety": "quality",
    "service": "service",
}  # fmt: skip
"""A case whose words name nothing is about what the clerk said it is about; without a reason it is about nothing we could change."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something a person said of a product. `person` is a mark that tells people apart, never a name."""

    source: Source
    person: str
    text: str
    at: datetime
    href: str
    nature: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What was said, cut at the place that makes the point; `hit` is empty where the whole of it does."""

    before: str
    hit: str
    after: str
    source: Source
    at: datetime
    href: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point people make of a product: how many of how many, by where they said it, with quotes."""

    key: str
    people: int
    whole: int
    by_source: dict[str, int]
    quotes: tuple[Quote, ...]

    @property
    def share_bp(self) -> int:
        return share_bp(self.people, self.whole)


@dataclass(frozen=True, slots=True)
class Points:
    """All points of a product, the most people first; `whole` people said something of it."""

    whole: int
    by_source: dict[str, int]
    points: tuple[Point, ...]

    def named(self, key: str) -> Point | None:
        return next((one for one in self.points if one.key == key), None)


def points_of(said: Iterable[Said]) -> Points:
    """This function will gather what was said into points.   Source: INS-9."""
    said = list(said)
    reader = default_reader()
    domain = reader.domain_of([one.text for one in said])
    made: dict[str, list[tuple[Said, tuple[int, int]]]] = {}
    for one in said:
        for key, place in _keys(one, domain).items():
            made.setdefault(key, []).append((one, place))
    whole = len({one.person for one in said})
    points = [
        Point(key, len({one.person for one, _place in found}), whole, _people_by_source(one for one, _place in found), _quotes(found)) for key, found in made.items()
    ]
    return Points(whole, _people_by_source(said), tuple(sorted(points, key=lambda one: (-one.people, one.key))))


def makes_a_point(text: str) -> bool:
    """This function will say whether a line of chat says anything of a product: most of it is greetings."""
    return bool(topic_of(text) or default_reader().opinions_in(text))


def _keys(one: Said, domain: str) -> dict[str, tuple[int, int]]:
    """The points one text makes with the place of each: what a viewer asks, else what is complained of, else what the clerk said it is about."""
    if one.source is Source.CHAT and (topic := topic_of(one.text)):  # a question is about what it asks, however it sounds
        return {OF_TOPIC[topic]: (0, 0)}
    found: dict[str, tuple[int, int]] = {}
    for complaint in default_reader().complaints_in(one.text, domain=domain):
        is_whole = one.source is Source.CHAT and complaint.end - complaint.start == len(one.text)
        found.setdefault(complaint.theme, (0, 0) if is_whole else (complaint.start, complaint.end))
    if len(found) > 1:
        found.pop(OVERALL, None)
    if not found and one.nature in OF_NATURE:
        found[OF_NATURE[one.nature]] = (0, 0)
    return found


def _people_by_source(said: Iterable[Said]) -> dict[str, int]:
    people: dict[str, set[str]] = {}
    for one in said:
        people.setdefault(one.source.value, set()).add(one.person)
    return {source: len(found) for source, found in sorted(people.items())}


def _quotes(found: Sequence[tuple[Said, tuple[int, int]]]) -> tuple[Quote, ...]:
    """The plainest of each source in turn, each text once: a hundred viewers asking one thing are one quote."""
    distinct = {one.text: (one, place) for one, place in reversed(found) if one.text.strip()}
    ranked = sorted(distinct.values(), key=lambda pair: (pair[1] == (0, 0), abs(len(pair[0].text) - PLAINEST_LENGTH), pair[0].at))
    of_source: dict[Source, list[tuple[Said, tuple[int, int]]]] = {}
    for pair in ranked:
        of_source.setdefault(pair[0].source, []).append(pair)
    turns = [queue[turn] for turn in range(len(ranked)) for queue in of_source.values() if turn < len(queue)]
    return tuple(_quote(one, place) for one, place in turns[:QUOTES_A_POINT])


def _quote(one: Said, place: tuple[int, int]) -> Quote:
    start, end = place
    return Quote(one.text[:start], one.text[start:end], one.text[end:], one.source, one.at, one.href)
