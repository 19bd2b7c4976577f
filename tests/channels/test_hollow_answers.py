"""An answer that says yes and lacks its list is no empty list: taken for one, a window of orders would be passed over for good."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from kaibo.channels.asking import Asker
from kaibo.channels.calling import Answer
from kaibo.config.shop_kinds import all_kinds
from kaibo.kit.shop_channels import Can, Window
from kaibo.kit.shop_complaints import ShopUnreadable
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.registry import PLATFORMS
from kaibo.simulator.world import World

NOW = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(minutes=20), NOW)


def _account(key):
    world = World(3, begin=int(NOW.timestamp()), seconds=60, orders=1)
    return {**PLATFORMS[key](world, Chaos(3), "a secret").account("http://127.0.0.1:1"), "calls_per_second": "100000"}


def _hollow(key, method, url, body):
    """What each platform says of success, with nothing in it."""
    asked = dict(parse_qsl((body or b"").decode()))
    name = asked.get("type") or asked.get("method") or ""
    answers = {
        "pdd": {"order_sn_increment_get_response": {}, "order_list_get_response": {}, "refund_increment_get_response": {}},
        "jd": {f"{name.replace('.', '_')}_responce": {"code": "0", "searchorderinfo_result": {"apiResult": {"success": True}}, "queryResult": {"success": True}}},
        "kuaishou": {"result": 1, "data": None},
        "douyin": {"code": 10000, "data": {}},
        "taobao": {f"{name.removeprefix('taobao.').replace('.', '_')}_response": {}},
    }
    return answers[key]


@pytest.mark.parametrize("key", ["douyin", "jd", "kuaishou", "pdd", "taobao"])
def test_a_hollow_answer_is_said_to_be_unreadable(key, monkeypatch):
    def get_answer(_, method, url, *, headers, body=None):
        assert urlsplit(url).hostname == "127.0.0.1"
        return Answer(200, {}, json.dumps(_hollow(key, method, url, body)).encode())

    monkeypatch.setattr(Asker, "get_answer", get_answer)
    kind = all_kinds()[key]
    channel = kind.make(_account(key), None)
    with pytest.raises(ShopUnreadable):
        channel.order_page(WINDOW, now=NOW)
    if Can.READ_CASES in kind.capabilities.can:
        with pytest.raises(ShopUnreadable):
            channel.case_page(WINDOW, now=NOW)
