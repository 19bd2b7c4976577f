"""What the room tells becomes true of orders; refunds go through their channel once; the bill is compared fen by fen."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from kaibo.kit import sealed_box
from kaibo.kit.ids import new_id
from kaibo.kit.payments import BillLine, ChannelAway, Refunded
from kaibo.master.stock import allotments
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access.actor import KAIBO
from kaibo.room import backoffice, claim_life
from kaibo.stages.orders import following, reconciling, refunding, relay, services
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.models import DifferenceExplained, Finding, Order, Payment, PaymentRefund
from tests.make.orders import NOW, make_claims, make_item_on_sale

ADDRESS = {"name": "李小梅", "phone": "13812345678", "address": "浙江省杭州市西湖区文三路478号3幢"}
DAY = NOW.date()


class Company:
    """A payment company in memory."""

    key, title_zh, title_en, calls_out = "company", "测试支付", "Test pay", False

    def __init__(self):
        self.asked, self.answers, self.bill = [], [], []

    def refund(self, refund, *, now):
        self.asked.append(refund)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetch_bill(self, day, *, now):
        return b""

    def read_bill(self, content):
        return self.bill


@pytest.fixture
def company(monkeypatch):
    made = Company()
    for module in (refunding, reconciling):
        monkeypatch.setattr(module, "pay_channels", lambda: {"company": made})
    return made


def opened(claim):
    payment = new_id()
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into room.payments (payment, claim, room, visitor, channel, amount_fen, opened_at)
               select %s, attempt, room, visitor, 'company', quantity * unit_price_fen, %s from room.answers where attempt = %s""",
            [payment, NOW, claim],
        )
    return payment


def told(payment, fen=59_900, at=NOW, number=None):
    with connection.cursor() as cursor:
        return claim_life.book_payment(cursor, channel="company", payment=payment, transaction=number or f"T{payment.hex}", amount_fen=fen, paid_at=at, now=at)[0]


def addressed(claim, **values):
    sealed = sealed_box.seal(
        sealed_box.public_key(sealed_box.private_key(settings.SECRET_KEY, claim_life.ADDRESSES)), json.dumps(ADDRESS | values).encode(), about=claim.bytes
    )
    with connection.cursor() as cursor:
        cursor.execute("insert into room.addresses (claim, sealed, given_at) values (%s, %s, now()) on conflict (claim) do update set sealed = excluded.sealed, taken_at = null", [claim, sealed])
        cursor.execute("insert into room.turns (claim, kind, at) values (%s, 'addressed', now())", [claim])


@pytest.fixture
def claim(shop):
    item, _ = make_item_on_sale(units=2)
    made = make_claims(item, 1)[0]
    relay.settle_claims(NOW)
    return made


def test_a_paid_claim_with_an_address_is_an_order_ready_to_ship(claim):
    payment = opened(claim)
    addressed(claim)
    assert told(payment) == "in_time"
    assert following.follow_claims(NOW) == 2
    assert following.follow_claims(NOW) == 0
    order = Order.objects.get()
    assert (order.state, order.paid_fen, order.paid_at, order.ship_by) == ("allocated", 59_900, NOW, NOW + timedelta(hours=48))
    assert (order.receiver_masked, order.phone_tail, order.city, order.open_findings) == ("李** 138****5678", "5678", "杭州市", 0)
    assert Payment.objects.values_list("channel", "payment_id", "payment_no", "paid_fen", "outcome").get() == ("company", payment, f"T{payment.hex}", 59_900, "in_time")
    assert services.unmask_receiver(actor=KAIBO, order_id=claim, reason="核对", now=NOW) == ADDRESS
    with connection.cursor() as cursor:
        cursor.execute("select sealed, taken_at is not null from room.addresses")
        assert cursor.fetchall() == [(None, True)]
    assert differences() == [] and stock.differences() == []


