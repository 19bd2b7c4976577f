"""Waybill files: what a label may show, what the courier is told, and that it is written down who took it."""

from __future__ import annotations

import io

import pytest
import python_calamine
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.orders import shipping
from kaibo.stages.orders.label_privacy import label_address, label_name, label_phone
from kaibo.stages.orders.models import Order
from tests.make.orders import NOW, make_paid_order
from tests.make.people import make_person

ADDRESS = "浙江省杭州市西湖区文三路478号3幢2单元501室"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (ADDRESS, "浙江省杭州市西湖区文三路478号3幢***"), ("文三路478号3幢501", "文三路478号3幢***"), ("人民路12号1203室", "人民路12号***"),
        ("阳光花园3-2-501", "阳光花园***"), ("科技大厦18楼A区", "科技大厦***"), ("西湖区文三路478号", "西湖区文三路478号"), ("幸福村三组", "幸福村三组"),
        ("金地花园五单元", "金地花园***"), ("银泰城B座1502", "银泰城B座***"),
    ],
)  # fmt: skip
def test_a_label_leaves_out_where_inside_the_building(address, shown):
    assert label_address(address) == shown


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(some.text("李小梅王芳欧阳", min_size=1, max_size=6), some.from_regex(r"1[3-9][0-9]{9}|0[0-9]{2}-?[0-9]{8}", fullmatch=True))
def test_a_label_hides_a_character_of_the_name_and_six_digits_at_least(name, phone):
    assert label_name(name).count("*") >= 1 and (len(name) == 1 or name not in label_name(name))
    assert label_phone(phone).count("*") >= 6


@pytest.fixture
def waiting(shop):
    order = make_paid_order(address=ADDRESS)
    Order.objects.update(released_at=NOW)
    shipping.allocate_released(NOW)
    return order


def rows_of(answer):
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


@pytest.mark.django_db
def test_the_label_file_hides_and_the_courier_file_tells_and_both_are_written_down(waiting, client):
    client.force_login(make_person("cang", "warehouse"))
    label = rows_of(client.post(reverse("orders:waybills"), {"kind": "label"}))
    said = "|".join(str(value) for value in label[-1])
    assert "李**" in said and "138******78" in said and "501" not in said and "李小梅" not in said and waiting.order_no in said
    assert client.post(reverse("orders:waybills"), {"kind": "courier", "reason": " "}).status_code == 422
    full = rows_of(client.post(reverse("orders:waybills"), {"kind": "courier", "reason": "给顺丰下单"}))
    assert {"李小梅", "13812345678", ADDRESS} <= set(full[-1])
    assert list(AuditRow.objects.filter(deed__startswith="orders:waybill").order_by("at", "pk").values_list("deed", "reason")) == [
        ("orders:waybill:label", ""), ("orders:waybill:courier", "给顺丰下单"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_nobody_takes_doors_without_the_right(waiting, client):
    client.force_login(make_person("yun", "operations"))
    assert client.post(reverse("orders:waybills"), {"kind": "label"}).status_code == 403
    assert client.post(reverse("orders:waybills"), {"kind": "courier", "reason": "x"}).status_code == 403
    assert not AuditRow.objects.filter(deed__startswith="orders:waybill").exists()


@pytest.mark.django_db
def test_nothing_to_ship_is_said(shop, client):
    client.force_login(make_person("cang", "warehouse"))
    assert client.post(reverse("orders:waybills"), {"kind": "label"}).status_code == 422
