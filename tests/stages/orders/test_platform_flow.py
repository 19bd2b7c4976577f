"""Shops on simulated platforms with everything going wrong: every order arrives equal to the fen, and exactly the planted gaps are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kaibo.channels import asking
from kaibo.kit.clock import business_date
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.plumbing import kept_words
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.simulator.registry import open_platform
from kaibo.simulator.server import Server
from kaibo.stages.orders import gaps, pulling
from kaibo.stages.orders.models import Order, OrderLine, Pull, PullRefusal
from tests.channels import test_shop_contract_shopify as shopify
from tests.channels import test_shop_contract_tiktok_shop as tiktok_shop
from tests.channels import test_shop_contract_wechat_shop as wechat_shop
from tests.channels import test_shop_contract_xiaohongshu as xiaohongshu
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
SECONDS, ORDERS = 5_400, 80
SECRET = "simulated secret of the tests"
PROMISES = {**wechat_shop.PLATFORMS, **xiaohongshu.PLATFORMS, **shopify.PLATFORMS, **tiktok_shop.PLATFORMS}
CHAOS = {"throttled": 4, "broken": 4, "bare": 50, "numbers": 30}


class Shop:
    """A simulated shop and our channel to it."""

    def __init__(self, name, **how):
        self.promise = PROMISES[name]
        self.platform = open_platform(name, begin=int(BEGIN.timestamp()), **{"seed": 3, "seconds": SECONDS, "orders": ORDERS, "shares": CHAOS, "secret": SECRET, **how})
        self.world = self.platform.world
        self.server = Server({name: self.platform}).start()
        self.channel = Channel.objects.create(shop=make_shop(), platform=name, name=f"林夏的衣橱 {name}")
        self.given = {**self.platform.account(self.server.address_of(name)), "calls_per_second": "100000"}

    def now(self):
        return datetime.fromtimestamp(self.world.now, UTC)

    def connect(self):
        for turn in range(20):
            try:
                return accounts.connect_account(actor=KAIBO, channel_id=self.channel.pk, given=self.given, code=self.promise.code, now=self.now())
            except Exception:  # a bad moment of the platform; people press again
                if turn == 19:
                    raise
        raise AssertionError

    def pull(self, seconds):
        self.world.advance(self.world.now + seconds)
        taken = pulling.pull_due(self.now())
        while Pull.objects.get().failures:
            Pull.objects.update(next_at=self.now())
            taken += pulling.pull_due(self.now())
        return taken

    def shown(self):
        return [order for order in self.world.orders.values() if self.platform.shows(order)]

    def lines(self, order):
        found = {}
        for line in order.lines:
            key = str(line.number if self.promise.line_by == "number" else line.item.sku)
            units, paid, sent = found.get(key, (0, 0, 0))
            found[key] = (units + line.units, paid + line.paid_fen, sent + line.sent)
        return found


@pytest.fixture
def open_shop(monkeypatch):
    monkeypatch.setattr(asking.Pace, "back_off", lambda *_: None)
    monkeypatch.setattr(pulling, "FIRST_REACH", timedelta(hours=6))  # nothing is older, and 小红书's windows are half an hour
    made = []

    def make(name, **how):
        made.append(Shop(name, **how))
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_every_order_arrives_to_the_fen_and_exactly_the_planted_gaps_are_found(open_shop, caplog, name):
    caplog.set_level("INFO")
    shop = open_shop(name)
    account = shop.connect()
    for seconds in (1_800, 1_800, 3_600, 20_000):
        assert shop.pull(seconds) > 0
    shop.pull(600)
    _assert_as_the_platform_has_it(shop)
    assert PullRefusal.objects.count() == 0
    _assert_exactly_the_planted_gaps(shop, account)
    _assert_nothing_secret_in_the_open(shop, account, caplog.text + repr([vars(record) for record in caplog.records]))


def _assert_as_the_platform_has_it(shop):
    ours = {order.order_no: order for order in Order.objects.all()}
    assert set(ours) == {shop.platform.number(order) for order in shop.shown()}
    lines = {}
    for line in OrderLine.objects.select_related("order"):
        lines.setdefault(line.order.order_no, {})[line.line_no] = (line.quantity, line.amount_fen, line.shipped)
    for order in shop.shown():
        mine = ours[shop.platform.number(order)]
        wanted = (shop.promise.state_of(order).value, order.paid_fen, order.freight_fen)
        assert (mine.state, mine.amount_fen, mine.freight_fen) == wanted
        assert lines[mine.order_no] == shop.lines(order)


def _assert_exactly_the_planted_gaps(shop, account):
    channel = accounts.open_account(account, now=shop.now())
    channel._asker.tries = 40
    day = business_date(BEGIN)
    report = gaps.make_report(account, channel, day, shop.now())
    assert (report.gaps, report.platform_orders, report.our_orders) == ([], len(shop.shown()), len(shop.shown()))
    assert report.platform_fen == report.our_fen == sum(order.paid_fen for order in shop.shown())
    lost, cheaper, strange = list(Order.objects.order_by("order_no").values_list("order_no", flat=True)[:3])
    Order.objects.filter(order_no=lost).update(shop=make_shop("zhou", "周氏女装"))  # imported into another shop
    Order.objects.filter(order_no=cheaper).update(amount_fen=1)
    Order.objects.filter(order_no=strange).update(order_no=f"{strange}0")
    report = gaps.make_report(account, channel, day, shop.now())
    assert {(gap["order_no"], gap["kind"]) for gap in report.gaps} == {
        (lost, "missing"), (strange, "missing"), (cheaper, "amount"), (f"{strange}0", "unknown_there"),
    }  # fmt: skip


def _assert_nothing_secret_in_the_open(shop, account, logged):
    """Neither settings nor tokens, neither in rows nor in logs; nor a buyer's phone."""
    account = ChannelAccount.objects.get(pk=account.pk)
    stored = bytes(account.sealed_settings) + bytes(account.sealed_grant or b"") + repr(list(AuditRow.objects.values())).encode()
    secrets = [shop.given[one.key] for one in shop.promise.kind.fields if one.is_secret and shop.given.get(one.key)]
    secrets += [getattr(shop.platform, name) for name in ("token", "renewal") if getattr(shop.platform, name, "")]
    assert len(secrets) > 0
    assert [part for part in secrets if part in logged] == []
    assert [order.number for order in shop.shown() if order.buyer[1] in logged] == []
    assert [part for part in secrets if part.encode() in stored] == []
    shown = accounts.shown_settings(account)
    assert [part for part in secrets if part in shown.values()] == []


