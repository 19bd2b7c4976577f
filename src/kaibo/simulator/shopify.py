"""Shopify as its callers know it: a token in a header, cursors that stand alone, a bucket of calls, webhooks signed over the raw body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from kaibo.simulator.answers import Reply
from kaibo.simulator.platform import Call, Platform
from kaibo.simulator.world import Case, Happening, Line, Order, Parcel

MOST_ROWS = 250
SHOP_TIME = timezone(timedelta(hours=8))
MONEY = {"unpaid": "pending", "review": "authorized", "paid": "paid", "part_sent": "paid", "sent": "paid", "done": "paid"}
GOODS = {"part_sent": "partial", "sent": "fulfilled", "done": "fulfilled"}
TOPIC = {"made": "create", "paid": "paid", "part_sent": "partially_fulfilled", "sent": "fulfilled", "unpaid_cancelled": "cancelled"}
STRANGE_MONEY = "frozen"


@dataclass(slots=True)
class Shopify(Platform):
    """One shop on Shopify; `secret` is what its webhooks are signed with."""

    token: str = field(default="shpat_of-the-simulated-shop", repr=False)
    location: int = 655_441_491
    currency: str = "CNY"
    _cursors: dict[str, tuple[str, str, str, tuple[int, int]]] = field(default_factory=dict)

    def account(self, url: str) -> dict[str, str]:
        return {"gateway": url, "access_token": self.token, "client_secret": self.secret, "location_id": str(self.location)}

    def shows_case(self, case: Case) -> bool:
        """Shopify knows refunds, not requests for them."""
        return case.stage == "refunded"

    def answer(self, call: Call) -> Reply:
        name = f"{call.method} {re.sub(r'[0-9]{5,}', '#', call.path.split('/', 4)[-1])}"
        self._counts(name)
        if bad := self._breaks(Reply.of_json({"errors": "Internal Server Error"}, 500), status=503):
            return bad
        if not hmac.compare_digest(call.headers.get("x-shopify-access-token", "").encode(), self.token.encode()):
            return _no(401, "[API] Invalid API key or access token (unrecognized login or wrong password)")
        if self.chaos.strikes("throttled"):
            words = {"errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."}
            return Reply.of_json(words, 429, {"Retry-After": "2.0", "X-Shopify-Shop-Api-Call-Limit": "40/40"})
        found = re.fullmatch(r"/admin/api/\d{4}-\d{2}/(.+)\.json", call.path)
        with self.world.lock:
            return self._do(call, found.group(1)) if found else _no(404, "Not Found")

    def _do(self, call: Call, path: str) -> Reply:
        asked = json.loads(call.body) if call.body else {}
        if call.method == "GET" and path == "orders":
            return self._list(call)
        if call.method == "POST" and path == "fulfillments":
            return self._send(asked.get("fulfillment") or {})
        if call.method == "POST" and path == "inventory_levels/set":
            return self._set_stock(asked)
        if call.method == "GET" and path == "inventory_levels":
            return self._level(int(call.query.get("inventory_item_ids", "0")))
        if call.method == "GET" and (found := re.fullmatch(r"variants/(\d+)", path)):
            item = self.world.item(int(found.group(1)))
            return _yes({"variant": {"id": item.sku, "sku": item.code, "inventory_item_id": item.sku + 1}}) if item else _no(404, "Not Found")
        if call.method == "GET" and (found := re.fullmatch(r"orders/(\d+)(/fulfillment_orders)?", path)):
            order = self.find(found.group(1))
            if order is None:
                return _no(404, "Not Found")
            return _yes({"fulfillment_orders": self._to_send(order)} if found.group(2) else {"order": self._order(order)})
        return _no(404, "Not Found")

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _list(self, call: Call) -> Reply:
        query, after = dict(call.query), (0, 0)
        limit = int(query.pop("limit", "50"))
        if not 1 <= limit <= MOST_ROWS:
            return _no(400, {"limit": "must be between 1 and 250"})
        if cursor := query.pop("page_info", ""):
            if query or cursor not in self._cursors:
                return _no(400, {"page_info": "Invalid value." if query else "is unknown"})
            by, begin, end, after = self._cursors[cursor]
        else:
            by = "updated" if "updated_at_min" in query else "created"
            begin, end = query.get(f"{by}_at_min", ""), query.get(f"{by}_at_max", "")
            if query.get("status") != "any" or query.get("order") != f"{by}_at asc":
                return _no(400, {"order": "this simulator knows what it is asked for only: status=any, oldest first"})
        ends = _seconds(begin), _seconds(end)
        timed = ((one.changed_at if by == "updated" else one.made_at, one.number) for one in self.world.near(*ends))
        left = sorted(one for one in timed if ends[0] <= one[0] <= ends[1] and one > after)
        part, headers = left[:limit], {"X-Shopify-Shop-Api-Call-Limit": "1/40"}
        if len(left) > limit:
            key = base64.urlsafe_b64encode(hashlib.sha256(f"{by}{begin}{end}{part[-1]}".encode()).digest()).decode()
            self._cursors[key] = (by, begin, end, part[-1])
            headers["Link"] = f'<https://simulated.myshopify.com/admin/api/2025-01/orders.json?limit={limit}&page_info={key.replace("=", "%3D")}>; rel="next"'
        return Reply.of_json({"orders": [self._order(self.world.orders[number]) for _, number in part]}, 200, headers)

    def _order(self, order: Order) -> dict[str, Any]:
        goods = sum(line.item.price_fen * line.units for line in order.lines)
        refunded = [line for line in order.lines if line.case and line.case.stage == "refunded"]
        money = MONEY.get(order.stage) or ("refunded" if order.paid_at else "voided")
        if refunded and order.stage != "cancelled":
            money = "partially_refunded" if len(refunded) < len(order.lines) else "refunded"
        if order.is_strange and order.stage == "paid":
            money = STRANGE_MONEY
        name, phone, detail = order.buyer
        province, city, town, street = order.place
        return {
            "id": order.number, "name": f"#{order.number % 100_000}", "created_at": _iso(order.made_at), "updated_at": _iso(order.changed_at),
            "processed_at": _iso(order.paid_at or order.made_at), "cancelled_at": _iso(order.changed_at) if order.stage == "cancelled" else None,
            "cancel_reason": "other" if order.stage == "cancelled" else None, "closed_at": None, "currency": self.currency, "taxes_included": False,
            "financial_status": money, "fulfillment_status": GOODS.get(order.stage), "total_price": _text(order.paid_fen),
            "total_line_items_price": _text(goods), "line_items": [self._line(line) for line in order.lines],
            "shipping_lines": [{"price": _text(order.freight_fen), "discounted_price": _text(order.freight_fen), "tax_lines": []}],
            "shipping_address": {
                "name": name, "phone": phone, "address1": f"{town}{street}{detail}", "address2": None, "city": city, "province": province, "country_code": "CN",
            },
            "fulfillments": [self._parcel(order, one) for one in order.parcels], "refunds": [self._refund(line) for line in refunded],
        }  # fmt: skip

    def _line(self, line: Line) -> dict[str, Any]:
        """A discount, and a tax that is part of what was paid and not of the price."""
        tax = 1 if line.paid_fen > 1 else 0
        off = line.item.price_fen * line.units - (line.paid_fen - tax)
        return {
            "id": line.number, "product_id": line.item.product, "variant_id": line.item.sku, "sku": line.item.code, "title": line.item.title,
            "variant_title": " / ".join(line.item.variant), "quantity": line.units, "price": _text(line.item.price_fen),
            "discount_allocations": [{"amount": _text(off)}] if off else [], "tax_lines": [{"title": "Tax", "price": _text(tax)}] if tax else [],
            "fulfillable_quantity": line.units - line.sent,
        }  # fmt: skip

    def _parcel(self, order: Order, parcel: Parcel) -> dict[str, Any]:
        return {
            "id": order.number + order.parcels.index(parcel) + 1, "status": "success", "created_at": _iso(parcel.sent_at), "tracking_number": parcel.number,
            "tracking_company": parcel.carrier, "shipment_status": "delivered" if order.signed_at or order.done_at else None,
            "line_items": [{"id": number, "quantity": units} for number, units in parcel.content],
        }  # fmt: skip

    def _refund(self, line: Line) -> dict[str, Any]:
        case = line.case
        assert case is not None
        payment = {"kind": "refund", "status": "success", "amount": _text(case.refund_fen), "currency": self.currency}
        part = {"line_item_id": line.number, "quantity": line.units, "restock_type": "cancel" if case.kind == "before" else "return"}
        return {
            "id": case.number, "order_id": case.order, "created_at": _iso(case.changed_at), "processed_at": _iso(case.changed_at),
            "refund_line_items": [part], "transactions": [payment],
        }  # fmt: skip

    def _to_send(self, order: Order) -> list[dict[str, Any]]:
        """Work to be done, by place: its numbers are not those of the order and its lines."""
        left = [(line, line.units - line.sent) for line in order.lines]
        status = "open" if order.stage in {"paid", "part_sent"} else "closed"
        content = [{"id": line.number - 1, "line_item_id": line.number, "quantity": line.units, "fulfillable_quantity": units} for line, units in left]
        return [{"id": order.number - 1, "order_id": order.number, "status": status, "assigned_location_id": self.location, "line_items": content}]

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, asked: Mapping[str, Any]) -> Reply:
        parts, tracking = asked.get("line_items_by_fulfillment_order") or [], asked.get("tracking_info") or {}
        order = self.world.orders.get(int(parts[0].get("fulfillment_order_id") or 0) + 1) if len(parts) == 1 else None
        if order is None or not tracking.get("number"):
            return _no(422, ["Fulfillment order does not exist."])
        content = [(int(one["id"]) + 1, int(one["quantity"])) for one in parts[0].get("fulfillment_order_line_items") or []]
        done = self.world.send(order, tracking["number"], tracking.get("company") or "", content, "")
        if isinstance(done, str):
            return _no(422, [f"All line items must be fulfillable. {done}"])
        return Reply.of_json({"fulfillment": self._parcel(order, done)}, 201)

    def _set_stock(self, asked: Mapping[str, Any]) -> Reply:
        item, units = self.world.item(int(asked.get("inventory_item_id") or 0) - 1), asked.get("available")
        if item is None or asked.get("location_id") != self.location or not isinstance(units, int):
            return _no(422, ["Inventory item does not exist or is not stocked at the location"])
        item.stock = units
        return self._level(item.sku + 1, one=True)

    def _level(self, number: int, *, one: bool = False) -> Reply:
        item = self.world.item(number - 1)
        level = {"inventory_item_id": number, "location_id": self.location, "available": item.stock} if item else None
        return _yes({"inventory_level": level} if one else {"inventory_levels": [level] if level else []})

    # ── pushing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def push(self, happenings: Sequence[Happening]) -> tuple[dict[str, str], bytes]:
        """One webhook; sent again it has the same number."""
        one = happenings[0]
        topic, told = f"orders/{TOPIC.get(one.what, 'updated')}", self._order(one.order)
        if one.what == "refund_given" and one.case:
            line = next(line for line in one.order.lines if line.number == one.case.line)
            topic, told = "refunds/create", self._refund(line)
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = {
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(self.secret.encode(), body, "sha256")).decode(), "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": "simulated.myshopify.com", "X-Shopify-Webhook-Id": f"{one.order.number}-{one.at}-{one.what}",
            "Content-Type": "application/json",
        }  # fmt: skip
        return headers, body


def _yes(told: Mapping[str, Any]) -> Reply:
    return Reply.of_json(told, 200, {"X-Shopify-Shop-Api-Call-Limit": "1/40"})


def _no(status: int, errors: Any) -> Reply:
    return Reply.of_json({"errors": errors}, status)


def _text(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, SHOP_TIME).isoformat()


def _seconds(given: str) -> int:
    try:
        return int(datetime.fromisoformat(given.replace(" ", "+")).astimezone(UTC).timestamp())
    except ValueError:
        return 0
