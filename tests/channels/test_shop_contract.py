"""
What every shop channel must keep, tried against the simulator over real HTTP with chaos on. The simulator knows nothing
of the channels, and what it says is the truth here. A new platform adds one entry to PLATFORMS.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from kaibo.channels.shop_douyin.channel import KIND as DOUYIN
from kaibo.channels.shop_taobao.channel import KIND as TAOBAO
from kaibo.kit.shop_channels import (
    Can,
    Grant,
    OrderState,
    ParcelWrite,
    ShopChannel,
    ShopKind,
    StockWrite,
    Window,
    case_pages,
    order_pages,
    windows,
)
from kaibo.kit.shop_complaints import PushForged, ShopCannot, ShopRefused, ShopSignatureRefused, ShopTokenExpired
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.douyin import Douyin
from kaibo.simulator.server import Server
from kaibo.simulator.taobao import STRANGE_STATUS, Taobao
from kaibo.simulator.world import World

BEGIN = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
SECONDS = 7_200
SECRET = "simulated secret of the tests"
STAGES = {
    "unpaid": OrderState.PENDING_PAYMENT, "review": OrderState.PAID, "paid": OrderState.PAID, "part_sent": OrderState.PARTIALLY_SHIPPED,
    "sent": OrderState.SHIPPED, "done": OrderState.COMPLETED, "cancelled": OrderState.CANCELLED,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One platform under test: its simulated side and its channel."""

    kind: ShopKind
    simulate: Callable[[World, Chaos], object]
    settings: dict[str, str]
    code: str
    carrier: str
    strange: str


PLATFORMS = {
    "douyin": Case(
        DOUYIN, lambda world, chaos: Douyin(world, chaos, SECRET),
        {"app_key": "7000000000000000001", "app_secret": SECRET, "shop_id": "123456", "calls_per_second": "100000"}, "simulated-code", "shunfeng", "777",
    ),
    "taobao": Case(
        TAOBAO, lambda world, chaos: Taobao(world, chaos, SECRET),
        {"app_key": "12345678", "app_secret": SECRET, "session": "session-of-the-simulated-shop", "calls_per_second": "100000"}, "", "SF",
        STRANGE_STATUS,
    ),
}  # fmt: skip


@dataclass
class Bench:
    """A simulated shop, its server and our channel to it; time passes only when told, or a little at each call."""

    case: Case
    world: World
    platform: object
    server: Server
    drift_seconds: int = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.world.now, UTC)

    def channel(self, grant: Grant | None = None, **changes: str) -> ShopChannel:
        channel = self.case.kind.make({**self.case.settings, "gateway": f"{self.server.url}/{self.case.kind.key}", **changes}, grant)
        channel._asker.pace.sleep = lambda seconds: None
        channel._asker.tries = 40  # chaos in the tests is thicker than life
        return channel

    def can(self, what: Can) -> bool:
        return what in self.case.kind.capabilities.can

    def authorised(self) -> ShopChannel:
        if not self.can(Can.REFRESH_GRANT):
            return self.channel()
        for _ in range(50):
            try:
                return self.channel(self.channel().new_grant(self.case.code, now=self.now()))
            except Exception as again:
                kept = again
        raise kept

    def pass_time(self, seconds: int) -> None:
        self.world.advance(self.world.now + seconds)


@pytest.fixture(params=sorted(PLATFORMS))
def case(request):
    return PLATFORMS[request.param]


@pytest.fixture
def bench(case):
    made = []

    def make(*, orders=300, seed=7, drift=0, strange=0, **chaos):
        world = World(seed, begin=int(BEGIN.timestamp()), seconds=SECONDS, orders=orders, strange=strange, bare=50)
        platform = case.simulate(world, Chaos.of(seed, chaos))
        one = Bench(case, world, platform, None, drift)
        one.server = Server({case.kind.key: platform}, before=lambda: one.drift_seconds and one.pass_time(one.drift_seconds)).start()
        made.append(one)
        return one

    yield make
    for one in made:
        one.server.stop()


def _pull(bench, channel, begin, kept):
    """What the pull clock does: windows since the last one, every page, older never over newer."""
    now = bench.now() + timedelta(seconds=1)
    for window in windows(begin, now, channel.capabilities):
        for page in order_pages(channel, window, clock=bench.now):
            assert page.refused == ()
            for order in page.orders:
                if order.order_no not in kept or kept[order.order_no].updated_at <= order.updated_at:
                    kept[order.order_no] = order
    return now


