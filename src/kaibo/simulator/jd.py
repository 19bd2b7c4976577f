"""京东 as its callers know it: a JSON text in a form, answers spelled "responce", business saying no with a text "false"."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
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
LONGEST_SECONDS = 31 * 86_400
LONGEST_CASE_SECONDS = {"apply": 7 * 86_400, "check": 10 * 86_400}
MOST_SIZE, MOST_CASE_SIZE, MOST_PAGE = 100, 50, 100
TOKEN_SECONDS = 7 * 86_400
STATUS = {
    "review": "PAUSE", "paid": "WAIT_SELLER_STOCK_OUT", "part_sent": "WAIT_GOODS_RECEIVE_CONFIRM", "sent": "WAIT_GOODS_RECEIVE_CONFIRM",
    "done": "FINISHED_L", "cancelled": "TRADE_CANCELED", "split": "PARENT_TRADE_CANCELED",
}  # fmt: skip
STRANGE_STATUS = "WAIT_SOMETHING_NEW"
CASE_STATUS = {"asked": 0, "agreed": 1, "refunded": 3, "withdrawn": 11}
COURIERS = {"467": "顺丰快递", "463": "圆通快递", "1327": "韵达快递", "1499": "中通速递"}
Answer = dict[str, Any] | Reply


@dataclass(slots=True)
class Jd(Platform):
    """One shop on 京东 that sends its own parcels (SOP): one waybill for a whole order, nothing unpaid is shown."""

    SENDS_PARTS: ClassVar[bool] = False
    SPLITS: ClassVar[int] = 20
    app_key: str = "A1B2C3D4E5F60718293A4B5C6D7E8F90"
    token: str = field(default="", repr=False)
    renewal: str = field(default="", repr=False)
    token_ends: int = 0

    def account(self, url: str) -> dict[str, str]:
        if not self.token:
            self._new_token()
        return {
            "app_key": self.app_key, "app_secret": self.secret, "access_token": self.token, "refresh_token": self.renewal,
            "gateway": f"{url}/routerjson", "oauth": f"{url}/oauth2",
        }  # fmt: skip

    def number(self, order: Order) -> str:
        return str(order.number % 10**13)

    def find(self, number: str) -> Order | None:
        return next((one for one in self.world.orders.values() if self.shows(one) and self.number(one) == number), None)

    def shows(self, order: Order) -> bool:
        return order.paid_at > 0

    def shows_case(self, case: Case) -> bool:
        """After shipping, cases are service orders of another list."""
        return case.kind == "before"

    def answer(self, call: Call) -> Reply:
        if call.path.startswith("/oauth2/"):
            return self._oauth(call)
        asked = dict(call.query) | dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        name = asked.get("method", "")
        self._counts(name)
        if bad := self._breaks(_no("67", "服务不可用，请稍后再试", "service unavailable"), status=500):
            return bad
        if no := self._wrong_with(call, asked):
            return no
        if self.chaos.strikes("throttled"):
            return _no("21", "接口调用次数超限，已被限流", "call limited")
        do = self._methods().get(name)
        if do is None:
            return _no("20", "API不存在", "Invalid method")
        with self.world.lock:
            told = do(json.loads(asked.get("360buy_param_json") or "{}"))
        return told if isinstance(told, Reply) else Reply.of_json({f"{name.replace('.', '_')}_responce": {"code": "0", **told}})

    def _methods(self) -> dict[str, Callable[[Mapping[str, Any]], Answer]]:
        return {
            "jingdong.pop.order.search": self._search, "jingdong.pop.order.get": self._detail, "jingdong.pop.order.shipment": self._send,
            "jingdong.pop.afs.soa.refundapply.queryPageList": self._cases, "jingdong.ware.stock.sku.set": self._set_stock,
            "360buy.sku.stock.update": self._set_stock,
        }  # fmt: skip

    # ── who calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _wrong_with(self, call: Call, asked: Mapping[str, str]) -> Reply | None:
        if not call.path.endswith("/routerjson") or asked.get("app_key") != self.app_key or asked.get("v") != "2.0":
            return _no("26", "无效的 app_key 或版本", "Invalid app_key")
        at = _moment(asked.get("timestamp", ""))
        if at is None or abs(at - self.world.now) > SKEW_SECONDS:
            return _no("24", "timestamp 无效或已过期", "Invalid timestamp")
        said = self.secret + "".join(f"{name}{asked[name]}" for name in sorted(asked) if name != "sign") + self.secret
        if not hmac.compare_digest(hashlib.md5(said.encode(), usedforsecurity=False).hexdigest().upper(), asked.get("sign", "")):
            return _no("12", "无效签名", "Invalid signature")
        if not self.token or asked.get("access_token") != self.token or self.world.now >= self.token_ends:
            return _no("19", "access_token已过期或无效", "Invalid access_token")
        return None

    def _oauth(self, call: Call) -> Reply:
        self._counts(call.path.strip("/"))
        asked = call.query
        if asked.get("app_key") != self.app_key or asked.get("app_secret") != self.secret:
            return Reply.of_json({"code": 401, "msg": "app_key 或 app_secret 不正确"})
        is_new = call.path.endswith("/access_token") and asked.get("grant_type") == "authorization_code" and asked.get("code") == "simulated-code"
        is_again = call.path.endswith("/refresh_token") and self.renewal and asked.get("refresh_token") == self.renewal
        if not is_new and not is_again:
            return Reply.of_json({"code": 402, "msg": "授权码或 refresh_token 无效"})
        with self.world.lock:
            self._new_token()
        return Reply.of_json({
            "access_token": self.token, "refresh_token": self.renewal, "expires_in": TOKEN_SECONDS, "uid": "8800112233", "open_id": "sim",
            "token_type": "bearer", "time": self.world.now * 1000, "code": 0,
        })  # fmt: skip

    def _new_token(self) -> None:
        mark = hashlib.sha256(f"{self.secret}:{self.world.now}:{self.token}".encode()).hexdigest()
        self.token, self.renewal, self.token_ends = mark[:36], mark[28:64], self.world.now + TOKEN_SECONDS

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _search(self, asked: Mapping[str, Any]) -> Answer:
        begin, end = _seconds(asked.get("start_date")), _seconds(asked.get("end_date"))
        page, size = str(asked.get("page", "")), str(asked.get("page_size", ""))
        if begin is None or end is None or begin > end or end - begin > LONGEST_SECONDS:
            return _failed("searchorderinfo_result", "10400010", "起止时间不正确，且不能超过一个月")
        if not page.isdecimal() or not size.isdecimal() or not 1 <= int(size) <= MOST_SIZE or not asked.get("order_state") or not asked.get("optional_fields"):
            return _failed("searchorderinfo_result", "10400002", "page、page_size、order_state、optional_fields 必填")
        wanted = set(asked["order_state"].split(","))
        by_made = str(asked.get("dateType")) == "1"
        timed = [(one.made_at if by_made else one.changed_at, one.number) for one in self.world.near(begin, end) if self.shows(one) and self._status(one) in wanted]
        found = sorted((one for one in timed if begin <= one[0] <= end), reverse=str(asked.get("sortType")) == "1")
        part = found[(int(page) - 1) * int(size) : int(page) * int(size)] if int(page) <= MOST_PAGE else []
        shown = [self._order(self.world.orders[number]) for _, number in part]
        return {"searchorderinfo_result": {"apiResult": {"success": True, "chineseErrCode": "成功"}, "orderTotal": len(found), "orderInfoList": shown}}

    def _detail(self, asked: Mapping[str, Any]) -> Answer:
        order = self.find(str(asked.get("order_id", "")))
        if order is None:
            return _failed("orderDetailInfo", "10400001", "订单不存在")
        return {"orderDetailInfo": {"apiResult": {"success": "true"}, "orderInfo": self._order(order)}}

    def _status(self, order: Order) -> str:
        """A refund asked for before shipping locks the order."""
        if order.is_strange and order.stage == "paid":
            return STRANGE_STATUS
        if order.stage in {"paid", "review"} and any(line.case and line.case.stage in {"asked", "agreed"} for line in order.lines):
            return "LOCKED"
        return STATUS[order.stage]

    def _order(self, order: Order) -> dict[str, Any]:
        goods = sum(line.item.price_fen * line.units for line in order.lines)
        told: dict[str, Any] = {
            "orderId": self.number(order), "parentOrderId": self.number(self.world.orders[order.parent]) if order.parent else "0", "orderType": "22", "payType": "4-在线支付", "orderState": self._status(order),
            "orderTotalPrice": _yuan(goods + order.freight_fen), "orderSellerPrice": _yuan(goods), "orderPayment": _yuan(order.paid_fen),
            "freightPrice": _yuan(order.freight_fen), "sellerDiscount": _yuan(goods + order.freight_fen - order.paid_fen),
            "orderStartTime": _clock(order.made_at), "paymentConfirmTime": _clock(order.paid_at), "modified": _clock(order.changed_at),
            "orderEndTime": _clock(order.done_at), "orderRemark": "", "venderRemark": "", "couponDetailList": [],
            "itemInfoList": [_item(line) for line in order.lines], "consigneeInfo": self._receiver(order),
        }  # fmt: skip
        if order.parcels:
            told |= {"waybill": ",".join(parcel.number for parcel in order.parcels), "logisticsId": order.parcels[0].carrier}
        return told

    def _receiver(self, order: Order) -> dict[str, Any]:
        name, phone, detail = order.buyer
        province, city, county, town = order.place
        return {
            "fullname": self._sealed(order, name), "mobile": self._sealed(order, phone), "telephone": self._sealed(order, phone),
            "fullAddress": self._sealed(order, detail), "province": province, "city": city, "county": county, "town": town,
        }  # fmt: skip

    def _sealed(self, order: Order, plain: str) -> str:
        """Ciphertext without a mark of its own: letters and digits only."""
        return base64.b64encode(hmac.digest(self.secret.encode(), f"{order.number}:{plain}".encode(), "sha256")).decode()

    def _cases(self, asked: Mapping[str, Any]) -> Answer:
        by = "check" if "checkTimeStart" in asked else "apply"
        begin, end = _seconds(asked.get(f"{by}TimeStart")), _seconds(asked.get(f"{by}TimeEnd"))
        page, size = asked.get("pageIndex"), asked.get("pageSize")
        if begin is None or end is None or begin > end or end - begin > LONGEST_CASE_SECONDS[by]:
            return _failed("queryResult", "10400010", "起止时间不正确或跨度过大")
        if not isinstance(page, int) or not isinstance(size, int) or not 1 <= size <= MOST_CASE_SIZE or not 1 <= page <= MOST_PAGE:
            return _failed("queryResult", "10400002", "pageIndex 1–100，pageSize 1–50")
        cases = [one for one in self.world.cases.values() if self.shows_case(one) and (by == "apply" or one.stage != "asked")]
        timed = [(one.asked_at if by == "apply" else one.changed_at, one.number) for one in cases]
        found = sorted((one for one in timed if begin <= one[0] <= end), reverse=True)
        part = [self._case(self.world.cases[number]) for _, number in found[(page - 1) * size : page * size]]
        return {"queryResult": {"success": True, "totalCount": len(found), "result": part}}

    def _case(self, case: Case) -> dict[str, Any]:
        is_checked = case.stage != "asked"
        return {
            "id": case.number, "orderId": self.number(self.world.orders[case.order]), "status": CASE_STATUS[case.stage], "applyRefundSum": case.refund_fen,
            "applyTime": _clock(case.asked_at), "checkTime": _clock(case.changed_at) if is_checked else None, "reason": "不想要了", "buyerId": "sim***",
        }  # fmt: skip

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, asked: Mapping[str, Any]) -> Answer:
        order, carrier = self.find(str(asked.get("orderId", ""))), str(asked.get("logiCoprId", ""))
        if order is None or carrier not in COURIERS or not asked.get("logiNo"):
            return _failed("sopjosshipment_result", "10400001", "订单号、物流公司或运单号不正确")
        done = self.world.send(order, str(asked["logiNo"]), carrier, [], "")
        if isinstance(done, str):
            return _failed("sopjosshipment_result", "10400008", done)
        return {"sopjosshipment_result": {"success": "true", "chineseErrCode": "成功", "englishErrCode": "success"}}

    def _set_stock(self, asked: Mapping[str, Any]) -> Answer:
        item = self.world.item(int(asked.get("skuId") or asked.get("sku_id") or 0))
        units = asked.get("stockNum", asked.get("quantity"))
        if item is None or not isinstance(units, int) or units < 0:
            return _failed("result", "10400001", "sku 不存在或库存不正确")
        item.stock = units
        return {"result": {"success": True}}


def _item(line: Line) -> dict[str, Any]:
    return {
        "skuId": str(line.item.sku), "wareId": str(line.item.product), "outerSkuId": line.item.code, "jdPrice": _yuan(line.item.price_fen),
        "skuName": f"{line.item.title} {' '.join(line.item.variant)}", "itemTotal": str(line.units), "giftPoint": "0",
    }  # fmt: skip


def _failed(part: str, code: str, words: str) -> dict[str, Any]:
    """The call was heard and the business said no: inside, and with a text for a truth value."""
    no = {"success": "false", "chineseErrCode": words, "englishErrCode": "failed", "errorCode": code, "numberCode": code}
    return {part: {"apiResult": no} if part in {"searchorderinfo_result", "orderDetailInfo"} else no}


def _no(code: str, zh: str, en: str) -> Reply:
    return Reply.of_json({"error_response": {"code": code, "zh_desc": zh, "en_desc": en}})


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _clock(at: int) -> str | None:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S") if at else None


def _seconds(given: Any) -> int | None:
    try:
        return int(datetime.strptime(str(given), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp())
    except ValueError:
        return None


def _moment(given: str) -> int | None:
    """`2021-05-07 09:20:39.683+0800`, and nothing else."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d{4}", given):
        return None
    return int(datetime.strptime(given, "%Y-%m-%d %H:%M:%S.%f%z").timestamp())
