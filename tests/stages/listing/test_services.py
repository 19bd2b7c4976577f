"""Titles are saved, prices guarded, pages published, on a real database."""

from __future__ import annotations

from datetime import date

import pytest

from kaibo.kit.errors import Forbidden
from kaibo.master.catalog.models import Category
from kaibo.master.launches.services import begin_launch
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.compliance import rights
from kaibo.stages.compliance import services as compliance
from kaibo.stages.compliance.models import Document, Likeness, ScreenedText
from kaibo.stages.listing import advice, gates, queries, rules, services, title_queries
from kaibo.stages.listing.models import HotWord, Listing, ListingPrice, ListingVersion
from kaibo.stages.listing.rules import TitleParts
from tests.make.compliance import NOW, make_channel, make_document, make_papers
from tests.make.goods import make_product, make_sku
from tests.make.listing import PARTS, make_listing, make_published
from tests.make.people import make_actor, make_shop
from tests.make.selection import csv_bytes, make_candidate, make_competitor, make_market, run_import

pytestmark = pytest.mark.django_db


def sku_of(listing: Listing):
    return ListingPrice.objects.filter(listing=listing).first().sku


def test_a_title_is_built_saved_and_its_screening_kept(shop, owner):
    listing = make_listing(actor=owner)
    assert listing.title == "秋冬通勤羊毛短款双面呢外套"
    assert ScreenedText.objects.get().product_id == listing.product_id


@pytest.mark.parametrize(
    ("title", "parts", "error"),
    [("国家级双面呢外套", PARTS, rules.TitleBlocked), ("双面呢外套" + "长" * 40, PARTS, rules.TitleTooLong), ("好看的衣服", PARTS, rules.CoreWordMissing), ("外套", TitleParts(""), rules.CoreWordMissing)],
)
def test_a_title_that_cannot_stand_is_refused_and_nothing_changes(shop, owner, title, parts, error):
    listing = make_listing(actor=owner)
    with pytest.raises(error):
        services.save_title(actor=owner, listing_id=listing.pk, parts=parts, title=title, revision=listing.revision, now=NOW)
    again = Listing.objects.get(pk=listing.pk)
    assert (again.title, again.revision) == (listing.title, listing.revision)


def test_two_people_who_edit_one_title_do_not_overwrite_each_other_unseen(shop, owner):
    listing = make_listing(actor=owner)
    services.save_title(actor=owner, listing_id=listing.pk, parts=PARTS, title="第一版双面呢外套", revision=listing.revision, now=NOW)
    with pytest.raises(services.ListingChanged):
        services.save_title(actor=owner, listing_id=listing.pk, parts=PARTS, title="另一版双面呢外套", revision=listing.revision, now=NOW)
    assert Listing.objects.get().title == "第一版双面呢外套"


def test_a_price_below_cost_is_never_kept(shop, owner):
    listing = make_listing(actor=owner)
    sku = sku_of(listing)
    with pytest.raises(rules.BelowCost):
        services.set_price(actor=owner, listing_id=listing.pk, sku_id=sku.pk, price_fen=sku.cost_fen - 1, now=NOW, reason="清仓")
    assert ListingPrice.objects.get().price_fen == sku.price_fen


def test_a_far_price_waits_for_another_person_and_is_confirmed_as_it_was_seen(shop, owner):
    listing = make_listing(actor=owner)
    make_papers(shop)
    sku = sku_of(listing)
    services.set_price(actor=owner, listing_id=listing.pk, sku_id=sku.pk, price_fen=39_900, now=NOW, reason="双12")
    with pytest.raises(services.ListingNotReady):
        services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    with pytest.raises(rules.SamePersonTwice):
        services.confirm_price(actor=owner, listing_id=listing.pk, sku_id=sku.pk, price_fen=39_900, now=NOW)
    second = make_actor("ou", "operations", shop=shop)
    with pytest.raises(services.PriceMovedOn):
        services.confirm_price(actor=second, listing_id=listing.pk, sku_id=sku.pk, price_fen=38_900, now=NOW)
    assert not ListingVersion.objects.exists()
    services.confirm_price(actor=second, listing_id=listing.pk, sku_id=sku.pk, price_fen=39_900, now=NOW)
    services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    assert queries.published_prices([sku.pk]) == {sku.pk: 39_900}
    services.set_price(actor=owner, listing_id=listing.pk, sku_id=sku.pk, price_fen=37_900, now=NOW)
    assert ListingPrice.objects.get().confirmed_by == ""
    assert queries.published_prices([sku.pk]) == {sku.pk: 39_900}


