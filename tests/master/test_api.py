"""The JSON API's frame: tokens, one shape of errors, keyed writes that happen once."""

import json
import threading

import pytest
from django.test import Client
from ninja.responses import NinjaJSONEncoder

from kaibo.config.api import api
from kaibo.master.catalog.models import Product
from kaibo.master.people import services
from kaibo.master.people.models import ApiToken
from kaibo.plumbing.idempotency.models import StoredAnswer
from tests.make.goods import make_category, make_product, make_sku, make_stock
from tests.make.people import make_actor

ABILITIES = ["catalog:product:edit", "stock:stock:see", "launches:launch:edit"]


@pytest.fixture
def secret(owner, now):
    return services.make_token(actor=owner, title="ERP", abilities=ABILITIES, now=now)


def bearer(secret, key=""):
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}", **({"HTTP_IDEMPOTENCY_KEY": key} if key else {})}


def a_product(shop, code="KB-9"):
    return json.dumps(
        {"shop_id": str(shop.pk), "code": code, "title": "围巾", "category": "apparel",
         "skus": [{"code": f"{code}-1", "specification": "灰", "cost_fen": 100, "price_fen": 300}]}
    )


def post(client, path, body, **headers):
    return client.post(path, body, content_type="application/json", **headers)


@pytest.mark.django_db
def test_without_a_token_nothing_is_told(client, db):
    assert client.get("/api/v1/launches").status_code == 401
    assert client.get("/api/v1/launches", **bearer("kb_wrong")).status_code == 401


@pytest.mark.django_db
def test_stock_explains_itself_to_programs(client, secret, shop):
    make_stock(make_sku(make_product(shop)), 12)
    answer = client.get("/api/v1/stock/availability/KB-2417-B-M", **bearer(secret)).json()
    assert answer["available"] == 12
    assert answer["lines"] == [{"label_zh": "仓内合计", "label_en": "in the house", "quantity": 12, "reference": ""}]


@pytest.mark.django_db
def test_a_refusal_has_a_code_and_words(client, secret):
    answer = client.get("/api/v1/stock/availability/NONE", **bearer(secret))
    assert answer.status_code == 404
    assert answer.json() == {"code": "catalog.sku_unknown", "message": "没有货号 NONE", "details": {"code": "NONE"}}


@pytest.mark.django_db
def test_a_keyed_write_told_twice_happens_once(client, secret, shop):
    make_category()
    first = post(client, "/api/v1/goods/products", a_product(shop), **bearer(secret, "k1"))
    again = post(client, "/api/v1/goods/products", a_product(shop), **bearer(secret, "k1"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Product.objects.count() == 1


@pytest.mark.django_db
def test_a_key_reused_for_another_body_is_refused(client, secret, shop):
    make_category()
    post(client, "/api/v1/goods/products", a_product(shop), **bearer(secret, "k1"))
    other = post(client, "/api/v1/goods/products", a_product(shop, "KB-10"), **bearer(secret, "k1"))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.key_reused")
    assert Product.objects.count() == 1


@pytest.mark.django_db
def test_a_token_without_the_ability_changes_nothing(client, shop, now):
    make_category()
    bob = make_actor("bob", "operations", shop=shop)
    weak = services.make_token(actor=bob, title="x", abilities=["stock:stock:see"], now=now)
    answer = post(client, "/api/v1/goods/products", a_product(shop), **bearer(weak, "k1"))
    assert (answer.status_code, answer.json()["code"]) == (403, "access.ability_missing")
    assert Product.objects.count() == 0
    assert ApiToken.objects.get().title == "x"


@pytest.mark.django_db(transaction=True)
def test_the_same_key_from_eight_callers_at_once_happens_once(secret, shop):
    make_category()
    answers = []

    def call():
        from django.db import connection

        answers.append(post(Client(), "/api/v1/goods/products", a_product(shop), **bearer(secret, "same")).json())
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({json.dumps(one) for one in answers}) == 1
    assert Product.objects.count() == 1
    assert StoredAnswer.objects.count() == 1


@pytest.mark.django_db
def test_the_openapi_document_is_served(client):
    answer = client.get("/api/v1/openapi.json")
    assert "/api/v1/stock/availability/{code}" in answer.json()["paths"]
    assert answer.json() == json.loads(json.dumps(api.get_openapi_schema(), cls=NinjaJSONEncoder))
