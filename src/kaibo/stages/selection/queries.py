"""Reads of selection, scoped by actor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from kaibo.kit.errors import NotFound
from kaibo.kit.money import share_bp
from kaibo.language.themes import default_reader
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.selection import rules
from kaibo.stages.selection.models import Candidate, Competitor, Feedback, Market, Review, ReviewTheme
from kaibo.stages.selection.probability import wilson_bp
from kaibo.stages.selection.rules import Inputs, Limits, PriceSpan, Rival, Verdict

QUALITY_THEME = "quality"
QUOTES_PER_THEME = 4
QUOTES_READ = 24
"""So many are read for them: buyers copy each other, and the same words are shown once."""
PLAINEST_LENGTH = 24
"""Characters of a review that makes its point and is read at a glance: quotes near it come first."""


class MarketUnknown(NotFound):
    code = "selection.market_unknown"
    message_zh = "没有这个市场，或你看不到它"
    message_en = "There is no such market, or you cannot see it"


class CandidateUnknown(NotFound):
    code = "selection.candidate_unknown"
    message_zh = "没有这个选品候选，或你看不到它"
    message_en = "There is no such candidate, or you cannot see it"


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A review cut at the complaint: `before`, the `hit` itself, `after`."""

    review_id: UUID
    before: str
    hit: str
    after: str
    start: int
    end: int
    product_title: str
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """A theme of complaints in a market; `share_bp` is of all complaining reviews, within `low_bp` to `high_bp` with 95 % certainty."""

    key: str
    title: str
    count: int
    share_bp: int
    low_bp: int
    high_bp: int
    quotes: tuple[QuoteRow, ...] = ()


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """How much is known about a market."""

    reviews: int
    bad: int
    complaints: int
    quality: int
    competitors: int
    candidates: int

    @property
    def quality_bp(self) -> int:
        return share_bp(self.quality, self.complaints)


@dataclass(frozen=True, slots=True)
class Concentration:
    """Where bad reviews gather: one product's complaints and their share of the market's."""

    title: str
    complaints: int
    share_bp: int
    main_theme: str


def limits_in_force() -> Limits:
    """This function will give the thresholds of SEL-7 with one query."""
    keys = ("quality_share_bp", "low_price_bp", "main_competitors", "fewest_competitors", "fewest_complaints")
    held = thresholds.values(*(f"selection.{key}" for key in keys))
    return Limits(*(held[f"selection.{key}"] for key in keys))


def markets_seen(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Market]:
    """This function will give the markets an actor may see, by title, without counting what is in them."""
    return access.visible(Market.objects.all(), actor, shop_id=shop_id).order_by("title", "pk")


def markets_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Market]:
    """This function will give the markets an actor may see, with their figures, most complaints first."""

    def counted(rows: QuerySet) -> Coalesce:
        per_market = rows.filter(market=OuterRef("pk")).order_by().values("market").annotate(n=Count("*")).values("n")
        return Coalesce(Subquery(per_market), 0)

    markets = access.visible(Market.objects.select_related("shop"), actor).annotate(
        competitor_count=counted(Competitor.objects.all()),
        review_count=counted(Review.objects.all()),
        complaint_count=counted(Review.objects.filter(is_complaint=True)),
        quality_count=counted(ReviewTheme.objects.filter(theme=QUALITY_THEME)),
        candidate_count=counted(Candidate.objects.exclude(state="rejected")),
    )
    if shop_id:
        markets = markets.filter(shop=shop_id)
    return markets.order_by("-complaint_count", "-competitor_count", "title")


def market_for(actor: Actor, market_id: UUID) -> Market:
    """This function will give a market.   Raises: MarketUnknown."""
    market = Market.objects.select_related("shop").filter(pk=market_id).first()
    if market is None or not actor.sees(market.shop_id):
        raise MarketUnknown
    return market


def figures_of(market: Market) -> MarketFigures:
    """This function will count what is known about a market."""
    reviews = Review.objects.filter(market=market).aggregate(
        all=Count("pk"), bad=Count("pk", filter=Q(opinion="bad")), complaints=Count("pk", filter=Q(is_complaint=True))
    )
    return MarketFigures(
        reviews["all"], reviews["bad"], reviews["complaints"],
        ReviewTheme.objects.filter(market=market, theme=QUALITY_THEME).count(),
        Competitor.objects.filter(market=market).count(),
        Candidate.objects.filter(market=market).exclude(state="rejected").count(),
    )


