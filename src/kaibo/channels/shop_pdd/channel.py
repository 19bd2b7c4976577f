"""拼多多 as a shop channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.pages_backwards import before, first_or_last
from kaibo.channels.raw import inner, items, text, whole
from kaibo.channels.reading_pages import read_each, read_order
from kaibo.channels.shop_pdd import reading, signing
from kaibo.channels.unoffered import Unoffered
from kaibo.kit.shop_channels import (
    AccountField,
    Can,
    Capabilities,
    Grant,
    OrderPage,
    ParcelTaken,
    ParcelWrite,
    PlatformOrder,
    ShopChannel,
    ShopKind,
    StockRead,
    StockWrite,
    Window,
    calls_per_second,
    gateway,
    required,
)
from kaibo.kit.shop_complaints import (
    ShopAway,
    ShopCannot,
    ShopRefused,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
)

NAME = "拼多多"
GATEWAY = "https://gw-api.pinduoduo.com/api/router"
CAPABILITIES = Capabilities(
    can=frozenset({Can.READ_CHANGED, Can.READ_ONE, Can.STOCK_ABSOLUTE, Can.SHIP}),
    longest_window=timedelta(minutes=29),
    page_rows=100,
    settle=timedelta(minutes=3),
    unverified=("calls_per_second",),
)
FIELDS = (
    AccountField("client_id", "应用 Client ID", "client id"),
    AccountField("client_secret", "应用 Client Secret", "client secret", is_secret=True),
    AccountField("access_token", "授权 Access Token", "access token", is_secret=True),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="20"),
)
ANSWERS = {
    "pdd.order.number.list.increment.get": "order_sn_increment_get_response",
    "pdd.order.information.get": "order_info_get_response",
    "pdd.logistics.online.send": "logistics_online_send_response",
    "pdd.goods.quantity.update": "goods_quantity_update_response",
}
"""The name of an answer follows no rule here."""
THROTTLED = frozenset({"52101", "70031"})
NO_TOKEN = "10019"  # noqa: S105  an error number
BAD_SIGN = "20004"
AWAY = frozenset({"50000", "50001", "52001", "52002", "52102", "52103", "70033"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from 拼多多."""

    client_id: str
    client_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    gateway: str = GATEWAY
    calls_per_second: float = 20.0


class Channel(Unoffered):
    """One 拼多多 shop. It shows no unpaid orders, and lists orders by when they changed."""

    key = "pdd"
    title = NAME
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._asker = Asker(NAME, Pace(settings.calls_per_second))

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        if window.by != "changed":
            raise ShopCannot(channel=NAME, what="按下单时间读取 / reading by order time")
        asked = {
            "start_updated_at": str(int(window.begin.timestamp())), "end_updated_at": str(int(window.end.timestamp())), "is_lucky_flag": "0",
            "order_status": "5", "refund_status": "5", "page": following or "1", "page_size": str(CAPABILITIES.page_rows),
        }  # fmt: skip
        told = self._read("pdd.order.number.list.increment.get", asked, now=now)
        if turned := first_or_last(following, whole(told.get("total_count")), CAPABILITIES.page_rows):
            return OrderPage((), turned)
        orders, refused = read_each(items(told.get("order_sn_list")), reading.order_of, "order_sn")
        return OrderPage(orders, before(following), refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        told = self._read("pdd.order.information.get", {"order_sn": order_no}, now=now)
        return read_order(NAME, inner(told, "order_info"), reading.order_of, "order_sn", order_no=order_no)

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """Absolute, so that the same write again is the same; there is no proven way to read it back."""
        asked = {"goods_id": write.product_id, "sku_id": write.sku_id, "quantity": str(write.units), "update_type": "1"}
        self._read("pdd.goods.quantity.update", asked, now=now)
        return StockRead(None)

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """The whole order in one parcel; after a no, or none, the order is looked at."""
        if parcel.lines:
            raise self._cannot("拆单发货 / shipping a part")
        asked = {"order_sn": parcel.order_no, "logistics_id": parcel.carrier_code, "tracking_number": parcel.tracking_no}
        try:
            self._ask("pdd.logistics.online.send", asked, now=now)
        except (ShopAway, ShopRefused):
            if self.order(parcel.order_no, now=now).has_parcel(parcel.tracking_no):
                return ParcelTaken(is_repeat=True)
            raise
        return ParcelTaken()

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, asked: Mapping[str, str], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, asked, now=now))

    def _ask(self, method: str, asked: Mapping[str, str], *, now: datetime) -> Mapping[str, Any]:
        parameters = {
            "type": method, "client_id": self.settings.client_id, "access_token": self.settings.access_token, "version": "V1", "data_type": "JSON",
            "timestamp": str(int(now.timestamp())), **asked,
        }  # fmt: skip
        parameters["sign"] = signing.sign(self.settings.client_secret, parameters)
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        told = json_object(NAME, self._asker.get_answer("POST", self.settings.gateway, headers=headers, body=urlencode(parameters).encode()))
        if "error_response" in told:
            raise _complaint(inner(told, "error_response"))
        return inner(told, ANSWERS[method])


def _complaint(told: Mapping[str, Any]) -> Exception:
    code, sub_code = text(told.get("error_code")), text(told.get("sub_code"))[:40]
    why = f"{(text(told.get('sub_msg')) or text(told.get('error_msg')))[:120]}（{sub_code or code}）"
    if code in THROTTLED or sub_code in THROTTLED:
        return ShopThrottled(channel=NAME, retry_after_seconds=1)
    if code == NO_TOKEN:
        return ShopTokenExpired(channel=NAME, why=why)
    if code == BAD_SIGN:
        return ShopSignatureRefused(channel=NAME, why=why)
    if code in AWAY:
        return ShopAway(channel=NAME)
    return ShopRefused(channel=NAME, why=why, sub_code=sub_code)


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    return Channel(
        Settings(told["client_id"], told["client_secret"], told["access_token"], gateway(told), calls_per_second(told))
    )


KIND = ShopKind("pdd", NAME, "Pinduoduo", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of)
