"""Every platform that can be connected, simulated over real HTTP with calls failing: each order equal to the fen, exactly the planted gaps found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from kaibo.channels.asking import Pace
from kaibo.config.shop_kinds import all_kinds
from kaibo.kit.clock import business_date
from kaibo.kit.shop_channels import Can
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.simulator.registry import PLATFORMS, open_platform
from kaibo.simulator.server import Server
from kaibo.simulator.world import Happening
from kaibo.stages.orders import gaps, pulling
from kaibo.stages.orders.models import Order, Pull, PullHint, PullRefusal
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
SECONDS = 5_400
SECRET = "simulated secret of the tests"
WHOLE = {"cancelled", "closed"}


class Shop:
    """A simulated shop on one platform, and our channel to it."""

    def __init__(self, platform, orders=60, **chaos):
        self.platform = open_platform(platform, seed=5, begin=int(BEGIN.timestamp()), seconds=SECONDS, orders=orders, shares=chaos, secret=SECRET)
        self.server = Server({platform: self.platform}).start()
        self.channel = Channel.objects.create(shop=make_shop(), platform=platform, name=f"林夏的衣橱·{platform}")
        self.given = {**self.platform.account(self.server.address_of(platform)), "calls_per_second": "100000"}

    def now(self):
        return datetime.fromtimestamp(self.platform.world.now, UTC)

    def connect(self):
        for turn in range(40):  # calls fail; some want an authorisation code, others take the tokens that were typed
            code = ("", "simulated-code")[turn % 2]
            try:
                return accounts.connect_account(actor=KAIBO, channel_id=self.channel.pk, given=self.given, code=code, now=self.now())
            except Exception as again:
                kept = again
        raise kept

    def pull(self, seconds):
        world = self.platform.world
        world.advance(world.now + seconds)
        for _ in range(20):  # a pull that was given up is begun again from its mark
            Pull.objects.update(next_at=self.now())
            pulling.pull_due(self.now())
            account = ChannelAccount.objects.get(pk=self.channel.pk)
            if not account.trouble:
                return
        raise AssertionError(account.trouble)

    def shown(self):
        return {self.platform.number(order): order for order in self.platform.world.orders.values() if self.platform.shows(order)}


@pytest.fixture
def simulated(monkeypatch):
    monkeypatch.setattr(Pace, "back_off", lambda *_: None)
    monkeypatch.setattr(pulling, "FIRST_REACH", timedelta(hours=1))
    made = []

    def make(platform, **how):
        made.append(Shop(platform, **how))
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


def test_every_platform_that_is_offered_can_be_simulated():
    assert set(all_kinds()) <= set(PLATFORMS)


@pytest.mark.parametrize("platform", sorted(all_kinds()))
def test_each_order_equals_the_platform_s_to_the_fen_and_exactly_the_planted_gaps_are_found(simulated, platform):
    shop = simulated(platform, throttled=8, broken=8, bare=50, numbers=50)
    account = shop.connect()
    for seconds in (2_400, 2_400, 40_000):
        shop.pull(seconds)
    theirs, ours = shop.shown(), {one.order_no: one for one in Order.objects.all()}
    assert set(ours) == set(theirs)
    assert {no: (one.amount_fen, one.freight_fen) for no, one in ours.items()} == {no: (one.paid_fen, one.freight_fen) for no, one in theirs.items()}
    assert {no for no, one in theirs.items() if one.stage in {"cancelled", "split"}} == {no for no, one in ours.items() if one.state in WHOLE}
    assert all(one.raw_status and one.state != "unknown" for one in ours.values())
    assert PullRefusal.objects.count() == 0
    if Can.READ_MADE not in all_kinds()[platform].capabilities.can:
        return
    shop.platform.chaos.throttled = shop.platform.chaos.broken = 0
    channel = accounts.open_account(account, now=shop.now())
    report = gaps.make_report(account, channel, business_date(BEGIN), shop.now())
    counted = {no: one for no, one in theirs.items() if one.stage != "split"}
    assert (report.platform_orders, report.our_orders, report.gaps) == (len(counted), len(counted), [])
    assert report.our_fen == sum(one.paid_fen for one in counted.values())
    lost, renamed, cheaper = sorted(no for no, one in counted.items() if not one.parent)[:3]
    Order.objects.filter(order_no=lost).delete()
    Order.objects.filter(order_no=renamed).update(order_no="nobody-s-order")
    Order.objects.filter(order_no=cheaper).update(amount_fen=1)
    report = gaps.make_report(account, channel, business_date(BEGIN), shop.now())
    found = {gap["order_no"]: gap["kind"] for gap in report.gaps}
    assert found == {lost: "missing", renamed: "missing", cheaper: "amount", "nobody-s-order": "unknown_there"}
    assert report.platform_fen == sum(one.paid_fen for one in counted.values())


@pytest.mark.parametrize("platform", sorted(all_kinds()))
def test_receivers_stay_as_they_came_and_no_secret_is_stored_logged_or_shown(simulated, platform, client, caplog):
    shop = simulated(platform, orders=12)
    account = shop.connect()
    shop.pull(3_000)
    buyers = [order.buyer for order in shop.platform.world.orders.values()]
    plain = [part for name, phone, _ in buyers for part in (name, phone)]
    client.force_login(make_person("alice", "owner"))
    page = client.get(reverse("orders:channels")).content.decode()
    secrets = [value for key, value in shop.given.items() if any(field.key == key and field.is_secret for field in all_kinds()[platform].fields)]
    assert SECRET in secrets
    stored = bytes(account.sealed_settings) + bytes(account.sealed_grant or b"") + repr(list(AuditRow.objects.values())).encode()
    assert [secret for secret in secrets if secret in page or secret in caplog.text or secret.encode() in stored] == []
    assert [part for part in plain if part in caplog.text or part in page] == []


@pytest.mark.parametrize("platform", ["pdd", "jd", "kuaishou"])
def test_ciphertext_is_taken_for_nobody_s_name_and_stays_when_the_platform_takes_it_back(simulated, platform):
    shop = simulated(platform, orders=30, bare=100)
    shop.connect()
    shop.pull(2_400)
    kept = dict(Order.objects.filter(state="paid", receiver_cipher__isnull=False).values_list("order_no", "receiver_cipher"))
    assert kept
    assert not Order.objects.filter(receiver_sealed__isnull=False).exists()
    assert all(order.city and order.province for order in Order.objects.filter(order_no__in=kept))
    shop.pull(40_000)
    sent = Order.objects.filter(order_no__in=kept).exclude(state="paid")
    assert sent.exists()
    assert all(order.receiver_cipher == kept[order.order_no] for order in sent)


def test_a_push_of_kuaishou_under_its_own_key_leaves_a_hint_and_one_under_another_nothing(simulated, client):
    shop = simulated("kuaishou", orders=6)
    shop.connect()
    shop.pull(3_000)
    order = next(iter(shop.platform.world.orders.values()))
    headers, body = shop.platform.push([Happening("paid", shop.platform.world.now, order)])
    address = reverse("orders:push", args=[shop.channel.pk])
    forged = client.post(address, body[::-1], content_type=headers["Content-Type"])
    assert (forged.status_code, PullHint.objects.count()) == (403, 0)
    for _ in range(2):
        heard = client.post(address, body, content_type=headers["Content-Type"])
        assert (heard.status_code, heard.json()) == (200, {"result": 1})
    assert list(PullHint.objects.values_list("order_no", flat=True)) == [shop.platform.number(order)]
