"""Windows overlap: what was read lately is not taken again, and where each order is a call of its own it is not even asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kaibo.kit.shop_channels import OrderState, PlatformLine, PlatformOrder, PlatformReceiver, Window
from kaibo.stages.orders import pulling
from kaibo.stages.orders.models import Order, Pull, PullMemory
from kaibo.stages.orders.seen_orders import FINEST, KEPT_FOR, SKEW, SeenOrders
from tests.stages.orders.test_pulling_everywhere import Shop, simulated  # noqa: F401  a fixture

NOON = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)
LINE = PlatformLine("1", "围裙", "蓝", "KP-1", "p1", "s1", 1, 9_900, 9_900, "paid", OrderState.PAID)
ORDER = PlatformOrder("A1", "paid", OrderState.PAID, (LINE,), 9_900, 0, NOON, NOON, receiver=PlatformReceiver("##name##", "##phone##", "##street##"))


def test_only_what_says_something_new_is_taken_and_new_ciphertext_says_nothing():
    seen = SeenOrders()
    assert seen.fresh([ORDER]) == [ORDER]
    seen.note([ORDER], NOON)
    sealed_anew = replace(ORDER, receiver=PlatformReceiver("##other##", "##other##", "##other##"))
    sent = replace(ORDER, lines=(replace(LINE, shipped=1),))
    assert seen.fresh([ORDER, sealed_anew]) == []
    assert seen.fresh([sent]) == [sent]


def test_what_was_refused_is_tried_again():
    seen = SeenOrders()
    seen.note([ORDER], NOON, but={"A1"})
    assert seen.fresh([ORDER]) == [ORDER]


def test_a_number_without_a_version_is_spared_only_when_it_was_read_after_its_window_and_the_clocks_difference():
    seen, end = SeenOrders(), NOON - SKEW
    seen.note([ORDER], NOON)
    assert seen.can_spare("A1", None, Window(end - timedelta(minutes=2), end))
    assert not seen.can_spare("A1", None, Window(end - timedelta(minutes=2), end + timedelta(seconds=1)))
    assert not seen.can_spare("A2", None, Window(end - timedelta(minutes=2), end))
    assert not seen.can_spare("A1", None, Window(end - timedelta(minutes=2), end, "made"))  # made then, changed whenever


def test_a_number_with_its_version_is_spared_when_that_very_version_was_read_later_than_it_was_made():
    seen, window = SeenOrders(), Window(NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    seen.note([ORDER], NOON + FINEST)
    assert not seen.can_spare("A1", NOON, window)  # it may have changed twice at that moment
    seen.note([ORDER], NOON + FINEST + timedelta(seconds=1))
    assert seen.can_spare("A1", NOON, window)
    assert not seen.can_spare("A1", NOON + timedelta(seconds=1), window)


def test_what_is_kept_survives_the_process_and_what_is_old_falls_out():
    seen = SeenOrders()
    seen.note([ORDER], NOON)
    assert SeenOrders(seen.kept(NOON + KEPT_FOR)).fresh([ORDER]) == []
    assert SeenOrders(seen.kept(NOON + KEPT_FOR + timedelta(seconds=1))).fresh([ORDER]) == [ORDER]
    assert SeenOrders(b"of another version").fresh([ORDER]) == [ORDER]


def test_windows_are_cut_where_earlier_ones_ended_without_leaving_anything_out():
    seen, due = SeenOrders(), [Window(NOON, NOON + timedelta(minutes=5)), Window(NOON + timedelta(minutes=5), NOON + timedelta(minutes=9))]
    cuts = [NOON + timedelta(seconds=20), NOON + timedelta(seconds=40)]
    for cut in [NOON, *cuts, NOON + timedelta(minutes=9)]:
        seen.ends_with(Window(NOON - timedelta(minutes=9), cut + SKEW))
    assert seen.cut(due) == due  # nothing is known that could be spared
    seen.note([replace(ORDER, order_no=f"A{place}") for place in range(9)], NOON)
    assert seen.cut(due) == [Window(NOON, cuts[0]), Window(cuts[0], cuts[1]), Window(cuts[1], due[0].end), due[1]]
    assert SeenOrders(seen.kept(NOON)).cut(due) == seen.cut(due)


@pytest.mark.django_db
@pytest.mark.parametrize(("platform", "call", "most"), [("xiaohongshu", "order.getOrderDetail", 1.3), ("wechat_shop", "order/get", 2.2)])
def test_orders_that_cost_a_call_each_are_read_about_as_often_as_they_change(simulated, platform, call, most):  # noqa: F811
    shop: Shop = simulated(platform, orders=600)
    shop.connect()
    before = shop.platform.calls.get(call, 0)
    for _ in range(45):
        shop.pull(20)
    changes = Pull.objects.get().taken
    read = shop.platform.calls[call] - before
    pulling.pull_due(shop.now() + timedelta(minutes=1))  # what happened in the very last second
    assert Order.objects.count() == len(shop.shown())
    assert {no: one.paid_fen for no, one in shop.shown().items()} == dict(Order.objects.values_list("order_no", "amount_fen"))
    assert read <= most * changes, (read, changes)


@pytest.mark.django_db
def test_a_lost_memory_costs_a_second_reading_and_nothing_else(simulated):  # noqa: F811
    shop: Shop = simulated("wechat_shop", orders=40)
    shop.connect()
    shop.pull(1_200)
    before = list(Order.objects.order_by("pk").values())
    PullMemory.objects.update(seen=b"\xc1")
    assert pulling.pull_due(shop.now() + timedelta(minutes=1)) == 0
    assert list(Order.objects.order_by("pk").values()) == before
