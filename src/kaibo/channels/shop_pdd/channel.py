"""拼多多 as a shop channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kaibo.channels.asking import Asker, Pace
from kaibo.channels.pages_backwards import before, first_or_last
from kaibo.channels.raw import inner, items, last_second, moment_of_seconds, text
from kaibo.channels.reading_pages import read_each, read_order, total_of
from kaibo.channels.sealed_receivers import SEALED_IN_CLOUD
from kaibo.channels.shipping_once import ship_once
from kaibo.channels.shop_pdd import reading, signing
from kaibo.channels.signed_forms import SignedForms
from kaibo.channels.typed_tokens import TOKEN_FIELDS, grant_of, typed_grant, typed_of
from kaibo.channels.unoffered import Unoffered
from kaibo.kit.couriers import COURIERS
from kaibo.kit.shop_channels import (
    AccountField,
    Can,
    Capabilities,
    CasePage,
    Grant,
    Lack,
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
    ShopRefused,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
    ShopUnreadable,
)

NAME = "拼多多"
GATEWAY = "https://gw-api.pinduoduo.com/api/router"
CAPABILITIES = Capabilities(
    can=frozenset({Can.READ_CHANGED, Can.READ_MADE, Can.READ_ONE, Can.READ_CASES, Can.STOCK_ABSOLUTE, Can.SHIP, Can.REFRESH_GRANT}),
    longest_window=timedelta(minutes=29),
    longest_made_window=timedelta(hours=23),
    page_rows=100,
    settle=timedelta(minutes=3),
    unverified=("calls_per_second", "cases_status"),
)
FIELDS = (
    AccountField("client_id", "应用 Client ID", "client id"),
    AccountField("client_secret", "应用 Client Secret", "client secret", is_secret=True),
    *TOKEN_FIELDS,
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="20"),
    AccountField("cases_status", "查询全部售后用的状态值（未证实）", "status that asks for all after-sales (unverified)", default="1"),
)
ANSWERS = {
    "pdd.order.number.list.increment.get": "order_sn_increment_get_response",
    "pdd.order.list.get": "order_list_get_response",
    "pdd.order.information.get": "order_info_get_response",
    "pdd.refund.list.increment.get": "refund_increment_get_response",
    "pdd.logistics.companies.get": "logistics_companies_get_response",
    "pdd.logistics.online.send": "logistics_online_send_response",
    "pdd.goods.quantity.update": "goods_quantity_update_response",
    "pdd.pop.auth.token.create": "pop_auth_token_create_response",
    "pdd.pop.auth.token.refresh": "pop_auth_token_refresh_response",
}
"""The name of an answer follows no rule here."""
THROTTLED = frozenset({"52101", "70031"})
NO_TOKEN = "10019"  # noqa: S105  an error number
BAD_SIGN = "20004"
AWAY = frozenset({"50000", "50001", "52001", "52002", "52102", "52103", "70033"})
IN_BUSINESS = "50001"
"""An internal error by itself; with a word of its own (ISV_…) it is the business behind that says no."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from 拼多多."""

    client_id: str
    client_secret: str = field(repr=False)
    typed: Grant | None = field(default=None, repr=False)
    gateway: str = GATEWAY
    calls_per_second: float = 20.0
    cases_status: str = "1"


