"""Orders a platform split: parts know their parent and each other, nothing counts twice, no part is another's double or shares its parcel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from kaibo.kit.clock import business_date
from kaibo.kit.shop_channels import Can, Capabilities, OrderPage, OrderState, PlatformLine, PlatformOrder, PlatformReceiver
from kaibo.kit.shop_complaints import ShopRefused
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from kaibo.stages.orders import gaps, parcel_queries, pulling, shipping
from kaibo.stages.orders.exports import ORDERS
from kaibo.stages.orders.models import Finding, Order
from kaibo.stages.orders.split_orders import Counted, family_of, hold_together, other_parts
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.people import NOW, make_actor, make_person, make_shop

PARENT, FIRST, SECOND = "281046817000", "281046817001", "281046817002"
DOOR = PlatformReceiver(name="林晓红", phone="13800138000", address="文三路 1 号 2 幢", province="浙江省", city="杭州市", area="西湖区")


@pytest.fixture
def account(db):
    channel = Channel.objects.create(shop=make_shop(), platform="jd", name="林夏·京东")
    return ChannelAccount.objects.create(channel=channel, sealed_settings=b"x", is_on=False, changed_at=NOW)


@pytest.fixture
def goods(account):
    product = make_product(account.channel.shop)
    skus = [make_sku(product, code=code, price_fen=10_000) for code in ("KB-1", "KB-2")]
    for sku in skus:
        make_stock(sku, 10)
    return skus


def told(order_no, *codes, minutes=0, state=OrderState.PAID, raw="WAIT_SELLER_STOCK_OUT", **more):
    lines = tuple(PlatformLine("", f"衣服 {code}", "", code, "1", code, 1, 10_000, 10_000, raw, state) for code in codes)
    return PlatformOrder(
        order_no, raw, state, lines, 10_000 * len(codes), 0, NOW - timedelta(hours=2), NOW - timedelta(hours=2) + timedelta(minutes=minutes),
        paid_at=NOW - timedelta(hours=2), receiver=DOOR, **more,
    )  # fmt: skip


def split_up(account, first=("KB-1",), second=("KB-2",)):
    """The platform takes the parent back and shows its parts."""
    parent = told(PARENT, *first, *second, minutes=9, state=OrderState.CANCELLED, raw="PARENT_TRADE_CANCELED", is_split=True)
    parts = [told(FIRST, *first, minutes=9, parent_no=PARENT), told(SECOND, *second, minutes=9, parent_no=PARENT)]
    pulling.take(account, [*parts, parent], NOW)
    return parent, parts


def mine(order_no):
    return Order.objects.get(order_no=order_no)


def test_parts_keep_their_parent_and_its_promise_of_stock_goes_back_once(account, goods):
    pulling.take(account, [told(PARENT, "KB-1", "KB-2")], NOW)
    Order.objects.update(released_at=NOW)
    assert shipping.allocate_released(NOW) == 1
    assert stock.levels_of([goods[0].pk])[goods[0].pk][Bucket.SELLABLE] == 9
    split_up(account)
    assert [(one.state, one.parent_no, one.paid_fen) for one in map(mine, (PARENT, FIRST, SECOND))] == [
        ("cancelled", "", 0), ("paid", PARENT, 10_000), ("paid", PARENT, 10_000),
    ]  # fmt: skip
    assert stock.levels_of([goods[0].pk])[goods[0].pk][Bucket.SELLABLE] == 10
    Order.objects.filter(parent_no=PARENT).update(released_at=NOW)
    assert shipping.allocate_released(NOW) == 2
    assert stock.levels_of([goods[0].pk])[goods[0].pk][Bucket.SELLABLE] == 9
    assert family_of(mine(PARENT)).parts_fen == mine(PARENT).amount_fen == 20_000
    assert [one.order_no for one in family_of(mine(SECOND)).parts] == [FIRST, SECOND]


def test_a_file_that_does_not_know_the_parent_leaves_it(account, goods):
    split_up(account)
    pulling.take(account, [told(FIRST, "KB-1", minutes=20)], NOW)
    assert mine(FIRST).parent_no == PARENT


def test_parts_with_the_same_item_are_no_doubles_while_another_order_still_is(account, goods):
    pulling.take(account, [told(PARENT, "KB-1", "KB-2")], NOW)
    pulling.take(account, [told(FIRST, "KB-1", minutes=9, parent_no=PARENT), told(SECOND, "KB-1", minutes=9, parent_no=PARENT)], NOW)  # before its parent changed
    assert list(Finding.objects.filter(field="duplicate").values_list("order__order_no", flat=True)) == []
    pulling.take(account, [told("281046817009", "KB-1", minutes=9)], NOW)
    assert set(Finding.objects.filter(field="duplicate").values_list("order__order_no", flat=True)) == {"281046817009"}


def test_parts_are_not_offered_for_one_parcel_while_another_order_of_that_door_is(account, goods):
    split_up(account)
    pulling.take(account, [told("281046817009", "KB-2", minutes=9)], NOW)
    groups = parcel_queries.merge_groups(list(Order.objects.filter(state="paid")))
    by_number = {one.order_no: {other.order_no for other in groups[one.pk]} for one in Order.objects.filter(state="paid")}
    assert by_number == {FIRST: {"281046817009"}, SECOND: {"281046817009"}, "281046817009": {FIRST, SECOND}}
    assert {one.order_no: [other.order_no for other in other_parts([one]).get(one.pk, [])] for one in Order.objects.all()} == {
        PARENT: [], FIRST: [SECOND], SECOND: [FIRST], "281046817009": [],
    }  # fmt: skip


# ── money is counted once ─────────────────────────────────────────────────────────────────────────────────────────


class Lists:
    """A platform that lists these orders of the day."""

    capabilities = Capabilities(frozenset({Can.READ_MADE, Can.READ_ONE}), timedelta(days=1), 100)

    def __init__(self, *orders):
        self.orders = orders

    def order_page(self, window, *, following, now):
        return OrderPage(self.orders, None)

    def order(self, order_no, *, now):
        raise ShopRefused(channel="京东", why=order_no)


def report(account, *orders):
    made = gaps.make_report(account, Lists(*orders), business_date(NOW), NOW)
    return (made.platform_orders, made.our_orders, made.platform_fen, made.our_fen), [(gap["order_no"], gap["kind"]) for gap in made.gaps]


def test_a_day_counts_a_split_order_by_its_parts_on_both_sides(account, goods):
    parent, parts = split_up(account)
    assert report(account, parent, *parts) == ((2, 2, 20_000, 20_000), [])
    mine(SECOND).delete()
    assert report(account, parent, *parts) == ((2, 1, 20_000, 10_000), [(SECOND, "missing")])


def test_where_the_platform_lists_the_parent_alone_our_parts_stand_for_it(account, goods):
    parent, _parts = split_up(account)
    alone = replace(parent, is_split=False, raw_status="FINISHED_L", state=OrderState.COMPLETED)
    assert report(account, alone) == ((1, 1, 20_000, 20_000), [])
    Order.objects.filter(order_no=FIRST).update(amount_fen=9_000)
    assert report(account, alone) == ((1, 1, 20_000, 19_000), [(PARENT, "amount")])


def test_a_parent_we_have_and_the_platform_shows_only_as_parts_is_no_gap_but_its_parts_are(account, goods):
    pulling.take(account, [told(PARENT, "KB-1", "KB-2")], NOW)
    parts = told(FIRST, "KB-1", parent_no=PARENT), told(SECOND, "KB-2", parent_no=PARENT)
    assert report(account, *parts) == ((2, 0, 20_000, 0), [(FIRST, "missing"), (SECOND, "missing")])


def test_who_is_nobody_s_part_is_left_as_it_is():
    theirs, ours = {"1": Counted(5), "2": Counted(7, is_split=True)}, {"1": Counted(5), "2": Counted(7), "3": Counted(1, "9")}
    together = hold_together(theirs, ours)
    assert (together.theirs_left_out, together.ours_left_out, dict(together.alone)) == ({"2"}, {"2"}, {})


# ── the pages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_pages_show_the_other_parts(account, goods, client):
    split_up(account)
    Order.objects.filter(parent_no=PARENT).update(released_at=NOW)
    shipping.allocate_released(NOW)
    client.force_login(make_person("alice", "owner"))
    page = client.get(reverse("orders:order", args=[mine(FIRST).pk])).content.decode()
    assert "平台拆单" in page and reverse("orders:order", args=[mine(SECOND).pk]) in page and reverse("orders:order", args=[mine(PARENT).pk]) in page
    page = client.get(reverse("orders:order", args=[mine(PARENT).pk])).content.decode()
    assert "拆成了 2 单" in page and "请到平台核对" not in page
    picking = client.get(reverse("orders:picking")).content.decode()
    assert picking.count("同一买家还有") == 2 and "可合包" not in picking
    stranger = client
    stranger.force_login(make_person("zoe"))
    assert stranger.get(reverse("orders:order", args=[mine(FIRST).pk])).status_code in {403, 404}


def test_the_export_names_the_order_before_the_split(account, goods):
    split_up(account)
    keys = [column.key for column in ORDERS.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in ORDERS.rows(make_actor("alice", "owner"), None, None)]
    assert {row["order_no"]: row["parent_no"] for row in rows} == {PARENT: "", FIRST: PARENT, SECOND: PARENT}
