"""Stocktaking: counted blind, valued, approved by another person above the limit, booked once."""

import threading

import pytest
from django.db import connection

from kaibo.kit.ids import new_id
from kaibo.master.stock import queries as stock
from kaibo.master.stock import services as ledger
from kaibo.master.stock.models import Entry
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import ImportContext, ParsedRow, Refused, Taken
from kaibo.stages.supply import counting
from kaibo.stages.supply.imports import apply_counts
from kaibo.stages.supply.models import StockCount, StockCountLine
from tests.make.goods import make_lot, make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))  # cost ¥210


@pytest.fixture
def keeper(shop):
    return make_actor("shencang", "warehouse", shop=shop)


@pytest.fixture
def sheet(sku, shop, keeper, now):
    """Two lots on the shelf: 100 and 20 units."""
    make_stock(sku, 100, lot=make_lot(sku, "A"))
    make_stock(sku, 20, lot=make_lot(sku, "B"))
    return counting.open_count(actor=keeper, shop_id=shop.pk, warehouse_id=make_warehouse().pk, is_blind=True, now=now)


def sellable(sku):
    return stock.levels_of([sku.pk])[sku.pk].get("sellable", 0)


def count(sheet, keeper, now, **units):
    lines = {line.lot.code: line.pk for line in sheet.lines.select_related("lot")}
    return counting.write_counts(actor=keeper, count_id=sheet.pk, counted={lines[lot]: value for lot, value in units.items()}, now=now)


def test_a_difference_within_the_limit_is_booked_when_the_sheet_is_handed_in(sheet, sku, keeper, now):
    count(sheet, keeper, now, A=100, B=20)
    assert counting.hand_in(actor=keeper, count_id=sheet.pk, now=now).state == "posted"
    assert (sellable(sku), Entry.objects.filter(reason="count").count()) == (120, 0)


def test_an_item_without_a_cost_is_worth_its_price(sheet, sku, keeper, now):
    type(sku).objects.filter(pk=sku.pk).update(cost_fen=0)
    count(sheet, keeper, now, A=90, B=20)
    handed = counting.hand_in(actor=keeper, count_id=sheet.pk, now=now)
    assert (handed.state, handed.variance_fen, sellable(sku)) == ("waiting", 10 * sku.price_fen, 120)


def test_a_larger_difference_waits_for_another_person_and_is_booked_once(sheet, sku, shop, keeper, now):
    count(sheet, keeper, now, A=97, B=21)
    handed = counting.hand_in(actor=keeper, count_id=sheet.pk, now=now)
    assert (handed.state, handed.variance_fen, sellable(sku)) == ("waiting", 4 * 21_000, 120)
    boss = make_actor("hemu", "operations", shop=shop)
    counting.approve_count(actor=boss, count_id=sheet.pk, reason="上月漏记样衣 3 件", now=now)
    assert sellable(sku) == 118
    with pytest.raises(counting.CountMovedOn):
        counting.approve_count(actor=boss, count_id=sheet.pk, reason="再批一次", now=now)
    assert sellable(sku) == 118
    assert stock.differences() == []


def test_who_handed_it_in_cannot_approve_it(sheet, sku, owner, now):
    count(sheet, owner, now, A=50, B=20)
    counting.hand_in(actor=owner, count_id=sheet.pk, now=now)
    with pytest.raises(counting.ApprovedByItsCounter):
        counting.approve_count(actor=owner, count_id=sheet.pk, reason="自己批", now=now)
    assert (sellable(sku), StockCount.objects.get().state) == (120, "waiting")


@pytest.mark.parametrize("role", ["warehouse", "selection", "quality", "host"])
def test_only_those_who_may_approve_a_variance(sheet, sku, shop, keeper, now, role):
    count(sheet, keeper, now, A=50, B=20)
    counting.hand_in(actor=keeper, count_id=sheet.pk, now=now)
    with pytest.raises(AbilityMissing):
        counting.approve_count(actor=make_actor("bob", role, shop=shop), count_id=sheet.pk, reason="x", now=now)
    assert sellable(sku) == 120


def test_another_shops_people_cannot_see_the_sheet(sheet, now):
    zoe = make_actor("zoe", "warehouse", shop=make_shop("other", "别家店"))
    with pytest.raises(counting.CountUnknown):
        counting.hand_in(actor=zoe, count_id=sheet.pk, now=now)


def test_a_sheet_with_gaps_is_not_handed_in(sheet, sku, keeper, now):
    count(sheet, keeper, now, A=0)
    with pytest.raises(counting.LinesNotCounted) as refused:
        counting.hand_in(actor=keeper, count_id=sheet.pk, now=now)
    assert refused.value.details == {"lines": 1}
    assert StockCount.objects.get().state == "counting"


