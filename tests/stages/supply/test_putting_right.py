"""What goes otherwise than written: short deliveries, wrong arrivals, drafts changed, lines with goods on their way."""

import datetime as dt

import pytest

from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Warehouse
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.supply import (
    arrivals,
    purchase_changes,
    quality,
    replenishing,
    safety_line,
    services,
    supplier_book,
    supplier_figures,
)
from kaibo.stages.supply.models import Agreement, Inspection, Purchase, SafetyLevel
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_actor, make_person
from tests.make.supply import GOOD, TEMPLATE, make_arrival, make_purchase, make_quote, make_supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


@pytest.fixture
def keeper(shop):
    return make_actor("shencang", "warehouse", shop=shop)


@pytest.fixture
def approver(shop):
    return make_actor("hemu", "operations", shop=shop)


def levels(sku):
    return {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items() if units}


def arrive(order, units, now, *, lot="A", **said):
    make_warehouse()
    services.ensure_template(category=order.sku.product.category_id, items=TEMPLATE)
    return arrivals.receive_goods(actor=KAIBO, purchase_id=order.pk, lot_code=lot, quantity=units, now=now, **said)


# ── a rest that will not come ────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_closed_short_is_no_longer_on_its_way_and_was_not_on_time(sku, approver, now):
    order = make_purchase(sku, 100)
    arrive(order, 60, now)
    assert replenishing.on_order([sku.pk]) == {sku.pk: 40}
    assert purchase_changes.close_rest(actor=approver, purchase_id=order.pk, short_by="supplier", reason="面料断供", now=now) == 40
    kept = Purchase.objects.get()
    assert (kept.state, kept.received, kept.short_by, kept.short_reason) == ("received", 60, "supplier", "面料断供")
    assert replenishing.on_order([sku.pk]) == {}
    assert supplier_figures.is_on_time(kept, now) is False
    assert AuditRow.objects.get(deed="supply:purchase:close_rest").details == {"missing": 40, "short_by": "supplier"}


def test_what_we_no_longer_want_is_not_held_against_the_supplier(sku, approver, now):
    order = make_purchase(sku, 100)
    arrive(order, 60, now)
    purchase_changes.close_rest(actor=approver, purchase_id=order.pk, short_by="us", reason="换季了", now=now)
    assert supplier_figures.is_on_time(Purchase.objects.get(), now) is True


def test_a_closed_order_can_wait_again_and_then_takes_the_rest(sku, approver, now):
    order = make_purchase(sku, 100)
    arrive(order, 60, now)
    purchase_changes.close_rest(actor=approver, purchase_id=order.pk, short_by="supplier", reason="断供", now=now)
    with pytest.raises(services.PurchaseMovedOn):
        arrive(order, 40, now, lot="B")
    purchase_changes.reopen_rest(actor=approver, purchase_id=order.pk, now=now)
    arrive(order, 40, now, lot="B")
    assert (Purchase.objects.get().state, levels(sku)) == ("received", {"incoming": 100})
    with pytest.raises(services.PurchaseMovedOn):
        purchase_changes.reopen_rest(actor=approver, purchase_id=order.pk, now=now)


@pytest.mark.parametrize("arrived", [0, 100])
def test_nothing_or_everything_arrived_is_not_closed_short(sku, approver, arrived, now):
    order = make_purchase(sku, 100)
    if arrived:
        arrive(order, arrived, now)
    with pytest.raises((purchase_changes.NothingShort, services.PurchaseMovedOn)):
        purchase_changes.close_rest(actor=approver, purchase_id=order.pk, short_by="supplier", reason="断供", now=now)
    assert Purchase.objects.get().short_by == ""


def test_the_warehouse_does_not_close_orders_and_a_reason_is_asked_for(sku, keeper, approver, now):
    order = make_purchase(sku, 100)
    arrive(order, 60, now)
    with pytest.raises(AbilityMissing):
        purchase_changes.close_rest(actor=keeper, purchase_id=order.pk, short_by="us", reason="不要了", now=now)
    with pytest.raises(quality.ReasonMissing):
        purchase_changes.close_rest(actor=approver, purchase_id=order.pk, short_by="us", reason=" ", now=now)
    assert Purchase.objects.get().state == "approved"


