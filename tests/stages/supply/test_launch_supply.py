"""A launch is supplied or it is not, and the board says which: units, capacity, parcels, materials, money, and who confirmed it (SUP-12)."""

import io
from datetime import date, timedelta

import pytest

from kaibo.master.launches import queries as board
from kaibo.master.launches import services as launches
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.supply import launch_coverage, launch_materials, launch_plans, quality, services
from kaibo.stages.supply.gates import gate
from kaibo.stages.supply.launch_models import BudgetRaise, CapacityPromise, LaunchMaterial, LaunchSupply
from kaibo.stages.supply.models import Agreement, Negotiation, Purchase, SafetyLevel
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_actor, make_person, make_shop
from tests.make.supply import make_quote, make_supplier

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")


@pytest.fixture
def house(shop, now):
    """A launch in ten days (2026-12-02): an item with 100 units there, an order of 50 due in time, a standby for 120 a week."""

    class House:
        sku = make_sku(make_product(shop))
        buyer, lead, keeper = make_actor("chenyi", "selection", shop=shop), make_actor("hemu", "operations", shop=shop), make_actor("shencang", "warehouse", shop=shop)
        supplier = make_supplier()

    House.shop = shop
    make_warehouse()
    make_stock(House.sku, 100)
    House.launch = launches.begin_launch(
        actor=KAIBO, shop_id=shop.pk, title="短款双面呢外套", owner_id=House.lead.person_id, product_id=House.sku.product_id, on_air_at=now + timedelta(days=10), now=now
    )
    launch_plans.begin(actor=House.buyer, launch_id=House.launch.pk, now=now)
    return House


def units(house, wanted, now):
    launch_plans.set_units(actor=house.buyer, launch_id=house.launch.pk, sku_id=house.sku.pk, units=wanted, reason="照上一场", now=now)


def view(house, now):
    return launch_coverage.view_of(launch_coverage.plan_for(house.buyer, house.launch.pk), now)


def item(house, now):
    return view(house, now).items[0]


def capacity(house, now, *, units=200, by_on=date(2026, 11, 30), **said):
    told = launch_plans.CapacitySaid(said.pop("supplier", house.supplier).pk, house.sku.pk, units, by_on, "周厂长")
    return launch_plans.note_capacity(actor=house.buyer, launch_id=house.launch.pk, said=told, now=now, **said)


def order(house, quantity, promised_on, *, state="approved", received=0):
    return Purchase.objects.create(
        code=f"PO-{Purchase.objects.count()}", supplier=house.supplier, sku=house.sku, shop=house.shop, quantity=quantity, received=received, price_fen=100, state=state,
        created_at=house.launch.created_at, promised_on=promised_on,
    )  # fmt: skip


def quick(house, now, per_day=500):
    launch_plans.set_delivery(
        actor=house.keeper, launch_id=house.launch.pk, warehouse_id=make_warehouse().pk, units_a_parcel_milli=1_000, pack_a_day=per_day, reason="加了一组人", now=now
    )


def material(house, now, *, price_fen=150, total=None, a_parcel=1_000, on_hand=0, needed_on=date(2026, 11, 30)):
    said = launch_materials.MaterialSaid("packaging", "飞机盒", None if total else a_parcel, total, on_hand, price_fen, "瑞丰", needed_on)
    return launch_materials.add_material(actor=house.keeper, launch_id=house.launch.pk, said=said, now=now)


def budget(house, fen, now):
    launch_materials.set_budget(actor=house.lead, launch_id=house.launch.pk, budget_fen=fen, reason="首批毛利 2%", now=now)


def finding(house, now):
    found = gate([house.launch.pk], now)[house.launch.pk]
    return found.state, found.reason


