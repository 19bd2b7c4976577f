"""淘宝/天猫 as a shop channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kaibo.channels.asking import Asker, Pace
from kaibo.channels.pages_backwards import before, first_or_last
from kaibo.channels.raw import inner, items, text
from kaibo.channels.reading_pages import read_each, read_order, total_of
from kaibo.channels.sealed_receivers import SEALED
from kaibo.channels.shipping_once import ship_once
from kaibo.channels.shop_taobao import reading, signing
from kaibo.channels.signed_forms import SignedForms
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
from kaibo.kit.shop_complaints import (
    ShopAway,
    ShopRefused,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
)

NAME = "淘宝"
GATEWAY = "https://eco.taobao.com/router/rest"
ORDER_FIELDS = (
    "tid,status,payment,post_fee,discount_fee,created,pay_time,consign_time,end_time,modified,receiver_name,receiver_state,receiver_city,"
    "receiver_district,receiver_town,receiver_address,receiver_mobile,receiver_phone,oaid,step_trade_status,est_con_time,orders"
)
CASE_FIELDS = (
    "refund_id,tid,oid,status,order_status,refund_fee,total_fee,payment,created,modified,has_good_return,num,title,reason,sid,company_name,dispute_type"
)
CAPABILITIES = Capabilities(
    can=frozenset({Can.READ_CHANGED, Can.READ_MADE, Can.READ_ONE, Can.READ_UNPAID, Can.READ_CASES, Can.STOCK_ABSOLUTE, Can.SHIP, Can.SHIP_PART}),
    longest_window=timedelta(hours=23),
    page_rows=100,
    unverified=("calls_per_second",),
)
FIELDS = (
    AccountField("app_key", "应用 App Key", "app key"),
    AccountField("app_secret", "应用 App Secret", "app secret", is_secret=True),
    AccountField("session", "授权 Session Key", "session key", is_secret=True),
    AccountField("gateway", "网关地址", "gateway", default=GATEWAY),
    AccountField("calls_per_second", "每秒最多调用（未证实）", "calls per second (unverified)", default="10"),
)
THROTTLED, BAD_SIGN = "7", "25"
NO_SESSION = frozenset({"26", "27", "44"})
AWAY = frozenset({"15", "50"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shop's owner got from TOP."""

    app_key: str
    app_secret: str = field(repr=False)
    session: str = field(repr=False)
    gateway: str = GATEWAY
    calls_per_second: float = 10.0


