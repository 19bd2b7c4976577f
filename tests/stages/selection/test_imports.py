"""Competitors and reviews come in as files."""

from __future__ import annotations

import pytest

from kaibo.plumbing.intake.models import QuarantinedRow
from kaibo.stages.selection import queries
from kaibo.stages.selection.models import Competitor, Market, Review, ReviewTheme
from tests.corpora import shared_data
from tests.make.people import make_actor
from tests.make.selection import csv_bytes, make_competitor, make_market, make_reviews, run_import

pytestmark = pytest.mark.django_db

COMPETITORS = csv_bytes(
    ["商品类目", "平台", "店铺名称", "宝贝标题", "券后价", "月销量", "评分", "卖点"],
    [
        ["双面呢外套", "淘宝", "梨花家", "双面呢大衣女短款 特价清仓", "¥189.00", "12,400", "4.5", "工厂价直发"],
        ["双面呢外套", "抖音小店", "小满衣舍", "秋冬新款毛呢外套", "219元", "0.8万", "4.4分", "便宜百搭"],
        ["双面呢外套", "淘宝", "无价", "没有价格", "0", "3", "", ""],
        ["双面呢外套", "淘宝", "坏行", "评分写错", "99", "3", "7.5", ""],
    ],
)


def test_competitors_are_read_as_people_write_them_and_bad_rows_wait(shop):
    run = run_import("competitors", COMPETITORS, shop)
    assert (run.rows_new, run.rows_quarantined) == (2, 2)
    rows = {one.title: one for one in Competitor.objects.all()}
    coat = rows["双面呢大衣女短款 特价清仓"]
    assert (coat.price_fen, coat.sales, coat.rating_centi, coat.platform, coat.market.title) == (18_900, 12_400, 450, "taobao", "双面呢外套")
    assert rows["秋冬新款毛呢外套"].sales == 8_000
    reasons = {row.reasons[0]["code"] for row in QuarantinedRow.objects.filter(run=run)}
    assert reasons == {"selection.price_not_positive", "selection.not_stars"}


def test_the_same_competitors_twice_change_nothing(shop):
    run_import("competitors", COMPETITORS, shop)
    before = list(Competitor.objects.order_by("title").values_list("pk", "price_fen", "sales", "seen_at"))
    again = run_import("competitors", COMPETITORS, shop, name="again.csv")
    assert (again.rows_new, again.rows_changed, again.rows_same) == (0, 0, 2)
    assert list(Competitor.objects.order_by("title").values_list("pk", "price_fen", "sales", "seen_at")) == before


def test_reviews_without_a_market_go_to_the_market_of_their_product(shop):
    market = make_market(shop)
    make_competitor(market, "双面呢大衣", 18_900)
    run_import("reviews", csv_bytes(["评价内容", "评价等级", "商品名称"], [["做工很差", "差评", "双面呢大衣"], ["质量差", "差评", "别的货"]]), shop)
    assert Review.objects.get(body="做工很差").market == market
    assert Review.objects.get(body="质量差").market.title == "待归类"


def test_only_reviews_that_are_not_content_are_read_for_complaints(shop):
    market = make_market(shop)
    make_reviews(market, ["质量太差，穿一次就起球"], label="差评")
    make_reviews(market, ["质量太差了才怪，很喜欢"], label="好评")
    bad = Review.objects.get(opinion="bad")
    assert bad.is_complaint
    assert not Review.objects.get(opinion="good").is_complaint
    for theme in ReviewTheme.objects.filter(review=bad):
        assert bad.body[theme.start : theme.end]
    assert queries.figures_of(market) == queries.MarketFigures(2, 1, 1, ReviewTheme.objects.filter(theme="quality").count(), 0, 0)


def test_a_review_corrected_from_good_to_bad_is_read_again_and_not_counted_twice(shop):
    market = make_market(shop)
    header = ["类目", "订单编号", "评价内容", "评分"]
    run_import("reviews", csv_bytes(header, [[market.title, "6920001", "质量太差", "5"]]), shop)
    assert ReviewTheme.objects.count() == 0
    changed = run_import("reviews", csv_bytes(header, [[market.title, "6920001", "质量太差", "1"]]), shop, name="b.csv")
    assert changed.rows_changed == 1
    assert Review.objects.count() == 1
    assert list(ReviewTheme.objects.values_list("theme", flat=True)) == ["quality"]
    run_import("reviews", csv_bytes(header, [[market.title, "6920001", "质量太差", "1"]]), shop, name="c.csv")
    assert ReviewTheme.objects.count() == 1


def test_nobody_without_the_ability_imports_reviews(shop):
    from kaibo.kit.errors import Forbidden

    with pytest.raises(Forbidden):
        run_import("reviews", csv_bytes(["评价内容"], [["质量差"]]), shop, actor=make_actor("hugo", "host", shop=shop))
    assert not Review.objects.exists()
    assert not Market.objects.exists()


def test_quotes_are_cut_at_the_exact_place(shop):
    market = make_market(shop)
    make_reviews(market, ["收到就发现质量太差了，退货", "面料还行"])
    theme = next(one for one in queries.themes_of(market) if one.key == "quality")
    quote = theme.quotes[0]
    assert quote.before + quote.hit + quote.after == "收到就发现质量太差了，退货"
    assert "差" in quote.hit
    assert (theme.count, theme.share_bp) == (1, 10_000)


def test_a_theme_shows_its_interval_and_each_words_once(shop):
    market = make_market(shop)
    said = [("a", "收到就发现质量太差了，退货"), ("b", "收到就发现质量太差了，退货"), ("a", "质量很差，线头一堆"), ("b", "物流太慢了")]
    run_import("reviews", csv_bytes(["类目", "商品ID", "评价内容", "评分"], [[market.title, product, words, "1"] for product, words in said]), shop)
    theme = next(one for one in queries.themes_of(market) if one.key == "quality")
    assert (theme.count, theme.share_bp, theme.low_bp, theme.high_bp) == (3, 7_500, 3_006, 9_545)
    assert sorted(one.before + one.hit + one.after for one in theme.quotes) == ["收到就发现质量太差了，退货", "质量很差，线头一堆"]


@pytest.mark.corpus
def test_the_real_review_file_imports_as_it_is(shop):
    path = shared_data("reviews_online_shopping_10_cats/online_shopping_10_cats.csv")
    sample = b"\n".join(path.read_bytes().split(b"\n")[:3_001]) + b"\n"
    run = run_import("reviews", sample, shop, name=path.name)
    assert run.rows_quarantined == 0
    assert run.rows_new + run.rows_same == run.rows_read == 3_000
    assert set(Review.objects.values_list("opinion", flat=True)) <= {"good", "bad"}
