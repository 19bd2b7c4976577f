"""Next week's trench coat sold ahead: its goods wait for inspection, thirty may be sold before they are released, one buyer waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kaibo.demo import channels
from kaibo.demo.cast import actor
from kaibo.demo.goods import GOODS
from kaibo.demo.house import House
from kaibo.kit.shop_channels import OrderState
from kaibo.master.catalog import promising
from kaibo.master.shops.models import ChannelAccount
from kaibo.stages.orders import pulling, shipping
from kaibo.stages.orders.models import Order
from kaibo.stages.supply import presales

TRENCH, ORDER_NO, DAYS, QUOTA = 6, "261122007710088", 20, 30


def lay(house: House, now: datetime) -> None:
    """This function will promise the coat, give its quota and take an order that waits for goods."""
    lead, good = actor("hemu"), GOODS[TRENCH]
    promising.set_promise(actor=lead, product_id=house.products[good.code], days=DAYS, note="首批待检，先收预售", now=now - timedelta(days=1))
    presales.give_quota(actor=lead, sku_id=house.skus[good.items[0].code], units=QUOTA, reason="下周上新预热，先卖 30 件", now=now)
    account = ChannelAccount.objects.select_related("channel").get(channel__shop=house.shop_id, channel__platform="kuaishou")
    made = now - timedelta(hours=2)
    sold = channels.order_of(ORDER_NO, made, 2, (TRENCH,), "30", OrderState.PAID)
    pulling.take(account, [replace(sold, promised_at=made + timedelta(days=DAYS))], now)
    # this one alone: the others wait for whoever looks at the example
    Order.objects.filter(order_no=ORDER_NO, open_findings=0).update(released_at=now)
    shipping.allocate_released(now)
    if not Order.objects.filter(order_no=ORDER_NO, hold_flags=["awaiting_goods"]).exists():
        raise AssertionError("the order sold ahead waits for its goods")
