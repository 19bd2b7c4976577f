"""An order export read by a process of its own leaves the same orders, lines, receivers and findings as one read in a thread."""

from __future__ import annotations

import pytest
from django.db import transaction

from kaibo.cli.benches import order_file
from kaibo.cli.benches.order_goods import add_goods
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake import engine, reading_ahead, services, store
from kaibo.plumbing.vault import vault
from kaibo.stages.orders.models import Finding, Order, OrderLine
from tests.make.orders import NOW
from tests.make.people import make_shop

pytestmark = pytest.mark.django_db
ROWS = 700
LARGE, SMALL = 0, 10**9


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch, settings, tmp_path):
    settings.ENV = type("Env", (), {"data": tmp_path})()
    monkeypatch.setattr(engine, "BATCH_ROWS", 150)
    monkeypatch.setattr(order_file, "ITEMS", 40)


@pytest.fixture
def reader(monkeypatch):
    """Who reads from now on; the processes started by then are counted."""
    made = []

    class Counted(reading_ahead._Process):
        def __init__(self, told):
            super().__init__(told)
            made.append(self)

    monkeypatch.setattr(reading_ahead, "_Process", Counted)

    def choose(least_bytes: int) -> list[object]:
        monkeypatch.setattr(reading_ahead, "LARGE_BYTES", least_bytes)
        return made

    return choose


def take(path, shop):
    run = services.start_import(
        actor=KAIBO, kind_key="orders", chunks=store.pieces(path), file_name=path.name, platform="douyin", shop_id=shop.pk, now=NOW
    )
    done = engine.run_import(run.pk, clock=lambda: NOW)
    return done.state, done.rows_new, done.rows_changed, done.rows_same, done.rows_quarantined


def stands(shop):
    """Everything of a shop's orders but keys, times of taking and whose key a receiver is sealed with."""
    left_out = {"id", "shop_id", "created_at", "source_version", "receiver_sealed", "buyer_subject_id"}
    orders = [{name: value for name, value in one.items() if name not in left_out} for one in Order.objects.filter(shop=shop).order_by("order_no").values()]
    receivers = [
        vault.reveal_for_machine(one.buyer_subject_id, bytes(one.receiver_sealed)) if one.receiver_sealed else None
        for one in Order.objects.filter(shop=shop).order_by("order_no")
    ]
    lines = list(
        OrderLine.objects.filter(order__shop=shop).order_by("order__order_no", "line_no").values_list(
            "order__order_no", "line_no", "sku__code", "platform_title", "platform_specification", "platform_code", "quantity", "shipped",
            "cancelled", "returned", "price_fen", "amount_fen", "raw_status", "raw_aftersale", "content_hash",
        )
    )  # fmt: skip
    findings = sorted(Finding.objects.filter(order__shop=shop).values_list("order__order_no", "field", "wrong", "proposed", "reason", "confidence_bp"))
    return orders, receivers, lines, findings


def outcome(path, shop, *, kept: bool):
    """What an import answers and leaves; taken back unless it is kept."""
    mark = transaction.savepoint()
    found = take(path, shop), stands(shop)
    if not kept:
        transaction.savepoint_rollback(mark)
    return found


@pytest.fixture
def shop():
    made = make_shop()
    add_goods(made.pk)
    return made


@pytest.mark.parametrize("receivers", order_file.RECEIVERS)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_both_ways_of_reading_leave_the_same(tmp_path, reader, shop, receivers, ending):
    path = tmp_path / f"1760000000_orders.{ending}"
    order_file.write_orders(path, ROWS, receivers=receivers)
    reader(SMALL)
    counts, left = outcome(path, shop, kept=False)
    assert reader(LARGE) == []
    assert outcome(path, shop, kept=True) == (counts, left)
    assert len(reader(LARGE)) == 1
    assert (counts[0], len(left[0])) == ("done", counts[1])
    assert len(left[3]) > 5
    assert outcome(path, shop, kept=True) == (("done", 0, 0, counts[1], counts[4]), left)
    assert len(reader(LARGE)) == 2


def test_an_order_of_several_lines_and_one_cut_by_a_batch_come_out_alike(tmp_path, reader, shop, monkeypatch):
    monkeypatch.setattr(engine, "BATCH_ROWS", 4)
    path = tmp_path / "1760000000_orders.csv"
    head = ["主订单编号", "子订单编号", "选购商品", "商品数量", "商家编码", "订单应付金额", "订单状态", "收件人", "收件人手机号", "详细地址", "订单提交时间"]
    rows = [
        [f"69{order:05d}", f"{order}-{line}", f"围\\巾{line}", "1", "SKU-0001", "12.50", "已发货" if line else "待发货", "林女士", "13812345678", "浙江省杭州市西湖区文三路1号", "2026-11-22 20:00:00"]
        for order in range(9) for line in range(1 + order % 3)
    ]  # fmt: skip
    rows.insert(3, rows[2])  # the same line twice: the second in a call of its own
    path.write_text("\n".join(",".join(row) for row in [head, *rows]), encoding="utf-8")
    reader(SMALL)
    found = outcome(path, shop, kept=False)
    reader(LARGE)
    assert outcome(path, shop, kept=True) == found
    assert len(reader(LARGE)) == 1
    assert found[0] == ("done", 18, 0, 1, 0)
    assert sorted(Order.objects.values_list("order_no", "units", "state")) == [
        (f"69{order:05d}", 1 + order % 3, "partially_shipped" if order % 3 else "paid") for order in range(9)
    ]
    assert Order.objects.get(order_no="6900005").goods == "围\\巾0 ×1；围\\巾1 ×1；围\\巾2 ×1"
    assert set(OrderLine.objects.values_list("platform_title", flat=True)) == {"围\\巾0", "围\\巾1", "围\\巾2"}
