"""抖店 as its callers know it: paths, signatures, page rules, complaints and pushes, written from its documents alone."""

from __future__ import annotations

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

SKEW_SECONDS = 600
MOST_SIZE = 100
STATUS = {"unpaid": 1, "review": 105, "paid": 2, "part_sent": 101, "sent": 3, "done": 5, "cancelled": 4}
LINE_CASE = {"asked": 6, "agreed": 7, "sent_back": 11, "refunded": 12, "withdrawn": 28}
CASE_TYPE = {"before": 2, "after": 0, "exchange": 3}
TAG = {
    "made": 100, "paid": 101, "sent": 102, "signed": 104, "done": 103, "unpaid_cancelled": 106, "part_sent": 108, "reviewed": 110,
    "refund_asked": 200, "exchange_asked": 200, "refund_given": 206, "refund_withdrawn": 207,
}  # fmt: skip
STRANGE_STATUS = 777
TOKEN_SECONDS = 7 * 86_400


@dataclass(slots=True)
class Douyin(Platform):
    """One shop on 抖店."""

    app_key: str = "7000000000000000001"
    shop_id: int = 123456
    token: str = field(default="", repr=False)
    renewal: str = field(default="", repr=False)
    token_ends: int = 0
    _stock_done: dict[str, int] = field(default_factory=dict)

    def account(self, url: str) -> dict[str, str]:
        return {"app_key": self.app_key, "app_secret": self.secret, "shop_id": str(self.shop_id), "gateway": url}

    def answer(self, call: Call) -> Reply:
        name = call.path.strip("/").replace("/", ".")
        self._counts(name)
        if bad := self._breaks(_no(20000, "isp.service-error:1", "系统错误", "服务内部错误，请稍后重试")):
            return bad
        if no := self._wrong_with(call.method, name, call.query, call.body):
            return no
        if self.chaos.strikes("throttled"):
            return _no(50002, "isv.business-failed:2001", "业务处理失败", "请求过于频繁，触发限流")
        asked = json.loads(call.body or b"{}")
        do = {
            "token.create": self._make_token, "token.refresh": self._renew_token, "order.searchList": self._search, "order.orderDetail": self._detail,
            "order.logisticsAddSinglePack": self._send, "sku.syncStock": self._set_stock, "sku.stockNum": self._stock, "afterSale.List": self._cases,
        }.get(name)  # fmt: skip
        if do is None:
            return _no(40001, "isv.method-not-found", "接口不存在", name)
        with self.world.lock:
            return do(asked)

    # ── who calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _wrong_with(self, method: str, name: str, query: Mapping[str, str], body: bytes) -> Reply | None:
        if method != "POST":
            return _no(40002, "isv.http-method", "请求方式错误", method)
        if query.get("app_key") != self.app_key or query.get("method") != name or query.get("v") != "2":
            return _no(40003, "isv.parameter-invalid:2", "参数错误", "app_key/method/v")
        at = _moment(query.get("timestamp", ""))
        if at is None or abs(at - self.world.now) > SKEW_SECONDS:
            return _no(40003, "isv.timestamp-invalid", "timestamp 无效或已过期", "timestamp")
        if not self._is_signed(query, body):
            return _no(40003, "isv.invalid-sign", "签名校验失败", "sign 不正确")
        if not name.startswith("token.") and (query.get("access_token") != self.token or self.world.now >= self.token_ends):
            return _no(30002, "isv.access-token-expired", "access_token已过期", "请刷新 access_token")
        return None

    def _is_signed(self, query: Mapping[str, str], body: bytes) -> bool:
        key = self.secret.encode()
        parts = [b"app_key", query["app_key"].encode(), b"method", query["method"].encode(), b"param_json", body]
        parts += [b"timestamp", query["timestamp"].encode(), b"v", b"2"]
        if query.get("sign_method") == "hmac-sha256":
            wanted = hmac.digest(key, key + b"".join(parts) + key, "sha256").hex()
        else:
            wanted = hashlib.md5(key + b"".join(parts) + key, usedforsecurity=False).hexdigest()
        return hmac.compare_digest(wanted, query.get("sign", ""))

    def _make_token(self, asked: Mapping[str, Any]) -> Reply:
        is_own = asked.get("grant_type") == "authorization_self" and str(asked.get("shop_id")) == str(self.shop_id)
        if not is_own and not (asked.get("grant_type") == "authorization_code" and asked.get("code") == "simulated-code"):
            return _no(50002, "isv.business-failed:8001", "授权失败", "code 无效")
        return self._new_token()

    def _renew_token(self, asked: Mapping[str, Any]) -> Reply:
        if asked.get("refresh_token") != self.renewal or not self.renewal:
            return _no(50002, "isv.business-failed:8002", "刷新失败", "refresh_token 无效")
        return self._new_token()

    def _new_token(self) -> Reply:
        mark = hashlib.sha256(f"{self.secret}:{self.world.now}:{self.token}".encode()).hexdigest()
        self.token, self.renewal, self.token_ends = f"tok-{mark[:24]}", f"ren-{mark[24:48]}", self.world.now + TOKEN_SECONDS
        return _yes(
            {"access_token": self.token, "refresh_token": self.renewal, "expires_in": TOKEN_SECONDS, "shop_id": self.shop_id, "shop_name": "模拟小店"}
        )

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _search(self, asked: Mapping[str, Any]) -> Reply:
        size, page = int(asked.get("size", 10)), int(asked.get("page", 0))
        if not 1 <= size <= MOST_SIZE or page < 0:
            return _no(40004, "isv.parameter-invalid:1", "参数校验失败", "size 最大 100，page 从 0 开始")
        by = "update" if "update_time_start" in asked else "create"
        begin, end = asked.get(f"{by}_time_start"), asked.get(f"{by}_time_end")
        if not isinstance(begin, int) or not isinstance(end, int) or begin > end:
            return _no(40004, "isv.parameter-invalid:3", "参数校验失败", "时间范围不正确")
        timed = [(order.changed_at if by == "update" else order.made_at, order.number) for order in self.world.near(begin, end)]
        found = sorted([one for one in timed if begin <= one[0] <= end], reverse=not asked.get("order_asc"))
        shown = [self._order(self.world.orders[number]) for _, number in found[page * size : (page + 1) * size]]
        return _yes({"page": page, "size": size, "total": len(found), "shop_order_list": shown})

    def _detail(self, asked: Mapping[str, Any]) -> Reply:
        order = self.find(str(asked.get("shop_order_id") or ""))
        if order is None:
            return _no(50002, "isv.business-failed:3001", "业务处理失败", "订单不存在")
        return _yes({"shop_order_detail": self._order(order)})

    def _order(self, order: Order) -> dict[str, Any]:
        status = STRANGE_STATUS if order.is_strange and order.stage == "paid" else STATUS[order.stage]
        goods = sum(line.item.price_fen * line.units for line in order.lines)
        return {
            "order_id": str(order.number), "shop_id": self.shop_id, "order_status": status, "order_type": 0, "biz": 2, "pay_type": 1,
            "create_time": order.made_at, "pay_time": order.paid_at, "update_time": order.changed_at, "order_expire_time": order.made_at + 1800,
            "exp_ship_time": order.paid_at + 48 * 3600 if order.paid_at else 0, "ship_time": order.sent_at, "finish_time": order.done_at,
            "cancel_reason": order.why_cancelled, "buyer_words": "", "seller_words": "", "seller_remark_stars": 0,
            "order_amount": goods + order.freight_fen, "pay_amount": order.paid_fen, "post_amount": order.freight_fen,
            "promotion_amount": goods + order.freight_fen - order.paid_fen,
            "sku_order_list": [self._line(order, line, status) for line in order.lines],
            "logistics_info": [_parcel(parcel) for parcel in order.parcels], **self._receiver(order),
        }  # fmt: skip

    def _line(self, order: Order, line: Line, status: int) -> dict[str, Any]:
        case = line.case
        told = {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0}
        if case:
            done = case.stage == "refunded"
            # a buyer who withdraws leaves 28 behind, with a refund that still "waits"
            told = {"after_sale_status": LINE_CASE[case.stage], "after_sale_type": 2, "refund_status": 3 if done else 1}
        return {
            "order_id": str(line.number), "parent_order_id": str(order.number), "order_status": status, "product_id": line.item.product,
            "product_id_str": str(line.item.product), "sku_id": line.item.sku, "code": line.item.code, "out_sku_id": "", "item_num": line.units,
            "product_name": line.item.title, "spec": [{"name": "颜色", "value": line.item.variant[0]}, {"name": "尺码", "value": line.item.variant[1]}],
            "origin_amount": line.item.price_fen, "goods_price": line.item.price_fen, "sum_amount": line.item.price_fen * line.units,
            "pay_amount": line.paid_fen, "promotion_amount": line.item.price_fen * line.units - line.paid_fen, "room_id": 7_300_000_000_000_000_000,
            "author_id": 0, "theme_type": "1", "c_biz": 8, "given_product_type": "MASTER", "reduce_stock_type": 1, "is_comment": 0,
            "pre_sale_type": 0, "after_sale_info": told,
        }  # fmt: skip

    def _receiver(self, order: Order) -> dict[str, Any]:
        name, phone, detail = order.buyer
        province, city, town, street = ({"name": part, "id": str(100 + turn)} for turn, part in enumerate(order.place))
        where = {"province": province, "city": city, "town": town, "street": street}
        is_gone = order.is_bare and order.stage in {"sent", "done"}
        return {
            "post_receiver": "", "post_tel": "", "post_addr": {**where, "detail": "", "encrypt_detail": "" if is_gone else self._sealed(order, detail)},
            "encrypt_post_receiver": "" if is_gone else self._sealed(order, name), "encrypt_post_tel": "" if is_gone else self._sealed(order, phone),
            "mask_post_receiver": name[0] + "*", "mask_post_tel": f"{phone[:3]}****{phone[-4:]}", "mask_post_addr": {**where, "detail": "****"},
        }  # fmt: skip

    def _sealed(self, order: Order, plain: str) -> str:
        """Looks like the platform's ciphertext and tells nothing: another one for each order."""
        mark = hmac.digest(self.secret.encode(), f"{order.number}:{plain}".encode(), "sha256").hex()
        return f"##{mark[:44]}##"

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, asked: Mapping[str, Any]) -> Reply:
        numbers, request = asked.get("order_id_list") or [], str(asked.get("request_id") or "")
        order = self.find(str(numbers[0])) if len(numbers) == 1 else None
        if order is None or not asked.get("logistics_code") or not asked.get("company_code"):
            return _no(40004, "isv.parameter-invalid:1", "参数校验失败", "order_id_list/logistics_code/company_code")
        content = [(int(one["shipped_order_id"]), int(one["shipped_num"])) for one in asked.get("shipped_order_info") or []]
        done = self.world.send(order, str(asked["logistics_code"]), str(asked["company_code"]), content, request)
        if isinstance(done, str):
            return _no(50002, "isv.business-failed:4001", "业务处理失败", done)
        return _yes({"pack_id": f"{order.number}-{order.parcels.index(done) + 1}"})

    def _set_stock(self, asked: Mapping[str, Any]) -> Reply:
        item, number = self.world.item(int(asked.get("sku_id") or 0)), str(asked.get("idempotent_id") or "")
        if item is None:
            return _no(50002, "isv.business-failed:5001", "业务处理失败", "sku 不存在")
        if number and number in self._stock_done:
            return _no(40004, "isv.parameter-invalid:40010", "参数校验失败", "该幂等 id 已执行")
        is_delta = bool(asked.get("incremental"))
        if is_delta and not number:
            return _no(40004, "isv.parameter-invalid:1", "参数校验失败", "incremental=true 时 idempotent_id 必填")
        left = int(asked["stock_num"]) + (item.stock if is_delta else 0)
        if left < 0:
            return _no(40004, "isv.parameter-invalid:4", "参数校验失败", "库存不能小于 0")
        item.stock = left
        if number:
            self._stock_done[number] = left
        return _yes({})

    def _stock(self, asked: Mapping[str, Any]) -> Reply:
        item = self.world.item(int(asked.get("sku_id") or 0))
        if item is None:
            return _no(50002, "isv.business-failed:5001", "业务处理失败", "sku 不存在")
        return _yes({"sku_id": item.sku, "code": item.code, "sku_type": 0, "stock_num": item.stock, "prehold_stock_num": 0})

    def _cases(self, asked: Mapping[str, Any]) -> Reply:
        size, page = int(asked.get("size", 10)), int(asked.get("page", 0))
        if not 1 <= size <= MOST_SIZE or page < 0:
            return _no(40004, "isv.parameter-invalid:1", "参数校验失败", "size 最大 100")
        by = "update" if "update_start_time" in asked else "start"
        begin, end = (asked.get(name) for name in (("update_start_time", "update_end_time") if by == "update" else ("start_time", "end_time")))
        if not isinstance(begin, int) or not isinstance(end, int):
            return _no(40004, "isv.parameter-invalid:3", "参数校验失败", "时间范围不正确")
        found = [case for case in self.world.cases.values() if begin <= (case.changed_at if by == "update" else case.asked_at) <= end]
        found.sort(key=lambda case: (case.changed_at, case.number))
        part = found[page * size : (page + 1) * size]
        return _yes({"page": page, "size": size, "total": len(found), "has_more": (page + 1) * size < len(found), "items": list(map(_case, part))})

    # ── pushing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def push(self, happenings: Sequence[Happening]) -> tuple[dict[str, str], bytes]:
        """This function will give headers and body of one push about these happenings."""
        told = [
            {"tag": str(TAG[one.what]), "msg_id": f"{one.at}{one.order.number}{TAG[one.what]}", "data": json.dumps(self._news(one), ensure_ascii=False)}
            for one in happenings
        ]
        body = json.dumps(told, ensure_ascii=False).encode()
        mark = hashlib.md5(self.app_key.encode(), usedforsecurity=False)
        mark.update(body)
        mark.update(self.secret.encode())
        return {"app-id": self.app_key, "event-sign": mark.hexdigest(), "Content-Type": "application/json"}, body

    def _news(self, one: Happening) -> dict[str, Any]:
        number: int | str = str(one.order.number) if self.chaos.strikes("numbers") else one.order.number
        news: dict[str, Any] = {"p_id": number, "s_ids": [line.number for line in one.order.lines], "shop_id": self.shop_id, "update_time": one.at}
        if one.case:
            news |= {"aftersale_id": one.case.number, "aftersale_status": LINE_CASE[one.case.stage], "refund_amount": one.case.refund_fen}
        return news


