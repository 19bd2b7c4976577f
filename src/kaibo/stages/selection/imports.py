"""The spreadsheets selection reads: competing products and reviews."""

from __future__ import annotations

import hashlib
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from kaibo.kit.clock import business_date
from kaibo.kit.ids import new_id
from kaibo.kit.text import shortened
from kaibo.language.aspects import Said, said_in
from kaibo.language.themes import default_reader
from kaibo.language.tone import SOUNDS_CONTENT, default_tone
from kaibo.master.shops.models import Platform
from kaibo.plumbing.intake.cells import CellRefused, choice, moment, money_fen, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused, Taken
from kaibo.plumbing.intake.upsert import Upsert
from kaibo.stages.selection.models import Competitor, Market, Review, ReviewOpinion, ReviewTheme
from kaibo.stages.selection.permissions import RESEARCH

UNSORTED = "待归类"
"""The market of reviews whose file names neither a market nor a known product."""

PLATFORM_WORDS = {one.label: one.value for one in Platform} | {one.value: one.value for one in Platform} | {
    "天猫": "taobao", "天猫/淘宝": "taobao", "抖音": "douyin", "抖音小店": "douyin", "PDD": "pdd", "小红书店铺": "xiaohongshu",
}


class NotStars(CellRefused):
    code = "selection.not_stars"
    message_zh = "“{text}”不是 1 到 5 的评分"
    message_en = "“{text}” is not a rating from 1 to 5"


def rating_centi(cell: str) -> int:
    """This function will read `4.8`, `4.8分` or `5星` into hundredths of a star.   Raises: NotStars."""
    try:
        stars = Decimal(cell.strip().rstrip("分星颗 "))
    except InvalidOperation as unreadable:
        raise NotStars(text=shortened(cell, limit=20)) from unreadable
    if not stars.is_finite() or not 0 <= stars <= 5:
        raise NotStars(text=shortened(cell, limit=20))
    return int((stars * 100).to_integral_value(ROUND_HALF_UP))


def whole_stars(cell: str) -> int:
    """This function will read a review's stars, half ones rounded up.   Raises: NotStars."""
    stars = (rating_centi(cell) + 50) // 100
    if stars < 1:
        raise NotStars(text=shortened(cell, limit=20))
    return stars


opinion = choice(
    {
        "1": "good", "0": "bad", "-1": "bad", "好评": "good", "中评": "neutral", "差评": "bad", "正面": "good", "中性": "neutral", "负面": "bad",
        "11": "good", "12": "neutral", "13": "bad", "positive": "good", "negative": "bad", "neutral": "neutral",
    }
)
"""Words for a review's side as people and platforms write them; 11, 12, 13 are 千牛's codes."""

MARKET_COLUMN = Column("market", "市场", ("cat", "category", "类目", "商品类目", "品类", "所属类目", "细分市场", "category_name"))

COMPETITORS_TABLE = Upsert(
    table="selection_competitor",
    key=("market_id", "platform", "shop_name", "title"),
    columns={
        "id": "uuid", "market_id": "uuid", "platform": "text", "external_id": "text", "shop_name": "text", "title": "text", "price_fen": "bigint",
        "sales": "bigint", "rating_centi": "integer", "points": "text", "seen_at": "timestamptz",
    },
    only_when_new=("id",),
    newer_than="seen_at",
)
SIGHTINGS_TABLE = Upsert(
    table="selection_competitorsighting",
    key=("competitor_id", "seen_on"),
    columns={
        "competitor_id": "uuid", "seen_on": "date", "price_fen": "bigint", "sales": "bigint", "rating_centi": "integer", "points": "text",
    },
)
REVIEWS_TABLE = Upsert(
    table="selection_review",
    key=("market_id", "fingerprint"),
    columns={
        "id": "uuid", "market_id": "uuid", "fingerprint": "text", "product_external_id": "text", "product_title": "text", "body": "text",
        "opinion": "text", "rating": "smallint", "is_complaint": "boolean", "reviewed_at": "timestamptz", "imported_at": "timestamptz",
    },
    only_when_new=("id", "imported_at"),
)


DOMAIN_SAMPLE = 200
OPINIONS_PER_REVIEW = 16


def keep_sightings(rows: list[tuple[Any, ...]]) -> None:
    """This function will keep how each competitor stood on the day it was seen; a day seen twice keeps the later figures.   Source: SEL-2."""
    keys = {(row[1], row[2], row[4], row[5]): row for row in rows}
    known = Competitor.objects.filter(market__in={key[0] for key in keys}, title__in={key[3] for key in keys}).values_list("pk", "market_id", "platform", "shop_name", "title")
    seen = []
    for pk, *key in known:
        row = keys.get(tuple(key))
        if row:
            seen.append((pk, business_date(row[10]), row[6], row[7], row[8], row[9]))
    SIGHTINGS_TABLE.take(seen)


def _markets(context: ImportContext, titles: set[str]) -> dict[str, UUID]:
    Market.objects.bulk_create(
        [Market(shop_id=context.shop_id, title=title, created_at=context.now) for title in sorted(titles)], ignore_conflicts=True
    )
    return dict(Market.objects.filter(shop=context.shop_id, title__in=titles).values_list("title", "pk"))


