"""微信小店 as a shop channel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.courier_lists import NAMES, CourierList
from kaibo.channels.raw import inner, items, last_second, text, whole
from kaibo.channels.reading_pages import Row, read_each, read_order
from kaibo.channels.sealed_receivers import READABLE
from kaibo.channels.shipping_once import ship_once, units_to_send
from kaibo.channels.shop_wechat_shop import push, reading
from kaibo.kit.shop_channels import (
    AccountField,
    Can,
    CanSpare,
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
    Unread,
    Window,
    calls_per_second,
    gateway,
    required,
    spare_none,
)
from kaibo.kit.shop_complaints import (
    ShopAway,
    ShopRefused,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
    ShopUnreadable,
)

NAME = "微信小店"
GATEWAY = "https://api.weixin.qq.com"
WINDOW_TOO_LARGE = "31042"
"""The platform asks for a shorter window; it is halved."""
TOKEN_CODES, THROTTLE_CODES, BUSY_CODES, SECRET_CODES = "40001,40014,42001", "45009,45011", "-1", "40013,40125"
SHORTEST_SECONDS = 2
CAPABILITIES = Capabilities(
    can=frozenset(Can) - {Can.STOCK_DELTA},
    longest_window=timedelta(hours=24),
    page_rows=100,
    overlap=timedelta(minutes=2),  # every row of a list is a call of its own
    unverified=("token_codes", "throttle_codes", "busy_codes", "secret_codes", "calls_per_second"),
)
"""Orders may be asked for by seven days, after-sales by one: the shorter one holds for both."""
FIELDS = (
    AccountField("app_id", "小店 AppID", "app id"),
    AccountField("app_secret", "小店 AppSecret", "app secret", is_secret=True),
    AccountField("push_token", "消息推送 Token（用推送才填）", "token of the message push (only for pushes)", is_secret=True, is_required=False),
    AccountField("push_key", "消息推送 EncodingAESKey（安全模式）", "EncodingAESKey of the message push (safe mode)", is_secret=True, is_required=False),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="10"),
    AccountField("token_codes", "授权失效的错误码（未证实）", "error numbers of an ended token (unverified)", default=TOKEN_CODES),
    AccountField("throttle_codes", "限流的错误码（未证实）", "error numbers of throttling (unverified)", default=THROTTLE_CODES),
    AccountField("busy_codes", "系统繁忙的错误码（未证实）", "error numbers of a busy system (unverified)", default=BUSY_CODES),
    AccountField("secret_codes", "AppID 或密钥不对的错误码（未证实）", "error numbers of a wrong id or secret (unverified)", default=SECRET_CODES),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from 微信小店. The numbers are how its complaints are told apart, which no source proves."""

    app_id: str
    app_secret: str = field(repr=False)
    push_token: str = field(default="", repr=False)
    push_key: str = field(default="", repr=False)
    gateway: str = GATEWAY
    calls_per_second: float = 10.0
    token_codes: frozenset[str] = frozenset(TOKEN_CODES.split(","))
    throttle_codes: frozenset[str] = frozenset(THROTTLE_CODES.split(","))
    busy_codes: frozenset[str] = frozenset(BUSY_CODES.split(","))
    secret_codes: frozenset[str] = frozenset(SECRET_CODES.split(","))


