"""Rules by version, a second person for large refunds, returned goods in quarantine, goods sent again, bad reviews phoned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override

from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.aftersales import fairness, refunds, replacements, returns, review_calls, rulebook, services, words
from kaibo.stages.aftersales.complaints import (
    CallOutOfOrder,
    DecidedAlready,
    GroundMissing,
    KindDoesNotFit,
    OwnRequest,
    ReasonMissing,
    ReplacementStands,
)
from kaibo.stages.aftersales.models import Case, LineRefund, Refund, RefundRequest, Replacement, ReviewCall, RuleVersion
from kaibo.stages.aftersales.rules import Impact, Kind, Level, Nature, Severity, State, level_of
from kaibo.stages.orders import shipping
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.supply import quality, recalls, returned
from kaibo.stages.supply.models import Custody, Inspection
from tests.make.aftersales import NOW, make_case, make_sent_line
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db


def to(case, *states):
    for state in states:
        services.move_case(actor=KAIBO, case_id=case.pk, target=state, reason="买家要求", now=NOW)
    case.refresh_from_db()
    return case


# ── rules by version ──


def test_each_change_of_the_rules_is_a_version_and_an_earlier_one_can_be_restored(shop):
    boss = make_actor("wang", "operations")
    change = {"actor": boss, "nature": Nature.SIZE, "impact": Impact.ONE, "now": NOW}
    first = rulebook.change_cell(**change, severity=Severity.SERIOUS, reason="尺码投诉太多")
    rulebook.change_level(actor=boss, severity=Severity.MINOR, steps=["先道歉"], phrases=["抱歉，我马上办。"], reason="短一点", now=NOW)
    case = make_case(nature=Nature.SIZE)
    rulebook.restore(actor=boss, number=first.number, reason="改回去", now=NOW)
    later = make_case(OrderLine.objects.get(), nature=Nature.SIZE)
    assert [(one.number, one.change) for one in rulebook.versions()] == [
        (3, "恢复到第 1 版"), (2, "轻微：1 步、1 句"), (1, "尺码不合 × 单个买家：轻微 → 严重"),
    ]  # fmt: skip
    assert (case.severity, case.rules_version, later.rules_version) == ("serious", 2, 3)
    assert rulebook.version_of_case(2, Severity.MINOR).steps == (("先道歉", "先道歉"),)
    assert len(rulebook.version_of_case(3, Severity.MINOR).steps) == 4
    assert AuditRow.objects.filter(subject="aftersales-rules:1").count() == 1


def test_two_people_changing_the_rules_at_once_do_not_overwrite_each_other(shop):
    boss = make_actor("wang", "operations")
    said = {"actor": boss, "impact": Impact.ONE, "severity": Severity.SERIOUS, "reason": "x", "now": NOW, "based_on": 0}
    rulebook.change_cell(nature=Nature.SIZE, **said)
    with pytest.raises(rulebook.RulesMovedOn):
        rulebook.change_cell(nature=Nature.QUALITY, **said)
    with pytest.raises(rulebook.NothingChanged):
        rulebook.change_cell(nature=Nature.SIZE, **said | {"based_on": 1})
    assert RuleVersion.objects.count() == 1


def test_words_that_tie_a_review_cannot_become_rules(shop):
    with pytest.raises(fairness.ReviewTied):
        rulebook.change_level(actor=KAIBO, severity=Severity.MINOR, steps=["致歉"], phrases=["改成好评就补偿您 20 元"], reason="x", now=NOW)
    with pytest.raises(AbilityMissing):
        rulebook.set_closed(actor=make_actor("li", "service"), day=date(2026, 12, 1), is_closed=True, words="盘点", now=NOW)
    assert not RuleVersion.objects.exists() and rulebook.closed_days(date(2026, 1, 1)) == []


def test_a_closed_day_moves_the_deadlines_of_the_next_cases_only(shop):
    line = make_sent_line()
    before = make_case(line)
    rulebook.set_closed(actor=KAIBO, day=date(2026, 11, 23), is_closed=True, words="全员盘点", now=NOW)
    after = make_case(line)
    before.refresh_from_db()
    assert (before.due_at, after.due_at) == (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), datetime(2026, 11, 24, 12, 0, tzinfo=UTC))


# ── refusing a return without reason ──


def test_a_return_without_reason_is_refused_only_on_a_ground_of_the_law(shop):
    case = make_case(nature=Nature.NO_REASON)
    refuse = {"actor": KAIBO, "case_id": case.pk, "target": State.REJECTED, "now": NOW}
    with pytest.raises(GroundMissing):
        services.move_case(**refuse, reason="不想退")
    with pytest.raises((GroundMissing, ReasonMissing)):
        services.move_case(**refuse, reason=" ", ground="too_late")
    services.move_case(**refuse, reason="12-02 签收，12-20 申请", ground="too_late")
    case.refresh_from_db()
    assert (case.state, case.reject_ground, case.rejections) == ("rejected", "too_late", 1)
    refused = case.entries.get(outcome="rejected")
    assert words.entry_note(refused) == "超过签收后 7 日（消费者权益保护法 25 条）：12-02 签收，12-20 申请"
    with override("en"):
        assert words.entry_note(refused).startswith("more than seven days after receipt (Consumer Protection Law art. 25)")


@pytest.mark.parametrize(
    "state, impact, due_in, rejections, level",
    [
        (State.REQUESTED, Impact.ONE, 24, 0, Level.OURS), (State.REQUESTED, Impact.ONE, 5, 0, Level.DISPUTED), (State.REQUESTED, Impact.ONE, 6, 0, Level.OURS),
        (State.REQUESTED, Impact.ONE, 24, 2, Level.DISPUTED), (State.BUYER_SHIPPED, Impact.ONE, 24, 0, Level.ON_ITS_WAY), (State.ARBITRATION, Impact.ONE, 24, 0, Level.DISPUTED),
        (State.ARBITRATION, Impact.PUBLIC, 24, 0, Level.PUBLIC), (State.CLOSED, Impact.PUBLIC, 24, 5, Level.AUTOMATIC), (State.REFUNDED, Impact.ONE, 1, 0, Level.OURS), (State.REFUNDING, Impact.ONE, 24, 0, Level.AUTOMATIC), (State.APPROVED_REFUND, Impact.ONE, 24, 0, Level.OURS),
    ],
)  # fmt: skip
def test_how_far_a_case_has_gone(state, impact, due_in, rejections, level):
    assert level_of(state, impact, due=NOW + timedelta(hours=due_in), rejections=rejections, now=NOW) is level


# ── large refunds ──


def large(shop, key="R1", fen=59_900):
    thresholds.change(actor=KAIBO, key="aftersales.refund_large_fen", new_value=50_000, now=NOW)
    case = to(make_case(make_sent_line(amount=59_900)), State.APPROVED_REFUND)
    clerk = make_actor("mei", "service", shop=shop)
    return case, clerk, refunds.refund(actor=clerk, case_id=case.pk, amount_fen=fen, key=key, now=NOW)


def test_a_large_refund_moves_no_money_until_a_second_person_said_yes(shop):
    boss = make_actor("wang", "operations", shop=shop)
    case, clerk, asked = large(shop)
    assert isinstance(asked, RefundRequest) and not Refund.objects.exists() and not LineRefund.objects.exists()
    assert Notice.objects.filter(person_id=boss.person_id, key=f"refund-request:{asked.pk}").count() == 1
    with pytest.raises(AbilityMissing):
        refunds.decide_request(actor=clerk, request_id=asked.pk, is_approved=True, reason="", now=NOW)
    refunds.decide_request(actor=boss, request_id=asked.pk, is_approved=True, reason="", now=NOW)
    with pytest.raises(DecidedAlready):
        refunds.decide_request(actor=boss, request_id=asked.pk, is_approved=True, reason="", now=NOW)
    case.refresh_from_db()
    assert (case.state, case.refunded_fen, LineRefund.objects.get().refunded_fen) == ("refunded", 59_900, 59_900)


def test_the_limit_itself_needs_nobody_and_one_fen_more_does(shop):
    _case, _clerk, made = large(shop, fen=50_000)
    assert isinstance(made, Refund)
    line = make_sent_line("6953000000000005555", amount=59_900, phone="13900000001", address="浙江省杭州市西湖区文三路9号", receiver="王小虎")
    other = to(make_case(line), State.APPROVED_REFUND)
    assert isinstance(refunds.refund(actor=_clerk, case_id=other.pk, amount_fen=50_001, key="R2", now=NOW), RefundRequest)


def test_nobody_approves_the_own_request_and_a_refusal_says_why(shop):
    thresholds.change(actor=KAIBO, key="aftersales.refund_large_fen", new_value=50_000, now=NOW)
    case, clerk, asked = large(shop)
    RefundRequest.objects.filter(pk=asked.pk).update(asked_by=make_actor("wang", "operations", shop=shop).person_id)
    boss, other = make_actor("wang", "operations", shop=shop), make_actor("zhou", "operations", shop=shop)
    with pytest.raises(OwnRequest):
        refunds.decide_request(actor=boss, request_id=asked.pk, is_approved=True, reason="", now=NOW)
    with pytest.raises(ReasonMissing):
        refunds.decide_request(actor=other, request_id=asked.pk, is_approved=False, reason="", now=NOW)
    refunds.decide_request(actor=other, request_id=asked.pk, is_approved=False, reason="先看退回的货", now=NOW)
    case.refresh_from_db()
    assert (case.state, Refund.objects.count(), RefundRequest.objects.get().state) == ("approved_refund", 0, "refused")


# ── what came back ──


def returned_case(shop):
    case = to(make_case(), State.APPROVED_RETURN)
    return returns.receive_return(actor=KAIBO, case_id=case.pk, quantity=1, now=NOW)


def levels(case):
    found = stock.levels_of([case.line.sku_id])[case.line.sku_id]
    return found[Bucket.INCOMING], found[Bucket.SELLABLE], found.get(Bucket.HELD, 0)


def test_a_good_return_is_sold_again_only_after_quality_looked_at_it(shop):
    case = returned_case(shop)
    check = case.returned_goods.get().inspection
    assert (check.gate, check.state, levels(case)) == ("return", "open", (1, 19, 0))
    with pytest.raises(AbilityMissing):
        returned.decide_check(actor=make_actor("cang", "warehouse"), inspection_id=check.pk, good_units=1, faults=[], note="", now=NOW)
    with pytest.raises(quality.JudgedOneByOne):
        from kaibo.stages.supply import services as supply

        supply.decide_inspection(actor=KAIBO, inspection_id=check.pk, values={}, now=NOW)
    assert levels(case) == (1, 19, 0)
    returned.decide_check(actor=KAIBO, inspection_id=check.pk, good_units=1, faults=[], note="吊牌在", now=NOW)
    assert levels(case) == (0, 20, 0)
    with pytest.raises(returned.InspectionDecided):
        returned.decide_check(actor=KAIBO, inspection_id=check.pk, good_units=1, faults=[], note="", now=NOW)
    assert stock.differences() == []


def test_a_faulty_return_is_held_with_its_fault_and_somebodys_custody(shop):
    case = returned_case(shop)
    check = case.returned_goods.get().inspection
    fault = quality.DefectSaid(quality.DefectClass.MAJOR, "起球", 1)
    with pytest.raises(returned.UnitsDoNotAddUp):
        returned.decide_check(actor=KAIBO, inspection_id=check.pk, good_units=1, faults=[fault], note="", now=NOW)
    returned.decide_check(actor=KAIBO, inspection_id=check.pk, good_units=0, faults=[fault], note="", now=NOW)
    assert (levels(case), Custody.objects.get().units, check.defects.get().kind) == ((0, 19, 1), 1, "起球")


def test_nothing_of_a_recalled_lot_that_comes_back_is_released(shop):
    case = returned_case(shop)
    check = case.returned_goods.get().inspection
    recalls.start_recall(actor=KAIBO, lot_id=check.lot_id, reason="甲醛超标", now=NOW)
    with pytest.raises(returned.LotIsRecalled):
        returned.decide_check(actor=KAIBO, inspection_id=check.pk, good_units=1, faults=[], note="", now=NOW)
    assert levels(case)[0] == 1 and Inspection.objects.get(pk=check.pk).state == "open"


def test_a_return_goes_back_into_the_one_lot_it_was_sent_from(shop):
    case = to(make_case(), State.APPROVED_RETURN)
    sent = stock.lots_of_holder(case.order.stock_reference)
    returns.receive_return(actor=KAIBO, case_id=case.pk, quantity=1, now=NOW)
    lot = case.returned_goods.get().inspection.lot
    assert (lot.pk in sent) if len(sent) == 1 else lot.code == f"RT-{case.case_no}"
    assert stock.lot_levels([lot.pk])[lot.pk][Bucket.INCOMING] == 1


# ── sent again ──


def test_what_was_missing_is_sent_again_once_free_of_charge_and_the_case_follows_the_parcel(shop):
    case = make_case(kind=Kind.RESHIP)
    made = replacements.send_again(actor=KAIBO, case_id=case.pk, now=NOW)
    assert replacements.send_again(actor=KAIBO, case_id=case.pk, now=NOW).pk == made.pk
    order = Order.objects.get(source="resend")
    assert (order.amount_fen, order.paid_fen, order.paid_at, order.platform, order.receiver_mark) == (0, 0, None, "own", case.order.receiver_mark)
    assert shipping.allocate_released(NOW) == 1
    shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰", tracking_no="SF1000000000999", now=NOW)
    assert replacements.note_sent(order_id=order.pk, now=NOW) and not replacements.note_sent(order_id=order.pk, now=NOW)
    case.refresh_from_db()
    assert (case.state, levels(case), stock.differences()) == ("exchanged", (0, 18, 0), [])


def test_an_exchange_waits_for_the_goods_and_the_money_waits_for_the_exchange(shop):
    case = to(make_case(kind=Kind.EXCHANGE), State.APPROVED_RETURN)
    with pytest.raises(KindDoesNotFit):
        replacements.send_again(actor=KAIBO, case_id=case.pk, now=NOW)
    returns.receive_return(actor=KAIBO, case_id=case.pk, quantity=1, now=NOW)
    replacements.send_again(actor=KAIBO, case_id=case.pk, now=NOW)
    to(case, State.ARBITRATION, State.APPROVED_REFUND)
    with pytest.raises(ReplacementStands):
        refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=100, key="R1", now=NOW)
    shipping.allocate_released(NOW)
    replacements.drop(actor=KAIBO, case_id=case.pk, reason="买家改要退款", now=NOW)
    refunds.refund(actor=KAIBO, case_id=case.pk, amount_fen=100, key="R1", now=NOW)
    order = Replacement.objects.get().order
    assert (order.state, Order.objects.get(pk=order.pk).state, stock.differences()) == ("cancelled", "cancelled", [])
    assert stock.levels_of([case.line.sku_id])[case.line.sku_id].get(Bucket.RESERVED, 0) == 0


def test_a_kind_is_changed_with_the_buyers_word_while_nothing_moved(shop):
    case = make_case(kind=Kind.RETURN)
    with pytest.raises(ReasonMissing):
        services.change_kind(actor=KAIBO, case_id=case.pk, kind=Kind.RESHIP, reason="", now=NOW)
    services.change_kind(actor=KAIBO, case_id=case.pk, kind=Kind.RESHIP, reason="少一只袖扣，补寄即可", now=NOW)
    assert replacements.may_send(Kind(Case.objects.get().kind), State.REQUESTED)


# ── bad reviews ──


def test_a_bad_review_is_a_serious_case_and_its_call_keeps_the_order_feeling_problem_offer(shop):
    make_actor("mei", "service", shop=shop)
    line = make_sent_line()
    told = review_calls.BadReview(line.pk, 1, "起球严重，再也不买了", NOW - timedelta(hours=3))
    call = review_calls.take_review(actor=KAIBO, told=told, now=NOW)
    case = call.case
    assert (case.severity, case.nature, case.impact, case.due_at) == ("serious", "quality", "public", NOW + timedelta(hours=2))
    say = {"actor": KAIBO, "case_id": case.pk, "now": NOW}
    with pytest.raises(CallOutOfOrder):
        review_calls.note_problem(**say, text="起球")
    with pytest.raises(CallOutOfOrder):
        review_calls.make_offer(**say, text="退款", offer_fen=5_000)
    review_calls.note_feeling(**say, text="觉得被骗了，很失望")
    review_calls.note_problem(**say, text="袖口两天就起球")
    with pytest.raises(fairness.ReviewTied):
        review_calls.make_offer(**say, text="退您 50 元，麻烦把差评删了", offer_fen=5_000)
    assert ReviewCall.objects.get().offered_at is None
    review_calls.make_offer(**say, text="全额退款，不用寄回，您怎么评价由您决定", offer_fen=59_900)
    assert ReviewCall.objects.get().offer_fen == 59_900


def test_what_was_said_on_the_phone_is_kept_but_compliance_hears_of_a_tie(shop):
    watch = make_actor("he", "compliance", shop=shop)
    call = review_calls.take_review(actor=KAIBO, told=review_calls.BadReview(make_sent_line().pk, 2, "大了", NOW), now=NOW)
    review_calls.note_feeling(actor=KAIBO, case_id=call.case_id, text="买家问：把差评删了能退吗", now=NOW)
    assert ReviewCall.objects.get().feeling == "买家问：把差评删了能退吗"
    assert Notice.objects.filter(person_id=watch.person_id).count() == 1


def test_a_good_review_is_not_phoned(shop):
    with pytest.raises(review_calls.ReviewNotBad):
        review_calls.take_review(actor=KAIBO, told=review_calls.BadReview(make_sent_line().pk, 4, "好", NOW), now=NOW)
    assert not Case.objects.exists()


def test_the_refund_after_a_call_stands_at_what_was_offered_and_not_at_all_that_was_paid(client, shop):
    call = review_calls.take_review(actor=KAIBO, told=review_calls.BadReview(make_sent_line().pk, 2, "大了", NOW), now=NOW)
    say = {"actor": KAIBO, "case_id": call.case_id, "now": NOW}
    review_calls.note_feeling(**say, text="失望")
    review_calls.note_problem(**say, text="大一码")
    review_calls.make_offer(**say, text="补偿 20 元，您怎么评价由您决定", offer_fen=2_000)
    services.move_case(**say, target=State.APPROVED_REFUND, reason="")
    client.force_login(make_person("alice", "owner"))
    shown = client.get(f"/aftersales/{call.case_id}").content.decode()
    assert 'name="amount_yuan" value="20.00"' in shown
    answer = client.post(f"/aftersales/{call.case_id}/refund", {"amount_yuan": "99999"})
    assert (answer.status_code, "分" in answer.content.decode().split("实付")[1][:40]) == (422, False)
