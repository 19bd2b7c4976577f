"""The members' pages through a browser's eyes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kaibo.stages.members.models import ContactList, Member, SegmentOffer
from tests.make.members import make_ladder
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db


def client_of(account: str, *roles: str, shop=None) -> Client:
    client = Client()
    client.force_login(make_person(account, *roles, shop=shop))
    return client


def test_an_empty_page_teaches_the_first_step(shop):
    page = client_of("ops", "operations", shop=shop).get("/members/").content.decode()
    assert "导入购买历史" in page


def test_the_page_says_what_to_do_for_whom_and_shows_nobodys_number(shop):
    make_ladder(shop)
    page = client_of("ops", "operations", shop=shop).get("/members/").content.decode()
    assert "新品预售优先购 + 专属权益" in page
    assert "召回券 + 按买过的品类做个性推荐" in page
    assert "cust-19" not in page
    assert "c****19" in page


def test_every_page_answers(shop):
    make_ladder(shop)
    client = client_of("ops", "operations", shop=shop)
    one = Member.objects.first()
    for address in ("/members/", "/members/?recency=5&frequency=5", f"/members/{one.pk}/", f"/members/shops/{shop.pk}/segments/high_value"):
        assert client.get(address).status_code == 200, address
    assert client.post(f"/members/shops/{shop.pk}/score").status_code == 302
    assert client.post(f"/members/{one.pk}/consent", {"is_given": "no", "source": "客服"}).status_code == 302
    one.refresh_from_db()
    assert one.consent == "refused"


def test_a_list_is_a_file_with_the_one_offer_and_the_way_out(shop):
    make_ladder(shop)
    client = client_of("ops", "operations", shop=shop)
    client.post(f"/members/shops/{shop.pk}/segments/high_value", {"words": "预售优先购", "coupon": "30", "minimum": "299"})
    assert SegmentOffer.objects.get().coupon_fen == 3_000
    answer = client.post(f"/members/shops/{shop.pk}/segments/high_value/contact", {"reason": "双十二预售"})
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert ContactList.objects.get().reached == 8


def test_the_analyst_sees_segments_and_takes_no_list(shop):
    make_ladder(shop)
    client = client_of("ann", "analyst", shop=shop)
    assert client.get("/members/").status_code == 200
    assert client.post(f"/members/shops/{shop.pk}/segments/high_value/contact", {"reason": "x"}).status_code == 403
    assert not ContactList.objects.exists()


def test_anonymous_people_and_other_shops_see_nobody(shop):
    make_ladder(shop)
    assert Client().get("/members/").status_code == 302
    other = client_of("zoe", "operations", shop=make_shop("other", "别家"))
    assert other.get(f"/members/{Member.objects.first().pk}/").status_code == 404
    assert "c****19" not in other.get("/members/").content.decode()


def test_the_page_needs_as_many_queries_for_forty_members_as_for_ten(shop):
    make_ladder(shop, 10)
    client = client_of("ops", "operations", shop=shop)
    client.get("/members/")
    with CaptureQueriesContext(connection) as few:
        client.get("/members/")
    make_ladder(shop, 40)
    with CaptureQueriesContext(connection) as many:
        client.get("/members/")
    assert len(many) == len(few)
