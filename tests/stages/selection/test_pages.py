"""The pages of selection through the browser's door."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kaibo.stages.selection.models import Candidate, Market
from tests.make.people import make_person, make_shop
from tests.make.selection import make_candidate, make_category, make_competitor, make_market, make_reviews

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(client, shop):
    person = make_person("bea", "selection", shop=shop)
    client.force_login(person)
    return client


@pytest.fixture
def market(shop):
    market = make_market(shop, reference_fen=60_000)
    for n in range(4):
        make_competitor(market, f"低价外套{n}", 18_900 + n, sales=1_000 - n, points="工厂价")
    make_reviews(market, [f"第{n}件质量太差" for n in range(40)], product="低价外套0")
    return market


def test_strangers_are_sent_to_the_sign_in_page(client, market):
    for name, args in (("markets", []), ("market", [market.pk]), ("candidates", [])):
        answer = client.get(reverse(f"selection:{name}", args=args))
        assert (answer.status_code, "sign-in" in answer["Location"]) == (302, True)


def test_who_has_no_business_here_is_told_why(client, shop, market):
    client.force_login(make_person("wu", "warehouse", shop=shop))
    assert client.get(reverse("selection:market", args=[market.pk])).status_code == 403


def test_another_shops_market_does_not_exist_for_me(client, market):
    client.force_login(make_person("zoe", "selection", shop=make_shop("other", "别的店")))
    assert client.get(reverse("selection:market", args=[market.pk])).status_code == 404
    assert str(market.pk) not in client.get(reverse("selection:markets")).content.decode()


def test_an_empty_market_page_teaches_the_first_step(buyer, shop):
    page = buyer.get(reverse("selection:market", args=[make_market(shop, "新市场").pk])).content.decode()
    assert "证据不够，不下结论" in page
    assert f"{reverse('intake:upload')}?kind=reviews" in page


def test_the_market_page_shows_verdict_figures_line_source_and_quotes(buyer, market):
    page = buyer.get(reverse("selection:market", args=[market.pk])).content.decode()
    for words in ("建议：高质中价", "4 / 4", "100%", "40 条 ÷ 40 条", "SEL-7", "平台市场行情 2026-11", '<mark class="hit">', "什么会改变这个判断", "低价外套0"):
        assert words in page
    evidence = buyer.get(reverse("selection:complaints", args=[market.pk, "quality"])).content.decode()
    assert evidence.count("<mark") == 40


def test_the_market_page_asks_the_same_number_of_queries_for_few_and_many(buyer, market, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address = reverse("selection:market", args=[market.pk])
    buyer.get(address)
    with CaptureQueriesContext(connection) as few:
        buyer.get(address)
    for n in range(20):
        make_competitor(market, f"新外套{n}", 20_000 + n, sales=10)
    with CaptureQueriesContext(connection) as many:
        buyer.get(address)
    assert len(many) == len(few)


def test_a_candidate_goes_from_the_form_to_a_decision(buyer, shop, market):
    make_category()
    answer = buyer.post(
        reverse("selection:candidate-new"),
        {
            "title": "九成羊毛短外套", "code": "KB-9", "shop": str(shop.pk), "category": "apparel", "market": str(market.pk), "position": "quality",
            "cost_fen": "180", "price_fen": "599", "return_bp": "35%", "freight_fen": "6", "return_loss_fen": "12", "commission_bp": "15",
            "value_proposition": "给怕起球的通勤女生", "selling_points": "九成羊毛不扎人\n机洗不变形", "skus": "KB-9-B-M, 黑色 / M\nKB-9-B-L，黑色 / L，185，599",
            "on_air_at": "2026-12-12T20:00",
        },
    )
    assert answer.status_code == 302
    candidate = Candidate.objects.get(code="KB-9")
    assert [(one.code, one.cost_fen) for one in candidate.skus.order_by("pk")] == [("KB-9-B-M", 18_000), ("KB-9-B-L", 18_500)]
    assert (candidate.return_bp, candidate.commission_bp, candidate.on_air_at.hour) == (3_500, 1_500, 12)
    here = reverse("selection:candidate", args=[candidate.pk])
    buyer.post(reverse("selection:score", args=[candidate.pk]))
    assert "52.33%" in buyer.get(here).content.decode()
    buyer.post(reverse("selection:approve", args=[candidate.pk]))
    candidate.refresh_from_db()
    assert candidate.state == "approved"
    page = buyer.get(here).content.decode()
    assert "已建成商品 KB-9" in page
    again = buyer.post(reverse("selection:approve", args=[candidate.pk]), headers={"hx-request": "true"})
    assert (again.status_code, again["X-Kaibo-Error"]) == (409, "selection.candidate_already_decided")


def test_a_wrong_form_keeps_what_was_typed_and_makes_nothing(buyer, shop):
    make_category()
    answer = buyer.post(reverse("selection:candidate-new"), {"title": "外套", "code": "X", "shop": str(shop.pk), "category": "apparel", "cost_fen": "贵", "price_fen": "599", "return_bp": "35%"})
    assert answer.status_code == 422
    assert "不是金额" in answer.content.decode()
    assert 'value="外套"' in answer.content.decode()
    assert not Candidate.objects.exists()


def test_the_decision_is_not_offered_to_who_may_not_decide(client, shop):
    candidate = make_candidate(shop, scored=True)
    client.force_login(make_person("ou", "operations", shop=shop))
    assert reverse("selection:approve", args=[candidate.pk]) not in client.get(reverse("selection:candidate", args=[candidate.pk])).content.decode()
    assert client.post(reverse("selection:approve", args=[candidate.pk])).status_code == 403
    candidate.refresh_from_db()
    assert candidate.state == "scored"


def test_the_pages_speak_english(client, shop, market):
    person = make_person("eve", "selection", shop=shop)
    person.language = "en"
    person.save(update_fields=["language"])
    client.force_login(person)
    page = client.get(reverse("selection:market", args=[market.pk])).content.decode()
    assert "Advice: better quality, middle price" in page
    assert Market.objects.count() == 1
