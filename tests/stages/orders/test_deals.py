"""What was really sold for how much: which deals count, and the span they count in."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from kaibo.plumbing.wiring import DealSum
from kaibo.stages.orders.deals import deal_sums, deals_of
from kaibo.stages.orders.models import Order, OrderLine
from tests.conftest import NOW
from tests.make.goods import make_product, make_sku
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def sell(sku, number: str, *, at=NOW - timedelta(days=1), amount_fen: int = 59_900, units: int = 1, cancelled: int = 0, platform: str = "douyin", **order) -> None:
    made = Order.objects.create(
        shop=sku.product.shop, platform=platform, order_no=number, amount_fen=amount_fen, ordered_at=at, paid_at=order.pop("paid_at", at),
        source="pull", source_version=at, created_at=at, state=order.pop("state", "paid"), **order,
    )  # fmt: skip
    OrderLine.objects.create(order=made, line_no="1", sku=sku, quantity=units, cancelled=cancelled, price_fen=59_900, amount_fen=amount_fen)


@pytest.fixture
def sku():
    return make_sku(make_product(make_shop()))


def sums(sku, platform: str = "douyin") -> DealSum:
    return deal_sums([sku.pk], platform, NOW - WEEK, NOW)[sku.pk]


def test_the_lowest_is_what_a_buyer_paid_for_one_unit_after_the_shops_coupon(sku):
    sell(sku, "a")
    sell(sku, "b", amount_fen=99_999, units=2, coupon_fen=19_801, coupon_id="00000000-0000-7000-8000-000000000001")
    assert sums(sku) == DealSum(2, 49_999, None, None)


def test_refunds_before_sending_gifts_and_tests_do_not_count_and_say_why(sku):
    sell(sku, "kept")
    sell(sku, "given back", amount_fen=100, state="closed")
    sell(sku, "cancelled", amount_fen=200, state="cancelled", cancelled=1)
    sell(sku, "gift", amount_fen=0)
    sell(sku, "test", amount_fen=300, is_test=True)
    sell(sku, "unpaid", amount_fen=400, paid_at=None, state="pending_payment")
    assert sums(sku) == DealSum(1, 59_900, None, None)
    told = {one.reference: one.why_not for one in deals_of(sku.pk, "douyin", NOW - WEEK, NOW, 50)}
    assert told == {"kept": "", "given back": "refunded", "cancelled": "refunded", "gift": "free", "test": "test"}


def test_a_deal_that_was_sent_and_came_back_was_a_deal(sku):
    sell(sku, "returned", amount_fen=39_900, state="closed", shipped_at=NOW - timedelta(hours=3))
    assert sums(sku).lowest_fen == 39_900


def test_the_span_is_half_open_and_the_last_deal_speaks_only_where_it_is_empty(sku):
    sell(sku, "old", at=NOW - WEEK - timedelta(microseconds=1), amount_fen=10_000)
    sell(sku, "at the end", at=NOW, amount_fen=5_000)
    assert sums(sku) == DealSum(0, None, 10_000, NOW - WEEK - timedelta(microseconds=1))
    sell(sku, "first moment", at=NOW - WEEK, amount_fen=20_000)
    assert sums(sku) == DealSum(1, 20_000, None, None)


def test_another_place_is_another_price(sku):
    sell(sku, "here", amount_fen=50_000)
    sell(sku, "there", amount_fen=30_000, platform="taobao")
    assert (sums(sku).lowest_fen, sums(sku, "taobao").lowest_fen, sums(sku, "own").deals) == (50_000, 30_000, 0)


def test_two_hundred_deals_agree_with_a_plain_reading_of_the_article(sku):
    dice, plain = Random(7), []
    for number in range(200):
        at = NOW - timedelta(minutes=dice.randrange(0, 20 * 24 * 60))
        amount, units, is_test = dice.randrange(0, 60_000), dice.randrange(1, 4), dice.random() < 0.1
        sell(sku, f"n{number}", at=at, amount_fen=amount, units=units, is_test=is_test)
        if amount and not is_test:
            plain.append((at, amount // units))
    for days in range(0, 25, 3):
        end = NOW - timedelta(days=days) + timedelta(minutes=1)
        recent = [fen for at, fen in plain if end - WEEK <= at < end]
        last = max(((at, fen) for at, fen in plain if at < end - WEEK), default=(None, None)) if not recent else (None, None)
        expected = DealSum(len(recent), min(recent, default=None), last[1], last[0])
        assert deal_sums([sku.pk], "douyin", end - WEEK, end)[sku.pk] == expected