def test_what_counts_towards_a_launch_is_what_is_there_in_time(house, now):
    units(house, 400, now)
    order(house, 50, date(2026, 11, 30))
    order(house, 40, date(2026, 12, 1))
    order(house, 500, date(2026, 11, 25), state="draft")
    found = item(house, now)
    assert (found.coverage.need, found.coverage.there, found.coverage.coming, found.coverage.missing) == (400, 100, 50, 250)
    assert [len(found.too_late), len(found.drafts)] == [1, 1]


def test_the_show_plan_the_forecast_and_the_safety_stock_each_say_how_many(house, shop, now):
    from tests.make.showplan import make_product_segment, make_session, make_staff_actor

    planner = make_staff_actor("planner", "operations", shop=shop)
    session = make_session(planner, shop, starts_at=now + timedelta(days=10))
    make_product_segment(planner, session, house.sku, quantity=80)
    SafetyLevel.objects.create(sku=house.sku, units=60, inputs={}, computed_at=now)
    found = item(house, now)
    assert (found.need.units, found.need.source, dict(found.need.known)) == (80, "session", {"session": 80, "forecast": 0, "safety": 60})
    assert [(one.words, one.units) for one in found.sessions] == [(session.title, 80)]
    assert item(house, now + timedelta(days=11)).need.source == "safety", "a session that is over sells nothing more"


def test_a_confirmation_and_the_order_that_follows_from_it_are_the_same_units(house, now):
    units(house, 400, now)
    capacity(house, now)
    assert item(house, now).coverage.missing == 100
    order(house, 150, date(2026, 11, 30))
    assert (item(house, now).coverage.confirmed, item(house, now).coverage.missing) == (50, 100)
    capacity(house, now, units=90, by_on=date(2026, 12, 1))
    assert item(house, now).coverage.missing == 100, "a day too late"


def test_a_withdrawn_confirmation_counts_no_more_and_is_withdrawn_once(house, now):
    units(house, 300, now)
    made = capacity(house, now)
    assert item(house, now).coverage.missing == 0
    launch_plans.withdraw_capacity(actor=house.buyer, capacity_id=made.pk, reason="染缸坏了", now=now)
    assert item(house, now).coverage.missing == 200
    with pytest.raises(launch_plans.CapacityGone):
        launch_plans.withdraw_capacity(actor=house.buyer, capacity_id=made.pk, reason="染缸坏了", now=now)


def test_an_agreement_is_a_way_out_and_no_cover(house, now):
    units(house, 300, now)
    Agreement.objects.create(
        kind="standby", supplier=make_supplier("hn", "海宁"), sku=house.sku, units=120, price_fen=22_000, lead_days=1, valid_from=date(2026, 11, 1), valid_until=date(2027, 1, 1),
        made_by="x", made_at=now,
    )  # fmt: skip
    found = item(house, now).coverage
    assert (found.missing, found.possible, found.beyond_help, found.state) == (200, 240, 0, "run")


def test_a_plan_is_confirmed_only_when_nothing_is_missing_and_the_board_follows(house, now):
    assert finding(house, now)[0] == "red"
    assert "KB-2417-B-M 还不知道要多少件" in finding(house, now)[1]
    units(house, 130, now)
    quick(house, now)
    assert finding(house, now) == ("red", "供货计划没确认：KB-2417-B-M 要 130 件，还缺 30 件")
    with pytest.raises(launch_plans.LaunchNotReady) as refused:
        launch_plans.confirm(actor=house.lead, launch_id=house.launch.pk, now=now)
    assert "30" in refused.value.message("en")
    assert LaunchSupply.objects.get().confirmed_at is None
    capacity(house, now, units=30)
    assert finding(house, now) == ("red", "供货计划都够了，等人确认")
    launch_plans.confirm(actor=house.lead, launch_id=house.launch.pk, now=now)
    assert finding(house, now)[0] == "ok"
    assert AuditRow.objects.get(deed="supply:launch:confirm").details == {"units": 130, "parcels": 130, "planned_fen": 0}


