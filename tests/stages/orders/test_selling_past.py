"""What orders tell selection: pieces sold and returned, days by price, and baskets without a name in them."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from kaibo.stages.orders import selling_past
from kaibo.stages.orders.models import OrderLine
from kaibo.stages.selection import matching_services
from kaibo.stages.selection.past import selling_past as wired
from tests.make.goods import make_product, make_sku
from tests.make.orders import NOW, row, take
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods(shop):
    coat, scarf = make_product(shop, "KB-2417"), make_product(shop, "KB-2405", "双面羊绒围巾")
    make_sku(coat, "KB-2417-B-M", cost_fen=21_000)
    make_sku(scarf, "KB-2405-DG", "雾灰", cost_fen=9_800, price_fen=29_900)
    return coat, scarf


SCARF = {"title": "双面羊绒围巾", "code": "KB-2405-DG", "specification": "雾灰", "price": 29_900, "amount": 29_900}


def sold(shop):
    """Two buyers, one of whom bought the coat and, by another order of the same evening, the scarf; one order is not paid."""
    later = {"ordered_at": NOW - timedelta(minutes=30), "paid_at": NOW - timedelta(minutes=29)}
    take(
        [
            row("6900000000000000001", quantity=2, amount=119_800), row("6900000000000000002", **SCARF, **later),
            row("6900000000000000003", phone="13900001111", receiver="王芳", price=54_900, amount=54_900),
            row("6900000000000000004", phone="13900002222", receiver="赵敏", status="待付款", paid_at=None),
        ],
        shop=shop,
    )  # fmt: skip


def test_pieces_days_and_baskets_are_those_of_paid_orders(shop, goods, tmp_path):
    coat, scarf = goods
    sold(shop)
    line = OrderLine.objects.get(order__order_no="6900000000000000001")
    OrderLine.objects.filter(pk=line.pk).update(shipped=2, returned=1)
    assert selling_past.sold_of([coat.pk, scarf.pk]) == {coat.pk: (3, 1), scarf.pk: (1, 0)}
    day = date(2026, 11, 22)
    assert [(d, fen, units) for d, fen, units, _sessions in selling_past.price_days_of(coat.pk)] == [(day, 54_900, 1), (day, 59_900, 2)]
    assert [(one.day, one.price_fen, one.units, one.reached) for one in wired().price_days(coat.pk, shop_id=shop.pk)] == [(day, 54_900, 1, 0), (day, 59_900, 2, 0)]
    path = tmp_path / "baskets.csv"
    selling_past.write_baskets(path, shop_id=shop.pk, since=NOW - timedelta(days=1))
    rows = list(csv.DictReader(path.open()))
    by_item = {(one["item"], int(one["margin_fen"])): one["basket"] for one in rows}
    # one of two coats came back: 59,900 − 21,000; the scarf of the same buyer stands in the same basket, the other buyer's coat in another
    assert by_item[str(coat.pk), 38_900] == by_item[str(scarf.pk), 20_100]
    assert by_item[str(coat.pk), 33_900] != by_item[str(coat.pk), 38_900]
    assert len(rows) == 3 and "李小梅" not in path.read_text() and "13812345678" not in path.read_text()


def test_another_shops_orders_are_in_nobody_elses_basket(shop, goods, tmp_path):
    sold(shop)
    path = tmp_path / "baskets.csv"
    selling_past.write_baskets(path, shop_id=make_shop("other", "别的店").pk, since=NOW - timedelta(days=1))
    assert path.read_text().splitlines() == ["basket,item,sold_at,margin_fen"]


def test_a_report_of_real_baskets_names_the_pair_and_keeps_its_money(shop, owner, goods):
    coat, scarf = goods
    third = make_product(shop, "KB-2388", "羊毛袜")
    make_sku(third, "KB-2388-A", "女款三双", cost_fen=1_100, price_fen=3_900)
    rows = []
    for n in range(120):
        at = {"ordered_at": NOW - timedelta(days=30) + timedelta(hours=n), "paid_at": NOW - timedelta(days=30) + timedelta(hours=n, minutes=1), "phone": f"139{n:08d}", "receiver": f"买家{n}"}
        if n % 2:
            rows.append(row(f"69000000000000{n:05d}", **at, **SCARF))
            rows.append(row(f"69100000000000{n:05d}", title="羊毛袜", code="KB-2388-A", specification="女款三双", price=3_900, amount=3_900, **at))
        else:
            rows.append(row(f"69200000000000{n:05d}", **at))
    take(rows, shop=shop)
    sheet = matching_services.mine_shop(actor=owner, shop_id=shop.pk, now=NOW).sheet
    assert (sheet["baskets"], sheet["items"], sheet["named"]) == (84, 3, 1)
    (pair,) = sheet["pairs"]
    assert {pair["a"], pair["b"]} == {str(scarf.pk), str(third.pk)} and (pair["both"], pair["lift_bp"]) == (42, 20_000)
    (one,) = sheet["combinations"]
    assert (one["traffic"], one["beside"], one["held_baskets"], one["held_fen"], one["traffic_fen"]) == (str(third.pk), [str(scarf.pk)], 18, 18 * 20_100, 18 * 2_800)
