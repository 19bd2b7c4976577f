"""The market board: files in, who moved, whom we sell to, what is missed, and the weekly brief."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pypdfium2
import pytest
from django.urls import reverse

from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.intake.models import QuarantinedRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.selection import brief, jobs, market_queries, rules
from kaibo.stages.selection.models import AudienceCount, Brief, CompetitorSighting, Festival, HostSighting, Market, ReviewOpinion, SurveyAnswer, TrendPoint
from tests.make.people import make_actor, make_person, make_shop
from tests.make.selection import csv_bytes, make_market, make_reviews, run_import

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine in the morning, Shanghai."""


def rivals(price, sales, seen, points="工厂价"):
    return csv_bytes(["市场", "店铺", "商品标题", "价格", "销量", "核心卖点", "采集时间"], [["外套", "梨花家", "双面呢", price, sales, points, seen]])


def test_heat_is_kept_under_its_monday_and_the_same_file_changes_nothing(shop):
    content = csv_bytes(["热词", "搜索人气", "统计日期", "类型"], [["美拉德", "1.2万", "2026-11-18", "搜索词"], ["坏", "-3", "2026-11-18", ""]])
    run = run_import("market-heat", content, shop)
    assert (run.rows_new, run.rows_quarantined) == (1, 1)
    point = TrendPoint.objects.get()
    assert (point.word, point.heat, point.week_on, point.kind) == ("美拉德", 12_000, date(2026, 11, 16), "word")
    assert QuarantinedRow.objects.get().reasons[0]["code"] == "selection.figure_negative"
    assert run_import("market-heat", content, shop, name="again.csv").rows_same == 1


def test_rankings_of_live_rooms_are_kept_by_day_and_compared_with_the_day_before(shop):
    head = ["排名", "主播昵称", "平台", "统计日期", "场观", "评论数", "GMV"]
    run_import("live-rankings", csv_bytes(head, [["3", "云上", "抖音", "2026-11-09", "1万", "200", "10000"]]), shop)
    run_import("live-rankings", csv_bytes(head, [["1", "云上", "抖音", "2026-11-16", "2万", "500", "12500"]]), shop, name="b.csv")
    (row,) = market_queries.hosts_for(KAIBO, shop_id=shop.pk)
    assert (row.now.rank, row.before.rank, row.per_thousand, row.sales_bp) == (1, 3, 25, 2_500)
    assert HostSighting.objects.count() == 2


def test_a_competitor_seen_twice_has_a_history_and_its_move(shop):
    run_import("competitors", rivals("200", "1000", "2026-11-10"), shop)
    run_import("competitors", rivals("150", "1300", "2026-11-18", "羊毛九成"), shop, name="b.csv")
    run_import("competitors", rivals("150", "1300", "2026-11-18", "羊毛九成"), shop, name="c.csv")
    assert list(CompetitorSighting.objects.order_by("seen_on").values_list("price_fen", "sales")) == [(20_000, 1_000), (15_000, 1_300)]
    (move,) = market_queries.moves_between(Market.objects.all(), date(2026, 11, 16), date(2026, 11, 23))
    assert (move.was_price_fen, move.price_fen, move.price_bp, move.sold, move.has_new_points) == (20_000, 15_000, -2_500, 300, True)
    (first,) = market_queries.moves_between(Market.objects.all(), date(2026, 11, 9), date(2026, 11, 16))
    assert first.is_new


def test_segments_are_compared_and_only_what_goes_beyond_chance_is_called_different(shop):
    rows = [["年龄", "25-30", "老客", "1000", "500", "罗盘"], ["年龄", "25-30", "新客", "1000", "300", "罗盘"], ["年龄", "31-40", "老客", "1000", "200", "罗盘"], ["年龄", "31-40", "新客", "1000", "205", "罗盘"]]
    run_import("audience", csv_bytes(["维度", "选项", "人群", "总人数", "人数", "来源"], rows), shop)
    (question,) = market_queries.audience_for(KAIBO, shop_id=shop.pk)
    assert [(one.option, one.is_different) for one in question.options] == [("25-30", True), ("31-40", False)]
    part = question.options[0].parts[0]
    assert part.share_bp in {5_000, 3_000} and part.low_bp < part.share_bp < part.high_bp


def test_more_people_than_were_asked_wait_and_a_share_is_turned_into_people(shop):
    run = run_import("audience", csv_bytes(["维度", "选项", "总人数", "人数", "占比"], [["性别", "女", "100", "120", ""], ["性别", "男", "200", "", "31%"]]), shop)
    assert (run.rows_new, run.rows_quarantined) == (1, 1)
    assert AudienceCount.objects.get().people == 62


