"""A courier that does not fetch is paused at one press and taken back at one press; a stock-out shows each way out and leads to its deed (RSK-2)."""

from datetime import timedelta
from uuid import UUID

import pytest

from kaibo.master.catalog.models import Sku
from kaibo.master.shops import services as shops
from kaibo.master.stock.models import ChannelItem
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.orders import courier_pauses, route_book, shipping, tracking
from kaibo.stages.orders.models import CourierPause, Order, ParcelTrack, Rerouted, RouteChoice, Shipment
from kaibo.stages.orders.routing import Why
from kaibo.stages.risk import shortages, supply_incidents
from kaibo.stages.risk.services import ReasonMissing
from kaibo.stages.risk.supply_models import SupplyIncident, SupplyStep
from kaibo.stages.risk.today import today
from kaibo.stages.supply.models import Agreement, Purchase, Shortfall
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.orders import make_paid_order, row, take
from tests.make.people import make_actor, make_person, make_shop
from tests.make.supply import make_arrival, make_quote, make_supplier

pytestmark = pytest.mark.django_db
FREIGHT = [("zhongtong", "*", 1000, 450, 1000, 200), ("yuantong", "*", 1000, 460, 1000, 180), ("yuantong", "新疆", 1000, 1400, 500, 900)]
IN_ZHEJIANG, IN_GUANGDONG = "浙江省杭州市西湖区文三路478号3幢", "广东省广州市天河区体育西路1号"


@pytest.fixture
def lead(shop):
    return make_actor("hemu", "operations", shop=None)


@pytest.fixture
def rules(now):
    route_book.merge_freight(actor=KAIBO, version=0, lines=FREIGHT, reason="报价", now=now)


def order(number: int, address: str = IN_ZHEJIANG, *, stock: int = 20, released: bool = False, **values) -> Order:
    made = make_paid_order(f"69530000000{number:05d}", address=address, receiver=f"买家{number}", phone=f"1380000{number:04d}", stock=stock, **values)
    return made


def courier_of(one: Order) -> str:
    return route_book.route_of(Order.objects.get(pk=one.pk)).courier


def pause(actor, now, *, courier="zhongtong", places=("浙江",), until=None, reason="网点爆仓不收件"):
    return supply_incidents.declare_courier(actor=actor, courier=courier, places=list(places), until=until, reason=reason, now=now)


# ── couriers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_has_not_left_goes_another_way_there_and_nowhere_else(shop, rules, lead, now):
    here, there = order(1), order(2, IN_GUANGDONG)
    assert [courier_of(here), courier_of(there)] == ["zhongtong", "zhongtong"]
    made, outcome = pause(lead, now)
    assert [courier_of(here), courier_of(there)] == ["yuantong", "zhongtong"]
    assert (outcome.rerouted, outcome.own, outcome.nobody) == (1, 0, 0)
    weighed = {one.courier: one.why for one in route_book.route_of(here).choice.weighed}
    assert weighed == {"zhongtong": Why.PAUSED, "yuantong": Why.FITS}
    kept = Rerouted.objects.get()
    assert (kept.order_id, kept.now_courier, kept.cost_fen) == (here.pk, "yuantong", 460)
    supply_incidents.end_courier(actor=lead, pause_id=made.pk, reason="网点恢复", now=now + timedelta(hours=5))
    assert courier_of(here) == "zhongtong"
    assert courier_of(order(3)) == "zhongtong"


def test_an_order_that_comes_during_the_pause_goes_the_other_way_too(shop, rules, lead, now):
    pause(lead, now, places=())
    assert courier_of(order(1)) == courier_of(order(2, IN_GUANGDONG)) == "yuantong"