def test_publishing_makes_a_version_and_announces_it(shop, owner):
    listing = make_published()
    sku = sku_of(listing)
    assert (listing.state, listing.published_version) == ("published", 1)
    assert OutboxFact.objects.get(name="listing.listing_published").payload["product_id"] == str(listing.product_id)
    assert queries.published_prices([sku.pk]) == {sku.pk: 59_900}
    assert queries.published_products()[listing.product_id].title == "秋冬通勤羊毛短款双面呢外套"
    services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    assert list(ListingVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    services.withdraw_listing(actor=owner, listing_id=listing.pk, reason="换季", now=NOW)
    assert queries.published_prices([sku.pk]) == {}
    assert queries.published_products() == {}
    with pytest.raises(services.ListingNotPublished):
        services.withdraw_listing(actor=owner, listing_id=listing.pk, reason="", now=NOW)


def test_missing_and_expired_documents_block_publishing_with_the_way_out(shop, owner):
    listing = make_listing(actor=owner)
    with pytest.raises(services.ListingNotReady) as refused:
        services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    assert "营业执照" in refused.value.message("zh")
    assert "kind=business_licence" in refused.value.details["href"]
    make_document(shop, valid_until=date(2026, 11, 21))
    with pytest.raises(services.ListingNotReady) as refused:
        services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    assert "过期" in refused.value.message("zh")
    assert not OutboxFact.objects.filter(name="listing.listing_published").exists()
    assert Listing.objects.get().state == "draft"


def test_a_claim_without_registration_and_report_is_not_published_even_when_its_words_were_released(shop, owner):
    Category.objects.get_or_create(code="beauty", defaults={"title": "美妆", "title_en": "Beauty"})
    product = make_product(shop, "SR-1", "烟酰胺精华", category="beauty")
    for kind in ("business_licence", "cosmetics_filing", "efficacy_report"):
        make_document(shop, kind, kind)
    listing = make_listing(product, actor=owner)
    listing = services.save_title(actor=owner, listing_id=listing.pk, parts=TitleParts("精华", (), ()), title="美白烟酰胺精华", revision=listing.revision, now=NOW)
    releaser = make_actor("cao", "compliance", shop=shop)
    for kept in ScreenedText.objects.filter(state="open"):
        compliance.release_text(actor=releaser, screening_id=kept.pk, reason="看过", now=NOW)
    with pytest.raises(services.ListingNotReady) as refused:
        services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    assert "说了“美白”" in refused.value.message("zh")
    assert "claims=whitening" in refused.value.details["href"]
    assert Listing.objects.get().state == "draft"
    for kind in ("special_registration", "efficacy_report"):
        make_document(shop, kind, f"{kind}-1", product=product)
    Document.objects.filter(product=product).update(claims=["whitening"])
    assert services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW).state == "published"


def test_copying_upheld_keeps_a_product_off_sale_and_turns_its_gate_red(shop, owner):
    listing = make_published()
    launch = begin_launch(actor=owner, shop_id=shop.pk, title="上新", owner_id=owner.person_id, now=NOW, product_id=listing.product_id)
    likeness = Likeness.objects.create(product=listing.product, shop=shop, kind="title", like_bp=7_000, their_title="羊毛短款双面呢外套", their_origin="隔壁店", found_at=NOW)
    assert gates.gate([launch.pk], NOW)[launch.pk].state == "ok"  # undecided is not upheld
    rights.decide_likeness(actor=KAIBO, likeness_id=likeness.pk, is_copy=True, ground="整句照抄", now=NOW)
    assert "整句照抄" in gates.gate([launch.pk], NOW)[launch.pk].reason
    with pytest.raises(services.ListingNotReady):
        services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    assert ListingVersion.objects.count() == 1


