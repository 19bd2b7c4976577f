"""Figures of pages, A/B tests, the trade's means and category examples, as back offices export them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from kaibo.kit.clock import business_date
from kaibo.kit.ids import new_id
from kaibo.kit.text import shortened
from kaibo.plumbing.intake.cells import choice, day, percent_bp, whole_number
from kaibo.plumbing.intake.kinds import Column, ImportContext, ImportKind, Outcome, ParsedRow, Refused
from kaibo.plumbing.intake.upsert import Upsert
from kaibo.stages.listing.imports import PLATFORM_WORDS
from kaibo.stages.listing.models import AbTest, Listing
from kaibo.stages.listing.permissions import EDIT
from kaibo.stages.listing.trial_services import keep_evidence

Judged = Refused | Sequence[Any]
METRIC_WORDS = {"点击率": "click", "收藏加购率": "interest", "收藏率": "interest", "转化率": "order", "支付转化率": "order", "click": "click", "interest": "interest", "order": "order"}

DAYS_TABLE = Upsert(
    table="listing_dayfigures",
    key=("listing_id", "day"),
    columns={
        "id": "uuid", "listing_id": "uuid", "day": "date", "views": "bigint", "clicks": "bigint", "favourites": "bigint", "carts": "bigint", "orders": "bigint",
        "read_at": "timestamptz",
    },
    only_when_new=("id",),
    newer_than="read_at",
)
AB_TABLE = Upsert(
    table="listing_abfigures",
    key=("test_id", "day", "version"),
    columns={"id": "uuid", "test_id": "uuid", "day": "date", "version": "text", "shown": "bigint", "acted": "bigint", "read_at": "timestamptz"},
    only_when_new=("id",),
    newer_than="read_at",
)
MEANS_TABLE = Upsert(
    table="listing_industrymean",
    key=("shop_id", "platform", "category_word", "metric", "dated_on"),
    columns={
        "id": "uuid", "shop_id": "uuid", "platform": "text", "category_word": "text", "metric": "text", "rate_bp": "bigint", "source": "text", "dated_on": "date",
        "added_by": "text",
    },
    only_when_new=("id", "added_by"),
)
EXAMPLES_TABLE = Upsert(
    table="listing_categoryexample",
    key=("shop_id", "title"),
    columns={"id": "uuid", "shop_id": "uuid", "title": "text", "path": "text", "visits": "bigint", "seen_at": "timestamptz"},
    only_when_new=("id",),
    newer_than="seen_at",
)


def _taken(table: Upsert, rows: list[ParsedRow], judge: Callable[[ParsedRow], Judged]) -> list[Outcome]:
    """This function will judge rows one by one and write the good ones in one statement."""
    judged = [judge(row) for row in rows]
    words = iter(table.take([one for one in judged if not isinstance(one, Refused)]))
    return [one if isinstance(one, Refused) else next(words) for one in judged]


def _counts_refused(row: ParsedRow, today: date, *, less: str, more: str, names: Sequence[str]) -> Refused | None:
    if any((row.get(name) or 0) < 0 for name in names):
        return Refused("listing.figures_negative", "数字不能为负", "Figures cannot be negative", next(name for name in names if (row.get(name) or 0) < 0))
    if (row.get(less) or 0) > (row.get(more) or 0):
        return Refused("listing.figures_impossible", "点击（行动）比曝光（看到）多", "More acted than were shown", less)
    if row["day"] > today:
        return Refused("listing.figures_future", "日期在将来", "The day is in the future", "day")
    return None


def take_days(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep pages' figures day by day, newer files winning.   Source: LST-9."""
    codes = {row["product"] for row in rows}
    pages: dict[tuple[str, str], UUID] = {
        (code, platform): pk
        for pk, code, platform in Listing.objects.filter(shop=context.shop_id, product__code__in=codes).values_list("pk", "product__code", "channel__platform")
    }
    today = business_date(context.now)

    def judge(row: ParsedRow) -> Judged:
        listing_id = pages.get((row["product"], row.get("platform") or context.platform or ""))
        mine = {pk for (code, _platform), pk in pages.items() if code == row["product"]}
        if listing_id is None and not row.get("platform") and len(mine) == 1:
            listing_id = next(iter(mine))
        if listing_id is None:
            return Refused("listing.page_unknown", "没有这个商品在这个平台的上架页", "There is no page of this product on that platform", "product")
        refused = _counts_refused(row, today, less="clicks", more="views", names=("views", "clicks", "favourites", "carts", "orders"))
        return refused or (
            new_id(), listing_id, row["day"], row["views"], row["clicks"], row.get("favourites") or 0, row.get("carts") or 0, row.get("orders") or 0,
            context.file_exported_at,
        )

    return _taken(DAYS_TABLE, rows, judge)