def _parcel(parcel: Parcel) -> dict[str, Any]:
    content = [{"sku_order_id": str(of), "product_count": units} for of, units in parcel.content]
    return {"tracking_no": parcel.number, "company": parcel.carrier, "delivery_id": "", "ship_time": parcel.sent_at, "product_info": content}


def _case(case: Case) -> dict[str, Any]:
    return {
        "aftersale_info": {
            "aftersale_id": str(case.number), "aftersale_type": CASE_TYPE[case.kind], "aftersale_status": LINE_CASE[case.stage],
            "related_id": str(case.line), "apply_time": case.asked_at, "update_time": case.changed_at, "status_deadline": case.asked_at + 172_800,
            "refund_amount": case.refund_fen, "refund_post_amount": 0, "aftersale_num": 1, "arbitrate_status": 0,
            "refund_status": 3 if case.stage == "refunded" else 1, "got_pkg": 0, "return_logistics_code": "",
        },
        "order_info": {"shop_order_id": str(case.order), "related_order_info": []},
    }  # fmt: skip


def _yes(data: Mapping[str, Any]) -> Reply:
    return Reply.of_json({"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "log_id": "sim", "data": data})


def _no(code: int, sub_code: str, words: str, sub_words: str) -> Reply:
    return Reply.of_json({"code": code, "msg": words, "sub_code": sub_code, "sub_msg": sub_words, "log_id": "sim", "data": None})


def _moment(given: str) -> int | None:
    """Seconds, or Shanghai's wall clock: callers of both kinds exist."""
    if re.fullmatch(r"\d{10}", given):
        return int(given)
    try:
        return int(datetime.strptime(given, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone(timedelta(hours=8))).astimezone(UTC).timestamp())
    except ValueError:
        return None
