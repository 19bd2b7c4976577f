"""The panel of a product's page that promises by when it ships, through the browser's and the programs' door."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from kaibo.kit.clock import business_date, utc_now
from kaibo.master.catalog.models import ShipPromise
from tests.make.listing import make_listing
from tests.make.people import make_person, make_shop
from tests.stages.listing.test_api import caller

pytestmark = pytest.mark.django_db


def page(client, listing):
    return client.get(reverse("listing:listing", args=[listing.pk])).content.decode()


@pytest.fixture
def ou(client, shop):
    client.force_login(make_person("ou", "operations", shop=shop))
    return client


def test_a_promise_is_made_seen_ended_and_taken_up_again(ou, shop):
    listing = make_listing()
    assert "没有承诺：付款后按平时的时限发货" in page(ou, listing)
    answer = ou.post(reverse("listing:promise", args=[listing.pk]), {"days": "3", "note": "第二批周三到"}, follow=True)
    one = ShipPromise.objects.get()
    assert (one.product_id, one.days, one.ships_on, one.ends_at, one.note, one.made_by) == (listing.product_id, 3, None, None, "第二批周三到", "Ou")
    assert "付款后 3 天内发货" in answer.content.decode() and "生效中" in answer.content.decode()
    ou.post(reverse("listing:promise-end", args=[listing.pk, one.pk]))
    assert "已结束" in page(ou, listing) and ShipPromise.objects.get().ended_by == "Ou"
    ou.post(reverse("listing:promise-resume", args=[listing.pk, one.pk]))
    assert ShipPromise.objects.get().ended_at is None


def test_days_of_the_form_are_shanghai_days_and_the_last_counts_whole(ou, shop):
    listing, today = make_listing(), business_date(utc_now())
    first, last = today + timedelta(days=2), today + timedelta(days=4)
    ou.post(reverse("listing:promise", args=[listing.pk]), {"ships_on": str(last), "starts_on": str(first), "ends_on": str(last)})
    one = ShipPromise.objects.get()
    assert (one.ships_on, business_date(one.starts_at), one.ends_at - one.starts_at) == (last, first, timedelta(days=3))
    assert "还没开始" in page(ou, listing)


@pytest.mark.parametrize("said", [{}, {"days": "3", "ships_on": str(date(2099, 1, 1))}, {"days": "0"}, {"days": "soon"}])
def test_what_is_unclear_is_refused_with_what_would_be_clear(ou, shop, said):
    answer = ou.post(reverse("listing:promise", args=[make_listing().pk]), said, follow=True)
    assert answer.status_code == 422 and "只写一个" in answer.content.decode()
    assert ShipPromise.objects.count() == 0


def test_who_may_only_see_sees_no_form_and_changes_nothing(client, shop):
    listing = make_listing()
    client.force_login(make_person("hua", "host", shop=shop))
    assert "发货承诺 / 预售" in page(client, listing) and reverse("listing:promise", args=[listing.pk]) not in page(client, listing)
    assert client.post(reverse("listing:promise", args=[listing.pk]), {"days": "3"}).status_code == 403
    assert ShipPromise.objects.count() == 0


def test_a_program_promises_and_ends_and_another_shop_s_sees_nothing(client, shop):
    listing = make_listing()
    call = caller(client, make_person("ou", "operations", shop=shop))
    address = f"/goods/products/{listing.product_id}/promises"
    status, made = call("POST", address, {"days": 3})
    assert (status, made["days"], made["ended_at"]) == (201, 3, None)
    status, refused = call("POST", address, {"days": 5})
    assert (status, refused["code"]) == (409, "catalog.promise_overlaps")
    status, ended = call("POST", f"/goods/promises/{made['id']}/end")
    assert (status, ended["ended_by"]) == (200, made["made_by"])
    assert call("POST", f"/goods/promises/{made['id']}/resume")[1]["ended_at"] is None
    assert [one["id"] for one in call("GET", address)[1]] == [made["id"]]
    stranger = caller(client, make_person("eve", "operations", shop=make_shop("other", "别家")))
    assert (stranger("GET", address)[0], stranger("POST", f"/goods/promises/{made['id']}/end")[0]) == (404, 404)
    assert ShipPromise.objects.get().ended_at is None
