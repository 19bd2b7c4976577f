"""A lot followed to its buyers and back, and recalled."""

import io

import pytest
from python_calamine import CalamineWorkbook

from kaibo.master.stock import queries as stock
from kaibo.master.stock import services as ledger
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.orders import recall
from kaibo.stages.orders.models import Order
from kaibo.stages.supply import quality_queries, recalls, services, settling
from kaibo.stages.supply.models import Custody, Recall
from tests.make.goods import make_product, make_sku, make_warehouse
from tests.make.orders import make_paid_order
from tests.make.people import make_actor, make_person
from tests.make.supply import GOOD, make_arrival

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


@pytest.fixture
def lot(sku, now):
    """100 units of one lot, released."""
    arrival = make_arrival(sku)
    services.decide_inspection(actor=KAIBO, inspection_id=arrival.pk, values=GOOD, now=now)
    return arrival.lot


def buy(sku, order_no, now, *, is_sent=True):
    order = make_paid_order(order_no, stock=0)
    Order.objects.filter(pk=order.pk).update(stock_reference=f"order:{order.pk}")
    ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, quantity=1, reference=f"order:{order.pk}", now=now)
    if is_sent:
        ledger.ship_reserved(actor=KAIBO, reference=f"order:{order.pk}", now=now)
    return order


def test_a_lot_is_followed_to_its_buyers_and_an_order_back_to_its_lot(sku, lot, owner, now):
    sent, waiting = buy(sku, "6953000000000000001", now), buy(sku, "6953000000000000002", now, is_sent=False)
    found = recall.orders_of_lot(owner, lot.pk)
    assert [(one.id, one.sent, one.waiting) for one in found] == [(sent.pk, 1, 0), (waiting.pk, 0, 1)]
    assert all("李小梅" not in one.receiver for one in found)
    assert [(order.pk, one.pk) for order, one in recall.lots_of_order(owner, "6953000000000000001")] == [(sent.pk, lot.pk)]
    assert [one.pk for one in recall.lots_named(owner, "l2611")] == [lot.pk]


def test_an_order_promised_from_one_lot_and_sent_from_another_has_only_what_it_was_sent(sku, lot, owner, now):
    first = buy(sku, "6953000000000000001", now, is_sent=False)
    other = make_arrival(sku, lot="L2611-01")
    services.decide_inspection(actor=KAIBO, inspection_id=other.pk, values=GOOD, now=now)
    place, Bucket, Move = make_warehouse().pk, ledger.Bucket, ledger.Move
    moves = [Move(sku.pk, place, 1, Bucket.RESERVED, Bucket.SELLABLE, lot_id=lot.pk), Move(sku.pk, place, 1, Bucket.SELLABLE, Bucket.RESERVED, lot_id=other.lot_id)]
    ledger.post(actor=KAIBO, key="swap", reason="swap", reference="swap", moves=moves, now=now)
    ledger.ship_reserved(actor=KAIBO, reference=f"order:{first.pk}", now=now)
    assert recall.orders_of_lot(owner, lot.pk) == []
    assert [one.id for one in recall.orders_of_lot(owner, other.lot_id)] == [first.pk]
    assert [one.pk for _order, one in recall.lots_of_order(owner, "6953000000000000001")] == [other.lot_id]


def test_a_recall_holds_what_can_be_sold_tells_people_once_and_shows_at_the_gate(sku, lot, owner, shop, now):
    make_actor("kefu", "service", shop=shop)
    buy(sku, "6953000000000000001", now)
    made = recalls.start_recall(actor=owner, lot_id=lot.pk, reason="甲醛复检超标", now=now)
    levels = {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items() if units}
    assert (made.held_units, levels) == (99, {"held": 99})
    assert Custody.objects.get().units == 99
    assert Notice.objects.filter(values__reason__contains="甲醛复检超标").count() == 1
    against = quality_queries.gates_of({sku.product_id: "apparel"}).against(sku.product_id, on_air=None, now=now)
    assert against[0].reason == "批次 L2611-07 正在召回：甲醛复检超标"
    with pytest.raises(recalls.LotRecalledAlready):
        recalls.start_recall(actor=owner, lot_id=lot.pk, reason="再来一次", now=now)
    recalls.close_recall(actor=owner, recall_id=made.pk, result="99 件退厂，1 单已换货", now=now)
    with pytest.raises(recalls.RecallClosed):
        recalls.close_recall(actor=owner, recall_id=made.pk, result="再结束一次", now=now)
    assert stock.differences() == []


