"""Screening of any text: what in it the law or a platform objects to, where it stands, why, and what to say instead."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import daachorse
import numpy as np
from numpy.typing import NDArray

from kaibo.language.anchors import Gate
from kaibo.language.choosing import Found, leftmost_longest
from kaibo.language.contexts import Known
from kaibo.language.disguises import EVERYWHERE, PATTERNS, PIECES, VIEWS, WORDS, Disguised, Disguises
from kaibo.language.keys import Keys, cuts_a_number, keys_of
from kaibo.language.lexicon import CategoryRule, Entry, Lexicon, Severity, packaged_lexicon
from kaibo.language.normaliser import Plain, normalise
from kaibo.language.segmentation import segmenter
from kaibo.language.sieve import Sieve, anchor_pairs

_CHARACTERS_AT_ONCE = 60_000
"""So many that the tables, not the calls, take the time; so few that what is worked on stays in the processor's cache."""

_MOST_ANSWERS = 64
"""Surfaces and categories for which it is kept which words speak there."""

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
    disguise: str = ""
    """How the word was disguised, so that no list would find it: sound, pinyin, look, split; empty where it was not."""


@dataclass(frozen=True, slots=True)
class Screening:
    """The verdict over a text is that of its gravest hit. Hits stand in the order of the text and do not overlap."""

    verdict: Verdict
    hits: tuple[Hit, ...]
    lexicon_version: str