@pytest.mark.parametrize("name", ["shopify", "tiktok_shop"])
def test_orders_in_another_currency_are_refused_by_name_and_added_to_nothing(open_shop, name):
    shop = open_shop(name, shares={}, orders=25)
    account = shop.connect()
    shop.pull(3_000)
    kept = Order.objects.count()
    shop.platform.currency = "USD"
    before = list(Order.objects.order_by("pk").values())
    shop.pull(9_000)
    assert 0 < kept < len(shop.shown())
    assert list(Order.objects.order_by("pk").values()) == before
    refused = {no: kept for no, *kept in PullRefusal.objects.values_list("order_no", "why", "values")}
    changed = {shop.platform.number(order) for order in shop.shown() if order.changed_at >= int(BEGIN.timestamp()) + 3_000}
    assert set(refused) >= changed
    assert {kept_words.read(*one) for one in refused.values()} == {"金额是 USD，这里的账只记人民币，没有收下"}
    report = gaps.make_report(account, accounts.open_account(account, now=shop.now()), business_date(BEGIN), shop.now())
    missing = [gap for gap in report.gaps if gap["kind"] == "missing"]
    assert (report.platform_fen, {gap["platform_fen"] for gap in missing}, len(missing)) == (0, {0}, len(shop.shown()) - kept)


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_what_a_platform_says_twice_or_late_changes_nothing(open_shop, name):
    shop = open_shop(name, shares={}, orders=25)
    shop.connect()
    shop.pull(4_000)
    before = list(Order.objects.order_by("pk").values())
    Pull.objects.update(pulled_until=BEGIN, next_at=shop.now() + timedelta(seconds=60))
    assert pulling.pull_due(shop.now() + timedelta(seconds=61)) == 0
    assert list(Order.objects.order_by("pk").values()) == before
