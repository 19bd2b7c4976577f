"""Parcels of connected platforms: asked about right before they leave, told once, stopped with the reason, held when nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaibo.kit.errors import Forbidden
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.intake.kinds import ImportContext, ParsedRow, Refused, Taken
from kaibo.kit.ids import new_id
from kaibo.simulator.world import Case
from kaibo.stages.orders import dispatching, pulling, services, shipping
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.complaints import (
    CourierCodeUnknown,
    ParcelDecided,
    ParcelUnderWay,
    PlatformCannotSplit,
    PlatformNotAsked,
    WaybillOfAnother,
)
from kaibo.stages.orders.models import Dispatch, OrderLine, Shipment
from kaibo.stages.orders.rules import NotShippable, QuantityBeyondLine
from kaibo.stages.orders.sheets import take_shipments
from tests.make.orders import NOW, make_paid_order
from tests.make.people import make_actor, make_shop
from tests.make.platform_shop import PlatformShop

pytestmark = pytest.mark.django_db
SF = "SF1234567890123"


@pytest.fixture
def opened():
    made = []

    def make(platform="douyin", **how):
        made.append(PlatformShop(platform, **how))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def send(shop, order, *, number=SF, carrier="顺丰", units=None, actor=KAIBO):
    return dispatching.send_out(
        actor=actor, order_id=shop.mine(order).pk, carrier=carrier, tracking_no=number, units=units, now=shop.now()
    )


def sound():
    assert differences() == [] and stock.differences() == []


@pytest.mark.parametrize("platform", ["douyin", "taobao"])
def test_a_parcel_is_asked_about_leaves_once_and_is_told_until_the_platform_shows_it(opened, platform):
    shop = opened(platform)
    (order,) = shop.ready()
    one = send(shop, order)
    assert (one.state, shop.mine(order).state, order.stage) == ("telling", "shipped", "paid")
    assert dispatching.work_due(shop.now()) == 1
    one.refresh_from_db()
    assert (one.state, one.was_there_before, [p.number for p in order.parcels], order.stage) == ("told", False, [SF], "sent")
    assert send(shop, order).pk == one.pk
    assert dispatching.work_due(shop.now() + timedelta(hours=1)) == 0
    assert (Shipment.objects.count(), len(order.parcels)) == (1, 1)
    assert {line.shipped for line in OrderLine.objects.filter(order=shop.mine(order))} == {order.lines[0].units}
    sound()


def refund_asked(shop, order):
    line = order.lines[0]
    line.case = Case(1, order.number, line.number, "before", "asked", line.paid_fen, shop.world.now, shop.world.now)
    shop.world.cases[1] = line.case
    shop.change(order)


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (lambda shop, order: shop.change(order, stage="cancelled", why_cancelled="买家取消"), "已取消"),
        (refund_asked, "有售后未完结"),
        (lambda shop, order: shop.change(order, place=("四川省", "成都市", "武侯区", "人民南路")), "收件信息"),
        (lambda shop, order: shop.change(order, buyer=(order.buyer[0], "13900001111", order.buyer[2])), "收件信息"),
        (lambda shop, order: shop.change(order, buyer=(*order.buyer[:2], "9号楼1单元")), "收件信息"),
        (lambda shop, order: (setattr(order.lines[0], "units", order.lines[0].units + 1), shop.change(order)), "数量改成了"),
        (lambda shop, order: shop.world._send_as_merchant(order, only_part=False, at=shop.world.now), "别的单号"),
    ],
    ids=["cancelled", "refund asked", "another place", "another phone", "another door", "another quantity", "sent elsewhere"],
)  # fmt: skip
def test_what_changed_on_the_platform_since_stops_the_parcel_with_the_reason(opened, happens, words):
    shop = opened()
    (order,) = shop.ready()
    if order.place[0] == "四川省":
        order.place = ("浙江省", "杭州市", "西湖区", "文三路")
        shop.change(order)
        shop.pull(1_200)
    happens(shop, order)
    parcels = len(order.parcels)
    one = send(shop, order)
    assert (one.state, Shipment.objects.count(), len(order.parcels)) == ("refused", 0, parcels)
    assert words in one.problem_zh and one.problem_en
    assert dispatching.work_due(shop.now() + timedelta(hours=1)) == 0
    assert AuditRow.objects.filter(deed="orders:parcel:refuse").count() == 1
    sound()


def test_a_new_address_is_taken_at_once_so_that_a_new_waybill_may_leave(opened):
    shop = opened()
    (order,) = shop.ready()
    shop.change(order, buyer=(order.buyer[0], "13900001111", order.buyer[2]))
    assert send(shop, order).state == "refused"
    assert shop.mine(order).phone_tail == "1111"
    assert send(shop, order, number="SF9999999990123").state == "telling"


def test_a_platform_that_is_away_holds_the_parcel_and_says_so_and_it_leaves_when_it_is_back(opened):
    shop = opened()
    (order,) = shop.ready()
    shop.platform.chaos.broken = 100
    one = send_quick(shop, order)
    assert (one.state, one.attempts, Shipment.objects.count(), shop.mine(order).state) == ("waiting", 1, 0, "allocated")
    assert "没有回应" in one.problem_zh
    assert dispatching.work_due(shop.now()) == 0
    shop.platform.chaos.broken = 0
    shop.world.advance(shop.world.now + 60)
    assert dispatching.work_due(shop.now()) == 1
    assert shop.mine(order).state == "shipped"
    sound()


def send_quick(shop, order, **how):
    """Without the patience a real platform deserves."""
    import kaibo.channels.asking as asking

    kept, asking.Pace.back_off = asking.Pace.back_off, lambda self, seconds: None
    try:
        return send(shop, order, **how)
    finally:
        asking.Pace.back_off = kept


def test_only_who_may_answer_for_it_sends_a_parcel_without_asking_and_the_platform_is_told_later(opened):
    shop = opened()
    (order,) = shop.ready()
    shop.platform.chaos.broken = 100
    one = send_quick(shop, order)
    with pytest.raises(Forbidden):
        dispatching.send_unasked(actor=make_actor("cang", "warehouse"), dispatch_id=one.pk, reason="客户等着", now=shop.now())
    assert Dispatch.objects.get().state == "waiting"
    dispatching.send_unasked(actor=make_actor("yun", "operations", "warehouse"), dispatch_id=one.pk, reason="客户等着", now=shop.now())
    assert (Dispatch.objects.get().state, shop.mine(order).state) == ("telling", "shipped")
    assert AuditRow.objects.get(deed="orders:parcel:send_unasked").reason == "客户等着"
    shop.platform.chaos.broken = 0
    shop.world.advance(shop.world.now + 60)
    dispatching.work_due(shop.now())
    assert (Dispatch.objects.get().state, len(order.parcels)) == ("told", 1)
    sound()


@pytest.mark.parametrize("platform", ["douyin", "taobao"])
def test_an_answer_that_was_lost_makes_no_second_parcel(opened, platform, monkeypatch):
    shop = opened(platform)
    (order,) = shop.ready()
    one = send(shop, order)
    real, told = type(shop.platform)._send, []

    def lost(self, asked):
        told.append(real(self, asked))
        raise ConnectionResetError  # the platform has it, we never hear so

    monkeypatch.setattr(type(shop.platform), "_send", lost)
    monkeypatch.setattr("kaibo.channels.asking.Pace.back_off", lambda self, seconds: None)
    dispatching.work_due(shop.now())
    monkeypatch.setattr(type(shop.platform), "_send", real)
    for minutes in (2, 4, 8):
        dispatching.work_due(shop.now() + timedelta(minutes=minutes))
    one.refresh_from_db()
    assert (one.state, one.was_there_before, len(order.parcels)) == ("told", True, 1)
    sound()


def test_a_refund_in_the_last_second_is_trouble_a_person_decides(opened):
    shop = opened()
    (order,) = shop.ready()
    one = send(shop, order)
    refund_asked(shop, order)
    dispatching.work_due(shop.now())
    one.refresh_from_db()
    assert (one.state, order.parcels) == ("trouble", [])
    assert "售后" in one.problem_zh
    assert dispatching.work_due(shop.now() + timedelta(days=1)) == 0
    order.lines[0].case.stage = "withdrawn"
    shop.change(order)
    assert dispatching.try_again(actor=KAIBO, dispatch_id=one.pk, now=shop.now()).state == "told"
    with pytest.raises(ParcelDecided):
        dispatching.settle_by_hand(actor=KAIBO, dispatch_id=one.pk, reason="已处理", now=shop.now())


def test_another_waybill_that_the_platform_has_by_then_is_named(opened):
    shop = opened()
    (order,) = shop.ready()
    one = send(shop, order)
    shop.world._send_as_merchant(order, only_part=False, at=shop.world.now)
    dispatching.work_due(shop.now())
    one.refresh_from_db()
    assert one.state == "trouble" and order.parcels[0].number in one.problem_zh
    dispatching.settle_by_hand(actor=KAIBO, dispatch_id=one.pk, reason="已在平台改单号", now=shop.now())
    assert Dispatch.objects.get().settled_why == "已在平台改单号"


def test_an_order_leaves_in_two_parcels_and_each_is_told_with_its_lines(opened):
    shop = opened(orders=60)
    (order,) = shop.ready(lines=2)
    first, second = OrderLine.objects.filter(order=shop.mine(order)).order_by("line_no")
    send(shop, order, units={first.pk: first.quantity})
    dispatching.work_due(shop.now())
    assert (shop.mine(order).state, order.stage) == ("partially_shipped", "part_sent")
    assert order.parcels[0].content == [(int(first.line_no), first.quantity)]
    sound()
    with pytest.raises(QuantityBeyondLine):
        shipping.ship_order(
            actor=KAIBO, order_id=shop.mine(order).pk, carrier="顺丰", tracking_no="SF7", units={first.pk: 1}, now=shop.now(), is_checked=True
        )
    send(shop, order, number="SF2222222220123")
    dispatching.work_due(shop.now())
    assert (shop.mine(order).state, order.stage, len(order.parcels)) == ("shipped", "sent", 2)
    assert order.parcels[1].content == [(int(second.line_no), second.quantity)]
    sound()


def test_a_platform_that_cannot_split_a_line_is_not_asked_to(opened):
    shop = opened("taobao", orders=80)
    (order,) = shop.ready(least_units=2)
    line = OrderLine.objects.get(order=shop.mine(order))
    with pytest.raises(PlatformCannotSplit):
        send(shop, order, units={line.pk: 1})
    assert (Dispatch.objects.count(), Shipment.objects.count()) == (0, 0)


def test_a_part_sent_in_the_platforms_own_console_leaves_our_ledger_too(opened):
    shop = opened(orders=60)
    (order,) = shop.ready(lines=2)
    shop.world._send_as_merchant(order, only_part=True, at=shop.world.now + 1)
    shop.pull(1_500)
    assert shop.mine(order).state == "partially_shipped"
    sound()
    shop.pull(1_600)
    send(shop, order)
    assert shop.mine(order).state == "shipped"
    sound()


def test_two_orders_of_one_receiver_share_a_waybill_and_others_may_not(opened):
    shop = opened(orders=60)
    first, second, third = shop.ready(most=3)
    second.buyer, second.place = first.buyer, first.place
    shop.change(second)
    third.buyer, third.place = ("郑伟", "13700002222", "1号"), first.place
    shop.change(third)
    shop.pull(1_500)
    assert send(shop, first).state == "telling"
    with pytest.raises(WaybillOfAnother):
        send(shop, third)
    assert send(shop, second).state == "telling"
    assert (Shipment.objects.filter(tracking_no=SF).count(), Dispatch.objects.count()) == (2, 2)


def test_a_parcel_that_waits_keeps_a_second_one_out_and_may_be_dropped(opened):
    shop = opened()
    (order,) = shop.ready()
    shop.platform.chaos.broken = 100
    one = send_quick(shop, order)
    with pytest.raises(ParcelUnderWay):
        send_quick(shop, order, number="SF2")
    dispatching.drop(actor=KAIBO, dispatch_id=one.pk, now=shop.now())
    shop.platform.chaos.broken = 0
    assert send(shop, order, number="SF2222222220123").state == "telling"
    with pytest.raises(ParcelDecided):
        dispatching.drop(actor=KAIBO, dispatch_id=Dispatch.objects.get(state="telling").pk, now=shop.now())


def test_no_way_round_the_platform_and_no_unknown_courier(opened):
    shop = opened()
    (order,) = shop.ready()
    with pytest.raises(PlatformNotAsked):
        shipping.ship_order(actor=KAIBO, order_id=shop.mine(order).pk, carrier="顺丰", tracking_no=SF, now=shop.now())
    with pytest.raises(CourierCodeUnknown):
        send(shop, order, carrier="某某速运")
    services.hold_orders(actor=KAIBO, order_ids=[shop.mine(order).pk], reason="等", now=shop.now())
    with pytest.raises(NotShippable):
        send(shop, order)
    with pytest.raises(Forbidden):
        send(shop, order, actor=make_actor("qing", "service"))
    assert (Dispatch.objects.count(), Shipment.objects.count()) == (0, 0)


def test_a_sheet_hands_parcels_in_and_the_clock_asks(opened):
    shop = opened(orders=60)
    first, second = shop.ready(most=2)
    rows = [
        ParsedRow(1, {"order_no": shop.platform.number(first), "carrier": "顺丰", "tracking_no": SF}),
        ParsedRow(2, {"order_no": shop.platform.number(second), "carrier": "某某速运", "tracking_no": "SF2"}),
    ]
    context = ImportContext(KAIBO, shop.shop.pk, "", new_id(), shop.now(), shop.now())
    outcomes = take_shipments(context, rows)
    assert outcomes[0] is Taken.NEW and isinstance(outcomes[1], Refused)
    assert Dispatch.objects.get().state == "waiting" and sum(shop.platform.calls.values()) > 0
    assert dispatching.work_due(shop.now()) == 1
    assert take_shipments(context, rows[:1]) == [Taken.SAME]
    assert dispatching.work_due(shop.now()) == 1 and len(first.parcels) == 1


def test_a_risk_review_that_is_over_lets_the_order_go(opened):
    shop = opened()
    (order,) = shop.ready()
    shop.change(order, stage="review")
    shop.pull(1_000)
    assert shop.mine(order).hold_flags == ["risk_review"]
    shop.change(order, stage="paid")
    shop.pull(1_200)
    assert shop.mine(order).hold_flags == []


def test_an_order_without_a_connected_channel_leaves_at_once(shop):
    order = make_paid_order()
    made = dispatching.send_out(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no=SF, now=NOW)
    assert isinstance(made, Shipment) and Dispatch.objects.count() == 0


def test_somebody_of_another_shop_sees_and_does_nothing(opened):
    shop = opened()
    (order,) = shop.ready()
    shop.platform.chaos.broken = 100
    one = send_quick(shop, order)
    stranger = make_actor("ling", "warehouse", shop=make_shop("other", "别家"))
    for act in (dispatching.try_again, dispatching.drop):
        with pytest.raises(dispatching.ParcelUnknown):
            act(actor=stranger, dispatch_id=one.pk, now=shop.now())
    assert Dispatch.objects.get().state == "waiting"
