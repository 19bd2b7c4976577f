"""The three gates: samples before a purchase, sampling at goods-in, spot checks before a session; and held units in custody."""

import io
from datetime import timedelta

import pytest

from kaibo.master.launches import services as launches
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.supply import quality, quality_queries, services, settling
from kaibo.stages.supply.gates import gate
from kaibo.stages.supply.models import Custody, Defect, Inspection, InspectionFile, Purchase
from kaibo.stages.supply.quality import DefectSaid
from kaibo.stages.supply.sampling import DefectClass, Happening, Severity
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.people import make_actor
from tests.make.supply import BAD, GOOD, TEMPLATE, make_arrival, make_purchase, make_supplier

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


@pytest.fixture
def inspector(shop):
    return make_actor("wuyue", "quality", shop=shop)


def levels(sku):
    return {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items() if units}


def decide(inspection, actor, now, *, defects=(), values=GOOD):
    return str(services.decide_inspection(actor=actor, inspection_id=inspection.pk, values=values, defects=defects, now=now))


def major(units):
    return [DefectSaid(DefectClass.MAJOR, "开线", units)]


def ask_for(gates, now, **said):
    usual = {"category": "apparel", "level": "II", "major_milli": 2_500, "minor_milli": 4_000, "needs_sample": False, "needs_spot": False}
    quality.set_policy(actor=KAIBO, now=now, **(usual | dict.fromkeys(gates, True) | said))


def test_an_arrival_comes_with_its_plan(sku):
    plan = quality_queries.plan_from_json(make_arrival(sku, 2_000).plan)
    assert [(one.defect_class.value, one.letter, one.sample_units, one.accept) for one in plan.classes] == [
        ("critical", "K", 125, 0), ("major", "K", 125, 7), ("minor", "K", 125, 10),
    ]  # fmt: skip


def test_as_many_defects_as_the_plan_accepts_pass_and_one_more_does_not(sku, owner, now):
    assert decide(make_arrival(sku, 2_000, lot="A"), owner, now, defects=major(7)) == "passed"
    assert decide(make_arrival(sku, 2_000, lot="B"), owner, now, defects=major(8)) == "failed"
    assert levels(sku) == {"sellable": 2_000, "held": 2_000}
    assert Custody.objects.get().units == 2_000
    assert stock.differences() == []


def test_one_critical_defect_holds_the_lot(sku, owner, now):
    assert decide(make_arrival(sku, 2_000), owner, now, defects=[DefectSaid(DefectClass.CRITICAL, "断针", 1)]) == "failed"


def test_more_defects_than_units_looked_at_are_refused_and_nothing_is_decided(sku, owner, now):
    inspection = make_arrival(sku, 2_000)
    with pytest.raises(quality.DefectsBeyondSample):
        decide(inspection, owner, now, defects=major(126))
    assert Inspection.objects.get().state == "open"
    assert Defect.objects.count() == 0


def test_a_photo_stays_with_its_defect_and_other_files_are_refused(sku, owner, now):
    inspection = make_arrival(sku)
    with pytest.raises(quality.FileTypeRefused):
        decide(inspection, owner, now, defects=[DefectSaid(DefectClass.MINOR, "线头", 1, (quality.Brought("x.html", io.BytesIO(b"<script>")),))])
    assert Inspection.objects.get().state == "open"
    decide(inspection, owner, now, defects=[DefectSaid(DefectClass.MINOR, "线头", 1, (quality.Brought("线头.png", io.BytesIO(PNG)),))])
    kept = InspectionFile.objects.get()
    assert (kept.kind, kept.defect.kind, kept.media.mime) == ("photo", "线头", "image/png")


def test_two_refused_of_five_tighten_the_next_lot_and_five_more_refused_suspend_the_supplier(sku, owner, now):
    for number in range(2):
        decide(make_arrival(sku, 2_000, lot=f"R{number}"), owner, now + timedelta(hours=number), defects=major(8))
    tightened = make_arrival(sku, 2_000, lot="T0")
    plan = quality_queries.plan_from_json(tightened.plan)
    assert (plan.severity, plan.classes[1].accept) == (Severity.TIGHTENED, 5)
    decide(tightened, owner, now + timedelta(hours=3), defects=major(6))
    for number in range(1, 5):
        decide(make_arrival(sku, 2_000, lot=f"T{number}"), owner, now + timedelta(hours=3 + number), values=BAD)
    good = make_arrival(sku, 2_000, lot="S")
    with pytest.raises(quality.SamplingSuspended):
        decide(good, owner, now + timedelta(days=1))
    assert Inspection.objects.get(pk=good.pk).state == "open"
    quality.decide_severity(
        actor=owner, supplier_id=make_supplier().pk, category="apparel", happening=Happening.RESUMED, reason="换了针检机，连检 3 批合格", now=now + timedelta(days=2)
    )
    assert decide(good, owner, now + timedelta(days=3)) == "passed"
    assert quality_queries.standing_of(make_supplier().pk, "apparel").severity is Severity.TIGHTENED


