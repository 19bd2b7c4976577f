"""淘宝's TOP gateway as its callers know it: one address, everything in a form, its own signature and complaints."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

from kaibo.simulator.answers import Reply
from kaibo.simulator.platform import Call, Platform
from kaibo.simulator.world import Case, Line, Order

CHINA = timezone(timedelta(hours=8))
SKEW_SECONDS = 600
MOST_SIZE = 100
DAY_SECONDS = 86_400
STATUS = {
    "unpaid": "WAIT_BUYER_PAY", "review": "PAID_FORBID_CONSIGN", "paid": "WAIT_SELLER_SEND_GOODS", "part_sent": "SELLER_CONSIGNED_PART",
    "sent": "WAIT_BUYER_CONFIRM_GOODS", "done": "TRADE_FINISHED", "cancelled": "TRADE_CLOSED_BY_TAOBAO",
}  # fmt: skip
REFUND = {"asked": "WAIT_SELLER_AGREE", "agreed": "WAIT_BUYER_RETURN_GOODS", "sent_back": "WAIT_SELLER_CONFIRM_GOODS", "refunded": "SUCCESS", "withdrawn": "CLOSED"}
DISPUTE = {"before": "REFUND", "after": "REFUND_AND_RETURN", "exchange": "TAOBAO_EXCHANGE"}
STRANGE_STATUS = "WAIT_FOR_SOMETHING_NEW"


@dataclass(slots=True)
class Taobao(Platform):
    """One shop on 淘宝 or 天猫."""

    app_key: str = "12345678"
    session: str = field(default="session-of-the-simulated-shop", repr=False)
    session_ends: int = 2**62

    def account(self, url: str) -> dict[str, str]:
        return {"app_key": self.app_key, "app_secret": self.secret, "session": self.session, "gateway": url}

    def answer(self, call: Call) -> Reply:
        """Always 200, whatever it says."""
        asked = dict(call.query) | dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        name = asked.get("method", "")
        self._counts(name)
        if bad := self._breaks(_no(15, "Remote service error", "isp.remote-service-timeout", "远程服务调用超时"), status=503):
            return bad
        if no := self._wrong_with(asked):
            return no
        if self.chaos.strikes("throttled"):
            return _no(7, "App Call Limited", "isv.access-limited-by-api-access-count", "This ban will last for 1 more seconds")
        do = {
            "taobao.trades.sold.increment.get": self._list, "taobao.trades.sold.get": self._list, "taobao.trade.fullinfo.get": self._detail,
            "taobao.item.quantity.update": self._set_stock, "taobao.logistics.online.send": self._send,
            "taobao.refunds.receive.get": self._refunds,
        }.get(name)  # fmt: skip
        if do is None:
            return _no(22, "Invalid Method", "", "")
        with self.world.lock:
            told = do(asked)
        return told if isinstance(told, Reply) else Reply.of_json({f"{name.removeprefix('taobao.').replace('.', '_')}_response": told})

    def _wrong_with(self, asked: Mapping[str, str]) -> Reply | None:
        if asked.get("app_key") != self.app_key:
            return _no(29, "Invalid app Key", "isv.appkey-not-exists", "")
        at = _seconds(asked.get("timestamp", ""))
        if at is None or abs(at - self.world.now) > SKEW_SECONDS:
            return _no(31, "Invalid timestamp", "isv.timestamp-invalid", "timestamp")
        if not hmac.compare_digest(self._signature(asked), asked.get("sign", "")):
            return _no(25, "Invalid signature", "isv.invalid-signature", "")
        if asked.get("session") != self.session or self.world.now >= self.session_ends:
            return _no(27, "Invalid session", "sessionkey-not-generated-by-server", "RealSession don't belong app and user")
        return None

    def _signature(self, asked: Mapping[str, str]) -> str:
        said = b"".join(name.encode() + asked[name].encode() for name in sorted(asked) if name != "sign")
        secret = self.secret.encode()
        if asked.get("sign_method") == "md5":
            return hashlib.md5(secret + said + secret, usedforsecurity=False).hexdigest().upper()
        return hmac.digest(secret, said, "md5" if asked.get("sign_method") == "hmac" else "sha256").hex().upper()

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _list(self, asked: Mapping[str, str]) -> dict[str, Any] | Reply:
        by = "modified" if asked["method"].endswith("increment.get") else "created"
        begin, end = _seconds(asked.get(f"start_{by}", "")), _seconds(asked.get(f"end_{by}", ""))
        size, page = int(asked.get("page_size", 40)), int(asked.get("page_no", 1))
        if begin is None or end is None or begin > end or (by == "modified" and end - begin > DAY_SECONDS):
            return _no(41, "Invalid arguments", "isv.invalid-parameter", f"start_{by}/end_{by}")
        if not 1 <= size <= MOST_SIZE or page < 1:
            return _no(41, "Invalid arguments", "isv.invalid-parameter", "page_no/page_size")
        times = [(one.changed_at if by == "modified" else one.made_at, one.number) for one in self.world.near(begin, end)]
        found = sorted((one for one in times if begin <= one[0] <= end), reverse=True)  # newest first, as the platform lists them
        part = [self._trade(self.world.orders[number]) for _, number in found[(page - 1) * size : page * size]]
        if asked.get("use_has_next") == "true":
            return {"has_next": page * size < len(found), "trades": {"trade": part}}
        return {"total_results": len(found), **({"trades": {"trade": part}} if part else {})}

    def _detail(self, asked: Mapping[str, str]) -> dict[str, Any] | Reply:
        order = self.find(asked.get("tid", ""))
        return {"trade": self._trade(order)} if order else _no(15, "Remote service error", "isv.trade-not-exist", "交易订单不存在")

    def _trade(self, order: Order) -> dict[str, Any]:
        status = STRANGE_STATUS if order.is_strange and order.stage == "paid" else STATUS[order.stage]
        if order.stage == "cancelled" and order.paid_at:
            status = "TRADE_CLOSED"
        name, phone, detail = order.buyer
        told: dict[str, Any] = {
            "tid": order.number, "tid_str": str(order.number), "status": status, "payment": _yuan(order.paid_fen), "post_fee": _yuan(order.freight_fen),
            "created": _clock(order.made_at), "modified": _clock(order.changed_at), "receiver_name": name[0] + "**",
            "receiver_mobile": f"*******{phone[-4:]}", "receiver_state": order.place[0], "receiver_city": order.place[1],
            "receiver_district": order.place[2], "receiver_town": order.place[3], "receiver_address": "*" * len(detail), "oaid": f"oaid{order.number}",
            "orders": {"order": [self._line(order, line, status) for line in order.lines]},
        }  # fmt: skip
        if order.place[0] == "上海市":
            told |= {"receiver_city": "", "receiver_district": "上海市"}
        for key, at in (("pay_time", order.paid_at), ("consign_time", order.sent_at), ("end_time", order.done_at)):
            if at:
                told[key] = _clock(at)
        return told

    def _line(self, order: Order, line: Line, status: str) -> dict[str, Any]:
        sent = [parcel for parcel in order.parcels if any(of == line.number for of, _ in parcel.content)]
        if order.stage == "part_sent":
            status = "WAIT_BUYER_CONFIRM_GOODS" if line.sent >= line.units else "WAIT_SELLER_SEND_GOODS"
        told: dict[str, Any] = {
            "oid": line.number, "oid_str": str(line.number), "status": status, "num_iid": line.item.product, "sku_id": str(line.item.sku),
            "outer_sku_id": line.item.code, "title": line.item.title, "sku_properties_name": f"颜色:{line.item.variant[0]};尺码:{line.item.variant[1]}",
            "num": line.units, "price": _yuan(line.item.price_fen), "payment": _yuan(line.paid_fen), "divide_order_fee": _yuan(line.paid_fen),
            "refund_status": REFUND[line.case.stage] if line.case else "NO_REFUND",
        }  # fmt: skip
        if sent:
            told |= {"invoice_no": sent[-1].number, "logistics_company": sent[-1].carrier}
        return told

    def _refunds(self, asked: Mapping[str, str]) -> dict[str, Any] | Reply:
        begin, end = _seconds(asked.get("start_modified", "")), _seconds(asked.get("end_modified", ""))
        size, page = int(asked.get("page_size", 40)), int(asked.get("page_no", 1))
        if begin is None or end is None or begin > end or not 1 <= size <= MOST_SIZE or page < 1:
            return _no(41, "Invalid arguments", "isv.invalid-parameter", "start_modified/end_modified")
        found = sorted((one for one in self.world.cases.values() if begin <= one.changed_at <= end), key=lambda one: (one.changed_at, one.number), reverse=True)
        part = [self._refund(one) for one in found[(page - 1) * size : page * size]]
        return {"total_results": len(found), **({"refunds": {"refund": part}} if part else {})}

    def _refund(self, case: Case) -> dict[str, Any]:
        order = self.world.orders[case.order]
        line = next(one for one in order.lines if one.number == case.line)
        return {
            "refund_id": str(case.number), "tid": order.number, "oid": line.number, "status": REFUND[case.stage], "order_status": STATUS[order.stage],
            "refund_fee": _yuan(case.refund_fen), "total_fee": _yuan(line.paid_fen), "payment": _yuan(line.paid_fen - case.refund_fen),
            "created": _clock(case.asked_at), "modified": _clock(case.changed_at), "has_good_return": case.kind != "before", "num": line.units,
            "title": line.item.title, "reason": "不想要了", "sid": "", "dispute_type": DISPUTE[case.kind],
        }  # fmt: skip

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, asked: Mapping[str, str]) -> dict[str, Any] | Reply:
        order = self.find(asked.get("tid", ""))
        if order is None or not asked.get("out_sid") or not asked.get("company_code"):
            return _no(41, "Invalid arguments", "isv.invalid-parameter", "tid/out_sid/company_code")
        only = {int(one) for one in asked.get("sub_tid", "").split(",") if one} if asked.get("is_split") == "1" else None
        content = [(line.number, line.units - line.sent) for line in order.lines if only is not None and line.number in only]
        done = self.world.send(order, asked["out_sid"], asked["company_code"], content, "")
        if isinstance(done, str):
            return _no(15, "Remote service error", "isv.logistics-online-service-error:B04", done)
        return {"shipping": {"is_success": True}}

    def _set_stock(self, asked: Mapping[str, str]) -> dict[str, Any] | Reply:
        item, units = self.world.item(int(asked.get("sku_id") or 0)), asked.get("quantity", "")
        if item is None or not re.fullmatch(r"-?\d+", units):
            return _no(15, "Remote service error", "isv.item-quantity-update-service-error", "sku 不存在")
        left = int(units) if asked.get("type", "1") == "1" else item.stock + int(units)
        if left < 0:
            return _no(15, "Remote service error", "isv.item-quantity-update-service-error", "库存不能小于 0")
        item.stock = left
        return {"item": {"num_iid": item.product, "modified": _clock(self.world.now)}}


def _no(code: int, words: str, sub_code: str, sub_words: str) -> Reply:
    told = {"code": code, "msg": words, "sub_code": sub_code, "sub_msg": sub_words, "request_id": "sim"}
    return Reply.of_json({"error_response": {name: value for name, value in told.items() if value != ""}})


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _seconds(given: str) -> int | None:
    try:
        return int(datetime.strptime(given, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp())
    except ValueError:
        return None
