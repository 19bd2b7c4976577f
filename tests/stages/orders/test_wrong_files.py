"""Files taken for what they are not: another platform's, another kind's, renamed columns, broken ones. Nothing wrong is imported."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from kaibo.cli.benches import order_file, order_layouts
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.intake import engine, services
from kaibo.plumbing.intake.models import ColumnMapping, ImportRun
from kaibo.stages.orders.models import Order
from tests.make.people import NOW, make_person, make_shop
from tests.make.platform_files import write_cases

pytestmark = pytest.mark.django_db
RENAMED = {"主订单编号": "交易号码", "订单应付金额": "应收合计", "订单状态": "当前进度", "商品数量": "几件"}


def take(content: bytes, name: str = "1760000000_orders.csv", platform: str = "douyin", kind: str = "orders") -> ImportRun:
    run = services.start_import(actor=KAIBO, kind_key=kind, chunks=[content], file_name=name, platform=platform, shop_id=make_shop().pk, now=NOW)
    return engine.run_import(run.pk, clock=lambda: NOW)


def layout(tmp_path, name, rows=8, suffix="csv") -> bytes:
    path = tmp_path / f"{name}.{suffix}"
    order_layouts.write_layout(path, rows, name)
    return path.read_bytes()


def renamed(first: int = 0) -> bytes:
    """An export of an unknown tool: a title above, other names, a line of totals below."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["某某店铺 2026年11月 订单导出"])
    writer.writerow([RENAMED.get(name, name) for name in order_file.HEADER])
    writer.writerows(order_file.rows_of(6, first=first))
    writer.writerow(["合计", "", "", "", "12"])
    return out.getvalue().encode("gb18030")


