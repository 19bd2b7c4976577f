"""
What stands around a word and changes what it says: a denial (不是最好的), a quoted law, somebody's own experience of goods.

Rules are dated data beside the words (`context-*.toml`). One that fits makes the word innocent, or leaves it to a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

Effect = Literal["innocent", "review"]

_CLAUSE_END: Final = re.compile("[，。！？；：,!?;:\n\t…~～]")
_SENTENCE_END: Final = re.compile("[。！？!?；;\n…~～]")
_FARTHEST: Final = 80
"""Characters looked at on each side at most, so that a text without any mark costs no more than one with."""


@dataclass(frozen=True, slots=True)
class ContextRule:
    """
    One way a surrounding changes a word of these kinds.

    `before` has to end, and `after` to begin, where the word does, in the same clause; `around` may stand anywhere in the
    sentence, the word cut out of it. `words` narrows the rule to some words; what is not given is not asked.
    """

    name: str
    kinds: frozenset[str]
    effect: Effect
    since: date
    surfaces: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    before: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    around: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None

    def fits(self, place: Place) -> bool:
        """This function will say whether the rule speaks of a word standing there."""
        return (
            (self.words is None or self.words.fullmatch(place.word) is not None)
            and (self.before is None or self.before.search(place.before) is not None)
            and (self.after is None or self.after.match(place.after) is not None)
            and (self.around is None or self.around.search(place.around) is not None)
            and (self.unless is None or self.unless.search(place.around) is None)
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A word and what stands around it in the plain text. `around` holds the sentence with a gap where the word stood."""

    word: str
    before: str
    after: str
    around: str


def place_of(text: str, start: int, end: int) -> Place:
    """This function will cut the clause and the sentence around `text[start:end]`."""
    left, right = text[max(0, start - _FARTHEST) : start], text[end : end + _FARTHEST]
    sentence = f"{_last(_SENTENCE_END, left)}\0{_first(_SENTENCE_END, right, keep=True)}"
    return Place(text[start:end], _last(_CLAUSE_END, left), _first(_CLAUSE_END, right), sentence)


def _last(mark: re.Pattern[str], left: str) -> str:
    return mark.split(left)[-1]


def _first(mark: re.Pattern[str], right: str, *, keep: bool = False) -> str:
    found = mark.search(right)
    return right if found is None else right[: found.end() if keep else found.start()]


def compiled(source: str, parts: Mapping[str, str]) -> re.Pattern[str]:
    """This function will compile a pattern in which `<name>` stands for the part of that name; a part may name those above it."""
    for name, part in reversed(list(parts.items())):
        source = source.replace(f"<{name}>", part)
    return re.compile(source)


def read_contexts(document: Mapping[str, Any]) -> tuple[ContextRule, ...]:
    """This function will read a file's context rules; a named part (`<experience>`) stands for its pattern."""
    parts: Mapping[str, str] = document.get("parts", {})

    def part_of(rule: Mapping[str, Any], key: str, end: str = "") -> re.Pattern[str] | None:
        return compiled(f"(?:{rule[key]}){end}", parts) if key in rule else None

    return tuple(
        ContextRule(
            name=rule["name"],
            kinds=frozenset(rule["kinds"]),
            effect=rule["effect"],
            since=rule["since"],
            surfaces=frozenset(rule.get("surfaces", ())),
            words=part_of(rule, "words"),
            before=part_of(rule, "before", "$"),
            after=part_of(rule, "after"),
            around=part_of(rule, "around"),
            unless=part_of(rule, "unless"),
        )
        for rule in document.get("context", ())
    )


Known = dict[tuple[str, str, str, str], "Effect | None"]
"""What surroundings make of words: the kind, what stands before, the word, what stands after."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """All rules, by the kind of word they speak of."""

    by_kind: Mapping[str, tuple[ContextRule, ...]]

    @classmethod
    def of(cls, rules: Sequence[ContextRule]) -> Contexts:
        """This function will sort rules by kind; a harmless reading is asked for first."""
        ordered = sorted(rules, key=lambda rule: rule.effect != "innocent")
        kinds = {kind for rule in ordered for kind in rule.kinds}
        return cls({kind: tuple(rule for rule in ordered if kind in rule.kinds) for kind in kinds})

    def effect_on(self, text: str, start: int, end: int, *, kind: str, surface: str, known: Known | None = None) -> Effect | None:
        """
        This function will say what its surrounding makes of a word of the plain text; None where it changes nothing. `known` keeps the
        answers for one surface: a text that says the same over and over is asked about once.
        """
        rules = self.by_kind.get(kind)
        if not rules:
            return None
        if known is None:
            return self._effect(rules, place_of(text, start, end), surface)
        around = (kind, text[max(0, start - _FARTHEST) : start], text[start:end], text[end : end + _FARTHEST])
        if around not in known:
            known[around] = self._effect(rules, place_of(text, start, end), surface)
        return known[around]

    @staticmethod
    def _effect(rules: Sequence[ContextRule], place: Place, surface: str) -> Effect | None:
        return next((rule.effect for rule in rules if (not rule.surfaces or surface in rule.surfaces) and rule.fits(place)), None)


NO_CONTEXTS: Final = Contexts({})