def _market_title(row: ParsedRow) -> str:
    return shortened(row.get("market") or "", limit=60)


def take_competitors(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep competing products, the newest figures winning.   Source: SEL-2, SEL-6."""
    markets = _markets(context, {_market_title(row) or UNSORTED for row in rows})
    outcomes: dict[int, Outcome] = {}
    good: list[tuple[int, tuple[Any, ...]]] = []
    for place, row in enumerate(rows):
        if row["price_fen"] <= 0:
            outcomes[place] = Refused("selection.price_not_positive", "价格要大于 0", "The price must be above 0", "price_fen")
            continue
        if (row.get("sales") or 0) < 0:
            outcomes[place] = Refused("selection.sales_negative", "销量不能为负", "Sales cannot be negative", "sales")
            continue
        good.append(
            (
                place,
                (
                    new_id(), markets[_market_title(row) or UNSORTED], row.get("platform") or context.platform, shortened(row.get("external_id") or "", limit=64),
                    shortened(row.get("shop_name") or "", limit=80), shortened(row["title"], limit=200), row["price_fen"], row.get("sales") or 0,
                    row.get("rating"), shortened(row.get("points") or "", limit=300), row.get("seen_at") or context.file_exported_at,
                ),
            )
        )
    taken = COMPETITORS_TABLE.take([values for _, values in good])
    keep_sightings([values for _, values in good])
    outcomes |= {place: word for (place, _), word in zip(good, taken, strict=True)}
    return [outcomes[place] for place in range(len(rows))]


def _opinion_of(row: ParsedRow) -> str:
    if row.get("opinion"):
        return str(row["opinion"])
    stars = row.get("rating")
    if stars is None:
        return "unknown"
    return "bad" if stars <= 2 else "neutral" if stars == 3 else "good"


def _fingerprint(row: ParsedRow) -> str:
    """One review is one order's words about one product; without ids, equal words are one review."""
    parts = (row.get("order_no") or "", row.get("product_external_id") or "", row["body"])
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _markets_of_products(context: ImportContext, rows: list[ParsedRow]) -> dict[str, str]:
    """Where a file names no market, the competitor a review belongs to says it: product id or title → market title."""
    nameless = [row for row in rows if not _market_title(row)]
    words = {row.get(key) for row in nameless for key in ("product_external_id", "product_title")} - {None, ""}
    if not words:
        return {}
    known = Competitor.objects.filter(market__shop=context.shop_id)
    found = dict(known.filter(title__in=words).values_list("title", "market__title"))
    return found | dict(known.filter(external_id__in=words).values_list("external_id", "market__title"))


def take_reviews(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """
    This function will keep reviews and read those that are not content for what they complain of.

    Who wrote a review is not kept.   Source: SEL-5, SEL-6.
    """
    by_product = _markets_of_products(context, rows)
    titles = [
        _market_title(row) or by_product.get(row.get("product_external_id") or "") or by_product.get(row.get("product_title") or "") or UNSORTED
        for row in rows
    ]
    markets = _markets(context, set(titles))
    reader = default_reader()
    domains = _domains(rows, titles)
    values: list[tuple[Any, ...]] = []
    places: list[dict[str, tuple[int, int]]] = []
    said: list[list[Said]] = []
    for row, title in zip(rows, titles, strict=True):
        side = _opinion_of(row)
        named: dict[str, tuple[int, int]] = {}
        for complaint in reader.complaints_in(row["body"], domain=domains[title]) if _may_complain(side, row["body"]) else ():
            named.setdefault(complaint.theme, (complaint.start, complaint.end))
        places.append(named)
        said.append(said_in(reader, row["body"], domain=domains[title]))
        values.append(
            (
                new_id(), markets[title], _fingerprint(row), shortened(row.get("product_external_id") or "", limit=64),
                shortened(row.get("product_title") or "", limit=200), row["body"], side, row.get("rating"), bool(named),
                row.get("reviewed_at"), context.now,
            )
        )
    taken = REVIEWS_TABLE.take(values)
    _keep_readings(values, places, said, taken)
    return list(taken)


def _domains(rows: list[ParsedRow], titles: list[str]) -> dict[str, str]:
    """Market title → the kind of goods its reviews speak of; the title itself speaks first."""
    reader = default_reader()
    bodies: dict[str, list[str]] = {}
    for row, title in zip(rows, titles, strict=True):
        held = bodies.setdefault(title, [])
        if len(held) < DOMAIN_SAMPLE:
            held.append(row["body"])
    return {title: reader.domain_of([title]) or reader.domain_of(held) for title, held in bodies.items()}


def _may_complain(side: str, body: str) -> bool:
    """Nobody's side is known without stars: then the tone of the whole review says whether it is read for complaints."""
    return side != "good" and not (side == "unknown" and default_tone().score(body) >= SOUNDS_CONTENT)


def _keep_readings(values: list[tuple[Any, ...]], places: list[dict[str, tuple[int, int]]], said: list[list[Said]], taken: list[Taken]) -> None:
    changed = {(row[1], row[2]) for row, word in zip(values, taken, strict=True) if word is Taken.CHANGED}
    ids: dict[tuple[UUID, str], UUID] = {}
    if changed:
        for review_id, market_id, mark in Review.objects.filter(fingerprint__in=[mark for _, mark in changed]).values_list("id", "market_id", "fingerprint"):
            ids[(market_id, mark)] = review_id
        ReviewTheme.objects.filter(review__in=[ids[key] for key in changed]).delete()
        ReviewOpinion.objects.filter(review__in=[ids[key] for key in changed]).delete()
    themes, opinions = [], []
    for row, named, things, word in zip(values, places, said, taken, strict=True):
        if word is Taken.SAME:
            continue
        review_id = row[0] if word is Taken.NEW else ids[(row[1], row[2])]
        themes += [
            ReviewTheme(review_id=review_id, market_id=row[1], theme=theme, start=start, end=end, length=len(row[5]))
            for theme, (start, end) in named.items()
        ]
        opinions += [
            ReviewOpinion(review_id=review_id, market_id=row[1], side=one.side, theme=one.theme, aspect=one.aspect, start=one.start, end=one.end)
            for one in things[:OPINIONS_PER_REVIEW]
        ]
    ReviewTheme.objects.bulk_create(themes, batch_size=2_000)
    ReviewOpinion.objects.bulk_create(opinions, batch_size=2_000)


COMPETITORS = ImportKind(
    key="competitors",
    title_zh="竞品商品",
    title_en="Competing products",
    ability=RESEARCH,
    columns=(
        MARKET_COLUMN,
        Column("platform", "平台", ("来源平台", "渠道"), parse=choice(PLATFORM_WORDS)),
        Column("external_id", "商品ID", ("商品编号", "宝贝ID", "item_id", "商品id")),
        Column("shop_name", "店铺", ("店铺名称", "店铺名", "主播", "达人", "卖家", "商家")),
        Column("title", "商品标题", ("标题", "商品名称", "竞品标题", "竞品名称", "宝贝标题", "竞品", "商品"), required=True),
        Column("price_fen", "价格", ("售价", "到手价", "券后价", "成交价", "单价", "直播价"), required=True, parse=money_fen),
        Column("sales", "销量", ("月销量", "销售量", "成交件数", "近30天销量", "付款人数", "销量(件)"), parse=whole_number),
        Column("rating", "评分", ("商品评分", "店铺评分", "DSR", "体验分"), parse=rating_centi),
        Column("points", "核心卖点", ("卖点", "主打卖点", "宣传语", "主打")),
        Column("seen_at", "采集时间", ("统计时间", "更新时间", "日期"), parse=moment),
    ),
    apply=take_competitors,
    row_key=("market", "platform", "shop_name", "title"),
    sample_rows=(
        {"market": "双面呢外套", "platform": "淘宝", "shop_name": "梨花家", "title": "双面呢大衣女短款 特价清仓", "price_fen": "189.00", "sales": "12,400", "rating": "4.5", "points": "工厂价直发、低价"},
        {"market": "双面呢外套", "platform": "抖店", "shop_name": "小满衣舍", "title": "秋冬新款毛呢外套", "price_fen": "219", "sales": "0.8万", "rating": "4.4", "points": "便宜百搭"},
    ),
    needs_shop=True,
)

REVIEWS = ImportKind(
    key="reviews",
    title_zh="商品评价",
    title_en="Product reviews",
    ability=RESEARCH,
    columns=(
        MARKET_COLUMN,
        Column("body", "评价内容", ("review", "评论内容", "评论", "评价", "内容", "首评内容", "content", "comment"), required=True),
        Column("opinion", "评价等级", ("label", "评价类型", "情感", "好中差评", "评价结果", "emotion", "sentiment"), parse=opinion),
        Column("rating", "评分", ("星级", "评价星级", "打分", "商品评分", "score", "stars"), parse=whole_stars),
        Column("product_external_id", "商品ID", ("商品编号", "宝贝ID", "商品id", "itemId", "item_id")),
        Column("product_title", "商品名称", ("商品标题", "宝贝标题", "商品", "title")),
        Column("order_no", "订单编号", ("订单号", "主订单编号", "orderId", "feedId", "评价ID")),
        Column("reviewed_at", "评价时间", ("评论时间", "创建时间", "日期", "时间"), parse=moment),
    ),
    apply=take_reviews,
    row_key=("market", "order_no", "product_external_id", "product_title", "body"),
    sample_rows=(
        {"market": "双面呢外套", "body": "穿了两天就起球，做工太差了", "opinion": "差评", "rating": "1", "product_title": "双面呢大衣女短款 特价清仓", "reviewed_at": "2026-11-12 20:31:00"},
        {"market": "双面呢外套", "body": "版型好看，就是有点薄", "opinion": "中评", "rating": "3", "product_title": "秋冬新款毛呢外套", "reviewed_at": "2026-11-13 09:02:11"},
    ),
    needs_shop=True,
)

