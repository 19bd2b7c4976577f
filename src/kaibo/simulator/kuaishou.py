"""快手小店 as its callers know it: a path a method, a secret that only signs, cursors instead of pages, pushes under AES."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from kaibo.simulator.answers import Reply
from kaibo.simulator.platform import Call, Platform
from kaibo.simulator.world import Case, Happening, Order

SKEW_MILLIS = 600_000
LONGEST_MILLIS, LONGEST_CASE_MILLIS, OLDEST_MILLIS = 7 * 86_400_000, 86_400_000, 90 * 86_400_000
MOST_SIZE, MOST_CASE_SIZE = 50, 100
TOKEN_SECONDS, RENEWAL_SECONDS = 172_800, 15_552_000
STATUS = {"unpaid": 10, "review": 30, "paid": 30, "sent": 40, "done": 70, "cancelled": 80}
STRANGE_STATUS = 35
CASE_STATUS = {"asked": 10, "agreed": 30, "sent_back": 40, "refunded": 60, "withdrawn": 70}
HANDLING = {"before": 10, "after": 1, "exchange": 3}
EVENTS = {
    "made": "kwaishop_order_addOrder", "paid": "kwaishop_order_paySuccess", "reviewed": "kwaishop_order_paySuccess", "sent": "kwaishop_order_delivering",
    "part_sent": "kwaishop_order_delivering", "signed": "kwaishop_order_deliverySuccess", "done": "kwaishop_order_orderSuccess",
    "unpaid_cancelled": "kwaishop_order_orderFail", "refund_asked": "kwaishop_aftersales_addRefund", "exchange_asked": "kwaishop_aftersales_addRefund",
    "refund_given": "kwaishop_aftersales_updateRefund", "refund_withdrawn": "kwaishop_aftersales_updateRefund",
}  # fmt: skip
COURIERS = {4: "顺丰", 6: "圆通", 2: "中通"}
Asked = Mapping[str, Any]


@dataclass(slots=True)
class Kuaishou(Platform):
    """One shop on 快手. `secret` is what signs calls; the app's own secret only gets tokens."""

    MOST_LINES: ClassVar[int] = 1
    SENDS_PARTS: ClassVar[bool] = False
    app_key: str = "ks701000000000000001"
    token: str = field(default="", repr=False)
    renewal: str = field(default="", repr=False)
    token_ends: int = 0

    def account(self, url: str) -> dict[str, str]:
        if not self.token:
            self._new_token()
        return {
            "app_key": self.app_key, "app_secret": self.app_secret, "sign_secret": self.secret, "message_key": base64.b64encode(self.message_key).decode(),
            "access_token": self.token, "refresh_token": self.renewal, "gateway": url, "couriers": "shunfeng=4,yuantong=6,zhongtong=2",
        }  # fmt: skip

    @property
    def app_secret(self) -> str:
        return hashlib.sha256(b"app:" + self.secret.encode()).hexdigest()[:22]

    @property
    def message_key(self) -> bytes:
        return hashlib.sha256(b"message:" + self.secret.encode()).digest()[:16]

    def number(self, order: Order) -> str:
        return str(order.number % 10**16 + 2 * 10**15)

    def find(self, number: str) -> Order | None:
        return next((one for one in self.world.orders.values() if self.number(one) == number), None)

    def answer(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        asked = dict(call.query) | form
        if call.path.startswith("/oauth2/"):
            return self._oauth(call.path, asked)
        name = call.path.strip("/").replace("/", ".")
        self._counts(name)
        if bad := self._breaks(_no(2, "系统繁忙，请稍后重试", "1000", "内部错误"), status=504):
            return bad
        if no := self._wrong_with(name, asked):
            return no
        if self.chaos.strikes("throttled"):
            return _no(802_000, "请求过于频繁", "802006", "已触发限流")
        do = self._methods().get(name)
        if do is None:
            return _no(11, "api 不存在", "11", name)
        with self.world.lock:
            told = do(json.loads(asked["param"]))
        return told if isinstance(told, Reply) else Reply.of_json({"result": 1, "code": "1", "msg": "success", "error_msg": "", "requestId": "sim", "data": told})

    def _methods(self) -> dict[str, Callable[[Asked], dict[str, Any] | Reply]]:
        return {
            "open.order.cursor.list": self._list, "open.order.detail": self._detail, "open.seller.order.refund.pcursor.list": self._cases,
            "open.seller.order.goods.deliver": self._send,
        }  # fmt: skip

    # ── who calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _wrong_with(self, name: str, asked: Mapping[str, str]) -> Reply | None:
        if asked.get("appkey") != self.app_key or asked.get("method") != name or asked.get("version") != "1" or "param" not in asked:
            return _no(20, "参数错误", "20", "appkey/method/version/param")
        stamp = asked.get("timestamp", "")
        if not stamp.isdecimal() or abs(int(stamp) - self.world.now * 1000) > SKEW_MILLIS:
            return _no(22, "参数错误", "22", "timestamp 无效")
        names = ("access_token", "appkey", "method", "param", "signMethod", "timestamp", "version")
        said = "&".join(f"{one}={asked.get(one, '')}" for one in names) + f"&signSecret={self.secret}"
        if asked.get("signMethod") == "MD5":
            wanted = hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()
        else:
            wanted = base64.b64encode(hmac.digest(self.secret.encode(), said.encode(), "sha256")).decode()
        if not hmac.compare_digest(wanted, asked.get("sign", "")):
            return _no(21, "签名错误", "21", "sign 校验失败")
        if not self.token or asked.get("access_token") != self.token or self.world.now >= self.token_ends:
            return _no(28, "access_token 已过期", "28", "请刷新 access_token")
        return None

    def _oauth(self, path: str, asked: Mapping[str, str]) -> Reply:
        self._counts(path.strip("/"))
        if asked.get("app_id") != self.app_key or asked.get("app_secret") != self.app_secret:
            return Reply.of_json({"result": 100_200_100, "error": "invalid_client", "error_msg": "app_secret 不正确"})
        is_new = path.endswith("/access_token") and asked.get("grant_type") == "code" and asked.get("code") == "simulated-code"
        is_again = path.endswith("/refresh_token") and self.renewal and asked.get("refresh_token") == self.renewal
        if not is_new and not is_again:
            return Reply.of_json({"result": 100_200_101, "error": "invalid_grant", "error_msg": "code 或 refresh_token 无效"})
        with self.world.lock:
            self._new_token()
        return Reply.of_json({
            "result": 1, "access_token": self.token, "refresh_token": self.renewal, "expires_in": TOKEN_SECONDS, "open_id": "f18d053fa1sim",
            "refresh_token_expires_in": RENEWAL_SECONDS, "scopes": ["merchant_order", "merchant_refund"], "token_type": "bearer",
        })  # fmt: skip

    def _new_token(self) -> None:
        mark = hashlib.sha256(f"{self.secret}:{self.world.now}:{self.token}".encode()).hexdigest()
        self.token, self.renewal, self.token_ends = f"ChFv{mark[:36]}", f"ChJv{mark[28:]}", self.world.now + TOKEN_SECONDS

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _list(self, asked: Asked) -> dict[str, Any] | Reply:
        if asked.get("orderViewStatus") != 1 or not 1 <= int(asked.get("pageSize", 0)) <= MOST_SIZE:
            return _no(807_000, "业务处理失败", "2001", "orderViewStatus/pageSize 无效")
        by_made = asked.get("queryType", 1) == 1
        timed = [((one.made_at if by_made else one.changed_at) * 1000, one.number) for one in self._near(asked)]
        return self._page(asked, "cursor", LONGEST_MILLIS, timed, "orderList", lambda number: self._order(self.world.orders[number]))

    def _near(self, asked: Asked) -> list[Order]:
        ends = [at // 1000 if isinstance(at := asked.get(name), int) else None for name in ("beginTime", "endTime")]
        return self.world.near(*ends)

    def _cases(self, asked: Asked) -> dict[str, Any] | Reply:
        if asked.get("type") != 9 or not 1 <= int(asked.get("pageSize", 0)) <= MOST_CASE_SIZE:
            return _no(807_000, "业务处理失败", "2001", "type/pageSize 无效")
        by_made = asked.get("queryType", 1) == 1
        timed = [((one.asked_at if by_made else one.changed_at) * 1000, one.number) for one in self.world.cases.values()]
        return self._page(asked, "pcursor", LONGEST_CASE_MILLIS, timed, "refundOrderInfoList", lambda number: self._case(self.world.cases[number]))

    def _page(
        self, asked: Asked, cursor: str, longest: int, timed: list[tuple[int, int]], rows: str, show: Callable[[int], dict[str, Any]]
    ) -> dict[str, Any] | Reply:
        """Newest first; a cursor is the place of the last one shown, and stays its place whatever changes."""
        begin, end, now = asked.get("beginTime"), asked.get("endTime"), self.world.now * 1000
        if not isinstance(begin, int) or not isinstance(end, int) or begin > end or end - begin > longest or begin < now - OLDEST_MILLIS:
            return _no(807_000, "业务处理失败", "2001", "endTime无效")
        at, _, number = str(asked.get(cursor) or "").partition("_")
        if at and not (at.isdecimal() and number.isdecimal()):
            return _no(807_000, "业务处理失败", "2001", f"{cursor}无效")
        found = sorted((one for one in timed if begin <= one[0] <= end and (not at or one < (int(at), int(number)))), reverse=True)
        part, size = found[: int(asked["pageSize"])], int(asked["pageSize"])
        following = f"{part[-1][0]}_{part[-1][1]}" if len(found) > size else "nomore"
        return {cursor: following, "pageSize": size, "beginTime": begin, "endTime": end, rows: [show(one) for _, one in part]}

    def _detail(self, asked: Asked) -> dict[str, Any] | Reply:
        order = self.find(str(asked.get("oid", "")))
        return self._order(order) if order else _no(807_001, "业务处理失败", "2004", "订单不存在")

    def _order(self, order: Order) -> dict[str, Any]:
        line = order.lines[0]
        status = STRANGE_STATUS if order.is_strange and order.stage == "paid" else 50 if order.stage == "sent" and order.signed_at else STATUS[order.stage]
        number: int | str = int(self.number(order))
        told: dict[str, Any] = {
            "orderBaseInfo": {
                "oid": str(number) if self.chaos.strikes("numbers") else number, "status": status, "totalFee": order.paid_fen,
                "discountFee": line.item.price_fen * line.units - line.paid_fen, "expressFee": order.freight_fen, "createTime": order.made_at * 1000,
                "payTime": order.paid_at * 1000, "updateTime": order.changed_at * 1000, "sendTime": order.sent_at * 1000,
                "recvTime": (order.done_at or order.signed_at) * 1000, "preSale": 0, "riskCode": 0, "remindShipmentSign": 0, "payType": 1,
                "validPromiseShipmentTimeStamp": (order.paid_at + 48 * 3600) * 1000 if order.paid_at else 0,
                "disableDeliveryReasonCode": [2] if order.stage == "review" else [],
            },
            "orderItemInfo": {
                "itemId": line.item.product, "skuId": line.item.sku, "relSkuId": line.item.sku, "skuNick": line.item.code, "goodsCode": "", "num": line.units,
                "price": line.item.price_fen, "originalPrice": line.item.price_fen, "itemTitle": line.item.title, "skuDesc": " ".join(line.item.variant),
            },
            "orderRefundList": [{"refundId": line.case.number, "refundStatus": CASE_STATUS[line.case.stage]}] if line.case else [],
            "orderLogisticsInfo": [{"expressNo": one.number, "expressCode": _whole(one.carrier), "logisticsId": 1} for one in order.parcels],
            "orderDeliveryInfo": {"deliveryStatus": 1 if order.parcels else 0, "packageNum": len(order.parcels)}, "subOrderInfo": [],
            "orderAddress": self._receiver(order),
        }  # fmt: skip
        return told

    def _receiver(self, order: Order) -> dict[str, Any]:
        name, phone, detail = order.buyer
        province, city, district, town = order.place
        is_gone = order.is_bare and order.stage in {"sent", "done"}
        sealed = {"encryptedConsignee": name, "encryptedMobile": phone, "encryptedAddress": detail}
        return {
            **{key: "" if is_gone else self._sealed(order, plain) for key, plain in sealed.items()}, "desensitiseConsignee": name[0] + "**",
            "desensitiseMobile": f"{phone[:3]}****{phone[-4:]}", "desensitiseAddress": "****", "province": province, "city": city, "district": district,
            "town": town,
        }  # fmt: skip

    def _sealed(self, order: Order, plain: str) -> str:
        """Ciphertext without a mark of its own: letters and digits only."""
        return base64.b64encode(hmac.digest(self.secret.encode(), f"{order.number}:{plain}".encode(), "sha256")).decode()

    def _case(self, case: Case) -> dict[str, Any]:
        order = self.world.orders[case.order]
        status = 11 if case.kind == "after" and case.stage == "asked" else CASE_STATUS[case.stage]
        return {
            "refundId": case.number, "oid": int(self.number(order)), "refundFee": case.refund_fen, "handlingWay": HANDLING[case.kind], "status": status,
            "skuId": order.lines[0].item.sku, "skuNick": order.lines[0].item.code, "refundReasonDesc": "不想要了", "refundType": 1,
            "submitTime": case.asked_at * 1000, "createTime": case.asked_at * 1000, "updateTime": case.changed_at * 1000, "negotiateStatus": 1,
        }  # fmt: skip

    def _send(self, asked: Asked) -> dict[str, Any] | Reply:
        order, courier = self.find(str(asked.get("orderId", ""))), asked.get("expressCode")
        if order is None or courier not in COURIERS or not asked.get("expressNo"):
            return _no(807_002, "业务处理失败", "2005", "订单号、快递公司或运单号不正确")
        if any(parcel.number == asked["expressNo"] for parcel in order.parcels):
            return {}  # the same number again is done already
        done = self.world.send(order, str(asked["expressNo"]), str(courier), [], "")
        return _no(807_003, "业务处理失败", "2006", done) if isinstance(done, str) else {}

    # ── pushing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def push(self, happenings: Sequence[Happening]) -> tuple[dict[str, str], bytes]:
        """One message a push: the platform sends no lists."""
        one = happenings[0]
        oid: int | str = int(self.number(one.order))
        news: dict[str, Any] = {"oid": str(oid) if self.chaos.strikes("numbers") else oid, "sellerId": 1, "updateTime": one.at * 1000}
        if one.case:
            news |= {"refundId": one.case.number, "status": CASE_STATUS[one.case.stage]}
        mark = f"{one.at}{one.order.number}{one.what}"
        told = {
            "eventId": mark, "msgId": mark, "bizId": int(self.number(one.order)), "userId": 1, "openId": "f18d053fa1sim", "appKey": self.app_key,
            "event": EVENTS[one.what], "info": json.dumps(news), "status": 0, "createTime": one.at * 1000, "updateTime": one.at * 1000, "test": False,
        }  # fmt: skip
        plain = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        short = 16 - len(plain) % 16
        sealer = Cipher(AES(self.message_key), CBC(bytes(16))).encryptor()
        sealed = sealer.update(plain + bytes([short]) * short) + sealer.finalize()
        return {"Content-Type": "text/plain"}, base64.b64encode(sealed)


def _no(result: int, words: str, sub_code: str, sub_words: str) -> Reply:
    return Reply.of_json({"result": result, "code": str(result), "msg": words, "error_msg": words, "sub_code": sub_code, "sub_msg": sub_words, "data": None})


def _whole(carrier: str) -> int:
    return int(carrier) if carrier.isdecimal() else 0