def test_a_paid_claim_without_an_address_waits_for_one(claim):
    told(opened(claim))
    following.follow_claims(NOW)
    assert Order.objects.get().open_findings == 1
    assert Finding.objects.values_list("field", "reason", "state").get() == ("address", "address_none", "open")
    addressed(claim)
    following.follow_claims(NOW)
    assert (Order.objects.get().open_findings, Finding.objects.get().state) == (0, "accepted")
    assert differences() == []


def test_an_address_that_lacks_a_part_is_kept_and_found(claim):
    addressed(claim, address="文三路478号3幢")
    told(opened(claim))
    following.follow_claims(NOW)
    order = Order.objects.get()
    assert (order.receiver_masked, order.open_findings, Finding.objects.get().reason) == ("李** 138****5678", 1, "address_province")


def test_somebody_who_was_erased_and_buys_again_holds_up_nobody(claim):
    from kaibo.plumbing.vault import vault

    subject = vault.subject_ids(["phone:13812345678"], now=NOW)["phone:13812345678"]
    vault.erase(actor=KAIBO, subject_id=subject, reason="本人要求", now=NOW)
    addressed(claim)
    told(opened(claim))
    assert following.follow_claims(NOW) == 2
    assert Order.objects.get().buyer_subject_id != subject
    assert services.unmask_receiver(actor=KAIBO, order_id=claim, reason="核对", now=NOW) == ADDRESS


def test_an_address_after_the_parcel_left_changes_nothing(claim):
    addressed(claim)
    told(opened(claim))
    following.follow_claims(NOW)
    Order.objects.update(state="shipped")
    addressed(claim, name="王五")
    following.follow_claims(NOW)
    assert Order.objects.get().receiver_masked == "李** 138****5678"


def test_money_owed_goes_back_through_its_channel_once_and_the_viewer_sees_it(claim, company):
    payment = opened(claim)
    following.expire_unpaid(NOW + timedelta(minutes=15))
    with connection.cursor() as cursor:
        cursor.execute("update room.items set left_units = 0, withdrawn_units = 2")
    late = NOW + timedelta(minutes=16)
    assert told(payment, at=late) == "refund_due"
    following.follow_claims(late)
    refund = PaymentRefund.objects.get()
    assert (refund.amount_fen, refund.reason, refund.state) == (59_900, "expired", "due")
    company.answers = [ChannelAway(channel="company"), Refunded("pending", reason="处理中"), Refunded("done", "R1")]
    assert refunding.give_back_due(late) == 0
    assert refunding.give_back_due(late) == 0  # not before its next time
    assert len(company.asked) == 1
    assert refunding.give_back_due(late + timedelta(seconds=10)) == 0
    assert refunding.give_back_due(late + timedelta(hours=1)) == 1
    assert refunding.give_back_due(late + timedelta(hours=2)) == 0
    assert {one.out_refund_no for one in company.asked} == {refund.pk.hex}
    assert (company.asked[0].out_trade_no, company.asked[0].amount_fen, company.asked[0].paid_fen) == (payment.hex, 59_900, 59_900)
    refund.refresh_from_db()
    assert (refund.state, refund.refund_no) == ("done", "R1")
    with connection.cursor() as cursor:
        cursor.execute("select state from room.claim_lives where claim = %s", [claim])
        assert cursor.fetchone() == ("refunded",)


def test_a_paid_order_is_refunded_in_parts_never_beyond_what_was_paid(claim, company):
    told(opened(claim))
    following.follow_claims(NOW)
    first = new_id()
    for _ in range(2):
        refunding.ask_refund(actor=KAIBO, order_id=claim, amount_fen=20_000, refund_id=first, words="少发", now=NOW)
    refunding.ask_refund(actor=KAIBO, order_id=claim, amount_fen=39_900, refund_id=new_id(), words="退货", now=NOW)
    with pytest.raises(refunding.RefundBeyondPaid):
        refunding.ask_refund(actor=KAIBO, order_id=claim, amount_fen=1, refund_id=new_id(), words="再退", now=NOW)
    assert sorted(PaymentRefund.objects.values_list("amount_fen", flat=True)) == [20_000, 39_900]


