"""
The competitor brief of a week: what moved since the week before, in figures that are kept as they were (SEL-3).

Made once a shop and week by a clock; made again, the kept one is given. Sentences are formed when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.kit.clock import in_shanghai
from kaibo.kit.errors import NotFound
from kaibo.language.themes import default_reader
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.selection import market_queries, queries
from kaibo.stages.selection.market_imports import week_of
from kaibo.stages.selection.market_queries import Part
from kaibo.stages.selection.models import Brief, Market
from kaibo.stages.selection.permissions import RESEARCH, SEE

READY_HOUR = 7
"""From seven on Monday morning, Shanghai, the brief of the week before is there."""
MOST_MOVES, MOST_TRENDS, MOST_DUE, MOST_NEEDS = 30, 12, 8, 3


class BriefUnknown(NotFound):
    code = "selection.brief_unknown"
    message_zh = "没有这份简报，或你看不到它"
    message_en = "There is no such brief, or you cannot see it"


def make_due(now: datetime) -> int:
    """This function will make last week's brief for every shop that watches a market and has none yet; gives how many it made."""
    here = in_shanghai(now)
    this_week = week_of(here.date())
    if here.date() == this_week and here.hour < READY_HOUR:
        return 0
    week_on = this_week - timedelta(days=7)
    shops = set(Market.objects.values_list("shop_id", flat=True)) - set(Brief.objects.filter(week_on=week_on).values_list("shop_id", flat=True))
    return sum(make(actor=KAIBO, shop_id=shop_id, week_on=week_on, now=now)[1] for shop_id in sorted(shops))


@transaction.atomic
def make(*, actor: Actor, shop_id: UUID, week_on: date, now: datetime) -> tuple[Brief, bool]:
    """
    This function will make a week's brief, or give the one there is, and tell those who choose goods.

    Raises: Forbidden.   Source: SEL-3.
    """
    access.require(actor, RESEARCH, shop_id=shop_id)
    week_on = week_of(week_on)
    kept = Brief.objects.filter(shop=shop_id, week_on=week_on).first()
    if kept:
        return kept, False
    content = contents(actor, shop_id, week_on)
    brief, is_new = Brief.objects.get_or_create(shop_id=shop_id, week_on=week_on, defaults={"made_at": now, "content": content})
    if is_new:
        audit.record(actor, "selection:brief:make", subject=f"brief:{brief.pk}", now=now, shop_id=shop_id, details={"week_on": week_on.isoformat()})
        notices.tell(
            {*people_with_role("selection", shop_id=shop_id), *people_with_role("owner", shop_id=shop_id)},
            key=f"brief:{brief.pk}", title=gettext_noop("竞品周报好了：%(week)s 起的一周"), body=gettext_noop("竞品变动 %(moves)s 处，正在走向大众的小众词 %(words)s 个"),
            values={"week": week_on.isoformat(), "moves": len(content["moves"]), "words": sum(one["course"] == "mainstream" for one in content["trends"])},
            href=f"/selection/briefs/{brief.pk}", now=now,
        )  # fmt: skip
    return brief, is_new


def contents(actor: Actor, shop_id: UUID, week_on: date) -> dict[str, Any]:
    """This function will gather a week's figures as JSON keeps them."""
    end = week_on + timedelta(days=7)
    markets = list(queries.markets_seen(actor, shop_id=shop_id))
    moves = market_queries.moves_between(markets, week_on, end)
    trends = market_queries.trends_for(actor, shop_id=shop_id, until=end)
    told = [one for one in trends if one.trend.course in {"mainstream", "rising", "falling"}]
    return {
        "moves": [_move(one) for one in moves[:MOST_MOVES]],
        "moves_left_out": max(0, len(moves) - MOST_MOVES),
        "complaints": [line for market in markets for line in _complaints(market, week_on, end)],
        "needs": [line for market in markets for line in _needs(market)],
        "trends": [
            {"word": one.trend.word, "kind": one.kind, "source": one.source, "course": one.trend.course.value, "growth_bp": one.trend.weekly_growth_bp, "weeks": one.trend.weeks, "first": one.trend.first, "last": one.trend.last, "p": one.trend.p}
            for one in told[:MOST_TRENDS]
        ],
        "words_tested": len(trends),
        "hosts": [_host(one) for one in market_queries.hosts_for(actor, shop_id=shop_id, until=end, most=10) if one.now.seen_on >= week_on],
        "due": [_due(one) for one in market_queries.calendar_for(actor, end, shop_id=shop_id) if one.stage in {"late", "now", "running"} and one.occasion.kind != "term"][:MOST_DUE],
        "verdicts": [{"market": market.title, "market_id": str(market.pk), "outcome": queries.verdict_of(market).outcome.value} for market in markets],
    }  # fmt: skip


