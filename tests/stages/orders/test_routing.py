"""Couriers and warehouses by rule: who takes it, from where, why; the files, the page, and a person's own choice."""

from __future__ import annotations

from uuid import UUID

import pytest
import python_calamine
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.kit.ids import new_id
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Reservation
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.intake.kinds import ImportContext, ParsedRow, Refused, Taken
from kaibo.stages.orders import route_book, routing, shipping, waybills
from kaibo.stages.orders.freight_files import freight_rows, take_freight
from kaibo.stages.orders.models import Order
from kaibo.stages.orders.provinces import CAPITALS, distance_km
from kaibo.stages.orders.routing import Book, Courier, Freight, Parcel, Rule, Why
from kaibo.stages.orders.routing_models import RouteBook, RouteChoice
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.orders import make_paid_order
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db
HANGZHOU = ("浙江省", "杭州市", "西湖区")
URUMQI = ("新疆维吾尔自治区", "乌鲁木齐市", "天山区")
CHEAP = Courier("zhongtong", excluded=("新疆", "西藏"), freight={"*": Freight(1_000, 450, 1_000, 200), "浙江": Freight(1_000, 300, 1_000, 100)})
FAST = Courier("shunfeng", takes_cash=True, freight={"*": Freight(1_000, 1_800, 500, 500)})
POST = Courier("ems", most_grams=20_000, freight={"*": Freight(500, 1_500, 500, 600)})
BOOK = Book((CHEAP, FAST, POST), (Rule("ems", places=("新疆", "西藏")), Rule("shunfeng", least_fen=100_000)), {"hz": "浙江", "gz": "广东"})


def parcel(place=HANGZHOU, grams=900, value=20_000, cash=False):
    return Parcel(place, grams, value, cash)


# ── pure ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("grams", "fen"), [(1, 450), (1_000, 450), (1_001, 650), (2_000, 650), (2_001, 850)])
def test_each_begun_step_beyond_the_first_weight_is_paid(grams, fen):
    assert Freight(1_000, 450, 1_000, 200).cost_fen(grams) == fen


@pytest.mark.parametrize(
    ("what", "courier", "cost", "rule"),
    [
        (parcel(), "zhongtong", 300, None), (parcel(("安徽省", "合肥市", "蜀山区")), "zhongtong", 450, None), (parcel(URUMQI), "ems", 2_100, 0),
        (parcel(value=100_000), "shunfeng", 1_800, 1), (parcel(cash=True), "shunfeng", 1_800, None), (parcel(URUMQI, grams=25_000), "shunfeng", 25_800, None),
    ],
)  # fmt: skip
def test_the_first_rule_whose_courier_may_decides_else_the_cheapest(what, courier, cost, rule):
    choice = routing.choose(BOOK, what)
    assert (choice.courier, choice.cost_fen, choice.rule) == (courier, cost, rule)


def test_every_courier_says_why_it_was_not_taken():
    heavy = parcel(URUMQI, grams=25_000, cash=True)
    assert {one.courier: one.why for one in routing.choose(BOOK, heavy).weighed} == {
        "zhongtong": Why.EXCLUDED, "shunfeng": Why.FITS, "ems": Why.NO_CASH,
    }  # fmt: skip
    nobody = routing.choose(Book((CHEAP, Courier("ems", is_on=False), Courier("jd"))), parcel(URUMQI))
    assert (nobody.courier, [one.why for one in nobody.weighed]) == (None, [Why.EXCLUDED, Why.OFF, Why.NO_FREIGHT])


@pytest.mark.parametrize(("place", "holds"), [("新疆", True), ("新疆/乌鲁木齐", True), ("新疆/喀什", False), ("西藏", False), ("*", True), ("/乌鲁木齐", False)])
def test_a_place_is_written_as_people_write_it(place, holds):
    assert routing.covers(place, URUMQI) is holds


def test_the_nearest_warehouse_with_everything_sends_it():
    there = {"hz": {"a": 5, "b": 0}, "gz": {"a": 5, "b": 5}}
    assert routing.send_from(BOOK, {"a": 1}, there, "浙江省").parts == (("hz", {"a": 1}),)
    assert routing.send_from(BOOK, {"a": 1}, there, "广西壮族自治区").parts == (("gz", {"a": 1}),)
    assert routing.send_from(BOOK, {"a": 1, "b": 1}, there, "浙江省").parts == (("gz", {"a": 1, "b": 1}),), "whole from far before split"


def test_what_no_warehouse_has_together_is_split_and_what_none_has_is_short():
    there = {"hz": {"a": 5}, "gz": {"b": 5}}
    split = routing.send_from(BOOK, {"a": 2, "b": 2}, there, "浙江省")
    assert (split.parts, split.short) == ((("hz", {"a": 2}), ("gz", {"b": 2})), {})
    assert routing.send_from(BOOK, {"a": 6, "b": 1}, there, "浙江省").short == {"a": 6}


