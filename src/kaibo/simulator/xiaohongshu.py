"""小红书's ARK gateway as its callers know it: one address, a signature of four words, lists without items, totals of stock."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kaibo.simulator.answers import Reply
from kaibo.simulator.items import OPEN_STAGES, Bundle, bundles, by_item, content_of
from kaibo.simulator.platform import Call, Platform
from kaibo.simulator.world import Case, Order

MOST_SIZE, MOST_ROWS, MOST_RECEIVERS = 100, 50_000, 20
SPANS = {1: 86_400, 2: 1_800}
TOKEN_SECONDS, RENEWAL_SECONDS, OLD_TOKEN_SECONDS = 7 * 86_400, 14 * 86_400, 300
STATUS = {"unpaid": 1, "review": 2, "paid": 4, "part_sent": 5, "sent": 6, "done": 7, "cancelled": 9}
RETURN_TYPE = {"before": 5, "after": 4, "exchange": 2}
CASE_STATUS = {"asked": 1, "agreed": 2, "sent_back": 3, "refunded": 4, "withdrawn": 5, "exchanging": 12}
STRANGE_STATUS = 77
COURIERS = [{"expressCompanyCode": "shunfeng", "expressCompanyName": "顺丰速运"}, {"expressCompanyCode": "zhongtong", "expressCompanyName": "中通速递"}]
AUTHORISATION = "simulated-code"
"""What the shop's owner gets after authorising, and hands on once."""


