"""Makers of markets, competitors, reviews and candidates."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from kaibo.master.catalog.services import NewSku
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.intake.services import start_import
from kaibo.stages.selection import services
from kaibo.stages.selection.models import Candidate, Competitor, Market, Review
from kaibo.stages.selection.rules import Economics
from kaibo.stages.selection.services import Draft
from tests.make.goods import make_category

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

ECONOMICS = Economics(cost_fen=18_000, price_fen=59_900, return_bp=3_500, freight_fen=600, return_loss_fen=1_200, commission_bp=1_500)


def make_market(shop: Shop, title: str = "双面呢外套", reference_fen: int | None = None) -> Market:
    market, _ = Market.objects.get_or_create(shop=shop, title=title, defaults={"created_at": NOW})
    if reference_fen:
        services.set_reference_price(actor=KAIBO, market_id=market.pk, reference_fen=reference_fen, source="平台市场行情 2026-11", now=NOW)
        market.refresh_from_db()
    return market


def make_competitor(market: Market, title: str, price_fen: int, sales: int = 1_000, points: str = "", shop_name: str = "梨花家") -> Competitor:
    return Competitor.objects.create(
        market=market, platform="taobao", shop_name=shop_name, title=title, price_fen=price_fen, sales=sales, points=points, seen_at=NOW
    )


def csv_bytes(header: list[str], rows: list[list[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def run_import(kind: str, content: bytes, shop: Shop, *, actor: Actor = KAIBO, platform: str = "", name: str = "file.csv") -> ImportRun:
    """A whole import, as the work process does it."""
    run = start_import(
        actor=actor, kind_key=kind, chunks=[content], file_name=name, platform=platform, shop_id=shop.pk, now=NOW
    )
    engine.run_import(run.pk, clock=lambda: NOW)
    run.refresh_from_db()
    return run


def make_reviews(market: Market, bodies: list[str], label: str = "差评", product: str = "") -> None:
    """Reviews through the real import."""
    content = csv_bytes(["类目", "评价内容", "评价等级", "商品名称"], [[market.title, body, label, product] for body in bodies])
    run_import("reviews", content, market.shop)
    assert Review.objects.filter(market=market).exists()


def make_draft(code: str = "KB-2501", *, market: Market | None = None, economics: Economics = ECONOMICS, **changes) -> Draft:
    make_category()
    values = {
        "title": "九成羊毛双面呢短外套", "code": code, "category": "apparel", "economics": economics, "market_id": market.pk if market else None,
        "position": "quality", "value_proposition": "给怕起球的通勤女生：九成羊毛、机洗不变形的短外套", "selling_points": ["九成羊毛不扎人", "机洗不变形"],
        "skus": [NewSku(f"{code}-B-M", "黑色 / M", 18_000, 59_900), NewSku(f"{code}-B-L", "黑色 / L", 18_000, 59_900)],
    } | changes
    return Draft(**values)


def make_candidate(shop: Shop, code: str = "KB-2501", *, actor: Actor = KAIBO, scored: bool = False, **changes) -> Candidate:
    candidate = services.add_candidate(actor=actor, shop_id=shop.pk, draft=make_draft(code, **changes), now=NOW)
    return services.score_candidate(actor=actor, candidate_id=candidate.pk, now=NOW) if scored else candidate