def test_reduced_inspection_is_refused_before_thirty_points(sku, owner, now):
    decide(make_arrival(sku, 2_000), owner, now)
    with pytest.raises(quality.SeverityStays):
        quality.decide_severity(
            actor=owner, supplier_id=make_supplier().pk, category="apparel", happening=Happening.REDUCED_ALLOWED, reason="老供应商", now=now
        )
    assert quality_queries.standing_of(make_supplier().pk, "apparel").score == 3


@pytest.mark.parametrize(
    ("outcome", "where"),
    [("released", {"sellable": 100}), ("returned", {}), ("scrapped", {}), ("repeat", {"incoming": 100})],
)
def test_held_units_go_where_somebody_decided_once(sku, inspector, shop, now, outcome, where):
    decide(make_arrival(sku), inspector, now, values=BAD)
    custody = Custody.objects.get()
    assert custody.holder_id == inspector.person_id
    lead = make_actor("lead", "quality", shop=shop)
    settling.settle_custody(actor=lead, custody_id=custody.pk, outcome=outcome, reason="轻微色差，客服话术已备", now=now)
    assert levels(sku) == where
    assert AuditRow.objects.filter(deed="supply:lot:release", reason="轻微色差，客服话术已备").count() == 1
    assert OutboxFact.objects.filter(name="supply.lot_released").count() == (outcome == "released")
    with pytest.raises(quality.CustodySettled):
        settling.settle_custody(actor=lead, custody_id=custody.pk, outcome="released", reason="再放一次", now=now)
    assert levels(sku) == where
    assert stock.differences() == []


def test_a_reworked_lot_is_inspected_again_tightened_and_does_not_count_for_its_supplier(sku, inspector, now):
    decide(make_arrival(sku, 2_000), inspector, now, values=BAD)
    settling.settle_custody(actor=KAIBO, custody_id=Custody.objects.get().pk, outcome="repeat", reason="返工", now=now)
    again = Inspection.objects.get(state="open")
    assert (again.is_repeat, quality_queries.plan_from_json(again.plan).severity) == (True, Severity.TIGHTENED)
    decide(again, inspector, now)
    assert levels(sku) == {"sellable": 2_000}
    assert quality_queries.standing_of(again.supplier_id, "apparel").recent == (False,)


def test_who_refused_a_lot_cannot_accept_it_after_all(sku, inspector, now):
    decide(make_arrival(sku), inspector, now, values=BAD)
    with pytest.raises(settling.ReleasedByItsInspector):
        settling.settle_custody(actor=inspector, custody_id=Custody.objects.get().pk, outcome="released", reason="没事", now=now)
    assert levels(sku) == {"held": 100}
    assert Custody.objects.get().outcome == "held"


@pytest.mark.parametrize("role", ["warehouse", "operations", "selection", "host"])
def test_only_quality_settles_held_units(sku, shop, now, role):
    decide(make_arrival(sku), KAIBO, now, values=BAD)
    with pytest.raises(AbilityMissing):
        settling.settle_custody(
            actor=make_actor("bob", role, shop=shop), custody_id=Custody.objects.get().pk, outcome="released", reason="急着开播", now=now
        )
    assert levels(sku) == {"held": 100}


def test_a_purchase_waits_for_its_sample_where_the_category_asks_for_one(sku, owner, now):
    ask_for(["needs_sample"], now)
    services.ensure_template(category="apparel", items=TEMPLATE)
    order = make_purchase(sku, is_approved=False)
    with pytest.raises(services.SampleNotApproved):
        services.approve_purchase(actor=owner, purchase_id=order.pk, now=now)
    sample = quality.open_sample(actor=owner, sku_id=sku.pk, supplier_id=make_supplier().pk, units=2, now=now)
    assert decide(sample, owner, now, values=BAD) == "failed"
    with pytest.raises(services.SampleNotApproved):
        services.approve_purchase(actor=owner, purchase_id=order.pk, now=now)
    assert Purchase.objects.get().state == "draft"
    better = quality.open_sample(actor=owner, sku_id=sku.pk, supplier_id=make_supplier().pk, units=2, now=now)
    decide(better, owner, now + timedelta(hours=1))
    services.approve_purchase(actor=owner, purchase_id=order.pk, now=now)
    assert Purchase.objects.get().state == "approved"
    assert levels(sku) == {}


def test_a_sample_with_a_defect_does_not_pass(sku, owner, now):
    services.ensure_template(category="apparel", items=TEMPLATE)
    sample = quality.open_sample(actor=owner, sku_id=sku.pk, supplier_id=make_supplier().pk, units=2, now=now)
    assert decide(sample, owner, now, defects=[DefectSaid(DefectClass.MINOR, "线头", 1)]) == "failed"


