"""
What every shop channel must keep, tried against the simulator over real HTTP with chaos on. The simulator knows nothing
of the channels, and what it says is the truth here.

A platform's own file says `from tests.channels.shop_contract import *` and what it is, in `PLATFORMS`; so each file stays short.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from kaibo.kit.shop_channels import (
    Can,
    CaseState,
    Grant,
    OrderState,
    ParcelWrite,
    ShopChannel,
    ShopKind,
    StockWrite,
    Window,
)
from kaibo.kit.shop_complaints import PushForged, ShopCannot, ShopRefused, ShopSignatureRefused, ShopTokenExpired
from kaibo.kit.shop_windows import case_pages, order_pages, windows
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.server import Server
from kaibo.simulator.world import Order, World

BEGIN = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
SECONDS = 7_200
SECRET = "simulated secret of the tests"
SESSION = "session-of-the-simulated-shop"
STAGES = {
    "unpaid": OrderState.PENDING_PAYMENT, "review": OrderState.PAID, "paid": OrderState.PAID, "part_sent": OrderState.PARTIALLY_SHIPPED,
    "sent": OrderState.SHIPPED, "done": OrderState.COMPLETED, "cancelled": OrderState.CANCELLED, "split": OrderState.CANCELLED,
}  # fmt: skip


def closed_once_paid(order: Order) -> OrderState:
    """These platforms say closed, not cancelled, of an order that was paid and refunded."""
    return OrderState.CLOSED if order.stage == "cancelled" and order.paid_at else STAGES[order.stage]


@dataclass(frozen=True)
class Case:
    """One platform under test: its simulated side and its channel."""

    kind: ShopKind
    simulate: Callable[[World, Chaos], object]
    settings: dict[str, str]
    code: str
    carrier: str
    strange: str
    line_by: Literal["number", "item", "code"] = "number"
    """What tells lines apart: their own number, or the item, where a platform shows all of one item as one line, or the merchant's code."""
    most_lines: int = 3
    sends_parts: bool = True
    splits: int = 0
    """So many of a hundred orders of several items it splits into orders of their own."""
    tells_line_amounts: bool = True
    """What was paid for each line; else the order's amount is shared out."""
    lists_strange: bool = True
    """A status nobody documented is listed; else it is seen only when the order is asked for by its number."""
    tells_deadline: bool = True
    """Its list of after-sales cases says until when they must be answered."""
    state_of: Callable[[Order], OrderState] = lambda order: STAGES[order.stage]
    is_stock_told_once: bool = False
    """A stock write carries a number of ours; else it is only absolute."""
    wrong: dict[str, str] = field(default_factory=lambda: {"app_secret": "another secret"})
    """What is wrong with an account whose calls, or whose asking for a token, are refused as such."""
    is_clock_checked: bool = True
    drift_seconds: int = 7
    """How much time passes at each call: less where a page of orders takes a hundred calls."""
    changes_push: tuple[bytes, bytes] = (b"tag", b"tug")
    pushes_cases: bool = True
    """A push about an after-sales case names it; else it names the order."""


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
        account = self.platform.account(self.server.address_of(self.case.kind.key))
        channel = self.case.kind.make({**account, **self.case.settings, **changes}, grant)
        channel._asker.pace.sleep = lambda seconds: None
        channel._asker.tries = 40  # chaos in the tests is thicker than life
        return channel

    def number(self, order: Order) -> str:
        return self.platform.number(order)

    def shown(self) -> list[Order]:
        return [order for order in self.world.orders.values() if self.platform.shows(order)]

    def lines(self, order: Order) -> dict[str, tuple[int, int, int]]:
        """Units, money and units sent by the number a line has on the platform."""
        found: dict[str, tuple[int, int, int]] = {}
        for line in order.lines:
            key = {"number": str(line.number), "item": str(line.item.sku), "code": line.item.code}[self.case.line_by]
            units, paid, sent = found.get(key, (0, 0, 0))
            found[key] = (units + line.units, paid + line.paid_fen, sent + line.sent)
        return found

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