@dataclass(slots=True)
class Xiaohongshu(Platform):
    """One shop on 小红书."""

    app_id: str = "xhs-simulated-app"
    token: str = field(default="", repr=False)
    token_ends: int = 0
    renewal: str = field(default="", repr=False)
    renewal_ends: int = 0
    _old: tuple[str, int] = field(default=("", 0), repr=False)

    def account(self, url: str) -> dict[str, str]:
        return {"app_id": self.app_id, "app_secret": self.secret, "gateway": f"{url}/ark/open_api/v3/common_controller", "code": AUTHORISATION}

    def number(self, order: Order) -> str:
        return f"P{order.number}"

    def find(self, number: str) -> Order | None:
        return self.world.orders.get(int(number[1:])) if number.startswith("P") and number[1:].isdecimal() else None

    def answer(self, call: Call) -> Reply:
        """Always 200, whatever it says."""
        try:
            asked = json.loads(call.body or b"{}")
        except ValueError:
            return _no(-9_001, "请求体不是合法的 JSON")
        name = str(asked.get("method", ""))
        self._counts(name)
        if bad := self._breaks(_no(-9_999, "系统异常，请稍后重试")):
            return bad
        if call.method != "POST" or call.path != "/ark/open_api/v3/common_controller":
            return _no(-9_002, "接口不存在")
        if no := self._wrong_with(name, asked):
            return no
        if self.chaos.strikes("throttled"):
            return _no(-9_013, "触发Method维度的限流")
        do = {
            "oauth.getAccessToken": self._make_token, "oauth.refreshToken": self._renew_token, "order.getOrderList": self._list,
            "order.getOrderDetail": self._detail, "order.getOrderReceiverInfo": self._receivers, "order.orderDeliver": self._send,
            "afterSale.listAfterSaleInfos": self._cases, "inventory.getSkuStock": self._stock, "common.getExpressCompanyList": lambda _: _yes({"expressCompanyInfos": COURIERS}),
            "inventory.syncSkuStock": self._set_stock,
        }.get(name)  # fmt: skip
        if do is None:
            return _no(-9_002, "接口不存在")
        with self.world.lock:
            return do(asked)

    # ── who calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _wrong_with(self, name: str, asked: Mapping[str, Any]) -> Reply | None:
        if asked.get("appId") != self.app_id or asked.get("version") != "2.0":
            return _no(-9_003, "appId 或 version 不正确")
        text = f"{name}?appId={self.app_id}&timestamp={asked.get('timestamp')}&version=2.0{self.secret}"
        if not hmac.compare_digest(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), str(asked.get("sign", ""))):
            return _no(-9_004, "签名校验失败")
        if name.startswith("oauth."):
            return None
        given = asked.get("accessToken")
        if given and given == self._old[0] and self.world.now < self._old[1]:
            return None
        if not given or given != self.token or self.world.now >= self.token_ends:
            return _no(401, "accessToken 无效或已过期")
        return None

    def _make_token(self, asked: Mapping[str, Any]) -> Reply:
        return self._new_token() if asked.get("code") == AUTHORISATION else _no(-9_005, "code 无效")

    def _renew_token(self, asked: Mapping[str, Any]) -> Reply:
        if not self.renewal or asked.get("refreshToken") != self.renewal or self.world.now >= self.renewal_ends:
            return _no(-9_006, "refreshToken 无效")
        self._old = (self.token, self.world.now + OLD_TOKEN_SECONDS)
        return self._new_token()

    def _new_token(self) -> Reply:
        now = self.world.now
        mark = hashlib.sha256(f"{self.secret}:{now}:{self.token}".encode()).hexdigest()
        self.token, self.renewal, self.token_ends, self.renewal_ends = f"token-{mark[:28]}", f"refresh-{mark[28:56]}", now + TOKEN_SECONDS, now + RENEWAL_SECONDS
        return _yes({
            "accessToken": self.token, "accessTokenExpiresAt": self.token_ends * 1000, "refreshToken": self.renewal,
            "refreshTokenExpiresAt": self.renewal_ends * 1000, "sellerId": "5f0000000000000001", "sellerName": "模拟小店",
        })  # fmt: skip

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _list(self, asked: Mapping[str, Any]) -> Reply:
        begin, end, by = asked.get("startTime"), asked.get("endTime"), asked.get("timeType")
        size, page = asked.get("pageSize", 50), asked.get("pageNo", 1)
        if by not in SPANS or not isinstance(begin, int) or not isinstance(end, int) or not 0 <= end - begin <= SPANS[by]:
            return _no(-1, "时间范围不正确")
        if not 1 <= size <= MOST_SIZE or page < 1:
            return _no(-1, "pageNo 或 pageSize 不正确")
        timed = ((one.changed_at if by == 2 else one.made_at, one.number) for one in self.world.near(begin, end))
        found = sorted((one for one in timed if begin <= one[0] <= end), reverse=by == 1)
        part = [self._head(self.world.orders[number]) for _, number in found[(page - 1) * size : page * size]]
        return _yes({"total": len(found), "pageNo": page, "pageSize": size, "maxPageNo": -(-len(found) // size), "orderList": part})

    def _detail(self, asked: Mapping[str, Any]) -> Reply:
        order = self.find(str(asked.get("orderId") or ""))
        return _yes(self._order(order)) if order else _no(-1, "订单不存在")

    def _head(self, order: Order) -> dict[str, Any]:
        status = STRANGE_STATUS if order.is_strange and order.stage == "paid" else STATUS[order.stage]
        province, city, district, _ = order.place
        return {
            "orderId": self.number(order), "orderType": 1, "orderStatus": status, "orderAfterSalesStatus": _aftersales(order), "cancelStatus": 0,
            "createdTime": order.made_at * 1000, "paidTime": order.paid_at * 1000, "updateTime": order.changed_at * 1000,
            "deliveryTime": order.sent_at * 1000, "cancelTime": order.changed_at * 1000 if order.stage == "cancelled" else 0,
            "finishTime": order.done_at * 1000, "promiseLastDeliveryTime": (order.paid_at + 48 * 3_600) * 1000 if order.paid_at else 0,
            "receiverProvinceName": province, "receiverCityName": city, "receiverDistrictName": district, "sellerRemarkFlag": 1, "originalOrderId": "",
        }  # fmt: skip

    def _order(self, order: Order) -> dict[str, Any]:
        last = order.parcels[-1] if order.parcels else None
        packed = [
            {
                "deliveryOrderIndex": place, "status": 6, "expressTrackingNo": one.number, "expressCompanyCode": one.carrier,
                "skuIdList": [str(sku) for sku in by_item(order, one.content)],
            }
            for place, one in enumerate(order.parcels, 1)
        ]  # fmt: skip
        return {
            **self._head(order), "skuList": [self._sku(one) for one in bundles(order)], "totalPayAmount": order.paid_fen,
            "totalShippingFree": order.freight_fen, "unpack": len(packed) > 1 or order.stage == "part_sent",
            "expressTrackingNo": last.number if last and len(packed) == 1 and order.stage != "part_sent" else "",
            "expressCompanyCode": last.carrier if last else "", "openAddressId": f"addr-{order.number}",
            "simpleDeliveryOrderList": packed if len(packed) > 1 or order.stage == "part_sent" else [],
        }  # fmt: skip

    def _sku(self, one: Bundle) -> dict[str, Any]:
        return {
            "skuId": str(one.item.sku), "skuName": one.item.title, "erpcode": one.item.code, "skuSpec": " ".join(one.item.variant),
            "skuQuantity": one.units, "totalPaidAmount": one.paid_fen, "totalMerchantDiscount": one.item.price_fen * one.units - one.paid_fen,
            "totalRedDiscount": 0, "skuTag": 0, "kolId": "", "kolName": "",
            "skuDetailList": [{"skuId": str(one.item.sku), "quantity": one.units, "pricePerSku": one.item.price_fen}],
        }  # fmt: skip

    def _receivers(self, asked: Mapping[str, Any]) -> Reply:
        """Ciphertext, another one for each order; nothing once the parcel has left, where chaos has it."""
        queries = asked.get("receiverQueries") or []
        if len(queries) > MOST_RECEIVERS:
            return _no(-1, "单次查询过多")
        found = []
        for query in queries:
            order = self.find(str(query.get("orderId") or ""))
            if order is None or query.get("openAddressId") != f"addr-{order.number}":
                found.append({"orderId": query.get("orderId"), "matched": False})
                continue
            name, phone, detail = ("", "", "") if order.is_bare and order.stage in {"sent", "done"} else map(str, order.buyer)
            found.append({
                "orderId": self.number(order), "matched": True, "receiverName": self._sealed(order, name), "receiverPhone": self._sealed(order, phone),
                "receiverAddress": self._sealed(order, detail), "receiverTownName": order.place[3],
            })  # fmt: skip
        return _yes({"receiverInfos": found})

    def _sealed(self, order: Order, plain: str) -> str:
        mark = hmac.digest(self.secret.encode(), f"{order.number}:{plain}".encode(), "sha256").hex()
        return f"#{mark[:24]}#{mark[24:40]}##" if plain else ""

    def _cases(self, asked: Mapping[str, Any]) -> Reply:
        begin, end, by = asked.get("startTime"), asked.get("endTime"), asked.get("timeType")
        size, page = asked.get("pageSize", 50), asked.get("pageNo", 1)
        if by not in SPANS or not isinstance(begin, int) or not isinstance(end, int) or not 0 <= end - begin <= SPANS[by] * 1000:
            return _nested_no(50_001, "时间范围不正确")
        if not 1 <= size <= MOST_SIZE or page < 1 or page * size > MOST_ROWS:
            return _nested_no(50_001, "分页不正确")
        found = [one for one in self.world.cases.values() if begin <= (one.changed_at if by == 2 else one.asked_at) * 1000 <= end]
        found.sort(key=lambda one: (one.changed_at, one.number))
        part = [self._case(one) for one in found[(page - 1) * size : page * size]]
        told = {"totalCount": len(found), "pageNo": page, "pageSize": size, "maxPageNo": -(-len(found) // size), "afterSaleBasicInfos": part}
        return _yes({"code": 0, "success": True, "msg": "成功", "data": told})

    def _case(self, case: Case) -> dict[str, Any]:
        return {
            "returnsId": str(case.number), "returnType": RETURN_TYPE[case.kind], "reasonNameZh": "不想要了", "status": CASE_STATUS[case.stage],
            "orderId": self.number(self.world.orders[case.order]), "applyTime": case.asked_at * 1000, "updatedAt": case.changed_at * 1000,
            "expireTime": (case.asked_at + 172_800) * 1000, "expectedRefundAmountYuan": _yuan(case.refund_fen),
        }  # fmt: skip

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, asked: Mapping[str, Any]) -> Reply:
        order, skus = self.find(str(asked.get("orderId") or "")), [int(one) for one in asked.get("skuIdList") or []]
        if order is None or not asked.get("expressNo") or not asked.get("expressCompanyCode") or (asked.get("unpack") and not skus):
            return _no(-1, "参数不正确")
        if asked["expressCompanyCode"] not in {one["expressCompanyCode"] for one in COURIERS}:
            return _no(-1, "物流公司不存在")
        left = {one.item.sku: one.units - one.sent for one in bundles(order)}
        content = content_of(order, [(sku, left.get(sku, 0)) for sku in skus]) if asked.get("unpack") else []
        if content is None:
            return _no(-1, "商品不在待发货列表")
        done = self.world.send(order, asked["expressNo"], asked["expressCompanyCode"], content, "")
        return _no(-1, done) if isinstance(done, str) else _yes({})

    def _held(self, sku: int) -> int:
        """Units unpaid orders hold: they are part of the total, and what may be sold is the rest."""
        return sum(line.units for order in self.world.orders.values() if order.stage == "unpaid" for line in order.lines if line.item.sku == sku)

    def _stock(self, asked: Mapping[str, Any]) -> Reply:
        item = self.world.item(int(asked.get("skuId") or 0))
        if item is None:
            return _no(-1, "sku 不存在")
        held = self._held(item.sku)
        stock = {"available": item.stock, "total": item.stock + held, "occupiedQuantity": held, "productChannelQuantity": 0, "activityChannelQuantity": 0}
        return _yes({"skuId": str(item.sku), "apiVersion": "V1", "skuStock": stock})

    def _set_stock(self, asked: Mapping[str, Any]) -> Reply:
        item, total = self.world.item(int(asked.get("skuId") or 0)), asked.get("qty")
        if item is None or not isinstance(total, int) or total < 0:
            return _no(-1, "sku 不存在或数量不正确")
        item.stock = max(0, total - self._held(item.sku))
        return self._stock(asked)


def _aftersales(order: Order) -> int:
    stages = {line.case.stage for line in order.lines if line.case}
    return 2 if stages & OPEN_STAGES else 3 if "refunded" in stages else 7 if stages else 1


def _yuan(fen: int) -> int | str:
    """Whole yuan as a number, else as text: both are met."""
    return f"{fen // 100}.{fen % 100:02d}" if fen % 100 else fen // 100


def _yes(data: Mapping[str, Any]) -> Reply:
    return Reply.of_json({"error_code": 0, "success": True, "error_msg": "", "data": data})


def _no(code: int, words: str) -> Reply:
    return Reply.of_json({"error_code": code, "success": False, "error_msg": words, "data": None})


def _nested_no(code: int, words: str) -> Reply:
    """Newer calls say yes outside and no inside."""
    return Reply.of_json({"error_code": 0, "success": True, "error_msg": "", "data": {"code": code, "success": False, "msg": words, "data": None}})
