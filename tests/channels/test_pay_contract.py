"""
What every payment channel must keep, whichever company it is (channels/__init__). A new channel adds one entry to
CHANNELS: how to make it without a network, and how its company would call us about a payment, properly signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from kaibo.channels.pay_sandbox import channel as sandbox
from kaibo.channels.pay_sandbox import signing as sandbox_signing
from kaibo.kit.payments import NoticeForged, NoticeUnreadable, PayChannel, PayNotice, PayOrder

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOTICE = PayNotice("0198c0ffee0198c0ffee0198c0ffee01", "T1", 11980, NOW - timedelta(seconds=3))
ORDER = PayOrder(
    NOTICE.out_trade_no, NOTICE.amount_fen, "短款羊毛双面呢外套 × 2", NOW + timedelta(minutes=15), "http://room.test/pay/x", "http://room.test/r/linxia"
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One channel under test."""

    make: Callable[[], PayChannel]
    """With made-up keys, and nothing that needs a network."""
    notify: Callable[[PayChannel, PayNotice, datetime], tuple[Mapping[str, str], bytes]]
    """The company's genuine call about a payment, signed at a moment."""
    can_open_offline: bool


SECRET = b"sandbox secret of the tests ....."
CHANNELS = {
    "sandbox": Case(
        make=lambda: sandbox.Channel(sandbox.Settings(SECRET, dsn="")),
        notify=lambda channel, notice, at: sandbox_signing.notice_request(SECRET, notice, now=at),
        can_open_offline=True,
    ),
}


@pytest.fixture(params=sorted(CHANNELS))
def case(request):
    return CHANNELS[request.param]


def test_a_genuine_notice_says_what_was_paid(case):
    channel = case.make()
    headers, body = case.notify(channel, NOTICE, NOW)
    read = channel.read_notice(headers, body, now=NOW + timedelta(seconds=20))
    assert replace(read, paid_at=NOTICE.paid_at) == NOTICE
    assert abs((read.paid_at - NOTICE.paid_at).total_seconds()) < 1  # some companies tell whole seconds
    assert read.paid_at.tzinfo is not None


def test_a_notice_with_any_changed_byte_is_refused(case):
    channel = case.make()
    headers, body = case.notify(channel, NOTICE, NOW)
    for place in range(0, len(body), max(1, len(body) // 97)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises((NoticeForged, NoticeUnreadable)):
            channel.read_notice(headers, changed, now=NOW)


def test_a_notice_without_a_signature_is_refused(case):
    channel = case.make()
    _, body = case.notify(channel, NOTICE, NOW)
    with pytest.raises((NoticeForged, NoticeUnreadable)):
        channel.read_notice({}, body, now=NOW)
    with pytest.raises((NoticeForged, NoticeUnreadable)):
        channel.read_notice({}, b"", now=NOW)


def test_what_a_channel_wants_to_hear_differs_between_heard_and_not(case):
    channel = case.make()
    assert channel.answer(None).status == 200
    assert channel.answer("later") != channel.answer(None)


def test_opening_twice_is_one_payment(case):
    if not case.can_open_offline:
        return  # proven against the company's double in its own file
    channel = case.make()
    assert channel.open(ORDER, now=NOW) == channel.open(ORDER, now=NOW)


def test_a_channel_says_nothing_secret_of_itself(case):
    channel = case.make()
    assert SECRET.decode() not in repr(channel) + repr(channel.settings)
