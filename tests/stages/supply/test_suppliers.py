"""The score of a supplier is what happened, weighed; who steps in is who agreed to, best first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from kaibo.kit.ids import new_id
from kaibo.master.stock.models import Level
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.selection.models import Feedback
from kaibo.stages.supply import quality, scoring, services, supplier_book, supplier_figures
from kaibo.stages.supply.models import Agreement, Inspection, Negotiation, Purchase, Quote, Supplier, SwitchProposal
from tests.make.goods import make_lot, make_product, make_sku, make_warehouse
from tests.make.people import make_actor, make_person

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def shares(**counts):
    return scoring.score([scoring.share(key, part, whole, weight) for key, (part, whole, weight) in counts.items()])


def test_points_lie_on_their_scale_and_never_outside():
    assert [scoring.points("on_time", v) for v in (0, 7_000, 8_500, 10_000)] == [0, 0, 5_000, 10_000]
    assert [scoring.points("defects", v) for v in (0, 25_000, 50_000, 90_000)] == [10_000, 5_000, 0, 0]
    assert [scoring.points("response", v) for v in (60, 240, 26 * 60, 48 * 60, 10_000)] == [10_000, 10_000, 5_000, 0, 0]


def test_the_score_is_the_weighted_mean_of_what_is_known():
    found = shares(on_time=(17, 20, 25), passed=(9, 10, 20), returns=(0, 0, 20))
    assert (found.total_bp, found.covered_bp) == ((5_000 * 25 + 5_000 * 20) // 45, 45 * 10_000 // 65)
    assert found.figures[2].points_bp is None
    assert shares(on_time=(0, 0, 25)).total_bp is None


@given(st.lists(st.tuples(st.sampled_from(scoring.FIGURES), st.integers(0, 50), st.integers(0, 50), st.integers(0, 40)), min_size=1, max_size=7))
def test_a_score_lies_between_the_worst_and_the_best_of_its_figures(rows):
    found = scoring.score([scoring.share(key, min(part, whole), whole, weight) for key, part, whole, weight in rows])
    known = [one.points_bp for one in found.figures if one.points_bp is not None and one.weight]
    assert (found.total_bp is None) == (not known)
    if known:
        assert min(known) <= found.total_bp <= max(known)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(100, 9_000), st.integers(1, 2_000), st.integers(0, 10_000)), max_size=5), st.integers(1, 2_000))
def test_who_steps_in_can_make_the_units_where_anybody_can(offers, wanted):
    standbys = [scoring.Standby(n, lead, price, units, score) for n, (lead, price, units, score) in enumerate(offers)]
    best = scoring.choose_standby(standbys, wanted_units=wanted)
    assert (best is None) == (not standbys)
    if best and any(one.units_a_week >= wanted for one in standbys):
        able = [one for one in standbys if one.units_a_week >= wanted]
        assert best.lead_days == min(one.lead_days for one in able) and best in able


@pytest.fixture
def house(shop):
    class House:
        sku = make_sku(make_product(shop))
        main = Supplier.objects.create(code="S1", name="海宁毛纺", created_at=NOW)
        other = Supplier.objects.create(code="S2", name="桐乡针织", created_at=NOW)

    House.shop = shop
    Quote.objects.create(supplier=House.main, sku=House.sku, price_fen=20_000, lead_days=5, is_main=True, quoted_on=TODAY)
    Quote.objects.create(supplier=House.other, sku=House.sku, price_fen=16_000, lead_days=9, quoted_on=TODAY)
    return House


def bought(house, promised: date, completed: datetime | None, number: int, supplier=None, received: int = 0):
    return Purchase.objects.create(
        code=f"PO-{number}", supplier=supplier or house.main, sku=house.sku, shop=house.shop, quantity=100, received=100 if completed else received, price_fen=20_000,
        state="received" if completed else "approved", created_at=NOW, approved_at=NOW - timedelta(days=20), promised_on=promised, completed_at=completed,
    )  # fmt: skip


def arrived(house, code: str, state: str, supplier=None):
    lot = make_lot(house.sku, code)
    made = Inspection.objects.create(
        gate="arrival", lot=lot, supplier=supplier or house.main, sku=house.sku, warehouse=make_warehouse(), quantity=100, state=state, opened_at=NOW, decided_at=NOW
    )
    return lot, made


def figures(house, now=NOW):
    return {one.key: one for one in supplier_figures.scores(KAIBO, now, only=[house.main.pk])[0].score.figures}


@pytest.mark.django_db
def test_every_figure_is_counted_from_its_rows_exactly(house):
    bought(house, date(2026, 11, 10), datetime(2026, 11, 10, 15, 59, tzinfo=UTC), 1)
    bought(house, date(2026, 11, 10), datetime(2026, 11, 10, 16, 0, tzinfo=UTC), 2)
    bought(house, TODAY, None, 3)
    bought(house, date(2026, 11, 21), None, 4)
    lot, good = arrived(house, "L1", "passed")
    _lot, bad = arrived(house, "L2", "failed")
    quality.keep_defects(actor=KAIBO, inspection=bad, defects=[quality.DefectSaid(quality.DefectClass.MAJOR, "起球", 3)], now=NOW)
    for nature, units in (("quality", 1), ("size", 5), ("safety", 2)):
        Feedback.objects.create(case_id=new_id(), product_id=house.sku.product_id, reason=nature, severity="minor", closed_at=NOW, nature=nature, sku_id=house.sku.pk, lot_ids=[lot.pk], units=units)
    Negotiation.objects.create(supplier=house.main, question="价？", asked_by="x", asked_at=NOW - timedelta(hours=9), answer="好", answered_at=NOW)
    supplier_book.screen(actor=KAIBO, supplier_id=house.main.pk, kind="visit", points=2, note="车间乱", seen_on=date(2026, 10, 1), now=NOW)
    supplier_book.screen(actor=KAIBO, supplier_id=house.main.pk, kind="visit", points=4, note="整改好了", seen_on=date(2026, 11, 1), now=NOW)
    found = figures(house)
    assert {key: (one.part, one.whole, one.value) for key, one in found.items()} == {
        "on_time": (1, 3, 3_333), "passed": (1, 2, 5_000), "defects": (3, 200, 15_000), "returns": (3, 3, 1_000_000), "price": (8_000, 1, 8_000),
        "response": (540, 1, 540), "screening": (8_000, 1, 8_000),
    }  # fmt: skip
    assert good.supplier_id == house.main.pk


@pytest.mark.django_db
def test_the_list_adds_up_in_the_database_what_the_page_of_one_supplier_counts_row_by_row(house):
    """Two lots of one supplier in one case, a lot of another beside them, closed short, inactive, quoted twice, answered at once."""
    for number, (promised, completed) in enumerate(((date(2026, 11, 10), NOW), (TODAY, NOW), (TODAY - timedelta(days=1), None), (TODAY, None))):
        bought(house, promised, completed, number)
        bought(house, promised, completed, 10 + number, supplier=house.other)
    bought(house, TODAY, None, 20).delete()
    Purchase.objects.filter(code="PO-0").update(short_by="supplier", short_reason="停产")
    Purchase.objects.filter(code="PO-11").update(promised_on=None)
    (first, _one), (second, bad), (foreign, _two) = arrived(house, "L1", "passed"), arrived(house, "L2", "failed"), arrived(house, "L3", "passed", supplier=house.other)
    quality.keep_defects(actor=KAIBO, inspection=bad, defects=[quality.DefectSaid(quality.DefectClass.MAJOR, "起球", 3), quality.DefectSaid(quality.DefectClass.MINOR, "线头", 4)], now=NOW)
    for lots, nature, units in (([first, second], "quality", 2), ([second, foreign], "safety", 3), ([first], "size", 7), ([foreign], "not_as_described", 1)):
        Feedback.objects.create(case_id=new_id(), product_id=house.sku.product_id, reason=nature, severity="minor", closed_at=NOW, nature=nature, sku_id=house.sku.pk, lot_ids=[lot.pk for lot in lots], units=units)
    for lot, units in ((first, 30), (foreign, 11)):
        Level.objects.create(sku=house.sku, warehouse=make_warehouse(), lot=lot, bucket="customer", quantity=units)
    Quote.objects.create(supplier=house.main, sku=house.sku, price_fen=15_000, lead_days=5, quoted_on=TODAY - timedelta(days=3))
    for supplier, minutes in ((house.main, 61), (house.main, 9), (house.other, 3)):
        Negotiation.objects.create(supplier=supplier, question="价？", asked_by="x", asked_at=NOW - timedelta(minutes=minutes, seconds=59), answer="好", answered_at=NOW)
    for kind, points, day in (("visit", 2, 1), ("visit", 3, 9), ("trial", 5, 2)):
        supplier_book.screen(actor=KAIBO, supplier_id=house.main.pk, kind=kind, points=points, note="看过", seen_on=date(2026, 11, day), now=NOW)
    listed = {one.supplier.pk: one.score for one in supplier_figures.scores(KAIBO, NOW)}
    assert listed == {one.pk: supplier_figures.evidence_of(one.pk, NOW)[0] for one in (house.main, house.other)}
    assert {one.key: (one.part, one.whole) for one in listed[house.main.pk].figures} == {
        "on_time": (1, 3), "passed": (1, 2), "defects": (7, 200), "returns": (5, 37), "price": (8_000, 1), "response": (9, 2), "screening": (8_000, 2),
    }  # fmt: skip


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_suppliers(house):
    def counted():
        with CaptureQueriesContext(connection) as asked:
            supplier_figures.scores(KAIBO, NOW)
        return len(asked)

    bought(house, TODAY, NOW, 1)
    arrived(house, "L1", "passed")
    counted()
    few = counted()
    for n in range(10):
        one = Supplier.objects.create(code=f"X{n}", name=f"厂{n}", created_at=NOW)
        bought(house, TODAY, NOW, 100 + n, supplier=one)
        arrived(house, f"LX{n}", "passed", supplier=one)
    assert counted() == few


def standby(house, supplier=None, units=500, lead=3):
    return supplier_book.agree(
        actor=KAIBO, now=NOW, terms=supplier_book.Terms("standby", (supplier or house.other).pk, house.sku.pk, units, 17_000, lead, TODAY, date(2027, 5, 1))
    )


@pytest.mark.django_db
def test_a_shortfall_proposes_the_standby_supplier_once_and_a_person_lets_it_step_in(house):
    boss = make_actor("wang", "operations", shop=house.shop)
    standby(house)
    say = {"supplier_id": house.main.pk, "sku_id": house.sku.pk, "until": date(2026, 12, 5), "reason": "染厂停电", "now": NOW}
    with pytest.raises(AbilityMissing):
        supplier_book.tell_shortfall(actor=make_actor("cang", "warehouse"), **say)
    supplier_book.tell_shortfall(actor=boss, **say)
    assert supplier_book.propose_switches(NOW) == 0
    made = SwitchProposal.objects.get()
    assert (made.leaves_id, made.steps_in_id, made.cause, made.evidence) == (house.main.pk, house.other.pk, "shortfall", "染厂停电（到 12-05）")
    assert Notice.objects.filter(person_id=boss.person_id, key=f"switch:{made.pk}").count() == 1
    supplier_book.decide_switch(actor=boss, proposal_id=made.pk, is_accepted=True, reason="", now=NOW)
    with pytest.raises(supplier_book.SwitchDecided):
        supplier_book.decide_switch(actor=boss, proposal_id=made.pk, is_accepted=True, reason="", now=NOW)
    draft = Purchase.objects.get()
    assert (draft.supplier_id, draft.state, draft.price_fen, list(Quote.objects.filter(is_main=True).values_list("supplier_id", flat=True))) == (
        house.other.pk, "draft", 17_000, [house.other.pk],
    )  # fmt: skip
    assert AuditRow.objects.filter(deed="supply:switch:decide").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("days, is_proposed", [(2, False), (3, True)])
def test_a_late_order_proposes_a_switch_only_beyond_the_days_allowed(house, days, is_proposed):
    standby(house)
    bought(house, TODAY - timedelta(days=days), None, 1, received=40)
    assert supplier_book.propose_switches(NOW) == int(is_proposed)
    if is_proposed:
        assert (SwitchProposal.objects.get().units, SwitchProposal.objects.get().cause) == (60, "late")


@pytest.mark.django_db
def test_nobody_is_proposed_without_an_agreement_in_force(house):
    agreement = standby(house)
    Agreement.objects.filter(pk=agreement.pk).update(valid_until=TODAY - timedelta(days=1), valid_from=TODAY - timedelta(days=9))
    supplier_book.tell_shortfall(actor=KAIBO, supplier_id=house.main.pk, sku_id=house.sku.pk, until=TODAY, reason="x", now=NOW)
    assert not SwitchProposal.objects.exists()


@pytest.mark.django_db
def test_declining_a_switch_needs_a_reason_and_changes_no_supplier(house):
    standby(house)
    supplier_book.tell_shortfall(actor=KAIBO, supplier_id=house.main.pk, sku_id=house.sku.pk, until=TODAY, reason="x", now=NOW)
    made = SwitchProposal.objects.get()
    with pytest.raises(quality.ReasonMissing):
        supplier_book.decide_switch(actor=KAIBO, proposal_id=made.pk, is_accepted=False, reason="", now=NOW)
    supplier_book.decide_switch(actor=KAIBO, proposal_id=made.pk, is_accepted=False, reason="明天就恢复", now=NOW)
    assert (Purchase.objects.count(), Quote.objects.get(is_main=True).supplier_id) == (0, house.main.pk)


@pytest.mark.django_db
def test_a_material_agreement_is_drawn_by_approved_orders_and_never_beyond(house):
    supplier_book.agree(actor=KAIBO, now=NOW, terms=supplier_book.Terms("material", house.main.pk, house.sku.pk, 150, 20_000, 3, TODAY, TODAY))
    for _ in range(2):
        draft = services.draft_purchase(actor=KAIBO, supplier_id=house.main.pk, sku_id=house.sku.pk, quantity=100, price_fen=20_000, now=NOW)
        services.approve_purchase(actor=KAIBO, purchase_id=draft.pk, now=NOW)
    assert Agreement.objects.get().drawn == 150
    assert Purchase.objects.first().promised_on == TODAY + timedelta(days=5)
    with pytest.raises(supplier_book.AgreementStands):
        supplier_book.agree(actor=KAIBO, now=NOW, terms=supplier_book.Terms("material", house.main.pk, house.sku.pk, 1, 1, 1, TODAY, TODAY))


@pytest.mark.django_db
def test_a_question_is_answered_once(house):
    asked = supplier_book.ask(actor=KAIBO, supplier_id=house.main.pk, sku_id=house.sku.pk, question="一千件什么价？", target_fen=18_000, asked_at=NOW, now=NOW)
    say = {"actor": KAIBO, "negotiation_id": asked.pk, "text": "18.5", "offered_fen": 18_500, "answered_at": NOW + timedelta(hours=5)}
    supplier_book.answer(**say, now=NOW + timedelta(hours=6))
    with pytest.raises(supplier_book.AnsweredAlready):
        supplier_book.answer(**say, now=NOW + timedelta(hours=7))
    assert Negotiation.objects.get().answered_at == NOW + timedelta(hours=5)


@pytest.mark.django_db
def test_the_pages_lead_from_every_figure_to_its_rows(client, house):
    standby(house)
    order = bought(house, date(2026, 11, 10), NOW, 1)
    client.force_login(make_person("alice", "owner"))
    page = client.get(reverse("supply:suppliers")).content.decode()
    assert f"{reverse('supply:supplier', args=[house.main.pk])}#on_time" in page
    page = client.get(reverse("supply:supplier", args=[house.main.pk])).content.decode()
    assert order.code in page and 'id="on_time"' in page and 'id="returns"' in page
    said = {"sku": str(house.sku.pk), "until": "2099-01-01", "reason": "停电"}
    assert client.post(reverse("supply:tell-shortfall", args=[house.main.pk]), said).status_code == 302
    assert "停电" in client.get(reverse("supply:suppliers")).content.decode()
    proposal = SwitchProposal.objects.get()
    assert client.post(reverse("supply:decide-switch", args=[proposal.pk]), {"decision": "accept"}).status_code == 302
    for name, values in (
        ("ask-supplier", {"question": "价？"}), ("screen-supplier", {"kind": "visit", "points": "3", "note": "好", "seen_on": "2026-11-01"}),
        ("agree", {"kind": "material", "sku": str(house.sku.pk), "units": "9", "price": "100", "lead_days": "3", "valid_from": "2026-11-01", "valid_until": "2026-12-01"}),
    ):  # fmt: skip
        assert client.post(reverse(f"supply:{name}", args=[house.main.pk]), values).status_code == 302, name
    client.force_login(make_person("hans", "host"))
    assert client.get(reverse("supply:supplier", args=[house.main.pk])).status_code == 403
