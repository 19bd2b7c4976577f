"""京东 as a shop channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from kaibo.channels.asking import Asker, Pace, json_object
from kaibo.channels.complaint_words import AWAY_KEY, KEYS, ComplaintWords, word_fields
from kaibo.channels.courier_numbers import BY_KEY, courier_field, number_of, read_numbers
from kaibo.channels.pages_backwards import before, first_or_last
from kaibo.channels.raw import inner, items, text, whole
from kaibo.channels.reading_pages import read_each, read_order, total_of
from kaibo.channels.sealed_receivers import SEALED
from kaibo.channels.shipping_once import ship_once
from kaibo.channels.shop_jd import reading, signing
from kaibo.channels.signed_forms import SignedForms
from kaibo.channels.typed_tokens import TOKEN_FIELDS, grant_of, typed_grant, typed_of
from kaibo.channels.unoffered import Unoffered
from kaibo.channels.yuan import shanghai_text
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
from kaibo.kit.shop_complaints import ShopRefused, ShopSettingWrong, ShopTokenExpired, ShopUnreadable

NAME = "京东"
GATEWAY = "https://api.jd.com/routerjson"
OAUTH = "https://open-oauth.jd.com/oauth2"
MOST_PAGES = 100
"""Behind them lists are said to be empty: a window that fills more is not believed."""
CASE_ROWS = 50
ORDER_FIELDS = (
    "orderId,parentOrderId,orderTotalPrice,orderSellerPrice,orderPayment,freightPrice,sellerDiscount,orderState,orderStartTime,paymentConfirmTime,"
    "orderEndTime,modified,waybill,logisticsId,venderRemark,orderRemark,consigneeInfo,itemInfoList,couponDetailList,payType"
)
STATUSES = ",".join(status for status in reading.STATES if status != "NOT_PAY")
COURIERS = "shunfeng=467,yuantong=463,shentong=470,ems=465,yunda=1327,zhongtong=1499,jd=2087,debangkuaidi=3046"
STOCK_METHODS = ("", "jingdong.ware.stock.sku.set", "360buy.sku.stock.update")
CAPABILITIES = Capabilities(
    can=frozenset({Can.READ_CHANGED, Can.READ_MADE, Can.READ_ONE, Can.READ_CASES, Can.SHIP, Can.REFRESH_GRANT}),
    longest_window=timedelta(minutes=30),
    page_rows=100,
    unverified=("calls_per_second", "couriers", "order_states", "refund_unit", "oauth", "stock_method", *KEYS, AWAY_KEY),
)
WORD_FIELDS = word_fields(
    throttle="限流,频繁,超过限制,次数超限,limit", token="access_token,授权,token", sign="签名,invalid sign,signature", away="服务不可用,系统异常,超时,稍后再试"  # noqa: S106  words, no secret
)
FIELDS = (
    AccountField("app_key", "应用 App Key", "app key"),
    AccountField("app_secret", "应用 App Secret", "app secret", is_secret=True),
    *TOKEN_FIELDS,
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("oauth", "授权地址（未证实）", "address tokens are renewed at (unverified)", default=OAUTH),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="5"),
    AccountField("order_states", "拉取哪些状态的订单（未证实齐全）", "statuses of orders that are listed (not proven to be all)", default=STATUSES),
    AccountField("refund_unit", "申请退款金额的单位 fen/yuan（未证实）", "unit of applied refunds, fen/yuan (unverified)", default="fen"),
    AccountField(
        "stock_method", "设置库存的接口名（未证实，空为不同步库存）", "method that sets stock (unverified; none: stock is not set)", is_required=False
    ),
    courier_field(COURIERS),
    *WORD_FIELDS,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from 京东, and what nobody proves."""

    app_key: str
    app_secret: str = field(repr=False)
    words: ComplaintWords
    typed: Grant | None = field(default=None, repr=False)
    gateway: str = GATEWAY
    oauth: str = OAUTH
    calls_per_second: float = 5.0
    order_states: str = STATUSES
    refund_unit: reading.RefundUnit = "fen"
    stock_method: str = ""
    couriers: Mapping[str, str] = field(default_factory=dict)