def test_units_sold_after_counting_do_not_become_a_difference(sheet, sku, shop, keeper, now):
    count(sheet, keeper, now, A=98, B=20)
    ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, quantity=5, reference="order:1", now=now)
    ledger.ship_reserved(actor=KAIBO, reference="order:1", now=now)
    handed = counting.hand_in(actor=keeper, count_id=sheet.pk, now=now)
    assert handed.variance_fen == 2 * 21_000
    counting.approve_count(actor=make_actor("hemu", "operations", shop=shop), count_id=sheet.pk, reason="丢 2 件", now=now)
    assert sellable(sku) == 113


def test_promised_units_stand_on_the_shelf_and_are_counted(sheet, sku, keeper, now):
    ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, quantity=5, reference="order:1", now=now)
    count(sheet, keeper, now, A=100, B=20)
    assert counting.hand_in(actor=keeper, count_id=sheet.pk, now=now).variance_fen == 0


def test_a_sheet_sent_back_is_counted_again(sheet, sku, shop, keeper, now):
    count(sheet, keeper, now, A=50, B=20)
    counting.hand_in(actor=keeper, count_id=sheet.pk, now=now)
    counting.send_back(actor=make_actor("hemu", "operations", shop=shop), count_id=sheet.pk, reason="B 区没盘", is_cancelled=False, now=now)
    count(sheet, keeper, now, A=100)
    assert counting.hand_in(actor=keeper, count_id=sheet.pk, now=now).state == "posted"
    assert sellable(sku) == 120


def test_a_filled_in_sheet_is_imported_and_told_twice_is_the_same(sheet, keeper, now):
    context = ImportContext(keeper, None, "", new_id(), now, now)
    rows = [ParsedRow(2, {"count": sheet.code, "sku": "KB-2417-B-M", "lot": lot, "counted": units}, {}) for lot, units in (("A", 99), ("B", 20), ("C", 1))]
    outcomes = apply_counts(context, rows)
    assert outcomes[:2] == [Taken.NEW, Taken.NEW]
    assert isinstance(outcomes[2], Refused)
    assert apply_counts(context, rows)[:2] == [Taken.SAME, Taken.SAME]
    assert sorted(StockCountLine.objects.values_list("counted", "book_units")) == [(20, 20), (99, 100)]


def test_the_page_hides_the_books_until_the_sheet_is_handed_in(client, sheet, shop):
    client.force_login(make_person("shencang"))
    page = f"/supply/counts/{sheet.pk}"
    assert "账面" not in client.get(page).content.decode().replace("盲盘：交盘前不显示账面数", "")
    lines = {line.lot.code: line.pk for line in sheet.lines.select_related("lot")}
    client.post(f"{page}/write", {f"line-{lines['A']}": "90", f"line-{lines['B']}": "20", "hand_in": "1"})
    shown = client.get(page).content.decode()
    assert "−10" in shown or "-10" in shown
    assert "2,100" in shown
    assert client.get(f"{page}/sheet")["Content-Disposition"].endswith('.xlsx"')
    assert sheet.code in client.get("/supply/counts").content.decode()
    client.force_login(make_person("hemu", "operations", shop=shop))
    client.post(f"{page}/approve", {"reason": "盘亏"})
    assert StockCount.objects.get().state == "posted"


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_book_once(shop, now):
    sku = make_sku(make_product(shop))
    keeper, boss = make_actor("shencang", "warehouse", shop=shop), make_actor("hemu", "operations", shop=shop)
    make_stock(sku, 100, lot=make_lot(sku, "A"))
    made = counting.open_count(actor=keeper, shop_id=shop.pk, warehouse_id=make_warehouse().pk, is_blind=True, now=now)
    count(made, keeper, now, A=40)
    counting.hand_in(actor=keeper, count_id=made.pk, now=now)
    outcomes, gate = [], threading.Barrier(3)

    def approve():
        gate.wait()
        try:
            counting.approve_count(actor=boss, count_id=made.pk, reason="x", now=now)
            outcomes.append("booked")
        except counting.CountMovedOn:
            outcomes.append("too late")
        connection.close()

    threads = [threading.Thread(target=approve) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked", "too late", "too late"]
    assert sellable(sku) == 40


def test_who_approves_sees_what_differs_first_worth_what_the_whole_variance_counts_it_for(client, sheet, sku, keeper, now):
    type(sku).objects.filter(pk=sku.pk).update(cost_fen=0)
    count(sheet, keeper, now, A=100, B=18)
    counting.hand_in(actor=keeper, count_id=sheet.pk, now=now)
    client.force_login(make_person("alice", "owner"))
    shown = client.get(f"/supply/counts/{sheet.pk}").content.decode()
    assert shown.index(">B</a>") < shown.index(">A</a>")
    assert "1 行有差异，排在最前" in shown
    assert shown.count("¥1,198") == 2  # the line and the whole: two pieces at ¥599, having no cost
