"""
Channels of the example shop on platforms nobody connected for real: what 京东 and 快手 would show, taken through the services.

Their accounts rest, so that no clock calls a platform with made-up keys; the gateway is an address of this machine in any case.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kaibo.demo.cast import actor
from kaibo.demo.goods import GOODS
from kaibo.demo.house import House
from kaibo.kit.clock import business_date, day_bounds
from kaibo.kit.shop_channels import (
    Can,
    Capabilities,
    OrderHold,
    OrderPage,
    OrderState,
    PlatformLine,
    PlatformOrder,
    PlatformReceiver,
    ShopChannel,
    Window,
)
from kaibo.kit.shop_complaints import ShopRefused
from kaibo.master.shops import accounts, services
from kaibo.master.shops.models import ChannelAccount
from kaibo.master.stock.models import ChannelItem
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.orders import gaps, publishing, pulling
from kaibo.stages.orders.channel_items import note_items
from kaibo.stages.orders.models import Pull

GATEWAY = "http://127.0.0.1:9"
JD_KEYS = {"app_key": "EXAMPLE", "app_secret": "example", "access_token": "example", "refresh_token": "", "gateway": GATEWAY, "oauth": GATEWAY}
KUAISHOU_KEYS = {"app_key": "EXAMPLE", "app_secret": "example", "sign_secret": "example", "access_token": "example", "refresh_token": "", "gateway": GATEWAY}
PLACES = (("浙江省", "杭州市", "余杭区"), ("广东省", "深圳市", "南山区"), ("四川省", "成都市", "锦江区"), ("江苏省", "南京市", "鼓楼区"))
SHOWN = ("周* 138****2207", "吴* 159****6613", "郑* 186****0942", "王* 133****7758")


class Recorded:
    """A platform's answers, written down: these orders, and no others."""

    capabilities = Capabilities(frozenset({Can.READ_MADE, Can.READ_ONE}), timedelta(days=1), 100)

    def __init__(self, orders: list[PlatformOrder]) -> None:
        self.orders = orders

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        return OrderPage(tuple(one for one in self.orders if window.begin <= one.ordered_at < window.end), None)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        raise ShopRefused(channel="示例", why="没有这个订单")


def lay(house: House, now: datetime) -> None:
    """This function will connect two more platforms, take what they show, publish an item and hold a day against theirs."""
    jd, kuaishou = (_connect(house, *told, now) for told in (("jd", "林夏的衣橱 京东店", "10288817", JD_KEYS), ("kuaishou", "林夏的衣橱 快手小店", "3309551", KUAISHOU_KEYS)))
    begin = min(now - timedelta(hours=3), day_bounds(business_date(now))[0] + timedelta(minutes=5))
    begin = max(begin, day_bounds(business_date(now))[0])
    jd_orders, kuaishou_orders = _jd_orders(begin), _kuaishou_orders(begin)
    _take(jd, jd_orders, jd_orders, now)
    _take(kuaishou, kuaishou_orders[:-1], kuaishou_orders, now)  # the newest one was changed after it was read last
    for item in ChannelItem.objects.filter(channel__in=[jd.pk, kuaishou.pk]).order_by("platform_sku_id")[:2]:
        publishing.allocate(actor=actor("hemu"), item_id=item.pk, is_on=True, share_bp=2_000, quota_units=None, buffer_units=2, now=now)


def _connect(house: House, platform: str, name: str, external: str, given: dict[str, str], now: datetime) -> ChannelAccount:
    channel = services.add_channel(actor=KAIBO, shop_id=house.shop_id, platform=platform, name=name, shop_type="旗舰店", external_id=external, now=now)
    accounts.connect_account(actor=KAIBO, channel_id=channel.pk, given=given, code="", now=now)
    accounts.turn_account(actor=KAIBO, channel_id=channel.pk, is_on=False, now=now)
    return ChannelAccount.objects.select_related("channel").get(pk=channel.pk)


def _take(account: ChannelAccount, read: list[PlatformOrder], there: list[PlatformOrder], now: datetime) -> None:
    until = max(one.updated_at for one in read) + timedelta(seconds=1)
    taken = pulling.take(account, read, now)
    note_items(account, read, now)
    Pull.objects.update_or_create(pk=account.pk, defaults={"pulled_until": until, "pulled_at": now, "next_at": now, "taken": taken})
    recorded: ShopChannel = Recorded(there)  # type: ignore[assignment]  only what a comparison asks
    gaps.make_report(account, recorded, business_date(now), now)


def _jd_orders(begin: datetime) -> list[PlatformOrder]:
    """One the platform split, one it locked because its refund is being decided, one that left."""
    parent = order_of("301288170001", begin, 0, (0, 3), "PARENT_TRADE_CANCELED", OrderState.CANCELLED, is_split=True)
    parts = [order_of(f"30128817000{2 + place}", begin, 0, (which,), "WAIT_SELLER_STOCK_OUT", OrderState.PAID, parent_no=parent.order_no) for place, which in enumerate((0, 3))]
    held = order_of("301288170005", begin + timedelta(minutes=4), 1, (1,), "LOCKED", OrderState.PAID, holds=frozenset({OrderHold.PLATFORM_FORBID}))
    left = order_of("301288170006", begin + timedelta(minutes=9), 2, (4,), "WAIT_GOODS_RECEIVE_CONFIRM", OrderState.SHIPPED)
    return [*parts, parent, held, left]


def _kuaishou_orders(begin: datetime) -> list[PlatformOrder]:
    return [order_of(f"26112200771000{place}", begin + timedelta(minutes=5 * place), place % 4, (place % 5,), "30", OrderState.PAID) for place in range(4)]


def order_of(
    number: str, made: datetime, who: int, goods: tuple[int, ...], raw: str, state: OrderState, *, parent_no: str = "", is_split: bool = False,
    holds: frozenset[OrderHold] = frozenset(),
) -> PlatformOrder:
    """This function will write an order as a platform gives it, its receiver sealed."""
    lines = tuple(_line(which, raw, state) for which in goods)
    province, city, area = PLACES[who]
    receiver = PlatformReceiver("x8mQ2b7dKq0Zt1Lw==", f"p{who}Rk39QmZx71==", f"a{who}Wv52TnYq88==", *SHOWN[who].split(" "), "", province, city, area, is_sealed=True)
    return PlatformOrder(
        number, raw, state, lines, sum(line.amount_fen for line in lines), 0, made, made + timedelta(minutes=1), holds, paid_at=made,
        promised_at=made + timedelta(hours=48), shipped_at=made + timedelta(minutes=1) if state is OrderState.SHIPPED else None, receiver=receiver,
        parent_no=parent_no, is_split=is_split,
    )  # fmt: skip


def _line(which: int, raw: str, state: OrderState) -> PlatformLine:
    good = GOODS[which]
    item = good.items[0]
    shipped = 1 if state is OrderState.SHIPPED else 0
    return PlatformLine(
        "", good.title, item.specification, item.code, f"7700{which}", f"7700{which}01", 1, good.price_fen, good.price_fen, raw, state, shipped=shipped
    )  # fmt: skip
