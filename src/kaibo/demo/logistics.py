"""What the example shop's warehouse and service have to see: couriers by rule, rolling plans, units set aside, a platform's cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from kaibo.demo.cast import actor
from kaibo.demo.house import House, bring_file
from kaibo.kit.shop_channels import CaseKind, CaseState, PlatformCase
from kaibo.kit.trackers import Stage, Step, Track
from kaibo.master.shops.models import Channel, ChannelAccount
from kaibo.plumbing.tracker_kinds import tracker_kinds
from kaibo.stages.aftersales import platform_cases, review_calls
from kaibo.stages.orders import route_book, tracking
from kaibo.stages.orders.models import Order, OrderLine, ParcelTrack, Shipment
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
    _follow(house, now)
    _phone(house, now)


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


SCANS = (
    (Stage.IN_TRANSIT, ((90, "杭州转运中心 已发出"), (74, "郑州转运中心 已到达"))),
    (Stage.AT_STATION, ((100, "已到达目的地网点"), (80, "已放入菜鸟驿站，请凭取件码领取"))),
    (Stage.REJECTED, ((52, "派送中"), (5, "收件人拒收，等待退回"))),
    (Stage.OUT_FOR_DELIVERY, ((40, "已到达目的地网点"), (2, "派送中，快递员 138****2201"))),
    (Stage.DELIVERED, ((60, "派送中"), (50, "已签收，签收人：本人"))),
)
"""Hours ago and the courier's words: three parcels that stand still, one on its way, one that arrived."""


def _follow(house: House, now: datetime) -> None:
    """Parcels as a tracker showed them before it was paused: the example shop asks nobody outside."""
    kind = tracker_kinds()["kuaidi100"]
    tracking.connect(actor=actor("linxia"), key=kind.key, given={one.key: one.default or "example" for one in kind.fields}, is_on=False, now=now)
    sent = list(Shipment.objects.filter(order__shop=house.shop_id).order_by("-shipped_at", "pk")[: len(SCANS)])
    for shipment, (stage, scans) in zip(sent, SCANS, strict=True):
        ParcelTrack.objects.create(shipment=shipment, shop_id=house.shop_id, stage=Stage.NONE.value, last_at=shipment.shipped_at)
        steps = tuple(Step(now - timedelta(hours=hours), words) for hours, words in scans)
        tracking.take_track(shipment.pk, Track(shipment.tracking_no, "yuantong", stage, "", steps), source=kind.key, now=now - timedelta(hours=scans[-1][0]))
    tracking.find_stalled(now - timedelta(hours=1))
    tracking.take_on(actor=actor("shencang"), shipment_id=sent[0].pk, hours=24, now=now)


def _phone(house: House, now: datetime) -> None:
    """A buyer who wrote two stars, not phoned yet."""
    line: UUID = OrderLine.objects.filter(order__shop=house.shop_id, order__platform="own", order__state="shipped").order_by("-order__ordered_at", "pk").values_list("pk", flat=True)[0]
    told = review_calls.BadReview(line, 2, "颜色比直播间里暗很多，问客服半天没人理，失望。", now - timedelta(hours=3))
    review_calls.take_review(actor=actor("qiuyu"), told=told, now=now - timedelta(minutes=40))
