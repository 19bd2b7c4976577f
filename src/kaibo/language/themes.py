"""
What reviews say: aspect × opinion within a statement, with negation, by our own dictionary (SEL-5, SEL-6).

Only a negative statement is a complaint: 起球 is one, 不起球 is praise, 会不会起球 is a question, 不好 is a complaint.
What an opinion is about is a word of the dictionary, or the nearest noun the segmenter finds: so aspects nobody listed
(转轴, 水温) are found too; `aspects.py` counts and groups them.
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

from kaibo.language.normaliser import Plain, fold
from kaibo.language.tone import SOUNDS_CONTENT, default_tone

QUOTES_PER_THEME: Final = 5
OVERALL: Final = "overall"
SHORTEST_BY_SOUND: Final = 4
SOUNDS_BAD: Final = -1.0
"""`tone.Tone.score` at or below which a statement without a known opinion counts as a complaint."""
LONGEST_WORD: Final = 8
DOMAIN_SAMPLE: Final = 400
"""From so many reviews of a market it is clear what kind of goods it sells."""
NEGATION_REACH: Final = 2
"""How many characters may stand between a negator and what it negates (没有什么色差 …)."""

_STATEMENT = re.compile(r"[^，。！？；：、,.!?;:\n\t ~…]+[?？]?")
_TURN = re.compile(r"但是|但|可是|不过|就是|只是|然而|除了|却")
_QUESTION = re.compile(r"[吗么呢吧][?？]*$")
_DENIED_AFTER = re.compile(
    r"(?:的?(?:情况|现象|问题))?(?:几乎|基本上?|完全|都|也|明显)?(?:没有(?![一-鿿])|没有[了的]|不存在|不明显|不严重|很少|少了|少很多|减少|减轻|[也都还]?(?:很|非常|比较|挺|超|超级|特别)[小低](?![一-鿿]))"
)
_DEGREE = frozenset("很太好偏真超挺特老极些点较巨多么这那都也就更又得是十非常了还略稍贼确越最")
_AFTER = frozenset("了的啊吧呀哦啦得呢哈嘛！的")
_REACHING = frozenset("没无未")
"""What may deny over a noun: 没有质量问题. 不 denies only what follows it."""
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
class Opinion:
    """
    One opinion in one review: its theme, what it is about, its side and its half-open place in the original.

    `aspect` is the word the buyer used for the thing (屏幕, 客服态度), or nothing where none is named.
    """

    theme: str
    aspect: str
    is_bad: bool
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


@dataclass(frozen=True, slots=True)
class _Domain:
    """What themes become among one kind of goods, and what an aspect word means there."""

    instead: Mapping[str, str]
    means: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Context:
    """What the statement before spoke of, for one that names nothing: 屏幕很大，很清楚."""

    themes: frozenset[str] = frozenset()
    aspect: str = ""


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
        self.domains = {one["key"]: _Domain(dict(one["instead"]), dict(one["means"])) for one in document["domain"]}
        kinds = [(word, one["key"]) for one in document["domain"] for word in one["words"]]
        self._domain_words = [key for _word, key in kinds]
        self._domain_automaton = daachorse.CharwiseDoubleArrayAhoCorasick([word for word, _key in kinds])
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(
            self._words, match_kind=daachorse.MATCH_KIND_LEFTMOST_LONGEST
        )

    def plain_words(self) -> tuple[list[str], list[str]]:
        """This function will give the words that blame and those that praise, for a baseline that only counts them."""
        bad = [word for word, sense in zip(self._words, self._senses, strict=True) if sense.is_bad or sense.complaint_of]
        return bad, [word for word, sense in zip(self._words, self._senses, strict=True) if sense.is_praise or sense.praise_of]

    def domain_of(self, texts: Iterable[str]) -> str:
        """This function will say what kind of goods most of these texts speak of; nothing where they do not say it."""
        votes: Counter[str] = Counter()
        for text in texts:
            named = Counter(self._domain_words[which] for _start, _end, which in self._domain_automaton.find_overlapping(text))
            leading = named.most_common(2)
            if leading and (len(leading) == 1 or leading[0][1] > leading[1][1]):
                votes[leading[0][0]] += 1
        return votes.most_common(1)[0][0] if votes else ""

    def complaints_in(self, review: str, *, domain: str | None = None) -> list[Complaint]:
        """This function will find the complaints of one review, at most one a theme and statement, in text order."""
        return [Complaint(one.theme, one.start, one.end) for one in self.opinions_in(review, domain=domain) if one.is_bad]

    def opinions_in(self, review: str, *, domain: str | None = None) -> list[Opinion]:
        """
        This function will find what one review praises and blames, once a theme, side and statement, in text order.

        `domain` is the kind of goods of its market (`domain_of` many reviews); without it the review itself is asked.
        """
        plain = _with_spaces(review)
        kind = self.domains.get(self.domain_of([plain.text]) if domain is None else domain)
        found: list[Opinion] = []
        spoken_of: set[str] = set()
        context = _Context()
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
            said = self._in_statement(plain, marks, context) or self._by_sound(plain, (start, end), marks)
            found += said
            named = [mark for mark in marks if mark.sense.aspect_of]
            if named:
                context = _Context(frozenset().union(*(mark.sense.aspect_of for mark in named)), plain.text[named[-1].start : named[-1].end])
        return _settled(found, kind or _Domain(dict.fromkeys(self._only_with_aspect, OVERALL), {}), spoken_of)

    def _in_statement(self, plain: Plain, marks: list[_Mark], context: _Context) -> list[Opinion]:
        aspects = [mark for mark in marks if mark.sense.aspect_of]
        sides: dict[tuple[bool, str], tuple[str, int, int]] = {}
        for place, mark in enumerate(marks):
            negated_from = _negator_before(plain.text, marks, place)
            is_bad = _side(mark.sense, is_negated=negated_from is not None, is_denied=_is_denied_after(plain.text, mark))
            if is_bad is None:
                continue
            start = mark.start if negated_from is None else negated_from
            for theme, aspect in self._about(plain.text, mark, aspects, context):
                sides.setdefault((is_bad, theme), (aspect, start, mark.end))
        if any(theme != OVERALL for _side_, theme in sides):
            sides = {key: value for key, value in sides.items() if key[1] != OVERALL or value[0]}
        return [Opinion(theme, aspect, is_bad, *plain.span(start, end)) for (is_bad, theme), (aspect, start, end) in sides.items()]

    def _by_sound(self, plain: Plain, place: tuple[int, int], marks: list[_Mark]) -> list[Opinion]:
        """A statement that names a thing and sounds like a complaint is one, though no word of the dictionary says how."""
        aspect = next((mark for mark in marks if mark.sense.aspect_of), None)
        start, end = place
        if aspect is None or end - start < SHORTEST_BY_SOUND or default_tone().score(plain.text[start:end]) > SOUNDS_BAD:
            return []
        name = plain.text[aspect.start : aspect.end]
        return [Opinion(theme, name, is_bad=True, start=first, end=last) for first, last in [plain.span(start, end)] for theme in sorted(aspect.sense.aspect_of)]

    def _about(self, text: str, mark: _Mark, aspects: list[_Mark], context: _Context) -> list[tuple[str, str]]:
        """Theme and aspect of an opinion: its own theme, the nearest aspect's, or that of the statement before."""
        sense = mark.sense
        nearest = sorted(aspects, key=lambda aspect: (abs(aspect.start - mark.start), aspect.start))
        own = sense.complaint_of - {OVERALL}
        if not own and sense.praise_of:  # 一点都不脆, 很甜: the word says itself what it is about
            own = sense.praise_of.intersection(*(aspect.sense.aspect_of for aspect in nearest[:1])) or sense.praise_of
        if own:
            named = next((aspect for aspect in nearest if aspect.sense.aspect_of & own), None)
            return [(theme, text[named.start : named.end] if named else "") for theme in sorted(own)]
        is_feeling = OVERALL in sense.complaint_of
        is_general = sense.is_bad or sense.is_praise or is_feeling
        for aspect in nearest:
            if is_feeling and not sense.is_praise and not aspect.start < mark.start:
                continue  # 一星给快递小哥: a feeling is about what was named before it
            of_aspect = aspect.sense.aspect_of if is_general else aspect.sense.aspect_of & sense.bad_of
            if of_aspect:
                return [(theme, text[aspect.start : aspect.end]) for theme in sorted(of_aspect)]
        if not is_general:
            return []
        if not is_feeling and len(context.themes) == 1:
            return [(theme, context.aspect) for theme in context.themes]
        return [(OVERALL, "")]