# ── an arrival booked wrongly ────────────────────────────────────────────────────────────────────────────────────────


def test_an_arrival_booked_wrongly_is_taken_back_and_booked_again(sku, keeper, now):
    order = make_purchase(sku, 100)
    wrong = arrive(order, 100, now)
    arrivals.take_back_arrival(actor=keeper, inspection_id=wrong.pk, reason="多打了一个零", now=now)
    assert levels(sku) == {}
    assert (Purchase.objects.get().state, Purchase.objects.get().received, Inspection.objects.get().state) == ("approved", 0, "undone")
    arrive(order, 10, now)
    assert (levels(sku), Purchase.objects.get().received) == ({"incoming": 10}, 10)
    assert stock.differences() == []
    assert AuditRow.objects.get(deed="supply:goods:take_back").reason == "多打了一个零"


def test_pressed_twice_an_arrival_is_taken_back_once(sku, keeper, now):
    order = make_purchase(sku, 100)
    wrong = arrive(order, 40, now)
    arrive(order, 40, now, lot="B")
    arrivals.take_back_arrival(actor=keeper, inspection_id=wrong.pk, reason="登记错", now=now)
    with pytest.raises(services.InspectionDecided):
        arrivals.take_back_arrival(actor=keeper, inspection_id=wrong.pk, reason="登记错", now=now)
    assert (levels(sku), Purchase.objects.get().received) == ({"incoming": 40}, 40)


def test_what_quality_judged_is_not_taken_back(sku, owner, keeper, now):
    inspection = make_arrival(sku)
    services.decide_inspection(actor=owner, inspection_id=inspection.pk, values=GOOD, now=now)
    with pytest.raises(services.InspectionDecided):
        arrivals.take_back_arrival(actor=keeper, inspection_id=inspection.pk, reason="登记错", now=now)
    assert levels(sku) == {"sellable": 100}


def test_who_does_not_book_arrivals_takes_none_back(sku, shop, now):
    inspection = make_arrival(sku)
    with pytest.raises(AbilityMissing):
        arrivals.take_back_arrival(actor=make_actor("wuyue", "quality", shop=shop), inspection_id=inspection.pk, reason="登记错", now=now)
    assert (levels(sku), Inspection.objects.get().state) == ({"incoming": 100}, "open")


def test_an_arrival_taken_back_from_a_closed_order_leaves_it_closed(sku, approver, keeper, now):
    order = make_purchase(sku, 100)
    first = arrive(order, 60, now)
    purchase_changes.close_rest(actor=approver, purchase_id=order.pk, short_by="supplier", reason="断供", now=now)
    arrivals.take_back_arrival(actor=keeper, inspection_id=first.pk, reason="其实只到 50", now=now)
    kept = Purchase.objects.get()
    assert (kept.state, kept.received, kept.completed_at) == ("received", 0, now)


# ── dates of a lot ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "produced, expires", [(dt.date(2026, 11, 1), dt.date(2026, 11, 1)), (dt.date(2027, 11, 1), dt.date(2027, 10, 1)), (None, dt.date(2026, 11, 21))]
)
def test_goods_past_their_date_or_older_than_their_making_are_not_taken_in(sku, produced, expires, now):
    order = make_purchase(sku, 100)
    with pytest.raises(arrivals.DatesUnreadable):
        arrive(order, 10, now, produced_on=produced, expires_on=expires)
    assert (levels(sku), Purchase.objects.get().received) == ({}, 0)


def test_one_lot_has_one_date(sku, now):
    order = make_purchase(sku, 100)
    arrive(order, 10, now, expires_on=dt.date(2027, 5, 1))
    with pytest.raises(arrivals.LotHasOtherDates):
        arrive(order, 10, now, expires_on=dt.date(2027, 6, 1))
    arrive(order, 10, now)
    assert (levels(sku), Purchase.objects.get().received) == ({"incoming": 20}, 20)


