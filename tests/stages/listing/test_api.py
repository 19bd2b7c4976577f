"""Selection, compliance and listing over JSON: from a candidate to a page on sale."""

from __future__ import annotations

import json

import pytest

from kaibo.master.people.queries import actor_for
from kaibo.master.people.services import make_token
from kaibo.stages.listing.models import Listing
from tests.make.compliance import NOW, make_channel
from tests.make.goods import make_category
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db


def caller(client, person):
    actor = actor_for(person)
    secret = make_token(actor=actor, title="脚本", abilities=list(actor.abilities), now=NOW)

    def call(method: str, path: str, body: dict | None = None):
        answer = client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else "", content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
        return answer.status_code, (answer.json() if answer.content else None)

    return call


def test_a_program_brings_a_candidate_to_a_page_on_sale(client, shop):
    make_category()
    channel = make_channel(shop)
    call = caller(client, make_person("alice", "owner"))
    status, candidate = call(
        "POST", "/selection/candidates",
        {
            "shop_id": str(shop.pk), "title": "双面呢短外套", "code": "KB-7", "category": "apparel", "cost_fen": 18_000, "price_fen": 59_900, "return_bp": 3_500,
            "value_proposition": "给怕起球的通勤女生", "selling_points": ["九成羊毛不扎人"],
            "skus": [{"code": "KB-7-M", "specification": "黑 / M", "cost_fen": 18_000, "price_fen": 59_900}],
        },
    )
    assert (status, candidate["state"]) == (201, "draft")
    status, refused = call("POST", f"/selection/candidates/{candidate['id']}/approve", {})
    assert (status, refused["code"]) == (409, "selection.candidate_not_scored")
    call("POST", f"/selection/candidates/{candidate['id']}/score")
    status, approved = call("POST", f"/selection/candidates/{candidate['id']}/approve", {"reason": "毛利够"})
    assert (status, approved["state"]) == (200, "approved")
    status, findings = call("GET", f"/compliance/products/{approved['product_id']}/findings")
    assert (status, findings[0]["state"]) == (200, "red")
    status, document = call("POST", "/compliance/documents", {"shop_id": str(shop.pk), "kind": "business_licence", "number": "9133", "valid_from": "2021-03-15"})
    assert status == 201
    assert call("POST", f"/compliance/documents/{document['id']}/confirm")[1]["state"] == "confirmed"
    status, screening = call("POST", "/compliance/screenings", {"text": "国家级面料", "surface": "title"})
    assert (status, screening["verdict"], screening["hits"][0]["text"]) == (201, "block", "国家级")
    status, listing = call("POST", "/listing/listings", {"product_id": approved["product_id"], "channel_id": str(channel.pk)})
    assert status == 201
    status, titled = call("PUT", f"/listing/listings/{listing['id']}/title", {"core": "短外套", "scenes": ["秋冬"], "revision": listing["revision"]})
    assert (status, titled["title"]) == (200, "秋冬短外套")
    status, published = call("POST", f"/listing/listings/{listing['id']}/publish")
    assert (status, published["published_version"]) == (200, 1)
    status, page = call("GET", "/listing/listings?state=published")
    assert (status, page["count"]) == (200, 1)


def test_another_shops_program_sees_and_changes_nothing(client, shop):
    from tests.make.listing import make_listing

    listing = make_listing()
    call = caller(client, make_person("zoe", "operations", shop=make_shop("other", "别的店")))
    assert call("GET", "/listing/listings")[1]["count"] == 0
    assert call("POST", f"/listing/listings/{listing.pk}/publish")[0] == 404
    assert client.get("/api/v1/listing/listings").status_code == 401
    assert Listing.objects.get().state == "draft"