def test_a_failed_spot_check_holds_what_can_still_be_sold_of_the_lot(sku, owner, now):
    arrival = make_arrival(sku)
    decide(arrival, owner, now)
    make_stock(sku, 30)
    spot = quality.open_spot(actor=owner, lot_id=arrival.lot_id, now=now)
    assert spot.quantity == 100
    assert decide(spot, owner, now, values=BAD) == "failed"
    assert levels(sku) == {"sellable": 30, "held": 100}
    assert Custody.objects.get().units == 100
    with pytest.raises(quality.NothingOfLotLeft):
        quality.open_spot(actor=owner, lot_id=arrival.lot_id, now=now)


def test_the_launch_gate_names_the_missing_or_failed_check(sku, owner, shop, now):
    ask_for(["needs_sample", "needs_spot"], now)
    launch = launches.begin_launch(
        actor=owner, shop_id=shop.pk, title="x", owner_id=owner.person_id, product_id=sku.product_id, on_air_at=now + timedelta(days=2), now=now
    )

    def said():
        finding = gate([launch.pk], now)[launch.pk]
        return finding.state, finding.reason

    assert said() == ("red", "还没有产前样确认")
    services.ensure_template(category="apparel", items=TEMPLATE)
    sample = quality.open_sample(actor=owner, sku_id=sku.pk, supplier_id=make_supplier().pk, units=2, now=now)
    assert said() == ("red", "产前样还在检验")
    decide(sample, owner, now)
    arrival = make_arrival(sku)
    decide(arrival, owner, now)
    assert said() == ("red", "还没有做开播前抽查")
    spot = quality.open_spot(actor=owner, lot_id=arrival.lot_id, now=now)
    decide(spot, owner, now, values=BAD)
    assert said() == ("red", "批次 L2611-07 开播前抽查不合格")
    settling.settle_custody(actor=KAIBO, custody_id=Custody.objects.get().pk, outcome="released", reason="复核为误判", now=now)
    assert said() == ("red", "还没做供货计划（产能、仓配、物料）"), "quality has nothing against it any more"


def test_a_spot_check_is_not_asked_for_long_before_and_not_good_for_ever(sku, owner, now):
    ask_for(["needs_spot"], now)
    arrival = make_arrival(sku)
    decide(arrival, owner, now)
    products = {sku.product_id: "apparel"}

    def against(on_air):
        return [one.reason for one in quality_queries.gates_of(products).against(sku.product_id, on_air=on_air, now=now)]

    assert against(now + timedelta(days=4)) == []
    assert against(now + timedelta(days=2)) == ["还没有做开播前抽查"]
    spot = quality.open_spot(actor=owner, lot_id=arrival.lot_id, now=now - timedelta(days=2))
    decide(spot, owner, now)
    assert against(now + timedelta(hours=1)) == []
    assert against(now + timedelta(days=2)) == ["还没有做开播前抽查"]


@pytest.mark.parametrize("half", [{"defect0-kind": "断针"}, {"defect0-kind": "断针", "defect0-units": "0"}])
def test_a_defect_named_without_its_units_is_asked_about_and_passes_nothing(client, shop, sku, half):
    from tests.make.people import make_person

    client.force_login(make_person("alice", "owner"))
    inspection = make_arrival(sku, 2_000)
    answer = client.post(f"/supply/inspections/{inspection.pk}", {"item_colour": "4", "item_shrink": "-2", "defect0-defect_class": "critical", **half})
    assert answer.status_code == 422
    assert "写明有几件" in answer.content.decode()
    inspection.refresh_from_db()
    assert inspection.state == "open"


def test_the_pages_of_the_gates_open_and_a_lot_is_decided_with_a_photo(client, shop, sku, now):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from tests.make.people import make_person

    client.force_login(make_person("alice", "owner"))
    inspection = make_arrival(sku, 2_000)
    page = f"/supply/inspections/{inspection.pk}"
    assert "抽 125 件" in client.get(page).content.decode()
    answer = client.post(
        page,
        {"item_colour": "4", "item_shrink": "-2", "defect0-defect_class": "critical", "defect0-kind": "断针", "defect0-units": "1",
         "defect0-photo": SimpleUploadedFile("断针.png", PNG, "image/png")},
        follow=True,
    )  # fmt: skip
    assert "不合格，已冻结" in answer.content.decode()
    assert "/media/" in client.get(page).content.decode()
    client.post(f"/supply/inspections/{inspection.pk}/report", {"report": SimpleUploadedFile("报告.pdf", b"%PDF-1.4", "application/pdf"), "issuer": "SGS"})
    assert "SGS" in client.get(page).content.decode()
    assert "2000" in client.get("/supply/quarantine").content.decode().replace(",", "")
    shown = client.get("/supply/quality?lot=2000&level=II&aql=1000&severity=normal").content.decode()
    assert "转移得分 0 / 30" in shown
    assert "<b>125</b>" in shown
    for gate_page in ("sample", "spot"):
        assert client.get(f"/supply/checks/{gate_page}").status_code == 200
