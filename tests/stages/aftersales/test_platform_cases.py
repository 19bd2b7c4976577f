"""Cases of every platform over real HTTP, with calls failing: each one here once, to the fen, whatever order it comes in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaibo.channels.asking import Pace
from kaibo.config.shop_kinds import all_kinds
from kaibo.kit.clock import business_date
from kaibo.kit.shop_channels import Can, CaseState
from kaibo.master.shops import accounts
from kaibo.stages.aftersales import case_gaps, case_pulling, platform_cases
from kaibo.stages.aftersales.checks import differences
from kaibo.stages.aftersales.models import Case, CaseAnomaly, CaseGapReport, CasePull, CaseRefusal, LineRefund, Refund
from kaibo.stages.orders import pulling
from kaibo.stages.orders.models import Order, PaymentRefund
from tests.stages.orders.test_pulling_everywhere import BEGIN, Shop

pytestmark = pytest.mark.django_db
READABLE = sorted(key for key, kind in all_kinds().items() if Can.READ_CASES in kind.capabilities.can)
SETTLES_BY_ORDER = {"jd"}
"""Never says that the money arrived; a cancelled order does."""


class CaseShop(Shop):
    def read_cases(self):
        for _ in range(25):  # a reading that was given up is begun again from its mark
            CasePull.objects.update(next_at=self.now())
            case_pulling.pull_due(self.now())
            if not CasePull.objects.get().trouble:
                return
        raise AssertionError(CasePull.objects.get().trouble_values)

    def pass_time(self, seconds):
        self.pull(seconds)
        self.read_cases()

    def theirs(self):
        return {str(one.number): one for one in self.platform.world.cases.values() if self.platform.shows_case(one)}

    def ours(self):
        return {one.case_no: one for one in Case.objects.all()}

    def order_at(self, stage):
        """An order of several units or lines where there is one, else any, that is where it should be and has no case."""
        found = [one for one in self.platform.world.orders.values() if one.stage == stage and self.platform.shows(one) and not any(line.case for line in one.lines)]
        return max(found, key=lambda one: len(one.lines))


@pytest.fixture
def simulated(monkeypatch):
    monkeypatch.setattr(Pace, "back_off", lambda *_: None)
    monkeypatch.setattr(pulling, "FIRST_REACH", timedelta(hours=1))
    monkeypatch.setattr(case_pulling, "FIRST_REACH", timedelta(hours=1))
    made = []

    def make(platform, **how):
        made.append(CaseShop(platform, **how))
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


def test_the_cases_of_all_nine_platforms_can_be_read():
    assert READABLE == sorted(all_kinds())


@pytest.mark.parametrize("platform", READABLE)
def test_each_case_equals_the_platform_s_to_the_fen_and_exactly_the_planted_gaps_are_found(simulated, platform):
    shop = simulated(platform, orders=90, throttled=6, broken=6, numbers=50)
    account = shop.connect()
    for seconds in (2_400, 2_400, 40_000):
        shop.pass_time(seconds)
    theirs, ours = shop.theirs(), shop.ours()
    assert len(theirs) > 0
    assert {no: (one.asked_fen, one.order_no) for no, one in ours.items()} == {
        no: (one.refund_fen, shop.platform.number(shop.platform.world.orders[one.order])) for no, one in theirs.items()
    }
    refunded = {no: one.refund_fen for no, one in theirs.items() if one.stage == "refunded"}
    by_order = {no for no in refunded if platform in SETTLES_BY_ORDER and ours[no].order.state not in {"cancelled", "closed"}}
    assert {no: one.refunded_fen for no, one in ours.items() if one.refunded_fen} == {no: fen for no, fen in refunded.items() if no not in by_order}
    assert all(one.raw_status and one.order_id for one in ours.values())
    assert (CaseRefusal.objects.count(), list(CaseAnomaly.objects.values_list("kind", "raw_status")), differences()) == (0, [], [])
    assert PaymentRefund.objects.count() == 0, "the platform paid; we never do it a second time"
    _assert_reading_again_changes_nothing(shop)
    _assert_exactly_the_planted_gaps(shop, account)


def _assert_reading_again_changes_nothing(shop):
    shop.platform.chaos.throttled = shop.platform.chaos.broken = 0
    before = [list(model.objects.order_by("pk").values()) for model in (Case, Refund, LineRefund, Order)]
    CasePull.objects.update(pulled_until=BEGIN - timedelta(minutes=30))
    shop.read_cases()
    assert [list(model.objects.order_by("pk").values()) for model in (Case, Refund, LineRefund, Order)] == before


def _assert_exactly_the_planted_gaps(shop, account):
    channel = accounts.open_account(account, now=shop.now())
    day = business_date(BEGIN)
    report = case_gaps.make_report(account, channel, day, shop.now())
    counted = len(shop.theirs())
    assert (report.gaps, report.platform_cases, report.our_cases) == ([], counted, counted)
    assert report.platform_fen == report.our_fen == sum(one.refund_fen for one in shop.theirs().values())
    lost, cheaper, renamed = sorted(shop.ours())[:3]
    Case.objects.filter(case_no=lost).update(case_no=f"{lost}0", platform="own")
    Case.objects.filter(case_no=cheaper).update(asked_fen=1)
    Case.objects.filter(case_no=renamed).update(case_no=f"{renamed}0")
    report = case_gaps.make_report(account, channel, day, shop.now())
    assert {(gap["case_no"], gap["kind"]) for gap in report.gaps} == {(lost, "missing"), (cheaper, "amount"), (renamed, "missing"), (f"{renamed}0", "unknown_there")}
    assert CaseGapReport.objects.count() == 1