def client_of(account: str, *roles: str) -> Client:
    client = Client()
    client.force_login(make_person(account, *roles), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_file_of_another_platform_is_not_imported_as_this_one(tmp_path, suffix):
    run = take(layout(tmp_path, "taobao", suffix=suffix), f"1760000000_orders.{suffix}")
    assert (run.state, run.error["code"], run.error["details"]["platform"], run.rows_read) == ("failed", "intake.other_platform", "taobao", 0)
    assert "淘宝/天猫" in run.error["zh"] and "抖店" in run.error["zh"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("name", order_layouts.LAYOUTS[1:])
def test_where_nobody_names_the_platform_the_columns_do(tmp_path, name):
    run = take(layout(tmp_path, name), platform="")
    assert (run.state, run.platform, run.rows_new) == ("done", name, 8)
    assert set(Order.objects.values_list("platform", flat=True)) == {name}


def test_one_press_imports_it_as_the_platform_it_is_of(tmp_path):
    run = take(layout(tmp_path, "taobao"))
    client = client_of("alice", "owner")
    page = client.get(reverse("intake:run", args=[run.pk])).content.decode()
    assert "按淘宝/天猫导入" in page and "没选错，仍按抖店导入" in page and "重新开始 <kbd>" not in page
    assert client.post(reverse("intake:platform", args=[run.pk]), {"platform": "taobao"}).status_code == 302
    assert engine.run_import(run.pk, clock=lambda: NOW).rows_new == 8
    assert set(Order.objects.values_list("platform", flat=True)) == {"taobao"}
    assert AuditRow.objects.get(deed="intake:platform:choose").details == {"before": "douyin", "platform": "taobao"}
    again = client.post(reverse("intake:platform", args=[run.pk]), {"platform": "taobao"})
    assert (again.status_code >= 300, ImportRun.objects.get(pk=run.pk).state) == (True, "done"), "pressed twice it happens once"


def test_who_insists_is_believed(tmp_path):
    run = take(layout(tmp_path, "taobao"))
    services.choose_platform(actor=KAIBO, run_id=run.pk, platform="douyin", now=NOW)
    assert engine.run_import(run.pk, clock=lambda: NOW).rows_new == 8
    assert set(Order.objects.values_list("platform", flat=True)) == {"douyin"}


def test_another_role_chooses_no_platform_and_no_column(tmp_path):
    run, unmapped = take(layout(tmp_path, "taobao")), take(renamed(), "1760000000_renamed.csv")
    client = client_of("bob", "host")
    for name, one, given in (("platform", run, {"platform": "taobao"}), ("columns", unmapped, {"column-order_no": "交易号码"})):
        assert client.post(reverse(f"intake:{name}", args=[one.pk]), given).status_code in {403, 404}
        assert ImportRun.objects.get(pk=one.pk).state == one.state
    assert not ColumnMapping.objects.exists()


@pytest.mark.parametrize(("name", "header"), [("TikTok Shop", "Order ID,Order Status,Seller SKU,订单应付金额,订单提交时间"), ("Shopify", "Name,Financial Status,Lineitem name,订单编号,订单状态,实付款,下单时间")])
def test_files_of_platforms_with_other_money_are_refused_by_name_whoever_insists(name, header):
    cells = ["1", "paid", "X", "6917000000000000001", "12.00", "12.00", "2026-11-20 10:00:00"][: len(header.split(","))]
    run = take(f"{header}\n{','.join(cells)}\n".encode())
    assert (run.state, run.error["code"]) == ("failed", "intake.other_platform")
    page = client_of("alice", "owner").get(reverse("intake:run", args=[run.pk])).content.decode()
    assert f"{name} 的文件这里不收" in page and "仍按" not in page
    with pytest.raises(services.PlatformUnknown):
        services.choose_platform(actor=KAIBO, run_id=run.pk, platform="douyin", now=NOW)
    assert not Order.objects.exists()


def test_columns_are_asked_once_and_remembered_for_the_next_file():
    run = take(renamed())
    assert (run.state, run.error["details"]["missing_keys"]) == ("unmapped", ["order_no", "amount", "status"])
    assert set(run.error["details"]["nearest"].values()) <= {"", "交易号码", "应收合计", "当前进度", "几件"}, "what is known already is proposed for nothing else"
    client = client_of("alice", "owner")
    page = client.get(reverse("intake:run", args=[run.pk])).content.decode()
    assert page.count('must">没找到') == 3 and "也没找到" in page and "已认出的列" in page
    chosen = {"column-order_no": "交易号码", "column-amount": "应收合计", "column-status": "当前进度", "column-quantity": "几件"}
    assert client.post(reverse("intake:columns", args=[run.pk]), chosen).status_code == 302
    done = engine.run_import(run.pk, clock=lambda: NOW)
    assert (done.state, done.rows_new, done.notes) == ("done", 6, {"9": "total"})
    assert list(Order.objects.order_by("order_no").values_list("units", flat=True)) == [1, 2, 3, 1, 2, 3]
    assert (take(renamed(first=100), "1760000001_next.csv").rows_new, Order.objects.count()) == (6, 12)


def test_one_column_is_not_taken_for_two_things():
    run = take(renamed())
    with pytest.raises(services.HeaderChosenTwice):
        services.choose_columns(actor=KAIBO, run_id=run.pk, mapping={"order_no": "交易号码", "amount": "交易号码"}, now=NOW)
    assert (ImportRun.objects.get(pk=run.pk).state, ColumnMapping.objects.exists()) == ("unmapped", False)


def test_a_file_of_another_kind_is_shown_the_way(tmp_path):
    run = take(write_cases(tmp_path / "cases.csv", "douyin", 4).read_bytes())
    assert run.state == "unmapped"
    page = client_of("alice", "owner").get(reverse("intake:run", args=[run.pk])).content.decode()
    assert "倒像是另一种表" in page and "kind=aftersales&amp;platform=douyin" in page


def test_a_header_without_rows_and_half_a_download_are_called_what_they_are(tmp_path):
    empty = take((",".join(order_file.HEADER) + "\n").encode())
    assert (empty.state, empty.rows_read) == ("done", 0)
    page = client_of("alice", "owner").get(reverse("intake:run", args=[empty.pk])).content.decode()
    assert "文件里只有表头" in page and "所有行都已导入" not in page
    half = take(layout(tmp_path, "douyin", suffix="xlsx")[:4_000], "1760000000_half.xlsx")
    assert (half.state, half.error["code"]) == ("failed", "intake.spreadsheet_broken")


def test_a_run_says_which_columns_it_did_not_use(tmp_path):
    run = take(layout(tmp_path, "pdd"), platform="pdd")
    page = client_of("alice", "owner").get(reverse("intake:run", args=[run.pk])).content.decode()
    assert "没有用到的列" in page and "多多支付立减金额(元)" in page
