"""Reads of the market board: aspects and needs with quotes, what competitors did, hosts, trends, audiences, the calendar."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, overload
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from kaibo.kit.money import share_bp
from kaibo.language.aspects import BAD, GOOD, WISH, Aspect, grouped
from kaibo.language.themes import default_reader
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.bulk_cursor import bulk_cursor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.selection import festivals, trend_rules
from kaibo.stages.selection.models import (
    AudienceCount,
    CompetitorSighting,
    Festival,
    HostSighting,
    Market,
    Review,
    ReviewOpinion,
    SurveyAnswer,
    TrendPoint,
)
from kaibo.stages.selection.probability import wilson_bp
from kaibo.stages.selection.queries import QuoteRow

MOST_ASPECTS = 12
QUOTES_PER_NEED = 3
QUOTES_READ = 12
"""So many are read for these: buyers copy each other, and the same words are shown once."""
PLAIN_LENGTH = 26
WEEKS_READ = 26


@dataclass(frozen=True, slots=True)
class Need:
    """
    What buyers of a market miss: an aspect that `bad` of `complaining` reviews blame and `good` praise.

    Ranked by `low_bp`, the lower end of the 95 % interval of its share, times the part of its mentions that blame: many
    complaints, surely many, and nobody content yet.
    """

    aspect: Aspect
    theme_title: str
    bad: int
    good: int
    complaining: int
    low_bp: int
    high_bp: int
    quotes: tuple[QuoteRow, ...] = ()
    praise: tuple[QuoteRow, ...] = ()

    @property
    def share_bp(self) -> int:
        return share_bp(self.bad, self.complaining)

    @property
    def blame_bp(self) -> int:
        return share_bp(self.bad, self.bad + self.good)

    @property
    def rank_bp(self) -> int:
        return self.low_bp * self.blame_bp // 10_000


def needs_of(market: Market, *, most: int = MOST_ASPECTS) -> list[Need]:
    """This function will rank what buyers miss in a market, each with quotes; four queries.   Source: SEL-5."""
    counts = {
        (aspect, theme, side): number
        for aspect, theme, side, number in ReviewOpinion.objects.filter(market=market, side__in=(BAD, GOOD))
        .values_list("aspect", "theme", "side").annotate(n=Count("review", distinct=True))
    }
    leading = [one for one in grouped(counts) if one.bad >= 2][: most * 2]
    if not leading:
        return []
    exact = ReviewOpinion.objects.filter(market=market).aggregate(
        **{
            f"{side}{place}": Count("review", distinct=True, filter=Q(side=side, aspect__in=one.names))
            for place, one in enumerate(leading) for side in (BAD, GOOD)
        },
        complaining=Count("review", distinct=True, filter=Q(side=BAD)),
    )
    titles = default_reader().titles
    needs = []
    for place, one in enumerate(leading):
        bad, good = exact[f"{BAD}{place}"], exact[f"{GOOD}{place}"]
        low, high = wilson_bp(bad, exact["complaining"])
        needs.append(Need(one, titles.get(one.theme, one.theme), bad, good, exact["complaining"], low, high))
    ranked = sorted(needs, key=lambda one: (-one.rank_bp, -one.bad, one.aspect.name))[:most]
    return _with_quotes(market, ranked)


_PLAINEST = """
select near.id, near.rank from unnest(%(aspects)s::text[]) as a(aspect) cross join unnest(%(sides)s::text[]) as s(side) cross join lateral (
    select id, row_number() over (order by far, id) as rank from (
        select id, abs("end" - start - 6) as far from selection_reviewopinion
         where market_id = %(market)s and side = s.side and aspect = a.aspect order by far, id limit %(most)s) nearest) near
