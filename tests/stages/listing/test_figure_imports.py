"""Figures of pages, A/B tests, trade means and category examples come in as files; the services around them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaibo.kit.errors import Forbidden
from kaibo.plumbing.intake.models import QuarantinedRow
from kaibo.stages.listing import advice, title_queries, today, trial_queries, trial_services
from kaibo.stages.listing.models import AbFigures, AbTest, CategoryExample, DayFigures, HotWord, HotWordReading, IndustryMean, Trial
from kaibo.stages.listing.trial_services import AbTestDraft, DayCounts
from kaibo.stages.listing.trials import TrialState
from tests.make.compliance import NOW
from tests.make.goods import make_product
from tests.make.listing import PARTS, make_listing, make_published
from tests.make.people import make_actor, make_shop
from tests.make.selection import csv_bytes, run_import

pytestmark = pytest.mark.django_db

DRAFT = AbTestDraft("AB-1", "first_screen", "场景图更好吗", "商品图", "场景图", "click", 500, 2_000, 2_000)
DAY = date(2026, 11, 21)


def codes() -> list[str]:
    return sorted(QuarantinedRow.objects.values_list("reasons__0__code", flat=True))


def test_days_of_a_page_are_read_once_and_bad_rows_wait(shop):
    listing = make_published()
    content = csv_bytes(
        ["商家编码", "统计日期", "曝光量", "点击量", "收藏人数", "加购人数", "成交单数", "平台"],
        [
            [listing.product.code, "2026-11-20", "12,480", "310", "21", "44", "9", "抖店"], [listing.product.code, "2026-11-21", "100", "310", "", "", "", "抖店"],
            ["没有的", "2026-11-20", "10", "1", "", "", "", "抖店"], [listing.product.code, "2027-01-01", "10", "1", "", "", "", "抖店"],
        ],
    )
    for _again in range(2):
        run_import("listingdays", content, listing.shop)
    assert list(DayFigures.objects.values_list("views", "clicks", "favourites", "carts", "orders")) == [(12_480, 310, 21, 44, 9)]
    assert set(codes()) == {"listing.figures_impossible", "listing.page_unknown", "listing.figures_future"}


def test_figures_of_a_test_come_as_a_file_and_keep_their_evidence(shop):
    listing = make_published()
    test = trial_services.begin_test(actor=make_actor("linxia", "owner"), listing_id=listing.pk, draft=DRAFT, now=NOW)
    rows = [["AB-1", "2026-11-21", "A", "20000", "1000"], ["AB-1", "2026-11-21", "实验组", "20100", "1300"], ["AB-9", "2026-11-21", "A", "5", "1"]]
    run_import("abfigures", csv_bytes(["试验编号", "日期", "版本", "曝光人数", "点击人数"], rows), listing.shop)
    assert AbFigures.objects.count() == 2
    test.refresh_from_db()
    assert test.best_log_evidence > 3
    assert trial_queries.read_test(test).winner == "b"
    assert codes() == ["listing.test_unknown"]


def test_evidence_once_reached_is_kept_when_later_days_are_level(shop):
    listing = make_published()
    owner = make_actor("linxia", "owner")
    test = trial_services.begin_test(actor=owner, listing_id=listing.pk, draft=DRAFT, now=NOW)
    trial_services.type_test_day(actor=owner, test_id=test.pk, day=DAY, a=(20_000, 1_000), b=(20_000, 1_300), now=NOW)
    best = AbTest.objects.get().best_log_evidence
    reading = trial_services.type_test_day(actor=owner, test_id=test.pk, day=DAY, a=(20_000, 1_290), b=(20_000, 1_300), now=NOW)
    assert AbTest.objects.get().best_log_evidence == best == reading.log_evidence
    assert reading.winner == "b"


def test_only_one_test_of_a_thing_runs_and_codes_are_not_used_twice(shop):
    listing = make_published()
    owner = make_actor("linxia", "owner")
    trial_services.begin_test(actor=owner, listing_id=listing.pk, draft=DRAFT, now=NOW)
    with pytest.raises(trial_services.AbTestExists):
        trial_services.begin_test(actor=owner, listing_id=listing.pk, draft=DRAFT, now=NOW)
    assert AbTest.objects.count() == 1


@pytest.mark.parametrize("changes", [{"baseline_bp": 0}, {"baseline_bp": 6_000, "lift_bp": 7_000}, {"lift_bp": 50}, {"b_share_bp": 100}, {"visitors_a_day": 0}, {"metric": "likes"}, {"kind": "x"}, {"question": " "}])
def test_a_test_that_cannot_be_read_is_refused_before_its_start(shop, changes):
    listing = make_published()
    fields = {name: getattr(DRAFT, name) for name in AbTestDraft.__slots__} | changes
    with pytest.raises(trial_services.AbTestUnclear):
        trial_services.begin_test(actor=make_actor("linxia", "owner"), listing_id=listing.pk, draft=AbTestDraft(**fields), now=NOW)
    assert not AbTest.objects.exists()


def test_the_newest_most_fitting_mean_counts(shop):
    listing = make_published()
    rows = [["点击率", "3.2%", "后台", "2026-11-01", listing.product.category.title, "抖店"], ["点击率", "3.5%", "后台", "2026-11-15", listing.product.category.title, "抖店"], ["点击率", "9%", "报告", "2026-11-20", "", ""], ["点击率", "120%", "x", "2026-11-20", "", ""]]
    run_import("industrymeans", csv_bytes(["指标", "行业均值", "来源", "日期", "类目", "平台"], rows), listing.shop)
    assert IndustryMean.objects.count() == 3
    found = trial_queries.means_of(listing, date(2026, 11, 22))["click"]
    assert (found.rate_bp, found.dated_on) == (350, date(2026, 11, 15))
    assert trial_queries.means_of(listing, date(2026, 11, 10))["click"].rate_bp == 320


def test_category_examples_teach_the_adviser_of_their_shop_only(shop):
    rows = [[f"手作毛毡羊 {n} 号摆件", "家居 > 毛毡摆件", "12"] for n in range(8)]
    run_import("categoryexamples", csv_bytes(["商品标题", "类目路径", "访客数"], rows), shop)
    assert CategoryExample.objects.count() == 8
    assert advice.advise_title(shop.pk, "毛毡羊摆件送礼").best.path == "家居/毛毡摆件"
    elsewhere = advice.advise_title(make_shop("别家").pk, "毛毡羊摆件送礼").best
    assert elsewhere is None or elsewhere.path != "家居/毛毡摆件"


def test_hot_words_grow_between_two_readings(shop):
    listing = make_listing()
    for day, heat in (("2026-10-21", "100000"), ("2026-11-20", "132000")):
        run_import("hotwords", csv_bytes(["热词", "搜索人气", "统计时间"], [["小个子双面呢", heat, day]]), listing.shop)
    assert HotWordReading.objects.count() == 2
    assert HotWord.objects.get().heat == 132_000
    figure = title_queries.hot_figures(listing)[0]
    assert (figure.growth_bp, figure.days) == (3_200, 30)
    # An older file that comes later changes neither the newest figure nor what is known of its own day.
    run_import("hotwords", csv_bytes(["热词", "搜索人气", "统计时间"], [["小个子双面呢", "90000", "2026-09-01"]]), listing.shop)
    assert HotWord.objects.get().heat == 132_000


def test_a_title_near_another_own_one_is_told_while_typing(shop):
    first = make_listing()
    second = make_listing(make_product(first.shop, "KB-2"), first.channel, titled=False)
    known = title_queries.other_titles(second)
    assert [(one.title, one.is_own) for one in known] == [(first.title, True)]
    review = title_queries.full_review(second, first.title, PARTS).review
    assert [one.code for one in review.complaints if "similar" in one.code] == ["listing.title_similar"]
    assert not review.is_refused


def test_trials_stand_on_todays_list_by_their_clock(shop):
    listing = make_published()
    owner = make_actor("linxia", "owner")
    trial = trial_services.begin_trial(actor=owner, listing_id=listing.pk, audience="老客", now=NOW)
    item = today.today(owner, NOW)[0]
    assert (item.at, item.state) == (NOW + timedelta(days=3), "run")
    assert today.today(owner, NOW + timedelta(days=3))[0].state == "red"
    trial_services.step_trial(actor=owner, trial_id=trial.pk, to=TrialState.LOCKED, reason="", now=NOW)
    assert "去推广" in today.today(owner, NOW)[0].title
    trial_services.step_trial(actor=owner, trial_id=trial.pk, to=TrialState.PROMOTED, reason="", now=NOW)
    assert today.today(owner, NOW) == []


def test_a_page_is_on_trial_once_and_only_on_sale(shop):
    owner = make_actor("linxia", "owner")
    draft = make_listing()
    with pytest.raises(trial_services.NotOnSale):
        trial_services.begin_trial(actor=owner, listing_id=draft.pk, audience="老客", now=NOW)
    assert not Trial.objects.exists()


@pytest.mark.parametrize("counts", [DayCounts(10, 11), DayCounts(10, -1), DayCounts(10, 5, orders=-2)])
def test_impossible_figures_are_refused(shop, counts):
    listing = make_published()
    with pytest.raises(trial_services.FiguresImpossible):
        trial_services.type_day(actor=make_actor("linxia", "owner"), listing_id=listing.pk, day=DAY, counts=counts, now=NOW)
    assert not DayFigures.objects.exists()


def test_who_may_only_look_decides_nothing(shop):
    listing = make_published()
    owner, looker = make_actor("linxia", "owner"), make_actor("zhu", "host", shop=shop)
    test = trial_services.begin_test(actor=owner, listing_id=listing.pk, draft=DRAFT, now=NOW)
    with pytest.raises(Forbidden):
        trial_services.decide_test(actor=looker, test_id=test.pk, version="none", reason="", now=NOW)
    with pytest.raises(Forbidden):
        trial_services.type_test_day(actor=looker, test_id=test.pk, day=DAY, a=(1, 0), b=(1, 0), now=NOW)
    assert (AbTest.objects.get().state, AbFigures.objects.count()) == ("running", 0)
