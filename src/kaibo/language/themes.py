"""
What reviews complain about: aspect × opinion within a statement, with negation, by our own dictionary (SEL-5, SEL-6).

Only a negative statement is a complaint: 起球 is one, 不起球 is praise, 会不会起球 is a question, 不好 is a complaint.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import daachorse

from kaibo.language.normaliser import Pass, Plain, normalise, nothing_hidden, one_case, one_width, simplified

QUOTES_PER_THEME: Final = 5
OVERALL: Final = "overall"
NEGATION_REACH: Final = 2
"""How many characters may stand between a negator and what it negates (没有什么色差 …)."""

# A review is read with its spaces: they part statements more often than they disguise words.
_PASSES: Final[tuple[Pass, ...]] = (one_width, one_case, nothing_hidden, simplified)
_STATEMENT = re.compile(r"[^，。！？；：、,.!?;:\n\t ~…]+[?？]?")
_TURN = re.compile(r"但是|但|可是|不过|就是|只是|然而|除了|却")
_QUESTION = re.compile(r"(?:吗|么|不会吧)?[?？]$|吗$")
_ASIDE = frozenset("是有什么啥过任何太很点得的会再多怎一大明显那特别")


@dataclass(frozen=True, slots=True)
class Quote:
    """A review and the half-open place of the complaint in it, in characters of the original."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Theme:
    """
    A theme of complaints: `count` reviews complain of it, which is `share_bp` of the complaining reviews.

    One review may complain of several themes, so shares add up to more than the whole.
    """

    key: str
    title: str
    count: int
    share_bp: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class ThemeReport:
    """`total` reviews were read, `complaining` of them complain; themes stand by falling count."""

    total: int
    complaining: int
    themes: tuple[Theme, ...]
    version: str

    def share_bp(self, key: str) -> int:
        """This function will give the share of a theme among the complaining reviews, 0 where nobody names it."""
        return next((theme.share_bp for theme in self.themes if theme.key == key), 0)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint in one review: the theme and its half-open place in the original."""

    theme: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Sense:
    """What a dictionary word can mean; empty means innocent."""

    aspect_of: frozenset[str]
    bad_of: frozenset[str]
    complaint_of: frozenset[str]
    is_bad: bool
    is_praise: bool
    is_negator: bool
    is_hedge: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    sense: _Sense


class ThemeReader:
    """A dictionary of aspects and opinions made ready to read reviews."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.version: str = document["version"]
        self.titles = {theme["key"]: theme["title"] for theme in document["theme"]}
        shared, themes = document["shared"], document["theme"]
        lists = [shared["bad"], shared["praise"], shared["negators"], shared["hedges"], shared["innocent"]]
        lists += [theme.get(part, ()) for theme in themes for part in ("aspects", "bad", "complaints")]
        self._words = sorted({word for words in lists for word in words})

        def themes_with(part: str, word: str) -> frozenset[str]:
            return frozenset(theme["key"] for theme in themes if word in theme.get(part, ()))

        self._senses = [
            _Sense(
                aspect_of=themes_with("aspects", word),
                bad_of=themes_with("bad", word),
                complaint_of=themes_with("complaints", word),
                is_bad=word in shared["bad"],
                is_praise=word in shared["praise"],
                is_negator=word in shared["negators"],
                is_hedge=word in shared["hedges"],
            )
            for word in self._words
        ]
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(
            self._words, match_kind=daachorse.MATCH_KIND_LEFTMOST_LONGEST
        )

    def complaints_in(self, review: str) -> list[Complaint]:
        """This function will find the complaints of one review, at most one a theme and statement, in text order."""
        plain = normalise(review, _PASSES)
        found: list[Complaint] = []
        context: frozenset[str] = frozenset()
        for start, end in _statements(plain.text):
            statement = plain.text[start:end]
            marks = [
                _Mark(start + first, start + last, self._senses[which])
                for first, last, which in self._automaton.find(statement)
            ]
            if _QUESTION.search(statement) or any(mark.sense.is_hedge for mark in marks):
                continue
            found += self._in_statement(plain, marks, context)
            context = frozenset().union(*(mark.sense.aspect_of for mark in marks)) or context
        return found

    def _in_statement(self, plain: Plain, marks: list[_Mark], context: frozenset[str]) -> list[Complaint]:
        aspects = [mark for mark in marks if mark.sense.aspect_of]
        themes: dict[str, tuple[int, int]] = {}
        for place, mark in enumerate(marks):
            negated_from = _negator_before(plain.text, marks, place)
            if not _is_negative(mark.sense, is_negated=negated_from is not None):
                continue
            start = mark.start if negated_from is None else negated_from
            for theme in self._themes_of(mark, aspects, context):
                themes.setdefault(theme, (start, mark.end))
        if len(themes) > 1:
            themes.pop(OVERALL, None)
        return [Complaint(theme, *plain.span(*place)) for theme, place in themes.items()]

    def _themes_of(self, mark: _Mark, aspects: list[_Mark], context: frozenset[str]) -> frozenset[str]:
        sense = mark.sense
        own = sense.complaint_of - {OVERALL}
        if own:
            return own
        nearest = sorted(aspects, key=lambda aspect: (abs(aspect.start - mark.start), aspect.start))
        for aspect in nearest:
            of_aspect = aspect.sense.aspect_of
            if sense.is_bad or sense.is_praise or OVERALL in sense.complaint_of:
                return of_aspect
            if of_aspect & sense.bad_of:
                return of_aspect & sense.bad_of
        if OVERALL in sense.complaint_of:
            return frozenset({OVERALL})
        if sense.is_bad and context and len(context) == 1:
            return context
        if sense.is_bad or sense.is_praise:
            return frozenset({OVERALL})
        return frozenset()


