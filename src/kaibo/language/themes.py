"""
What reviews complain about: aspect × opinion within a statement, with negation, by our own dictionary (SEL-5, SEL-6).

Only a negative statement is a complaint: 起球 is one, 不起球 is praise, 会不会起球 is a question, 不好 is a complaint.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
_QUESTION = re.compile(r"[吗么呢吧][?？]*$")
_DENIED_AFTER = re.compile(
    r"(?:的?(?:情况|现象|问题))?(?:几乎|基本上?|完全|都|也|明显)?(?:没有(?![一-鿿])|没有[了的]|不存在|不明显|不严重|很少|少了|少很多|减少|减轻)"
)
_DEGREE = frozenset("很太好偏真超挺特老极些点较巨多么这那都也就更又得是十非常了")
_AFTER = frozenset("了的啊吧呀哦啦得呢哈嘛！的")
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

    One review may complain of several themes, so shares add up to more than the whole; the theme `overall` holds only
    the reviews that name nothing particular.
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
    praise_of: frozenset[str]
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
        lists += [theme.get(part, ()) for theme in themes for part in ("aspects", "bad", "complaints", "praise")]
        self._only_with_aspect = frozenset(theme["key"] for theme in themes if theme.get("only_with_aspect"))
        self._words = sorted({word for words in lists for word in words})

        def themes_with(part: str, word: str) -> frozenset[str]:
            return frozenset(theme["key"] for theme in themes if word in theme.get(part, ()))

        self._senses = [
            _Sense(
                aspect_of=themes_with("aspects", word),
                bad_of=themes_with("bad", word),
                complaint_of=themes_with("complaints", word),
                praise_of=themes_with("praise", word),
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
        spoken_of: set[str] = set()
        context: frozenset[str] = frozenset()
        for start, end in _statements(plain.text):
            statement = plain.text[start:end]
            marks = [
                _Mark(start + first, start + last, self._senses[which])
                for first, last, which in self._automaton.find(statement)
            ]
            spoken_of.update(*(mark.sense.aspect_of for mark in marks))
            if _QUESTION.search(statement) or any(mark.sense.is_hedge for mark in marks):
                continue
            marks = [mark for mark in marks if _stands_alone(plain.text, mark, marks)]
            found += self._in_statement(plain, marks, context)
            context = frozenset().union(*(mark.sense.aspect_of for mark in marks)) or context
        out_of_place = self._only_with_aspect - spoken_of
        return [replace(one, theme=OVERALL) if one.theme in out_of_place else one for one in found]

    def _in_statement(self, plain: Plain, marks: list[_Mark], context: frozenset[str]) -> list[Complaint]:
        aspects = [mark for mark in marks if mark.sense.aspect_of]
        themes: dict[str, tuple[int, int]] = {}
        for place, mark in enumerate(marks):
            negated_from = _negator_before(plain.text, marks, place)
            if not _is_negative(mark.sense, is_negated=negated_from is not None) or _is_denied_after(plain.text, mark):
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
        if sense.praise_of:  # denied, or it would not be a complaint: 不甜, 一点都不脆
            named = sense.praise_of.intersection(*(aspect.sense.aspect_of for aspect in aspects[-1:]))
            return named or sense.praise_of
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


def _stands_alone(text: str, mark: _Mark, marks: list[_Mark]) -> bool:
    """This function will tell a one-character opinion that is said of something (尺码大, 很硬) from part of a word."""
    if mark.end - mark.start > 1 or mark.sense.aspect_of or mark.sense.is_negator or mark.sense.is_praise:
        return True
    if not (mark.sense.bad_of or mark.sense.is_bad):
        return True
    follows_aspect = any(
        other.end == mark.start and (other.sense.aspect_of or other.sense.is_negator) for other in marks
    )
    is_graded = mark.start > 0 and text[mark.start - 1] in _DEGREE
    after = text[mark.end : mark.end + 1]
    return (follows_aspect or is_graded) and (after in _AFTER or not "一" <= after <= "鿿")


def _is_denied_after(text: str, mark: _Mark) -> bool:
    return bool(_DENIED_AFTER.match(text, mark.end))


def _is_negative(sense: _Sense, *, is_negated: bool) -> bool:
    if is_negated:
        return sense.is_praise or bool(sense.praise_of)
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
        if len(named) > 1:  # 「总体失望」 is what is left when nothing particular is said
            named.pop(OVERALL, None)
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
