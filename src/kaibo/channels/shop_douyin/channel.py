"""抖店 as a shop channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.complaint_words import KEYS, ComplaintWords, word_fields
from kaibo.channels.pages_backwards import before, first_or_last
from kaibo.channels.raw import inner, items, last_second, moment_of_seconds, text, whole
from kaibo.channels.reading_pages import read_each, read_order, total_of
from kaibo.channels.sealed_receivers import SEALED
from kaibo.channels.shop_douyin import push, reading, signing
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
    ShopUnreadable,
)

NAME = "抖店"
GATEWAY = "https://openapi-fxg.jinritemai.com"
OK = "10000"
ALREADY_DONE = "isv.parameter-invalid:40010"
"""What a stock write with a number of its own answers the second time: it was done.   Source: facts/platforms §1.1."""
WORD_FIELDS = word_fields(throttle="限流,频繁,limit", token="access_token,access-token,授权过期,授权失效", sign="invalid-sign,sign-invalid,签名")  # noqa: S106  words, no secret
ASSUMED_WORDS = ComplaintWords.of({one.key: one.default for one in WORD_FIELDS})

CAPABILITIES = Capabilities(
    can=frozenset(Can) - {Can.STOCK_DELTA},
    longest_window=timedelta(hours=6),
    page_rows=100,
    settle=timedelta(0),
    overlap=timedelta(minutes=5),
    unverified=(*KEYS, "calls_per_second"),
)
FIELDS = (
    AccountField("app_key", "应用 App Key", "app key"),
    AccountField("app_secret", "应用 App Secret", "app secret", is_secret=True),
    AccountField("shop_id", "店铺 ID（自用型应用授权用）", "shop id (for self-use apps)", is_required=False),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="10"),
    *WORD_FIELDS,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from 抖店. The words are how its complaints are told apart, which no source proves."""

    app_key: str
    app_secret: str = field(repr=False)
    shop_id: str = ""
    gateway: str = GATEWAY
    calls_per_second: float = 10.0
    words: ComplaintWords = ASSUMED_WORDS


