"""小红书 as a shop channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.complaint_words import KEYS, ComplaintWords, word_fields
from kaibo.channels.courier_lists import NAMES, CourierList
from kaibo.channels.pages_backwards import before, first_or_last
from kaibo.channels.raw import inner, items, last_second, moment_of_millis, text, whole
from kaibo.channels.reading_pages import read_each, read_order, total_of
from kaibo.channels.sealed_receivers import SEALED
from kaibo.channels.shipping_once import ship_once
from kaibo.channels.shop_xiaohongshu import reading, signing
from kaibo.channels.unoffered import Unoffered
from kaibo.kit.shop_channels import (
    AccountField,
    Can,
    CanSpare,
    Capabilities,
    CasePage,
    Grant,
    Lack,
    OrderPage,
    OrderState,
    ParcelTaken,
    ParcelWrite,
    PlatformOrder,
    ShopChannel,
    ShopKind,
    StockRead,
    StockWrite,
    Unread,
    Window,
    calls_per_second,
    gateway,
    required,
    spare_none,
)
from kaibo.kit.shop_complaints import ShopAway, ShopRefused, ShopSettingWrong, ShopUnreadable

NAME = "小红书"
GATEWAY = "https://ark.xiaohongshu.com/ark/open_api/v3/common_controller"
TOKEN_HOLDS, RENEWAL_HOLDS = timedelta(days=7), timedelta(days=14)
NEEDS_RECEIVER = frozenset({OrderState.PAID, OrderState.PARTIALLY_SHIPPED})
"""Before it is paid there is nobody to send to; once it has left, what we have is enough."""
CAPABILITIES = Capabilities(
    can=frozenset(Can) - {Can.STOCK_DELTA, Can.PUSH, Can.SHIP_UNITS},
    longest_window=timedelta(minutes=30),
    longest_made_window=timedelta(hours=24),
    page_rows=100,
    overlap=timedelta(minutes=2),  # every row of a list is a call of its own
    unverified=(*KEYS, "busy_words", "receivers_per_call", "calls_per_second"),
)
FIELDS = (
    AccountField("app_id", "应用 appId", "app id"),
    AccountField("app_secret", "应用 appSecret", "app secret", is_secret=True),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="10"),
    AccountField("busy_words", "系统繁忙的字样（未证实）", "words that mean a busy system (unverified)", default="系统异常,系统繁忙,服务异常"),
    AccountField("receivers_per_call", "每次查询几单收件信息（未证实）", "receivers asked for in one call (unverified)", default="20"),
    *word_fields(throttle="限流,[-9013]", token="accesstoken,access token,[401],授权", sign="签名,sign error,invalid sign"),  # noqa: S106  words, no secret
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from 小红书. The words are how its complaints are told apart, which no source proves."""

    app_id: str
    app_secret: str = field(repr=False)
    words: ComplaintWords
    gateway: str = GATEWAY
    calls_per_second: float = 10.0
    receivers_per_call: int = 20
    busy_words: tuple[str, ...] = ()


