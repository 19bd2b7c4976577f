"""Purchases in, scores, consent and contact lists on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from kaibo.kit.errors import Forbidden
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.intake.kinds import Refused, Taken
from kaibo.plumbing.vault import vault
from kaibo.stages.members import queries, rules, services
from kaibo.stages.members.jobs import refresh
from kaibo.stages.members.models import ContactList, Member, Purchase, SegmentOffer, Touch
from tests.make.members import NOW, bought, import_rows, make_ladder, make_purchases, member_of
from tests.make.orders import make_paid_order
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db


def test_the_same_purchases_twice_change_nothing(shop):
    rows = [bought("zhang-san", 3, 599), bought("zhang-san", 9, 199), bought("li-si", 1, 99)]
    assert make_purchases(shop, *rows) == [Taken.NEW] * 3
    assert make_purchases(shop, *rows) == [Taken.SAME] * 3
    one = member_of(shop, "zhang-san")
    assert (one.purchases, one.spent_fen, one.units) == (2, 79_800, 2)


def test_a_changed_amount_of_a_known_order_changes_the_sum(shop):
    make_purchases(shop, bought("zhang-san", 3, 599, order="A1"))
    assert make_purchases(shop, bought("zhang-san", 3, 399, order="A1")) == [Taken.CHANGED]
    assert member_of(shop, "zhang-san").spent_fen == 39_900
    assert Purchase.objects.count() == 1


def test_who_a_member_is_lies_sealed_and_only_a_mask_is_shown(shop):
    make_purchases(shop, bought("zhang-san-138", 3, 599))
    one = Member.objects.get()
    assert one.label == "z**********38"
    assert b"zhang" not in bytes(one.sealed)


def test_scores_in_sql_are_those_of_the_rules(shop):
    make_purchases(
        shop, *(bought(f"c{n}", [3, 3, 40, 90, 90, 200, 200, 200, 365, 2][n], 10 * (n % 4) + 5, order=f"{n}-{k}") for n in range(10) for k in range(1 + n % 3))
    )
    members = list(Member.objects.order_by("pk"))
    r = rules.quintiles([one.last_at.timestamp() for one in members])
    f, m = rules.quintiles([one.purchases for one in members]), rules.quintiles([one.spent_fen for one in members])
    assert [(one.recency, one.frequency, one.monetary) for one in members] == list(zip(r, f, m, strict=True))
    assert [one.segment for one in members] == [rules.segment_of(*scores).value for scores in zip(r, f, m, strict=True)]


def test_the_sql_case_and_the_rule_name_the_same_segment_for_all_scores():
    case = services.SCORE_SQL[services.SCORE_SQL.index("CASE") : services.SCORE_SQL.index("END") + 3]
    scale = "generate_series(1, 5)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r, f, m, {case} FROM (SELECT * FROM {scale} r, {scale} f, {scale} m) s")
        found = cursor.fetchall()
    assert len(found) == 125
    assert [row for row in found if row[3] != rules.segment_of(*row[:3]).value] == []


def test_a_file_cannot_overturn_a_refusal(shop, owner):
    make_purchases(shop, bought("zhang-san", 3, 599, consent=None))
    one = member_of(shop, "zhang-san")
    services.record_consent(actor=owner, member_id=one.pk, is_given=False, source="短信回复 TD", now=NOW)
    make_purchases(shop, bought("zhang-san", 1, 99, consent=True))
    one.refresh_from_db()
    assert (one.consent, one.consent_source) == ("refused", "短信回复 TD")


def test_a_contact_list_holds_whom_one_may_reach_and_counts_the_others_by_reason(shop, owner):
    make_ladder(shop, 20)
    high = list(Member.objects.filter(segment="high_value").order_by("-spent_fen"))
    assert len(high) == 8
    services.record_consent(actor=owner, member_id=high[0].pk, is_given=False, source="客服", now=NOW)
    Member.objects.filter(pk=high[1].pk).update(consent="unasked")
    reached = services.take_contact_list(actor=owner, shop_id=shop.pk, segment="high_value", reason="双十二预售", now=NOW)
    assert [customer for _label, customer in reached.people] == [f"cust-{place:02d}" for place in range(17, 11, -1)]
    assert reached.contact_list.left_out == {"refused": 1, "no_consent": 1}
    assert Touch.objects.count() == 6
    row = AuditRow.objects.get(deed="members:contact:export")
    assert (row.reason, row.details["people"]) == ("双十二预售", 6)


def test_the_cap_stops_the_fifth_list_in_thirty_days_and_frees_again_after(shop, owner):
    make_ladder(shop, 20)
    for day in range(4):
        services.take_contact_list(actor=owner, shop_id=shop.pk, segment="high_value", reason="通知", now=NOW + timedelta(days=day))
    with pytest.raises(services.NobodyToContact):
        services.take_contact_list(actor=owner, shop_id=shop.pk, segment="high_value", reason="通知", now=NOW + timedelta(days=5))
    assert ContactList.objects.count() == 4
    again = services.take_contact_list(actor=owner, shop_id=shop.pk, segment="high_value", reason="通知", now=NOW + timedelta(days=30))
    assert again.contact_list.reached == 8


def test_everybody_in_a_segment_gets_the_same_coupon(shop, owner):
    make_ladder(shop, 20)
    services.change_offer(actor=owner, shop_id=shop.pk, segment="high_value", words="预售优先购", coupon_fen=3_000, minimum_fen=29_900, now=NOW)
    services.change_offer(actor=owner, shop_id=shop.pk, segment="high_value", words="预售优先购", coupon_fen=2_000, minimum_fen=29_900, now=NOW)
    made = services.take_contact_list(actor=owner, shop_id=shop.pk, segment="high_value", reason="预售", now=NOW).contact_list
    assert SegmentOffer.objects.filter(shop=shop, segment="high_value").count() == 1
    # The coupon stands on the list, a touch and a member have none of their own: nobody can be given another price.
    assert (made.coupon_fen, made.minimum_fen) == (2_000, 29_900)
    assert not {"coupon_fen", "price_fen", "discount_bp"} & {field.name for model in (Member, Touch) for field in model._meta.get_fields()}


def test_a_person_erased_is_left_out_by_reason(shop, owner):
    make_ladder(shop, 20)
    top = member_of(shop, "cust-19")
    vault.erase(actor=owner, subject_id=top.subject_id, reason="本人要求", now=NOW)
    reached = services.take_contact_list(actor=owner, shop_id=shop.pk, segment="high_value", reason="预售", now=NOW)
    assert reached.contact_list.left_out == {"erased": 1}
    assert "cust-19" not in dict(reached.people).values()


def test_a_list_needs_its_purpose(shop, owner):
    make_ladder(shop, 20)
    with pytest.raises(services.ContactReasonMissing):
        services.take_contact_list(actor=owner, shop_id=shop.pk, segment="high_value", reason="  ", now=NOW)
    assert (ContactList.objects.count(), Touch.objects.count()) == (0, 0)


@pytest.mark.parametrize("account_and_roles", [("nobody",), ("ann", "analyst"), ("sam", "service"), ("hugo", "host")])
def test_others_cannot_take_lists_or_change_offers(shop, account_and_roles):
    make_ladder(shop, 20)
    actor = make_actor(*account_and_roles, shop=shop)
    with pytest.raises(Forbidden):
        services.take_contact_list(actor=actor, shop_id=shop.pk, segment="high_value", reason="好奇", now=NOW)
    with pytest.raises(Forbidden):
        services.change_offer(actor=actor, shop_id=shop.pk, segment="high_value", words="x", coupon_fen=0, minimum_fen=0, now=NOW)
    assert (ContactList.objects.count(), Touch.objects.count(), SegmentOffer.objects.count()) == (0, 0, 0)


def test_operations_of_another_shop_reach_nobody_here(shop):
    make_ladder(shop, 20)
    stranger = make_actor("zoe", "operations", shop=make_shop("other", "别家"))
    with pytest.raises(Forbidden):
        services.take_contact_list(actor=stranger, shop_id=shop.pk, segment="high_value", reason="好奇", now=NOW)
    assert Touch.objects.count() == 0
    assert queries.members_for(stranger).count() == 0


def test_refund_rows_and_future_rows_wait_and_the_others_are_taken(shop):
    outcomes = import_rows(
        shop,
        [
            {"customer": "a-1", "bought_at": NOW - timedelta(days=1), "amount": -100}, {"customer": "b-2", "bought_at": NOW - timedelta(days=1), "amount": 100},
            {"customer": "c-3", "bought_at": NOW + timedelta(days=1), "amount": 100},
        ],
    )  # fmt: skip
    assert [one.code if isinstance(one, Refused) else one for one in outcomes] == ["members.refund_row", Taken.NEW, "members.bought_in_the_future"]


def test_own_paid_orders_become_purchases_once_and_leave_when_cancelled(shop):
    order = make_paid_order()
    if order.buyer_subject_id is None:
        pytest.fail("a paid platform order has no known buyer")
    assert refresh(NOW) == 1
    one = Member.objects.get(subject_id=order.buyer_subject_id)
    assert (one.purchases, one.spent_fen) == (1, order.amount_fen)
    services.take_own_orders(now=NOW)
    assert Purchase.objects.count() == 1
    type(order).objects.filter(pk=order.pk).update(state="closed")
    services.take_own_orders(now=NOW)
    one.refresh_from_db()
    assert (one.purchases, one.spent_fen, Purchase.objects.count()) == (0, 0, 0)


def test_the_check_finds_a_member_whose_row_lies(shop):
    make_purchases(shop, bought("zhang-san", 3, 599))
    assert queries.differences() == []
    Member.objects.update(purchases=7)
    assert [one.area for one in queries.differences()] == ["members"]


def test_members_are_scored_again_after_a_day_because_recency_moves(shop):
    make_ladder(shop, 5)
    assert refresh(NOW + timedelta(hours=1)) == 0
    assert refresh(NOW + timedelta(hours=25)) == 1
    assert Member.objects.filter(scored_at=NOW + timedelta(hours=25)).count() == 5
    assert services.score(actor=KAIBO, shop_id=shop.pk, now=NOW) == 5