# ── drafts and material ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_changed_and_nobody_approves_what_he_did_not_read(sku, approver, keeper, now):
    order = make_purchase(sku, 100, is_approved=False)
    purchase_changes.change_draft(actor=keeper, purchase_id=order.pk, quantity=40, price_fen=20_000, now=now)
    with pytest.raises(services.PurchaseMovedOn):
        services.approve_purchase(actor=approver, purchase_id=order.pk, now=now, seen_fen=2_100_000)
    assert Purchase.objects.get().state == "draft"
    services.approve_purchase(actor=approver, purchase_id=order.pk, now=now, seen_fen=800_000)
    with pytest.raises(services.PurchaseMovedOn):
        purchase_changes.change_draft(actor=keeper, purchase_id=order.pk, quantity=1, price_fen=1, now=now)
    kept = Purchase.objects.get()
    assert (kept.state, kept.quantity, kept.price_fen) == ("approved", 40, 20_000)
    assert AuditRow.objects.get(deed="supply:purchase:change").details == {"units": [100, 40], "price_fen": [21_000, 20_000]}


def material_agreement(sku, units, now):
    terms = supplier_book.Terms("material", make_supplier().pk, sku.pk, units, 20_000, 7, dt.date(2026, 11, 1), dt.date(2027, 11, 1))
    return supplier_book.agree(actor=KAIBO, terms=terms, now=now)


def drawn():
    return Agreement.objects.get().drawn


def test_a_cancelled_order_gives_its_material_back(sku, now):
    material_agreement(sku, 150, now)
    order = make_purchase(sku, 100)
    more = make_purchase(sku, 100)
    assert drawn() == 150
    services.cancel_purchase(actor=KAIBO, purchase_id=more.pk, now=now)
    assert drawn() == 100
    services.cancel_purchase(actor=KAIBO, purchase_id=order.pk, now=now)
    assert drawn() == 0


def test_an_order_closed_short_gives_back_what_did_not_come(sku, approver, now):
    material_agreement(sku, 150, now)
    order = make_purchase(sku, 100)
    arrive(order, 60, now)
    purchase_changes.close_rest(actor=approver, purchase_id=order.pk, short_by="supplier", reason="断供", now=now)
    assert drawn() == 60


# ── the 50 % line with goods on their way ────────────────────────────────────────────────────────────────────────────


def below_its_line(sku, now, *, units=40):
    inputs = {"days": 28, "mean_milli": 1000, "deviation_milli": 900, "lead_days": 7, "service_bp": 9500, "z_milli": 1645, "units": units}
    make_stock(sku, 1)
    SafetyLevel.objects.create(sku=sku, units=units, computed_at=now, inputs=inputs)


def test_what_is_on_its_way_is_not_ordered_again(sku, approver, now):
    make_quote(sku)
    below_its_line(sku, now)
    order = make_purchase(sku, 86)  # 2 × 40 + 7 − 1 sellable: exactly enough
    assert safety_line.watch_lines(now) == 0
    assert Purchase.objects.count() == 1
    assert Notice.objects.get().values["coming"] == 86
    services.cancel_purchase(actor=approver, purchase_id=order.pk, now=now)
    assert safety_line.watch_lines(now) == 1
    assert Purchase.objects.get(cause="safety_line").quantity == 86
    assert safety_line.watch_lines(now) == 0


def test_only_what_is_missing_beside_the_way_is_ordered(sku, now):
    make_quote(sku)
    below_its_line(sku, now)
    make_purchase(sku, 20)
    assert safety_line.watch_lines(now) == 1
    assert Purchase.objects.get(cause="safety_line").quantity == 66