class Channel(Unoffered):
    """One 拼多多 shop. It shows no unpaid orders, and lists orders by when they changed."""

    key = "pdd"
    title = NAME
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, grant: Grant | None = None) -> None:
        self.settings = settings
        self._token = grant_of(grant, settings.typed)
        self._asker = Asker(NAME, Pace(settings.calls_per_second))
        self._forms = SignedForms(self._asker, lambda parameters: signing.sign(settings.client_secret, parameters))
        self._couriers: dict[str, str] = {}

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        """What changed is listed by when it changed; what was made by when it was paid, since nothing unpaid is shown."""
        is_changed = window.by == "changed"
        method, ends, rows = ("pdd.order.number.list.increment.get", "updated_at", "order_sn_list") if is_changed else ("pdd.order.list.get", "confirm_at", "order_list")
        asked = {
            f"start_{ends}": str(int(window.begin.timestamp())), f"end_{ends}": str(last_second(window.end)), "order_status": "5", "refund_status": "5",
            "page": following or "1", "page_size": str(CAPABILITIES.page_rows), **({"is_lucky_flag": "0"} if is_changed else {}),
        }  # fmt: skip
        told = self._read(method, asked, now=now)
        if turned := first_or_last(following, total_of(NAME, told, "total_count"), CAPABILITIES.page_rows):
            return OrderPage((), turned)
        orders, refused = read_each(items(told.get(rows)), reading.order_of, "order_sn")
        return OrderPage(orders, before(following), refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        told = self._read("pdd.order.information.get", {"order_sn": order_no}, now=now)
        return read_order(NAME, inner(told, "order_info"), reading.order_of, "order_sn", order_no=order_no)

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        """The platform lists cases by when they changed only; that is asked for, whatever the window is by."""
        asked = {
            "start_updated_at": str(int(window.begin.timestamp())), "end_updated_at": str(last_second(window.end)), "after_sales_type": "1",
            "after_sales_status": self.settings.cases_status, "page": following or "1", "page_size": str(CAPABILITIES.page_rows),
        }  # fmt: skip
        told = self._read("pdd.refund.list.increment.get", asked, now=now)
        if turned := first_or_last(following, total_of(NAME, told, "total_count"), CAPABILITIES.page_rows):
            return CasePage((), turned)
        cases, refused = read_each(items(told.get("refund_list")), reading.case_of, "id")
        return CasePage(cases, before(following), refused)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """Absolute, so that the same write again is the same; there is no proven way to read it back."""
        asked = {"goods_id": write.product_id, "sku_id": write.sku_id, "quantity": str(write.units), "update_type": "1"}
        self._done(self._read("pdd.goods.quantity.update", asked, now=now))
        return StockRead(None)

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """The whole order in one parcel, for the first time: an order that left already is not sent again under another number."""
        if parcel.lines:
            raise self._cannot("拆单发货 / shipping a part")

        def send(_: PlatformOrder) -> str:
            asked = {
                "order_sn": parcel.order_no, "logistics_id": self._courier(parcel.carrier_code, now), "tracking_number": parcel.tracking_no,
                "redelivery_type": "1",
            }  # fmt: skip
            self._done(self._ask("pdd.logistics.online.send", asked, now=now))
            return ""

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    def _courier(self, code: str, now: datetime) -> str:
        """The platform's own number of a courier, from its list; a number goes through.   Raises: ShopRefused."""
        if code.isdecimal():
            return code
        if not self._couriers:
            told = self._ask("pdd.logistics.companies.get", {}, now=now)
            self._couriers = {text(one.get("logistics_company")): text(one.get("id")) for one in items(told.get("logistics_companies"))}
        found = [number for name, number in sorted(self._couriers.items(), key=lambda pair: len(pair[0])) if code in name]
        if not found:
            raise ShopRefused(channel=NAME, why=f"没有这家快递公司：{code[:20]} / no such courier", sub_code="courier")
        return found[0]

    @staticmethod
    def _done(told: Mapping[str, Any]) -> None:
        if told.get("is_success") is False:
            raise ShopRefused(channel=NAME, why="is_success=false", sub_code="is_success")

    # ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        if not code:
            return typed_grant(self.settings.typed)
        return self._grant("pdd.pop.auth.token.create", {"code": code}, now)

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        if not grant.refresh_token:
            raise ShopTokenExpired(channel=NAME, why="refresh_token")
        return self._grant("pdd.pop.auth.token.refresh", {"refresh_token": grant.refresh_token}, now)

    def _grant(self, method: str, asked: Mapping[str, str], now: datetime) -> Grant:
        told = self._ask(method, asked, now=now, token="")
        token = text(told.get("access_token"))
        if not token:
            raise ShopUnreadable(channel=NAME, why="access_token")
        return Grant(
            token, text(told.get("refresh_token")), moment_of_seconds(told.get("expires_at")), moment_of_seconds(told.get("refresh_token_expires_at")),
            text(told.get("owner_id")), text(told.get("owner_name")),
        )  # fmt: skip

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, asked: Mapping[str, str], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, asked, now=now))

    def _ask(self, method: str, asked: Mapping[str, str], *, now: datetime, token: str | None = None) -> Mapping[str, Any]:
        parameters = {
            "type": method, "client_id": self.settings.client_id, "version": "V1", "data_type": "JSON", "timestamp": str(int(now.timestamp())), **asked,
        }  # fmt: skip
        if allowed := self._token if token is None else token:
            parameters["access_token"] = allowed
        told = self._forms.post(self.settings.gateway, parameters)
        if "error_response" in told:
            raise _complaint(inner(told, "error_response"))
        if not isinstance(told.get(ANSWERS[method]), Mapping):
            raise ShopUnreadable(channel=NAME, why=ANSWERS[method])
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
    if code in AWAY and not (code == IN_BUSINESS and sub_code and not sub_code.isdecimal()):
        return ShopAway(channel=NAME)
    return ShopRefused(channel=NAME, why=why, sub_code=sub_code)


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    settings = Settings(
        told["client_id"], told["client_secret"], typed_of(told), gateway(told), calls_per_second(told), told["cases_status"]
    )
    return Channel(settings, grant)


COURIER_NAMES = {one.key: one.zh for one in COURIERS}
"""Numbers of couriers are asked for by their names: no source proves them."""
LACKS = (
    Lack(Can.PUSH, "推送走长连接（WebSocket），没有对接；靠定时读取，平台的列表晚 3 分钟", "pushes come by a long connection, which is not made; changes are read by the clock, 3 minutes late"),
    Lack(Can.READ_UNPAID, "平台不给未付款的订单：被它们占住的库存看不到，请给渠道库存留缓冲", "unpaid orders are never shown: keep a buffer for the stock they hold"),
    Lack(Can.SHIP_PART, "一单只有一个主运单，不能拆开回传", "an order has one waybill and cannot be told of in parts"),
    Lack(Can.STOCK_READ, "写库存后不读回，以平台接受为准", "stock is not read back; what the platform accepted counts"),
)
KIND = ShopKind(
    "pdd", NAME, "Pinduoduo", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, COURIER_NAMES, lacks=LACKS, receivers=SEALED_IN_CLOUD,
)