def test_a_title_that_needs_judgement_is_published_after_a_second_person_released_it(shop, owner):
    listing = make_listing(actor=owner)
    make_papers(shop)
    listing = services.save_title(actor=owner, listing_id=listing.pk, parts=PARTS, title="2026最新款双面呢外套", revision=listing.revision, now=NOW)
    with pytest.raises(services.ListingNotReady):
        services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW)
    kept = ScreenedText.objects.get(state="open")
    compliance.release_text(actor=make_actor("cao", "compliance", shop=shop), screening_id=kept.pk, reason="2026年9月上市", now=NOW)
    assert services.publish_listing(actor=owner, listing_id=listing.pk, now=NOW).state == "published"


ACTORS = [("compliance", "own", False), ("host", "own", False), ("operations", "other", False), ("operations", "own", True)]


@pytest.mark.parametrize(("role", "where", "may"), ACTORS)
def test_only_who_may_publish_here_publishes(shop, role, where, may):
    listing = make_listing()
    make_papers(shop)
    actor = make_actor("kim", role, shop=shop if where == "own" else make_shop("other", "别的店"))
    if may:
        assert services.publish_listing(actor=actor, listing_id=listing.pk, now=NOW).state == "published"
        return
    sku = sku_of(listing)
    for deed in (
        lambda: services.publish_listing(actor=actor, listing_id=listing.pk, now=NOW),
        lambda: services.set_price(actor=actor, listing_id=listing.pk, sku_id=sku.pk, price_fen=58_000, now=NOW),
        lambda: services.save_title(actor=actor, listing_id=listing.pk, parts=PARTS, title="", revision=listing.revision, now=NOW),
    ):
        with pytest.raises((Forbidden, queries.ListingUnknown)):
            deed()
    assert Listing.objects.get().state == "draft"
    assert ListingPrice.objects.get().price_fen == 59_900


def test_a_page_is_begun_once_and_only_on_a_channel_of_the_shop(shop, owner):
    listing = make_listing(actor=owner)
    assert services.begin_listing(actor=owner, product_id=listing.product_id, channel_id=listing.channel_id, now=NOW).pk == listing.pk
    foreign = make_channel(make_shop("other", "别的店"))
    with pytest.raises(services.ChannelNotOfShop):
        services.begin_listing(actor=owner, product_id=listing.product_id, channel_id=foreign.pk, now=NOW)
    assert Listing.objects.count() == 1


def test_prices_are_measured_against_the_competitors_of_the_market_the_product_came_from(shop, owner):
    from kaibo.stages.selection.services import approve_candidate

    market = make_market(shop)
    for n, price in enumerate((18_900, 21_900, 25_900, 29_900)):
        make_competitor(market, f"竞品{n}", price, sales=1_000)
    candidate = approve_candidate(actor=owner, candidate_id=make_candidate(shop, market=market, scored=True).pk, now=NOW)
    listing = services.begin_listing(actor=owner, product_id=candidate.product_id, channel_id=make_channel(shop).pk, now=NOW)
    row = queries.price_rows(listing, now=NOW)[0]
    assert (row.check.ground.low_fen, row.check.ground.high_fen) == (18_900, 25_900)
    assert row.check.note == (("高于竞品价格带 ¥259", "above the competitors' band, ¥259"),)


def test_the_own_rooms_price_speaks_where_channels_differ(shop, owner):
    product = make_product(shop)
    make_published(product, make_channel(shop, "douyin"))
    room = make_listing(product, make_channel(shop, "own", ""))
    sku = sku_of(room)
    services.set_price(actor=owner, listing_id=room.pk, sku_id=sku.pk, price_fen=61_900, now=NOW)
    services.publish_listing(actor=owner, listing_id=room.pk, now=NOW)
    assert queries.published_prices([sku.pk]) == {sku.pk: 61_900}
    assert queries.published_products()[product.pk].platform == "own"


def test_the_gate_follows_the_product_and_turns_red_when_papers_run_out(shop, owner):
    product = make_product(shop)
    channel = make_channel(shop)
    launch = begin_launch(actor=owner, shop_id=shop.pk, title="上新", owner_id=owner.person_id, now=NOW, product_id=product.pk)

    def gate():
        return gates.gate([launch.pk], NOW)[launch.pk]

    assert (gate().state, gate().repair_label) == ("red", "开始上架")
    listing = make_listing(product, channel)
    assert gate().state == "red"
    make_papers(shop)
    assert gate().state == "run"
    services.publish_listing(actor=KAIBO, listing_id=listing.pk, now=NOW)
    assert gate().state == "ok"
    Document.objects.filter(kind="business_licence").update(valid_until=date(2026, 11, 21))
    assert (gate().state, gate().repair_label) == ("red", "上传资质")