def test_a_persons_choice_is_taken_away_kept_and_given_back_unless_somebody_chose_anew(shop, rules, lead, now):
    kept, chosen_anew, left = order(1), order(2), order(3)
    keeper = make_actor("shencang", "warehouse", shop=shop)
    for one in (kept, chosen_anew, left):
        route_book.choose_courier(actor=keeper, order_id=one.pk, courier="zhongtong", reason="买家指定", now=now)
    made, outcome = pause(lead, now)
    assert (outcome.rerouted, outcome.own) == (3, 3)
    assert not RouteChoice.objects.exists()
    route_book.choose_courier(actor=keeper, order_id=chosen_anew.pk, courier="yuantong", reason="改圆通", now=now)
    Order.objects.filter(pk=left.pk).update(state="shipped")
    assert supply_incidents.end_courier(actor=lead, pause_id=made.pk, reason="恢复", now=now) == 1
    back = {one.order_id: (one.courier, one.reason, one.chosen_by) for one in RouteChoice.objects.all()}
    assert back == {kept.pk: ("zhongtong", "买家指定", "Shencang"), chosen_anew.pk: ("yuantong", "改圆通", "Shencang")}


def test_where_nobody_else_goes_the_order_says_so(shop, now, lead):
    route_book.merge_freight(actor=KAIBO, version=0, lines=FREIGHT[:1], reason="只有中通", now=now)
    one = order(1)
    _made, outcome = pause(lead, now)
    assert (outcome.rerouted, outcome.nobody, courier_of(one)) == (1, 1, "")


def test_a_pause_is_declared_once_ended_once_and_ends_by_itself_after_its_day(shop, rules, lead, now):
    made, _ = pause(lead, now, until=now.date())
    with pytest.raises(courier_pauses.PausedAlready):
        pause(lead, now)
    assert CourierPause.objects.count() == SupplyIncident.objects.count() == 1
    assert courier_pauses.end_due(now) == 0
    assert courier_pauses.end_due(now + timedelta(days=1)) == 1
    with pytest.raises(courier_pauses.PauseEnded):
        supply_incidents.end_courier(actor=lead, pause_id=made.pk, reason="x", now=now)
    pause(lead, now + timedelta(days=2))
    assert CourierPause.objects.count() == 2


def test_a_pause_needs_a_reason_a_known_courier_and_provinces(shop, rules, lead, now):
    for wrong, error in (({"reason": " "}, ReasonMissing.__mro__[1]), ({"courier": "鸽子"}, route_book.RouteWrong), ({"places": ["火星"]}, route_book.RouteWrong)):
        with pytest.raises(error):
            pause(lead, now, **wrong)
    assert not CourierPause.objects.exists()


def test_service_the_warehouse_and_the_day_are_told(shop, rules, lead, now):
    service = make_person("anna", "service", shop=shop)
    made, _ = pause(lead, now)
    assert Notice.objects.filter(person_id=service.pk, key=f"courier-pause:{made.pk}").count() == 1
    said = [item.title for item in today(lead, now)]
    assert said == ["快递停用：中通 浙江"]
    supply_incidents.end_courier(actor=lead, pause_id=made.pk, reason="恢复", now=now)
    assert today(lead, now) == []
    assert [one.text for one in SupplyStep.objects.order_by("pk")] == ["宣布停用：网点爆仓不收件；0 单改走别家，0 单没有别家能送", "结束：恢复：恢复"]


def test_who_may_not_pauses_nothing(shop, rules, now, lead):
    made, _ = pause(lead, now)
    one = order(1)
    before = (list(CourierPause.objects.values()), list(SupplyIncident.objects.values()), AuditRow.objects.count(), courier_of(one))
    for account, role in (("anna", "service"), ("ana", "analyst"), ("sel", "selection")):
        actor = make_actor(account, role)
        with pytest.raises(AbilityMissing):
            pause(actor, now, places=["广东"])
        with pytest.raises(AbilityMissing):
            supply_incidents.end_courier(actor=actor, pause_id=made.pk, reason="x", now=now)
        with pytest.raises(AbilityMissing):
            courier_pauses.declare(actor=actor, courier="yuantong", places=[], until=None, reason="x", now=now)
    assert before == (list(CourierPause.objects.values()), list(SupplyIncident.objects.values()), AuditRow.objects.count(), courier_of(one))


