"""Coupons at the desk: the price guard, the second person, withdrawing, and what an order then costs (LIV-4, LST-6, CMP-8)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from django.urls import reverse

from kaibo.kit.coupons import CouponTerms
from kaibo.kit.ids import new_id
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.audit.models import AuditRow
from kaibo.room import claim_life, coupon_backoffice
from kaibo.room.audit import differences as room_differences
from kaibo.stages.aftersales.rules import RefundBeyondPaid
from kaibo.stages.aftersales.refunds import take_from_line
from kaibo.stages.live import coupon_queries, services
from kaibo.stages.live.coupon_rules import (
    CouponDecided,
    CouponDraft,
    CouponFiguresOutOfRange,
    CouponReasonNeeded,
    CouponTermsWrong,
    CouponTooLow,
    Covered,
    concerns_of,
)
from kaibo.stages.live.models import CouponPlan, DeskAction, PriceRequest
from kaibo.stages.live.rules import CannotBeUndone, PriceReasonNeeded, SecondPersonNeeded
from kaibo.stages.live.services import coupons
from kaibo.stages.live.words import action_words
from kaibo.stages.orders import following, relay
from kaibo.stages.orders.checks import differences as order_differences
from kaibo.stages.orders.models import Order, OrderLine
from tests.make.live import LATER, claim, key, make_item_on_sale
from tests.make.people import make_actor
from tests.stages.live.test_pages import client_of

pytestmark = pytest.mark.django_db
TWENTY_OFF = CouponTerms(off_fen=2_000, threshold_fen=19_900)


def draft(terms=TWENTY_OFF, *, units=10, limit=1, minutes=60, reason="冲一冲", items=()):
    return CouponDraft(terms, units, limit, minutes, reason, tuple(items))


def issue(actor, item, terms=TWENTY_OFF, *, at=LATER, with_key="", **more):
    return coupons.issue_coupon(actor=actor, session_id=item.session_id, draft=draft(terms, **more), key=with_key or key(), now=at)


def in_the_room(item):
    with connection.cursor() as cursor:
        return coupon_backoffice.coupons_of(cursor, item.session.room)


def assert_nothing_issued(item):
    assert in_the_room(item) == []
    assert not CouponPlan.objects.exists()
    assert not DeskAction.objects.filter(kind__startswith="coupon").exists()


def all_agree():
    with connection.cursor() as cursor:
        return room_differences(cursor) == [] and coupon_queries.coupon_differences() == [] and order_differences() == []


def test_a_harmless_coupon_is_out_at_once_and_told_as_an_event(owner, shop):
    item = make_item_on_sale(owner, shop)
    action = issue(owner, item, with_key="once")
    assert issue(owner, item, with_key="once") == action  # a double click
    [there] = in_the_room(item)
    assert (there.terms, there.units, there.limit_per_visitor, there.items, there.valid_until) == (TWENTY_OFF, 10, 1, None, LATER + timedelta(minutes=60))
    with connection.cursor() as cursor:
        cursor.execute("select kind, body ->> 'coupon' from room.events where room = %s and seq = %s", [item.session.room, action.seq])
        assert cursor.fetchall() == [("coupon", str(there.coupon))]
    assert action_words(action) == "发券 满 ¥199 减 ¥20 × 10 张，60 分钟"
    assert AuditRow.objects.filter(deed="live:desk:coupon").count() == 1
    assert all_agree()


@pytest.mark.parametrize(
    ("terms", "more", "refusal"),
    [
        (CouponTerms(off_fen=2_000, threshold_fen=2_000), {}, CouponTermsWrong),
        (CouponTerms(off_fen=2_000, off_bp=100, threshold_fen=9_000), {}, CouponTermsWrong),
        (CouponTerms(off_bp=10_000), {}, CouponTermsWrong),
        (CouponTerms(), {}, CouponTermsWrong),
        (TWENTY_OFF, {"units": 0}, CouponFiguresOutOfRange),
        (TWENTY_OFF, {"limit": 0}, CouponFiguresOutOfRange),
        (TWENTY_OFF, {"minutes": 1_441}, CouponFiguresOutOfRange),
        (TWENTY_OFF, {"reason": " "}, CouponReasonNeeded),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(owner, shop, terms, more, refusal):
    item = make_item_on_sale(owner, shop)
    with pytest.raises(refusal):
        issue(owner, item, terms, **more)
    assert_nothing_issued(item)


def test_who_may_not_issue_changes_nothing(owner, shop):
    item = make_item_on_sale(owner, shop)
    for role in ("host", "service", "analyst"):
        with pytest.raises(AbilityMissing):
            issue(make_actor("外人" + role, role, shop=shop), item)
    assert_nothing_issued(item)


def test_a_coupon_below_cost_waits_for_a_second_person(owner, shop):
    item = make_item_on_sale(owner, shop)
    price, cost = item.prices.get().price_fen, item.sku.cost_fen
    action = issue(owner, item, CouponTerms(off_fen=price - cost + 1, threshold_fen=price))
    plan = CouponPlan.objects.get()
    assert (plan.state, action.details["is_waiting"], in_the_room(item)) == ("waiting", True, [])
    assert any("低于成本" in one for one in plan.concerns)
    with pytest.raises(SecondPersonNeeded):
        coupons.confirm_coupon(actor=owner, session_id=item.session_id, coupon_id=plan.pk, key=key(), now=LATER)
    host = make_actor("主播甲", "host", shop=shop)
    with pytest.raises(AbilityMissing):
        coupons.confirm_coupon(actor=host, session_id=item.session_id, coupon_id=plan.pk, key=key(), now=LATER)
    assert in_the_room(item) == []
    second = make_actor("运营乙", "operations", shop=shop)
    at = LATER + timedelta(minutes=5)
    coupons.confirm_coupon(actor=second, session_id=item.session_id, coupon_id=plan.pk, key=key(), now=at)
    assert [one.valid_until for one in in_the_room(item)] == [at + timedelta(minutes=60)]
    with pytest.raises(CouponDecided):
        coupons.refuse_coupon(actor=second, session_id=item.session_id, coupon_id=plan.pk, key=key(), now=at)
    assert all_agree()


def test_the_database_itself_wants_the_second_person(owner, shop):
    item = make_item_on_sale(owner, shop)
    issue(owner, item, CouponTerms(off_bp=9_000))
    with pytest.raises(IntegrityError, match="concerning_coupon_needs_a_second_person"), transaction.atomic():
        CouponPlan.objects.update(state="issued", decided_by=owner.person_id)


def test_a_refused_coupon_never_reaches_the_room(owner, shop):
    item = make_item_on_sale(owner, shop)
    issue(owner, item, CouponTerms(off_bp=9_000))
    second = make_actor("运营乙", "operations", shop=shop)
    coupons.refuse_coupon(actor=second, session_id=item.session_id, coupon_id=CouponPlan.objects.get().pk, key=key(), now=LATER)
    assert (CouponPlan.objects.get().state, in_the_room(item)) == ("refused", [])


def test_a_machine_cannot_ask_for_a_second_person(owner, shop):
    item = make_item_on_sale(owner, shop)
    with pytest.raises(CouponTooLow):
        issue(replace(owner, person_id=None), item, CouponTerms(off_bp=9_000))
    assert_nothing_issued(item)


@pytest.mark.parametrize(
    ("terms", "price", "kinds"),
    [
        (CouponTerms(off_fen=1_000, threshold_fen=9_000), 10_000, []),  # 9,000 over a cost of 7,200: exactly the floor of 20 %
        (CouponTerms(off_fen=1_001, threshold_fen=9_000), 10_000, ["below_floor"]),
        (CouponTerms(off_fen=2_801, threshold_fen=9_000), 10_000, ["below_cost"]),
        (CouponTerms(off_fen=3_000, threshold_fen=20_000), 10_000, ["below_floor"]),  # 17,000 for two: 8,500 each
        (CouponTerms(off_fen=9_000, threshold_fen=90_000), 10_000, []),
        (CouponTerms(off_fen=90_000, threshold_fen=990_001), 10_000, []),  # nobody can claim so many at once
    ],
)
def test_the_floor_guard_looks_at_the_worst_quantity(terms, price, kinds):
    covered = [Covered(new_id(), "A-1", price, 7_200, price)]
    found = [one.kind for one in concerns_of(terms, covered, floor_bp=2_000, most_deviation_bp=3_000)]
    assert found == kinds


def test_a_later_price_counts_the_coupons_that_stand(owner, shop):
    item = make_item_on_sale(owner, shop)
    cost = item.sku.cost_fen
    services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=50_000, key=key(), now=LATER)
    issue(owner, item, CouponTerms(off_fen=2_000, threshold_fen=10_000))
    low = cost + 1_999
    terms_only = services.guarding.price_concerns(low, cost_fen=cost, published_fen=None, most_deviation_bp=3_000)
    assert terms_only == []
    with pytest.raises(PriceReasonNeeded, match="优惠券"):
        services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=low, key=key(), now=LATER)
    services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=low, reason="清仓", key=key(), now=LATER)
    assert "below_cost_with_coupon" in PriceRequest.objects.get().concerns


def test_withdrawing_ends_the_taking_and_is_not_undone(owner, shop):
    item = make_item_on_sale(owner, shop)
    issue(owner, item)
    with pytest.raises(CannotBeUndone):
        services.undo_last(actor=owner, session_id=item.session_id, key=key(), now=LATER)
    pk = CouponPlan.objects.get().pk
    coupons.withdraw_coupon(actor=owner, session_id=item.session_id, coupon_id=pk, key=key(), now=LATER)
    [there] = in_the_room(item)
    assert (there.withdrawn_at, CouponPlan.objects.get().state) == (LATER, "withdrawn")
    with pytest.raises(CouponDecided):
        coupons.withdraw_coupon(actor=owner, session_id=item.session_id, coupon_id=pk, key=key(), now=LATER)
    assert all_agree()


def paid_with(item, coupon, visitor="v1", units=1):
    """A viewer takes the coupon, claims and pays with it; gives the claim and what was paid."""
    assert claim(item, units, visitor) == "claimed"
    with connection.cursor() as cursor:
        cursor.execute("select attempt, room, answered_at from room.answers where visitor = %s order by answered_at desc limit 1", [visitor])
        attempt, room, at = cursor.fetchone()
        cursor.execute("select result from room.take_coupons(%s, %s, %s, %s, array['1'], %s)", [[new_id()], [coupon], [room], [visitor], LATER])
        assert cursor.fetchone() == ("taken",)
        cursor.execute(
            "select result, payment, amount_fen from room.open_payments(%s, %s, %s, %s, array['company'], %s, %s)",
            [[new_id()], [attempt], [room], [visitor], LATER, [coupon]],
        )
        result, payment, fen = cursor.fetchone()
        assert result == "opened"
        outcome, _items = claim_life.book_payment(cursor, channel="company", payment=payment, transaction=f"T{payment}", amount_fen=fen, paid_at=at, now=at)
    assert outcome == "in_time"
    return attempt, fen


def test_an_order_costs_less_by_its_coupon_and_refunds_never_exceed_what_was_paid(owner, shop):
    item = make_item_on_sale(owner, shop)
    price = item.prices.get().price_fen
    issue(owner, item)
    attempt, fen = paid_with(item, CouponPlan.objects.get().pk)
    relay.settle_claims(LATER)
    following.follow_claims(LATER)
    order, line = Order.objects.get(pk=attempt), OrderLine.objects.get(order=attempt)
    assert (order.amount_fen, order.coupon_fen, order.coupon_id, order.paid_fen) == (price - 2_000, 2_000, CouponPlan.objects.get().pk, price - 2_000)
    assert (line.price_fen, line.amount_fen, fen) == (price, price - 2_000, price - 2_000)
    assert order.open_findings == 1  # the address; the price is the published one, so the five fields agree
    assert all_agree()
    page = client_of("olga", "operations", shop=shop).get(reverse("orders:order", args=[attempt])).content.decode()
    assert "优惠券" in page and "−¥20" in page and "¥599" in page and "¥579" in page
    with pytest.raises(RefundBeyondPaid):
        take_from_line(line.pk, price)
    take_from_line(line.pk, price - 2_000)
    [row] = coupon_queries.coupons_of(item.session, LATER)
    assert (row.coupon.taken_units, row.coupon.used_units, row.coupon.discount_fen) == (1, 1, 2_000)
    OrderLine.objects.filter(pk=line.pk).update(amount_fen=price)  # planted: the line forgot its coupon
    Order.objects.filter(pk=attempt).update(coupon_fen=1_999, coupon_id=order.coupon_id)
    assert len(order_differences()) == 3


def test_the_desk_shows_the_key_and_the_form_issues(owner, shop):
    item = make_item_on_sale(owner, shop)
    client = client_of("cody", "control", shop=shop)
    page = client.get(f"/live/{item.session_id}/").content.decode()
    assert 'data-key="c" data-opens="coupon"' in page
    form = {"way": "percent", "threshold": "100", "percent": "5", "cap": "30", "units": "20", "limit": "1", "minutes": "30", "reason": "拉停留", "items": str(item.pk)}
    answer = client.post(f"/live/{item.session_id}/do/coupon", form, HTTP_ACCEPT="application/json")
    body = json.loads(answer.content)
    assert (answer.status_code, body["words"]) == (200, "发券 满 ¥100 减 5%，最多减 ¥30 × 20 张，30 分钟")
    [there] = in_the_room(item)
    assert (there.terms, there.items) == (CouponTerms(off_bp=500, cap_fen=3_000, threshold_fen=10_000), (item.pk,))
