"""TikTok Shop as a shop channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.raw import inner, items, last_second, moment_of_seconds, text, whole
from kaibo.channels.reading_pages import read_each, read_order
from kaibo.channels.sealed_receivers import READABLE
from kaibo.channels.shipping_once import ship_once
from kaibo.channels.shop_tiktok_shop import push, reading, signing
from kaibo.kit.shop_channels import (
    AccountField,
    Can,
    Capabilities,
    CasePage,
    Grant,
    Hint,
    OrderPage,
    ParcelTaken,
    ParcelWrite,
    PlatformOrder,
    PushAnswer,
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
    ShopSettingWrong,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
    ShopUnreadable,
)

NAME = "TikTok Shop"
GATEWAY = "https://open-api.tiktokglobalshop.com"
AUTH_GATEWAY = "https://auth.tiktok-shops.com"
CAPABILITIES = Capabilities(
    can=frozenset(Can) - {Can.STOCK_DELTA},
    longest_window=timedelta(days=1),
    page_rows=50,
    unverified=("auth_gateway", "calls_per_second"),
)
FIELDS = (
    AccountField("app_key", "应用 App key", "app key"),
    AccountField("app_secret", "应用 App secret", "app secret", is_secret=True),
    AccountField("shop_cipher", "店铺 shop_cipher（跨境店必填）", "shop_cipher (needed by cross-border shops)", is_required=False),
    AccountField("warehouse_id", "发布库存的仓库 ID（可空）", "id of the warehouse for stock (may be empty)", is_required=False),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("auth_gateway", "授权地址（未证实）", "address of the authorisation (unverified)", default=AUTH_GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="10"),
)
OK, THROTTLED, NO_TOKEN, BAD_SIGN = "0", "36009002", "105002", "106001"
AWAY = frozenset({"36009003", "36009007"})
RETURNS, CANCELLATIONS = "returns", "cancellations"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from TikTok Shop."""

    app_key: str
    app_secret: str = field(repr=False)
    shop_cipher: str = ""
    warehouse_id: str = ""
    gateway: str = GATEWAY
    auth_gateway: str = AUTH_GATEWAY
    calls_per_second: float = 10.0


