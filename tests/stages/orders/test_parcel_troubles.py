"""Parcels in trouble as people meet them: whose, by when, put back after a slip, as a sheet for the courier."""

from __future__ import annotations

import io
from datetime import timedelta


import pytest
from python_calamine import load_workbook

from kaibo.kit.errors import Forbidden
from kaibo.kit.trackers import Stage
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.orders import route_book, shipping, tracking
from kaibo.stages.orders.models import ParcelTrack
from tests.make.goods import make_warehouse
from tests.make.orders import NOW, make_paid_order
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db
SF = "1234567890123456"


@pytest.fixture
def stalled(shop):
    order = make_paid_order()
    shipment = shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰速运", tracking_no=SF, now=NOW)
    ParcelTrack.objects.create(shipment=shipment, shop_id=order.shop_id, stage=Stage.IN_TRANSIT.value, last_at=NOW - timedelta(hours=60), last_words="郑州转运中心 已到达")
    assert tracking.find_stalled(NOW) == 1
    return shipment


def test_a_trouble_called_settled_by_a_slip_comes_back_with_its_owner_and_deadline(stalled, shop):
    lead = make_actor("bob", "warehouse", shop=shop)
    tracking.take_on(actor=lead, shipment_id=stalled.pk, hours=5, now=NOW)
    tracking.settle(actor=lead, shipment_id=stalled.pk, note="点错", now=NOW)
    tracking.reopen(actor=lead, shipment_id=stalled.pk, now=NOW)
    one = ParcelTrack.objects.get()
    assert (one.settled_at, one.trouble, one.owner_name, one.due_at) == (None, "stalled", lead.name, NOW + timedelta(hours=5))
    assert AuditRow.objects.filter(deed="orders:parcel:reopen_trouble").count() == 1
    with pytest.raises(tracking.NotSettled):
        tracking.reopen(actor=lead, shipment_id=stalled.pk, now=NOW)


def test_who_may_not_settle_a_trouble_cannot_put_it_back(stalled, shop):
    tracking.settle(actor=KAIBO, shipment_id=stalled.pk, note="已找到", now=NOW)
    with pytest.raises(Forbidden):
        tracking.reopen(actor=make_actor("eve", "host", shop=shop), shipment_id=stalled.pk, now=NOW)
    assert ParcelTrack.objects.get().settled_at == NOW


def test_troubles_go_to_the_courier_as_a_sheet_with_whole_numbers_and_only_to_whom_may_export(stalled, shop, client):
    client.force_login(make_person("eve", "host", shop=shop))
    assert client.get("/orders/parcels/on-the-way.xlsx").status_code == 403
    client.force_login(make_person("alice", "owner"))
    answer = client.get("/orders/parcels/on-the-way.xlsx")
    head, row = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
    told = dict(zip(head, row, strict=True))
    assert (told["运单号"], told["异常"], told["最后一次扫描"]) == (SF, "停在路上不动", "郑州转运中心 已到达")


def test_without_a_tracker_the_page_says_that_nobody_sees_and_not_that_all_is_well(client, shop):
    client.force_login(make_person("alice", "owner"))
    shown = client.get("/orders/parcels").content.decode()
    assert "看不到哪些停住了" in shown
    assert "发出的包裹都在走" not in shown


def test_an_address_that_cannot_be_read_is_said_and_the_warehouse_is_not_blamed(client, shop):
    make_warehouse()
    route_book.place_warehouse(actor=KAIBO, version=route_book.in_force().number, code="hz", province="浙江", reason="在这里", now=NOW)
    client.force_login(make_person("alice", "owner"))
    shown = client.get("/orders/routes", {"address": "火星一号"}).content.decode()
    assert "不知道多远" in shown
    assert "没填省份" not in shown