class Screener:
    """A lexicon made ready to read texts. Build once, use from any thread."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        by_form: dict[str, list[Entry]] = {}
        for entry in lexicon.words:
            by_form.setdefault(_key(entry.word), []).append(entry)
        by_form.pop("", None)
        innocent = sorted({_key(word) for word in lexicon.innocent} - by_form.keys() - {""})
        self._forms = list(by_form)
        self._entries: list[tuple[Entry, ...]] = [*map(tuple, by_form.values()), *(() for _ in innocent)]
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick([*by_form, *innocent]) if by_form or innocent else None
        patterns = [pattern for pattern, _ in lexicon.patterns]
        self._disguises = Disguises(self._forms, self._automaton, anchor_pairs(patterns))
        self._gate = Gate(patterns)
        self._clean = Screening("pass", (), lexicon.version)
        self._sieve: Sieve | None = None
        self._rules, self._ruled = _ruled(self._entries)
        self._speaking: dict[tuple[str, frozenset[str] | None], NDArray[np.bool_]] = {}

    def forbidden_in(self, category: str | None, surface: str) -> tuple[CategoryRule, ...]:
        """This function will list what is forbidden to say of goods of that category in particular."""
        return self._lexicon.forbidden_in(category, surface)

    def screen(self, text: str, surface: str = "title", category: str | None = None) -> Screening:
        """
        This function will find what may not stand in a text on that surface, for goods of that category.

        The longest of several objections at one place counts, the leftmost first; a word inside an innocent one
        (最 in 最后) is none. Source: CMP-2, CMP-3, CMP-4, CMP-7.
        """
        return self._screened(text, _read(text), surface, self._lexicon.families_of(category), EVERYWHERE)

    def _screened(
        self, text: str, read: tuple[Plain, Keys], surface: str, families: frozenset[str] | None, parts: int, disguised: Sequence[Disguised] = ()
    ) -> Screening:
        plain, keys = read
        chosen = leftmost_longest(list(self._found(plain, keys, surface, families, parts, disguised)))
        if not chosen:
            return self._clean
        hits = tuple(_hit(text, plain, found) for found in chosen)
        verdict: Verdict = "block" if any(hit.severity == "block" for hit in hits) else "review"
        return Screening(verdict, hits, self._lexicon.version)

    def screen_many(self, texts: Sequence[str], surface: str = "title", category: str | None = None) -> list[Screening]:
        """This function will screen many texts as `screen` does each, many times faster where most have nothing to object to."""
        if self._sieve is None:
            self._sieve = Sieve(self._forms, [pattern for pattern, _ in self._lexicon.patterns], self._disguises)
        families = self._lexicon.families_of(category)
        speaks = self._speaking_on(surface, families)
        result = [self._clean] * len(texts)
        ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.intp, count=len(texts)) + 1)
        first = 0
        while first < len(texts):
            last = 1 + int(np.searchsorted(ends, _CHARACTERS_AT_ONCE + (ends[first - 1] if first else 0)))
            for one in self._sieve.held_back(texts[first:last], speaks):
                text = texts[first + one.number]
                read = one.read or _read(text)
                if one.parts != WORDS or self._may_object(read[1].text, surface, families):
                    parts, disguised = (one.parts, ()) if one.parts == EVERYWHERE else (one.parts & ~(VIEWS | PIECES), one.disguised)
                    result[first + one.number] = self._screened(text, read, surface, families, parts, disguised)
            first = last
        return result

    def _speaking_on(self, surface: str, families: frozenset[str] | None) -> NDArray[np.bool_]:
        """Of each word, whether anybody objects to it there."""
        known = self._speaking.get((surface, families))
        if known is None:
            of_rule = np.array([bool(rule.severity_for(surface, families)) for rule in self._rules], dtype=bool)
            known = np.zeros(len(self._forms), dtype=bool)
            known[self._ruled[:, 0][of_rule[self._ruled[:, 1]]]] = True
            if len(self._speaking) < _MOST_ANSWERS:
                self._speaking[surface, families] = known
        return known

    def _may_object(self, compared: str, surface: str, families: frozenset[str] | None) -> bool:
        """Whether a word stands there that somebody objects to on this surface, and not inside an innocent one."""
        matches = self._automaton.find_overlapping(compared) if self._automaton else []
        speaking = [
            (start, end) for start, end, which in matches if any(one.severity_for(surface, families) for one in self._entries[which])
        ]
        if not speaking:
            return False
        sheltered = _Shelters([(start, end) for start, end, which in matches if not self._entries[which]])
        return any(not sheltered.hold(start, end) for start, end in speaking)

    def _found(
        self, plain: Plain, keys: Keys, surface: str, families: frozenset[str] | None, parts: int, disguised: Sequence[Disguised]
    ) -> Iterator[Found]:
        candidates, shelters = self._written(keys)
        candidates += self._disguised(keys, parts, disguised)
        for which in self._gate.opened_by(plain.text) if parts & PATTERNS else ():
            pattern, entry = self._lexicon.patterns[which]
            candidates += [Found(*match.span(), entry, "block") for match in pattern.finditer(plain.text) if match.group()]
        if not candidates:
            return
        shelters += [match.span() for one in self._lexicon.innocent_patterns for match in one.finditer(plain.text)]
        sheltered = _Shelters(shelters)
        spared: dict[str, list[tuple[int, int]]] = {}
        effects: Known = {}
        objected: list[Found] = []
        for one in candidates:
            severity = one.entry.severity_for(surface, families)
            if severity is None or sheltered.hold(one.start, one.end) or _is_inside_latin(plain.text, one.start, one.end):
                continue
            effect = self._lexicon.contexts.effect_on(plain.text, one.start, one.end, kind=one.entry.kind, surface=surface, known=effects)
            if effect == "innocent":
                spared.setdefault(one.entry.kind, []).append((one.start, one.end))
                continue
            lightened: Severity = "review" if one.severity == "review" else severity
            objected.append(Found(one.start, one.end, one.entry, effect or lightened, one.disguise))
        # What a longer word is spared, a shorter one of its kind inside it is spared too: 最 in “最好先试穿”.
        spans = {kind: _Shelters(those) for kind, those in spared.items()}
        yield from (one for one in objected if not (one.entry.kind in spans and spans[one.entry.kind].hold(one.start, one.end)))

    def _written(self, keys: Keys) -> tuple[list[Found], list[tuple[int, int]]]:
        """What stands there as it is, and the innocent words; in places of the plain text."""
        found: list[Found] = []
        shelters: list[tuple[int, int]] = []
        for start, end, which in self._automaton.find_overlapping(keys.text) if self._automaton else ():
            first, last = keys.places[start], keys.places[end - 1] + 1
            if not self._entries[which]:
                shelters.append((first, last))
            elif not cuts_a_number(keys.shown, start, end, self._forms[which]):
                found += [Found(first, last, entry, "block") for entry in self._entries[which]]
        return found, shelters

    def _disguised(self, keys: Keys, parts: int, known: Sequence[Disguised]) -> list[Found]:
        found = self._disguises.found_in(keys, parts)
        if known:
            found = sorted([*known, *found], key=lambda one: (one.start, one.end, one.which))
        return [
            Found(keys.places[one.start], keys.places[one.end - 1] + 1, entry, self._believed(one, keys), one.how)
            for one in found
            for entry in self._entries[one.which]
        ]

    def _believed(self, one: Disguised, keys: Keys) -> Severity:
        # Two characters sound or look like many others, and whole words that sound like others are often meant: a person decides.
        word = self._forms[one.which]
        if one.how == "split":
            return "block"
        return "review" if len(word) < 3 or (one.how == "sound" and _reads_otherwise(keys.text[one.start : one.end], word)) else "block"


def _reads_otherwise(written: str, word: str) -> bool:
    """Whether a character that differs from the word's belongs to an ordinary word of its own: 试试才 for 时时彩."""
    place = 0
    for piece in segmenter().cut(written, False):
        if len(piece) > 1 and segmenter().has_word(piece) and piece != word[place : place + len(piece)]:
            return True
        place += len(piece)
    return False


