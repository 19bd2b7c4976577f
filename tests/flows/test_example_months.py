"""The example shop's past months: one file, everything done, what goes together and a coat at several prices."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta

from kaibo.demo import months

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def rows():
    return list(csv.DictReader(io.StringIO(months.past_orders(NOW).decode("utf-8-sig"))))


def test_every_order_is_done_and_lies_before_the_sessions_of_the_example():
    found = rows()
    assert len({one["主订单编号"] for one in found}) == months.BUYER_DAYS
    assert {one["订单状态"] for one in found} == {"已完成"}
    last = max(one["订单提交时间"] for one in found)
    assert last <= f"{NOW - timedelta(days=months.TO_DAYS) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"


def test_the_coat_has_every_price_and_sells_better_where_it_is_cheaper():
    weeks = Counter(one["商品单价"] for one in rows() if one["商家编码"].startswith(months.COAT))
    assert len(weeks) == len(months.COAT_PRICES_FEN)
    assert weeks["499.00"] > weeks["659.00"]


def test_the_same_moment_writes_the_same_file_and_some_orders_hold_two_goods():
    assert months.past_orders(NOW) == months.past_orders(NOW)
    sizes = Counter(Counter(one["主订单编号"] for one in rows()).values())
    assert sizes[2] > 200 and sizes[1] > 800
