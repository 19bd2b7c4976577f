"""A channel's turn: one process has it, trouble makes it wait ever longer, and one bad thing does not keep the others out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaibo.kit.shop_complaints import ShopRefused, ShopThrottled
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.stages.orders import turns
from kaibo.stages.orders.models import Pull
from tests.make.people import NOW, make_shop

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def account(db, monkeypatch):
    channel = Channel.objects.create(shop=make_shop(), platform="douyin")
    monkeypatch.setattr(accounts, "open_account", lambda _account, *, now: None)
    monkeypatch.setattr(turns.Turn, "clock", lambda turn: turn.now)
    return ChannelAccount.objects.create(channel=channel, sealed_settings=b"x", is_on=True, changed_at=NOW)


def reading(complaint=None, told=None):
    def read(_turn, _channel):
        if complaint:
            raise complaint
        return True

    return turns.Reading(Pull, every=A_MINUTE, first_pause=A_MINUTE, read=read, note=lambda _turn, said: (told if told is not None else []).append(said))


def begin(account, now=NOW):
    return turns.may_begin(reading(), account, now, reach=timedelta(days=7))


def test_one_process_has_the_turn_until_its_lease_is_over(account):
    assert begin(account)
    assert Pull.objects.get().pulled_until == NOW - timedelta(days=7)
    assert not begin(account, NOW + turns.LEASE - timedelta(seconds=1))
    assert begin(account, NOW + turns.LEASE)


def test_trouble_waits_twice_as_long_each_time_up_to_ten_minutes_and_success_forgets_it(account):
    begin(account)
    told, refused = [], ShopRefused(channel="抖店", why="no")
    pauses = []
    for _ in range(6):
        turns.take_turn(reading(refused, told), account, NOW)
        pauses.append((Pull.objects.get().next_at - NOW) / A_MINUTE)
    assert pauses == [1, 2, 4, 8, 10, 10]
    assert told == [refused] * 6
    turns.take_turn(reading(None, told), account, NOW)
    pull = Pull.objects.get()
    assert (pull.failures, pull.next_at, pull.pulled_at, told[-1]) == (0, NOW + A_MINUTE, NOW, None)


def test_a_platform_that_asks_for_fewer_calls_is_left_alone_as_long_as_it_asks(account):
    begin(account)
    turns.take_turn(reading(ShopThrottled(channel="抖店", retry_after_seconds=1_800)), account, NOW)
    assert Pull.objects.get().next_at == NOW + timedelta(minutes=30)


def test_of_many_things_the_bad_ones_alone_are_refused_with_their_reason():
    def take(some):
        if 3 in some:
            raise ShopRefused(channel="抖店", why="三")
        if 6 in some:
            raise ValueError
        return len(some)

    refused = {}
    assert turns.taken_apart(range(8), take, refused.__setitem__) == 6
    assert refused == {3: ("抖店拒绝了：三", "抖店 refused: 三"), 6: ("ValueError", "ValueError")}
