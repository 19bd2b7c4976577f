"""The wrong item taken for a name at 1 a.m., taken back for all the orders it touched."""

from datetime import timedelta

import pytest

from kaibo.master.catalog.models import SkuAlias
from kaibo.master.stock import queries as stock
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.orders import deciding, services, shipping, unlearning
from kaibo.stages.orders.checks import differences
from kaibo.stages.orders.complaints import FindingDecided
from kaibo.stages.orders.models import Finding, Order, OrderLine
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.orders import NOW, row, take
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=10)
CODE = "外套M黑"


@pytest.fixture
def wrong():
    """Two orders of a name nobody knows, taken for the wrong item, released and reserved."""
    product = make_product(make_shop())
    make_sku(product)
    scarf = make_sku(product, code="KB-2405-DG", specification="雾灰 / 驼")
    make_stock(scarf, 20)
    take([row("A1", code=CODE), row("A2", code=CODE, phone="13900000001", address="浙江省杭州市西湖区文一路1号")])
    finding = Finding.objects.filter(order__order_no="A1", field__in=deciding.ITEM_FIELDS).get()
    assert deciding.accept_finding(actor=KAIBO, finding_id=finding.pk, sku_id=scarf.pk, now=NOW) == 2
    for one in Finding.objects.filter(state="open"):
        deciding.dismiss_finding(actor=KAIBO, finding_id=one.pk, reason="活动价", now=NOW)
    services.release_passed(actor=KAIBO, shop_id=None, now=NOW)
    shipping.allocate_released(NOW)
    return finding, scarf


def state_of(order_no):
    order = Order.objects.get(order_no=order_no)
    return order.state, OrderLine.objects.get(order=order).sku_id, order.released_at is not None


def levels(sku):
    return {bucket.value: units for bucket, units in stock.levels_of([sku.pk])[sku.pk].items() if units and bucket.is_internal}


def test_all_it_mended_ask_again_and_the_name_is_forgotten(wrong):
    finding, scarf = wrong
    assert levels(scarf) == {"sellable": 18, "reserved": 2}
    assert unlearning.take_back(actor=KAIBO, finding_id=finding.pk, now=LATER) == unlearning.Unlearnt(2, 0)
    assert [state_of(number) for number in ("A1", "A2")] == [("paid", None, False)] * 2
    assert levels(scarf) == {"sellable": 20}
    assert not SkuAlias.objects.exists()
    assert Finding.objects.filter(state="open", field__in=deciding.ITEM_FIELDS).count() == 2
    assert AuditRow.objects.get(deed="orders:finding:take_back").details["asked_again"] == 2
    assert (stock.differences(), differences()) == ([], [])


def test_the_right_item_is_taken_after_it_and_reserved_anew(wrong):
    finding, scarf = wrong
    unlearning.take_back(actor=KAIBO, finding_id=finding.pk, now=LATER)
    coat = make_sku(make_product(make_shop()))
    make_stock(coat, 5)
    assert deciding.accept_finding(actor=KAIBO, finding_id=finding.pk, sku_id=coat.pk, now=LATER) == 2
    services.release_passed(actor=KAIBO, shop_id=None, now=LATER)
    shipping.allocate_released(LATER)
    assert state_of("A1") == ("allocated", coat.pk, True)
    assert (levels(coat), levels(scarf)) == ({"sellable": 3, "reserved": 2}, {"sellable": 20})
    assert (stock.differences(), differences()) == ([], [])


def test_what_has_left_stays_and_is_counted(wrong):
    finding, scarf = wrong
    gone = Order.objects.get(order_no="A2")
    shipping.ship_order(actor=KAIBO, order_id=gone.pk, carrier="顺丰", tracking_no="SF1", now=NOW)
    assert unlearning.take_back(actor=KAIBO, finding_id=finding.pk, now=LATER) == unlearning.Unlearnt(1, 1)
    assert (state_of("A1")[1], state_of("A2")[:2]) == (None, ("shipped", scarf.pk))


def test_orders_the_name_mended_since_ask_too(wrong):
    finding, scarf = wrong
    take([row("A3", code=CODE, phone="13900000003", address="浙江省杭州市西湖区文二路1号")])
    assert state_of("A3")[1] == scarf.pk
    assert unlearning.take_back(actor=KAIBO, finding_id=finding.pk, now=LATER) == unlearning.Unlearnt(3, 0)
    assert state_of("A3")[1] is None
    assert Finding.objects.filter(order__order_no="A3", state="open", alias_text=CODE).count() == 1
    assert differences() == []


def test_it_is_taken_back_once_and_by_those_who_verify(wrong, shop):
    finding, scarf = wrong
    with pytest.raises(AbilityMissing):
        unlearning.take_back(actor=make_actor("hans", "host", shop=shop), finding_id=finding.pk, now=LATER)
    assert state_of("A1")[1] == scarf.pk
    unlearning.take_back(actor=KAIBO, finding_id=finding.pk, now=LATER)
    with pytest.raises(FindingDecided):
        unlearning.take_back(actor=KAIBO, finding_id=finding.pk, now=LATER)


def test_the_order_page_offers_it(wrong, client, shop):
    finding, _scarf = wrong
    client.force_login(make_person("wang", "operations", shop=shop))
    assert "认错了，撤回" in client.get(f"/orders/{finding.order_id}").content.decode()
    client.post(f"/orders/verify/{finding.pk}/take-back")
    assert state_of("A1")[1] is None


def test_the_same_item_taken_again_is_reserved_again(wrong):
    finding, scarf = wrong
    for _turn in range(2):
        unlearning.take_back(actor=KAIBO, finding_id=finding.pk, now=LATER)
        assert levels(scarf) == {"sellable": 20}
        assert deciding.accept_finding(actor=KAIBO, finding_id=finding.pk, sku_id=scarf.pk, now=LATER) == 2
        services.release_passed(actor=KAIBO, shop_id=None, now=LATER)
        shipping.allocate_released(LATER)
        assert levels(scarf) == {"sellable": 18, "reserved": 2}
    assert (stock.differences(), differences()) == ([], [])
