"""A case from its opening to its closing, with the money and the goods that move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kaibo.kit.transitions import StepNotAllowed
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake.kinds import Refused, Taken
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.aftersales import refunds, returns, rulebook, rules, services
from kaibo.stages.aftersales.checks import differences
from kaibo.stages.aftersales.complaints import CaseUnknown, RefundOfAnother
from kaibo.stages.aftersales.models import Case, LineRefund, Refund
from kaibo.stages.aftersales.rules import Impact, Nature, Severity, State
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.rules import QuantityBeyondLine
from tests.make.aftersales import NOW, case_row, make_case, make_sent_line, take
from tests.make.orders import line_of, make_paid_order
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db


def approve(case):
    return services.move_case(actor=KAIBO, case_id=case.pk, target=State.APPROVED_RETURN, reason="", now=NOW)


def test_a_case_has_its_severity_its_owner_and_its_deadline(shop):
    busy, free = make_person("busy", "service", shop=shop), make_person("free", "service", shop=shop)
    line = make_sent_line()
    first = make_case(line)
    second = make_case(line, nature=Nature.SAFETY)
    assert {first.owner_id, second.owner_id} == {busy.pk, free.pk}
    assert (first.severity, first.due_at) == ("general", NOW + timedelta(hours=24))
    assert (second.severity, second.due_at) == ("serious", NOW + timedelta(hours=2))
    assert Notice.objects.filter(person_id=second.owner_id, state="red").count() == 1


def test_a_return_waits_for_inspection_and_starts_the_seven_days(shop):
    case = make_case()
    approve(case)
    returns.receive_return(actor=KAIBO, case_id=case.pk, quantity=1, now=NOW + timedelta(days=4))
    case.refresh_from_db()
    assert (case.state, case.due_at) == ("received", datetime(2026, 12, 3, 16, 0, tzinfo=UTC)), "midnight of the seventh day after the receipt"
    levels = stock.levels_of([case.line.sku_id])[case.line.sku_id]
    assert (levels[Bucket.INCOMING], levels[Bucket.SELLABLE]) == (1, 19)
    assert OrderLine.objects.get().returned == 1
    assert stock.differences() == []


def test_more_than_was_sent_cannot_come_back_and_nothing_moves(shop):
    case = make_case()
    approve(case)
    with pytest.raises(QuantityBeyondLine):
        returns.receive_return(actor=KAIBO, case_id=case.pk, quantity=2, now=NOW)
    case.refresh_from_db()
    assert (case.state, OrderLine.objects.get().returned) == ("approved_return", 0)


def test_two_cases_together_never_refund_more_than_the_line_was_paid(shop):
    line = make_sent_line(amount=50_000)
    cases = [make_case(line), make_case(line)]
    for case in cases:
        services.move_case(actor=KAIBO, case_id=case.pk, target=State.APPROVED_REFUND, reason="", now=NOW)
    refunds.refund(actor=KAIBO, case_id=cases[0].pk, amount_fen=30_000, key="R1", now=NOW)
    with pytest.raises(rules.RefundBeyondPaid):
        refunds.refund(actor=KAIBO, case_id=cases[1].pk, amount_fen=20_001, key="R2", now=NOW)
    assert (LineRefund.objects.get().refunded_fen, Refund.objects.count(), Case.objects.get(pk=cases[1].pk).state) == (30_000, 1, "approved_refund")
    refunds.refund(actor=KAIBO, case_id=cases[1].pk, amount_fen=20_000, key="R2", now=NOW)
    assert LineRefund.objects.get().refunded_fen == 50_000
    assert differences() == []


def test_the_same_refund_twice_pays_once_and_its_key_fits_no_other(shop):
    case = make_case()
    services.move_case(actor=KAIBO, case_id=case.pk, target=State.APPROVED_REFUND, reason="", now=NOW)
    first = refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=100, key="R1", now=NOW)
    assert refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=100, key="R1", now=NOW).pk == first.pk
    with pytest.raises(RefundOfAnother):
        refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=200, key="R1", now=NOW)
    assert LineRefund.objects.get().refunded_fen == 100


def test_a_case_stays_open_until_the_buyer_is_satisfied_and_then_tells_why_it_came_up(shop):
    case = make_case()
    services.move_case(actor=KAIBO, case_id=case.pk, target=State.APPROVED_REFUND, reason="", now=NOW)
    refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=59_900, key="R1", now=NOW)
    later = NOW + timedelta(days=1)
    services.record_contact(actor=KAIBO, case_id=case.pk, outcome="unsatisfied", text="退款太慢", now=later)
    with pytest.raises(rules.BuyerNotSatisfied):
        services.close_case(actor=KAIBO, case_id=case.pk, reason="", now=later)
    assert Case.objects.get().due_at == later + timedelta(hours=24)
    services.record_contact(actor=KAIBO, case_id=case.pk, outcome="satisfied", text="可以了", now=later)
    services.close_case(actor=KAIBO, case_id=case.pk, reason="面料起球", now=later)
    payload = OutboxFact.objects.get(name="aftersales.case_closed").payload
    assert (payload["reason"], payload["severity"], payload["refunded_fen"]) == ("质量问题：起球严重", "general", 59_900)
    assert payload["product_id"] == str(OrderLine.objects.get().sku.product_id)


def test_an_unsent_order_is_kept_back_while_its_case_is_open(shop):
    order = make_paid_order()
    case = make_case(line_of(order), nature=Nature.NO_REASON)
    assert Order.objects.get().hold_flags == ["aftersale_open"]
    services.move_case(actor=KAIBO, case_id=case.pk, target=State.BUYER_CANCELLED, reason="不退了", now=NOW)
    services.close_case(actor=KAIBO, case_id=case.pk, reason="", now=NOW)
    assert Order.objects.get().hold_flags == []


def test_a_step_the_table_does_not_hold_is_refused(shop):
    case = make_case()
    with pytest.raises(StepNotAllowed):
        refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=1, key="R1", now=NOW)
    assert not Refund.objects.exists()


def test_the_severity_table_can_be_changed_by_those_who_may_and_old_cases_keep_theirs(shop):
    old = make_case(nature=Nature.SIZE)
    change = {"nature": Nature.SIZE, "impact": Impact.ONE, "severity": Severity.SERIOUS, "reason": "尺码投诉太多", "now": NOW}
    with pytest.raises(AbilityMissing):
        rulebook.change_cell(actor=make_actor("li", "service"), **change)
    rulebook.change_cell(actor=make_actor("wang", "operations"), **change)
    new = make_case(OrderLine.objects.get(), nature=Nature.SIZE)
    old.refresh_from_db()
    assert (old.severity, new.severity) == ("minor", "serious")


@pytest.mark.parametrize("account, roles, home", [("hans", ("host",), None), ("otto", ("service",), "other")])
def test_who_may_not_refund_changes_nothing(shop, account, roles, home):
    case = make_case()
    services.move_case(actor=KAIBO, case_id=case.pk, target=State.APPROVED_REFUND, reason="", now=NOW)
    actor = make_actor(account, *roles, shop=make_shop("other", "另一家") if home else None)
    with pytest.raises((AbilityMissing, CaseUnknown)):
        refunds.refund(actor=actor, case_id=case.pk, amount_fen=1, key="R1", now=NOW)
    assert (Refund.objects.count(), Case.objects.get().state) == (0, "approved_refund")


# ── exports of 抖店 ──


def test_a_platform_case_is_weighed_tied_to_its_line_and_taken_once(shop):
    line = make_sent_line()
    assert take([case_row("T1")]) == [Taken.NEW]
    case = Case.objects.get()
    assert (case.state, case.nature, case.severity, case.line_id, case.due_at) == ("requested", "size", "minor", line.pk, NOW + timedelta(hours=47))
    assert take([case_row("T1")]) == [Taken.SAME]
    assert Case.objects.count() == 1


def test_a_case_the_platform_refunded_counts_against_its_line_and_closes(shop):
    make_sent_line(amount=59_900)
    take([case_row("T1")])
    ended = {"status": "同意退款，退款成功", "finished_at": NOW, "refunded_at": NOW}
    assert take([case_row("T1", **ended)], exported_at=NOW + timedelta(hours=1)) == [Taken.CHANGED]
    assert (Case.objects.get().state, LineRefund.objects.get().refunded_fen) == ("closed", 59_900)
    assert OutboxFact.objects.filter(name="aftersales.case_closed").count() == 1
    outcome = take([case_row("T2", **ended)])[0]
    assert isinstance(outcome, Refused) and outcome.code == "aftersales.refund_beyond_paid"
    assert (Case.objects.count(), LineRefund.objects.get().refunded_fen) == (1, 59_900)
    assert differences() == []


def test_an_unknown_status_waits_and_an_older_file_changes_nothing(shop):
    make_sent_line()
    outcome = take([case_row("T1", status="外星人处理中")])[0]
    assert isinstance(outcome, Refused) and outcome.column == "status"
    take([case_row("T2", status="待商家收货")], exported_at=NOW)
    assert take([case_row("T2", status="待商家处理")], exported_at=NOW - timedelta(hours=1)) == [Taken.SAME]
    assert Case.objects.get().state == "buyer_shipped"