def test_a_confirmed_plan_that_is_not_right_any_more_is_red_again_and_told_once(house, now):
    units(house, 100, now)
    quick(house, now)
    launch_plans.confirm(actor=house.lead, launch_id=house.launch.pk, now=now)
    units(house, 140, now)
    assert finding(house, now) == ("red", "供货计划确认后变了：KB-2417-B-M 要 140 件，还缺 40 件")
    assert launch_plans.review_due(now + timedelta(minutes=10)) == 1
    assert Notice.objects.filter(key__startswith="launch-supply:", person_id=house.lead.person_id).count() == 1
    launch_plans.reopen(actor=house.lead, launch_id=house.launch.pk, reason="重排", now=now)
    assert finding(house, now) == ("red", "供货计划没确认：KB-2417-B-M 要 140 件，还缺 40 件")


def test_the_board_asks_for_a_plan_only_from_some_days_before_the_broadcast(house, shop, now):
    launches.plan_launch(actor=KAIBO, launch_id=house.launch.pk, on_air_at=now + timedelta(days=15), now=now)
    assert finding(house, now)[0] == "run"
    launches.plan_launch(actor=KAIBO, launch_id=house.launch.pk, on_air_at=now - timedelta(hours=1), now=now)
    assert finding(house, now)[0] == "ok", "it is on air: what is there is sold"


def test_an_unconfirmed_plan_is_let_through_by_two_people_with_the_reason(house, shop, now):
    asked = launches.ask_override(actor=house.lead, launch_id=house.launch.pk, stage="supply", reason="首批只卖 100 件", now=now)
    launches.confirm_override(actor=make_actor("sufei", "compliance", shop=shop), override_id=asked.pk, now=now)
    cell = next(one for one in board.board(house.lead, now)[0].cells if one.stage == "supply")
    assert (cell.finding.state, cell.is_overridden) == ("red", True)


def test_parcels_that_would_leave_after_the_promise_stand_in_the_way(house, now):
    units(house, 100, now)
    quick(house, now, per_day=49)
    found = view(house, now).delivery
    assert (found.parcels, found.promise_days, found.late, found.more_a_day) == (100, 2, 2, 1)
    assert finding(house, now)[1] == "供货计划没确认：2 个包裹赶不上承诺时间，每天只腾得出 49 包"


def test_a_warehouse_is_measured_on_what_it_sent(house, now):
    from kaibo.master.stock import services as stock

    for number in range(6):
        stock.reserve(actor=KAIBO, sku_id=house.sku.pk, warehouse_id=make_warehouse().pk, quantity=1, reference=f"order:{number}", now=now - timedelta(days=3))
        stock.ship_reserved(actor=KAIBO, reference=f"order:{number}", now=now - timedelta(days=2 if number < 4 else 5), is_demand=number != 3)
    assert launch_coverage.pace_of(make_warehouse().pk, now) == {"p90": 3, "usual": 0, "days": 2}


def test_orders_of_materials_stay_within_the_budget_until_a_second_person_allows_more(house, now):
    units(house, 100, now)
    budget(house, 20_000, now)
    box, card = material(house, now), material(house, now, price_fen=60)
    money = view(house, now).money
    assert (money.planned_fen, money.over_fen, money.state) == (21_000, 1_000, "red")
    launch_materials.order_material(actor=house.keeper, material_id=box.pk, now=now)
    with pytest.raises(launch_materials.BudgetSpent):
        launch_materials.order_material(actor=house.keeper, material_id=card.pk, now=now)
    asked = launch_materials.ask_raise(actor=house.lead, launch_id=house.launch.pk, up_to_fen=21_000, reason="卡片加印", now=now)
    with pytest.raises(launch_materials.RaiseBySamePerson):
        launch_materials.allow_raise(actor=house.lead, raise_id=asked.pk, now=now)
    assert BudgetRaise.objects.get().allowed_at is None
    launch_materials.allow_raise(actor=make_actor("alice", "owner"), raise_id=asked.pk, now=now)
    launch_materials.order_material(actor=house.keeper, material_id=card.pk, now=now)
    launch_materials.note_arrival(actor=house.keeper, material_id=box.pk, spent_fen=14_400, now=now)
    money = view(house, now).money
    assert (money.planned_fen, money.committed_fen, money.spent_fen, money.over_fen) == (20_400, 20_400, 14_400, 0)