def _with_spaces(review: str) -> Plain:
    """A review is read with its spaces: they part statements more often than they disguise words."""
    folded = [fold(char) for char in review]
    places = tuple(place for place, part in enumerate(folded) for _ in part)
    return Plain("".join(folded), places, tuple(place + 1 for place in places))


def _settled(found: list[Opinion], domain: _Domain, spoken_of: set[str]) -> list[Opinion]:
    """This function will file opinions under a theme their goods can have; what names nothing gives way to what does."""
    kept: list[Opinion] = []
    for one in found:
        theme = domain.means.get(one.aspect) or (one.theme if one.theme in spoken_of else domain.instead.get(one.theme, one.theme))
        is_said = any((other.theme, other.is_bad, other.start) == (theme, one.is_bad, one.start) for other in kept)
        if not is_said:
            kept.append(replace(one, theme=theme))
    particular = {(one.start, one.end) for one in kept if one.theme != OVERALL}
    return [one for one in kept if one.theme != OVERALL or (one.start, one.end) not in particular]


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
    """This function will tell a one-character opinion that is said of something (尺码大, 很硬, 不甜) from part of a word."""
    sense = mark.sense
    if mark.end - mark.start > 1 or sense.aspect_of or sense.is_negator:
        return True
    if not (sense.bad_of or sense.is_bad or sense.is_praise or sense.praise_of):
        return True
    before, after = text[mark.start - 1 : mark.start], text[mark.end : mark.end + 1]
    follows = any(other.end == mark.start and (other.sense.aspect_of or other.sense.is_negator) for other in marks)
    is_apart = not _is_han(before) and not _is_han(after)  # a statement of one word: 差。
    return is_apart or ((follows or before in _DEGREE) and (after in _AFTER or not _is_han(after)))


