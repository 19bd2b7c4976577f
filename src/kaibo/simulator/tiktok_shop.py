"""TikTok Shop as its callers know it: signed paths and bodies, half-open windows, every unit a line, webhooks signed with the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kaibo.simulator.answers import Reply
from kaibo.simulator.items import OPEN_STAGES
from kaibo.simulator.platform import Call, Platform
from kaibo.simulator.world import Case, Happening, Line, Order

MOST_ROWS = 100
TOKEN_SECONDS, RENEWAL_SECONDS = 7 * 86_400, 60 * 86_400
STATUS = {"unpaid": "UNPAID", "review": "ON_HOLD", "paid": "AWAITING_SHIPMENT", "part_sent": "PARTIALLY_SHIPPING", "done": "COMPLETED", "cancelled": "CANCELLED"}
CASE_WORD = {
    "asked": "REQUEST_PENDING", "agreed": "REQUEST_SUCCESS", "sent_back": "REQUEST_SUCCESS", "refunded": "REQUEST_COMPLETE",
    "withdrawn": "REQUEST_CANCEL", "exchanging": "REQUEST_SUCCESS",
}  # fmt: skip
RETURN_TYPE = {"after": "RETURN_AND_REFUND", "exchange": "REPLACEMENT"}
TYPE = {"refund_asked": 2, "refund_given": 2, "refund_withdrawn": 2, "exchange_asked": 12}
STRANGE_STATUS = "TELEPORTED"
AUTHORISATION = "simulated-code"
"""What the shop's owner gets after authorising, and hands on once."""


