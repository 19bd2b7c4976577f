"""No way around the second person, a way forward after a refusal, and no case over more than was bought."""

import pytest

from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.aftersales import refunds, services
from kaibo.stages.aftersales.models import Case, Refund, RefundRequest
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, State
from kaibo.stages.orders.rules import QuantityBeyondLine
from tests.make.aftersales import NOW, make_case, make_sent_line
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db


def approved(line):
    case = make_case(line, kind=Kind.REFUND)
    return services.move_case(actor=KAIBO, case_id=case.pk, target=State.APPROVED_REFUND, reason="", now=NOW)


@pytest.fixture
def limit(shop):
    thresholds.change(actor=KAIBO, key="aftersales.refund_large_fen", new_value=50_000, now=NOW)


def test_two_small_refunds_of_one_line_are_one_large_one(limit, shop):
    clerk = make_actor("mei", "service", shop=shop)
    line = make_sent_line(amount=59_900)
    first, second = approved(line), approved(line)
    assert isinstance(refunds.refund(actor=clerk, case_id=first.pk, amount_fen=30_000, key="R1", now=NOW), Refund)
    assert isinstance(refunds.refund(actor=clerk, case_id=second.pk, amount_fen=20_001, key="R2", now=NOW), RefundRequest)
    assert isinstance(refunds.refund(actor=make_actor("wang", "operations", "service", shop=shop), case_id=second.pk, amount_fen=20_000, key="R3", now=NOW), Refund)


def test_after_a_refusal_a_smaller_sum_is_asked_on_the_page_and_a_second_press_is_one_refund(limit, client, shop):
    person = make_person("qiuyu", "service", shop=shop)
    client.force_login(person)
    case = approved(make_sent_line(amount=59_900))
    page = f"/aftersales/{case.pk}/refund"
    client.post(page, {"amount_yuan": "599.00"})
    client.post(page, {"amount_yuan": "599.00"})
    asked = RefundRequest.objects.get()
    refunds.decide_request(actor=make_actor("wang", "operations", shop=shop), request_id=asked.pk, is_approved=False, reason="先退 400", now=NOW)
    client.post(page, {"amount_yuan": "400.00"})
    client.post(page, {"amount_yuan": "400.00"})
    assert list(Refund.objects.values_list("amount_fen", flat=True)) == [40_000]
    assert Case.objects.get().refunded_fen == 40_000


def test_a_case_is_about_no_more_than_was_bought():
    line = make_sent_line()
    with pytest.raises(QuantityBeyondLine):
        services.open_case(actor=KAIBO, told=services.NewCase(line.pk, Kind.RETURN, Nature.QUALITY, Impact.ONE, "起球", quantity=2), now=NOW)
    assert not Case.objects.exists()