def sent(one: Order, number: int, at, *, carrier="中通", trouble_at=None, first_at=None) -> ParcelTrack:
    shipment = Shipment.objects.create(order=one, carrier=carrier, tracking_no=f"7300000{number:05d}", shipped_at=at, shipped_by="x")
    return ParcelTrack.objects.create(
        shipment=shipment, shop=one.shop, last_at=at, trouble="not_picked_up" if trouble_at else "", trouble_at=trouble_at, first_trouble_at=first_at or trouble_at
    )


def test_a_courier_is_proposed_from_its_own_parcels_with_the_figures_and_not_once_paused(shop, rules, lead, now):
    one = order(1)
    for number in range(6):
        sent(one, number, now - timedelta(hours=30), trouble_at=now - timedelta(hours=2))
    for number in range(100, 140):
        sent(one, number, now - timedelta(days=10))
    sent(one, 50, now - timedelta(days=10), first_at=now - timedelta(days=9))  # it moved again; its first trouble still counts as usual
    sent(one, 60, now - timedelta(hours=30), carrier="圆通", trouble_at=now - timedelta(hours=2))
    found = courier_pauses.signals(lead, now)
    assert {(signal.courier, signal.province) for signal in found} == {("zhongtong", "浙江省"), ("zhongtong", "")}
    assert {(signal.troubles, signal.usual_troubles) for signal in found} == {(6, 1)}
    pause(lead, now)
    assert {(signal.courier, signal.province) for signal in courier_pauses.signals(lead, now)} == {("zhongtong", "")}


def test_the_first_trouble_stays_when_a_parcel_moves_again(shop, now):
    track = sent(order(1), 1, now - timedelta(hours=80))
    assert tracking.find_stalled(now) == 1
    track.refresh_from_db()
    assert track.first_trouble_at == now
    ParcelTrack.objects.update(trouble="", trouble_at=None)
    assert tracking.find_stalled(now + timedelta(hours=3)) == 1
    track.refresh_from_db()
    assert (track.trouble_at, track.first_trouble_at) == (now + timedelta(hours=3), now)


def test_the_page_shows_both_sides_and_ends_at_one_press(shop, rules, client, now):
    client.force_login(make_person("alice", "owner"))
    one, away = order(1), order(2)
    sent(away, 7, now - timedelta(hours=50), trouble_at=now)
    Order.objects.filter(pk=away.pk).update(state="shipped")
    assert "没有停用的快递" in client.get("/risk/supply").content.decode()
    assert client.post("/risk/supply/declare", {"courier": "zhongtong", "places": "浙江", "until": "", "reason": "爆仓"}).status_code == 302
    made = CourierPause.objects.get()
    page = client.get(f"/risk/couriers/{made.pk}").content.decode()
    assert one.order_no in page and "730000000007" in page and "改用圆通发出" in page
    assert client.post("/risk/supply/declare", {"courier": "zhongtong", "places": "火星", "until": "", "reason": "爆仓"}).status_code == 422
    assert client.post(f"/risk/couriers/{made.pk}/end", {"reason": "通了"}).status_code == 302
    assert CourierPause.objects.get().end_reason == "通了"


# ── stock-outs ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def short(shop, now):
    """Three orders of a coat, of which there are two: one may go, two wait (promised 11-24 20:00)."""
    sku = make_sku(make_product(shop))
    make_stock(sku, 2)
    orders = [order(number, stock=0) for number in (1, 2)] + [order(3, stock=0, quantity=3, amount=179_700)]
    Order.objects.update(released_at=now)
    shipping.allocate_released(now)
    make_stock(sku, 1)
    return sku


def test_an_item_is_short_by_what_its_waiting_orders_lack(short, lead, now):
    found = shortages.shortages(lead)
    assert [(one.sku.id, len(one.waiting), one.there, one.short) for one in found] == [(short.pk, 1, 1, 2)]
    assert found[0].paid_fen == 179_700
    make_stock(short, 2)
    assert shortages.shortages(lead) == []


