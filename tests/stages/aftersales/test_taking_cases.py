"""Taking a platform's cases in any order, twice and late: the model of one case, and what becomes of money, goods and holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.kit.shop_channels import CaseKind, CaseState, PlatformCase
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing import kept_words
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.aftersales import merging, platform_cases, platform_queries, refunds, returns, services
from kaibo.stages.aftersales.checks import differences
from kaibo.stages.aftersales.merging import Strange
from kaibo.stages.aftersales.models import Case, CaseAnomaly, CaseRefusal, LineRefund, Refund
from kaibo.stages.aftersales.rules import Kind, State
from kaibo.stages.orders.models import Order, OrderLine, PaymentRefund
from tests.make.aftersales import NOW, make_sent_line, take
from tests.make.aftersales import case_row as file_row
from tests.make.orders import make_paid_order
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db
ORDER = "6953000000000004417"
S = CaseState
OPEN_HOLD = "aftersale_open"


@pytest.fixture
def account(shop):
    channel = Channel.objects.create(shop=make_shop(), platform="douyin", name="林夏·抖店")
    return ChannelAccount.objects.create(channel=channel, sealed_settings=b"x", is_on=False, changed_at=NOW)  # resting: parcels leave without asking there


def told(state=S.REQUESTED, *, minutes=0, fen=56_900, kind=CaseKind.RETURN_REFUND, case_no="74001", raw="", order_no=ORDER, **more):
    return PlatformCase(
        case_no=case_no, order_no=order_no, line_no="", kind=kind, raw_status=raw or f"raw-{state.value}", state=state, refund_fen=fen, quantity=1,
        requested_at=NOW - timedelta(hours=3), updated_at=NOW - timedelta(hours=2) + timedelta(minutes=minutes), is_refunded=state is S.REFUNDED, **more,
    )  # fmt: skip


def show(account, *cases):
    return sum(platform_cases.take(account, [one], NOW) for one in cases)


def kinds():
    return sorted(CaseAnomaly.objects.values_list("kind", flat=True))


# ── one case ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_goes_its_way_and_each_word_is_kept_as_it_came(account):
    line = make_sent_line(amount=59_900)
    way = [S.REQUESTED, S.APPROVED_RETURN, S.BUYER_SHIPPED, S.REFUNDED]
    for place, state in enumerate(way):
        assert show(account, told(state, minutes=place)) == 1
        case = Case.objects.get()
        assert (case.platform_state, case.raw_status, case.line_id) == (state.value, f"raw-{state.value}", line.pk)
    assert (case.state, case.refunded_fen, LineRefund.objects.get().refunded_fen) == ("refunded", 56_900, 56_900)
    assert [one.outcome for one in case.entries.filter(kind="state").order_by("id")] == ["requested", "approved_return", "buyer_shipped", "refunded"]
    assert (kinds(), differences(), PaymentRefund.objects.count()) == ([], [], 0)


def test_the_same_twice_and_an_older_one_late_change_nothing(account):
    make_sent_line()
    show(account, told(minutes=0), told(S.REFUNDED, minutes=9))
    before = list(Case.objects.values())
    assert show(account, told(S.REFUNDED, minutes=9), told(S.APPROVED_RETURN, minutes=5), told(minutes=0)) == 0
    assert (list(Case.objects.values()), Refund.objects.count(), kinds()) == (before, 1, [])


def test_a_page_that_shows_one_case_twice_counts_the_newer(account):
    make_sent_line()
    assert platform_cases.take(account, [told(S.REFUNDED, minutes=9), told(minutes=0)], NOW) == 1
    assert Case.objects.get().platform_state == "refunded"


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=4))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_order_the_versions_come_in_the_newest_stands_and_money_counts_once(account, order, again):
    for model in (Refund, LineRefund, CaseAnomaly):
        model.objects.all().delete()
    Case.objects.all().delete()
    if not Order.objects.exists():
        make_sent_line(amount=59_900)
    way = [told(state, minutes=place) for place, state in enumerate([S.REQUESTED, S.APPROVED_RETURN, S.BUYER_SHIPPED, S.REFUNDING, S.REFUNDED])]
    show(account, *(way[place] for place in [*order, *again]))
    case = Case.objects.get()
    assert (case.platform_state, case.state, case.refunded_fen, Refund.objects.count()) == ("refunded", "refunded", 56_900, 1)
    assert (LineRefund.objects.get().refunded_fen, kinds(), differences()) == (56_900, [], [])


@pytest.mark.parametrize(
    ("before", "heard", "after", "strange"),
    [
        (S.BUYER_SHIPPED, S.REQUESTED, S.BUYER_SHIPPED, Strange.BACKWARD), (S.REFUNDED, S.REQUESTED, S.REFUNDED, Strange.LEFT_END),
        (S.REFUNDED, S.CLOSED, S.REFUNDED, None), (S.CLOSED, S.REQUESTED, S.REQUESTED, Strange.REOPENED), (S.BUYER_CANCELLED, S.REFUNDED, S.REFUNDED, None),
        (S.REJECTED, S.REQUESTED, S.REQUESTED, None), (S.ARBITRATION, S.APPROVED_RETURN, S.APPROVED_RETURN, None),
        (S.REFUNDING, S.ARBITRATION, S.ARBITRATION, None), (S.REQUESTED, S.UNKNOWN, S.REQUESTED, Strange.UNKNOWN_STATUS),
        (None, S.UNKNOWN, S.UNKNOWN, Strange.UNKNOWN_STATUS), (S.UNKNOWN, S.REFUNDED, S.REFUNDED, None), (S.REQUESTED, S.REFUNDED, S.REFUNDED, None),
    ],
)  # fmt: skip
def test_ways_forward_are_followed_and_ways_back_are_strange(before, heard, after, strange):
    assert merging.merge_case(before, heard) == merging.Merged(after, strange)


def test_a_way_back_is_told_to_the_owner_kept_verbatim_and_not_followed(account):
    make_person("mei", "service", shop=make_shop())
    make_sent_line()
    show(account, told(S.BUYER_SHIPPED), told(S.REQUESTED, minutes=5, raw="又变回去了"))
    case = Case.objects.get()
    assert (case.state, case.platform_state, case.raw_status, kinds()) == ("buyer_shipped", "buyer_shipped", "又变回去了", ["backward"])
    assert Notice.objects.filter(title="平台售后异常：%(what)s · %(case)s", state="red").count() == 1
    with override("en"):
        assert [one.what for one in platform_queries.unseen(KAIBO)] == ["the platform went backwards; not followed"]


def test_an_unknown_status_and_kind_are_unknown_and_never_a_guess(account):
    make_sent_line()
    show(account, told(S.UNKNOWN, raw="99", kind=CaseKind.UNKNOWN))
    case = Case.objects.get()
    assert (case.state, case.kind, case.platform_state, kinds()) == ("unknown", "unknown", "unknown", ["unknown_kind", "unknown_status"])
    show(account, told(S.APPROVED_RETURN, minutes=3))
    case.refresh_from_db()
    assert (case.state, case.kind) == ("approved_return", "return")


def test_another_currency_is_refused_by_name_in_both_languages(account):
    assert show(account, told(currency="USD")) == 0
    refused = CaseRefusal.objects.get()
    assert Case.objects.count() == 0
    assert kept_words.both(refused.why, refused.values)[0] == "金额是 USD，这里的账只记人民币，没有收下"
    assert "USD" in kept_words.both(refused.why, refused.values)[1] and "金额" not in kept_words.both(refused.why, refused.values)[1]
    show(account, told())
    assert CaseRefusal.objects.count() == 0


# ── money ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_partial_refunds_count_to_the_fen_and_two_cases_share_what_was_paid(account):
    make_sent_line(amount=59_900)
    show(account, told(S.REFUNDED, fen=333), told(S.REFUNDED, fen=59_567, case_no="74002"))
    assert (LineRefund.objects.get().refunded_fen, sorted(Refund.objects.values_list("amount_fen", flat=True)), kinds()) == (59_900, [333, 59_567], [])


def test_more_than_was_paid_is_told_and_the_line_bears_no_more(account):
    make_sent_line(amount=59_900)
    show(account, told(S.REFUNDED, fen=50_000), told(S.REFUNDED, fen=20_000, case_no="74002"))
    assert (LineRefund.objects.get().refunded_fen, kinds(), differences()) == (59_900, ["beyond_paid"], [])
    assert sorted(Case.objects.values_list("refunded_fen", flat=True)) == [20_000, 50_000], "the platform's own sums stay as they are"


def test_what_we_noted_ourselves_is_not_counted_again(account):
    make_sent_line(amount=59_900)
    show(account, told(S.APPROVED_REFUND, kind=CaseKind.REFUND_SHIPPED))
    case = Case.objects.get()
    refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=50_000, key="在平台退的", now=NOW)
    show(account, told(S.REFUNDED, minutes=5, kind=CaseKind.REFUND_SHIPPED))
    assert (LineRefund.objects.get().refunded_fen, sorted(Refund.objects.values_list("amount_fen", flat=True)), kinds()) == (56_900, [6_900, 50_000], [])


def test_less_than_we_noted_is_told(account):
    make_sent_line(amount=59_900)
    show(account, told(S.APPROVED_REFUND, kind=CaseKind.REFUND_SHIPPED))
    refunds.refund(actor=KAIBO, case_id=Case.objects.get().pk, amount_fen=59_900, key="记多了", now=NOW)
    show(account, told(S.REFUNDED, minutes=5, kind=CaseKind.REFUND_SHIPPED))
    assert (kinds(), Refund.objects.count(), LineRefund.objects.get().refunded_fen) == (["below_ours"], 1, 59_900)


def test_a_case_that_came_before_its_order_is_tied_to_it_and_counted_then(account):
    show(account, told(S.REFUNDED))
    assert (Case.objects.get().order_id, Refund.objects.get().amount_fen) == (None, 56_900)
    line = make_sent_line(amount=40_000)
    assert platform_cases.link_waiting(account, NOW) == 1
    case = Case.objects.get()
    assert (case.line_id, LineRefund.objects.get().refunded_fen, Refund.objects.get().amount_fen, differences()) == (line.pk, 40_000, 40_000, [])
    assert platform_cases.link_waiting(account, NOW) == 0


def test_a_file_and_the_interface_tell_of_the_same_case_once(account):
    make_sent_line(amount=59_900)
    show(account, told(S.REFUNDED))
    take([file_row("74001", status="退款成功", refund=56_900)], exported_at=NOW)
    assert (Case.objects.count(), Refund.objects.count(), LineRefund.objects.get().refunded_fen, differences()) == (1, 1, 56_900, [])


# ── orders and goods ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_open_case_holds_what_has_not_left_until_it_is_over(account):
    order = make_paid_order(ORDER)
    flags = lambda: Order.objects.get(pk=order.pk).hold_flags  # noqa: E731
    show(account, told(kind=CaseKind.REFUND_UNSHIPPED))
    assert flags() == [OPEN_HOLD]
    show(account, told(S.BUYER_CANCELLED, minutes=5, kind=CaseKind.REFUND_UNSHIPPED))
    assert (flags(), Case.objects.get().state) == ([], "closed")
    show(account, told(minutes=9, kind=CaseKind.REFUND_UNSHIPPED))
    assert (flags(), Case.objects.get().state, Case.objects.get().closed_at, kinds()) == ([OPEN_HOLD], "requested", None, ["reopened"])
    show(account, told(S.REJECTED, minutes=12, kind=CaseKind.REFUND_UNSHIPPED))
    assert (flags(), Case.objects.get().rejections) == ([], 1)


def test_two_cases_of_an_order_hold_it_until_both_are_over(account):
    order = make_paid_order(ORDER)
    show(account, told(), told(case_no="74002"), told(S.CLOSED, minutes=5))
    assert Order.objects.get(pk=order.pk).hold_flags == [OPEN_HOLD]
    show(account, told(S.CLOSED, minutes=5, case_no="74002"))
    assert Order.objects.get(pk=order.pk).hold_flags == []


def test_goods_we_took_in_stay_taken_in_and_may_come_after_the_money(account):
    line = make_sent_line(amount=59_900)
    show(account, told(S.APPROVED_RETURN))
    case = Case.objects.get()
    show(account, told(S.REFUNDED, minutes=5))
    returns.receive_return(actor=KAIBO, case_id=case.pk, quantity=1, now=NOW)
    case.refresh_from_db()
    assert (case.state, case.received_at, OrderLine.objects.get(pk=line.pk).returned) == ("refunded", NOW, 1)
    levels = stock.levels_of([line.sku_id])[line.sku_id]
    assert (levels[Bucket.INCOMING], stock.differences()) == (1, [])
    show(account, told(S.REFUNDED, minutes=9, raw="again"))
    assert Case.objects.get().received_at == NOW


def test_our_own_step_is_not_undone_by_a_platform_that_lags(account):
    make_sent_line()
    show(account, told(S.APPROVED_RETURN))
    case = Case.objects.get()
    returns.receive_return(actor=KAIBO, case_id=case.pk, quantity=1, now=NOW)
    show(account, told(S.BUYER_SHIPPED, minutes=5))
    case.refresh_from_db()
    assert (case.state, case.platform_state) == ("received", "buyer_shipped")


def test_only_what_is_over_by_itself_is_closed_and_says_why_it_came_up(account):
    make_sent_line(amount=59_900)
    show(account, told(S.REFUNDED, kind=CaseKind.REFUND_UNSHIPPED), told(S.REFUNDED, fen=100, case_no="74002"))
    states = dict(Case.objects.values_list("case_no", "state"))
    assert states == {"74001": "closed", "74002": "refunded"}
    assert OutboxFact.objects.filter(name="aftersales.case_closed").count() == 1


@given(st.sampled_from([None, *State]), st.sampled_from(list(S)), st.booleans())
def test_every_state_of_ours_has_an_answer_to_every_state_of_theirs(ours, theirs, reopened):
    found = merging.our_state(ours, theirs, is_reopened=reopened)
    assert isinstance(found, State)
    if ours is State.CLOSED and not reopened:
        assert found is State.CLOSED
    if ours is State.REFUNDED and not reopened:
        assert found in {State.REFUNDED, State.EXCHANGED, State.ARBITRATION}


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_shows_channel_and_platform_number_and_what_was_strange(account, client):
    make_sent_line()
    show(account, told(S.BUYER_SHIPPED), told(S.REQUESTED, minutes=5, raw="退回去了"))
    client.force_login(make_person("mei", "service", shop=make_shop()))
    page = client.get(reverse("aftersales:list")).content.decode()
    assert "抖店" in page and "74001" in page and ORDER in page and "平台状态倒退" in page
    case = Case.objects.get()
    assert "退回去了" in client.get(reverse("aftersales:case", args=[case.pk])).content.decode()
    assert "没能收下" not in client.get(reverse("aftersales:platforms")).content.decode()
    assert client.post(reverse("aftersales:seen", args=[case.pk])).status_code in {200, 204, 302}
    assert CaseAnomaly.objects.get().seen_by == "Mei"
    assert "平台状态倒退" not in client.get(reverse("aftersales:list")).content.decode()


def test_who_may_not_changes_nothing(account, client):
    make_sent_line()
    show(account, told(S.BUYER_SHIPPED), told(S.REQUESTED, minutes=5))
    guest = make_person("guest", "warehouse", shop=make_shop())
    client.force_login(guest)
    assert client.post(reverse("aftersales:seen", args=[Case.objects.get().pk])).status_code in {403, 404}
    assert client.post(reverse("aftersales:compare-day", args=[account.pk])).status_code in {403, 404}
    with pytest.raises(AbilityMissing):
        platform_cases.mark_seen(actor=make_actor("guest", "warehouse", shop=make_shop()), case_id=Case.objects.get().pk, now=NOW)
    assert CaseAnomaly.objects.get().seen_at is None


def test_nobody_calls_a_case_unknown_by_hand(shop):
    line = make_sent_line()
    with pytest.raises(services.KindDoesNotFit):
        services.open_case(actor=KAIBO, told=services.NewCase(line.pk, Kind.UNKNOWN, *_usual()), now=NOW)
    assert Case.objects.count() == 0


def _usual():
    from kaibo.stages.aftersales.rules import Impact, Nature

    return Nature.OTHER, Impact.ONE, "x"


def test_a_deadline_told_as_seconds_left_is_no_change(account):
    make_sent_line()
    show(account, told(decide_by=NOW + timedelta(hours=5)))
    assert show(account, replace(told(), decide_by=NOW + timedelta(hours=5, seconds=1))) == 0
    assert Case.objects.get().due_at == NOW + timedelta(hours=5)
