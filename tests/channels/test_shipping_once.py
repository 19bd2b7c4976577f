"""A parcel is told once, whoever else tells it at the same moment and whatever is heard of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kaibo.channels.asking import Asker, Pace
from kaibo.channels.courier_lists import CourierList
from kaibo.channels.shipping_once import ship_once, units_to_send
from kaibo.kit.shop_channels import (
    OrderState,
    ParcelWrite,
    PlatformLine,
    PlatformOrder,
    PlatformParcel,
)
from kaibo.kit.shop_complaints import ShopAway, ShopRefused

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PARCEL = ParcelWrite("1", "SF", "SF1", "r")


def _line(number, quantity, shipped):
    return PlatformLine(number, "羊毛外套", "黑色", "KB-1", "1", number, quantity, 100, 100, "2", OrderState.PAID, shipped)


def _order(*parcels):
    lines = (_line("a", 2, 0), _line("b", 1, 1), _line("c", 3, 1))
    return PlatformOrder("1", "2", OrderState.PAID, lines, 600, 0, NOW, NOW, parcels=tuple(PlatformParcel(one, "SF") for one in parcels))


def _asker():
    return Asker("测试", Pace(1e6, sleep=lambda seconds: None), tries=3)


def _told(orders, answers):
    """Looks show the orders one after another, sends do what the answers say."""
    sent = []

    def send(order):
        sent.append(order)
        answer = answers[len(sent) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    shown = iter(orders)
    return sent, lambda: ship_once(_asker(), PARCEL, look=lambda: next(shown), send=send)


def test_what_stands_there_already_is_not_sent_again():
    sent, ship = _told([_order("SF1")], [])
    assert (ship().is_repeat, sent) == (True, [])


def test_an_answer_nobody_heard_is_looked_for_before_anything_is_sent_again():
    sent, ship = _told([_order(), _order("SF1")], [ShopAway(channel="测试")])
    assert (ship().is_repeat, len(sent)) == (True, 1)
    sent, ship = _told([_order(), _order()], [ShopAway(channel="测试"), "p-1"])
    assert (ship().parcel_id, len(sent)) == ("p-1", 2)


def test_a_no_is_believed_only_when_the_parcel_does_not_stand_there():
    """Somebody else told it between our look and our call."""
    no = ShopRefused(channel="测试", why="已发货")
    sent, ship = _told([_order(), _order("SF1")], [no])
    assert (ship().is_repeat, len(sent)) == (True, 1)
    sent, ship = _told([_order(), _order("SF2")], [no])
    with pytest.raises(ShopRefused):
        ship()
    assert len(sent) == 1


def test_a_courier_is_found_in_the_platform_s_list_by_its_name_and_asked_for_once():
    asked = []

    def ask():
        asked.append(1)
        return {"中通快运": "ZTOKY", "中通快递标准": "ZTO-S", "中通快递": "ZTO", "顺丰速运": "SF"}

    couriers = CourierList("测试", ask)
    assert [couriers.code_of(wanted) for wanted in ("SF", "顺丰", "中通快递", "中通")] == ["SF", "SF", "ZTO", "ZTO"]
    assert len(asked) == 1
    with pytest.raises(ShopRefused):
        couriers.code_of("极兔")


def test_a_parcel_without_lines_holds_all_that_has_not_left():
    assert units_to_send(PARCEL, _order()) == [("a", 2), ("c", 2)]
    assert units_to_send(ParcelWrite("1", "SF", "SF1", "r", (("a", 1),)), _order()) == [("a", 1)]