def take_ab(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep A/B figures and read the tests they belong to.   Source: LST-12."""
    tests = {one.code: one for one in AbTest.objects.filter(shop=context.shop_id, code__in={row["code"] for row in rows})}
    today = business_date(context.now)

    def judge(row: ParsedRow) -> Judged:
        test = tests.get(row["code"])
        if test is None:
            return Refused("listing.test_unknown", "没有这个编号的试验", "There is no test with this code", "code")
        if test.state != "running":
            return Refused("listing.test_ended", "这个试验已经结束", "The test has ended", "code")
        refused = _counts_refused(row, today, less="acted", more="shown", names=("shown", "acted"))
        return refused or (new_id(), test.pk, row["day"], row["version"], row["shown"], row["acted"], context.file_exported_at)

    outcomes = _taken(AB_TABLE, rows, judge)
    for test in tests.values():
        keep_evidence(test)
    return outcomes


def take_means(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep the trade's means, dated and with their source.   Source: LST-10."""

    def judge(row: ParsedRow) -> Judged:
        if not 0 < row["rate"] <= 10_000:
            return Refused("listing.mean_impossible", "均值要在 0 和 100 % 之间", "A mean lies between 0 and 100 %", "rate")
        return (
            new_id(), context.shop_id, row.get("platform") or context.platform, shortened(row.get("category") or "", limit=60), row["metric"], row["rate"],
            shortened(row["source"], limit=200), row["dated_on"], context.actor.name,
        )

    return _taken(MEANS_TABLE, rows, judge)


def take_examples(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """This function will keep titles with their categories: what the category adviser learns from.   Source: LST-5."""

    def judge(row: ParsedRow) -> Judged:
        path = "/".join(part.strip() for part in row["path"].replace(">", "/").split("/") if part.strip())
        if not path or len(path) > 120 or len(row["title"]) > 200:
            return Refused("listing.example_unusable", "标题超过 200 字，或类目看不懂", "The title is too long or the category unreadable", "path")
        return (new_id(), context.shop_id, row["title"], path, max(0, row.get("visits") or 0), context.file_exported_at)

    return _taken(EXAMPLES_TABLE, rows, judge)


PAGE_DAYS = ImportKind(
    key="listingdays", title_zh="试卖数据（每天）", title_en="Page figures by day", ability=EDIT,
    columns=(
        Column("product", "商品编码", ("商家编码", "货号", "商品货号"), required=True), Column("day", "日期", ("统计日期", "数据日期"), required=True, parse=day),
        Column("views", "曝光", ("曝光量", "曝光次数", "展现量", "商品曝光次数"), required=True, parse=whole_number),
        Column("clicks", "点击", ("点击量", "点击次数", "商品点击次数", "商品点击人数"), required=True, parse=whole_number),
        Column("favourites", "收藏", ("收藏人数", "收藏次数"), parse=whole_number), Column("carts", "加购", ("加购人数", "加购件数", "加入购物车"), parse=whole_number),
        Column("orders", "成交", ("成交单数", "支付订单数", "成交订单数", "支付买家数"), parse=whole_number),
        Column("platform", "平台", ("来源平台",), parse=choice(PLATFORM_WORDS)),
    ),
    apply=take_days, row_key=("product", "platform", "day"),
    sample_rows=({"product": "KB-2417", "day": "2026-11-20", "views": "12,480", "clicks": "310", "favourites": "21", "carts": "44", "orders": "9", "platform": "抖店"},),
    needs_shop=True,
)
AB_DAYS = ImportKind(
    key="abfigures", title_zh="A/B 试验数据", title_en="A/B test figures", ability=EDIT,
    columns=(
        Column("code", "试验编号", ("试验", "实验编号"), required=True), Column("day", "日期", ("统计日期",), required=True, parse=day),
        Column("version", "版本", ("组别", "分组"), required=True, parse=choice({"A": "a", "B": "b", "a": "a", "b": "b", "对照": "a", "实验": "b", "对照组": "a", "实验组": "b"})),
        Column("shown", "看到人数", ("曝光人数", "访客数", "进组人数"), required=True, parse=whole_number),
        Column("acted", "行动人数", ("点击人数", "成交人数", "支付人数", "转化人数"), required=True, parse=whole_number),
    ),
    apply=take_ab, row_key=("code", "day", "version"),
    sample_rows=({"code": "AB-1", "day": "2026-11-20", "version": "A", "shown": "610", "acted": "31"}, {"code": "AB-1", "day": "2026-11-20", "version": "B", "shown": "598", "acted": "38"}),
    needs_shop=True,
)
MEANS = ImportKind(
    key="industrymeans", title_zh="行业均值", title_en="Trade means", ability=EDIT,
    columns=(
        Column("metric", "指标", ("指标名称",), required=True, parse=choice(METRIC_WORDS)), Column("rate", "均值", ("行业均值", "同行均值", "同行平均"), required=True, parse=percent_bp),
        Column("source", "来源", ("数据来源", "出处"), required=True), Column("dated_on", "日期", ("统计日期", "数据日期"), required=True, parse=day),
        Column("category", "类目", ("行业", "所属类目")), Column("platform", "平台", ("来源平台",), parse=choice(PLATFORM_WORDS)),
    ),
    apply=take_means, row_key=("platform", "category", "metric", "dated_on"),
    sample_rows=({"metric": "点击率", "rate": "3.2%", "source": "平台后台 同行对比", "dated_on": "2026-11-15", "category": "服装", "platform": "抖店"},),
    needs_shop=True,
)
CATEGORY_EXAMPLES = ImportKind(
    key="categoryexamples", title_zh="类目样本（标题与类目）", title_en="Titles with their categories", ability=EDIT,
    columns=(
        Column("title", "标题", ("商品标题", "商品名称", "宝贝标题"), required=True), Column("path", "类目", ("类目路径", "商品类目", "叶子类目"), required=True),
        Column("visits", "访客", ("访客数", "浏览量", "商品访客数"), parse=whole_number),
    ),
    apply=take_examples, row_key=("title",),
    sample_rows=({"title": "羊毛双面呢外套女短款小个子秋冬季手工缝制大衣", "path": "女装 > 毛呢外套", "visits": "1,204"},),
    needs_shop=True,
)
FIGURE_IMPORTS = (PAGE_DAYS, AB_DAYS, MEANS, CATEGORY_EXAMPLES)