def _assert_equal_to_the_truth(bench, kept):
    assert set(kept) == {str(number) for number in bench.world.orders}
    for order in bench.world.orders.values():
        ours = kept[str(order.number)]
        wanted = OrderState.CLOSED if order.stage == "cancelled" and order.paid_at and ours.raw_status == "TRADE_CLOSED" else STAGES[order.stage]
        assert (ours.state, ours.amount_fen, ours.freight_fen) == (wanted, order.paid_fen, order.freight_fen)
        assert {line.line_no: (line.quantity, line.amount_fen) for line in ours.lines} == {str(line.number): (line.units, line.paid_fen) for line in order.lines}
        assert {one.tracking_no for one in ours.parcels} == {one.number for one in order.parcels}
        assert {line.line_no: line.shipped for line in ours.lines} == {str(line.number): line.sent for line in order.lines}


def test_all_orders_arrive_to_the_fen_on_the_platform_s_best_day(bench):
    one = bench()
    one.pass_time(SECONDS + 20_000)
    kept = {}
    _pull(one, one.authorised(), BEGIN, kept)
    assert len(kept) == 300
    _assert_equal_to_the_truth(one, kept)


def test_all_orders_arrive_to_the_fen_while_they_change_under_the_reader_and_everything_goes_wrong(bench):
    one = bench(orders=600, throttled=15, broken=15, strange=0)
    channel, kept, begin = one.authorised(), {}, BEGIN
    one.drift_seconds = 7  # orders move between pages while pages are read
    for _ in range(8):
        one.pass_time(1_200)
        begin = _pull(one, channel, begin, kept)
    one.drift_seconds = 0
    one.pass_time(40_000)
    _pull(one, channel, begin, kept)
    _assert_equal_to_the_truth(one, kept)


def test_a_status_nobody_documented_is_unknown_and_kept_verbatim(bench):
    one = bench(orders=80, strange=100)
    one.pass_time(3_000)
    kept = {}
    _pull(one, one.authorised(), BEGIN, kept)
    strange = [order for order in one.world.orders.values() if order.stage == "paid"]
    assert strange
    assert {kept[str(order.number)].state for order in strange} == {OrderState.UNKNOWN}
    assert {kept[str(order.number)].raw_status for order in strange} == {one.case.strange}


def test_a_window_by_order_time_counts_every_order_of_a_day(bench):
    one = bench(orders=250)
    one.pass_time(SECONDS + 20_000)
    channel = one.authorised()
    window = Window(BEGIN, BEGIN + timedelta(hours=3), by="made")
    numbers = [order.order_no for page in order_pages(channel, window, clock=one.now) for order in page.orders]
    assert sorted(numbers) == sorted(str(number) for number in one.world.orders)


def test_one_order_is_asked_for_by_its_number(bench):
    one = bench(orders=20)
    one.pass_time(SECONDS)
    channel, wanted = one.authorised(), next(iter(one.world.orders.values()))
    assert channel.order(str(wanted.number), now=one.now()).amount_fen == wanted.paid_fen
    with pytest.raises(ShopRefused):
        channel.order("6900000000000000001", now=one.now())


def _shippable(one, *, lines=1):
    one.pass_time(600)
    for _ in range(60):
        for order in one.world.orders.values():
            if order.stage == "paid" and len(order.lines) >= lines and not any(line.case for line in order.lines):
                return order
        one.pass_time(60)
    raise AssertionError


def test_a_parcel_told_again_and_again_ships_once(bench):
    one = bench(orders=200, broken=40)
    channel, order = one.authorised(), _shippable(one)
    write = ParcelWrite(str(order.number), one.case.carrier, "SF0000000000001", "parcel-1")
    for _ in range(4):
        channel.ship(write, now=one.now())
    assert [parcel.number for parcel in order.parcels] == ["SF0000000000001"]
    assert channel.ship(ParcelWrite(str(order.number), one.case.carrier, "SF0000000000001", "parcel-2"), now=one.now()).is_repeat
    with pytest.raises(ShopRefused):
        channel.ship(ParcelWrite(str(order.number), one.case.carrier, "SF0000000000002", "parcel-3"), now=one.now())
    assert len(order.parcels) == 1


def test_a_part_of_an_order_ships_and_is_read_back_as_a_part(bench):
    one = bench(orders=200)
    channel, order = one.authorised(), _shippable(one, lines=2)
    first = order.lines[0]
    channel.ship(ParcelWrite(str(order.number), one.case.carrier, "SF0000000000003", "part-1", ((str(first.number), first.units),)), now=one.now())
    read = channel.order(str(order.number), now=one.now())
    assert read.state is OrderState.PARTIALLY_SHIPPED
    assert {line.line_no: line.shipped for line in read.lines} == {str(line.number): line.sent for line in order.lines}
    assert [line.state for line in read.lines if line.line_no == str(first.number)] == [OrderState.SHIPPED]