def test_gate_and_prices_ask_the_same_number_of_queries_for_many(shop, owner, django_assert_num_queries):
    make_papers(shop)
    channel = make_channel(shop)
    listings = [make_published(make_product(shop, f"K{n}", f"外套{n}"), channel) for n in range(8)]
    ids = [begin_launch(actor=owner, shop_id=shop.pk, title="x", owner_id=owner.person_id, now=NOW, product_id=one.product_id).pk for one in listings]
    with django_assert_num_queries(13):
        gates.gate(ids[:1], NOW)
    with django_assert_num_queries(13):
        gates.gate(ids, NOW)
    skus = [sku_of(one).pk for one in listings]
    with django_assert_num_queries(1):
        assert len(queries.published_prices(skus)) == 8


def test_hot_words_import_and_are_offered_for_their_category(shop, owner):
    rows = [["小个子双面呢", "48,210", "服装", "抖店"], ["保温杯", "9,000", "日用", "抖店"], ["词" * 41, "1", "服装", ""]]
    run = run_import("hotwords", csv_bytes(["搜索词", "搜索指数", "类目", "平台"], rows), shop)
    assert (run.rows_new, run.rows_quarantined) == (2, 1)
    assert run_import("hotwords", csv_bytes(["搜索词", "搜索指数", "类目", "平台"], rows[:2]), shop, name="b.csv").rows_same == 2
    listing = make_listing(actor=owner)
    assert [one.word for one in queries.hot_words_for(listing)] == ["小个子双面呢"]
    assert HotWord.objects.get(word="小个子双面呢").heat == 48_210


def test_only_search_words_a_product_answers_for_are_asked_for(shop, owner):
    listing = make_listing(make_product(shop, "KB-2388", "羊毛袜"), actor=owner, titled=False)
    for word, heat in (("加绒牛仔裤", 90_000), ("羊毛保暖", 80_000), ("赫本风", 70_000)):
        HotWord.objects.create(shop=shop, word=word, heat=heat, category_word="服装", seen_at=NOW)
    said, unclaimed = title_queries.words_to_offer(listing)
    assert ([one.word for one in said], [one.word for one in unclaimed]) == (["羊毛保暖"], ["赫本风"])
    remarks = [one.zh for one in title_queries.full_review(listing, "中筒羊毛袜", TitleParts("羊毛袜", (), ())).review.complaints]
    assert remarks == ["没有用上热搜词，例如：羊毛保暖"]
    HotWord.objects.get(word="羊毛保暖").delete()
    assert title_queries.full_review(listing, "中筒羊毛袜", TitleParts("羊毛袜", (), ())).review.complaints == ()


def test_a_busy_category_no_word_speaks_for_is_no_alternative(shop):
    HotWord.objects.create(shop=shop, word="针织衫", heat=900_000, category_word="服装", seen_at=NOW)
    advised = advice.advise_title(shop.pk, "冬季加厚羊毛袜三双装")
    assert (advised.best.path, [one.path for one in advised.ranked if not one.words]) == ("内衣/袜子", [])
    assert not advised.is_precise_smaller


def test_the_listing_sheet_has_one_line_an_item(shop, owner):
    from kaibo.stages.listing.exports import LISTING_SHEET

    make_sku(make_product(shop), "KB-2417-B-L", "黑色 / L")
    make_published()
    lines = list(LISTING_SHEET.rows(owner, None, None))
    assert [(line[3], line[5], line[8], line[10]) for line in lines] == [("秋冬通勤羊毛短款双面呢外套", "KB-2417-B-L", 59_900, "在售"), ("秋冬通勤羊毛短款双面呢外套", "KB-2417-B-M", 59_900, "在售")]
    assert len(lines[0]) == len(LISTING_SHEET.columns)
    assert list(LISTING_SHEET.rows(make_actor("zoe", "operations", shop=make_shop("other", "别的店")), None, None)) == []