class Channel(Unoffered):
    """One 小红书 shop. Lists lack the items and the receivers: every order is asked for by itself, receivers together."""

    key = "xiaohongshu"
    title = NAME
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, grant: Grant | None = None) -> None:
        self.settings = settings
        self._token = grant.access_token if grant else ""
        self._asker = Asker(NAME, Pace(settings.calls_per_second))
        self.can_spare: CanSpare = spare_none

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        told = self._read("order.getOrderList", {
            "startTime": int(window.begin.timestamp()), "endTime": last_second(window.end), "timeType": 2 if window.by == "changed" else 1,
            "pageNo": int(following or 1), "pageSize": CAPABILITIES.page_rows,
        }, now=now)  # fmt: skip
        if turned := first_or_last(following, total_of(NAME, told, "total"), CAPABILITIES.page_rows):
            return OrderPage((), turned)
        rows, gone = [], []
        for one in items(told.get("orderList")):
            number = text(one.get("orderId"))
            if self.can_spare(number, _version(one), window):
                continue
            try:
                rows.append(self._read("order.getOrderDetail", {"orderId": number}, now=now))
            except ShopRefused as no:
                gone.append(Unread(number, str(no.details.get("why", ""))[:120]))
        receivers = self._receivers(rows, now)
        orders, refused = read_each(rows, lambda row: reading.order_of(row, receivers.get(text(row.get("orderId")))), "orderId")
        return OrderPage(orders, before(following), (*refused, *gone))

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        row = self._read("order.getOrderDetail", {"orderId": order_no}, now=now)
        receivers = self._receivers([row], now)
        return read_order(NAME, row, lambda found: reading.order_of(found, receivers.get(order_no)), "orderId", order_no=order_no)

    def _receivers(self, rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Mapping[str, Any]]:
        """Receivers, as ciphertext, of the orders that wait to be sent, by number."""
        asked = [
            {"orderId": text(row.get("orderId")), "openAddressId": text(row.get("openAddressId"))}
            for row in rows
            if text(row.get("openAddressId")) and reading.state_of(text(row.get("orderStatus"))) in NEEDS_RECEIVER
        ]
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(asked), self.settings.receivers_per_call):
            part = asked[start : start + self.settings.receivers_per_call]
            told = self._read("order.getOrderReceiverInfo", {"receiverQueries": part, "isReturn": False}, now=now)
            found |= {text(one.get("orderId")): one for one in items(told.get("receiverInfos"))}
        return found

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        told = self._read("afterSale.listAfterSaleInfos", {
            "startTime": int(window.begin.timestamp()) * 1000, "endTime": last_second(window.end) * 1000 + 999,
            "timeType": 2 if window.by == "changed" else 1, "pageNo": int(following or 1), "pageSize": CAPABILITIES.page_rows,
        }, now=now)  # fmt: skip
        if turned := first_or_last(following, total_of(NAME, told, "totalCount"), CAPABILITIES.page_rows):
            return CasePage((), turned)
        cases, refused = read_each(items(told.get("afterSaleBasicInfos")), reading.case_of, "returnsId")
        return CasePage(cases, before(following), refused)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """
        The platform sets its total, in which unpaid orders and channels hold a part: what they hold is read first and put
        on top, and what may be sold afterwards is read back.
        """
        held = self._stock(write.sku_id, now)
        self._read("inventory.syncSkuStock", {"skuId": write.sku_id, "qty": write.units + held.held}, now=now)
        return self._stock(write.sku_id, now)

    def _stock(self, sku_id: str, now: datetime) -> StockRead:
        told = inner(self._read("inventory.getSkuStock", {"skuId": sku_id}, now=now), "skuStock")
        if "available" not in told or "total" not in told:
            raise ShopUnreadable(channel=NAME, why="skuStock")
        return StockRead(whole(told["available"]), whole(told["total"]) - whole(told["available"]))

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """The whole order, or whole items of it: a part of an item's units cannot be told."""

        def couriers() -> dict[str, str]:
            told = self._read("common.getExpressCompanyList", {}, now=now)
            return {text(one.get("expressCompanyName")): text(one.get("expressCompanyCode")) for one in items(told.get("expressCompanyInfos"))}

        carrier = CourierList(NAME, couriers).code_of(parcel.carrier_code)

        def send(order: PlatformOrder) -> str:
            units = {line.line_no: line.quantity for line in order.lines}
            if any(units.get(number) != part for number, part in parcel.lines):
                raise self._cannot("只发一个商品的一部分件数 / shipping some units of an item")
            asked: dict[str, Any] = {
                "orderId": parcel.order_no, "expressNo": parcel.tracking_no, "expressCompanyCode": carrier, "unpack": bool(parcel.lines),
            }  # fmt: skip
            if parcel.lines:
                asked["skuIdList"] = [number for number, _ in parcel.lines]
            self._ask("order.orderDeliver", asked, now=now)
            return ""

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    # ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        if not code:
            raise ShopSettingWrong(name="授权码 / authorisation code", wanted="在平台授权后得到 / given by the platform after authorising")
        return self._grant("oauth.getAccessToken", {"code": code}, now)

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        """The old token goes on for five minutes, so that a pull under way is not cut off."""
        return self._grant("oauth.refreshToken", {"refreshToken": grant.refresh_token}, now)

    def _grant(self, method: str, asked: Mapping[str, str], now: datetime) -> Grant:
        told = self._ask(method, asked, now=now, is_signed_in=False)
        token = text(told.get("accessToken"))
        if not token:
            raise ShopUnreadable(channel=NAME, why="accessToken")
        return Grant(
            token, text(told.get("refreshToken")), moment_of_millis(told.get("accessTokenExpiresAt")) or now + TOKEN_HOLDS,
            moment_of_millis(told.get("refreshTokenExpiresAt")) or now + RENEWAL_HOLDS, text(told.get("sellerId")), text(told.get("sellerName")),
        )  # fmt: skip

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, asked: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, asked, now=now))

    def _ask(self, method: str, asked: Mapping[str, Any], *, now: datetime, is_signed_in: bool = True) -> Mapping[str, Any]:
        """One signed call; its `data`. Newer calls wrap a second answer in the first: both must be a yes."""
        timestamp = str(int(now.timestamp()))
        told = {
            **asked, "appId": self.settings.app_id, "timestamp": timestamp, "version": signing.VERSION, "method": method,
            "sign": signing.sign(self.settings.app_secret, app=self.settings.app_id, method=method, timestamp=timestamp),
            **({"accessToken": self._token} if is_signed_in else {}),
        }  # fmt: skip
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        answer = self._asker.get_answer("POST", self.settings.gateway, headers={"Content-Type": "application/json;charset=utf-8"}, body=body)
        said = json_object(NAME, answer)
        if said.get("success") is not True or text(said.get("error_code")) not in {"", "0"}:
            raise self._complaint(text(said.get("error_code")), text(said.get("error_msg")))
        data = inner(said, "data")
        if isinstance(data.get("success"), bool) and "code" in data:
            if data["success"] is not True or text(data.get("code")) != "0":
                raise self._complaint(text(data.get("code")), text(data.get("msg")))
            return inner(data, "data")
        return data

    def _complaint(self, code: str, words: str) -> Exception:
        if any(word in words for word in self.settings.busy_words):
            return ShopAway(channel=NAME)
        return self.settings.words.complaint(NAME, f"[{code}] {words}", f"{words[:120]}（{code[:20]}）", sub_code=code[:20])


def _version(listed: Mapping[str, Any]) -> datetime | None:
    """What a list says of an order's version; what cannot be read there is asked for as if it were not."""
    try:
        return moment_of_millis(listed.get("updateTime"))
    except (ValueError, OverflowError, OSError):
        return None


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    if not told["receivers_per_call"].isdecimal() or not 1 <= int(told["receivers_per_call"]) <= CAPABILITIES.page_rows:
        raise ShopSettingWrong(name="每次查询几单收件信息 / receivers asked for in one call", wanted="1–100")
    settings = Settings(
        told["app_id"], told["app_secret"], ComplaintWords.of(told), gateway(told), calls_per_second(told), int(told["receivers_per_call"]),
        tuple(word.strip() for word in told["busy_words"].split(",") if word.strip()),
    )  # fmt: skip
    return Channel(settings, grant)


LACKS = (
    Lack(
        Can.PUSH, "推送签名的算法只有一处第三方资料，没有证实，不接收；靠定时读取",
        "how pushes are signed stands in one third-party source only and is not proven, so none are taken; changes are read by the clock",
    ),
)
KIND = ShopKind(
    "xiaohongshu", NAME, "Xiaohongshu (RED)", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, NAMES, lacks=LACKS, receivers=SEALED,
)