def bill_line(number, fen, *, out_trade_no="x", kind="pay", refund=""):
    return BillLine(kind, out_trade_no, number, fen, NOW, refund)


def test_a_bill_that_agrees_shows_no_difference_and_reading_it_twice_changes_nothing(claim, company):
    payment = opened(claim)
    told(payment, number="T1")
    following.follow_claims(NOW)
    company.bill = [bill_line("T1", 59_900, out_trade_no=payment.hex)]
    assert reconciling.take_bill(actor=KAIBO, channel="company", day=DAY, content=b"", now=NOW) == 1
    assert reconciling.take_bill(actor=KAIBO, channel="company", day=DAY, content=b"", now=NOW) == 0
    found = reconciling.compare_day(actor=KAIBO, channel="company", day=DAY)
    assert (found.bill_fen, found.ours_fen, list(found.differences)) == (59_900, 59_900, [])


def test_each_kind_of_difference_is_named(claim, company):
    payment = opened(claim)
    told(payment, number="T1")
    company.bill = [bill_line("T1", 59_899, out_trade_no=payment.hex), bill_line("T2", 100), bill_line("", 5, kind="refund", refund="R9")]
    reconciling.take_bill(actor=KAIBO, channel="company", day=DAY, content=b"", now=NOW)
    found = reconciling.compare_day(actor=KAIBO, channel="company", day=DAY)
    assert {(one.kind, one.number, one.reason, one.ours_fen, one.bill_fen) for one in found.differences} == {
        ("pay", "T1", "amount_differs", 59_900, 59_899), ("pay", "T2", "unknown", None, 100), ("refund", "R9", "unknown", None, 5)}  # fmt: skip
    reconciling.explain(actor=KAIBO, channel="company", kind="pay", number="T2", reason="测试付款", now=NOW)
    assert reconciling.compare_day(actor=KAIBO, channel="company", day=DAY).open_differences == 2
    assert DifferenceExplained.objects.get().explained_by == KAIBO.name


def test_a_payment_whose_notice_never_came_is_booked_from_the_bill(claim, company):
    payment = opened(claim)
    company.bill = [bill_line("T1", 59_900, out_trade_no=payment.hex)]
    reconciling.take_bill(actor=KAIBO, channel="company", day=DAY, content=b"", now=NOW)
    (row,) = reconciling.compare_day(actor=KAIBO, channel="company", day=DAY).differences
    assert (row.reason, row.is_mendable) == ("not_booked", True)
    assert reconciling.book_from_bill(actor=KAIBO, channel="company", number="T1", now=NOW) == "in_time"
    assert [one.reason for one in reconciling.compare_day(actor=KAIBO, channel="company", day=DAY).differences] == ["not_followed"]
    following.follow_claims(NOW)
    assert list(reconciling.compare_day(actor=KAIBO, channel="company", day=DAY).differences) == []
    assert Order.objects.get().state == "allocated"
    with pytest.raises(reconciling.NotMendable):
        reconciling.book_from_bill(actor=KAIBO, channel="company", number="T404", now=NOW)


def test_a_payment_the_bill_does_not_have_is_named(claim, company):
    told(opened(claim), number="T1")
    following.follow_claims(NOW)
    reconciling.take_bill(actor=KAIBO, channel="company", day=DAY, content=b"", now=NOW)
    assert [one.reason for one in reconciling.compare_day(actor=KAIBO, channel="company", day=DAY).differences] == ["not_in_bill"]


