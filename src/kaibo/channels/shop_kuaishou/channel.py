"""快手小店 as a shop channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.complaint_words import AWAY_KEY, KEYS, ComplaintWords, word_fields
from kaibo.channels.courier_numbers import BY_KEY, courier_field, number_of, read_numbers
from kaibo.channels.raw import inner, items, text, whole
from kaibo.channels.reading_pages import read_each, read_order
from kaibo.channels.sealed_receivers import SEALED
from kaibo.channels.shipping_once import ship_once
from kaibo.channels.shop_kuaishou import push, reading, signing
from kaibo.channels.signed_forms import FORM, SignedForms
from kaibo.channels.typed_tokens import TOKEN_FIELDS, grant_of, typed_grant, typed_of
from kaibo.channels.unoffered import Unoffered
from kaibo.kit.shop_channels import (
    AccountField,
    Can,
    Capabilities,
    CasePage,
    Grant,
    Hint,
    Lack,
    OrderPage,
    ParcelTaken,
    ParcelWrite,
    PlatformOrder,
    PushAnswer,
    ShopChannel,
    ShopKind,
    Window,
    calls_per_second,
    gateway,
    required,
)
from kaibo.kit.shop_complaints import ShopRefused, ShopSettingWrong, ShopTokenExpired, ShopUnreadable

NAME = "快手"
GATEWAY = "https://openapi.kwaixiaodian.com"
OK = "1"
NO_MORE = "nomore"
ALL_ORDERS = 1
CASE_ROWS = 100
CAPABILITIES = Capabilities(
    can=frozenset({Can.READ_CHANGED, Can.READ_MADE, Can.READ_ONE, Can.READ_UNPAID, Can.READ_CASES, Can.SHIP, Can.PUSH, Can.REFRESH_GRANT}),
    longest_window=timedelta(hours=23),
    page_rows=50,
    unverified=("calls_per_second", "total_fee", "cases_type", "couriers", "push_answer", *KEYS, AWAY_KEY),
)
WORD_FIELDS = word_fields(
    throttle="限流,频繁,limit", token="access_token,授权,AUTHORIZATION_REVOKED", sign="签名,sign", away="系统繁忙,系统异常,超时,稍后"  # noqa: S106  words, no secret
)
FIELDS = (
    AccountField("app_key", "应用 App Key", "app key"),
    AccountField("app_secret", "应用 App Secret", "app secret", is_secret=True),
    AccountField("sign_secret", "签名密钥 signSecret", "sign secret", is_secret=True),
    AccountField("message_key", "消息密钥（接收推送用，可空）", "message key (for pushes, may be empty)", is_secret=True, is_required=False),
    *TOKEN_FIELDS,
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="10"),
    AccountField(
        "total_fee", "totalFee 的含义：paid 实付 / before_discount 优惠前（未证实）", "what totalFee means: paid / before_discount (unverified)", default="paid"
    ),
    AccountField("cases_type", "查询全部售后用的类型值（未证实）", "type that asks for all after-sales (unverified)", default="9"),
    AccountField("push_answer", "推送应答（未证实）", "answer to a push (unverified)", default='{"result":1}'),
    courier_field(),
    *WORD_FIELDS,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from 快手, and what nobody proves. The secret that signs is not the app's."""

    app_key: str
    app_secret: str = field(repr=False)
    sign_secret: str = field(repr=False)
    words: ComplaintWords
    message_key: str = field(default="", repr=False)
    typed: Grant | None = field(default=None, repr=False)
    gateway: str = GATEWAY
    calls_per_second: float = 10.0
    total_fee: reading.TotalFee = "paid"
    cases_type: int = 9
    push_answer: str = '{"result":1}'
    couriers: Mapping[str, str] = field(default_factory=dict)