class Channel:
    """One 微信小店. Lists give numbers only; every order is then asked for by itself."""

    key = "wechat_shop"
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, grant: Grant | None = None) -> None:
        self.settings = settings
        self._token = grant.access_token if grant else ""
        self._asker = Asker(NAME, Pace(settings.calls_per_second))
        self.can_spare: CanSpare = spare_none

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        part, key = _part(window, following)
        asked = {
            f"{'update' if window.by == 'changed' else 'create'}_time_range": {"start_time": int(part.begin.timestamp()), "end_time": last_second(part.end)},
            "page_size": CAPABILITIES.page_rows, "next_key": key,
        }  # fmt: skip
        told, narrower = self._list("channels/ec/order/list/get", asked, part, now)
        if narrower:
            return OrderPage((), narrower)
        numbers = [number for number in _texts(told.get("order_id_list")) if not self.can_spare(number, None, part)]
        rows, gone = self._each(numbers, lambda number: inner(self._read("channels/ec/order/get", {"order_id": number}, now=now), "order"))
        orders, refused = read_each(rows, reading.order_of, "order_id")
        return OrderPage(orders, _next(window, part, told), (*refused, *gone))

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        told = self._read("channels/ec/order/get", {"order_id": order_no}, now=now)
        return read_order(NAME, inner(told, "order"), reading.order_of, "order_id", order_no=order_no)

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        part, key = _part(window, following)
        ends = ("begin_update_time", "end_update_time") if window.by == "changed" else ("begin_create_time", "end_create_time")
        asked = {ends[0]: int(part.begin.timestamp()), ends[1]: last_second(part.end), "next_key": key}
        told, narrower = self._list("channels/ec/aftersale/getaftersalelist", asked, part, now)
        if narrower:
            return CasePage((), narrower)
        rows, gone = self._each(
            _texts(told.get("after_sale_order_id_list")),
            lambda number: inner(self._read("channels/ec/aftersale/getaftersaleorder", {"after_sale_order_id": number}, now=now), "after_sale_order"),
        )
        cases, refused = read_each(rows, lambda row: reading.case_of(row, now), "after_sale_order_id")
        return CasePage(cases, _next(window, part, told), (*refused, *gone))

    def _list(self, path: str, asked: Mapping[str, Any], part: Window, now: datetime) -> tuple[Mapping[str, Any], str]:
        """One page of numbers; or, where the platform finds the window too large, where to begin with half of it."""
        try:
            return self._read(path, asked, now=now), ""
        except ShopRefused as no:
            seconds = int(part.end.timestamp()) - int(part.begin.timestamp())
            if no.details.get("sub_code") != WINDOW_TOO_LARGE or seconds < SHORTEST_SECONDS:
                raise
            begin = int(part.begin.timestamp())
            return {}, f"{begin}-{begin + seconds // 2}:"

    def _each(self, numbers: Sequence[str], ask: Callable[[str], Row]) -> tuple[list[Row], list[Unread]]:
        rows, gone = [], []
        for number in numbers:
            try:
                rows.append(ask(number))
            except ShopRefused as no:
                gone.append(Unread(number, str(no.details.get("why", ""))[:120]))
        return rows, gone

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """Absolute, so that the same write again is the same; then read back, since orders come in meanwhile."""
        about = {"product_id": write.product_id, "sku_id": write.sku_id}
        self._read("channels/ec/product/stock/update", {**about, "diff_type": 3, "num": write.units}, now=now)
        told = self._read("channels/ec/product/stock/get", about, now=now)
        return StockRead(whole(inner(told, "data")["normal_stock_num"]))

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        def couriers() -> dict[str, str]:
            told = self._read("channels/ec/order/deliverycompanylist/get", {}, now=now)
            return {text(one.get("delivery_name")): text(one.get("delivery_id")) for one in items(told.get("company_list"))}

        carrier = CourierList(NAME, couriers).code_of(parcel.carrier_code)

        def send(order: PlatformOrder) -> str:
            products = {line.line_no: line.product_id for line in order.lines}
            content = [
                {"product_id": products.get(number, ""), "sku_id": number, "product_cnt": units} for number, units in units_to_send(parcel, order)
            ]
            told = {"delivery_id": carrier, "waybill_id": parcel.tracking_no, "deliver_type": 1, "product_infos": content}
            self._ask("channels/ec/order/delivery/send", {"order_id": parcel.order_no, "delivery_list": [told]}, now=now)
            return ""

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    # ── pushes and tokens ─────────────────────────────────────────────────────────────────────────────────────────

    def read_push(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Sequence[Hint]:
        return push.read(self.settings.push_token, self.settings.push_key, self.settings.app_id, headers, body)

    def greet_push(self, headers: Mapping[str, str], *, now: datetime) -> PushAnswer:
        return push.greeting(self.settings.push_token, headers)

    def answer_push(self, problem: str | None) -> PushAnswer:
        return push.answer(problem)

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        """The app's own token; asked for again it stays the same until it ends soon, so that two processes do not take it from each other."""
        asked = {"grant_type": "client_credential", "appid": self.settings.app_id, "secret": self.settings.app_secret, "force_refresh": False}
        told = self._asker.patiently(lambda: self._ask("cgi-bin/stable_token", asked, now=now, is_signed_in=False))
        token, seconds = text(told.get("access_token")), whole(told.get("expires_in"))
        if not token or seconds <= 0:
            raise ShopUnreadable(channel=NAME, why="access_token")
        return Grant(token, "", now + timedelta(seconds=seconds), None, self.settings.app_id)

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        return self.new_grant("", now=now)

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, path: str, asked: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(path, asked, now=now))

    def _ask(self, path: str, asked: Mapping[str, Any], *, now: datetime, is_signed_in: bool = True) -> Mapping[str, Any]:
        query = f"?access_token={quote(self._token, safe='')}" if is_signed_in else ""
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        url = f"{self.settings.gateway}/{path}{query}"
        told = json_object(NAME, self._asker.get_answer("POST", url, headers={"Content-Type": "application/json"}, body=body))
        if text(told.get("errcode")) in {"", "0"}:
            return told
        raise self._complaint(told)

    def _complaint(self, told: Mapping[str, Any]) -> Exception:
        """A platform's no, by kind. Which numbers mean which kind is a setting: no source proves them."""
        code = text(told.get("errcode"))[:20]
        why = f"{text(told.get('errmsg'))[:120]}（{code}）"
        if code in self.settings.secret_codes:
            return ShopSignatureRefused(channel=NAME, why=why)
        if code in self.settings.token_codes:
            return ShopTokenExpired(channel=NAME, why=why)
        if code in self.settings.throttle_codes:
            return ShopThrottled(channel=NAME, retry_after_seconds=1)
        if code in self.settings.busy_codes:
            return ShopAway(channel=NAME)
        return ShopRefused(channel=NAME, why=why, sub_code=code)