class Channel:
    """One TikTok Shop."""

    key = "tiktok_shop"
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, grant: Grant | None = None) -> None:
        self.settings = settings
        self._token = grant.access_token if grant else ""
        self._asker = Asker(NAME, Pace(settings.calls_per_second))

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        told = self._search("/order/202309/orders/search", window, following, now)
        orders, refused = read_each(items(told.get("orders")), reading.order_of, "id")
        return OrderPage(orders, text(told.get("next_page_token")) or None, refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        return read_order(NAME, self._row(order_no, now), reading.order_of, "id", order_no=order_no)

    def _row(self, order_no: str, now: datetime) -> Mapping[str, Any]:
        rows = items(self._read("GET", "/order/202309/orders", {"ids": order_no}, now=now).get("orders"))
        if len(rows) != 1:
            raise ShopRefused(channel=NAME, why=f"没有订单 {order_no[:40]} / no such order", sub_code="orders")
        return rows[0]

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        """Two lists, one after the other: returns of what has left, cancellations of what has not. `following` is `list:token`."""
        which, _, token = (following or f"{RETURNS}:").partition(":")
        told = self._search(f"/return_refund/202309/{which}/search", window, token, now)
        is_return = which == RETURNS
        rows = items(told.get("return_orders" if is_return else CANCELLATIONS))
        cases, refused = read_each(rows, reading.return_of if is_return else reading.cancellation_of, "return_id" if is_return else "cancel_id")
        after = text(told.get("next_page_token"))
        return CasePage(cases, f"{which}:{after}" if after else f"{CANCELLATIONS}:" if is_return else None, refused)

    def _search(self, path: str, window: Window, token: str, now: datetime) -> Mapping[str, Any]:
        by = "update_time" if window.by == "changed" else "create_time"
        query = {"page_size": str(CAPABILITIES.page_rows), "sort_field": by, "sort_order": "ASC", **({"page_token": token} if token else {})}
        body = {f"{by}_ge": int(window.begin.timestamp()), f"{by}_lt": last_second(window.end) + 1}
        return self._read("POST", path, query, body, now=now)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """Absolute; then read back with what orders have taken of it."""
        place = {"warehouse_id": self.settings.warehouse_id} if self.settings.warehouse_id else {}
        asked = {"skus": [{"id": write.sku_id, "inventory": [{**place, "quantity": write.units}]}]}
        told = self._read("POST", f"/product/202309/products/{quote(write.product_id, safe='')}/inventory/update", {}, asked, now=now)
        if errors := items(told.get("errors")):
            raise ShopRefused(channel=NAME, why=f"{text(errors[0].get('message'))[:120]}（{text(errors[0].get('code'))[:20]}）", sub_code="errors")
        found = self._read("POST", "/product/202309/inventory/search", {}, {"sku_ids": [write.sku_id]}, now=now)
        skus = [sku for product in items(found.get("inventory")) for sku in items(product.get("skus")) if text(sku.get("id")) == write.sku_id]
        if len(skus) != 1:
            raise ShopUnreadable(channel=NAME, why="inventory")
        return StockRead(whole(skus[0]["total_available_quantity"]), whole(skus[0].get("total_committed_quantity")))

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """The seller's own parcel; a part of an order is told by the numbers of its units."""

        def send(order: PlatformOrder) -> str:
            asked: dict[str, Any] = {"tracking_number": parcel.tracking_no, "shipping_provider_id": parcel.carrier_code}
            if parcel.lines:
                asked["order_line_item_ids"] = self._units(parcel, now)
            path = f"/fulfillment/202309/orders/{quote(parcel.order_no, safe='')}/packages"
            return text(self._ask("POST", path, {}, asked, now=now).get("package_id"))

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    def _units(self, parcel: ParcelWrite, now: datetime) -> list[str]:
        row = self._row(parcel.order_no, now)
        found: list[str] = []
        for sku, units in parcel.lines:
            waiting = reading.unsent_units(row, sku)
            if len(waiting) < units:
                raise ShopRefused(channel=NAME, why="没有这么多件可发 / not so many units left to send", sub_code="line_items")
            found += waiting[:units]
        return found

    # ── pushes and tokens ─────────────────────────────────────────────────────────────────────────────────────────

    def read_push(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Sequence[Hint]:
        return push.read(self.settings.app_key, self.settings.app_secret, headers, body)

    def answer_push(self, problem: str | None) -> PushAnswer:
        return push.answer(problem)

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        if not code:
            raise ShopSettingWrong(name="授权码 / authorisation code", wanted="在平台授权后得到 / given by the platform after authorising")
        return self._grant("get", {"auth_code": code, "grant_type": "authorized_code"}, now)

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        return self._grant("refresh", {"refresh_token": grant.refresh_token, "grant_type": "refresh_token"}, now)

    def _grant(self, what: str, asked: Mapping[str, str], now: datetime) -> Grant:
        """The secret stands in the address, which is never logged nor quoted."""
        query = urlencode({"app_key": self.settings.app_key, "app_secret": self.settings.app_secret, **asked})
        url = f"{self.settings.auth_gateway}/api/v2/token/{what}?{query}"
        told = _told(json_object(NAME, self._asker.get_answer("GET", url, headers={"Accept": "application/json"})))
        token = text(told.get("access_token"))
        if not token:
            raise ShopUnreadable(channel=NAME, why="access_token")
        return Grant(
            token, text(told.get("refresh_token")), _ends(told.get("access_token_expire_in"), now), _ends(told.get("refresh_token_expire_in"), now),
            "", text(told.get("seller_name")),
        )  # fmt: skip

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None, *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, path, query, body, now=now))

    def _ask(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None, *, now: datetime) -> Mapping[str, Any]:
        """One signed call; its `data`. What is signed is the very text that is sent."""
        content = "" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        asked = {**query, "app_key": self.settings.app_key, "timestamp": str(int(now.timestamp()))}
        if self.settings.shop_cipher:
            asked["shop_cipher"] = self.settings.shop_cipher
        asked["sign"] = signing.sign(self.settings.app_secret, path=path, query=asked, body=content)
        headers = {"x-tts-access-token": self._token, "Content-Type": "application/json"}
        answer = self._asker.get_answer(method, f"{self.settings.gateway}{path}?{urlencode(asked)}", headers=headers, body=content.encode() or None)
        return _told(json_object(NAME, answer))


def _told(answered: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `data` of an answer.   Raises: ShopThrottled, ShopTokenExpired, ShopSignatureRefused, ShopAway, ShopRefused."""
    code = text(answered.get("code"))[:20]
    if code == OK:
        return inner(answered, "data")
    why = f"{text(answered.get('message'))[:120]}（{code}）"
    if code == THROTTLED:
        raise ShopThrottled(channel=NAME, retry_after_seconds=1)
    if code in AWAY:
        raise ShopAway(channel=NAME)
    if code == NO_TOKEN:
        raise ShopTokenExpired(channel=NAME, why=why)
    if code == BAD_SIGN:
        raise ShopSignatureRefused(channel=NAME, why=why)
    raise ShopRefused(channel=NAME, why=why, sub_code=code)


def _ends(value: Any, now: datetime) -> datetime | None:
    """A moment, or seconds from now: both are met."""
    seconds = whole(value)
    return moment_of_seconds(seconds) if seconds > 1_000_000_000 else now + timedelta(seconds=seconds) if seconds > 0 else None


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    auth = gateway({"gateway": told["auth_gateway"]})
    return Channel(
        Settings(told["app_key"], told["app_secret"], told["shop_cipher"], told["warehouse_id"], gateway(told), auth, calls_per_second(told)), grant
    )


KIND = ShopKind(
    "tiktok_shop", NAME, NAME, FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, receivers=READABLE,
)
