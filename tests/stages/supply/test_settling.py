"""Held units settled in parts: custody and ledger to the unit, by whom and why, and back where the goods allow it."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.kit.errors import KaiboError
from kaibo.master.stock import queries as stock
from kaibo.master.stock import services as ledger
from kaibo.master.stock.models import Line
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.supply import quality_queries, recalls, services, settling
from kaibo.stages.supply.models import Custody, Inspection, Settlement
from tests.make.goods import make_product, make_sku, make_warehouse
from tests.make.people import make_actor, make_person
from tests.make.supply import BAD, GOOD, NOW, make_arrival

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


@pytest.fixture
def lead(shop):
    return make_actor("lead", "quality", shop=shop)


@pytest.fixture
def custody(sku, now):
    """100 held units of one lot."""
    return hold(sku, now)


def hold(sku, now, units=100, lot="L2611-07"):
    arrival = make_arrival(sku, units, lot=lot)
    services.decide_inspection(actor=KAIBO, inspection_id=arrival.pk, values=BAD, now=now)
    return Custody.objects.get(inspection=arrival)


def levels(sku):
    return {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items() if units and bucket.is_internal}


def settle(custody, actor, now, outcome, units=None, **said):
    return settling.settle_custody(actor=actor, custody_id=custody.pk, outcome=outcome, units=units, reason="逐件挑选", now=now, **said)


def undo(made, actor, now, **said):
    settling.undo_settlement(actor=actor, settlement_id=made.pk, reason="记错了", now=now, **said)


def test_a_held_lot_is_settled_in_parts_and_every_unit_is_where_it_was_decided(sku, custody, lead, now):
    settle(custody, lead, now, "released", 70)
    settle(custody, lead, now, "returned", 20)
    custody.refresh_from_db()
    assert (custody.outcome, custody.units_left, levels(sku)) == ("held", 10, {"sellable": 70, "held": 10})
    settle(custody, lead, now, "scrapped")
    custody.refresh_from_db()
    assert (custody.outcome, custody.units_left, custody.settled_by, levels(sku)) == ("sorted", 0, lead.name, {"sellable": 70})
    gone = dict(Line.objects.filter(entry__reason="let_go", delta__gt=0).values_list("bucket", "delta"))
    assert gone == {"sellable": 70, "supplier": 20, "scrap": 10}
    assert [fact.payload["quantity"] for fact in OutboxFact.objects.filter(name="supply.lot_released")] == [70]
    assert [(row.details["outcome"], row.details["units"]) for row in AuditRow.objects.filter(deed="supply:lot:release").order_by("id")] == [
        ("released", 70), ("returned", 20), ("scrapped", 10),
    ]  # fmt: skip
    assert stock.differences() == []


def test_units_that_all_went_one_way_are_called_so_and_units_of_which_none_is_sold_are_not_called_sorted(sku, now, lead):
    one, other = hold(sku, now, lot="A"), hold(sku, now, lot="B")
    settle(one, lead, now, "returned", 60)
    settle(one, lead, now, "returned", 40)
    settle(other, lead, now, "returned", 60)
    settle(other, lead, now, "scrapped", 40)
    assert [Custody.objects.get(pk=held.pk).outcome for held in (one, other)] == ["returned", "mixed"]


@pytest.mark.parametrize("units", [0, -1, 101])
def test_no_more_is_settled_than_is_held(sku, custody, lead, now, units):
    with pytest.raises(settling.UnitsNotHeld):
        settle(custody, lead, now, "scrapped", units)
    assert (levels(sku), Settlement.objects.count()) == ({"held": 100}, 0)


def test_the_same_press_twice_settles_once(sku, custody, lead, now):
    settle(custody, lead, now, "scrapped", 3, left_seen=100)
    with pytest.raises(settling.CustodyMovedOn) as moved:
        settle(custody, lead, now, "scrapped", 3, left_seen=100)
    assert (moved.value.details, levels(sku)) == ({"seen": 100, "left": 97}, {"held": 97})


def test_part_of_a_lot_goes_to_rework_and_only_that_part_is_inspected_again(sku, custody, lead, now):
    made = settle(custody, lead, now, "repeat", 30)
    assert (made.again.quantity, made.again.is_repeat, levels(sku)) == (30, True, {"held": 70, "incoming": 30})
    services.decide_inspection(actor=KAIBO, inspection_id=made.again.pk, values=GOOD, now=now)
    assert levels(sku) == {"held": 70, "sellable": 30}
    with pytest.raises(settling.AlreadyInspectedAgain):
        undo(made, lead, now)
    assert levels(sku) == {"held": 70, "sellable": 30}


def test_a_part_still_held_keeps_the_gate_red(sku, custody, lead, now):
    settle(custody, lead, now, "returned", 99)
    products = {sku.product_id: "apparel"}

    def against():
        return [one.reason for one in quality_queries.gates_of(products).against(sku.product_id, on_air=None, now=now)]

    assert against() == ["批次 L2611-07 检验不合格，已冻结"]
    settle(custody, lead, now, "scrapped", 1)
    assert against() == []


def test_released_units_are_held_again_while_they_are_on_the_shelf_and_not_after(sku, custody, lead, now):
    first, second = settle(custody, lead, now, "released", 40), settle(custody, lead, now, "released", 60)
    undo(first, lead, now)
    custody.refresh_from_db()
    assert (custody.outcome, custody.units_left, custody.settled_at, levels(sku)) == ("held", 40, None, {"held": 40, "sellable": 60})
    ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, quantity=1, reference="order:x", now=now)
    with pytest.raises(settling.SettledUnitsGone) as gone:
        undo(second, lead, now)
    assert gone.value.details == {"units": 60, "there": 59}
    with pytest.raises(settling.SettlementUndone):
        undo(first, lead, now)
    assert levels(sku) == {"held": 40, "sellable": 59, "reserved": 1}
    assert AuditRow.objects.filter(deed="supply:settlement:undo", reason="记错了").count() == 1
    assert stock.differences() == []


def test_what_was_scrapped_by_a_slip_comes_back_only_with_the_place_where_it_stands(sku, custody, lead, now):
    made = settle(custody, lead, now, "scrapped")
    with pytest.raises(settling.PlaceMissing):
        undo(made, lead, now, place=" ")
    assert levels(sku) == {}
    undo(made, lead, now, place="隔离架 3")
    custody.refresh_from_db()
    assert (custody.outcome, custody.units_left, custody.place, levels(sku)) == ("held", 100, "隔离架 3", {"held": 100})


def test_reworked_units_come_back_while_nobody_judged_them_and_their_inspection_ends(sku, custody, lead, now):
    made = settle(custody, lead, now, "repeat", 30)
    undo(made, lead, now)
    assert (levels(sku), Inspection.objects.get(pk=made.again_id).state) == ({"held": 100}, "undone")


def test_nothing_of_a_recalled_lot_is_released_neither_by_settling_nor_by_inspecting_again(sku, custody, lead, shop, now):
    again = settle(custody, lead, now, "repeat", 30).again
    recall = recalls.start_recall(actor=lead, lot_id=custody.lot_id, reason="甲醛", now=now)
    with pytest.raises(settling.LotUnderRecall):
        settle(custody, lead, now, "released", 10)
    with pytest.raises(settling.LotUnderRecall):
        services.decide_inspection(actor=KAIBO, inspection_id=again.pk, values=GOOD, now=now)
    assert levels(sku) == {"held": 70, "incoming": 30}
    recalls.close_recall(actor=lead, recall_id=recall.pk, result="误报", now=now)
    settle(custody, lead, now, "released", 10)
    assert levels(sku) == {"held": 60, "incoming": 30, "sellable": 10}


@pytest.mark.parametrize("role", ["warehouse", "operations", "selection", "host"])
def test_only_quality_takes_a_settlement_back(sku, custody, lead, shop, now, role):
    made = settle(custody, lead, now, "released", 10)
    with pytest.raises(AbilityMissing):
        undo(made, make_actor("bob", role, shop=shop), now)
    assert (levels(sku), Settlement.objects.get().undone_at) == ({"held": 90, "sellable": 10}, None)


def test_the_page_settles_a_part_and_takes_it_back(client, sku, custody, shop, now):
    client.force_login(make_person("alice", "owner"))
    page = f"/supply/inspections/{custody.inspection_id}"
    assert "还在隔离的有 100 件" in client.get(page).content.decode()
    press = {"outcome": "returned", "units": "15", "reason": "领口开线", "left_seen": "100"}
    client.post(f"/supply/quarantine/{custody.pk}/settle", press)
    assert client.post(f"/supply/quarantine/{custody.pk}/settle", press).status_code == 409
    shown = client.get(page).content.decode()
    assert "85 件，进来时 100 件" in shown
    made = Settlement.objects.get()
    client.post(f"/supply/settlements/{made.pk}/undo", {"reason": "点错", "place": "隔离架 1"})
    assert "撤回：点错" in client.get(page).content.decode()
    assert levels(sku) == {"held": 100}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_settled_and_taken_back_held_and_gone_make_the_lot(shop, data):
    sku = make_sku(make_product(shop, f"P{next(NUMBERS)}"), code=f"KB-ST-{next(NUMBERS)}")
    custody = hold(sku, NOW, units=12, lot="L")
    model = {"held": 12, "sellable": 0, "incoming": 0}
    made, place = [], {"released": "sellable", "repeat": "incoming", "returned": None, "scrapped": None}
    for step in range(data.draw(st.integers(1, 8))):
        now = NOW + timedelta(minutes=step)
        open_ones = [one for one in made if one[2]]
        if open_ones and data.draw(st.booleans()):
            one = data.draw(st.sampled_from(open_ones))
            undo(one[0], KAIBO, now, place="架上")
            sign, outcome, units, one[2] = -1, one[0].outcome, one[1], False
        else:
            sign, outcome, units = 1, data.draw(st.sampled_from(sorted(place))), data.draw(st.integers(0, 13))
            try:
                made.append([settle(custody, KAIBO, now, outcome, units), units, True])
            except KaiboError:
                assert not 1 <= units <= model["held"]
                continue
        model["held"] -= sign * units
        if place[outcome]:
            model[place[outcome]] += sign * units
        custody.refresh_from_db()
        assert {bucket: levels(sku).get(bucket, 0) for bucket in model} == model
        assert (custody.units_left, custody.outcome == "held") == (model["held"], model["held"] > 0)
    assert stock.differences() == []


NUMBERS = iter(range(10**6))
