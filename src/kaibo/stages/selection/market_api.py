"""The market board over JSON: needs, trends, the calendar and briefs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import PageNumberPagination, paginate

from kaibo.kit.clock import business_date
from kaibo.plumbing.access import access
from kaibo.stages.selection import brief, market_queries, queries
from kaibo.stages.selection.permissions import SEE

router = Router(tags=["selection"])


class QuoteOut(Schema):
    text: str
    start: int
    end: int


class NeedOut(Schema):
    aspect: str
    names: list[str]
    theme: str
    bad: int
    good: int
    share_bp: int
    low_bp: int
    high_bp: int
    quotes: list[QuoteOut]


class TrendOut(Schema):
    word: str
    kind: str
    source: str
    course: str
    weeks: int
    first: int
    last: int
    weekly_growth_bp: int
    p: float

    @staticmethod
    def resolve_word(row: market_queries.TrendRow) -> str:
        return row.trend.word

    @staticmethod
    def resolve_course(row: market_queries.TrendRow) -> str:
        return row.trend.course.value

    @staticmethod
    def resolve_weeks(row: market_queries.TrendRow) -> int:
        return row.trend.weeks

    @staticmethod
    def resolve_first(row: market_queries.TrendRow) -> int:
        return row.trend.first

    @staticmethod
    def resolve_last(row: market_queries.TrendRow) -> int:
        return row.trend.last

    @staticmethod
    def resolve_weekly_growth_bp(row: market_queries.TrendRow) -> int:
        return row.trend.weekly_growth_bp

    @staticmethod
    def resolve_p(row: market_queries.TrendRow) -> float:
        return row.trend.p


class DueOut(Schema):
    key: str
    year: int
    title: str
    stage: str
    choose_by: date
    starts_on: date
    ends_on: date
    themes: list[str]


class BriefOut(Schema):
    id: UUID
    shop_id: UUID
    week_on: date
    made_at: datetime
    content: dict[str, Any]


@router.get("/markets/{market_id}/needs", response=list[NeedOut])
def market_needs(request: HttpRequest, market_id: UUID) -> list[dict[str, object]]:
    access.require(request.auth, SEE)
    market = queries.market_for(request.auth, market_id)
    return [
        {
            "aspect": one.aspect.name, "names": list(one.aspect.names), "theme": one.theme_title, "bad": one.bad, "good": one.good, "share_bp": one.share_bp,
            "low_bp": one.low_bp, "high_bp": one.high_bp,
            "quotes": [{"text": quote.before + quote.hit + quote.after, "start": quote.start, "end": quote.end} for quote in one.quotes],
        }
        for one in market_queries.needs_of(market)
    ]  # fmt: skip


@router.get("/trends", response=list[TrendOut])
@paginate(PageNumberPagination, page_size=50, max_page_size=200)
def list_trends(request: HttpRequest) -> market_queries.Words:
    """This function will list words with their tests, those with too few weeks last."""
    access.require(request.auth, SEE)
    return market_queries.Words(request.auth)


@router.get("/calendar", response=list[DueOut])
def list_occasions(request: HttpRequest) -> list[dict[str, object]]:
    access.require(request.auth, SEE)
    return [
        {
            "key": one.occasion.key, "year": one.occasion.year, "title": one.occasion.title_zh, "stage": one.stage.value, "choose_by": one.occasion.choose_by,
            "starts_on": one.occasion.starts_on, "ends_on": one.occasion.ends_on, "themes": list(one.occasion.themes),
        }
        for one in market_queries.calendar_for(request.auth, business_date(request.now))
    ]  # fmt: skip


@router.get("/briefs", response=list[BriefOut])
def list_briefs(request: HttpRequest) -> list[Any]:
    access.require(request.auth, SEE)
    return list(brief.briefs_for(request.auth)[:60])
