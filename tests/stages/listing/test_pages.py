"""The pages of listing through the browser's door."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kaibo.stages.compliance.models import ScreenedText
from kaibo.stages.listing.models import Listing, ListingPrice
from tests.make.compliance import make_channel, make_papers
from tests.make.goods import make_product, make_sku
from tests.make.listing import make_listing
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def ou(client, shop):
    client.force_login(make_person("ou", "operations", shop=shop))
    return client


def test_a_product_goes_from_no_page_to_on_sale(ou, shop):
    product, channel = make_product(shop), make_channel(shop)
    make_sku(product)
    make_papers(shop)
    assert "还没有上架页的" in ou.get(reverse("listing:listings")).content.decode()
    ou.post(reverse("listing:begin"), {"product": str(product.pk), "channel": str(channel.pk)})
    listing = Listing.objects.get()
    here = reverse("listing:listing", args=[listing.pk])
    assert "标题里没有核心词" in ou.get(here).content.decode()
    ou.post(reverse("listing:title", args=[listing.pk]), {"core": "双面呢外套", "attributes": "羊毛 短款", "scenes": "秋冬", "title": "", "revision": listing.revision})
    page = ou.get(here).content.decode()
    assert "秋冬羊毛短款双面呢外套" in page
    assert reverse("listing:publish", args=[listing.pk]) in page
    ou.post(reverse("listing:publish", args=[listing.pk]))
    listing.refresh_from_db()
    assert (listing.state, listing.published_version) == ("published", 1)


def test_the_title_is_reviewed_while_it_is_typed_and_nothing_is_kept(ou, shop):
    listing = make_listing(titled=False)
    address = reverse("listing:lint", args=[listing.pk])
    fields = {"core": "外套", "attributes": "", "scenes": "", "revision": listing.revision}
    page = ou.post(address, {**fields, "title": "国家级外套"}, headers={"hx-request": "true"}).content.decode()
    assert '<mark class="block">国家级</mark>' in page
    assert "广告法第九条第三项" in page
    assert "核心词、长度、用词都没有问题" in ou.post(address, {**fields, "title": "羊毛外套"}).content.decode()
    assert "标题里没有核心词" in ou.post(address, {**fields, "core": "", "title": "羊毛外套"}).content.decode()
    assert not ScreenedText.objects.exists()


def test_an_unready_page_names_what_is_missing_and_offers_no_publishing(ou, shop):
    listing = make_listing()
    page = ou.get(reverse("listing:listing", args=[listing.pk])).content.decode()
    assert "缺 营业执照" in page
    assert reverse("listing:publish", args=[listing.pk]) not in page
    answer = ou.post(reverse("listing:publish", args=[listing.pk]), headers={"hx-request": "true"})
    assert (answer.status_code, answer["X-Kaibo-Error"]) == (409, "listing.not_ready")


def test_a_price_is_set_guarded_and_confirmed_on_the_page(ou, client, shop):
    listing = make_listing()
    sku = ListingPrice.objects.get().sku_id
    address = reverse("listing:price", args=[listing.pk, sku])
    assert ou.post(address, {"price": "100"}).status_code == 422
    assert ou.post(address, {"price": "十块"}).status_code == 422
    assert ListingPrice.objects.get().price_fen == 59_900
    ou.post(address, {"price": "399.00"})
    page = ou.get(reverse("listing:listing", args=[listing.pk])).content.decode()
    assert "你定的价，要另一个人确认" in page
    client.force_login(make_person("bea", "selection", shop=shop))
    client.post(reverse("listing:confirm-price", args=[listing.pk, sku]), {"price": "399.00"})
    assert ListingPrice.objects.get().confirmed_by == "Bea"


def test_strangers_wrong_roles_and_other_shops_stay_outside(client, shop):
    listing = make_listing()
    here = reverse("listing:listing", args=[listing.pk])
    assert client.get(here).status_code == 302
    client.force_login(make_person("wu", "warehouse", shop=shop))
    assert client.get(here).status_code == 403
    client.force_login(make_person("hugo", "host", shop=shop))
    assert client.get(here).status_code == 200
    assert client.post(reverse("listing:publish", args=[listing.pk])).status_code == 403
    client.force_login(make_person("zoe", "operations", shop=make_shop("other", "别的店")))
    assert client.get(here).status_code == 404
    assert Listing.objects.get().state == "draft"
