"""Pauses of couriers and supply plans of launches over the JSON API, and their files, do what the pages do and refuse whom they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaibo.kit.clock import utc_now
from kaibo.master.launches import services as launches
from kaibo.master.people.services import make_token
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders.models import CourierPause
from kaibo.stages.risk.supply_files import SUPPLY_REGISTER
from kaibo.stages.supply import launch_plans
from kaibo.stages.supply.launch_files import LAUNCH_SUPPLY
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_actor

pytestmark = pytest.mark.django_db


def caller(client, account: str, *roles: str):
    owner, alike = make_actor(f"{account}-boss", "owner"), make_actor(account, *roles)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {make_token(actor=owner, title='脚本', abilities=list(alike.abilities), now=utc_now())}"}

    def call(method: str, path: str, said=None):
        more = {"data": said, "content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": f"{account}{path}"} if method == "post" else {}
        return getattr(client, method)(f"/api/v1{path}", **more, **headers)

    return call


def test_a_courier_is_paused_listed_and_taken_back(client, shop):
    call = caller(client, "hemu", "operations")
    assert call("get", "/risk/shortages").json() == call("get", "/risk/courier-signals").json() == []
    made = call("post", "/risk/couriers", {"courier": "zhongtong", "places": ["浙江"], "reason": "爆仓"})
    assert (made.status_code, made.json()["rerouted"]) == (201, 0)
    assert [one["places"] for one in call("get", "/risk/couriers").json()] == [["浙江"]]
    assert [row[1] for row in SUPPLY_REGISTER.rows(KAIBO, None, None)] == ["中通 浙江"]
    refused = caller(client, "anna", "service")("post", f"/risk/couriers/{made.json()['id']}/end", {"reason": "x"})
    assert refused.status_code == 403
    assert CourierPause.objects.get().ended_at is None
    assert call("post", f"/risk/couriers/{made.json()['id']}/end", {"reason": "恢复"}).json() == {"back": 0}
    assert call("get", "/risk/couriers").json() == []


def test_a_launch_says_what_it_lacks_and_takes_a_persons_figure(client, shop):
    now = utc_now()
    sku = make_sku(make_product(shop))
    make_stock(sku, 40)
    make_warehouse()
    launch = launches.begin_launch(
        actor=KAIBO, shop_id=shop.pk, title="外套", owner_id=make_actor("hemu").person_id, product_id=sku.product_id, on_air_at=now + timedelta(days=10), now=now
    )
    launch_plans.begin(actor=KAIBO, launch_id=launch.pk, now=now)
    call = caller(client, "buyer", "selection")
    path = f"/supply/launches/{launch.pk}"
    said = call("post", f"{path}/units", {"sku_id": str(sku.pk), "units": 100, "reason": "照上一场"}).json()
    assert [(one["need"], one["there"], one["missing"], one["source"]) for one in said["items"]] == [(100, 40, 60, "own")]
    assert "KB-2417-B-M" in said["hurdles"][0]
    assert [row[10] for row in LAUNCH_SUPPLY.rows(KAIBO, None, None)] == [60]
    assert call("post", f"{path}/confirm", {}).status_code == 403
    assert caller(client, "lead", "operations")("post", f"{path}/confirm", {}).status_code == 409
    assert call("get", path).json()["confirmed_at"] is None