@dataclass(slots=True)
class TiktokShop(Platform):
    """One TikTok Shop; `currency` is the shop's own."""

    app_key: str = "tts-simulated-key"
    shop_cipher: str = "CIPHER_SIMULATED"
    currency: str = "CNY"
    token: str = field(default="", repr=False)
    token_ends: int = 0
    renewal: str = field(default="", repr=False)

    def account(self, url: str) -> dict[str, str]:
        return {"app_key": self.app_key, "app_secret": self.secret, "shop_cipher": self.shop_cipher, "gateway": url, "auth_gateway": url, "code": AUTHORISATION}

    def answer(self, call: Call) -> Reply:
        name = f"{call.method} {re.sub(r'[0-9]{7,}', '#', call.path)}"
        self._counts(name)
        if bad := self._breaks(_no(36_009_003, "Internal error. Please try again.", 200)):
            return bad
        with self.world.lock:
            if call.path.startswith("/api/v2/token/"):
                return self._give_token(call)
            if no := self._wrong_with(call):
                return no
            if self.chaos.strikes("throttled"):
                return _no(36_009_002, "Too many requests. Slow down.", 429)
            return self._do(call)

    def _do(self, call: Call) -> Reply:
        asked = json.loads(call.body) if call.body else {}
        if call.path == "/order/202309/orders/search" and call.method == "POST":
            timed = lambda by: (
                (one.changed_at if by == "update_time" else one.made_at, one.number) for one in self.world.near(asked.get(f"{by}_ge"), asked.get(f"{by}_lt"))
            )
            return self._page("orders", call.query, asked, timed, lambda number: self._order(self.world.orders[number]))
        if call.path == "/order/202309/orders" and call.method == "GET":
            found = [order for one in call.query.get("ids", "").split(",") if (order := self.find(one))]
            return _yes({"orders": [self._order(one) for one in found]})
        if found_list := re.fullmatch(r"/return_refund/202309/(returns|cancellations)/search", call.path):
            return self._cases(found_list.group(1) == "returns", call.query, asked)
        if parcel := re.fullmatch(r"/fulfillment/202309/orders/(\d+)/packages", call.path):
            return self._send(self.find(parcel.group(1)), asked)
        if product := re.fullmatch(r"/product/202309/products/(\d+)/inventory/update", call.path):
            return self._set_stock(product.group(1), asked)
        if call.path == "/product/202309/inventory/search":
            return self._stock(asked)
        return _no(36_009_004, "Invalid path", 404)

    # ── who calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _wrong_with(self, call: Call) -> Reply | None:
        joined = "".join(name + call.query[name] for name in sorted(call.query) if name not in {"sign", "access_token"})
        text = self.secret.encode() + call.path.encode() + joined.encode() + (call.body if call.method != "GET" else b"") + self.secret.encode()
        if not hmac.compare_digest(hmac.digest(self.secret.encode(), text, "sha256").hex(), call.query.get("sign", "")):
            return _no(106_001, "The sign parameter is invalid.", 401)
        if call.query.get("app_key") != self.app_key or call.query.get("shop_cipher") != self.shop_cipher:
            return _no(36_009_004, "Invalid app_key or shop_cipher", 400)
        if not self.token or call.headers.get("x-tts-access-token") != self.token or self.world.now >= self.token_ends:
            return _no(105_002, "Expired credentials.", 401)
        return None

    def _give_token(self, call: Call) -> Reply:
        asked = call.query
        if asked.get("app_key") != self.app_key or not hmac.compare_digest(asked.get("app_secret", ""), self.secret):
            return _no(106_001, "Invalid client_key or client_secret", 200)
        is_new = call.path.endswith("/get") and asked.get("auth_code") == AUTHORISATION and asked.get("grant_type") == "authorized_code"
        is_again = call.path.endswith("/refresh") and self.renewal and asked.get("refresh_token") == self.renewal and asked.get("grant_type") == "refresh_token"
        if not is_new and not is_again:
            return _no(36_004_004, "Authorization code or refresh token is invalid", 200)
        now = self.world.now
        mark = hashlib.sha256(f"{self.secret}:{now}:{self.token}".encode()).hexdigest()
        self.token, self.renewal, self.token_ends = f"TTP_{mark[:30]}", f"TTR_{mark[30:60]}", now + TOKEN_SECONDS
        return _yes({
            "access_token": self.token, "access_token_expire_in": self.token_ends, "refresh_token": self.renewal,
            "refresh_token_expire_in": now + RENEWAL_SECONDS, "open_id": "simulated", "seller_name": "Simulated shop",
        })  # fmt: skip

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _page(self, name: str, query: Mapping[str, str], asked: Mapping[str, Any], timed: Any, show: Any) -> Reply:
        """Windows are half open: from, and before; a token goes on behind the last row that was shown."""
        size, by = int(query.get("page_size", "0")), query.get("sort_field", "create_time")
        begin, end = asked.get(f"{by}_ge"), asked.get(f"{by}_lt")
        if not 1 <= size <= MOST_ROWS or query.get("sort_order") != "ASC" or not isinstance(begin, int) or not isinstance(end, int):
            return _no(36_009_004, "page_size, sort_order or time range is invalid", 400)
        token = query.get("page_token", "")
        after = tuple(map(int, base64.urlsafe_b64decode(token).decode().split(":"))) if token else (0, 0)
        rows: Iterable[tuple[int, int]] = timed(by)
        found = sorted(one for one in rows if begin <= one[0] < end)
        left = [one for one in found if one > after]
        following = base64.urlsafe_b64encode(f"{left[size - 1][0]}:{left[size - 1][1]}".encode()).decode() if len(left) > size else ""
        return _yes({name: [show(number) for _, number in left[:size]], "total_count": len(found), "next_page_token": following})

    def _cases(self, is_return: bool, query: Mapping[str, str], asked: Mapping[str, Any]) -> Reply:
        cases = [one for one in self.world.cases.values() if (one.kind != "before") == is_return]
        return self._page(
            "return_orders" if is_return else "cancellations", query, asked,
            lambda by: ((one.changed_at if by == "update_time" else one.asked_at, one.number) for one in cases),
            lambda number: self._case(self.world.cases[number], is_return),
        )  # fmt: skip

    def _case(self, case: Case, is_return: bool) -> dict[str, Any]:
        line = next(one for one in self.world.orders[case.order].lines if one.number == case.line)
        units = [{"order_line_item_id": f"{line.number}{turn}", "sku_id": str(line.item.sku)} for turn in range(line.units)]
        money = {"currency": self.currency, "refund_total": _text(case.refund_fen), "refund_subtotal": _text(case.refund_fen), "refund_shipping_fee": "0"}
        told = {"order_id": str(case.order), "refund_amount": money, "create_time": case.asked_at, "update_time": case.changed_at}
        if is_return:
            status = f"RETURN_OR_REFUND_{CASE_WORD[case.stage]}"
            return {**told, "return_id": str(case.number), "return_type": RETURN_TYPE[case.kind], "return_status": status, "return_line_items": units}
        return {**told, "cancel_id": str(case.number), "cancel_type": "BUYER_CANCEL", "cancel_status": f"CANCELLATION_{CASE_WORD[case.stage]}", "cancel_line_items": units}

    def _order(self, order: Order) -> dict[str, Any]:
        goods = sum(line.paid_fen for line in order.lines)
        name, phone, detail = order.buyer
        levels = [{"address_level_name": level, "address_name": place} for level, place in zip(("country", "state", "city", "district"), ("中国", *order.place), strict=False)]
        return {
            "id": str(order.number), "status": self._status(order), "create_time": order.made_at, "update_time": order.changed_at, "paid_time": order.paid_at,
            "rts_sla_time": order.paid_at + 48 * 3_600 if order.paid_at else 0, "rts_time": order.sent_at, "cancel_reason": order.why_cancelled,
            "delivery_time": order.signed_at, "shipping_type": "SELLER",
            "is_buyer_request_cancel": any(line.case and line.case.kind == "before" and line.case.stage in OPEN_STAGES for line in order.lines),
            "payment": {"currency": self.currency, "sub_total": _text(goods), "shipping_fee": _text(order.freight_fen), "total_amount": _text(order.paid_fen)},
            "recipient_address": {
                "name": name[0] + "***", "phone_number": f"(+86){phone[:3]}*****{phone[-2:]}", "address_detail": "*" * len(detail), "district_info": levels, "region_code": "CN",
            },
            "line_items": [unit for line in order.lines for unit in self._units(order, line)],
        }  # fmt: skip

    def _status(self, order: Order) -> str:
        if order.is_strange and order.stage == "paid":
            return STRANGE_STATUS
        if order.stage == "sent":
            return "DELIVERED" if order.signed_at else "AWAITING_COLLECTION" if order.number % 2 else "IN_TRANSIT"
        return STATUS[order.stage]

    def _units(self, order: Order, line: Line) -> list[dict[str, Any]]:
        """One row a unit; what was paid for the line is shared out over them, the odd fen on the first."""
        status = self._status(order)
        parcels = [parcel for parcel in order.parcels for of, units in parcel.content if of == line.number for _ in range(units)]
        each, odd = divmod(line.paid_fen, line.units)
        found = []
        for turn in range(line.units):
            parcel = parcels[turn] if turn < len(parcels) else None
            shown = ("IN_TRANSIT" if parcel else "AWAITING_SHIPMENT") if order.stage == "part_sent" else status
            found.append({
                "id": f"{line.number}{turn}", "sku_id": str(line.item.sku), "product_id": str(line.item.product), "seller_sku": line.item.code,
                "product_name": line.item.title, "sku_name": ", ".join(line.item.variant), "sale_price": _text(each + (odd if turn == 0 else 0)),
                "original_price": _text(line.item.price_fen), "currency": self.currency, "display_status": shown, "is_gift": False,
                "package_id": f"pk-{parcel.number}" if parcel else "", "tracking_number": parcel.number if parcel else "",
                "shipping_provider_id": parcel.carrier if parcel else "",
            })  # fmt: skip
        return found

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, order: Order | None, asked: Mapping[str, Any]) -> Reply:
        if order is None or not asked.get("tracking_number") or not asked.get("shipping_provider_id"):
            return _no(21_001_001, "Order or shipping provider is invalid", 400)
        content: dict[int, int] = {}
        for unit in asked.get("order_line_item_ids") or []:
            content[int(unit[:-1])] = content.get(int(unit[:-1]), 0) + 1
        done = self.world.send(order, asked["tracking_number"], asked["shipping_provider_id"], list(content.items()), "")
        return _no(21_001_002, done, 400) if isinstance(done, str) else _yes({"order_id": str(order.number), "package_id": f"pk-{done.number}"})

    def _set_stock(self, product: str, asked: Mapping[str, Any]) -> Reply:
        for sku in asked.get("skus") or []:
            item = self.world.item(int(sku.get("id") or 0))
            if item is None or str(item.product) != product:
                return _yes({"errors": [{"code": 12_052_048, "message": "sku not found", "detail": {"sku_id": sku.get("id")}}]})  # a no inside a yes
            item.stock = int(sku["inventory"][0]["quantity"])
        return _yes({"errors": []})

    def _stock(self, asked: Mapping[str, Any]) -> Reply:
        items = [item for sku in asked.get("sku_ids") or [] if (item := self.world.item(int(sku)))]
        skus = [{"id": str(item.sku), "seller_sku": item.code, "total_available_quantity": item.stock, "total_committed_quantity": 0} for item in items]
        return _yes({"inventory": [{"product_id": str(item.product), "skus": [sku]} for item, sku in zip(items, skus, strict=True)]})

    # ── pushing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def push(self, happenings: Sequence[Happening]) -> tuple[dict[str, str], bytes]:
        one = happenings[0]
        number: int | str = one.order.number if self.chaos.strikes("numbers") else str(one.order.number)
        data = {"order_id": number, "order_status": self._status(one.order), "update_time": one.at}
        told = {"type": TYPE.get(one.what, 1), "shop_id": "7490000000000000001", "timestamp": one.at, "data": data}
        body = json.dumps(told, separators=(",", ":")).encode()
        mark = hmac.digest(self.secret.encode(), self.app_key.encode() + body, "sha256").hex()
        return {"Authorization": mark, "Content-Type": "application/json"}, body


def _yes(data: Mapping[str, Any]) -> Reply:
    return Reply.of_json({"code": 0, "message": "Success", "request_id": "simulated", "data": data})


def _no(code: int, words: str, status: int) -> Reply:
    return Reply.of_json({"code": code, "message": words, "request_id": "simulated", "data": {}}, status)


def _text(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}" if fen % 100 else str(fen // 100)