"""
"""Of each aspect and side the few of the plainest length, without putting all of them in order."""


def _with_quotes(market: Market, needs: list[Need]) -> list[Need]:
    need_of = {name: place for place, one in enumerate(needs) for name in one.aspect.names}
    with bulk_cursor() as cursor:
        cursor.execute(_PLAINEST, {"market": market.pk, "aspects": list(need_of), "sides": [BAD, GOOD], "most": QUOTES_READ})
        rank = dict(cursor.fetchall())
    read = ReviewOpinion.objects.filter(pk__in=list(rank)).select_related("review")
    held: dict[tuple[int, str], dict[str, QuoteRow]] = defaultdict(dict)
    for one in sorted(read, key=lambda one: (rank[one.pk], one.pk)):
        held[need_of[one.aspect], one.side].setdefault(one.review.body, cut(one))
    return [
        Need(one.aspect, one.theme_title, one.bad, one.good, one.complaining, one.low_bp, one.high_bp,
             tuple(held[place, BAD].values())[:QUOTES_PER_NEED], tuple(held[place, GOOD].values())[:1])
        for place, one in enumerate(needs)
    ]  # fmt: skip


def cut(one: ReviewOpinion) -> QuoteRow:
    """This function will cut a review at an opinion."""
    body = one.review.body
    return QuoteRow(one.review_id, body[: one.start], body[one.start : one.end], body[one.end :], one.start, one.end, one.review.product_title, one.review.reviewed_at)


def opinions_about(market: Market, names: Sequence[str], side: str) -> QuerySet[ReviewOpinion]:
    """This function will give every review that says this of an aspect, for the evidence list."""
    return ReviewOpinion.objects.filter(market=market, aspect__in=names, side=side).select_related("review").order_by("pk")


def aspect_named(market: Market, name: str) -> Aspect | None:
    """This function will give the group an aspect belongs to in a market."""
    counts = {
        (aspect, theme, side): number
        for aspect, theme, side, number in ReviewOpinion.objects.filter(market=market, side__in=(BAD, GOOD))
        .values_list("aspect", "theme", "side").annotate(n=Count("review", distinct=True))
    }
    return next((one for one in grouped(counts) if name in one.names), None)


def wishes_of(market: Market, *, most: int = 8) -> list[QuoteRow]:
    """This function will give what reviews ask for in so many words (希望能 …, 要是有 …), newest first.   Source: SEL-5."""
    found = ReviewOpinion.objects.filter(market=market, side=WISH).select_related("review").order_by("-review__reviewed_at", "-pk")
    return [cut(one) for one in found[:most]]


# Competitors over time


def changed_bp(was: int, now: int) -> int:
    """This function will say by how much a figure changed, in basis points of what it was, rounded to the nearest."""
    change = share_bp(abs(now - was), was)
    return change if now >= was else -change


@dataclass(frozen=True, slots=True)
class Move:
    """What one competitor changed between two days it was seen; `was` is None for one seen for the first time."""

    market_title: str
    title: str
    shop_name: str
    seen_on: date
    before_on: date | None
    price_fen: int
    was_price_fen: int | None
    sales: int
    was_sales: int | None
    points: str
    was_points: str

    @property
    def price_bp(self) -> int:
        return changed_bp(self.was_price_fen, self.price_fen) if self.was_price_fen else 0

    @property
    def is_new(self) -> bool:
        return self.before_on is None

    @property
    def has_new_points(self) -> bool:
        return not self.is_new and self.points != self.was_points

    @property
    def sold(self) -> int:
        return self.sales - (self.was_sales or 0)


_MOVES = """
select m.title, c.title, c.shop_name, newest.seen_on, earlier.seen_on, newest.price_fen, earlier.price_fen, newest.sales, earlier.sales, newest.points, coalesce(earlier.points, '')
  from selection_competitor c join selection_market m on m.id = c.market_id
 cross join lateral (
    select * from selection_competitorsighting where competitor_id = c.id and seen_on >= %(start)s and seen_on < %(end)s order by seen_on desc limit 1
 ) newest
  left join lateral (select * from selection_competitorsighting where competitor_id = c.id and seen_on < %(start)s order by seen_on desc limit 1) earlier on true
 where c.market_id = any(%(markets)s) and (earlier.id is null or (earlier.price_fen, earlier.sales, earlier.points) is distinct from (newest.price_fen, newest.sales, newest.points))