def test_an_item_nobody_offered_is_drafted_when_the_first_quote_comes(sku, approver, now):
    below_its_line(sku, now)
    assert [safety_line.watch_lines(now), safety_line.watch_lines(now), Notice.objects.count()] == [0, 0, 1]
    make_quote(sku)
    assert [safety_line.watch_lines(now), safety_line.watch_lines(now)] == [1, 0]


def test_a_draft_a_person_cancelled_is_not_made_anew(sku, approver, now):
    make_quote(sku)
    below_its_line(sku, now)
    assert safety_line.watch_lines(now) == 1
    services.cancel_purchase(actor=approver, purchase_id=Purchase.objects.get().pk, now=now)
    assert safety_line.watch_lines(now) == 0


def test_a_supplier_that_cannot_deliver_is_passed_over(sku, now):
    other = make_supplier("szdk", "绍兴顶客服饰")
    make_quote(sku)
    make_quote(sku, supplier=other, is_main=False, lead_days=9)
    supplier_book.tell_shortfall(actor=KAIBO, supplier_id=make_supplier().pk, sku_id=sku.pk, until=dt.date(2026, 12, 1), reason="停机", now=now)
    below_its_line(sku, now)
    assert safety_line.watch_lines(now) == 1
    assert Purchase.objects.get().supplier_id == other.pk


# ── on the pages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_warehouse_and_buying_put_things_right_on_their_pages(client, shop, sku, now):
    client.force_login(make_person("alice", "owner"))
    place = make_warehouse()
    far = Warehouse.objects.create(code="south", name="华南仓")
    services.ensure_template(category=sku.product.category_id, items=TEMPLATE)
    order = make_purchase(sku, 100, is_approved=False)
    page = f"/supply/purchases/{order.pk}"
    client.post(f"{page}/change", {"quantity": "80", "price": "200.00"})
    assert f'name="seen_fen" value="{80 * 20_000}"' in client.get(page).content.decode()
    client.post(f"{page}/approve", {"seen_fen": str(80 * 20_000)})
    client.post(f"{page}/receive", {"lot_code": "L1", "quantity": "800", "warehouse_id": far.pk})
    assert levels(sku) == {}
    client.post(f"{page}/receive", {"lot_code": "L1", "quantity": "60", "warehouse_id": far.pk})
    first = Inspection.objects.get()
    assert first.warehouse_id == far.pk
    assert "撤回到货" in client.get(f"/supply/inspections/{first.pk}").content.decode()
    client.post(f"/supply/inspections/{first.pk}/take-back", {"reason": "到错仓"})
    assert "登记错了，已撤回" in client.get(page).content.decode()
    assert "到错仓" in client.get(f"/supply/inspections/{first.pk}").content.decode()
    client.post(f"{page}/receive", {"lot_code": "L1", "quantity": "60", "warehouse_id": place.pk})
    assert "剩下的不会到了" in client.get(page).content.decode()
    assert client.post(f"{page}/close-rest", {"short_by": "supplier", "reason": ""}).status_code == 422
    client.post(f"{page}/close-rest", {"short_by": "supplier", "reason": "面料断供"})
    shown = client.get(page).content.decode()
    assert "少到结单" in shown
    assert "面料断供" in shown
    client.post(f"{page}/reopen-rest")
    assert Purchase.objects.get().state == "approved"


def test_who_reads_english_finds_the_template_the_results_and_the_places_in_english(client, shop, sku, owner, now):
    person = make_person("alice", "owner")
    type(person).objects.filter(pk=person.pk).update(language="en")
    client.force_login(person)
    inspection = make_arrival(sku)
    page = f"/supply/inspections/{inspection.pk}"
    asked = client.get(page).content.decode()
    assert "Colour fastness to rubbing（≥ 3 grade）" in asked
    services.decide_inspection(actor=owner, inspection_id=inspection.pk, values={"colour": "2.5", "shrink": "1"}, now=now)
    shown = client.get(page).content.decode()
    assert "Colour fastness to rubbing" in shown
    assert "耐摩擦色牢度" not in shown
    assert "held by quality" in client.get(f"/supply/lots/{inspection.lot_id}").content.decode()
