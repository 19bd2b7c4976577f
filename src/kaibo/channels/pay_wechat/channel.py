"""WeChat Pay as a payment channel."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from kaibo.channels import calling
from kaibo.channels.pay_wechat import bill, signing
from kaibo.channels.yuan import is_bill_due
from kaibo.kit.clock import SHANGHAI
from kaibo.kit.payments import (
    BillLine,
    ChannelAway,
    ChannelRefused,
    NoticeAnswer,
    NoticeForged,
    NoticeUnreadable,
    PayLink,
    PayNotice,
    PayOrder,
    Refund,
    Refunded,
)
from kaibo.kit.text import cut_bytes

log = logging.getLogger("kaibo.channels.pay_wechat")

API_URL = "https://api.mch.weixin.qq.com"
LOGIN_URL = "https://open.weixin.qq.com/connect/oauth2/authorize"
ACCOUNT_URL = "https://api.weixin.qq.com"
USED_CODES = frozenset({40029, 40163})
"""A login code that is wrong, too old or used already: a page that was loaded again. The buyer is asked for a new one."""
MOST_TITLE_BYTES = 120
MOST_REASON_BYTES = 80
INSIDE_WECHAT = "微信里不能直接付款，请点右上角选择“在浏览器打开” / open this page in the phone's browser to pay"
_NOT_IN_TITLES = str.maketrans({"`": "’", "\n": " ", "\r": " "})
"""The bill separates its values by backticks and its lines by line ends."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the merchant got from WeChat Pay; `platform_keys` by serial number or PUB_KEY_ID, `notice_key` is the APIv3 key."""

    merchant: str
    app: str
    serial: str
    private_key: RSAPrivateKey = field(repr=False)
    notice_key: bytes = field(repr=False)
    platform_keys: Mapping[str, RSAPublicKey] = field(repr=False)
    has_phone_page: bool = True
    """H5 is opened for this merchant; without it a phone gets the QR picture too."""
    app_secret: str = field(default="", repr=False)
    """The official account's secret (AppSecret): with it a buyer inside WeChat pays there; without it, in the phone's browser."""
    api_url: str = API_URL
    login_url: str = LOGIN_URL
    account_url: str = ACCOUNT_URL
    seconds: float = calling.CALL_SECONDS