def test_the_reconciliation_page_shows_differences_and_takes_the_decision(client, claim, company, owner, monkeypatch):
    from django.urls import reverse

    from kaibo.master.people.models import Person
    from kaibo.stages.orders import money_views

    monkeypatch.setattr(money_views, "pay_channels", lambda: {"company": company})
    payment = opened(claim)
    company.bill = [bill_line("T1", 59_900, out_trade_no=payment.hex)]
    reconciling.take_bill(actor=KAIBO, channel="company", day=DAY, content=b"", now=NOW)
    client.force_login(Person.objects.get(pk=owner.person_id))
    page = client.get(reverse("orders:reconciliation"), {"channel": "company", "day": str(DAY)})
    assert (page.status_code, "渠道收到了钱，我们没有收到通知" in page.content.decode()) == (200, True)
    client.post(reverse("orders:book-from-bill"), {"channel": "company", "day": str(DAY), "number": "T1"})
    assert Payment.objects.count() == 0  # the relay follows
    following.follow_claims(NOW)
    assert Payment.objects.get().outcome == "in_time"
    assert "测试支付" in client.get(reverse("orders:order", args=[claim])).content.decode()


def returned_by_the_room(claims):
    """Nobody paid these, and the room put their units on sale again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ended FROM room.expire_claims(500, %s)", [NOW + timedelta(minutes=16)])
        assert cursor.fetchone() == (len(claims),)


def closed(item, allotment):
    """As the desk closes an item, before the relay heard of anything."""
    with connection.cursor() as cursor:
        left = backoffice.close_item(cursor, room="linxia-1122", item=item)
        under_way = min(backoffice.units_under_way(cursor, item), left)
    allotments.close_allotment(actor=KAIBO, allotment_id=allotment.pk, unclaimed=left - under_way, now=NOW)
    return left, under_way


def shelf(allotment):
    allotment.refresh_from_db()
    levels = stock.levels_of([allotment.sku_id])[allotment.sku_id]
    return {key: value for key, value in ((bucket.value, levels.get(bucket, 0)) for bucket in (Bucket.SELLABLE, Bucket.ALLOTTED, Bucket.RESERVED))}


@pytest.mark.django_db
def test_an_item_closes_while_the_order_of_an_ended_claim_is_not_cancelled_yet():
    item, allotment = make_item_on_sale(units=2, stock=10)
    claims = make_claims(item, 2)
    assert relay.settle_claims(NOW) == 2
    returned_by_the_room(claims)
    assert closed(item, allotment) == (2, 2)
    assert shelf(allotment) == {"sellable": 8, "allotted": 0, "reserved": 2}
    assert following.follow_claims(NOW) == 2
    assert shelf(allotment) == {"sellable": 10, "allotted": 0, "reserved": 0}
    assert (allotment.settled, allotment.returned) == (0, 2)
    assert differences() == [] and stock.differences() == []


@pytest.mark.django_db
def test_a_claim_that_ended_before_it_was_an_order_takes_no_units_from_who_came_after():
    item, allotment = make_item_on_sale(units=1, stock=10)
    returned_by_the_room(make_claims(item, 1))
    make_claims(item, 1, visitor="waited", pay_by=NOW + timedelta(hours=1))
    assert closed(item, allotment) == (0, 0)
    assert relay.settle_claims(NOW) == 2
    assert following.follow_claims(NOW) == 1
    assert sorted(Order.objects.values_list("state", flat=True)) == ["cancelled", "pending_payment"]
    assert shelf(allotment) == {"sellable": 9, "allotted": 0, "reserved": 1}
    assert differences() == [] and stock.differences() == []


@pytest.mark.django_db
def test_units_of_an_ended_claim_go_to_who_was_offered_them_even_after_the_item_closed():
    item, allotment = make_item_on_sale(units=1, stock=10)
    first = make_claims(item, 1)
    assert relay.settle_claims(NOW) == 1
    returned_by_the_room(first)
    make_claims(item, 1, visitor="waited", pay_by=NOW + timedelta(hours=1))
    assert closed(item, allotment) == (0, 0)
    assert relay.settle_claims(NOW) == 0  # the ledger has no unit for it before the first order is cancelled
    assert following.follow_claims(NOW) == 1
    assert relay.settle_claims(NOW) == 1
    assert shelf(allotment) == {"sellable": 9, "allotted": 0, "reserved": 1}
    assert (allotment.settled, allotment.returned) == (1, 0)
    assert differences() == [] and stock.differences() == []
