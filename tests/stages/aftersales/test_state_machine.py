"""Any order of deeds at a case, against a model small enough to be read: the same answers, the same state, the money exact."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from kaibo.kit.errors import KaiboError
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.aftersales import refunds, replacements, returns, services
from kaibo.stages.aftersales.checks import differences
from kaibo.stages.aftersales.models import Case, LineRefund, Replacement, ReturnedGoods
from kaibo.stages.aftersales.rules import Kind, Nature, State
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.supply import returned
from tests.make.aftersales import NOW, make_case, make_sent_line
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db

PAID = 59_900
BY_HAND = {
    "requested": {"approved_refund", "approved_return", "rejected", "arbitration", "buyer_cancelled"},
    "approved_refund": {"arbitration", "buyer_cancelled"},
    "approved_return": {"buyer_shipped", "arbitration", "buyer_cancelled"},
    "buyer_shipped": {"arbitration"},
    "received": {"rejected", "arbitration", "repairing"},
    "repairing": {"repaired", "arbitration"},
    "exchanging": {"arbitration"},
    "rejected": {"requested", "arbitration"},
    "arbitration": {"approved_refund", "approved_return", "rejected", "buyer_cancelled"},
}
"""The model's own table: which state a person may put a case into by a button."""
SETTLED = {"refunded", "exchanged", "repaired", "rejected", "buyer_cancelled"}
NUMBERS = iter(range(10**6))