def pytest_generate_tests(metafunc):
    """Runs in the file of a platform: every promise is tried for each of its platforms."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", list(metafunc.module.PLATFORMS.values()), ids=list(metafunc.module.PLATFORMS))


@pytest.fixture
def bench(case):
    made = []

    def make(*, orders=300, seed=7, drift=0, strange=0, **chaos):
        world = World(seed, begin=int(BEGIN.timestamp()), seconds=SECONDS, orders=orders, strange=strange, bare=50, most_lines=case.most_lines, sends_parts=case.sends_parts, splits=case.splits)
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
    try:
        return _pull_until(bench, channel, begin, now, kept)
    except ShopTokenExpired:  # some tokens hold two hours only
        return _pull_until(bench, bench.authorised(), begin, now, kept)


def _pull_until(bench, channel, begin, now, kept):
    for window in windows(begin, now, channel.capabilities):
        for page in order_pages(channel, window, clock=bench.now):
            assert page.refused == ()
            for order in page.orders:
                if order.order_no not in kept or kept[order.order_no].updated_at <= order.updated_at:
                    kept[order.order_no] = order
    return now


def _assert_equal_to_the_truth(bench, kept):
    assert set(kept) == {bench.number(order) for order in bench.shown()}
    for order in bench.shown():
        ours = kept[bench.number(order)]
        assert (ours.state, ours.amount_fen, ours.freight_fen) == (bench.case.state_of(order), order.paid_fen, order.freight_fen)
        assert sum(line.amount_fen for line in ours.lines) == order.paid_fen - order.freight_fen
        paid = {line.line_no or line.code: line.amount_fen for line in ours.lines}
        truth = bench.lines(order)
        assert {line.line_no or line.code: (line.quantity, line.shipped) for line in ours.lines} == {key: (units, sent) for key, (units, _, sent) in truth.items()}
        if bench.case.tells_line_amounts:
            assert paid == {key: fen for key, (_, fen, _) in truth.items()}
        assert {one.tracking_no for one in ours.parcels} == {one.number for one in order.parcels}


def test_all_orders_arrive_to_the_fen_on_the_platform_s_best_day(bench):
    one = bench()
    one.pass_time(SECONDS + 20_000)
    kept = {}
    _pull(one, one.authorised(), BEGIN, kept)
    assert len([order for order in one.world.orders.values() if not order.parent]) == 300
    _assert_equal_to_the_truth(one, kept)


def test_all_orders_arrive_to_the_fen_while_they_change_under_the_reader_and_everything_goes_wrong(bench):
    one = bench(orders=600, throttled=15, broken=15, strange=0)
    channel, kept, begin = one.authorised(), {}, BEGIN
    one.drift_seconds = one.case.drift_seconds  # orders move between pages while pages are read
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
    channel, kept = one.authorised(), {}
    _pull(one, channel, BEGIN, kept)
    seen_until = (one.now() - channel.capabilities.settle).timestamp()
    strange = [order for order in one.world.orders.values() if order.stage == "paid" and order.changed_at <= seen_until]
    assert strange
    if not one.case.lists_strange:
        assert not {one.number(order) for order in strange} & set(kept)
        kept = {one.number(order): channel.order(one.number(order), now=one.now()) for order in strange}
    assert {kept[one.number(order)].state for order in strange} == {OrderState.UNKNOWN}
    assert {kept[one.number(order)].raw_status for order in strange} == {one.case.strange}


def test_a_window_by_order_time_counts_every_order_of_a_day(bench):
    one = bench(orders=250)
    one.pass_time(SECONDS + 20_000)
    channel = one.authorised()
    window = Window(BEGIN, BEGIN + timedelta(hours=3), by="made")
    numbers = [order.order_no for page in order_pages(channel, window, clock=one.now) for order in page.orders]
    assert sorted(numbers) == sorted(map(one.number, one.shown()))


def test_the_parts_of_an_order_the_platform_split_name_it_and_its_money_is_theirs(bench):
    one = bench(orders=300)
    one.pass_time(SECONDS + 20_000)
    kept = {}
    _pull(one, one.authorised(), BEGIN, kept)
    parents = {one.number(order): one.number(one.world.orders[order.parent]) for order in one.shown() if order.parent}
    assert {no: order.parent_no for no, order in kept.items() if order.parent_no} == parents
    assert {no for no, order in kept.items() if order.is_split} == set(parents.values())
    assert bool(parents) == bool(one.case.splits)
    for parent in set(parents.values()):
        assert sum(kept[no].amount_fen for no, of in parents.items() if of == parent) == kept[parent].amount_fen > 0


def test_one_order_is_asked_for_by_its_number(bench):
    one = bench(orders=20)
    one.pass_time(SECONDS)
    channel, wanted = one.authorised(), one.shown()[0]
    assert channel.order(one.number(wanted), now=one.now()).amount_fen == wanted.paid_fen
    with pytest.raises(ShopRefused):
        channel.order(_nobodys(one), now=one.now())


def _nobodys(one):
    """A number as the platform writes them, of no order."""
    return one.number(replace(one.shown()[0], number=6_900_000_000_000_000_001))


def _shippable(one, *, lines=1):
    one.pass_time(600)
    for _ in range(60):
        for order in one.world.orders.values():
            if order.stage == "paid" and len(one.lines(order)) >= lines and not any(line.case for line in order.lines):
                return order
        one.pass_time(60)
    raise AssertionError


def test_a_parcel_told_again_and_again_ships_once(bench):
    one = bench(orders=200, broken=25)
    channel, order = one.authorised(), _shippable(one)
    one.platform.chaos.unheard = 35  # it is done, and nobody hears that it was
    write = ParcelWrite(one.number(order), one.case.carrier, "SF0000000000001", "parcel-1")
    for _ in range(4):
        channel.ship(write, now=one.now())
    assert [parcel.number for parcel in order.parcels] == ["SF0000000000001"]
    assert channel.ship(ParcelWrite(one.number(order), one.case.carrier, "SF0000000000001", "parcel-2"), now=one.now()).is_repeat
    with pytest.raises(ShopRefused):
        channel.ship(ParcelWrite(one.number(order), one.case.carrier, "SF0000000000002", "parcel-3"), now=one.now())
    assert len(order.parcels) == 1


def test_a_part_of_an_order_ships_and_is_read_back_as_a_part(bench):
    one = bench(orders=200)
    if not one.can(Can.SHIP_PART):
        with pytest.raises(ShopCannot):
            one.authorised().ship(ParcelWrite("1", one.case.carrier, "SF0000000000003", "part-1", (("1", 1),)), now=one.now())
        return
    channel, order = one.authorised(), _shippable(one, lines=2)
    first, (units, _, _) = next(iter(one.lines(order).items()))
    channel.ship(ParcelWrite(one.number(order), one.case.carrier, "SF0000000000003", "part-1", ((first, units),)), now=one.now())
    read = channel.order(one.number(order), now=one.now())
    assert read.state is OrderState.PARTIALLY_SHIPPED
    assert {line.line_no: line.shipped for line in read.lines} == {number: sent for number, (_, _, sent) in one.lines(order).items()}
    assert [line.state for line in read.lines if line.line_no == first] == [OrderState.SHIPPED]
    assert sum(line.sent for line in order.lines) == units


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
        channel.ship(ParcelWrite(one.number(order), one.case.carrier, "SF0000000000004", "held"), now=one.now())
    assert order.parcels == []
    read = channel.order(one.number(order), now=one.now())
    assert read.holds or any(line.holds for line in read.lines) or not one.platform.shows_case(asked[0])


def test_stock_is_set_and_read_back_once_however_often_the_line_breaks(bench):
    one = bench(orders=5, broken=25, throttled=20)
    channel, item = one.authorised(), one.world.items[3]
    one.platform.chaos.unheard = 25
    write = StockWrite(str(item.product), str(item.sku), 37, "stock-1")
    if not one.can(Can.STOCK_ABSOLUTE):
        with pytest.raises(ShopCannot):
            channel.set_stock(write, now=one.now())
        assert item.stock == 1_000
        return
    assert channel.set_stock(write, now=one.now()).units == (37 if one.can(Can.STOCK_READ) else None)
    assert item.stock == 37
    if one.can(Can.STOCK_READ):
        item.stock = 35  # two were sold
        again = channel.set_stock(write, now=one.now()).units
        assert again == (35 if one.case.is_stock_told_once else 37)  # with a number of ours the same write again is no new one
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
    stretches = windows(BEGIN, one.now() + timedelta(hours=1), channel.capabilities)
    pages = [page for window in stretches for page in case_pages(channel, window, clock=one.now)]
    read = {case.case_no: case for page in pages for case in page.cases}
    assert [page.refused for page in pages if page.refused] == []
    assert {number: case.refund_fen for number, case in read.items()} == {
        str(case.number): case.refund_fen for case in one.world.cases.values() if one.platform.shows_case(case)
    }
    waiting = [case for case in read.values() if case.state is CaseState.REQUESTED]
    assert waiting or not any(one.platform.shows_case(case) for case in one.world.cases.values() if case.stage == "asked")
    if one.case.tells_deadline:
        assert all(case.decide_by and case.decide_by > case.requested_at for case in waiting)


def test_a_wrong_secret_and_a_clock_that_is_off_are_told_as_such(bench):
    one = bench(orders=3)
    one.pass_time(SECONDS)
    number = one.number(one.shown()[0])
    grant = one.channel().new_grant(one.case.code, now=one.now()) if one.can(Can.REFRESH_GRANT) else None
    wrong = one.channel(grant, **one.case.wrong)
    with pytest.raises((ShopSignatureRefused, ShopTokenExpired)):
        wrong.order(number, now=one.now())
        wrong.new_grant(one.case.code, now=one.now())  # calls that carry no signature are proven when the token is asked for
    if one.case.is_clock_checked:
        with pytest.raises((ShopSignatureRefused, ShopRefused)):
            one.channel(grant).order(number, now=one.now() + timedelta(minutes=30))


def test_an_ended_token_is_told_as_such_and_a_renewed_one_works(bench):
    one = bench(orders=3)
    if not one.can(Can.REFRESH_GRANT):
        with pytest.raises(ShopCannot):
            one.channel().refreshed_grant(Grant("x"), now=one.now())
        return
    one.pass_time(SECONDS)
    grant = one.channel().new_grant(one.case.code, now=one.now())
    one.pass_time(8 * 86_400)
    number = one.number(one.shown()[0])
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
        is_case = happening.case is not None and one.case.pushes_cases
        assert (hint.number, hint.about) == ((str(happening.case.number), "case") if is_case else (one.number(happening.order), "order"))
        assert (hint.about == "case" or hint.is_about_cases) == (happening.case is not None)
        assert channel.read_push(headers, body, now=one.now())[0].message_id == hint.message_id
        with pytest.raises(PushForged):
            channel.read_push(headers, body.replace(*one.case.changes_push), now=one.now())
    assert channel.answer_push(None) != channel.answer_push("later")


def test_no_secret_is_in_a_complaint_or_a_log(bench, caplog):
    one = bench(orders=1)
    grant = one.channel().new_grant(one.case.code, now=one.now()) if one.can(Can.REFRESH_GRANT) else Grant(SESSION, "session-of")
    channel = one.channel(grant)
    one.server.stop()
    channel._asker.tries = 2
    with pytest.raises(Exception) as away:
        channel.order("1", now=one.now())
    said = repr(away.value) + str(away.value.__cause__) + caplog.text
    account = one.platform.account("")
    secrets = {account.get(field.key, "") for field in one.case.kind.fields if field.is_secret}
    assert [part for part in (SECRET, *secrets, grant.access_token, grant.refresh_token) if part and part in said] == []