class Channel(Unoffered):
    """One 淘宝 or 天猫 shop."""

    key = "taobao"
    title = NAME
    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._asker = Asker(NAME, Pace(settings.calls_per_second))
        self._forms = SignedForms(self._asker, lambda parameters: signing.sign(settings.app_secret, parameters))

    def order_page(self, window: Window, *, following: str = "", now: datetime) -> OrderPage:
        is_changed = window.by == "changed"
        method, ends = ("taobao.trades.sold.increment.get", "modified") if is_changed else ("taobao.trades.sold.get", "created")
        asked = {
            f"start_{ends}": shanghai_text(window.begin), f"end_{ends}": shanghai_text(window.end), "page_no": following or "1",
            "page_size": str(CAPABILITIES.page_rows), "fields": ORDER_FIELDS, "use_has_next": "false",
        }  # fmt: skip
        told = self._read(method, asked, now=now)
        if turned := first_or_last(following, total_of(NAME, told, "total_results"), CAPABILITIES.page_rows):
            return OrderPage((), turned)
        orders, refused = read_each(items(inner(told, "trades").get("trade")), reading.order_of, "tid")
        return OrderPage(orders, before(following), refused)

    def order(self, order_no: str, *, now: datetime) -> PlatformOrder:
        told = self._read("taobao.trade.fullinfo.get", {"tid": order_no, "fields": ORDER_FIELDS}, now=now)
        return read_order(NAME, inner(told, "trade"), reading.order_of, "tid", order_no=order_no)

    def case_page(self, window: Window, *, following: str = "", now: datetime) -> CasePage:
        """The platform lists refunds by when they changed only; that is asked for, whatever the window is by."""
        asked = {
            "start_modified": shanghai_text(window.begin), "end_modified": shanghai_text(window.end), "page_no": following or "1",
            "page_size": str(CAPABILITIES.page_rows), "fields": CASE_FIELDS, "use_has_next": "false",
        }  # fmt: skip
        told = self._read("taobao.refunds.receive.get", asked, now=now)
        if turned := first_or_last(following, total_of(NAME, told, "total_results"), CAPABILITIES.page_rows):
            return CasePage((), turned)
        cases, refused = read_each(items(inner(told, "refunds").get("refund")), reading.case_of, "refund_id")
        return CasePage(cases, before(following), refused)

    def set_stock(self, write: StockWrite, *, now: datetime) -> StockRead:
        """Absolute, so that the same write again is the same; the platform has no proven way to read it back."""
        asked = {"num_iid": write.product_id, "sku_id": write.sku_id, "quantity": str(write.units), "type": "1"}
        self._read("taobao.item.quantity.update", {name: value for name, value in asked.items() if value}, now=now)
        return StockRead(None)

    def ship(self, parcel: ParcelWrite, *, now: datetime) -> ParcelTaken:
        """The whole order, or the lines that leave: units of a line cannot be told apart there."""
        asked = {"tid": parcel.order_no, "out_sid": parcel.tracking_no, "company_code": parcel.carrier_code, "is_split": "1" if parcel.lines else "0"}
        if parcel.lines:
            asked["sub_tid"] = ",".join(number for number, _ in parcel.lines)

        def send(_: PlatformOrder) -> str:
            self._ask("taobao.logistics.online.send", asked, now=now)
            return ""

        return ship_once(self._asker, parcel, look=lambda: self.order(parcel.order_no, now=now), send=send)

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, method: str, asked: Mapping[str, str], *, now: datetime) -> Mapping[str, Any]:
        return self._asker.patiently(lambda: self._ask(method, asked, now=now))

    def _ask(self, method: str, asked: Mapping[str, str], *, now: datetime) -> Mapping[str, Any]:
        parameters = {
            "method": method, "app_key": self.settings.app_key, "session": self.settings.session, "timestamp": shanghai_text(now), "v": "2.0",
            "format": "json", "sign_method": "hmac-sha256", **asked,
        }  # fmt: skip
        told = self._forms.post(self.settings.gateway, parameters)
        if "error_response" in told:
            raise _complaint(inner(told, "error_response"))
        return inner(told, f"{method.removeprefix('taobao.').replace('.', '_')}_response")


def _complaint(told: Mapping[str, Any]) -> Exception:
    code, sub_code = text(told.get("code")), text(told.get("sub_code"))[:80]
    why = f"{(text(told.get('sub_msg')) or text(told.get('msg')))[:120]}（{sub_code or code}）"
    if code == THROTTLED or "access-limited" in sub_code or sub_code == "isp.call-limited":
        return ShopThrottled(channel=NAME, retry_after_seconds=1)
    if code in NO_SESSION:
        return ShopTokenExpired(channel=NAME, why=why)
    if code == BAD_SIGN:
        return ShopSignatureRefused(channel=NAME, why=why)
    if sub_code.startswith("isp.") or (code in AWAY and not sub_code.startswith("isv.")):
        return ShopAway(channel=NAME)
    return ShopRefused(channel=NAME, why=why, sub_code=sub_code)


def _make(given: Mapping[str, str], grant: Grant | None) -> ShopChannel:
    told = required(given, FIELDS)
    return Channel(Settings(told["app_key"], told["app_secret"], told["session"], gateway(told), calls_per_second(told)))


COURIER_CODES = {
    "shunfeng": "SF", "zhongtong": "ZTO", "yuantong": "YTO", "yunda": "YUNDA", "shentong": "STO", "ems": "EMS", "youzhengguonei": "POSTB",
    "debangkuaidi": "DBKD",
}  # fmt: skip
"""From general knowledge, not proven; a code typed by hand goes through as it is.   Source: facts/platforms §1.2."""
LACKS = (
    Lack(Can.PUSH, "消息走长连接（TMC），没有对接，靠定时读取", "messages come by a long connection (TMC), which is not made; changes are read by the clock"),
    Lack(Can.REFRESH_GRANT, "授权不能自动续：到期后在平台重新授权，把新的 session 填到下面", "the authorisation cannot be renewed: authorise again and enter the new session below"),
    Lack(Can.STOCK_READ, "写库存后不读回，以平台接受为准", "stock is not read back; what the platform accepted counts"),
)
KIND = ShopKind(
    "taobao", NAME, "Taobao / Tmall", FIELDS, CAPABILITIES, _make, reading.state_of, reading.holds_of, COURIER_CODES, lacks=LACKS, receivers=SEALED,
)