class CaseMachine(RuleBasedStateMachine):
    """One case of one line of one unit, 599 yuan."""

    @initialize(kind=st.sampled_from([Kind.RETURN, Kind.REFUND, Kind.EXCHANGE, Kind.RESHIP, Kind.REPAIR]))
    def begin(self, kind):
        number = next(NUMBERS)
        self.line = make_sent_line(
            f"69530000{number:011d}", stock=60, phone=f"138{number:08d}", receiver="李小梅", address=f"浙江省杭州市西湖区文三路{number + 1}号3幢"
        )
        self.case_id = make_case(self.line, nature=Nature.QUALITY, kind=kind).pk
        self.clerk = CLERK
        self.kind, self.state, self.refunded, self.back = kind, "requested", 0, 0
        self.waiting, self.sent_again, self.said, self.inspected, self.has_left = 0, None, "", False, False
        self.key = 0

    def tried(self, deed, **said):
        """Do it and say whether it was done; what is refused must leave the case as it was."""
        before = Case.objects.filter(pk=self.case_id).values("state", "refunded_fen", "kind").get()
        try:
            deed(now=NOW + timedelta(hours=1), **said)
        except KaiboError:
            assert Case.objects.filter(pk=self.case_id).values("state", "refunded_fen", "kind").get() == before
            return False
        return True

    @rule(to=st.sampled_from(list(State)))
    def press(self, to):
        may = to.value in BY_HAND.get(self.state, set()) and not (to is State.REPAIRING and self.kind is not Kind.REPAIR)
        assert self.tried(services.move_case, actor=KAIBO, case_id=self.case_id, target=to, reason="买家要求") == may
        self.state = to.value if may else self.state

    @rule(units=st.integers(0, 2))
    def goods_arrive(self, units):
        may = self.state in {"approved_return", "buyer_shipped"} and units == 1 and self.back == 0
        assert self.tried(returns.receive_return, actor=KAIBO, case_id=self.case_id, quantity=units) == may
        if may:
            self.state, self.back = "received", 1

    @precondition(lambda self: getattr(self, "back", 0) and not self.inspected)
    @rule(good=st.booleans())
    def quality_looks(self, good):
        check = ReturnedGoods.objects.get(case=self.case_id).inspection
        faults = [] if good else [returned.quality.DefectSaid(returned.quality.DefectClass.MAJOR, "起球", 1)]
        returned.decide_check(actor=KAIBO, inspection_id=check.pk, good_units=int(good), faults=faults, note="", now=NOW)
        self.inspected = True

    @property
    def may_pay_back(self):
        """Nobody gets the money and the goods: what is to be sent again has left, or is taken back first."""
        return self.state in {"approved_refund", "received"} and (not self.sent_again or self.has_left)

    @rule(fen=st.sampled_from([0, 1, 30_000, 59_900, 59_901]), is_large=st.booleans())
    def refund(self, fen, is_large):
        self.key += 1
        limit_by_clerk = 20_000
        may = self.may_pay_back and 0 < fen <= PAID - self.refunded and not (is_large and fen > limit_by_clerk and self.waiting)
        actor = self.clerk if is_large else KAIBO
        assert self.tried(refunds.refund, actor=actor, case_id=self.case_id, amount_fen=fen, key=f"{self.case_id}:{self.key}") == may
        if may and is_large and fen > limit_by_clerk:
            self.waiting = fen
        elif may:
            self.state, self.refunded = "refunded", self.refunded + fen

    @precondition(lambda self: getattr(self, "waiting", 0))
    @rule(yes=st.booleans())
    def decide(self, yes):
        asked = Case.objects.get(pk=self.case_id).refund_requests.get(state="waiting")
        may = not yes or (self.may_pay_back and self.waiting <= PAID - self.refunded)
        assert self.tried(refunds.decide_request, actor=KAIBO, request_id=asked.pk, is_approved=yes, reason="核过") == may
        if may and yes:
            self.state, self.refunded = "refunded", self.refunded + self.waiting
        self.waiting = 0 if may else self.waiting

    @rule()
    def send_again(self):
        fits = (self.kind is Kind.EXCHANGE and self.state in {"received", "arbitration"}) or (
            self.kind is Kind.RESHIP and self.state in {"requested", "received", "arbitration"}
        )
        may = bool(self.sent_again) or fits
        assert self.tried(replacements.send_again, actor=KAIBO, case_id=self.case_id) == may
        if fits and not self.sent_again:
            self.sent_again, self.state, self.has_left = self.state, "exchanging", False

    @precondition(lambda self: getattr(self, "sent_again", None))
    @rule()
    def take_it_back(self):
        standing = Replacement.objects.get(case=self.case_id, dropped_at=None)
        may = standing.sent_at is None and self.state != "closed"
        assert self.tried(replacements.drop, actor=KAIBO, case_id=self.case_id, reason="买家不要了") == may
        if may:
            self.state = self.sent_again if self.state == "exchanging" else self.state
            self.sent_again = None

    @precondition(lambda self: getattr(self, "sent_again", None))
    @rule()
    def warehouse_sends(self):
        standing = Replacement.objects.get(case=self.case_id, dropped_at=None)
        may = standing.sent_at is None
        assert replacements.note_sent(order_id=standing.order_id, now=NOW) == may
        self.has_left = True
        self.state = "exchanged" if may and self.state == "exchanging" else self.state

    @rule(said=st.sampled_from(["satisfied", "unsatisfied", "unreached"]))
    def call(self, said):
        assert self.tried(services.record_contact, actor=KAIBO, case_id=self.case_id, outcome=said, text="回访")
        self.said = said

    @rule()
    def close(self):
        may = self.state == "buyer_cancelled" or (self.state in SETTLED and self.said == "satisfied")
        assert self.tried(services.close_case, actor=KAIBO, case_id=self.case_id, reason="") == may
        self.state = "closed" if may else self.state

    @invariant()
    def books_and_model_agree(self):
        if not hasattr(self, "case_id"):
            return
        case = Case.objects.get(pk=self.case_id)
        assert (case.state, case.refunded_fen) == (self.state, self.refunded)
        assert case.due_at is not None or case.state == "closed"
        assert sum(LineRefund.objects.filter(line=self.line.pk).values_list("refunded_fen", flat=True)) == self.refunded <= PAID
        assert OrderLine.objects.get(pk=self.line.pk).returned == self.back
        assert Replacement.objects.filter(case=self.case_id, dropped_at=None).count() == bool(self.sent_again)
        standing = Order.objects.filter(source="resend", replaces__case=self.case_id).exclude(state="cancelled").count()
        assert standing == bool(self.sent_again)

    def teardown(self):
        if hasattr(self, "case_id"):
            assert differences() == [] and stock.differences() == []
            levels = stock.levels_of([self.line.sku_id])[self.line.sku_id]
            assert levels.get(Bucket.INCOMING, 0) >= self.back - int(self.inspected)


CLERK = KAIBO


def test_whatever_is_done_in_whatever_order_the_case_stays_true(shop, settings_of_the_house):
    global CLERK  # noqa: PLW0603 – the machine makes itself, so its clerk stands beside it
    CLERK = make_actor("mei", "service", shop=make_shop())
    run_state_machine_as_test(
        CaseMachine, settings=settings(max_examples=6, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    )


@pytest.fixture
def settings_of_the_house(owner):
    from kaibo.plumbing.thresholds import thresholds

    thresholds.change(actor=KAIBO, key="aftersales.refund_large_fen", new_value=20_000, now=NOW)