def _statements(text: str) -> Iterable[tuple[int, int]]:
    """This function will give the statements of a text: between marks, and apart at words that turn (但是 …)."""
    for match in _STATEMENT.finditer(text):
        start = match.start()
        for turn in _TURN.finditer(text, match.start(), match.end()):
            if turn.start() > start:
                yield start, turn.start()
            start = turn.end()
        if start < match.end():
            yield start, match.end()


def _is_negative(sense: _Sense, *, is_negated: bool) -> bool:
    if is_negated:
        return sense.is_praise
    return bool(sense.is_bad or sense.bad_of or sense.complaint_of)


def _negator_before(text: str, marks: list[_Mark], place: int) -> int | None:
    """This function will give where the negation of a mark begins, if it has one; two negations are none."""
    begins: int | None = None
    at, count = marks[place].start, 0
    for mark in reversed(marks[:place]):
        gap = text[mark.end : at]
        if not mark.sense.is_negator or len(gap) > NEGATION_REACH or not _ASIDE.issuperset(gap):
            break
        begins, at, count = mark.start, mark.start, count + 1
    return begins if count % 2 else None


def themes_of(reviews: Iterable[str], *, quotes_per_theme: int = QUOTES_PER_THEME) -> ThemeReport:
    """
    This function will count what reviews complain about, with quotes as evidence. Source: SEL-5, SEL-6, SEL-7.

    Quotes of a theme are its shortest reviews among the first that name it, so that a reader sees the point.
    """
    reader = default_reader()
    total = complaining = 0
    counts: Counter[str] = Counter()
    quotes: dict[str, list[Quote]] = {key: [] for key in reader.titles}
    for review in reviews:
        total += 1
        named: dict[str, Complaint] = {}
        for complaint in reader.complaints_in(review):
            named.setdefault(complaint.theme, complaint)
        complaining += bool(named)
        counts.update(named.keys())
        for theme, complaint in named.items():
            quotes[theme].append(Quote(review, complaint.start, complaint.end))
            if len(quotes[theme]) > 20 * quotes_per_theme:
                quotes[theme] = _best(quotes[theme], quotes_per_theme)
    themes = tuple(
        Theme(
            key, reader.titles[key], count, _share_bp(count, complaining), tuple(_best(quotes[key], quotes_per_theme))
        )
        for key, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    return ThemeReport(total, complaining, themes, reader.version)


def _best(quotes: list[Quote], wanted: int) -> list[Quote]:
    distinct = list({quote.text: quote for quote in quotes}.values())
    return sorted(distinct, key=lambda quote: abs(len(quote.text) - 30))[:wanted]


def _share_bp(part: int, whole: int) -> int:
    return (part * 20_000 + whole) // (2 * whole)


@cache
def default_reader() -> ThemeReader:
    """This function will give the reader over the dictionary that comes with the program."""
    document = (files("kaibo.language") / "lexicons" / "complaints.toml").read_text("utf-8")
    return ThemeReader(tomllib.loads(document))
