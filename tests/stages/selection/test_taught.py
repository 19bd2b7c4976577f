"""What after-sales taught stands on the pages of those who choose, write and speak (SEL-19)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from kaibo.facts.fact import fact_from_json
from kaibo.facts.flow import CaseClosed
from kaibo.kit.ids import new_id
from kaibo.stages.selection import services, taught
from tests.make.goods import make_product, make_sku
from tests.make.people import make_actor, make_person

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "reason, way",
    [("尺码不合：M 码偏大", "large"), ("肩膀太紧，勒得慌", "small"), ("裤长短了，腰大了", ""), ("不合身", ""), ("runs small", "small"), ("大小都可以", ""), ("买大了一码", "large")],
)
def test_the_direction_is_read_from_the_buyers_words(reason, way):
    assert taught.direction_of(reason) == way


@given(st.integers(0, 9), st.integers(0, 9))
def test_a_size_table_speaks_up_when_two_thirds_of_three_or_more_agree(large, small):
    verdict = taught.SizeSaid("K", "M", large, small, 5, ()).verdict
    told = large + small
    assert (verdict == "large") == (told >= 3 and large >= 2 * small)
    assert (verdict == "small") == (told >= 3 and small >= 2 * large and not large >= 2 * small)


def closed(product, sku, reason, nature, **values):
    fact = CaseClosed(
        case_id=new_id(), order_id=None, product_id=product.pk, reason=reason, severity="minor", refunded_fen=1_000, closed_at=NOW, nature=nature, sku_id=sku.pk, **values
    )
    assert fact_from_json(CaseClosed, fact.as_json()) == fact
    return services.note_feedback(fact=fact, now=NOW)


def test_a_fact_of_before_still_reads_with_its_defaults():
    payload = {"case_id": str(new_id()), "order_id": None, "product_id": None, "reason": "x", "severity": "minor", "refunded_fen": 0, "closed_at": NOW.isoformat()}
    assert (fact_from_json(CaseClosed, payload).nature, fact_from_json(CaseClosed, payload).lot_ids) == ("other", ())


@pytest.mark.django_db
def test_reasons_sizes_and_words_come_back_by_product_with_their_cases(shop):
    product, other = make_product(shop), make_product(shop, code="KB-9")
    sku = make_sku(product)
    lot = new_id()
    for reason in ("尺码不合：偏大", "尺码不合：大了一码", "尺码不合：太大"):
        closed(product, sku, reason, "size", lot_ids=(lot,))
    one = closed(product, sku, "描述不符：驼色偏黄", "not_as_described")
    closed(other, sku, "尺码不合：太小", "size")
    said = taught.sizes_said(product.pk)
    assert [(s.code, s.large, s.small, s.unknown, s.verdict, len(s.case_ids)) for s in said] == [(sku.code, 3, 0, 0, "large", 3)]
    assert [f.case_id for f in taught.unlike_described(product.pk)] == [one.case_id]
    assert [(w.nature, w.cases, w.refunded_fen) for w in taught.reasons_of(product.pk)] == [("size", 3, 3_000), ("not_as_described", 1, 1_000)]
    assert len(taught.returns_of_lots([lot], since=NOW)) == 3 and taught.returns_of_lots([new_id()], since=NOW) == []


@pytest.mark.django_db
def test_the_listing_and_the_run_of_show_say_it_with_a_way_to_the_case(client, shop):
    from kaibo.master.shops.models import Channel
    from kaibo.stages.listing.models import Listing
    from tests.make.showplan import make_session

    product = make_product(shop)
    sku = make_sku(product)
    cases = [closed(product, sku, "尺码不合：偏大", "size").case_id for _ in range(3)]
    channel = Channel.objects.filter(shop=shop).first() or Channel.objects.create(shop=shop, platform="douyin", name="抖音")
    listing = Listing.objects.create(product=product, channel=channel, shop=shop, created_at=NOW, changed_by="x", changed_at=NOW)
    client.force_login(make_person("alice", "owner"))
    page = client.get(reverse("listing:listing", args=[listing.pk])).content.decode()
    assert "写明偏大，建议拍小一码" in page and f"/aftersales/{cases[0]}" in page
    session = make_session(make_actor("plan", "owner"), shop)
    page = client.get(reverse("showplan:new-segment", args=[session.pk]), {"product": str(product.pk)}).content.decode()
    assert "多数买家嫌大，请讲明拍小一码" in page
