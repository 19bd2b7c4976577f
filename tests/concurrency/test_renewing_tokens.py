"""Two work processes find a token that ends soon: one renews it, both call with what it got."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from kaibo.channels.shop_jd.channel import Channel as JdChannel
from kaibo.kit.shop_complaints import ShopTokenExpired
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.plumbing.access.actor import KAIBO
from kaibo.simulator.registry import open_platform
from kaibo.simulator.server import Server
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db(transaction=True)
BEGIN = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
BOTH_WITHIN_SECONDS = 0.5
"""So long the one who renews waits for the other to renew too; with a lock it never comes."""


@pytest.fixture
def jd():
    """Its token for renewing ends when it is used, as with most platforms."""
    platform = open_platform("jd", seed=5, begin=int(BEGIN.timestamp()), seconds=600, orders=3, shares={}, secret="simulated")
    server = Server({"jd": platform}).start()
    channel = Channel.objects.create(shop=make_shop(), platform="jd", name="林夏·京东")
    given = {**platform.account(server.address_of("jd")), "calls_per_second": "100000"}
    accounts.connect_account(actor=KAIBO, channel_id=channel.pk, given=given, code="simulated-code", now=BEGIN)
    yield platform
    server.stop()


def together(jd, monkeypatch, open_it):
    """What both got, when both stand before the same end at once."""
    inside, start = threading.Event(), threading.Barrier(2)
    calls = []
    really = JdChannel.refreshed_grant

    def refreshed(self, grant, *, now):
        calls.append(grant.refresh_token)
        if len(calls) == 2:
            inside.set()
        inside.wait(BOTH_WITHIN_SECONDS)
        return really(self, grant, now=now)

    monkeypatch.setattr(JdChannel, "refreshed_grant", refreshed)

    def one(_):
        try:
            account = ChannelAccount.objects.select_related("channel").get()
            start.wait(10)
            return open_it(account)._token
        except ShopTokenExpired:
            return "ended"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        return list(both.map(one, range(2))), calls


@pytest.mark.parametrize("how", ["before it ends", "after a call was refused"])
def test_only_one_of_two_processes_renews_and_both_call_with_what_it_got(jd, monkeypatch, how):
    near = BEGIN + timedelta(days=7) - timedelta(minutes=10)
    jd.world.advance(int(near.timestamp()))
    before = jd.token
    ways = {"before it ends": accounts.open_account, "after a call was refused": accounts.renew_account}
    tokens, calls = together(jd, monkeypatch, lambda account: ways[how](account, now=near))
    assert (tokens, len(calls)) == ([jd.token, jd.token], 1)
    assert jd.token != before
    assert accounts.open_account(ChannelAccount.objects.select_related("channel").get(), now=near)._token == jd.token


def test_the_lock_is_given_back_when_the_platform_says_no(jd, monkeypatch):
    near = BEGIN + timedelta(days=7) - timedelta(minutes=10)
    monkeypatch.setattr(JdChannel, "refreshed_grant", lambda self, grant, *, now: (_ for _ in ()).throw(ShopTokenExpired(channel="京东", why="x")))
    account = ChannelAccount.objects.select_related("channel").get()
    for _ in range(2):
        with pytest.raises(ShopTokenExpired):
            accounts.renew_account(account, now=near)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [accounts.RENEWING_LOCK])
        assert cursor.fetchone()[0] == 0
