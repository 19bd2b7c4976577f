"""What the example shop's warehouse and service have to see: couriers by rule, rolling plans, units set aside, a platform's cases."""

from __future__ import annotations

from datetime import datetime, timedelta

from kaibo.demo.cast import actor
from kaibo.demo.house import House, bring_file
from kaibo.kit.shop_channels import CaseKind, CaseState, PlatformCase
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.stages.aftersales import platform_cases
from kaibo.stages.orders import route_book
from kaibo.stages.orders.models import Order
from kaibo.stages.supply import locks, replenishing

FREIGHT = """快递公司,地区,首重（克）,首重价（元）,续重（克）,续重价（元）
中通,浙江,1000,3.20,1000,1.00
中通,其他,1000,4.50,1000,2.00
中通,新疆,1000,14.00,500,9.00
圆通,其他,1000,4.60,1000,1.80
顺丰,浙江,1000,9.00,1000,2.00
顺丰,其他,1000,15.00,500,4.00
EMS,其他,500,12.00,500,5.00
EMS,西藏,500,18.00,500,9.00
"""


def lay(house: House, now: datetime) -> None:
    """This function will lay rules for parcels, plans for stock, and the cases a platform shows."""
    bring_file("hemu", "freight", "快递报价.csv", FREIGHT.encode("utf-8-sig"), shop_id=house.shop_id, now=now)
    lead = actor("hemu")
    for rule, reason in (
        ({"courier": "ems", "places": ["西藏", "新疆", "青海"], "least_grams": 0, "least_fen": 0, "cash": False, "why": "偏远只有邮政到村"}, "偏远地区走邮政"),
        ({"courier": "shunfeng", "places": [], "least_grams": 0, "least_fen": 80_000, "cash": False, "why": "贵的要保价、要快"}, "大衣走顺丰"),
    ):
        route_book.add_rule(actor=lead, version=route_book.in_force().number, rule=rule, reason=reason, now=now)
    for code in ("hz", "tx"):
        route_book.place_warehouse(actor=lead, version=route_book.in_force().number, code=code, province="浙江", reason="仓库地址", now=now)
    _plan(house, now)
    _show_cases(house, now)


def _plan(house: House, now: datetime) -> None:
    lead = actor("hemu")
    coat, scarf = (next(sku for code, sku in sorted(house.skus.items()) if code.startswith(product)) for product in ("KB-2417", "KB-2405"))
    for sku in (coat, scarf):
        replenishing.set_plan(actor=lead, sku_id=sku, review_days=7, pack_units=10, is_on=True, now=now)
        replenishing.review(actor=lead, sku_id=sku, now=now)
    locks.lock_stock(
        actor=lead, sku_id=scarf, quantity=6, purpose="customer", who="湖州企业团购·陈经理", reason="定金已付，周三来提", expires_at=now + timedelta(days=3), now=now
    )


def _show_cases(house: House, now: datetime) -> None:
    """As the platform's list shows them: one asked, one on its way back, one paid back, one that went backwards."""
    channel = Channel.objects.get(shop=house.shop_id, platform="douyin")
    numbers = list(Order.objects.filter(shop=house.shop_id, platform="douyin").order_by("order_no").values_list("order_no", flat=True)[40:44])
    steps = ((CaseState.REQUESTED, "6"), (CaseState.BUYER_SHIPPED, "11"), (CaseState.REFUNDED, "12"), (CaseState.BUYER_SHIPPED, "11"))
    shown = [_case(f"71402{place:014d}", number, *step, now - timedelta(hours=5 - place)) for place, (number, step) in enumerate(zip(numbers, steps, strict=True))]
    account = ChannelAccount(channel=channel)  # the list comes from a platform that is not connected here
    platform_cases.take(account, shown, now)
    platform_cases.take(account, [_case(shown[3].case_no, shown[3].order_no, CaseState.REQUESTED, "6", now - timedelta(minutes=20))], now)


def _case(number: str, order_no: str, state: CaseState, raw: str, at: datetime) -> PlatformCase:
    return PlatformCase(
        case_no=number, order_no=order_no, line_no="", kind=CaseKind.RETURN_REFUND, raw_status=raw, state=state, refund_fen=19_900, quantity=1,
        requested_at=at - timedelta(hours=3), updated_at=at, decide_by=at + timedelta(hours=30), return_tracking_no="SF1470023355871" if raw == "11" else "",
        is_refunded=state is CaseState.REFUNDED, reason="尺码偏大",
    )  # fmt: skip