def themes_of(market: Market, *, quotes: int = QUOTES_PER_THEME) -> list[ThemeRow]:
    """This function will give what a market complains of, most frequent first, with the plainest quotes.   Source: SEL-6."""
    complaints = Review.objects.filter(market=market, is_complaint=True).count()
    counted = list(ReviewTheme.objects.filter(market=market).values_list("theme").annotate(n=Count("*")).order_by("-n", "theme"))
    quoted = _quotes(market, [theme for theme, _n in counted], quotes)
    return [
        ThemeRow(key, theme_words(key), number, share_bp(number, complaints), *wilson_bp(number, complaints), tuple(quoted.get(key, ())))
        for key, number in counted
    ]


def theme_words(key: str) -> str:
    """This function will name a theme of complaints in the reader's language."""
    return gettext(default_reader().titles.get(key, key)) if key else ""


_PLAINEST = """
select near.id from unnest(%(themes)s::text[]) as t(theme) cross join lateral (
    (select id, length - %(plainest)s as far from selection_reviewtheme where market_id = %(market)s and theme = t.theme and length >= %(plainest)s order by length, id limit %(most)s)
    union all
    (select id, %(plainest)s - length from selection_reviewtheme where market_id = %(market)s and theme = t.theme and length < %(plainest)s order by length desc, id limit %(most)s)
    order by far, id limit %(most)s) near
"""
"""Theme by theme, outwards from the plainest length on the index of lengths: a market's sixty thousand reviews are not put in order for it."""


def _quotes(market: Market, themes: Sequence[str], most: int) -> dict[str, list[QuoteRow]]:
    """Quotes are reviews long enough to make a point and short enough to be read; two queries for all themes."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAINEST, {"themes": list(themes), "market": market.pk, "plainest": PLAINEST_LENGTH, "most": QUOTES_READ})
        nearest = [key for (key,) in cursor.fetchall()]
    read = ReviewTheme.objects.filter(pk__in=nearest).select_related("review")
    found: dict[str, dict[str, QuoteRow]] = {}
    for one in sorted(read, key=lambda one: (abs(one.length - PLAINEST_LENGTH), one.pk)):
        found.setdefault(one.theme, {}).setdefault(one.review.body, quote_row(one))
    return {theme: list(rows.values())[:most] for theme, rows in found.items()}


def quote_row(one: ReviewTheme) -> QuoteRow:
    """This function will cut a review at its complaint."""
    body = one.review.body
    return QuoteRow(
        one.review_id, body[: one.start], body[one.start : one.end], body[one.end :], one.start, one.end,
        one.review.product_title, one.review.reviewed_at,
    )


def quotes_of(market: Market, theme: str) -> QuerySet[ReviewTheme]:
    """This function will give every review of a market that complains of a theme, shortest first, for the evidence list."""
    return ReviewTheme.objects.filter(market=market, theme=theme).select_related("review").order_by("length", "pk")


def rivals_of(market: Market) -> list[Rival]:
    """This function will give a market's competitors as the rules need them, best-selling first."""
    return [
        Rival(one.title, one.shop_name, one.price_fen, one.sales, one.points)
        for one in Competitor.objects.filter(market=market).order_by("-sales", "price_fen")[:2_000]
    ]


def top_competitors(market: Market, *, most: int) -> list[Competitor]:
    """This function will give the best-selling competitors with their complaints.   Source: SEL-6."""
    complaints = (
        Review.objects.filter(market=OuterRef("market"), is_complaint=True)
        .filter(Q(product_title=OuterRef("title")) | Q(~Q(product_external_id=""), product_external_id=OuterRef("external_id")))
        .order_by().values("market").annotate(n=Count("pk")).values("n")
    )
    return list(
        Competitor.objects.filter(market=market).annotate(complaints=Coalesce(Subquery(complaints), 0)).order_by("-sales", "price_fen")[:most]
    )


