"""The sandbox wallet: its notices grow old, its pages cannot be forged, its bill reads back as it was written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaibo.channels.pay_sandbox import bill, signing
from kaibo.kit.payments import BillLine, BillUnreadable, NoticeForged
from tests.channels.test_pay_contract import NOTICE, NOW, ORDER, SECRET

number = st.text("0123456789abcdef", min_size=32, max_size=32)
lines = st.builds(
    BillLine, st.sampled_from(["pay", "refund"]), number, number, st.integers(1, 10**12), st.datetimes().map(lambda at: at.replace(tzinfo=NOW.tzinfo)),
    st.one_of(st.just(""), number),
)  # fmt: skip


def test_a_notice_older_than_five_minutes_is_refused():
    headers, body = signing.notice_request(SECRET, NOTICE, now=NOW)
    assert signing.read_notice(SECRET, headers, body, now=NOW + timedelta(seconds=300)) == NOTICE
    with pytest.raises(NoticeForged):
        signing.read_notice(SECRET, headers, body, now=NOW + timedelta(seconds=301))


def test_a_pay_page_knows_its_order_and_no_other_amount_can_be_written_into_its_address():
    sealed = signing.seal_order(SECRET, ORDER)
    assert signing.open_order(SECRET, sealed) == ORDER
    body, mark = sealed.split(".")
    assert signing.open_order(SECRET, f"{body[:-2]}AA.{mark}") is None
    assert signing.open_order(b"another", sealed) is None
    assert signing.open_order(SECRET, "rubbish") is None


@given(st.lists(lines, max_size=20))
def test_a_bill_reads_back_as_it_was_written(written):
    assert bill.read(bill.write(written)) == written


@pytest.mark.parametrize("content", [b"", b"a,b\n", "类型,时间\n".encode(), bill.write([]) + b"\xff", bill.write([]) + "支付,昨天,a,b,1,\n".encode()])
def test_another_file_is_not_a_bill(content):
    with pytest.raises(BillUnreadable):
        bill.read(content)