def test_a_questionnaire_counts_people_and_keeps_nobody(shop):
    head = ["问卷名称", "序号", "题目", "选项", "人群"]
    run_import("survey-answers", csv_bytes(head, [["冬季", f"{n}", "怕什么", "起球" if n < 6 else "尺码", "老客"] for n in range(10)] + [["冬季", "0", "怕什么", "尺码", "老客"]]), shop)
    (question,) = market_queries.audience_for(KAIBO, shop_id=shop.pk)
    assert {one.option: (one.parts[0].people, one.parts[0].asked) for one in question.options} == {"起球": (6, 10), "尺码": (5, 10)}
    assert all(len(one.respondent) == 64 for one in SurveyAnswer.objects.all())


def test_needs_are_found_in_the_text_with_praise_beside_blame_and_exact_places(shop):
    market = make_market(shop)
    make_reviews(market, [f"第{n}件拉链卡住了，拉链质量很差" for n in range(6)] + ["客服一直不回复", "希望能出加长款"])
    make_reviews(market, [f"第{n}件面料很舒服" for n in range(5)], label="好评")
    needs = market_queries.needs_of(market)
    assert needs[0].aspect.name in {"拉链", "质量"} and needs[0].bad == 6 and needs[0].good == 0
    assert needs[0].low_bp < needs[0].share_bp < needs[0].high_bp
    for one in ReviewOpinion.objects.select_related("review"):
        assert one.review.body[one.start : one.end]
    assert market_queries.wishes_of(market)[0].hit.startswith("希望能出加长款")
    assert ReviewOpinion.objects.filter(side="good").count() >= 5


def make_week(shop):
    run_import("competitors", rivals("200", "1000", "2026-11-10"), shop)
    run_import("competitors", rivals("150", "1300", "2026-11-18"), shop, name="b.csv")


def test_the_brief_of_last_week_is_made_once_on_monday_and_told_once(shop):
    make_week(shop)
    reader = make_person("bea", "selection", shop=shop)
    assert jobs.make_briefs(datetime(2026, 11, 22, 22, 0, tzinfo=UTC)) == 0  # six in the morning of Monday
    assert [jobs.make_briefs(MONDAY), jobs.make_briefs(MONDAY + timedelta(hours=5))] == [1, 0]
    made = Brief.objects.get()
    assert made.week_on == date(2026, 11, 16)
    assert [(one["title"], one["was_price_fen"], one["price_fen"]) for one in made.content["moves"]] == [("双面呢", 20_000, 15_000)]
    assert Notice.objects.filter(person_id=reader.pk, key=f"brief:{made.pk}").count() == 1
    assert AuditRow.objects.filter(deed="selection:brief:make").count() == 1


def test_a_brief_keeps_its_figures_when_the_market_moves_on(shop):
    make_week(shop)
    made, _new = brief.make(actor=KAIBO, shop_id=shop.pk, week_on=date(2026, 11, 16), now=MONDAY)
    run_import("competitors", rivals("99", "5000", "2026-11-19"), shop, name="late.csv")
    again, is_new = brief.make(actor=KAIBO, shop_id=shop.pk, week_on=date(2026, 11, 18), now=MONDAY)
    assert (again.pk, is_new, again.content["moves"][0]["price_fen"]) == (made.pk, False, 15_000)


@pytest.fixture
def buyer(client, shop):
    client.force_login(make_person("bea", "selection", shop=shop))
    return client


PAGES = ("board", "calendar", "audience", "briefs")


def test_empty_pages_teach_the_first_step(buyer):
    for name in PAGES:
        assert buyer.get(reverse(f"selection:{name}")).status_code == 200
    assert f"{reverse('intake:upload')}?kind=market-heat" in buyer.get(reverse("selection:board")).content.decode()


def test_the_board_shows_moves_and_hosts(buyer, shop):
    today = datetime.now(UTC).date()
    run_import("competitors", rivals("200", "1000", f"{today - timedelta(days=20)}"), shop)
    run_import("competitors", rivals("150", "1300", f"{today - timedelta(days=1)}"), shop, name="b.csv")
    page = buyer.get(reverse("selection:board")).content.decode()
    assert "双面呢" in page and "¥200" in page and "¥150" in page


