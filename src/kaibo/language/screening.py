"""Screening of any text: what in it the law or a platform objects to, where it stands, why, and what to say instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import daachorse

from kaibo.language.lexicon import CategoryRule, Entry, Lexicon, Severity, packaged_lexicon
from kaibo.language.normaliser import PASSES, Pass, Plain, normalise

Verdict = Literal["pass", "review", "block"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One objection; `start` and `end` are characters of the original text, half open."""

    start: int
    end: int
    text: str
    kind: str
    severity: Severity
    source: str
    suggestion: str
    rewrite: str | None = None
    """What may be pasted in its place, nothing where it is left out; None where only a person can say it anew."""


@dataclass(frozen=True, slots=True)
class Screening:
    """The verdict over a text is that of its gravest hit. Hits stand in the order of the text and do not overlap."""

    verdict: Verdict
    hits: tuple[Hit, ...]
    lexicon_version: str


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    entry: Entry
    severity: Severity


class Screener:
    """A lexicon made ready to read texts. Build once, use from any thread."""

    def __init__(self, lexicon: Lexicon, passes: tuple[Pass, ...] = PASSES) -> None:
        self._lexicon = lexicon
        self._passes = passes
        by_form: dict[str, list[Entry]] = {}
        for entry in lexicon.words:
            by_form.setdefault(normalise(entry.word, passes).text, []).append(entry)
        innocent = sorted(lexicon.innocent - by_form.keys() - {""})
        self._entries: list[tuple[Entry, ...]] = [*map(tuple, by_form.values()), *(() for _ in innocent)]
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick([*by_form, *innocent])

    def forbidden_in(self, category: str | None, surface: str) -> tuple[CategoryRule, ...]:
        """This function will list what is forbidden to say of goods of that category in particular."""
        return self._lexicon.forbidden_in(category, surface)

    def screen(self, text: str, surface: str = "title", category: str | None = None) -> Screening:
        """
        This function will find what may not stand in a text on that surface, for goods of that category.

        The longest of several objections at one place counts, the leftmost first; a word inside an innocent one
        (最 in 最后) is none. Source: CMP-2, CMP-3, CMP-4.
        """
        plain = normalise(text, self._passes)
        chosen = _leftmost_longest(list(self._found(plain, surface, self._lexicon.families_of(category))))
        hits = tuple(_hit(text, plain, found) for found in chosen)
        verdict: Verdict = "pass"
        if hits:
            verdict = "block" if any(hit.severity == "block" for hit in hits) else "review"
        return Screening(verdict, hits, self._lexicon.version)

    def _found(self, plain: Plain, surface: str, families: frozenset[str] | None) -> Iterator[_Found]:
        matches = self._automaton.find_overlapping(plain.text)
        shelters = [(start, end) for start, end, which in matches if not self._entries[which]]
        shelters += [match.span() for one in self._lexicon.innocent_patterns for match in one.finditer(plain.text)]
        candidates = [(start, end, entry) for start, end, which in matches for entry in self._entries[which]]
        for pattern, entry in self._lexicon.patterns:
            candidates += [(*match.span(), entry) for match in pattern.finditer(plain.text) if match.group()]
        for start, end, entry in candidates:
            severity = entry.severity_for(surface, families)
            if severity is None or any(first <= start and end <= last for first, last in shelters):
                continue
            if _is_inside_latin(plain.text, start, end):
                continue
            effect = self._lexicon.contexts.effect_on(plain.text, start, end, kind=entry.kind, surface=surface)
            if effect == "innocent":
                continue
            severity = effect or severity
            yield _Found(start, end, entry, severity)


def _is_inside_latin(text: str, start: int, end: int) -> bool:
    """This function will tell a letter word cut out of a longer one (vip in viper) from one that stands alone."""

    def joins(left: str, right: str) -> bool:
        return left.isascii() and right.isascii() and left.isalpha() and right.isalpha()

    return (start > 0 and joins(text[start - 1], text[start])) or (end < len(text) and joins(text[end - 1], text[end]))


def _leftmost_longest(found: list[_Found]) -> list[_Found]:
    # The specific speaks for the general (最新 for 最), whatever their severity; a grave word of another kind is
    # never covered by a lighter one around it.
    ordered = sorted(found, key=lambda one: (one.start, -one.end, one.severity != "block"))
    specific = [one for one in ordered if not any(_speaks_for(other, one) for other in ordered if other is not one)]
    chosen: list[_Found] = []
    for severity in ("block", "review"):
        for one in specific:
            if one.severity == severity and all(one.end <= other.start or other.end <= one.start for other in chosen):
                chosen.append(one)
    return sorted(chosen, key=lambda one: one.start)


def _speaks_for(outer: _Found, inner: _Found) -> bool:
    is_longer = (
        outer.start <= inner.start and inner.end <= outer.end and outer.end - outer.start > inner.end - inner.start
    )
    return is_longer and (
        outer.entry.kind == inner.entry.kind or outer.severity == "block" or inner.severity == "review"
    )


def _hit(text: str, plain: Plain, found: _Found) -> Hit:
    start, end = plain.span(found.start, found.end)
    entry = found.entry
    return Hit(start, end, text[start:end], entry.kind, found.severity, entry.source, entry.suggestion, entry.rewrite_of(text[start:end]))


@cache
def default_screener() -> Screener:
    """This function will give the one screener over the lexicon that comes with the program."""
    return Screener(packaged_lexicon())
