"""Recalls, stocktaking and suppliers over the JSON API do what the pages do, and refuse whom they refuse."""

from __future__ import annotations

import pytest

from kaibo.master.people.services import make_token
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.stages.supply.models import Recall, StockCount
from tests.make.goods import make_product, make_sku, make_warehouse
from tests.make.people import make_actor
from tests.make.supply import GOOD, NOW, make_arrival

pytestmark = pytest.mark.django_db
BASE = "/api/v1/supply"


@pytest.fixture
def lot(shop):
    from kaibo.plumbing.access.actor import KAIBO
    from kaibo.stages.supply import services

    sku = make_sku(make_product(shop))
    inspection = make_arrival(sku, 80)
    services.decide_inspection(actor=KAIBO, inspection_id=inspection.pk, values=GOOD, now=NOW)
    return inspection.lot


class Caller:
    """A script of an owner, with a token that may no more than somebody else."""

    def __init__(self, client, account: str, *roles: str):
        owner, alike = make_actor(f"{account}-boss", "owner"), make_actor(account, *roles)
        secret = make_token(actor=owner, title="脚本", abilities=list(alike.abilities), now=NOW)
        self.client, self.headers, self.calls = client, {"HTTP_AUTHORIZATION": f"Bearer {secret}"}, 0

    def get(self, path):
        return self.client.get(f"{BASE}{path}", **self.headers)

    def post(self, path, said=None, **body):
        self.calls += 1
        return self.client.post(f"{BASE}{path}", said if said is not None else body, content_type="application/json", **self.headers, HTTP_IDEMPOTENCY_KEY=f"k{self.calls}-{path}")


def test_a_lot_is_recalled_followed_and_closed(client, lot):
    caller = Caller(client, "qian", "quality")
    made = caller.post("/recalls", lot_id=str(lot.pk), reason="甲醛超标")
    assert (made.status_code, made.json()["held_units"], made.json()["lot"]) == (201, 80, lot.code)
    assert caller.post("/recalls", lot_id=str(lot.pk), reason="again").status_code == 409
    assert stock.levels_of([lot.sku_id])[lot.sku_id][Bucket.SELLABLE] == 0
    number = made.json()["id"]
    assert caller.get(f"/recalls?is_open=true").json()["count"] == 1
    assert caller.post(f"/recalls/{number}/close", result="全部退回厂家").json()["result"] == "全部退回厂家"
    assert caller.get(f"/recalls?is_open=true").json()["count"] == 0


def test_a_host_recalls_nothing_and_sees_nothing(client, lot):
    caller = Caller(client, "hans", "host")
    assert caller.post("/recalls", lot_id=str(lot.pk), reason="x").status_code == 403
    assert caller.get(f"/recalls").status_code == 403 and not Recall.objects.exists()
    assert caller.get(f"/suppliers").status_code == 403
    assert caller.post("/counts", shop_id=str(lot.sku.product.shop_id), warehouse_id=str(make_warehouse().pk)).status_code == 403


def test_stock_is_taken_blind_written_handed_in_and_approved_by_another(client, lot):
    caller = Caller(client, "cang", "warehouse")
    made = caller.post("/counts", shop_id=str(lot.sku.product.shop_id), warehouse_id=str(make_warehouse().pk))
    assert made.status_code == 201, made.content
    path = f"/counts/{made.json()['id']}"
    [line] = caller.get(f"{path}/lines").json()
    assert (line["item"], line["counted"], line["book_units"]) == (lot.sku.code, None, None)
    written = caller.post(f"{path}/lines", [{"line_id": line["line_id"], "counted": 70}])
    assert written.json() == {"written": 1}
    assert caller.get(f"{path}/lines").json()[0]["book_units"] is None, "a blind sheet stays blind while it is counted"
    assert caller.post(f"{path}/hand-in").json()["state"] == "waiting"
    assert caller.post(f"{path}/approve", reason="x").status_code == 403
    caller = Caller(client, "wang", "operations")
    assert caller.post(f"{path}/approve", reason="破损 10 件").json()["state"] == "posted"
    assert (stock.levels_of([lot.sku_id])[lot.sku_id][Bucket.SELLABLE], StockCount.objects.get().state) == (70, "posted")


def test_suppliers_come_with_their_figures(client, lot):
    caller = Caller(client, "alice", "owner")
    [one] = caller.get(f"/suppliers").json()
    found = {figure["key"]: (figure["part"], figure["whole"]) for figure in one["figures"]}
    assert found["passed"] == (1, 1) and one["total_bp"] == 10_000
    assert caller.get(f"/switches").json() == []


def test_units_are_set_aside_and_given_back_over_the_api_by_those_who_may(shop, client):
    from datetime import timedelta

    from kaibo.kit.clock import utc_now
    from kaibo.stages.supply.ahead_models import StockLock
    from tests.make.goods import make_stock

    sku = make_sku(make_product(shop))
    make_stock(sku, 10)
    said = {
        "sku_id": str(sku.pk), "quantity": 4, "purpose": "customer", "who": "陈经理", "reason": "定金已付", "expires_at": (utc_now() + timedelta(days=2)).isoformat(),
    }  # fmt: skip
    assert Caller(client, "looker", "analyst").post("/locks", said).status_code == 403
    assert StockLock.objects.count() == 0
    lead = Caller(client, "lead", "operations")
    made = lead.post("/locks", said)
    assert made.status_code == 201
    assert [one["quantity"] for one in lead.get("/locks").json()] == [4]
    assert lead.get(f"/rolling/{sku.pk}").json()["look"]["there"] == 6
    assert lead.post(f"/locks/{made.json()['id']}/release", {"reason": "不要了"}).json() == {"units": 4}
    assert stock.levels_of([sku.pk])[sku.pk][Bucket.SELLABLE] == 10