class Channel(Unoffered):
    """One 快手 shop."""

    key = "kuaishou"
    title = NAME
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, grant: Grant | None = None) -> None:
        self.settings = settings
        self._token = grant_of(grant, settings.typed)
        self._asker = Asker(NAME, Pace(settings.calls_per_second))
        self._forms = SignedForms(self._asker, lambda parameters: signing.sign(settings.sign_secret, parameters))

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        """A cursor holds the place of an order, not of a page: what changes meanwhile moves nothing past the reader."""
        asked = {
            "beginTime": _millis(window.begin), "endTime": _millis(window.end), "cursor": following, "orderViewStatus": ALL_ORDERS,
            "pageSize": CAPABILITIES.page_rows, "queryType": _by(window),
        }  # fmt: skip
        told = self._read("open.order.cursor.list", asked, now=now)
        orders, refused = read_each(items(told.get("orderList")), self._order_of, "oid")
        return OrderPage(orders, _following(told, "cursor", following), refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        if not order_no.isdecimal():
            raise ShopRefused(channel=NAME, why="订单号 / order number", sub_code="oid")
        told = self._read("open.order.detail", {"oid": int(order_no)}, now=now)
        return read_order(NAME, told, self._order_of, "oid", order_no=order_no)

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        asked = {
            "beginTime": _millis(window.begin), "endTime": _millis(window.end), "pcursor": following, "pageSize": CASE_ROWS, "currentPage": 1,
            "queryType": _by(window), "type": self.settings.cases_type,
        }  # fmt: skip
        told = self._read("open.seller.order.refund.pcursor.list", asked, now=now)
        cases, refused = read_each(items(told.get("refundOrderInfoList")), reading.case_of, "refundId")
        return CasePage(cases, _following(told, "pcursor", following), refused)

    def _order_of(self, raw: Mapping[str, Any]) -> PlatformOrder:
        return reading.order_of(raw, self.settings.total_fee)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        if parcel.lines:
            raise self._cannot("拆单发货 / shipping a part")
        courier = int(number_of(NAME, parcel.carrier_code, self.settings.couriers))

        def send(_: PlatformOrder) -> str:
            asked = {"orderId": int(parcel.order_no), "expressNo": parcel.tracking_no, "expressCode": courier}
            self._ask("open.seller.order.goods.deliver", asked, now=now)
            return ""

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    # ── pushes and tokens ─────────────────────────────────────────────────────────────────────────────────────────

    def read_push(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Sequence[Hint]:
        return push.read(self.settings.app_key, self.settings.message_key, body)

    def answer_push(self, problem: str | None) -> PushAnswer:
        return push.answer(self.settings.push_answer, problem)

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        if not code:
            return typed_grant(self.settings.typed)
        query = urlencode({**self._app(), "grant_type": "code", "code": code})
        return self._grant("GET", f"{self.settings.gateway}/oauth2/access_token?{query}", None, now)

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        if not grant.refresh_token:
            raise ShopTokenExpired(channel=NAME, why="refresh_token")
        form = urlencode({**self._app(), "grant_type": "refresh_token", "refresh_token": grant.refresh_token})
        return self._grant("POST", f"{self.settings.gateway}/oauth2/refresh_token", form.encode(), now)

    def _app(self) -> dict[str, str]:
        return {"app_id": self.settings.app_key, "app_secret": self.settings.app_secret}

    def _grant(self, method: str, url: str, form: bytes | None, now: datetime) -> Grant:
        told = json_object(NAME, self._asker.get_answer(method, url, headers=FORM if form else {}, body=form))
        token = text(told.get("access_token"))
        if text(told.get("result")) != OK or not token:
            words = text(told.get("error_msg")) or text(told.get("error"))
            raise ShopRefused(channel=NAME, why=f"{words[:120]}（{text(told.get('result'))}）", sub_code="oauth")
        ends, renewal_ends = (now + timedelta(seconds=whole(told.get(key))) for key in ("expires_in", "refresh_token_expires_in"))
        return Grant(token, text(told.get("refresh_token")), ends, renewal_ends, text(told.get("open_id")))

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, asked: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, asked, now=now))

    def _ask(self, method: str, asked: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        """One signed call; its `data`.   Raises: ShopThrottled, ShopTokenExpired, ShopSignatureRefused, ShopRefused, ShopAway."""
        parameters = {
            "access_token": self._token, "appkey": self.settings.app_key, "method": method, "version": "1", "param": signing.canonical(asked),
            "timestamp": str(_millis(now)), "signMethod": "HMAC_SHA256",
        }  # fmt: skip
        told = self._forms.post(f"{self.settings.gateway}/{method.replace('.', '/')}", parameters)
        if text(told.get("result")) == OK:
            return inner(told, "data")
        words = text(told.get("sub_msg")) or text(told.get("error_msg")) or text(told.get("msg"))
        code = text(told.get("sub_code")) or text(told.get("code")) or text(told.get("result"))
        said = " ".join(text(told.get(name)) for name in ("msg", "error_msg", "sub_msg", "sub_code"))
        raise self.settings.words.complaint(NAME, said, f"{words[:120]}（{code[:40]}）", sub_code=code[:80])


def _by(window: Window) -> int:
    return 2 if window.by == "changed" else 1


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _following(told: Mapping[str, Any], name: str, asked: str) -> str | None:
    """
    A cursor that stands still ends the reading too: it would be read for ever. An answer without one is no end: taken for
    it, a window of orders would be passed over for good.
    """
    cursor = text(told.get(name))
    if not cursor:
        raise ShopUnreadable(channel=NAME, why=name)
    return cursor if cursor not in {NO_MORE, asked} else None


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    if told["total_fee"] not in {"paid", "before_discount"}:
        raise ShopSettingWrong(name="totalFee", wanted="paid / before_discount")
    if not told["cases_type"].isdecimal():
        raise ShopSettingWrong(name="查询全部售后用的类型值 / type that asks for all after-sales", wanted="9")
    settings = Settings(
        told["app_key"], told["app_secret"], told["sign_secret"], ComplaintWords.of(told), told["message_key"], typed_of(told), gateway(told),
        calls_per_second(told), "paid" if told["total_fee"] == "paid" else "before_discount", int(told["cases_type"]), told["push_answer"],
        read_numbers(told),
    )  # fmt: skip
    return Channel(settings, grant)


LACKS = (
    Lack(
        Can.STOCK_ABSOLUTE, "接口只能加减，不能写成多少，也没有读回库存的公开接口：一次没有回应就不知道平台上是多少，会超卖，所以不写。用渠道库存文件到快手后台改",
        "its method only adds and takes away, and no public one reads stock back: after one lost answer nobody knows what stands there, so it is not called. Change it in Kuaishou's console with the stock file",
    ),
    Lack(Can.SHIP_PART, "拆单发货的接口只有名字，没有字段，没有对接", "of shipping in parts the public sources know a name and no fields"),
)
KIND = ShopKind(
    "kuaishou", NAME, "Kuaishou", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, BY_KEY, lacks=LACKS, receivers=SEALED,
)