class Channel(Unoffered):
    """One 京东 shop (SOP)."""

    key = "jd"
    title = NAME

    def __init__(self, settings: Settings, grant: Grant | None = None) -> None:
        self.settings = settings
        can = CAPABILITIES.can | ({Can.STOCK_ABSOLUTE} if settings.stock_method else set())
        self.capabilities = replace(CAPABILITIES, can=can)
        self._token = grant_of(grant, settings.typed)
        self._asker = Asker(NAME, Pace(settings.calls_per_second))
        self._forms = SignedForms(self._asker, lambda parameters: signing.sign(settings.app_secret, parameters))

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        asked = {
            "start_date": shanghai_text(window.begin), "end_date": shanghai_text(window.end), "order_state": self.settings.order_states,
            "optional_fields": ORDER_FIELDS, "page": following or "1", "page_size": str(CAPABILITIES.page_rows), "sortType": "1",
            "dateType": "0" if window.by == "changed" else "1",
        }  # fmt: skip
        told = inner(self._read("jingdong.pop.order.search", asked, now=now), "searchorderinfo_result")
        total = total_of(NAME, told, "orderTotal")
        if total > MOST_PAGES * CAPABILITIES.page_rows:
            raise ShopUnreadable(channel=NAME, why=f"orderTotal {total}")
        if turned := first_or_last(following, total, CAPABILITIES.page_rows):
            return OrderPage((), turned)
        orders, refused = read_each(items(told.get("orderInfoList")), reading.order_of, "orderId")
        return OrderPage(orders, before(following), refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        told = self._read("jingdong.pop.order.get", {"order_id": order_no, "optional_fields": ORDER_FIELDS}, now=now)
        return read_order(NAME, inner(told, "orderDetailInfo", "orderInfo"), reading.order_of, "orderId", order_no=order_no)

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        """Refunds asked for in a window, then those decided in it: a list of what changed is not proven."""
        by, _, page = (following or "apply:").partition(":")
        asked = {
            f"{by}TimeStart": shanghai_text(window.begin), f"{by}TimeEnd": shanghai_text(window.end), "pageIndex": int(page or 1), "pageSize": CASE_ROWS,
        }  # fmt: skip
        told = inner(self._read("jingdong.pop.afs.soa.refundapply.queryPageList", asked, now=now), "queryResult")
        if turned := first_or_last(page, total_of(NAME, told, "totalCount"), CASE_ROWS):
            return CasePage((), f"{by}:{turned}")
        cases, refused = read_each(items(told.get("result")), lambda raw: reading.case_of(raw, self.settings.refund_unit), "id")
        turned = before(page)
        return CasePage(cases, f"{by}:{turned}" if turned else "check:" if by == "apply" else None, refused)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """Only by the method somebody chose; absolute, so that the same write again is the same. It cannot be read back."""
        if not self.settings.stock_method:
            raise self._cannot("设置库存，未选定接口 / setting stock, no method chosen")
        asked: dict[str, Any] = {"skuId": write.sku_id, "stockNum": write.units}
        if self.settings.stock_method.startswith("360buy."):
            asked = {"sku_id": write.sku_id, "quantity": write.units, "trade_no": write.request_id}
        self._read(self.settings.stock_method, asked, now=now)
        return StockRead(None)

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        if parcel.lines:
            raise self._cannot("拆单发货 / shipping a part")
        courier = number_of(NAME, parcel.carrier_code, self.settings.couriers)

        def send(_: PlatformOrder) -> str:
            self._ask("jingdong.pop.order.shipment", {"orderId": parcel.order_no, "logiCoprId": courier, "logiNo": parcel.tracking_no}, now=now)
            return ""

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    # ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────

    def new_grant(self, code: str, *, now: datetime) -> Grant:
        if not code:
            return typed_grant(self.settings.typed)
        return self._grant("access_token", {"grant_type": "authorization_code", "code": code}, now)

    def refreshed_grant(self, grant: Grant, *, now: datetime) -> Grant:
        if not grant.refresh_token:
            raise ShopTokenExpired(channel=NAME, why="refresh_token")
        return self._grant("refresh_token", {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}, now)

    def _grant(self, path: str, asked: Mapping[str, str], now: datetime) -> Grant:
        query = urlencode({"app_key": self.settings.app_key, "app_secret": self.settings.app_secret, **asked})
        told = json_object(NAME, self._asker.get_answer("GET", f"{self.settings.oauth}/{path}?{query}", headers={}))
        token = text(told.get("access_token"))
        if not token:
            raise ShopRefused(channel=NAME, why=f"{text(told.get('msg'))[:120]}（{text(told.get('code'))}）", sub_code="oauth")
        return Grant(token, text(told.get("refresh_token")), now + timedelta(seconds=whole(told.get("expires_in"))), None, text(told.get("uid")))

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, asked: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, asked, now=now))

    def _ask(self, method: str, asked: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
        """One signed call; its answer, in which nothing says no."""
        parameters = {
            signing.CONTENT: json.dumps(asked, ensure_ascii=False, separators=(",", ":")), "access_token": self._token, "app_key": self.settings.app_key,
            "method": method, "timestamp": signing.timestamp(now), "v": "2.0",
        }  # fmt: skip
        told = self._forms.post(self.settings.gateway, parameters)
        if "error_response" in told:
            wrong = inner(told, "error_response")
            raise self._complaint(text(wrong.get("code")), text(wrong.get("zh_desc")) or text(wrong.get("en_desc")), text(wrong.get("en_desc")))
        answer = inner(told, f"{method.replace('.', '_')}_responce")  # spelled so by the platform
        if not answer and method == self.settings.stock_method:  # old methods name their answers in no proven way
            answer = next((one for one in told.values() if isinstance(one, Mapping)), {})
        if not answer:
            raise ShopUnreadable(channel=NAME, why=method)
        for part in (answer, *(one for one in answer.values() if isinstance(one, Mapping))):
            if no := _no_in(part) or _no_in(inner(part, "apiResult")):
                raise self._complaint(*no)
        return answer

    def _complaint(self, code: str, words: str, also: str) -> Exception:
        return self.settings.words.complaint(NAME, f"{words} {also}", f"{words[:120]}（{code[:20]}）", sub_code=code[:80])


def _no_in(told: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Business says no inside the answer, with a truth value that is a text."""
    if str(told.get("success", "true")).lower() != "false":
        return None
    code = text(told.get("errorCode")) or text(told.get("numberCode"))
    return code, text(told.get("chineseErrCode")) or text(told.get("errorMessage")), text(told.get("englishErrCode"))


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    if told["refund_unit"] not in {"fen", "yuan"}:
        raise ShopSettingWrong(name="申请退款金额的单位 / unit of applied refunds", wanted="fen/yuan")
    if told["stock_method"] not in STOCK_METHODS:
        raise ShopSettingWrong(name="设置库存的接口名 / method that sets stock", wanted=" / ".join(filter(None, STOCK_METHODS)))
    settings = Settings(
        told["app_key"], told["app_secret"], ComplaintWords.of(told), typed_of(told), gateway(told), gateway({"gateway": told["oauth"]}),
        calls_per_second(told), told["order_states"], "fen" if told["refund_unit"] == "fen" else "yuan", told["stock_method"], read_numbers(told),
    )  # fmt: skip
    return Channel(settings, grant)


LACKS = (
    Lack(
        Can.READ_CASES, "只读发货前的退款申请。发货后的服务单，公开资料只有接口名和状态码，没有参数和字段，没有对接：在京东后台导出，按自己的列导入",
        "only refunds asked for before shipping. Of service orders after it the public sources know a name and status numbers, no parameters and no fields: "
        "export them in JD's console and import the file with your own columns",
    ),
    Lack(
        Can.STOCK_ABSOLUTE, "写库存的接口名没有可靠依据（旧的据说要停用），默认不写：用渠道库存文件到京东后台改，或在下面选一个接口名，先拿一个商品试",
        "no source proves which method sets stock (the old one is said to retire), so none is called: change it in JD's console with the stock file, or choose a method below and try it on one item",
    ),
    Lack(Can.STOCK_READ, "写库存后不读回，以平台接受为准", "stock is not read back; what the platform accepted counts"),
    Lack(Can.READ_UNPAID, "没付款的订单不拉取", "unpaid orders are not read"),
    Lack(Can.PUSH, "没有可靠的推送资料，靠定时读取", "no reliable source on pushes; changes are read by the clock"),
    Lack(Can.SHIP_PART, "一单只有一个主运单，不能拆开回传；平台自己拆的单各自发货", "an order has one waybill; parts the platform itself made ship by themselves"),
)
KIND = ShopKind(
    "jd", NAME, "JD", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, BY_KEY, lacks=LACKS, receivers=SEALED,
)