def test_a_material_goes_its_way_once_and_an_order_can_be_taken_back(house, now):
    units(house, 100, now)
    budget(house, 100_000, now)
    made = material(house, now, on_hand=30)
    launch_materials.order_material(actor=house.keeper, material_id=made.pk, now=now)
    kept = LaunchMaterial.objects.get()
    assert (kept.state, kept.ordered_units, kept.ordered_fen) == ("ordered", 70, 10_500)
    for again in (launch_materials.order_material, launch_materials.drop_material):
        with pytest.raises(launch_materials.MaterialMovedOn):
            again(actor=house.keeper, material_id=made.pk, now=now, **({"reason": "x"} if again is launch_materials.drop_material else {}))
    launch_materials.take_order_back(actor=house.keeper, material_id=made.pk, reason="厂里排不上", now=now)
    assert view(house, now).money.committed_fen == 0
    launch_materials.drop_material(actor=house.keeper, material_id=made.pk, reason="用旧盒", now=now)
    assert view(house, now).money.planned_fen == 0


def test_a_material_that_did_not_come_by_its_day_stands_in_the_way(house, now):
    units(house, 100, now)
    quick(house, now)
    budget(house, 100_000, now)
    made = material(house, now, needed_on=date(2026, 11, 24))
    assert finding(house, now)[1] == "供货计划都够了，等人确认"
    launch_plans.review_due(now + timedelta(days=3))
    assert finding(house, now)[1] == "供货计划没确认：飞机盒 该 11-24 到，还没下单"
    launch_materials.order_material(actor=house.keeper, material_id=made.pk, now=now + timedelta(days=3))
    assert finding(house, now)[1] == "供货计划没确认：飞机盒 该 11-24 到，还没到"
    launch_materials.note_arrival(actor=house.keeper, material_id=made.pk, spent_fen=None, now=now + timedelta(days=3))
    assert finding(house, now)[1] == "供货计划都够了，等人确认"


def test_who_may_not_changes_nothing(house, shop, now):
    units(house, 100, now)
    quick(house, now)
    budget(house, 1_000, now)
    made, said = material(house, now), capacity(house, now)
    asked = launch_materials.ask_raise(actor=house.buyer, launch_id=house.launch.pk, up_to_fen=30_000, reason="x", now=now)
    before = [list(kind.objects.order_by("pk").values()) for kind in (LaunchSupply, LaunchMaterial, CapacityPromise, BudgetRaise)]
    rows = AuditRow.objects.count()
    analyst = make_actor("analyst", "analyst", shop=shop)
    here = {"launch_id": house.launch.pk, "now": now}
    deeds = [
        lambda who: launch_plans.begin(actor=who, **here), lambda who: launch_plans.count_again(actor=who, **here),
        lambda who: launch_plans.set_units(actor=who, sku_id=house.sku.pk, units=1, reason="x", **here),
        lambda who: launch_plans.set_delivery(actor=who, warehouse_id=make_warehouse().pk, units_a_parcel_milli=1, pack_a_day=None, reason="", **here),
        lambda who: launch_plans.withdraw_capacity(actor=who, capacity_id=said.pk, reason="x", now=now),
        lambda who: launch_materials.order_material(actor=who, material_id=made.pk, now=now),
        lambda who: launch_materials.ask_raise(actor=who, up_to_fen=90_000, reason="x", **here),
    ]  # fmt: skip
    leads = [
        lambda who: launch_plans.confirm(actor=who, **here), lambda who: launch_plans.reopen(actor=who, reason="x", **here),
        lambda who: launch_materials.set_budget(actor=who, budget_fen=9, reason="x", **here), lambda who: launch_materials.allow_raise(actor=who, raise_id=asked.pk, now=now),
    ]  # fmt: skip
    for deed in [*deeds, *leads]:
        with pytest.raises(AbilityMissing):
            deed(analyst)
    for deed in leads:
        with pytest.raises(AbilityMissing):
            deed(house.keeper)
    assert before == [list(kind.objects.order_by("pk").values()) for kind in (LaunchSupply, LaunchMaterial, CapacityPromise, BudgetRaise)]
    assert AuditRow.objects.count() == rows