@given(
    there=st.dictionaries(st.sampled_from(["hz", "gz", "cd"]), st.dictionaries(st.sampled_from("abc"), st.integers(0, 5)), max_size=3),
    wanted=st.dictionaries(st.sampled_from("abc"), st.integers(1, 4), max_size=3), province=st.sampled_from([*CAPITALS, "火星"]),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_whatever_lies_where_all_is_sent_once_from_where_it_lies_or_nothing(there, wanted, province):
    found = routing.send_from(BOOK, wanted, there, province)
    sent = {}
    for code, part in found.parts:
        for item, units in part.items():
            assert item not in sent and there[code].get(item, 0) >= units
            sent[item] = units
    assert sent in ({}, wanted)
    could = all(any(levels.get(item, 0) >= units for levels in there.values()) for item, units in wanted.items())
    assert (sent == wanted) == (could and bool(wanted)) or not wanted


def test_distances_are_those_of_the_capitals():
    assert distance_km("浙江省", "浙江") == 0
    assert 1_000 < distance_km("浙江省", "广东省") < 1_100
    assert 3_200 < distance_km("浙江省", "新疆维吾尔自治区") < 3_400


# ── kept ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def context(now):
    return ImportContext(KAIBO, None, "", new_id(), now, now)


def freight(courier, place, *numbers):
    return ParsedRow(1, dict(zip(("courier", "place", "first_grams", "first", "more_grams", "more"), (courier, place, *numbers), strict=True)))


def lay_rules(now):
    rows = [freight("中通", "其他", 1_000, 450, 1_000, 200), freight("EMS", "其他", 500, 1_500, 500, 600)]
    assert take_freight(context(now), rows) == [Taken.NEW, Taken.NEW]
    route_book.add_rule(
        actor=KAIBO, version=1, rule={"courier": "ems", "places": ["新疆"], "least_grams": 0, "least_fen": 0, "cash": False, "why": "偏远"}, reason="偏远用邮政", now=now
    )
    route_book.place_warehouse(actor=KAIBO, version=2, code=make_warehouse().code, province="浙江", reason="总仓", now=now)


def test_a_freight_table_goes_in_and_comes_out_the_same_and_again_changes_nothing(now):
    rows = [freight("中通", "其他", 1_000, 450, 1_000, 200), freight("中通速递", "新疆-乌鲁木齐", 1_000, 1_200, 500, 800), freight("蓝鸟", "其他", 1, 1, 1, 1), freight("顺丰", "火星", 1, 1, 1, 1)]
    first = take_freight(context(now), rows)
    assert first[:2] == [Taken.NEW, Taken.NEW] and [one.code for one in first[2:]] == ["orders.courier_unknown", "orders.freight_wrong"]
    assert all(isinstance(one, Refused) for one in first[2:])
    assert list(freight_rows(KAIBO, None, None)) == [("中通", "其他", 1_000, 450, 1_000, 200), ("中通", "新疆/乌鲁木齐", 1_000, 1_200, 500, 800)]
    assert take_freight(context(now), rows)[:2] == [Taken.SAME, Taken.SAME]
    assert RouteBook.objects.count() == 1
    assert take_freight(context(now), [freight("中通", "其他", 1_000, 500, 1_000, 200)]) == [Taken.CHANGED]
    assert len(list(freight_rows(KAIBO, None, None))) == 2


def test_two_people_changing_one_version_the_second_is_told_and_an_earlier_one_comes_back(now):
    lay_rules(now)
    with pytest.raises(route_book.RulesMovedOn):
        route_book.drop_rule(actor=KAIBO, version=2, place=0, reason="晚了一步", now=now)
    route_book.drop_rule(actor=KAIBO, version=3, place=0, reason="不用了", now=now)
    assert route_book.in_force().book.rules == ()
    route_book.restore(actor=KAIBO, version=4, number=3, reason="还是要", now=now)
    assert [one.courier for one in route_book.in_force().book.rules] == ["ems"]
    assert RouteBook.objects.count() == 5


@pytest.mark.parametrize("place", ["火星", "杭州", ""])
def test_a_place_that_begins_with_no_province_is_refused_and_nothing_changes(now, place):
    with pytest.raises(route_book.RouteWrong):
        route_book.add_rule(actor=KAIBO, version=0, rule={"courier": "ems", "places": [place], "least_grams": 0, "least_fen": 0, "cash": False, "why": ""}, reason="r", now=now)
    assert RouteBook.objects.count() == 0


def test_an_order_says_who_takes_it_and_a_person_may_say_otherwise_with_a_reason(shop, now, client):
    order = make_paid_order("6953000000000004417")
    Order.objects.filter(pk=order.pk).update(province="新疆维吾尔自治区", city="乌鲁木齐市", area="天山区")
    assert route_book.route_of(order) is None, "without rules nobody is told anything"
    lay_rules(now)
    order.refresh_from_db()
    found = route_book.route_of(order)
    assert (found.choice.courier, found.choice.rule, route_book.courier_words(found)) == ("ems", 0, "EMS")
    keeper = make_actor("keeper", "warehouse", shop=shop)
    with pytest.raises(route_book.ReasonMissing):
        route_book.choose_courier(actor=keeper, order_id=order.pk, courier="zhongtong", reason=" ", now=now)
    route_book.choose_courier(actor=keeper, order_id=order.pk, courier="zhongtong", reason="买家急要，中通当天走", now=now)
    assert route_book.courier_words(route_book.route_of(order)) == "中通"
    assert [(one.ruled, one.courier) for one in RouteChoice.objects.all()] == [("ems", "zhongtong")]
    client.force_login(make_person("keeper", "warehouse", shop=shop))
    page = client.get(reverse("orders:order", args=[order.pk])).content.decode()
    assert "买家急要" in page and "规则是 EMS" in page


def test_who_may_not_changes_nothing(shop, now, client):
    order = make_paid_order("6953000000000004417")
    lay_rules(now)
    before = (RouteBook.objects.count(), RouteChoice.objects.count(), AuditRow.objects.count())
    for role in ("service", "warehouse", "analyst"):
        with pytest.raises(AbilityMissing):
            route_book.drop_rule(actor=make_actor(role, role, shop=shop), version=3, place=0, reason="r", now=now)
    with pytest.raises(AbilityMissing):
        route_book.choose_courier(actor=make_actor("service", "service", shop=shop), order_id=order.pk, courier="ems", reason="r", now=now)
    client.force_login(make_person("analyst", "analyst", shop=shop))
    assert client.post(reverse("orders:change-routes"), {"version": 3, "what": "drop", "place": 0, "reason": "x"}).status_code in {403, 404}
    assert client.post(reverse("orders:choose-courier", args=[order.pk]), {"courier": "ems", "reason": "x"}).status_code in {403, 404}
    assert (RouteBook.objects.count(), RouteChoice.objects.count(), AuditRow.objects.count()) == before


def test_the_page_tries_an_address_and_changes_the_rules(now, client):
    lay_rules(now)
    client.force_login(make_person("boss", "operations"))
    page = client.get(reverse("orders:routes"), {"address": "新疆乌鲁木齐市天山区解放路 1 号", "kg": "0.9", "yuan": "199"}).content.decode()
    assert "第 1 条规则" in page and "乌鲁木齐市" in page
    said = {"version": 3, "what": "courier", "key": "zhongtong", "on": "1", "excluded": "新疆、西藏", "most_kg": "20", "most_yuan": "3000", "reason": "合同改了"}
    assert client.post(reverse("orders:change-routes"), said).status_code in {200, 204, 302}
    told = route_book.in_force().kept["couriers"]["zhongtong"]
    assert told == {"on": True, "cash": False, "most_fen": 300_000, "most_grams": 20_000, "excluded": ["新疆", "西藏"]}
    assert client.post(reverse("orders:change-routes"), {**said, "version": 4, "most_kg": "重"}).status_code == 422
    assert client.get(reverse("orders:routes"), {"address": "火星", "kg": "x"}).status_code == 422


# ── used ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_released_orders_are_promised_from_the_nearest_warehouse_and_split_only_where_they_must(shop, now):
    near, far = make_warehouse(), make_warehouse("gz", "广州仓")
    coat, hat = make_sku(make_product(shop)), make_sku(make_product(shop, code="HAT"), code="HAT-1")
    orders = {name: make_paid_order(f"695300000000000{n}", stock=0) for n, name in enumerate(("south", "north"), 1000)}
    for sku, place, units in ((coat, far, 5), (hat, far, 5), (coat, near, 5)):
        make_stock(sku, units, warehouse=place)
    route_book.place_warehouse(actor=KAIBO, version=0, code=near.code, province="浙江", reason="r", now=now)
    route_book.place_warehouse(actor=KAIBO, version=1, code="gz", province="广东", reason="r", now=now)
    Order.objects.filter(pk=orders["south"].pk).update(province="广东省", released_at=now)
    Order.objects.filter(pk=orders["north"].pk).update(province="江苏省", released_at=now)
    assert shipping.allocate_released(now) == 2
    held = {one.reference: one.warehouse.code for one in Reservation.objects.select_related("warehouse")}
    assert {name: held[Order.objects.get(pk=one.pk).stock_reference] for name, one in orders.items()} == {"south": "gz", "north": near.code}
    chosen = route_book.warehouses_for({UUID(int=1): {coat.pk: 9}, UUID(int=2): {coat.pk: 1, hat.pk: 1}}, {UUID(int=2): "浙江省"})
    assert chosen == {UUID(int=2): {coat.pk: far.pk, hat.pk: far.pk}}
    assert stock.differences() == []


def test_the_waybill_file_names_courier_and_warehouse(shop, now, tmp_path):
    make_paid_order("6953000000000004417")
    lay_rules(now)
    Order.objects.update(released_at=now)
    shipping.allocate_released(now)
    assert waybills.write_waybills(actor=KAIBO, kind="label", path=tmp_path / "w.xlsx", reason="", now=now) == 1
    head, row = python_calamine.CalamineWorkbook.from_path(tmp_path / "w.xlsx").get_sheet_by_index(0).to_python()[:2]
    told = dict(zip(head, row, strict=True))
    assert (told["快递公司"], told["发货仓"]) == ("中通", "杭州仓")
