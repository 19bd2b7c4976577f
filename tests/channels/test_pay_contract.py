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
from kaibo.kit.payments import BillUnreadable, ChannelAway, NoticeForged, NoticeUnreadable, PayChannel, PayNotice, PayOrder, Refund
from tests.channels import companies

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
    unsigned: Callable[[bytes], bytes] = bytes
    """The body without its signature, where the company writes it there."""


SECRET = b"sandbox secret of the tests ....."
CHANNELS = {
    "sandbox": Case(
        make=lambda: sandbox.Channel(sandbox.Settings(SECRET, dsn="")),
        notify=lambda channel, notice, at: sandbox_signing.notice_request(SECRET, notice, now=at),
        can_open_offline=True,
    ),
    "wechat": Case(
        make=companies.wechat_channel,
        notify=lambda channel, notice, at: companies.wechat_notice(*_fields(notice), at=at),
        can_open_offline=False,
    ),
    "alipay": Case(
        make=companies.alipay_channel,
        notify=lambda channel, notice, at: companies.alipay_notice(*_fields(notice), at=at),
        can_open_offline=True,
        unsigned=lambda body: body[: body.index(b"&sign=")] + b"&sign_type=RSA2",
    ),
}


def _fields(notice):
    return notice.out_trade_no, notice.transaction, notice.amount_fen, notice.paid_at


def _private_parts():
    """What must never be said: the sandbox's secret, the APIv3 key, every number a merchant's private key is made of."""
    numbers = companies.key_of("merchant").private_numbers()
    return [SECRET.decode(), companies.NOTICE_KEY.decode(), str(numbers.d), str(numbers.p)]


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
        channel.read_notice({}, case.unsigned(body), now=NOW)
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
    said = repr(channel) + repr(channel.settings)
    assert [part for part in _private_parts() if part in said] == []


def test_a_notice_older_than_five_minutes_is_refused(case):
    channel = case.make()
    headers, body = case.notify(channel, NOTICE, NOW)
    assert channel.read_notice(headers, body, now=NOW + timedelta(seconds=300)) is not None
    for now in (NOW + timedelta(seconds=301), NOW - timedelta(seconds=301)):
        with pytest.raises(NoticeForged):
            channel.read_notice(headers, body, now=now)


def test_the_notice_of_one_channel_is_a_forgery_for_every_other(case):
    channel = case.make()
    for other in CHANNELS.values():
        if other is not case:
            headers, body = other.notify(other.make(), NOTICE, NOW)
            with pytest.raises((NoticeForged, NoticeUnreadable)):
                channel.read_notice(headers, body, now=NOW)


def test_another_file_is_no_bill_and_no_empty_bill_either(case):
    channel = case.make()
    for content in (b"", b"a,b\n1,2\n", b"PK\x03\x04rubbish", b"<html>502</html>", b"\xff\xfe\x00"):
        with pytest.raises(BillUnreadable):
            channel.read_bill(content)


def test_a_company_that_is_not_there_is_away_and_nothing_private_is_said(case, caplog):
    channel = case.make()
    if channel.key == "sandbox":
        return  # its book is in the database: tests/flows
    refund = Refund("r1", ORDER.out_trade_no, "T1", 100, ORDER.amount_fen, "不要了")
    for call in (lambda: channel.query("x", now=NOW), lambda: channel.refund(refund, now=NOW), lambda: channel.fetch_bill(NOW.date(), now=NOW)):
        with pytest.raises(ChannelAway) as away:
            call()
        assert str(away.value.message("zh")).startswith("支付渠道")
        assert [part for part in _private_parts() if part in repr(away.value) + caplog.text] == []