def test_another_shops_people_do_not_see_the_plan(house, now):
    stranger = make_actor("zoe", "operations", shop=make_shop("other", "别家"))
    with pytest.raises(launch_coverage.LaunchWithoutPlan):
        launch_plans.confirm(actor=stranger, launch_id=house.launch.pk, now=now)
    assert list(launch_coverage.plans_for(stranger)) == []


def test_a_proof_is_a_picture_or_a_pdf(house, now):
    with pytest.raises(quality.FileTypeRefused):
        capacity(house, now, proof=quality.Brought("函.exe", io.BytesIO(b"MZ")))
    assert not CapacityPromise.objects.exists()
    assert capacity(house, now, proof=quality.Brought("函.png", io.BytesIO(PNG))).proof is not None


def test_the_questions_asked_do_not_grow_with_the_items(house, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked():
        with CaptureQueriesContext(connection) as seen:
            view(house, now)
        return len(seen)

    capacity(house, now)
    one = asked()
    for number in range(6):
        other = make_sku(make_product(house.shop), code=f"KB-2417-X-{number}")
        make_quote(other)
    assert asked() == one


def test_the_page_leads_to_the_order_the_question_and_the_confirmation(house, client, now):
    client.force_login(make_person("alice", "owner"))
    page = f"/supply/launches/{house.launch.pk}"
    make_quote(house.sku, supplier=house.supplier)
    assert client.post(f"{page}/units", {"sku": house.sku.pk, "units": "130", "reason": "照上一场"}).status_code == 302
    text = client.get(page).content.decode()
    assert "缺 30 件" in text
    assert "起草 50 件" in text, "the supplier's least"
    said = {"sku": str(house.sku.pk), "supplier": str(house.supplier.pk), "kind": "quote"}
    assert client.post(f"{page}/ask", said).status_code == 302
    assert "30 件" in Negotiation.objects.get().question
    assert client.post(f"{page}/draft", said).status_code == 302
    made = Purchase.objects.get()
    assert (made.quantity, made.price_fen, made.state) == (50, 21_000, "draft")
    services.approve_purchase(actor=KAIBO, purchase_id=made.pk, now=now)
    Purchase.objects.update(promised_on=date(2026, 11, 24))
    client.post(f"{page}/delivery", {"warehouse": make_warehouse().pk, "units_a_parcel": "1", "pack_a_day": "500", "reason": "加人"})
    assert client.post(f"{page}/confirm").status_code == 302
    assert LaunchSupply.objects.get().confirmed_by == "Alice"
    assert "已确认" in client.get("/supply/launches").content.decode()


def test_the_list_and_the_plan_teach_the_first_step(client, shop, now):
    client.force_login(make_person("alice", "owner"))
    assert "没有进行中的上新" in client.get("/supply/launches").content.decode()
    made = launches.begin_launch(actor=KAIBO, shop_id=shop.pk, title="新品", owner_id=make_person("alice").pk, now=now)
    assert "还没有供货计划" in client.get(f"/supply/launches/{made.pk}").content.decode()
    assert client.post(f"/supply/launches/{made.pk}/begin").status_code == 302
    assert "上新还没有商品或货号" in client.get(f"/supply/launches/{made.pk}").content.decode()