def test_a_brief_goes_out_as_word_and_pdf_and_that_is_recorded(buyer, shop):
    make_week(shop)
    made, _new = brief.make(actor=KAIBO, shop_id=shop.pk, week_on=date(2026, 11, 16), now=MONDAY)
    assert "双面呢" in buyer.get(reverse("selection:brief", args=[made.pk])).content.decode()
    word = b"".join(buyer.get(reverse("selection:download-brief", args=[made.pk, "docx"])).streaming_content)
    text = zipfile.ZipFile(io.BytesIO(word)).read("word/document.xml").decode()
    assert "竞品动了什么" in text and "双面呢 · 梨花家" in text
    pdf = b"".join(buyer.get(reverse("selection:download-brief", args=[made.pk, "pdf"])).streaming_content)
    assert "双面呢 · 梨花家" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    assert [one.details["kind"] for one in AuditRow.objects.filter(deed="selection:brief:download").order_by("pk")] == ["docx", "pdf"]


def test_wrong_roles_and_other_shops_get_nothing_and_change_nothing(client, shop):
    make_week(shop)
    made, _new = brief.make(actor=KAIBO, shop_id=shop.pk, week_on=date(2026, 11, 16), now=MONDAY)
    audits = AuditRow.objects.count()
    client.force_login(make_person("wu", "warehouse", shop=shop))
    for name in PAGES:
        assert client.get(reverse(f"selection:{name}")).status_code == 403
    assert client.get(reverse("selection:download-brief", args=[made.pk, "pdf"])).status_code == 403
    assert client.post(reverse("selection:make-brief"), {"shop": str(shop.pk)}).status_code == 403
    line = {"shop": str(shop.pk), "title": "周年庆", "starts_on": "2026-12-01", "ends_on": "2026-12-03", "lead_days": "30"}
    assert client.post(reverse("selection:set-occasion"), line).status_code == 403
    client.force_login(make_person("zoe", "selection", shop=make_shop("other", "别的店")))
    assert client.get(reverse("selection:brief", args=[made.pk])).status_code == 404
    assert client.get(reverse("selection:download-brief", args=[made.pk, "pdf"])).status_code == 404
    assert (Festival.objects.count(), Brief.objects.count(), AuditRow.objects.count()) == (0, 1, audits)


def test_a_shop_puts_its_own_line_into_the_calendar(buyer, shop):
    line = {"shop": str(shop.pk), "title": "周年庆", "starts_on": "2027-06-01", "ends_on": "2027-06-03", "lead_days": "30", "themes": "老客礼、返场"}
    assert buyer.post(reverse("selection:set-occasion"), line).status_code == 302
    due = [one for one in market_queries.calendar_for(make_actor("cai", "selection", shop=shop), date(2027, 4, 20), shop_id=shop.pk) if one.occasion.kind == "own"]
    assert [(one.occasion.title_zh, one.stage.value, one.days_to_choose) for one in due] == [("周年庆", "now", 12)]
    assert buyer.post(reverse("selection:set-occasion"), {**line, "ends_on": "2027-05-01"}).status_code == 422
    assert Festival.objects.count() == 1


@pytest.mark.parametrize(("complaints", "quality", "outcome"), [(100, 30, "not_met"), (100, 31, "recommended"), (99, 30, "recommended"), (29, 29, "too_little"), (30, 9, "not_met"), (30, 10, "recommended"), (0, 0, "too_little")])
def test_the_rule_fires_strictly_above_thirty_percent_and_shows_its_interval(complaints, quality, outcome):
    rivals = tuple(rules.Rival(f"外套{n}", "店", 10_000, 100 - n, "低价") for n in range(3))
    verdict = rules.judge_high_quality_middle_price(rules.Inputs(rivals, complaints, quality, None), rules.Limits())
    assert verdict.outcome == outcome
    low, high = verdict.quality_interval_bp
    assert 0 <= low <= verdict.quality_bp <= high <= 10_000
    assert verdict.is_near_the_line == (low <= 3_000 <= high)
    if complaints == 100:
        assert verdict.is_near_the_line


def test_the_rule_does_not_fire_where_one_main_competitor_sells_on_something_else():
    rivals = (*(rules.Rival(f"外套{n}", "店", 10_000, 100, "低价") for n in range(3)), rules.Rival("好外套", "店", 50_000, 90, "手工"))
    verdict = rules.judge_high_quality_middle_price(rules.Inputs(rivals, 100, 80, 60_000), rules.Limits())
    assert (verdict.outcome, [one.rival.title for one in verdict.exceptions]) == ("not_met", ["好外套"])