def _ruled(entries: Sequence[tuple[Entry, ...]]) -> tuple[list[Entry], NDArray[np.intp]]:
    """One entry of each rule about where words are objected to, and of which forms each rule speaks: most words share a few."""
    rules: dict[object, tuple[int, Entry]] = {}
    pairs: list[tuple[int, int]] = []
    for which, each in enumerate(entries):
        for entry in each:
            rule = (*sorted(entry.severities.items()), entry.only_in, entry.not_in, entry.unknown_category)
            pairs.append((which, rules.setdefault(rule, (len(rules), entry))[0]))
    return [entry for _, entry in rules.values()], np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _read(text: str) -> tuple[Plain, Keys]:
    plain = normalise(text)
    return plain, keys_of(plain.text)


def _key(word: str) -> str:
    return _read(word)[1].text


class _Shelters:
    """Innocent words; asks in logarithmic time whether one of them holds a span."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._reach: list[int] = []
        for start, end in sorted(spans):
            self._starts.append(start)
            self._reach.append(max(end, self._reach[-1]) if self._reach else end)

    def hold(self, start: int, end: int) -> bool:
        at = bisect_right(self._starts, start)
        return at > 0 and end <= self._reach[at - 1]


def _is_inside_latin(text: str, start: int, end: int) -> bool:
    """This function will tell a letter word cut out of a longer one (vip in viper) from one that stands alone."""

    def joins(left: str, right: str) -> bool:
        return left.isascii() and right.isascii() and left.isalpha() and right.isalpha()

    return (start > 0 and joins(text[start - 1], text[start])) or (end < len(text) and joins(text[end - 1], text[end]))


def _hit(text: str, plain: Plain, found: Found) -> Hit:
    start, end = plain.span(found.start, found.end)
    entry, said = found.entry, text[start:end]
    return Hit(start, end, said, entry.kind, found.severity, entry.source, entry.suggestion, entry.rewrite_of(said), found.disguise)


@cache
def default_screener() -> Screener:
    """This function will give the one screener over the lexicon that comes with the program."""
    return Screener(packaged_lexicon())
