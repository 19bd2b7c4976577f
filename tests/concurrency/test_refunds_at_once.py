"""Two people at one case, two cases of one line: what is refunded is exact, what is sent again is one parcel."""

from __future__ import annotations

import pytest

from kaibo.kit.errors import KaiboError
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.aftersales import refunds, replacements, returns, services
from kaibo.stages.aftersales.checks import differences
from kaibo.stages.aftersales.models import Case, LineRefund, Refund, RefundRequest, Replacement
from kaibo.stages.aftersales.rules import Kind, State
from kaibo.stages.orders.models import Order, OrderLine
from tests.make.aftersales import NOW, make_case, make_sent_line
from tests.make.at_once import at_once
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db(transaction=True)


def tried(deed, **said):
    try:
        return deed(now=NOW, **said)
    except KaiboError as refused:
        return refused.code


def approved(line, count: int = 1):
    cases = [make_case(line) for _ in range(count)]
    for case in cases:
        services.move_case(actor=KAIBO, case_id=case.pk, target=State.APPROVED_REFUND, reason="", now=NOW)
    return cases


def test_two_people_refunding_one_case_at_once_pay_it_back_once():
    make_shop()
    [case] = approved(make_sent_line(amount=50_000))
    clerks = [make_actor(name, "service") for name in ("mei", "lan", "zhu")]
    answers = at_once(*(lambda n=n, who=who: tried(refunds.refund, actor=who, case_id=case.pk, amount_fen=30_000, key=f"K{n}") for n, who in enumerate(clerks)))
    assert sum(isinstance(one, Refund) for one in answers) == 1
    assert {one for one in answers if isinstance(one, str)} == {"kit.step_not_allowed"}
    assert (LineRefund.objects.get().refunded_fen, Refund.objects.count(), Case.objects.get().refunded_fen) == (30_000, 1, 30_000)


def test_the_same_refund_pressed_in_three_tabs_is_one_refund_for_all():
    make_shop()
    [case] = approved(make_sent_line(amount=50_000))
    answers = at_once(*(lambda: tried(refunds.refund, actor=KAIBO, case_id=case.pk, amount_fen=30_000, key="K") for _ in range(3)))
    assert len({one.pk for one in answers}) == 1 and LineRefund.objects.get().refunded_fen == 30_000


def test_cases_of_one_line_refunded_at_once_never_pay_more_than_was_paid():
    make_shop()
    cases = approved(make_sent_line(amount=50_000), 4)
    answers = at_once(*(lambda case=case: tried(refunds.refund, actor=KAIBO, case_id=case.pk, amount_fen=20_000, key=f"K{case.pk}") for case in cases))
    assert sorted(one if isinstance(one, str) else "paid" for one in answers) == ["aftersales.refund_beyond_paid"] * 2 + ["paid"] * 2
    assert LineRefund.objects.get().refunded_fen == 40_000 and differences() == []


def test_a_request_approved_and_refused_at_once_is_decided_once():
    make_shop()
    [case] = approved(make_sent_line(amount=50_000))
    asked = RefundRequest.objects.create(case=case, key="K", amount_fen=30_000, limit_fen=1, asked_by=make_actor("mei", "service").person_id, asked_name="Mei", asked_at=NOW)
    bosses = [make_actor(name, "operations") for name in ("wang", "zhou")]
    answers = at_once(
        *(lambda yes=yes, who=who: tried(refunds.decide_request, actor=who, request_id=asked.pk, is_approved=yes, reason="核过") for yes, who in zip((True, False), bosses, strict=True))
    )
    assert answers.count("aftersales.decided_already") == 1
    state = RefundRequest.objects.get().state
    assert Refund.objects.count() == (1 if state == "approved" else 0)


def test_sending_again_and_receiving_at_once_make_one_order_and_one_return():
    make_shop()
    line = make_sent_line()
    again = make_case(line, kind=Kind.RESHIP)
    back = make_case(line)
    services.move_case(actor=KAIBO, case_id=back.pk, target=State.APPROVED_RETURN, reason="", now=NOW)
    at_once(
        *(lambda: tried(replacements.send_again, actor=KAIBO, case_id=again.pk) for _ in range(3)),
        *(lambda: tried(returns.receive_return, actor=KAIBO, case_id=back.pk, quantity=1) for _ in range(2)),
    )
    assert (Replacement.objects.count(), Order.objects.filter(source="resend").count(), OrderLine.objects.get(pk=line.pk).returned) == (1, 1, 1)
    assert stock.differences() == []
