"""拼多多 as its callers know it: one address, MD5 over everything, half-hour windows, nothing unpaid, receivers that vanish."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from kaibo.simulator.answers import Reply
from kaibo.simulator.platform import Call, Platform
from kaibo.simulator.world import Case, Line, Order

CHINA = timezone(timedelta(hours=8))
SKEW_SECONDS = 600
LONGEST_CHANGED_SECONDS = 1_800
LONGEST_MADE_SECONDS = 86_400
LAG_SECONDS = 120
"""What changed just now is not in the lists yet: whoever asks up to this very moment misses it."""
MOST_SIZE = 100
TOKEN_SECONDS = 7 * 86_400
SHIP_STATUS = {"review": 1, "paid": 1, "part_sent": 2, "sent": 2, "done": 3, "cancelled": 1}
STRANGE_STATUS = 9
CASE_STATUS = {
    ("before", "asked"): 2, ("after", "asked"): 3, ("exchange", "asked"): 14, ("before", "agreed"): 4, ("after", "agreed"): 7,
    ("after", "sent_back"): 4, ("exchange", "withdrawn"): 11,
    ("before", "refunded"): 10, ("after", "refunded"): 10, ("before", "withdrawn"): 11, ("after", "withdrawn"): 11,
}  # fmt: skip
CASE_TYPE = {"before": 2, "after": 3, "exchange": 4}
COURIERS = {44: "顺丰快递", 85: "圆通快递", 115: "中通快递", 121: "韵达快递", 1: "申通快递"}
ALL, ALL_CASES = "5", "1"
Answer = dict[str, Any] | Reply


@dataclass(slots=True)
class Pdd(Platform):
    """One shop on 拼多多. An order holds one item: buyers there have no basket."""

    MOST_LINES: ClassVar[int] = 1
    client_id: str = "c1d2e3f4a5b64c7d8e9f0a1b2c3d4e5f"
    token: str = field(default="", repr=False)
    renewal: str = field(default="", repr=False)
    token_ends: int = 0

    def account(self, url: str) -> dict[str, str]:
        if not self.token:
            self._new_token()
        return {
            "client_id": self.client_id, "client_secret": self.secret, "access_token": self.token, "refresh_token": self.renewal, "gateway": f"{url}/api/router",
        }  # fmt: skip

    def number(self, order: Order) -> str:
        return f"{datetime.fromtimestamp(order.made_at, CHINA):%y%m%d}-{order.number % 10**15:015d}"

    def find(self, number: str) -> Order | None:
        return next((one for one in self.world.orders.values() if self.shows(one) and self.number(one) == number), None)

    def shows(self, order: Order) -> bool:
        return order.paid_at > 0

    def answer(self, call: Call) -> Reply:
        asked = dict(call.query) | dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        name = asked.get("type", "")
        self._counts(name)
        if bad := self._breaks(_no(52002, "服务异常", "", "服务异常，请稍后重试")):
            return bad
        if no := self._wrong_with(call, asked):
            return no
        if self.chaos.strikes("throttled"):
            return _no((70031, 52101)[self.chaos.pick("throttled", 2)], "调用过于频繁，请调整调用频率", "", "")
        do, answers_as = self._methods().get(name, (None, ""))
        if do is None:
            return _no(10001, "type 不存在", "", name)
        with self.world.lock:
            told = do(asked)
        return told if isinstance(told, Reply) else Reply.of_json({answers_as: {**told, "request_id": "sim"}})

    def _methods(self) -> dict[str, tuple[Callable[[Mapping[str, str]], Answer], str]]:
        return {
            "pdd.order.number.list.increment.get": (self._changed, "order_sn_increment_get_response"),
            "pdd.order.list.get": (self._made, "order_list_get_response"),
            "pdd.order.information.get": (self._detail, "order_info_get_response"),
            "pdd.refund.list.increment.get": (self._cases, "refund_increment_get_response"),
            "pdd.logistics.companies.get": (self._companies, "logistics_companies_get_response"),
            "pdd.logistics.online.send": (self._send, "logistics_online_send_response"),
            "pdd.goods.quantity.update": (self._set_stock, "goods_quantity_update_response"),
            "pdd.pop.auth.token.create": (self._make_token, "pop_auth_token_create_response"),
            "pdd.pop.auth.token.refresh": (self._renew_token, "pop_auth_token_refresh_response"),
        }

    # ── who calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _wrong_with(self, call: Call, asked: Mapping[str, str]) -> Reply | None:
        if call.method != "POST" or not call.path.endswith("/api/router"):
            return _no(10000, "参数错误", "", "只支持 POST /api/router")
        if asked.get("client_id") != self.client_id or asked.get("data_type", "JSON") != "JSON":
            return _no(10016, "client_id 不存在", "", "")
        stamp = asked.get("timestamp", "")
        if not re.fullmatch(r"\d{10}", stamp) or abs(int(stamp) - self.world.now) > SKEW_SECONDS:
            return _no(10001, "公共参数错误", "", "timestamp 与服务器时间相差超过 10 分钟")
        said = self.secret + "".join(f"{name}{value}" for name, value in sorted(asked.items()) if name != "sign") + self.secret
        if not hmac.compare_digest(hashlib.md5(said.encode(), usedforsecurity=False).hexdigest().upper(), asked.get("sign", "")):
            return _no(20004, "签名sign校验失败", "", "")
        if not asked["type"].startswith("pdd.pop.auth.") and (not self.token or asked.get("access_token") != self.token or self.world.now >= self.token_ends):
            return _no(10019, "access_token已过期", "", "")
        return None

    def _make_token(self, asked: Mapping[str, str]) -> Answer:
        return self._new_token() if asked.get("code") == "simulated-code" else _no(10001, "授权失败", "", "code 无效")

    def _renew_token(self, asked: Mapping[str, str]) -> Answer:
        return self._new_token() if self.renewal and asked.get("refresh_token") == self.renewal else _no(10001, "刷新失败", "", "refresh_token 无效")

    def _new_token(self) -> dict[str, Any]:
        mark = hashlib.sha256(f"{self.secret}:{self.world.now}:{self.token}".encode()).hexdigest()
        self.token, self.renewal, self.token_ends = mark[:40], mark[24:64], self.world.now + TOKEN_SECONDS
        return {
            "access_token": self.token, "refresh_token": self.renewal, "expires_in": TOKEN_SECONDS, "expires_at": self.token_ends,
            "refresh_token_expires_at": self.world.now + 365 * 86_400, "owner_id": "100200300", "owner_name": "模拟小店",
        }  # fmt: skip

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _changed(self, asked: Mapping[str, str]) -> Answer:
        timed = [(one.changed_at, one.number) for one in self._near(asked, "updated_at") if self.shows(one) and one.changed_at <= self.world.now - LAG_SECONDS]
        return self._page(asked, "updated_at", LONGEST_CHANGED_SECONDS, timed, "order_sn_list", lambda number: self._order(self.world.orders[number]))

    def _near(self, asked: Mapping[str, str], name: str) -> list[Order]:
        ends = [int(at) if (at := asked.get(f"{end}_{name}", "")).isdecimal() else None for end in ("start", "end")]
        return self.world.near(*ends)

    def _made(self, asked: Mapping[str, str]) -> Answer:
        timed = [(one.paid_at, one.number) for one in self.world.orders.values() if self.shows(one)]
        return self._page(asked, "confirm_at", LONGEST_MADE_SECONDS, timed, "order_list", lambda number: self._order(self.world.orders[number]))

    def _cases(self, asked: Mapping[str, str]) -> Answer:
        if asked.get("after_sales_type") != ALL_CASES or asked.get("after_sales_status") != ALL_CASES:
            return _no(10001, "参数错误", "", "after_sales_type/after_sales_status")
        timed = [(one.changed_at, one.number) for one in self.world.cases.values()]
        return self._page(asked, "updated_at", LONGEST_CHANGED_SECONDS, timed, "refund_list", lambda number: self._case(self.world.cases[number]))

    def _page(
        self, asked: Mapping[str, str], ends: str, longest: int, timed: list[tuple[int, int]], rows: str, show: Callable[[int], dict[str, Any]]
    ) -> Answer:
        """Newest first, both ends of the window inside."""
        try:
            begin, end = int(asked[f"start_{ends}"]), int(asked[f"end_{ends}"])
            page, size = int(asked.get("page", 1)), int(asked.get("page_size", 100))
        except (KeyError, ValueError):
            return _no(10001, "参数错误", "", f"start_{ends}/end_{ends}/page/page_size")
        if begin > end or end - begin > longest:
            return _no(20000, "业务参数错误", "", f"start_{ends} 与 end_{ends} 的间隔不超过 {longest // 60} 分钟")
        if not 1 <= size <= MOST_SIZE or page < 1 or asked.get("order_status", ALL) not in {ALL, "1", "2", "3"}:
            return _no(20000, "业务参数错误", "", "page/page_size/order_status")
        found = sorted((one for one in timed if begin <= one[0] <= end), reverse=True)
        part = [show(number) for _, number in found[(page - 1) * size : page * size]]
        if asked.get("use_has_next") == "true":
            return {"has_next": page * size < len(found), rows: part}
        return {"total_count": len(found), rows: part}

    def _detail(self, asked: Mapping[str, str]) -> Answer:
        order = self.find(asked.get("order_sn", ""))
        return {"order_info": self._order(order)} if order else _no(50001, "业务服务错误", "ISV_BUSINESS_ERROR", "订单不存在")

    def _order(self, order: Order) -> dict[str, Any]:
        line = order.lines[0]
        case, goods = line.case, line.item.price_fen * line.units
        is_refunded = case is not None and case.stage == "refunded"
        under_way = case is not None and case.stage in {"asked", "agreed", "sent_back"}
        status = 3 if order.stage == "sent" and order.signed_at else SHIP_STATUS[order.stage]
        if order.is_strange and order.stage == "paid":
            status = STRANGE_STATUS
        first = order.parcels[0] if order.parcels else None
        return {
            "order_sn": self.number(order), "order_status": status, "refund_status": 4 if is_refunded else 2 if under_way else 1,
            "confirm_status": 1, "group_status": 1, "risk_control_status": 1 if order.stage == "review" else 0,
            "after_sales_status": CASE_STATUS.get((case.kind, case.stage), 0) if case else 0, "trade_type": 0, "is_lucky_flag": 1,
            "goods_amount": _number(goods), "pay_amount": _number(order.paid_fen), "discount_amount": _number(goods + order.freight_fen - order.paid_fen),
            "seller_discount": 0, "platform_discount": _number(goods + order.freight_fen - order.paid_fen), "postage": _number(order.freight_fen),
            "order_change_amount": 0, "created_time": _clock(order.made_at), "confirm_time": _clock(order.paid_at), "updated_at": _clock(order.changed_at),
            "last_ship_time": _clock(order.paid_at + 48 * 3600), "shipping_time": _clock(order.sent_at), "receive_time": _clock(order.signed_at),
            "tracking_number": first.number if first else "", "logistics_id": int(first.carrier) if first and first.carrier.isdecimal() else 0,
            "extra_delivery_list": [{"tracking_number": one.number, "logistics_id": 44} for one in order.parcels[1:]], "gift_list": [], "remark": "",
            "is_stock_out": 0, "item_list": [_item(line)], **self._receiver(order),
        }  # fmt: skip

    def _receiver(self, order: Order) -> dict[str, Any]:
        """Ciphertext only while it waits to be sent and nobody reviews it; the masks stay."""
        name, phone, detail = order.buyer
        province, city, town, _ = order.place
        is_shown = order.stage == "paid"
        return {
            "receiver_name": self._sealed(order, name, "~") if is_shown else "", "receiver_phone": self._sealed(order, phone, "$") if is_shown else "",
            "receiver_address": self._sealed(order, detail, "~") if is_shown else "", "address": self._sealed(order, detail, "~") if is_shown else "",
            "receiver_name_mask": name[0] + "*", "receiver_phone_mask": f"{phone[:3]}****{phone[-4:]}", "receiver_address_mask": "****",
            "province": province, "city": city, "town": town, "country": "中国",
        }  # fmt: skip

    def _sealed(self, order: Order, plain: str, mark: str) -> str:
        """Looks like the platform's ciphertext and tells nothing: another one for each order."""
        told = hmac.digest(self.secret.encode(), f"{order.number}:{plain}".encode(), "sha256").hex()
        return f"{mark}AgAAA{told[:38]}{mark}"

    def _case(self, case: Case) -> dict[str, Any]:
        order = self.world.orders[case.order]
        line = next(one for one in order.lines if one.number == case.line)
        return {
            "id": case.number, "order_sn": self.number(order), "after_sales_status": CASE_STATUS.get((case.kind, case.stage), 0),
            "after_sales_type": CASE_TYPE[case.kind], "refund_amount": _yuan(case.refund_fen), "order_amount": _yuan(order.paid_fen),
            "goods_id": line.item.product, "sku_id": str(line.item.sku), "outer_id": line.item.code, "goods_number": str(line.units),
            "goods_price": _yuan(line.item.price_fen), "after_sale_reason": "不想要了", "created_time": _clock(case.asked_at),
            "updated_time": _clock(case.changed_at), "confirm_time": _clock(order.paid_at), "tracking_number": "",
        }  # fmt: skip

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _companies(self, _: Mapping[str, str]) -> Answer:
        return {"logistics_companies": [{"id": number, "logistics_company": name, "available": 1, "code": str(number)} for number, name in COURIERS.items()]}

    def _send(self, asked: Mapping[str, str]) -> Answer:
        order, carrier = self.find(asked.get("order_sn", "")), asked.get("logistics_id", "")
        if order is None or not asked.get("tracking_number") or not carrier.isdecimal() or int(carrier) not in COURIERS:
            return _no(20000, "业务参数错误", "", "order_sn/logistics_id/tracking_number")
        done = self.world.send(order, asked["tracking_number"], carrier, [], "")
        return _no(50001, "业务服务错误", "ISV_BUSINESS_ERROR", done) if isinstance(done, str) else {"is_success": True}

    def _set_stock(self, asked: Mapping[str, str]) -> Answer:
        item, units = self.world.item(int(asked.get("sku_id") or 0)), asked.get("quantity", "")
        if item is None or str(item.product) != asked.get("goods_id") or not re.fullmatch(r"-?\d+", units):
            return _no(50001, "业务服务错误", "ISV_BUSINESS_ERROR", "商品或规格不存在")
        left = int(units) if asked.get("update_type", "1") == "1" else item.stock + int(units)
        if left < 0:
            return _no(50001, "业务服务错误", "ISV_BUSINESS_ERROR", "库存不能小于 0")
        item.stock = left
        return {"is_success": True}


def _item(line: Line) -> dict[str, Any]:
    return {
        "goods_id": line.item.product, "sku_id": line.item.sku, "outer_id": line.item.code, "outer_goods_id": line.item.code.rsplit("-", 2)[0],
        "goods_name": line.item.title, "goods_spec": ",".join(line.item.variant), "goods_count": line.units, "goods_price": _number(line.item.price_fen),
    }  # fmt: skip


def _no(code: int, words: str, sub_code: str, sub_words: str) -> Reply:
    return Reply.of_json({"error_response": {"error_code": code, "error_msg": words, "sub_code": sub_code, "sub_msg": sub_words, "request_id": "sim"}})


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _number(fen: int) -> float:
    """Yuan as a JSON number, as the platform writes its orders."""
    return float(_yuan(fen))


def _clock(at: int) -> str | None:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S") if at else None