class Channel:
    """H5 on a phone, a QR picture on a computer; one merchant, one app."""

    key = "wechat"
    title_zh = "微信支付"
    title_en = "WeChat Pay"
    calls_out = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._refused, self._unproven = calling.refusals(self.key, "WeChat Pay", log)

    def open(self, order: PayOrder, *, now: datetime) -> PayLink:
        if order.payer_device == "wechat":
            if not self.settings.app_secret:
                raise ChannelRefused(channel=self.key, why=INSIDE_WECHAT)
            return PayLink("page", self.login_address(order))
        asked = self._order(order)
        if order.payer_device != "phone" or not self.settings.has_phone_page:
            return PayLink("code", str(self._ask("POST", "/v3/pay/transactions/native", asked, now=now)["code_url"]))
        asked["scene_info"] = {"payer_client_ip": order.payer_address, "h5_info": {"type": "Wap"}}
        page = str(self._ask("POST", "/v3/pay/transactions/h5", asked, now=now)["h5_url"])
        return PayLink("page", f"{page}&redirect_url={quote(order.return_url, safe='')}")

    # ── inside WeChat's browser: log in, order, hand the order to the browser ────────────────────────────────────────

    def login_address(self, order: PayOrder) -> str:
        """This function will give where WeChat says who the buyer is to us (openid) and sends the browser back to our pay page."""
        back = f"{order.notify_url}/jsapi?" + urlencode({"order": signing.seal_order(self.settings.notice_key, order)})
        asked = {"appid": self.settings.app, "redirect_uri": back, "response_type": "code", "scope": "snsapi_base", "state": order.out_trade_no}
        return f"{self.settings.login_url}?{urlencode(asked)}#wechat_redirect"

    def payer_of(self, code: str) -> str | None:
        """This function will give the buyer's openid for a login code; None where the code is used up.   Raises: ChannelAway, ChannelRefused."""
        known = self.settings
        asked = {"appid": known.app, "secret": known.app_secret, "code": code, "grant_type": "authorization_code"}
        answer = calling.call(self.key, "GET", f"{known.account_url}/sns/oauth2/access_token?{urlencode(asked)}", headers={"User-Agent": "kaibo"}, seconds=known.seconds)
        told = _told(answer)
        if told.get("errcode") in USED_CODES:
            return None
        if answer.status != 200 or not told or told.get("errcode") == -1:
            raise ChannelAway(channel=self.key)
        if not (openid := str(told.get("openid", ""))):
            raise self._refused(str(told.get("errmsg", "")), str(told.get("errcode", "")))
        return openid

    def order_inside(self, order: PayOrder, payer: str, *, now: datetime) -> dict[str, str]:
        """This function will order a payment of a buyer inside WeChat and give what the browser is told.   Raises: ChannelAway, ChannelRefused."""
        told = self._ask("POST", "/v3/pay/transactions/jsapi", {**self._order(order), "payer": {"openid": payer}}, now=now)
        return signing.bridge(
            self.settings.private_key, app=self.settings.app, prepay_id=str(told["prepay_id"]), moment_seconds=int(now.timestamp()),
            nonce=secrets.token_hex(16),
        )  # fmt: skip

    def _order(self, order: PayOrder) -> dict[str, Any]:
        return {
            "appid": self.settings.app,
            "mchid": self.settings.merchant,
            "description": cut_bytes(order.title.translate(_NOT_IN_TITLES), MOST_TITLE_BYTES),
            "out_trade_no": order.out_trade_no,
            "time_expire": order.expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "notify_url": order.notify_url,
            "amount": {"total": order.amount_fen, "currency": "CNY"},
        }

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> PayNotice | None:
        signing.check(self.settings.platform_keys, headers, body, now=now)
        event, told = signing.open_notice(self.settings.notice_key, body)
        return self._payment(told) if event == "TRANSACTION.SUCCESS" else None

    def answer(self, problem: str | None) -> NoticeAnswer:
        words = {"code": "SUCCESS", "message": "成功"} if problem is None else {"code": "FAIL", "message": problem}
        return NoticeAnswer(200 if problem is None else 503, "application/json", json.dumps(words, ensure_ascii=False).encode())

    def query(self, out_trade_no: str, *, now: datetime) -> PayNotice | None:
        target = f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no, safe='')}?mchid={self.settings.merchant}"
        answer = self._call("GET", target, b"", now=now)
        if answer.status == 404 and _code(answer) in {"ORDER_NOT_EXIST", "ORDERNOTEXIST"}:
            return None
        told = self._checked(answer, now=now)
        try:
            if told.get("out_trade_no") != out_trade_no:
                raise NoticeForged(why="out_trade_no")
            return self._payment(told)
        except (NoticeForged, NoticeUnreadable):
            raise self._unproven("an answer about a payment is not about ours") from None

    def refund(self, refund: Refund, *, now: datetime) -> Refunded:
        told = self._ask(
            "POST",
            "/v3/refund/domestic/refunds",
            {
                "transaction_id": refund.transaction,
                "out_refund_no": refund.out_refund_no,
                "reason": cut_bytes(refund.reason or "退款", MOST_REASON_BYTES),
                "amount": {"refund": refund.amount_fen, "total": refund.paid_fen, "currency": "CNY"},
            },
            now=now,
        )
        if told.get("out_refund_no") != refund.out_refund_no:
            raise self._unproven("an answer about a refund is not about ours")
        number, status = str(told.get("refund_id", "")), str(told.get("status", ""))
        if status == "SUCCESS":
            return Refunded("done", number)
        if status == "PROCESSING":
            return Refunded("pending", number, "微信支付正在退款")
        return Refunded("refused", number, f"微信支付退款状态 {status[:20]}：请到商户平台处理")

    def fetch_bill(self, day: date, *, now: datetime) -> bytes:
        answer = self._call("GET", "/v3/bill/tradebill?" + urlencode({"bill_date": day.isoformat(), "bill_type": "ALL"}), b"", now=now)
        if _code(answer) == "NO_STATEMENT_EXIST" and is_bill_due(day, now):
            return bill.EMPTY
        told = self._checked(answer, now=now)
        place = urlsplit(str(told.get("download_url", "")))
        file = self._call("GET", f"{place.path}?{place.query}", b"", now=now, most_bytes=calling.MOST_FILE_BYTES)
        if file.status != 200:
            raise self._refusal(file)
        # the file has no signature of its own; the signed answer before it has its hash
        if told.get("hash_type") != "SHA1" or not hmac.compare_digest(
            hashlib.sha1(file.body, usedforsecurity=False).hexdigest(), str(told.get("hash_value", "")).lower()
        ):
            raise self._unproven("the bill is not the one that was announced")
        return file.body

    def read_bill(self, content: bytes) -> Sequence[BillLine]:
        return bill.read(content)

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, method: str, target: str, asked: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        return self._checked(self._call(method, target, body, now=now), now=now)

    def _call(
        self, method: str, target: str, body: bytes, *, now: datetime, most_bytes: int = calling.MOST_ANSWER_BYTES
    ) -> calling.Answer:
        known = self.settings
        authorization = signing.authorization(
            known.private_key, merchant=known.merchant, serial=known.serial, method=method, target=target, body=body,
            moment_seconds=int(now.timestamp()), nonce=secrets.token_hex(16),
        )  # fmt: skip
        headers = {"Authorization": authorization, "Accept": "application/json", "User-Agent": "kaibo"}
        if body:
            headers["Content-Type"] = "application/json"
        if named := next((name for name in known.platform_keys if name.startswith("PUB_KEY_ID_")), None):
            headers["Wechatpay-Serial"] = named
        url = known.api_url + target
        return calling.call(self.key, method, url, headers=headers, body=body or None, seconds=known.seconds, most_bytes=most_bytes)

    def _checked(self, answer: calling.Answer, *, now: datetime) -> dict[str, Any]:
        """What a successful, signed answer says.   Raises: ChannelAway, ChannelRefused."""
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)
        try:
            signing.check(self.settings.platform_keys, answer.headers, answer.body, now=now)
            told = json.loads(answer.body)
        except (NoticeForged, ValueError):
            raise self._unproven("an answer is not signed by WeChat Pay") from None
        if not isinstance(told, dict):
            raise self._unproven("an answer cannot be read")
        return told

    def _refusal(self, answer: calling.Answer) -> ChannelAway | ChannelRefused:
        code = _code(answer)
        if answer.status >= 500 or answer.status == 429:
            return ChannelAway(channel=self.key)
        return self._refused(_words(answer), code or str(answer.status))

    def _payment(self, told: Mapping[str, Any]) -> PayNotice | None:
        """
        A transaction of ours as a notice; None while no money came in. 转入退款 came in before it went back.

        Raises: NoticeForged (another merchant's or app's), NoticeUnreadable.
        """
        if told.get("mchid") != self.settings.merchant:
            raise NoticeForged(why="mchid")
        if told.get("appid") != self.settings.app:
            raise NoticeForged(why="appid")
        if told.get("trade_state") not in {"SUCCESS", "REFUND"}:
            return None
        try:
            amount = told["amount"]
            paid_at = datetime.fromisoformat(told["success_time"])
            if type(amount["total"]) is not int or amount.get("currency", "CNY") != "CNY" or paid_at.tzinfo is None:
                raise NoticeUnreadable(why="amount, success_time")
            return PayNotice(str(told["out_trade_no"]), str(told["transaction_id"]), amount["total"], paid_at.astimezone(UTC))
        except (KeyError, ValueError, TypeError, AttributeError) as wrong:
            raise NoticeUnreadable(why=type(wrong).__name__) from None


def _told(answer: calling.Answer) -> Mapping[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(answer: calling.Answer) -> str:
    return "" if answer.status < 300 else str(_told(answer).get("code", ""))[:40]


def _words(answer: calling.Answer) -> str:
    return str(_told(answer).get("message", ""))