class Channel:
    """One 抖店 shop."""

    key = "douyin"
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, grant: Grant | None = None) -> None:
        self.settings = settings
        self._token = grant.access_token if grant else ""
        self._asker = Asker(NAME, Pace(settings.calls_per_second))

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        """
        Pages are read from the last to the first: an order that changes meanwhile leaves the window and moves those
        behind it forward, into pages still to be read. Read forwards, they would be lost.
        """
        prefix = "update" if window.by == "changed" else "create"
        told = self._read("order.searchList", {
            f"{prefix}_time_start": int(window.begin.timestamp()), f"{prefix}_time_end": last_second(window.end),
            "order_by": f"{prefix}_time", "order_asc": True, "page": int(following or 0), "size": CAPABILITIES.page_rows,
        }, now=now)  # fmt: skip
        if turned := first_or_last(following, total_of(NAME, told, "total"), CAPABILITIES.page_rows, first=0):
            return OrderPage((), turned)
        orders, refused = read_each(items(told.get("shop_order_list")), reading.order_of, "order_id")
        return OrderPage(orders, before(following, first=0), refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        told = self._read("order.orderDetail", {"shop_order_id": order_no}, now=now)
        return read_order(NAME, inner(told, "shop_order_detail") or told, reading.order_of, "order_id", order_no=order_no)

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        prefix = "update" if window.by == "changed" else "start"
        ends = ("update_start_time", "update_end_time") if prefix == "update" else ("start_time", "end_time")
        told = self._read("afterSale.List", {
            ends[0]: int(window.begin.timestamp()), ends[1]: last_second(window.end), "page": int(following or 0), "size": CAPABILITIES.page_rows,
        }, now=now)  # fmt: skip
        if turned := first_or_last(following, total_of(NAME, told, "total"), CAPABILITIES.page_rows, first=0):
            return CasePage((), turned)
        cases, refused = read_each(items(told.get("items")), reading.case_of, "aftersale_id")
        return CasePage(cases, before(following, first=0), refused)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        asked = {
            "product_id": whole(write.product_id), "sku_id": whole(write.sku_id), "stock_num": write.units, "incremental": False,
            "idempotent_id": write.request_id,
        }  # fmt: skip
        try:
            self._asker.patiently(lambda: self._ask("sku.syncStock", asked, now=now))
        except ShopRefused as no:
            if no.details.get("sub_code") != ALREADY_DONE:
                raise
        told = self._read("sku.stockNum", {"sku_id": whole(write.sku_id)}, now=now)
        return StockRead(whole(told.get("stock_num")), whole(told.get("prehold_stock_num")))

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """
        One parcel by `logisticsAddSinglePack`, which keeps a number of ours: asked again it answers the first time's
        result and ships nothing. A refund under way makes the platform refuse, and that stays so.
        """
        asked: dict[str, Any] = {
            "order_id_list": [parcel.order_no], "company_code": parcel.carrier_code, "logistics_code": parcel.tracking_no,
            "request_id": parcel.request_id, "is_reject_refund": False,
        }  # fmt: skip
        if parcel.lines:
            asked["shipped_order_info"] = [{"shipped_order_id": number, "shipped_num": units} for number, units in parcel.lines]
        try:
            told = self._asker.patiently(lambda: self._ask("order.logisticsAddSinglePack", asked, now=now))
        except ShopRefused:
            if self.order(parcel.order_no, now=now).has_parcel(parcel.tracking_no):
                return ParcelTaken(is_repeat=True)
            raise
        return ParcelTaken(parcel_id=text(told.get("pack_id")))

    # ── pushes and tokens ─────────────────────────────────────────────────────────────────────────────────────────

    def read_push(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Sequence[Hint]:
        return push.read(self.settings.app_key, self.settings.app_secret, headers, body)

    def answer_push(self, problem: str | None) -> PushAnswer:
        return push.answer(problem)

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        asked = {"grant_type": "authorization_code", "code": code}
        if not code:
            asked = {"grant_type": "authorization_self", "code": "", "shop_id": self.settings.shop_id}
        return self._grant("token.create", asked, now)

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        return self._grant("token.refresh", {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}, now)

    def _grant(self, method: str, asked: Mapping[str, str], now: datetime) -> Grant:
        told = self._ask(method, asked, now=now, token="")
        token = text(told.get("access_token"))
        if not token:
            raise ShopUnreadable(channel=NAME, why="access_token")
        ends = whole(told.get("expires_in"))  # seconds from now, or the moment itself: the documents say both
        expires_at = moment_of_seconds(ends) if ends > 1_000_000_000 else now + timedelta(seconds=ends)
        return Grant(
            token, text(told.get("refresh_token")), expires_at, now + timedelta(days=14), text(told.get("shop_id")), text(told.get("shop_name"))
        )

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, asked: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, asked, now=now))

    def _ask(self, method: str, asked: Mapping[str, Any], *, now: datetime, token: str | None = None) -> Mapping[str, Any]:
        """One signed call; its `data`.   Raises: ShopThrottled, ShopTokenExpired, ShopSignatureRefused, ShopRefused, ShopAway."""
        content = signing.canonical(asked)
        timestamp = str(int(now.timestamp()))
        query = urlencode({
            "app_key": self.settings.app_key, "method": method, "access_token": self._token if token is None else token, "timestamp": timestamp,
            "v": signing.VERSION, "sign_method": "hmac-sha256",
            "sign": signing.sign(self.settings.app_secret, app_key=self.settings.app_key, method=method, timestamp=timestamp, content=content),
        })  # fmt: skip
        url = f"{self.settings.gateway}/{method.replace('.', '/')}?{query}"
        answer = self._asker.get_answer("POST", url, headers={"Content-Type": "application/json;charset=utf-8"}, body=content.encode())
        told = json_object(NAME, answer)
        if text(told.get("code")) == OK:
            return inner(told, "data")
        raise self._complaint(told)

    def _complaint(self, told: Mapping[str, Any]) -> Exception:
        """A platform's no, by kind. Which words mean which kind is a setting: no source proves them."""
        code, sub_code = text(told.get("code"))[:20], text(told.get("sub_code"))[:80]
        words = text(told.get("sub_msg")) or text(told.get("msg"))
        said, why = f"{sub_code} {text(told.get('msg'))} {words}".lower(), f"{words[:120]}（{sub_code or code}）"
        told_apart = self.settings.words.complaint(NAME, said, why, sub_code=sub_code)
        if isinstance(told_apart, ShopRefused) and (code == "20000" or sub_code.startswith("isp.")):
            return ShopAway(channel=NAME)
        return told_apart


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    settings = Settings(told["app_key"], told["app_secret"], told["shop_id"], gateway(told), calls_per_second(told), ComplaintWords.of(told))
    return Channel(settings, grant)


COURIER_CODES = {one: one for one in ("yuantong", "zhongtong", "yunda", "shunfeng", "jd", "jtexpress", "shentong")}
"""Those the platform's own examples name.   Source: facts/platforms §1.1."""
KIND = ShopKind(
    "douyin", NAME, "Douyin", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, COURIER_CODES, receivers=SEALED,
)
