"""What viewers see struck through is the lowest deal of the seven days before, and a slip of the finger is named at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from kaibo.stages.live import services
from kaibo.stages.live.models import PriceRequest
from kaibo.stages.live.rules import PriceReasonNeeded
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.showplan.models import Offer
from tests.make.goods import make_product, make_sku
from tests.make.live import NOW, go_on, key, make_item_on_sale, make_live_session

pytestmark = pytest.mark.django_db


def sell(sku, number: str, unit_fen: int, *, days: int = 2) -> None:
    at = NOW - timedelta(days=days)
    order = Order.objects.create(
        shop=sku.product.shop, platform="own", order_no=number, amount_fen=unit_fen, ordered_at=at, paid_at=at, source="room", source_version=at, created_at=at, state="paid"
    )
    OrderLine.objects.create(order=order, line_no="1", sku=sku, quantity=1, price_fen=unit_fen, amount_fen=unit_fen)


def shown(item) -> tuple[int, int | None]:
    with connection.cursor() as cursor:
        cursor.execute("select price_fen, reference_price_fen from room.items where item = %s", [item.pk])
        return cursor.fetchone()


def change(owner, item, price_fen: int, reason: str = ""):
    return services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=price_fen, key=key(), now=NOW, reason=reason)


def test_a_price_below_the_lowest_deal_of_seven_days_strikes_it_through_and_one_above_does_not(owner, shop):
    item = make_item_on_sale(owner, shop)
    price = item.prices.get().price_fen
    assert shown(item) == (price, None)
    sell(item.sku, "a", price - 100)
    sell(item.sku, "b", price)
    sell(item.sku, "old", price - 5_000, days=8)
    change(owner, item, price - 101)
    assert shown(item) == (price - 101, price - 100)
    change(owner, item, price - 100)
    assert shown(item) == (price - 100, None)


def test_an_item_put_up_below_its_lowest_deal_shows_it_at_once(owner, shop):
    session = make_live_session(owner, shop)
    offer = Offer.objects.filter(segment__session=session).order_by("segment__position").first()
    sell(offer.sku, "a", offer.price_fen + 1_000)
    action = go_on(owner, session)
    with connection.cursor() as cursor:
        cursor.execute("select reference_price_fen from room.items where item = %s", [action.item_id])
        assert cursor.fetchone() == (offer.price_fen + 1_000,)


def test_a_missing_digit_is_named_with_the_deal_it_slipped_from(owner, shop):
    item = make_item_on_sale(owner, shop)
    price = item.prices.get().price_fen
    sell(item.sku, "a", price)
    with pytest.raises(PriceReasonNeeded) as refusal:
        change(owner, item, price // 10)
    assert "像少写一位" in refusal.value.message("zh")
    assert "近 7 日成交最低" in refusal.value.message("zh")
    assert (PriceRequest.objects.count(), shown(item)) == (0, (price, None))


def test_a_price_under_the_margin_floor_takes_a_second_person_on_air_as_it_does_in_listing(owner, shop):
    item = make_item_on_sale(owner, shop)
    item.sku.cost_fen = item.prices.get().price_fen * 81 // 100
    item.sku.save()
    with pytest.raises(PriceReasonNeeded) as refusal:
        change(owner, item, item.prices.get().price_fen - 1)
    assert "毛利底线" in refusal.value.message("zh")


def test_the_law_s_words_reach_the_card(owner, shop):
    from kaibo.master.catalog.models import Category, Product

    Category.objects.get_or_create(code="food", defaults={"title": "食品", "title_en": "Food"})
    Category.objects.get_or_create(code="food.health", defaults={"title": "保健食品", "title_en": "Health food", "parent_id": "food"})
    session = make_live_session(owner, shop)
    Product.objects.update(category="food.health")
    action = go_on(owner, session)
    with connection.cursor() as cursor:
        cursor.execute("select room.item_card(i)->'labels' from room.items i where item = %s", [action.item_id])
        assert cursor.fetchone()[0] in (["本品不能代替药物"], '["本品不能代替药物"]')
