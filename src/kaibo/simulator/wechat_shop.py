"""微信小店 as its callers know it: numbers first, then one order at a time; a token in the address; callbacks in safe mode."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from kaibo.simulator.answers import Reply
from kaibo.simulator.items import Bundle, bundles, by_item, content_of
from kaibo.simulator.platform import Call, Platform
from kaibo.simulator.world import Case, Happening, Order, Parcel

MOST_SIZE = 100
ORDER_SPAN, CASE_SPAN = 7 * 86_400, 86_400
TOKEN_SECONDS, SAME_TOKEN_UNTIL = 7_200, 300
STATUS = {"unpaid": 10, "review": 20, "paid": 20, "part_sent": 21, "sent": 30, "done": 100}
NEVER_PAID, ALL_REFUNDED = 250, 200
CASE = {
    "asked": "MERCHANT_PROCESSING", "agreed": "USER_WAIT_RETURN", "sent_back": "MERCHANT_WAIT_RECEIPT", "refunded": "MERCHANT_REFUND_SUCCESS",
    "withdrawn": "USER_CANCELD", "exchanging": "MERCHANT_PROCESSING",
}  # fmt: skip
CASE_TYPE = {"before": "REFUND", "after": "RETURN", "exchange": "EXCHANGE"}
EVENT = {
    "made": "new", "paid": "pay", "reviewed": "pay", "part_sent": "deliver", "sent": "deliver", "signed": "ext_info_update", "done": "confirm",
    "unpaid_cancelled": "cancel",
}  # fmt: skip
STRANGE_STATUS = 13
COURIERS = [{"delivery_id": "SF", "delivery_name": "顺丰速运"}, {"delivery_id": "ZTO", "delivery_name": "中通快递"}, {"delivery_id": "ZTOKY", "delivery_name": "中通快运"}]


@dataclass(slots=True)
class WechatShop(Platform):
    """One 微信小店."""

    app_id: str = "wx0000000000000001"
    push_token: str = field(default="token-of-the-push", repr=False)
    push_key: str = field(default=base64.b64encode(bytes(range(7, 39))).decode().rstrip("="), repr=False)
    token: str = field(default="", repr=False)
    token_ends: int = 0
    most_found: int = 10_000
    _doors: dict[str, str] = field(default_factory=dict)

    def account(self, url: str) -> dict[str, str]:
        return {"app_id": self.app_id, "app_secret": self.secret, "push_token": self.push_token, "push_key": self.push_key, "gateway": url}

    def answer(self, call: Call) -> Reply:
        """Always 200, whatever it says."""
        name = call.path.strip("/").removeprefix("channels/ec/")
        self._counts(name)
        if bad := self._breaks(_no(-1, "system error")):
            return bad
        if call.method != "POST":
            return _no(43_001, "require POST method")
        try:
            asked = json.loads(call.body or b"{}")
        except ValueError:
            return _no(47_001, "data format error")
        with self.world.lock:
            if name == "cgi-bin/stable_token":
                return self._give_token(asked)
            if call.query.get("access_token") != self.token or not self.token:
                return _no(40_001, "invalid credential, access_token is invalid or not latest")
            if self.world.now >= self.token_ends:
                return _no(42_001, "access_token expired")
            if self.chaos.strikes("throttled"):
                return _no(45_009, "reach max api daily quota limit")
            do: Callable[[Mapping[str, Any]], Reply] | None = {
                "order/list/get": self._list, "order/get": self._detail, "order/delivery/send": self._send, "product/stock/update": self._set_stock,
                "product/stock/get": self._stock, "order/deliverycompanylist/get": lambda _: _yes({"company_list": COURIERS}), "aftersale/getaftersalelist": self._cases, "aftersale/getaftersaleorder": self._case_detail,
            }.get(name)  # fmt: skip
            return do(asked) if do else _no(40_066, "invalid url")

    def _give_token(self, asked: Mapping[str, Any]) -> Reply:
        """Stable: the same token until its last five minutes, unless it is forced."""
        if asked.get("appid") != self.app_id:
            return _no(40_013, "invalid appid")
        if asked.get("grant_type") != "client_credential" or not hmac.compare_digest(str(asked.get("secret", "")), self.secret):
            return _no(40_125, "invalid appsecret")
        if asked.get("force_refresh") or self.world.now > self.token_ends - SAME_TOKEN_UNTIL:
            mark = hashlib.sha256(f"{self.secret}:{self.world.now}".encode()).hexdigest()
            self.token, self.token_ends = f"62_{mark}", self.world.now + TOKEN_SECONDS
        return Reply.of_json({"access_token": self.token, "expires_in": self.token_ends - self.world.now})

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _list(self, asked: Mapping[str, Any]) -> Reply:
        by = "update" if asked.get("update_time_range") else "create"
        span = asked.get(f"{by}_time_range") or {}
        size = asked.get("page_size")
        if not isinstance(size, int) or not 1 <= size <= MOST_SIZE:
            return _no(10_020_001, "page_size")
        timed = ((one.changed_at if by == "update" else one.made_at, one.number) for one in self.world.near(span.get("start_time"), span.get("end_time")))
        return self._page("order_id_list", timed, span.get("start_time"), span.get("end_time"), ORDER_SPAN, size, str(asked.get("next_key") or ""), by)

    def _cases(self, asked: Mapping[str, Any]) -> Reply:
        by = "update" if "begin_update_time" in asked else "create"
        timed = ((one.changed_at if by == "update" else one.asked_at, one.number) for one in self.world.cases.values())
        ends = asked.get(f"begin_{by}_time"), asked.get(f"end_{by}_time")
        return self._page("after_sale_order_id_list", timed, *ends, CASE_SPAN, 50, str(asked.get("next_key") or ""), by)

    def _page(self, name: str, timed: Iterable[tuple[int, int]], begin: Any, end: Any, span: int, size: int, key: str, by: str) -> Reply:
        """A page after a key, which belongs to the window it was given for."""
        if not isinstance(begin, int) or not isinstance(end, int) or not 0 <= end - begin <= span:
            return _no(10_020_002, "time range")
        window = f"{name}:{by}:{begin}:{end}:{size}"
        if key and self._doors.get(key) != window:
            return _no(606_006, "page params changed")
        found = sorted(one for one in timed if begin <= one[0] <= end)
        if len(found) > self.most_found:
            return _no(31_042, "too many results, narrow the time range")
        after = tuple(map(int, base64.urlsafe_b64decode(key).decode().split(":"))) if key else (0, 0)
        left = [one for one in found if one > after]
        part, has_more = left[:size], len(left) > size
        following = base64.urlsafe_b64encode(f"{part[-1][0]}:{part[-1][1]}".encode()).decode() if has_more else ""
        if following:
            self._doors[following] = window
        return _yes({name: [str(number) for _, number in part], "next_key": following, "has_more": has_more})

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _detail(self, asked: Mapping[str, Any]) -> Reply:
        order = self._found(asked)
        return _yes({"order": self._order(order)}) if order else _no(10_020_100, "order not exist")

    def _found(self, asked: Mapping[str, Any]) -> Order | None:
        number = str(asked.get("order_id") or "")
        return self.world.orders.get(int(number)) if number.isdigit() else None

    def _order(self, order: Order) -> dict[str, Any]:
        goods = sum(line.item.price_fen * line.units for line in order.lines)
        status = STATUS.get(order.stage) or (ALL_REFUNDED if order.paid_at else NEVER_PAID)
        if order.is_strange and order.stage == "paid":
            status = STRANGE_STATUS
        price = {
            "product_price": goods, "order_price": order.paid_fen, "freight": order.freight_fen, "original_order_price": goods + order.freight_fen,
            "discounted_price": goods + order.freight_fen - order.paid_fen, "is_discounted": goods + order.freight_fen > order.paid_fen,
        }  # fmt: skip
        detail: dict[str, Any] = {
            "product_infos": [self._product(order, one) for one in bundles(order)], "price_info": price,
            "pay_info": {"pay_time": order.paid_at, "transaction_id": f"42000{order.number}"} if order.paid_at else {},
            "delivery_info": {
                "address_info": self._receiver(order), "delivery_product_info": [_parcel(order, one) for one in order.parcels],
                "ship_done_time": order.sent_at if order.stage in {"sent", "done"} else 0, "deliver_method": 0,
            },
            "ext_info": {"customer_notes": "", "merchant_notes": "", **({"confirm_receipt_time": order.done_at} if order.done_at else {})},
        }  # fmt: skip
        cases = [line.case for line in order.lines if line.case]
        return {
            "order_id": str(order.number), "openid": "oSimulated", "status": status, "create_time": order.made_at, "update_time": order.changed_at,
            "order_detail": detail,
            "aftersale_detail": {"aftersale_order_list": [{"aftersale_order_id": str(one.number)} for one in cases], "on_aftersale_order_cnt": len(cases)},
        }  # fmt: skip

    def _product(self, order: Order, one: Bundle) -> dict[str, Any]:
        return {
            "product_id": str(one.item.product), "sku_id": str(one.item.sku), "sku_cnt": one.units, "title": one.item.title,
            "sku_attrs": [{"attr_key": "颜色", "attr_value": one.item.variant[0]}, {"attr_key": "尺码", "attr_value": one.item.variant[1]}],
            "sale_price": one.item.price_fen, "market_price": one.item.price_fen, "real_price": one.paid_fen, "sku_code": one.item.code, "out_sku_id": "",
            "on_aftersale_sku_cnt": one.units_in(is_open=True), "finish_aftersale_sku_cnt": one.units_in(is_open=False),
            "delivery_deadline": order.paid_at + 48 * 3_600 if order.paid_at else 0,
        }  # fmt: skip

    def _receiver(self, order: Order) -> dict[str, Any]:
        """Masked from the start; the phone is a virtual number."""
        name, phone, detail = order.buyer
        province, city, county, _ = order.place
        return {
            "user_name": name[0] + "**", "province_name": province, "city_name": city, "county_name": county, "detail_info": f"****{len(detail)}",
            "tel_number": f"{phone[:3]}****{phone[-4:]}", "virtual_order_tel_number": f"{phone[:3]}****{phone[-4:]}", "virtual_number_type": 1,
        }  # fmt: skip

    def _case_detail(self, asked: Mapping[str, Any]) -> Reply:
        number = str(asked.get("after_sale_order_id") or "")
        case = self.world.cases.get(int(number)) if number.isdigit() else None
        return _yes({"after_sale_order": self._case(case)}) if case else _no(10_020_200, "after sale order not exist")

    def _case(self, case: Case) -> dict[str, Any]:
        order = self.world.orders[case.order]
        line = next(one for one in order.lines if one.number == case.line)
        told = {
            "after_sale_order_id": str(case.number), "status": CASE[case.stage], "order_id": str(case.order), "type": CASE_TYPE[case.kind],
            "product_info": {"product_id": str(line.item.product), "sku_id": str(line.item.sku), "count": line.units},
            "refund_info": {"amount": case.refund_fen}, "return_info": {"waybill_id": ""}, "create_time": case.asked_at, "update_time": case.changed_at,
            "reason_text": "不想要了", "complaint_id": "",
        }  # fmt: skip
        if case.stage in {"asked", "sent_back"}:
            told["deadline"] = max(1, case.asked_at + 172_800 - self.world.now)
        return told

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, asked: Mapping[str, Any]) -> Reply:
        order, parcels = self._found(asked), asked.get("delivery_list") or []
        if order is None or len(parcels) != 1:
            return _no(10_020_100, "order not exist")
        parcel = parcels[0]
        goods = [(int(one.get("sku_id") or 0), int(one.get("product_cnt") or 0), str(one.get("product_id"))) for one in parcel.get("product_infos") or []]
        known = {(line.item.sku, str(line.item.product)) for line in order.lines}
        if not goods or any((sku, product) not in known for sku, _, product in goods) or not parcel.get("waybill_id") or not parcel.get("delivery_id"):
            return _no(10_020_101, "product_infos")
        content = content_of(order, [(sku, units) for sku, units, _ in goods])
        if content is None:
            return _no(10_020_102, "product count over limit")
        if parcel["delivery_id"] not in {one["delivery_id"] for one in COURIERS}:
            return _no(10_020_104, "delivery_id")
        done = self.world.send(order, parcel["waybill_id"], parcel["delivery_id"], content, "")
        return _no(10_020_103, done) if isinstance(done, str) else _yes({})

    def _set_stock(self, asked: Mapping[str, Any]) -> Reply:
        item, units = self.world.item(int(asked.get("sku_id") or 0)), asked.get("num")
        if item is None or str(item.product) != asked.get("product_id") or not isinstance(units, int):
            return _no(10_020_052, "product not exist")
        left = {1: item.stock + units, 2: item.stock - units, 3: units}.get(asked.get("diff_type", 0), -1)
        if left < 0:
            return _no(10_020_054, "update stock failed")
        item.stock = left
        return _yes({})

    def _stock(self, asked: Mapping[str, Any]) -> Reply:
        item = self.world.item(int(asked.get("sku_id") or 0))
        if item is None:
            return _no(10_020_052, "product not exist")
        return _yes({"data": {"normal_stock_num": item.stock, "limited_discount_stock_num": 0, "total_stock_num": item.stock, "warehouse_stocks": []}})

    # ── pushing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def push(self, happenings: Sequence[Happening]) -> tuple[dict[str, str], bytes]:
        """One callback in safe mode; what signs it stands in the address."""
        plain = json.dumps(self._news(happenings[0]), ensure_ascii=False).encode()
        encrypted = self._sealed(plain)
        timestamp, nonce = str(happenings[0].at), hashlib.sha256(plain).hexdigest()[:10]
        mark = hashlib.sha1("".join(sorted((self.push_token, timestamp, nonce, encrypted))).encode(), usedforsecurity=False).hexdigest()
        bare = hashlib.sha1("".join(sorted((self.push_token, timestamp, nonce))).encode(), usedforsecurity=False).hexdigest()
        query = urlencode({"signature": bare, "timestamp": timestamp, "nonce": nonce, "encrypt_type": "aes", "msg_signature": mark})
        body = json.dumps({"ToUserName": "gh_simulated", "Encrypt": encrypted}).encode()
        return {":path": f"?{query}", "Content-Type": "application/json"}, body

    def _news(self, one: Happening) -> dict[str, Any]:
        told: dict[str, Any] = {"ToUserName": "gh_simulated", "FromUserName": "oSimulated", "CreateTime": one.at, "MsgType": "event"}
        if one.case:
            told["Event"] = "channels_ec_aftersale_update"
            told["finder_shop_aftersale_status_update"] = {
                "status": CASE[one.case.stage], "after_sale_order_id": str(one.case.number), "order_id": str(one.order.number),
            }  # fmt: skip
            return told
        number: int | str = str(one.order.number) if self.chaos.strikes("numbers") else one.order.number
        return {**told, "Event": f"channels_ec_order_{EVENT[one.what]}", "order_info": {"order_id": number}}

    def _sealed(self, plain: bytes) -> str:
        key = base64.b64decode(self.push_key + "=")
        text = os.urandom(16) + len(plain).to_bytes(4, "big") + plain + self.app_id.encode()
        pad = 32 - len(text) % 32
        sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        return base64.b64encode(sealer.update(text + bytes([pad]) * pad) + sealer.finalize()).decode()


def _parcel(order: Order, parcel: Parcel) -> dict[str, Any]:
    products = {line.item.sku: line.item.product for line in order.lines}
    content = [
        {"product_id": str(products[sku]), "sku_id": str(sku), "product_cnt": units} for sku, units in by_item(order, parcel.content).items()
    ]  # fmt: skip
    return {
        "waybill_id": parcel.number, "delivery_id": parcel.carrier, "delivery_name": parcel.carrier, "delivery_time": parcel.sent_at, "deliver_type": 1,
        "product_infos": content,
    }  # fmt: skip


def _yes(told: Mapping[str, Any]) -> Reply:
    return Reply.of_json({"errcode": 0, "errmsg": "ok", **told})


def _no(code: int, words: str) -> Reply:
    return Reply.of_json({"errcode": code, "errmsg": f"{words} rid: simulated"})