def _is_han(char: str) -> bool:
    return "一" <= char <= "鿿"


def _is_denied_after(text: str, mark: _Mark) -> bool:
    return bool(_DENIED_AFTER.match(text, mark.end))


def _side(sense: _Sense, *, is_negated: bool, is_denied: bool) -> bool | None:
    """This function will say whether a word blames (True) or praises (False) here; None where it does neither."""
    praises = sense.is_praise or bool(sense.praise_of)
    blames = sense.is_bad or bool(sense.bad_of or sense.complaint_of)
    if not (praises or blames):
        return None
    if praises:  # a word that is in both lists is praise: its denial stands in the list of complaints
        return None if is_denied else is_negated
    return not (is_negated or is_denied)


def _negator_before(text: str, marks: list[_Mark], place: int) -> int | None:
    """This function will give where the negation of a mark begins, if it has one; two negations are none."""
    begins: int | None = None
    at, count, is_apart = marks[place].start, 0, False
    for mark in reversed(marks[:place]):
        gap = text[mark.end : at]
        if len(gap) > NEGATION_REACH or not _ASIDE.issuperset(gap):
            break
        if not mark.sense.is_negator:
            if mark.sense.aspect_of and not count:  # 没有质量问题: the thing stands between
                at, is_apart = mark.start, True
                continue
            break
        if is_apart and text[mark.start] not in _REACHING:
            break
        begins, at, count = mark.start, mark.start, count + 1
    return begins if count % 2 else None


def themes_of(reviews: Iterable[str], *, quotes_per_theme: int = QUOTES_PER_THEME) -> ThemeReport:
    """
    This function will count what reviews complain about, with quotes as evidence. Source: SEL-5, SEL-6, SEL-7.

    A review that sounds content as a whole is not read for complaints: 虽然有点贵，但是很喜欢 is praise.

    Quotes of a theme are its shortest reviews among the first that name it, so that a reader sees the point.
    """
    reader = default_reader()
    reviews = list(reviews)
    domain = reader.domain_of(reviews[:DOMAIN_SAMPLE])
    total = complaining = 0
    counts: Counter[str] = Counter()
    quotes: dict[str, list[Quote]] = {key: [] for key in reader.titles}
    for review in reviews:
        total += 1
        named: dict[str, Complaint] = {}
        is_content = default_tone().score(review) >= SOUNDS_CONTENT
        for complaint in [] if is_content else reader.complaints_in(review, domain=domain):
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
    # A whole statement is quoted only where no words of the dictionary said it.
    return sorted(distinct, key=lambda quote: (quote.end - quote.start > LONGEST_WORD, abs(len(quote.text) - 30)))[:wanted]


def _share_bp(part: int, whole: int) -> int:
    return (part * 20_000 + whole) // (2 * whole)


@cache
def default_reader() -> ThemeReader:
    """This function will give the reader over the dictionary that comes with the program."""
    document = (files("kaibo.language") / "lexicons" / "complaints.toml").read_text("utf-8")
    return ThemeReader(tomllib.loads(document))