def test_each_way_out_says_how_many_it_serves_in_time(short, lead, now):
    make_quote(short, supplier=make_supplier(), lead_days=7)
    Agreement.objects.create(
        kind="standby", supplier=make_supplier("hn", "海宁"), sku=short, units=120, price_fen=22_000, lead_days=1, valid_from=now.date() - timedelta(days=9),
        valid_until=now.date() + timedelta(days=9), made_by="x", made_at=now,
    )  # fmt: skip
    Order.objects.update(ship_by=now + timedelta(days=2))
    ways = [(one.kind, one.units, one.served.orders, one.served.in_time) for one in shortages.plan_of(lead, short.pk, now).helpers]
    assert ways == [("standby", 2, 1, 1), ("quote", 50, 1, 0)]
    made = supply_incidents.order_more(actor=lead, sku_id=short.pk, kind="standby", supplier_id=make_supplier("hn").pk, now=now)
    assert (made.quantity, made.price_fen, made.state) == (2, 22_000, "draft")
    with pytest.raises(supply_incidents.WayOutGone):
        supply_incidents.order_more(actor=lead, sku_id=short.pk, kind="quote", supplier_id=UUID(int=1), now=now)
    assert [one.text.split("：")[0] for one in SupplyStep.objects.order_by("pk")] == ["接手", f"起草采购单 {made.code}"]


def test_units_that_only_wait_for_their_inspection_are_the_nearest_way_out(short, lead, now):
    Order.objects.update(ship_by=now + timedelta(days=1))
    make_arrival(short, 30)
    plan = shortages.plan_of(lead, short.pk, now)
    assert (plan.inspected, plan.inspected_serves.orders, plan.inspected_serves.in_time) == (30, 1, 1)
    assert plan.shortage.short == 2, "nobody can send them yet"


def test_the_main_supplier_that_cannot_makes_the_standby_be_proposed(short, lead, now):
    make_quote(short, supplier=make_supplier(), lead_days=7)
    Agreement.objects.create(
        kind="standby", supplier=make_supplier("hn", "海宁"), sku=short, units=120, price_fen=22_000, lead_days=1, valid_from=now.date() - timedelta(days=9),
        valid_until=now.date() + timedelta(days=9), made_by="x", made_at=now,
    )  # fmt: skip
    supply_incidents.tell_main_cannot(actor=lead, sku_id=short.pk, until=now.date() + timedelta(days=3), reason="染缸检修", now=now)
    assert Shortfall.objects.get().supplier == make_supplier()
    plan = shortages.plan_of(lead, short.pk, now)
    assert plan.switch.steps_in.code == "hn"
    assert [(one.kind, one.cannot) for one in plan.helpers] == [("standby", False), ("quote", True)]


def test_selling_is_stopped_on_every_channel_and_taken_up_again(short, shop, lead, now):
    channel = shops.add_channel(actor=KAIBO, shop_id=shop.pk, platform="douyin", name="旗舰店", shop_type="企业店", external_id="1", now=now)
    for number, is_on in (("1", True), ("2", False)):
        ChannelItem.objects.create(channel=channel, sku=short, platform_sku_id=number, is_on=is_on, share_bp=5_000, found_at=now)
    assert supply_incidents.stop_selling(actor=lead, sku_id=short.pk, is_stopped=True, now=now) == 1
    assert list(ChannelItem.objects.order_by("platform_sku_id").values_list("quota_units", "share_bp")) == [(0, 5_000), (None, 5_000)]
    assert supply_incidents.stop_selling(actor=lead, sku_id=short.pk, is_stopped=True, now=now) == 0
    assert supply_incidents.stop_selling(actor=lead, sku_id=short.pk, is_stopped=False, now=now) == 1
    assert list(ChannelItem.objects.values_list("quota_units", flat=True)) == [None, None]


