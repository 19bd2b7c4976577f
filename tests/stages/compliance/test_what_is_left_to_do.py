"""Claims in texts of no product, and struck prices that must come down on outside platforms: nothing is lost for want of an owner."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from kaibo.kit.errors import Forbidden
from kaibo.master.catalog.models import Category
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.compliance import comparing, duties, evidence, evidence_api, exports, queries, rights, services, struck_work
from kaibo.stages.compliance.models import ScreenedText
from tests.make.compliance import NOW, make_document
from tests.make.goods import make_product, make_sku
from tests.make.people import make_actor, make_person, make_shop
from tests.stages.compliance.test_evidence import sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def cream(shop):
    Category.objects.get_or_create(code="beauty", defaults={"title": "美妆", "title_en": "Beauty"})
    product = make_product(shop)
    type(product).objects.filter(pk=product.pk).update(title="林夏四季面霜", category_id="beauty", value_proposition="", selling_points=[])
    product.refresh_from_db()
    return product


@pytest.fixture
def clerk(shop):
    return make_actor("cao", "compliance", shop=shop)


def said(shop, text, *, subject="session:1", **more):
    return services.keep_screening(actor=KAIBO, text=text, surface="detail", category="", subject=subject, shop_id=shop.pk, now=NOW, **more)


def claims(product):
    return [row.made.claim.key for row in queries.claims_of(product, NOW)]


def homeless(clerk):
    return [one.about for one in duties.duties_of(clerk, NOW) if one.what == "指明功效说的是哪个商品"]


def test_an_announcement_that_names_a_product_makes_its_claim_red(shop, cream, clerk):
    assert claims(cream) == []
    said(shop, "今晚八点，林夏四季面霜到场，祛斑看得见")
    assert claims(cream) == ["freckle"] or len(claims(cream)) == 1
    assert any(one.state == "red" and "祛斑" in one.reason for one in queries.findings_for_products([cream.pk], NOW)[cream.pk])
    assert homeless(clerk) == []


def test_a_text_that_names_it_by_its_code_counts_too_and_one_replaced_no_longer(shop, cream):
    said(shop, f"{cream.code.lower()} 祛斑")
    assert len(claims(cream)) == 1
    said(shop, f"{cream.code} 保湿好用")
    assert not any("祛斑" in row.made.word for row in queries.claims_of(cream, NOW))


def test_a_claim_of_no_product_is_a_duty_until_somebody_says_whose_it_is(shop, cream, clerk):
    kept = said(shop, "今晚祛斑专场")
    assert claims(cream) == []
    assert homeless(clerk) == ["“今晚祛斑专场”说了“祛斑”"]
    services.name_product(actor=clerk, screening_id=kept.pk, product_id=cream.pk, now=NOW)
    assert homeless(clerk) == [] and len(claims(cream)) == 1
    assert AuditRow.objects.get(deed="compliance:text:name").details == {"product": cream.code}
    with pytest.raises(services.TextNamesProduct):
        services.name_product(actor=clerk, screening_id=kept.pk, product_id=cream.pk, now=NOW)


def test_words_that_claim_nothing_of_what_the_shop_sells_are_no_duty(shop, clerk):
    make_product(shop)  # a coat: 祛斑 said of it is a matter of the screener, not of filings
    said(shop, "今晚祛斑专场")
    assert homeless(clerk) == []


def test_a_text_of_another_shop_never_counts_here(shop, cream):
    other = make_shop("别家")
    said(other, "林夏四季面霜，祛斑看得见")
    assert claims(cream) == []


def test_who_may_not_screen_names_nothing_and_changes_nothing(shop, cream):
    kept = said(shop, "今晚祛斑专场")
    with pytest.raises(Forbidden):
        services.name_product(actor=make_actor("wei", "warehouse", shop=shop), screening_id=kept.pk, product_id=cream.pk, now=NOW)
    assert ScreenedText.objects.get(pk=kept.pk).product_id is None


def test_the_page_lets_a_person_say_whose_words_they_are(client, shop, cream):
    client.force_login(make_person("cao", "compliance", shop=shop))
    kept = said(shop, "今晚祛斑专场")
    address = reverse("compliance:screened", args=[kept.pk])
    assert "说的是哪个商品" in client.get(address).content.decode()
    client.post(reverse("compliance:name-product", args=[kept.pk]), {"product": str(cream.pk)})
    page = client.get(address).content.decode()
    assert "说的是哪个商品" not in page and "林夏四季面霜" in page


# Struck prices


def strike(sku, struck_fen, platform="douyin", price_fen=39_900, days_ago=3, **more):
    return comparing.set_struck(
        actor=KAIBO, sku_id=sku.pk, platform=platform, wanted=comparing.Comparison(struck_fen, price_fen, **more), now=NOW - timedelta(days=days_ago)
    )


def work(actor):
    return [(one.platform_title, one.compared.sku.code, one.since, one.instead_fen, one.reason) for one in struck_work.work_of(actor, NOW)]


def test_a_lower_deal_after_the_comparison_puts_the_price_on_the_list_with_its_hour_and_what_may_stand(shop, clerk):
    sku = make_sku(make_product(shop))
    sell(sku, "A1", 59_900, days=5, platform="douyin")
    strike(sku, 59_900)
    assert work(clerk) == []
    sell(sku, "A2", 45_000, days=2, platform="douyin")
    sell(sku, "A3", 44_000, days=1, platform="douyin")
    assert work(clerk) == [("抖店", sku.code, NOW - timedelta(days=2), 44_000, "之后有更低成交 ¥440")]


def test_where_nothing_may_stand_above_the_price_it_comes_down(shop, clerk):
    sku = make_sku(make_product(shop))
    sell(sku, "A1", 59_900, days=5, platform="douyin")
    strike(sku, 59_900)
    sell(sku, "A2", 39_900, days=1, platform="douyin")
    assert [(one.instead_fen, one.reason) for one in struck_work.work_of(clerk, NOW)] == [(None, "之后有更低成交 ¥399")]


def test_a_proof_that_ended_counts_from_the_day_after_its_last(shop, clerk):
    sku = make_sku(make_product(shop))
    strike(sku, 59_900, evidence="厂商函", evidence_until=date(2026, 11, 22))
    assert work(clerk) == []
    found = struck_work.work_of(clerk, NOW + timedelta(hours=12))  # the 23rd in Shanghai has begun
    assert [(one.reason, one.since.isoformat()) for one in found] == [("厂商建议零售价的证明已过期", "2026-11-22T16:00:00+00:00")]


def test_what_was_ended_here_stays_on_the_list_until_another_stands_in_its_place(shop, clerk):
    sku = make_sku(make_product(shop))
    sell(sku, "A1", 59_900, days=5, platform="douyin")
    strike(sku, 59_900)
    comparing.end_struck(actor=clerk, sku_id=sku.pk, platform="douyin", now=NOW - timedelta(days=1))
    assert [(one.since, one.instead_fen) for one in struck_work.work_of(clerk, NOW)] == [(NOW - timedelta(days=1), None)]
    strike(sku, 58_000, days_ago=0)
    assert work(clerk) == []


def test_our_own_room_needs_nobody_and_another_shop_sees_nothing(shop, clerk):
    sku = make_sku(make_product(shop))
    sell(sku, "A1", 59_900, days=5)
    strike(sku, 59_900, platform="own")
    sell(sku, "A2", 40_000, days=1)
    assert work(clerk) == []
    sell(sku, "B1", 59_900, days=5, platform="douyin")
    strike(sku, 59_900)
    sell(sku, "B2", 40_000, days=1, platform="douyin")
    assert len(work(clerk)) == 1
    assert work(make_actor("eve", "compliance", shop=make_shop("别家"))) == []


def test_the_file_says_what_to_do_where(client, shop, clerk):
    sku = make_sku(make_product(shop))
    sell(sku, "A1", 59_900, days=5, platform="douyin")
    strike(sku, 59_900)
    sell(sku, "A2", 45_000, days=2, platform="douyin")
    row = next(iter(exports.STRUCK_OUT.rows(clerk, None, NOW)))
    assert (row[0], row[2], row[4], row[7], row[8], row[10]) == ("抖店", sku.code, 59_900, "改到不高于 ¥450", 45_000, NOW - timedelta(days=2))
    assert len(row) == len(exports.STRUCK_OUT.columns)


def test_the_list_over_json_asks_for_the_right_to_see(shop, clerk):
    class Asked:
        auth, now = clerk, NOW

    sku = make_sku(make_product(shop))
    sell(sku, "A1", 59_900, days=5, platform="douyin")
    strike(sku, 59_900)
    sell(sku, "A2", 45_000, days=2, platform="douyin")
    assert [(one["sku"], one["platform"], one["instead_fen"]) for one in evidence_api.struck_prices_to_change(Asked())] == [(sku.code, "douyin", 45_000)]
    Asked.auth = make_actor("nobody", shop=shop)
    with pytest.raises(Forbidden):
        evidence_api.struck_prices_to_change(Asked())


# Trade marks in titles


def mark(shop, number, *, product=None, until=None):
    draft = rights.RightDraft("trademark", "林夏", number, "林夏公司", date(2020, 1, 1), until, product_id=product.pk if product else None)
    rights.add_right(actor=KAIBO, shop_id=shop.pk, draft=draft, now=NOW)


def told(product, day=date(2026, 11, 22)):
    return [(one.state, one.reason) for one in evidence.copying_of([product.pk], day).get(product.pk, [])]


def test_a_mark_in_a_title_needs_leave_for_these_goods(shop, cream):
    other = make_product(shop, "KB-OTHER")
    mark(shop, "TM-1", product=other)
    assert told(cream) == [("run", "标题里有商标“林夏”（TM-1），登记只用于别的商品")]
    mark(shop, "TM-2")  # for all goods of the shop
    assert told(cream) == []


def test_a_mark_of_the_whole_shop_holds_through_its_last_day(shop, cream):
    mark(shop, "TM-1", until=date(2026, 11, 22))
    assert told(cream) == []
    assert told(cream, date(2026, 11, 23)) == [("red", "标题里的商标“林夏”（TM-1）已到期")]


def test_an_own_entry_that_ended_is_told_once(shop, cream):
    mark(shop, "TM-1", product=cream, until=date(2026, 11, 21))
    assert len(told(cream)) == 1


def test_a_mark_no_title_names_or_of_another_shop_says_nothing(shop, cream):
    type(cream).objects.filter(pk=cream.pk).update(title="四季面霜")
    mark(shop, "TM-1", until=date(2026, 11, 21))
    assert told(cream) == []
    type(cream).objects.filter(pk=cream.pk).update(title="林夏四季面霜")
    assert [state for state, _reason in told(cream)] == ["red"]