def _move(one: market_queries.Move) -> dict[str, Any]:
    return {
        "market": one.market_title, "title": one.title, "shop": one.shop_name, "seen_on": one.seen_on.isoformat(), "is_new": one.is_new,
        "price_fen": one.price_fen, "was_price_fen": one.was_price_fen, "price_bp": one.price_bp, "sold": None if one.is_new else one.sold,
        "sales": one.sales, "points": one.points if one.has_new_points else "", "was_points": one.was_points if one.has_new_points else "",
    }  # fmt: skip


WEEKS_BEFORE = 4


def _complaints(market: Market, week_on: date, end: date) -> Iterable[dict[str, Any]]:
    """What is complained of more or less than in the four weeks before, beyond chance."""
    now = market_queries.complaints_between(market, week_on, end)
    before = market_queries.complaints_between(market, week_on - timedelta(weeks=WEEKS_BEFORE), week_on)
    all_now, all_before = sum(now.values()), sum(before.values())
    if not all_now or not all_before:
        return []
    titles = default_reader().titles
    lines = []
    for theme in {*now, *before} - {None}:
        p = market_queries.difference_p(Part("", now.get(theme, 0), all_now, 0, 0), Part("", before.get(theme, 0), all_before, 0, 0))
        lines.append(
            {"market": market.title, "theme": titles.get(theme, theme), "count": now.get(theme, 0), "of": all_now, "before": before.get(theme, 0), "of_before": all_before, "p": p, "is_different": p < market_queries.DIFFERENCE_RATE / max(1, len(titles))}
        )  # fmt: skip
    return sorted(lines, key=lambda one: (not one["is_different"], -one["count"], one["theme"]))[:5]


def _needs(market: Market) -> list[dict[str, Any]]:
    return [
        {
            "market": market.title, "aspect": one.aspect.name, "theme": one.theme_title, "bad": one.bad, "good": one.good, "share_bp": one.share_bp,
            "low_bp": one.low_bp, "high_bp": one.high_bp, "quote": f"{one.quotes[0].before}{one.quotes[0].hit}{one.quotes[0].after}"[:80] if one.quotes else "",
        }
        for one in market_queries.needs_of(market, most=MOST_NEEDS)
    ]  # fmt: skip


def _host(one: market_queries.HostRow) -> dict[str, Any]:
    return {
        "host": one.now.host, "platform": one.now.platform, "seen_on": one.now.seen_on.isoformat(), "rank": one.now.rank, "was_rank": one.before.rank if one.before else None,
        "viewers": one.now.viewers, "per_thousand": one.per_thousand, "items": one.now.items, "sales_fen": one.now.sales_fen, "sales_bp": one.sales_bp, "content": one.now.content,
    }  # fmt: skip


def _due(one: Any) -> dict[str, Any]:
    occasion = one.occasion
    return {
        "title": [occasion.title_zh, occasion.title_en], "stage": one.stage.value, "starts_on": occasion.starts_on.isoformat(), "choose_by": occasion.choose_by.isoformat(),
        "days_to_start": one.days_to_start, "themes": list(occasion.themes),
    }  # fmt: skip


def briefs_for(actor: Actor, *, shop_id: UUID | None = None) -> Any:
    """This function will give the briefs an actor may see, newest week first."""
    return access.visible(Brief.objects.select_related("shop"), actor, shop_id=shop_id).order_by("-week_on", "shop")


def brief_for(actor: Actor, brief_id: UUID) -> Brief:
    """This function will give a brief.   Raises: BriefUnknown."""
    brief = Brief.objects.select_related("shop").filter(pk=brief_id).first()
    if brief is None or not actor.sees(brief.shop_id):
        raise BriefUnknown
    return brief


@transaction.atomic
def note_download(*, actor: Actor, brief: Brief, kind: str, now: datetime) -> None:
    """This function will record that a brief left the house.   Raises: Forbidden."""
    access.require(actor, SEE, shop_id=brief.shop_id)
    audit.record(actor, "selection:brief:download", subject=f"brief:{brief.pk}", now=now, shop_id=brief.shop_id, details={"kind": kind, "week_on": brief.week_on.isoformat()})