def concentration_of(market: Market, *, most: int = 5) -> list[Concentration]:
    """This function will say in which products complaints gather, and what each is mostly blamed for.   Source: SEL-6."""
    complaints = Review.objects.filter(market=market, is_complaint=True).exclude(product_title="")
    total = Review.objects.filter(market=market, is_complaint=True).count()
    worst = list(complaints.values_list("product_title").annotate(n=Count("pk")).order_by("-n", "product_title")[:most])
    blamed: dict[str, str] = {}
    for title, theme, _ in (
        ReviewTheme.objects.filter(market=market, review__product_title__in=[title for title, _ in worst])
        .values_list("review__product_title", "theme").annotate(n=Count("pk")).order_by("-n")
    ):
        blamed.setdefault(title, theme)
    return [Concentration(title, number, share_bp(number, total), theme_words(blamed.get(title, ""))) for title, number in worst]


def verdict_of(market: Market, *, limits: Limits | None = None, rivals: list[Rival] | None = None, figures: MarketFigures | None = None) -> Verdict:
    """This function will ask the rule for 高质中价 with the figures of a market.   Source: SEL-7."""
    figures = figures or figures_of(market)
    inputs = Inputs(
        tuple(rivals if rivals is not None else rivals_of(market)), figures.complaints, figures.quality, market.reference_fen
    )
    return rules.judge_high_quality_middle_price(inputs, limits or limits_in_force())


# Candidates


def candidates_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Candidate]:
    """This function will give the candidates an actor may see, newest first."""
    found = access.visible(Candidate.objects.select_related("shop", "market", "category"), actor).order_by("-created_at")
    return found.filter(shop=shop_id) if shop_id else found


def candidate_for(actor: Actor, candidate_id: UUID) -> Candidate:
    """This function will give a candidate.   Raises: CandidateUnknown."""
    candidate = Candidate.objects.select_related("shop", "market", "category", "product", "launch").filter(pk=candidate_id).first()
    if candidate is None or not actor.sees(candidate.shop_id):
        raise CandidateUnknown
    return candidate


def candidates_of_launches(launch_ids: Iterable[UUID]) -> dict[UUID, Candidate]:
    """This function will give launch → candidate, for the gate; one query."""
    return {one.launch_id: one for one in prepared.rows(_of_launches, launches=list(launch_ids))}


def _of_launches(*, launches: Any) -> QuerySet[Candidate]:
    return Candidate.objects.filter(launch__among=launches)


def feedback_of(candidate: Candidate) -> list[Feedback]:
    """This function will list what came back: of this candidate's product, and of others in its market."""
    wanted = Q(candidate=candidate)
    if candidate.market_id:
        wanted |= Q(market=candidate.market_id)
    return list(Feedback.objects.filter(wanted).order_by("-closed_at")[:50])


def feedback_counts(product_ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """This function will give product → (cases, refunded fen).   Source: SEL-19."""
    return {product_id: (number, fen) for product_id, number, fen in prepared.rows(_feedback_summed, products=list(product_ids))}


def _feedback_summed(*, products: Any) -> QuerySet[Any]:
    return Feedback.objects.filter(product_id__among=products).values_list("product_id").annotate(n=Count("pk"), fen=Sum("refunded_fen"))


def competitor_spans(product_ids: Iterable[UUID]) -> dict[UUID, PriceSpan]:
    """
    This function will give product → where its competitors' prices lie, for the price-band alert; two queries.

    Products without a candidate, a market or competitors are left out.   Source: LST-6.
    """
    markets = dict(
        Candidate.objects.filter(product__in=list(product_ids), market__isnull=False).values_list("product_id", "market_id")
    )
    by_market: dict[UUID, list[Rival]] = {}
    for market_id, price_fen, sales in Competitor.objects.filter(market__in=set(markets.values())).values_list("market_id", "price_fen", "sales"):
        by_market.setdefault(market_id, []).append(Rival("", "", price_fen, sales))
    spans = {market_id: rules.price_span(rivals) for market_id, rivals in by_market.items()}
    return {product_id: span for product_id, market_id in markets.items() if (span := spans.get(market_id))}


def market_of_product(product_id: UUID) -> UUID | None:
    """This function will give the market a product came from, for links; None when it came another way."""
    return Candidate.objects.filter(product=product_id).values_list("market_id", flat=True).first()


def competitors_of_product(product_id: UUID, *, most: int = 500) -> list[Competitor]:
    """This function will give the competitors in the market a product came from, best sold first; none when it came another way."""
    market_id = market_of_product(product_id)
    return list(Competitor.objects.filter(market=market_id).order_by("-sales", "id")[:most]) if market_id else []