def test_a_stock_out_is_taken_on_once_and_closed_with_what_came_of_it(short, lead, now):
    made = supply_incidents.take_on_shortage(actor=lead, sku_id=short.pk, now=now)
    assert made.figures["units"] == 2
    with pytest.raises(supply_incidents.SupplyIncidentClosed):
        supply_incidents.take_on_shortage(actor=lead, sku_id=short.pk, now=now)
    assert [item.title for item in today(lead, now)] == [f"断货：{made.title}"]
    with pytest.raises(ReasonMissing):
        supply_incidents.close(actor=lead, incident_id=made.pk, outcome=" ", now=now)
    supply_incidents.close(actor=lead, incident_id=made.pk, outcome="补到 50 件，全部发出", now=now)
    with pytest.raises(supply_incidents.SupplyIncidentClosed):
        supply_incidents.close(actor=lead, incident_id=made.pk, outcome="x", now=now)
    assert today(lead, now) == []


def test_who_may_not_changes_nothing_about_a_stock_out(short, shop, lead, now):
    make_quote(short)
    opened = supply_incidents.take_on_shortage(actor=lead, sku_id=short.pk, now=now)
    rows = AuditRow.objects.count()
    for actor in (make_actor("anna", "service", shop=shop), make_actor("sel", "selection", shop=shop)):
        for deed in (
            lambda who: supply_incidents.take_on_shortage(actor=who, sku_id=short.pk, now=now),
            lambda who: supply_incidents.order_more(actor=who, sku_id=short.pk, kind="quote", supplier_id=make_supplier().pk, now=now),
            lambda who: supply_incidents.stop_selling(actor=who, sku_id=short.pk, is_stopped=True, now=now),
            lambda who: supply_incidents.tell_main_cannot(actor=who, sku_id=short.pk, until=now.date(), reason="x", now=now),
            lambda who: supply_incidents.close(actor=who, incident_id=opened.pk, outcome="x", now=now),
        ):
            with pytest.raises(AbilityMissing):
                deed(actor)
    stranger = make_actor("zoe", "operations", shop=make_shop("other", "别家"))
    with pytest.raises(shortages.NotShort):
        supply_incidents.take_on_shortage(actor=stranger, sku_id=short.pk, now=now)
    with pytest.raises(supply_incidents.SupplyIncidentUnknown):
        supply_incidents.close(actor=stranger, incident_id=opened.pk, outcome="x", now=now)
    assert (Purchase.objects.count(), Shortfall.objects.count(), AuditRow.objects.count()) == (0, 0, rows)
    assert SupplyIncident.objects.get().closed_at is None


def test_the_page_of_a_stock_out_leads_to_each_deed(short, client, now):
    client.force_login(make_person("alice", "owner"))
    make_quote(short)
    assert Sku.objects.get(pk=short.pk).code in client.get("/risk/supply").content.decode()
    page = client.get(f"/risk/stockouts/{short.pk}").content.decode()
    assert "全额退款" in page and "起草采购单" in page
    assert client.post(f"/risk/stockouts/{short.pk}/do", {"what": "take"}).status_code == 302
    assert client.post(f"/risk/stockouts/{short.pk}/do", {"what": "order", "kind": "quote", "supplier": str(make_supplier().pk)}).status_code == 302
    assert Purchase.objects.get().quantity == 50
    opened = SupplyIncident.objects.get()
    assert client.post(f"/risk/supply/incidents/{opened.pk}/close", {"outcome": "补到了"}).status_code == 302
    assert "补到了" in client.get("/risk/supply").content.decode()
    assert client.post(f"/risk/stockouts/{short.pk}/do", {"what": "cannot", "until": "x", "reason": "y"}).status_code == 409


def test_a_wrong_row_of_an_order_that_is_the_teams_own_is_no_shortage(short, lead, now):
    Order.objects.update(is_test=True)
    assert shortages.shortages(lead) == []


def test_lines_of_one_order_wait_together(shop, lead, now):
    sku = make_sku(make_product(shop))
    make_stock(sku, 1)
    take([row("6953000000000009001"), row("6953000000000009001", line_no="6953000000000009001-2")])
    Order.objects.update(released_at=now)
    shipping.allocate_released(now)
    assert [(len(one.waiting), one.short) for one in shortages.shortages(lead)] == [(1, 1)]