"""
"""Competitor by competitor: two steps on the index of its days, not a sort of all days of all of them."""


def moves_between(markets: Iterable[Market], start: date, end: date) -> list[Move]:
    """
    This function will say what competitors changed in [start, end): their last sighting there against the last before it.

    Largest change of price first, then new ones by sales; unchanged ones are left out. One query, which reads the two sightings
    of each competitor and not its history.   Source: SEL-2, SEL-3.
    """
    with bulk_cursor() as cursor:
        cursor.execute(_MOVES, {"markets": [one.pk for one in markets], "start": start, "end": end})
        moves = [Move(*row) for row in cursor.fetchall()]
    seen = [one for one in moves if one.is_new or one.price_bp or one.has_new_points or one.sold]
    return sorted(seen, key=lambda one: (-abs(one.price_bp), not one.is_new, -one.sold, one.title))


def history_of(market: Market) -> dict[str, list[CompetitorSighting]]:
    """This function will give each competitor of a market with all days it was seen, for the price history."""
    found: dict[str, list[CompetitorSighting]] = defaultdict(list)
    for one in CompetitorSighting.objects.filter(competitor__market=market).select_related("competitor").order_by("-competitor__sales", "seen_on"):
        found[f"{one.competitor.title} · {one.competitor.shop_name}"].append(one)
    return dict(found)


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host on its newest day, with the day before it was seen."""

    now: HostSighting
    before: HostSighting | None

    @property
    def per_thousand(self) -> int:
        """Interactions per thousand viewers."""
        return self.now.interactions * 1_000 // self.now.viewers if self.now.viewers else 0

    @property
    def sales_bp(self) -> int | None:
        if self.before is None or not self.before.sales_fen:
            return None
        return changed_bp(self.before.sales_fen, self.now.sales_fen)


def hosts_for(actor: Actor, *, shop_id: UUID | None = None, until: date | None = None, most: int = 20) -> list[HostRow]:
    """This function will give competing hosts with their newest figures, best-selling first.   Source: SEL-2."""
    rows = access.visible(HostSighting.objects.all(), actor, shop_id=shop_id)
    if until:
        rows = rows.filter(seen_on__lt=until)
    held: dict[tuple[UUID, str, str], list[HostSighting]] = defaultdict(list)
    ranked = rows.annotate(nth=Window(RowNumber(), partition_by=("shop", "platform", "host"), order_by="-seen_on")).filter(nth__lte=2).order_by("-seen_on")
    for one in ranked:
        held[one.shop_id, one.platform, one.host].append(one)
    found = [HostRow(days[0], days[1] if len(days) > 1 else None) for days in held.values()]
    return sorted(found, key=lambda one: (-one.now.sales_fen, one.now.host))[:most]


# Trends


@dataclass(frozen=True, slots=True)
class TrendRow:
    """A word's verdict with its weeks, for the little chart."""

    kind: str
    source: str
    trend: trend_rules.Trend
    heat: tuple[int, ...]
    first_on: date
    last_on: date


def trend_limits() -> trend_rules.Limits:
    """This function will give the thresholds of SEL-4 with one query."""
    held = thresholds.values("selection.false_discovery_bp", "selection.niche_share_bp", "selection.least_growth_bp")
    return trend_rules.Limits(held["selection.false_discovery_bp"], held["selection.niche_share_bp"], held["selection.least_growth_bp"])


_WORD = ("shop_id", "kind", "source", "word")
_HEATS = {"heat": ArrayAgg("heat", order_by="week_on"), "first_on": Min("week_on"), "last_on": Max("week_on")}


def _weeks(actor: Actor, shop_id: UUID | None, until: date | None) -> QuerySet[TrendPoint]:
    """The points of the last half year there is."""
    points = access.visible(TrendPoint.objects.exclude(kind="report"), actor, shop_id=shop_id).order_by()
    if until:
        points = points.filter(week_on__lt=until)
    newest = points.aggregate(newest=Max("week_on"))["newest"]
    return points.filter(week_on__gt=newest - timedelta(weeks=WEEKS_READ)) if newest else points.none()


def trends_for(actor: Actor, *, shop_id: UUID | None = None, until: date | None = None) -> list[TrendRow]:
    """
    This function will test every word that has weeks enough in the last half year, by shop, kind and source apart (their heats cannot
    be compared).

    Niches going mainstream first. Four queries; of words too short to be tested no week is read.   Source: SEL-4.
    """
    return Words(actor, shop_id=shop_id, until=until).tested


