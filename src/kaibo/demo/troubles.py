"""A courier that does not get through the snow, and an item that orders wait for: what warehouse and service have to decide tonight."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kaibo.demo import channels
from kaibo.demo.cast import actor
from kaibo.demo.goods import GOODS
from kaibo.demo.house import House
from kaibo.kit.clock import business_date
from kaibo.kit.shop_channels import OrderState
from kaibo.master.shops.models import ChannelAccount
from kaibo.stages.orders import pulling, shipping
from kaibo.stages.orders.models import Order
from kaibo.stages.risk import supply_incidents

TRENCH, ORDER_NOS = 6, ("261122007710091", "261122007710092", "261122007710093")


def lay(house: House, now: datetime) -> None:
    """This function will pause a courier where it snows, have one pause behind it, and let orders wait for an item that is still inspected."""
    lead = actor("hemu")
    past, _ = supply_incidents.declare_courier(
        actor=lead, courier="yuantong", places=["广东"], until=None, reason="深圳网点罢运，揽收停了一天", now=now - timedelta(days=3)
    )
    supply_incidents.end_courier(actor=lead, pause_id=past.pk, reason="网点换人，揽收恢复", now=now - timedelta(days=2))
    supply_incidents.declare_courier(
        actor=lead, courier="zhongtong", places=["陕西", "四川"], until=business_date(now) + timedelta(days=2), reason="秦岭暴雪封路，西安中转停收", now=now - timedelta(hours=3)
    )
    account = ChannelAccount.objects.select_related("channel").get(channel__shop=house.shop_id, channel__platform="kuaishou")
    code = GOODS[TRENCH].items[1].code
    for place, number in enumerate(ORDER_NOS):
        made = now - timedelta(hours=3 - place)
        sold = channels.order_of(number, made, 2, (TRENCH,), "30", OrderState.PAID)
        lines = tuple(replace(line, code=code, specification="卡其 / L", sku_id=f"7700{TRENCH}02") for line in sold.lines)
        pulling.take(account, [replace(sold, lines=lines, promised_at=made + timedelta(hours=20 + 24 * place))], now)
    Order.objects.filter(order_no__in=ORDER_NOS, open_findings=0).update(released_at=now)
    shipping.allocate_released(now)