def test_what_cancelled_orders_give_back_of_a_recalled_lot_is_held_and_not_sold_again(sku, lot, owner, now):
    buy(sku, "6953000000000000001", now, is_sent=False)
    recall_row = recalls.start_recall(actor=owner, lot_id=lot.pk, reason="甲醛复检超标", now=now)
    assert recalls.hold_what_came_back(now) == 0
    order = Order.objects.get()
    ledger.release_reserved(actor=KAIBO, reference=f"order:{order.pk}", now=now)
    assert (recalls.hold_what_came_back(now), recalls.hold_what_came_back(now)) == (1, 0)
    levels = {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items() if units}
    recall_row.refresh_from_db()
    assert (recall_row.held_units, levels, sum(one.units_left for one in Custody.objects.all())) == (100, {"held": 100}, 100)
    recalls.close_recall(actor=owner, recall_id=recall_row.pk, result="误报", now=now)
    custody = Custody.objects.order_by("units").first()
    settling.settle_custody(actor=KAIBO, custody_id=custody.pk, outcome="released", reason="误报", now=now)
    assert recalls.hold_what_came_back(now) == 0
    assert stock.differences() == []


@pytest.mark.parametrize("role", ["warehouse", "selection", "analyst"])
def test_others_cannot_recall(sku, lot, shop, now, role):
    with pytest.raises(AbilityMissing):
        recalls.start_recall(actor=make_actor("bob", role, shop=shop), lot_id=lot.pk, reason="x", now=now)
    assert Recall.objects.count() == 0
    assert stock.levels_of([sku.pk])[sku.pk]["sellable"] == 100


def test_the_list_needs_a_reason_is_recorded_and_stays_masked(client, sku, lot, shop, now):
    client.force_login(make_person("alice", "owner"))
    buy(sku, "6953000000000000001", now)
    assert client.post(f"/orders/lots/{lot.pk}/export", {"reason": " "}).status_code == 422
    assert not AuditRow.objects.filter(deed="orders:recall:export").exists()
    answer = client.post(f"/orders/lots/{lot.pk}/export", {"reason": "召回通知"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["批次", "平台", "订单编号"]
    assert (rows[1][0], rows[1][2]) == ("L2611-07", "6953000000000000001")
    assert "李小梅" not in str(rows)
    assert AuditRow.objects.get(deed="orders:recall:export").reason == "召回通知"


def test_the_pages_show_both_ways_and_hold_what_was_not_sent(client, sku, lot, shop, now):
    client.force_login(make_person("alice", "owner"))
    waiting = buy(sku, "6953000000000000002", now, is_sent=False)
    client.post(f"/supply/lots/{lot.pk}/recall", {"reason": "断针"})
    page = client.get(f"/orders/lots/{lot.pk}").content.decode()
    assert "断针" in page
    assert "6953000000000000002" in page
    assert "L2611-07" in client.get("/orders/lots?q=6953000000000000002").content.decode()
    client.post(f"/orders/lots/{lot.pk}/hold", {"reason": "召回"})
    assert Order.objects.get(pk=waiting.pk).hold_flags == ["manual"]
    assert client.get(f"/supply/lots/{lot.pk}/qr.svg")["Content-Type"] == "image/svg+xml"
    for address in (f"/supply/lots/{lot.pk}", f"/supply/lots/{lot.pk}/label", "/supply/quarantine"):
        assert "L2611-07" in client.get(address).content.decode()


def test_the_trace_names_what_took_units_and_leads_there_and_says_what_a_recall_has_not_got_back(client, sku, lot, owner, now):
    client.force_login(make_person("alice", "owner"))
    buy(sku, "6953000000000000001", now, is_sent=False)
    order = Order.objects.get()
    shown = client.get(f"/supply/lots/{lot.pk}").content.decode()
    assert f'<a href="/orders/{order.pk}">订单 …{str(order.pk)[-8:]}</a>' in shown
    assert "订单占用" in shown
    assert "还没收回的" not in shown
    recalls.start_recall(actor=owner, lot_id=lot.pk, reason="甲醛复检超标", now=now)
    assert "订单和锁仓占着 1 件" in client.get(f"/supply/lots/{lot.pk}").content.decode()
    assert f'<a href="/orders/{order.pk}">' in client.get(f"/stock/{sku.pk}").content.decode()
    client.force_login(make_person("wuyue", "quality"))
    led = client.get(f"/supply/lots/{lot.pk}").content.decode()
    assert f"/orders/lots/{lot.pk}" not in led
    assert "由他们拦下" in led