def _part(window: Window, following: str) -> tuple[Window, str]:
    """`following` is `begin-end:key`: the part of the window that is being read, and the platform's own mark in it."""
    if not following:
        return window, ""
    span, _, key = following.partition(":")
    begin, end = (datetime.fromtimestamp(int(one), UTC) for one in span.split("-"))
    return Window(max(begin, window.begin), min(end, window.end), window.by), key


def _next(window: Window, part: Window, told: Mapping[str, Any]) -> str | None:
    end = last_second(window.end) + 1
    if told.get("has_more") and text(told.get("next_key")):
        return f"{int(part.begin.timestamp())}-{last_second(part.end) + 1}:{text(told['next_key'])}"
    stop = last_second(part.end) + 1
    return f"{stop}-{end}:" if stop < end else None


def _texts(value: Any) -> list[str]:
    return [number for one in value if (number := text(one))] if isinstance(value, list) else []


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    codes = {
        name: frozenset(one.strip() for one in told[name].split(",") if one.strip())
        for name in ("token_codes", "throttle_codes", "busy_codes", "secret_codes")
    }
    settings = Settings(
        told["app_id"], told["app_secret"], told["push_token"], told["push_key"], gateway(told), calls_per_second(told), **codes
    )  # fmt: skip
    return Channel(settings, grant)


KIND = ShopKind(
    "wechat_shop", NAME, "WeChat Shop", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, NAMES, receivers=READABLE,
)