def test_an_order_with_a_refund_under_way_is_not_shipped(bench):
    one = bench(orders=300)
    channel = one.authorised()
    for _ in range(400):
        one.pass_time(30)
        asked = [case for case in one.world.cases.values() if case.stage == "asked" and case.kind == "before"]
        if asked:
            break
    order = one.world.orders[asked[0].order]
    with pytest.raises(ShopRefused):
        channel.ship(ParcelWrite(str(order.number), one.case.carrier, "SF0000000000004", "held"), now=one.now())
    assert order.parcels == []
    assert any(line.holds for line in channel.order(str(order.number), now=one.now()).lines)


def test_stock_is_set_and_read_back_once_however_often_the_line_breaks(bench):
    one = bench(orders=5, broken=40, throttled=20)
    channel, item = one.authorised(), one.world.items[3]
    write = StockWrite(str(item.product), str(item.sku), 37, "stock-1")
    assert channel.set_stock(write, now=one.now()).units == (37 if one.can(Can.STOCK_READ) else None)
    assert item.stock == 37
    if one.can(Can.STOCK_READ):
        item.stock = 35  # two were sold
        assert channel.set_stock(write, now=one.now()).units == 35  # the same write again is no new one
    channel.set_stock(StockWrite(write.product_id, write.sku_id, 12, "stock-2"), now=one.now())
    assert item.stock == 12


def test_after_sales_cases_arrive_with_money_and_deadline(bench):
    one = bench(orders=400, throttled=10, broken=10)
    if not one.can(Can.READ_CASES):
        with pytest.raises(ShopCannot):
            one.authorised().case_page(Window(BEGIN, one.now()), now=one.now())
        return
    one.pass_time(SECONDS + 20_000)
    channel = one.authorised()
    window = Window(BEGIN, one.now() + timedelta(seconds=1))
    pages = list(case_pages(channel, window, clock=one.now))
    read = {case.case_no: case for page in pages for case in page.cases}
    assert [page.refused for page in pages if page.refused] == []
    assert {number: case.refund_fen for number, case in read.items()} == {str(case.number): case.refund_fen for case in one.world.cases.values()}
    assert all(case.decide_by and case.decide_by > case.requested_at for case in read.values())


def test_a_wrong_secret_and_a_clock_that_is_off_are_told_as_such(bench):
    one = bench(orders=3)
    one.pass_time(600)
    grant = one.channel().new_grant(one.case.code, now=one.now()) if one.can(Can.REFRESH_GRANT) else None
    with pytest.raises(ShopSignatureRefused):
        one.channel(grant, app_secret="another secret").order("1", now=one.now())
    with pytest.raises((ShopSignatureRefused, ShopRefused)):
        one.channel(grant).order("1", now=one.now() + timedelta(minutes=30))


def test_an_ended_token_is_told_as_such_and_a_renewed_one_works(bench):
    one = bench(orders=3)
    if not one.can(Can.REFRESH_GRANT):
        with pytest.raises(ShopCannot):
            one.channel().refreshed_grant(Grant("x"), now=one.now())
        return
    one.pass_time(SECONDS)
    grant = one.channel().new_grant(one.case.code, now=one.now())
    one.pass_time(8 * 86_400)
    number = str(next(iter(one.world.orders)))
    with pytest.raises(ShopTokenExpired):
        one.channel(grant).order(number, now=one.now())
    renewed = one.channel(grant).refreshed_grant(grant, now=one.now())
    assert renewed.expires_at > one.now()
    assert one.channel(renewed).order(number, now=one.now()).order_no == number


def test_every_push_is_a_hint_about_an_order_and_a_changed_one_a_forgery(bench):
    one = bench(orders=40, numbers=50)
    if not one.can(Can.PUSH):
        with pytest.raises(ShopCannot):
            one.channel().read_push({}, b"", now=one.now())
        return
    one.pass_time(SECONDS)
    channel = one.channel()
    for happening in itertools.islice(one.world.happened, 60):
        headers, body = one.platform.push([happening])
        (hint,) = channel.read_push(headers, body, now=one.now())
        number = happening.case.number if happening.case else happening.order.number
        assert (hint.number, hint.about) == (str(number), "case" if happening.case else "order")
        assert channel.read_push(headers, body, now=one.now())[0].message_id == hint.message_id
        with pytest.raises(PushForged):
            channel.read_push(headers, body.replace(b"tag", b"tug"), now=one.now())
    assert channel.answer_push(None) != channel.answer_push("later")


def test_no_secret_is_in_a_complaint_or_a_log(bench, caplog):
    one = bench(orders=1)
    grant = one.channel().new_grant(one.case.code, now=one.now()) if one.can(Can.REFRESH_GRANT) else Grant(one.case.settings["session"], "session-of")
    channel = one.channel(grant)
    one.server.stop()
    channel._asker.tries = 2
    with pytest.raises(Exception) as away:
        channel.order("1", now=one.now())
    said = repr(away.value) + str(away.value.__cause__) + caplog.text
    assert [part for part in (SECRET, grant.access_token, grant.refresh_token) if part in said] == []