def _tested(points: QuerySet[TrendPoint], long_enough: Sequence[str]) -> list[TrendRow]:
    of_them = points.filter(word__in=long_enough)  # heats are put in order for these alone
    groups: dict[tuple[UUID, str, str], dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for shop, kind, source, word, *held in of_them.values_list(*_WORD).annotate(**_HEATS, weeks=Count("pk")).filter(weeks__gte=trend_rules.FEWEST_WEEKS):
        groups[shop, kind, source][word] = tuple(held)
    limits = trend_limits()
    rows = []
    for (_shop, kind, source), words in groups.items():
        for trend in trend_rules.judge([trend_rules.Series(word, tuple(held[0])) for word, held in words.items()], limits):
            heat, first_on, last_on, _weeks = words[trend.word]
            rows.append(TrendRow(kind, source, trend, tuple(heat), first_on, last_on))
    order = list(trend_rules.Course)
    return sorted(rows, key=lambda one: (order.index(one.trend.course), -one.trend.weekly_growth_bp, one.trend.word))


class Words(Sequence[TrendRow]):
    """All words there are: those tested as `trends_for` orders them, then those still too short, by name; of these only the part asked for is read."""

    def __init__(self, actor: Actor, *, shop_id: UUID | None = None, until: date | None = None) -> None:
        points = _weeks(actor, shop_id, until)
        counted = points.values_list(*_WORD).annotate(weeks=Count("pk"))
        is_short = Q(weeks__lt=trend_rules.FEWEST_WEEKS)
        known = counted.aggregate(short=Count("word", filter=is_short), enough=ArrayAgg("word", filter=~is_short, distinct=True, default=[]))
        self.tested: list[TrendRow] = _tested(points, known["enough"])
        self.short: int = known["short"]
        self._short = counted.filter(is_short)

    def __len__(self) -> int:
        return len(self.tested) + self.short

    @overload
    def __getitem__(self, place: int) -> TrendRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[TrendRow]: ...
    def __getitem__(self, place: int | slice) -> TrendRow | list[TrendRow]:
        if not isinstance(place, slice):
            return self[place : place + 1][0]
        start, stop, _step = place.indices(len(self))
        known = len(self.tested)
        rest = self._short.annotate(**_HEATS).order_by("word", "kind", "source", "shop_id")[max(0, start - known) : max(0, stop - known)] if stop > known else []
        return self.tested[start:stop] + [
            TrendRow(kind, source, trend, tuple(heat), first_on, last_on)
            for _shop, kind, source, word, _weeks, heat, first_on, last_on in rest
            for trend in trend_rules.judge([trend_rules.Series(word, tuple(heat))], trend_rules.Limits())
        ]


def reports_for(actor: Actor, *, shop_id: UUID | None = None, most: int = 6) -> list[TrendPoint]:
    """This function will give the newest lines taken from industry reports.   Source: SEL-4."""
    return list(access.visible(TrendPoint.objects.filter(kind="report"), actor, shop_id=shop_id).order_by("-week_on", "-heat")[:most])


# Audience


@dataclass(frozen=True, slots=True)
class Part:
    """One segment's answer to one option with its 95 % interval."""

    segment: str
    people: int
    asked: int
    low_bp: int
    high_bp: int

    @property
    def share_bp(self) -> int:
        return share_bp(self.people, self.asked)


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option with every segment's share; `p` is the chance of such a difference between the first two segments."""

    option: str
    parts: tuple[Part, ...]
    p: float | None
    is_different: bool = False


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question of one source, its segments (most asked first) and its options."""

    source: str
    question: str
    collected_on: date
    segments: tuple[str, ...]
    options: tuple[OptionRow, ...]


DIFFERENCE_RATE = 0.05
MOST_SEGMENTS = 4


def audience_for(actor: Actor, *, shop_id: UUID | None = None) -> list[QuestionRow]:
    """
    This function will give the audience: platforms' figures and questionnaires, segments beside each other with intervals.

    Which options differ is corrected for asking of many (false discoveries held to 5 %). Three queries.   Source: SEL-1.
    """
    counts: dict[tuple[str, str, date], dict[str, dict[str, tuple[int, int]]]] = defaultdict(lambda: defaultdict(dict))
    collected = access.visible(AudienceCount.objects.all(), actor, shop_id=shop_id)
    newest_on = Window(Max("collected_on"), partition_by=("source", "question"))
    for source, question, on, option, segment, people, number in (
        collected.annotate(newest_on=newest_on).filter(collected_on=F("newest_on"))  # older collections were replaced
        .values_list("source", "question", "collected_on", "option", "segment", "people", "asked")
    ):
        counts[source, question, on][option][segment] = (people, number)
    answers = access.visible(SurveyAnswer.objects.all(), actor, shop_id=shop_id)
    asked = {
        (survey, question, segment): number
        for survey, question, segment, number in answers.values_list("survey", "question", "segment").annotate(n=Count("respondent", distinct=True))
    }
    newest: dict[tuple[str, str], date] = {}
    for survey, question, segment, option, number, on in answers.values_list("survey", "question", "segment", "option").annotate(
        n=Count("respondent", distinct=True), on=Max("answered_on")
    ):
        key = newest.setdefault((survey, question), on)
        counts[survey, question, key][option][segment] = (number, asked[survey, question, segment])
    latest: dict[tuple[str, str], QuestionRow] = {}
    for (source, question, on), options in sorted(counts.items(), key=lambda pair: pair[0][2]):
        latest[source, question] = _question(source, question, on, options)
    return _with_differences(sorted(latest.values(), key=lambda one: (one.source, one.question)))


def _question(source: str, question: str, on: date, options: dict[str, dict[str, tuple[int, int]]]) -> QuestionRow:
    sizes: dict[str, int] = defaultdict(int)
    for held in options.values():
        for segment, (_people, number) in held.items():
            sizes[segment] = max(sizes[segment], number)
    segments = tuple(sorted(sizes, key=lambda one: (-sizes[one], one)))[:MOST_SEGMENTS]
    rows = []
    for option, held in options.items():
        parts = tuple(
            Part(segment, people, number, *wilson_bp(people, number)) for segment in segments for people, number in [held.get(segment, (0, sizes[segment]))]
        )
        rows.append(OptionRow(option, parts, difference_p(parts[0], parts[1]) if len(parts) > 1 else None))
    return QuestionRow(source, question, on, segments, tuple(sorted(rows, key=lambda one: (-one.parts[0].share_bp, one.option))))


def difference_p(one: Part, other: Part) -> float:
    """This function will give the two-sided chance that two shares differ this much when they are the same (pooled z)."""
    pooled = (one.people + other.people) / max(1, one.asked + other.asked)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / max(1, one.asked) + 1 / max(1, other.asked)))
    if spread == 0:
        return 1.0
    z = abs(one.people / max(1, one.asked) - other.people / max(1, other.asked)) / spread
    return math.erfc(z / math.sqrt(2))


def _with_differences(questions: list[QuestionRow]) -> list[QuestionRow]:
    chances = [option.p for one in questions for option in one.options if option.p is not None]
    cut_ = trend_rules.discoveries(chances, DIFFERENCE_RATE) if chances else 0.0
    return [
        QuestionRow(
            one.source, one.question, one.collected_on, one.segments,
            tuple(OptionRow(option.option, option.parts, option.p, option.p is not None and cut_ > 0 and option.p <= cut_) for option in one.options),
        )
        for one in questions
    ]  # fmt: skip


# Calendar


def own_lines(actor: Actor, *, shop_id: UUID | None = None) -> list[Festival]:
    """This function will give a shop's own lines of the calendar."""
    return list(access.visible(Festival.objects.all(), actor, shop_id=shop_id).order_by("starts_on"))


def calendar_for(actor: Actor, today: date, *, shop_id: UUID | None = None) -> list[festivals.Due]:
    """This function will say what has to be chosen now, own lines over the program's; one query.   Source: SEL-17."""
    own = own_lines(actor, shop_id=shop_id)
    lines = [
        festivals.Occasion(
            one.key, one.year, one.title, one.title, one.starts_on, one.ends_on, one.lead_days, tuple(word.strip() for word in re.split("[、,，;；]", one.themes) if word.strip()), festivals.Kind.OWN
        )
        for one in own if not one.is_hidden
    ]  # fmt: skip
    hidden = frozenset((one.key, one.year) for one in own if one.is_hidden)
    known = [*festivals.of_year(today.year - 1), *festivals.of_year(today.year), *festivals.of_year(today.year + 1)]
    return festivals.due_on(today, festivals.with_own(known, lines, hidden))


def complaints_between(market: Market, start: date, end: date) -> dict[str, int]:
    """This function will count the complaints written in [start, end) by theme."""
    rows = Review.objects.filter(market=market, is_complaint=True, reviewed_at__date__gte=start, reviewed_at__date__lt=end)
    return dict(rows.values_list("themes__theme").annotate(n=Count("pk", distinct=True)))
