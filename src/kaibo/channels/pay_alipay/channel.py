"""Alipay as a payment channel."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from kaibo.channels import calling
from kaibo.channels.pay_alipay import bill, signing
from kaibo.channels.pay_alipay.certificates import Certificates
from kaibo.channels.yuan import fen, is_bill_due, shanghai_moment, shanghai_text, yuan
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

log = logging.getLogger("kaibo.channels.pay_alipay")

GATEWAY = "https://openapi.alipay.com/gateway.do"
MOST_TITLE_BYTES = 240
MOST_REASON_BYTES = 240
PAID_STATES = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
AWAY_CODES = frozenset({"20000", "10003"})
INSIDE_WECHAT = "微信里打不开支付宝，请点右上角选择“在浏览器打开” / open this page in the phone's browser to pay"
_NOT_IN_TITLES = str.maketrans({"/": "／", "=": "＝", "&": "＆", ",": "，", '"': "”", "\n": " ", "\r": " "})
"""Alipay takes no / = & in a title, and its bill separates by commas: their full-width brothers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the merchant got from Alipay; `seller` (PID, 2088…) may be empty, then notices are held against `app` alone."""

    app: str
    private_key: RSAPrivateKey = field(repr=False)
    alipay_key: RSAPublicKey | None = field(repr=False)
    """Alipay's public key; None in certificate mode."""
    seller: str = ""
    gateway: str = GATEWAY
    seconds: float = calling.CALL_SECONDS
    certificates: Certificates | None = None

    @property
    def alipay_keys(self) -> Mapping[str, RSAPublicKey]:
        """Whose signature is believed, by certificate number."""
        if self.certificates is not None:
            return self.certificates.alipay_keys
        return {signing.BARE_KEY: self.alipay_key} if self.alipay_key is not None else {}


class Channel:
    """Pays on Alipay's own page; opening calls nobody, the signed address says everything."""

    key = "alipay"
    title_zh = "支付宝"
    title_en = "Alipay"
    calls_out = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._refused, self._unproven = calling.refusals(self.key, "Alipay", log)

    def open(self, order: PayOrder, *, now: datetime) -> PayLink:
        if order.payer_device == "wechat":
            raise ChannelRefused(channel=self.key, why=INSIDE_WECHAT)
        is_phone = order.payer_device == "phone"
        asked = {
            "out_trade_no": order.out_trade_no,
            "total_amount": yuan(order.amount_fen),
            "subject": cut_bytes(order.title.translate(_NOT_IN_TITLES), MOST_TITLE_BYTES),
            "product_code": "QUICK_WAP_WAY" if is_phone else "FAST_INSTANT_TRADE_PAY",
            "time_expire": shanghai_text(order.expires_at),
        }
        if is_phone:
            asked["quit_url"] = order.return_url
        method = "alipay.trade.wap.pay" if is_phone else "alipay.trade.page.pay"
        parameters = self._signed(method, asked, now=now, notify_url=order.notify_url, return_url=order.return_url)
        return PayLink("page", f"{self.settings.gateway}?{urlencode(parameters)}")

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> PayNotice | None:
        told = signing.read_notice(self.settings.alipay_keys, body, now=now)
        if told.get("app_id") != self.settings.app:
            raise NoticeForged(why="app_id")
        if self.settings.seller and told.get("seller_id") != self.settings.seller:
            raise NoticeForged(why="seller_id")
        if told.get("trade_status") not in PAID_STATES or "refund_fee" in told or "gmt_refund" in told:
            return None
        return _payment(told, paid_at="gmt_payment")

    def answer(self, problem: str | None) -> NoticeAnswer:
        return NoticeAnswer(200, "text/plain", b"success") if problem is None else NoticeAnswer(503, "text/plain", b"fail")

    def query(self, out_trade_no: str, *, now: datetime) -> PayNotice | None:
        told = self._ask("alipay.trade.query", {"out_trade_no": out_trade_no}, now=now)
        if told.get("sub_code") == "ACQ.TRADE_NOT_EXIST":
            return None
        told = self._done(told)
        if told.get("trade_status") not in PAID_STATES:
            return None
        try:
            found = _payment(told, paid_at="send_pay_date")
        except NoticeUnreadable:
            raise self._unproven("an answer about a payment cannot be read") from None
        if found.out_trade_no != out_trade_no:
            raise self._unproven("an answer about a payment is not about ours")
        return found

    def refund(self, refund: Refund, *, now: datetime) -> Refunded:
        told = self._done(
            self._ask(
                "alipay.trade.refund",
                {
                    "trade_no": refund.transaction,
                    "refund_amount": yuan(refund.amount_fen),
                    "out_request_no": refund.out_refund_no,
                    "refund_reason": cut_bytes(refund.reason or "退款", MOST_REASON_BYTES),
                },
                now=now,
            )
        )
        if told.get("trade_no") != refund.transaction:
            raise self._unproven("an answer about a refund is not about ours")
        # fund_change=N says nothing new moved in this very call: an earlier call did it, or it is still on its way
        if told.get("fund_change") == "Y" or self._is_refunded(refund, now=now):
            return Refunded("done", refund.out_refund_no)
        return Refunded("pending", refund.out_refund_no, "支付宝正在退款")

    def _is_refunded(self, refund: Refund, *, now: datetime) -> bool:
        asked = {"trade_no": refund.transaction, "out_request_no": refund.out_refund_no}
        told = self._done(self._ask("alipay.trade.fastpay.refund.query", asked, now=now))
        return told.get("refund_status") == "REFUND_SUCCESS" and told.get("out_request_no") == refund.out_refund_no

    def fetch_bill(self, day: date, *, now: datetime) -> bytes:
        asked = {"bill_type": "trade", "bill_date": day.isoformat()}
        told = self._ask("alipay.data.dataservice.bill.downloadurl.query", asked, now=now)
        if "bill_not_exist" in str(told.get("sub_code", "")).lower() and is_bill_due(day, now):
            return bill.EMPTY
        url = str(self._done(told).get("bill_download_url", ""))
        if urlsplit(url).scheme != urlsplit(self.settings.gateway).scheme:
            raise self._unproven("the bill's address is not a safe one")
        file = calling.call(self.key, "GET", url, headers={}, seconds=self.settings.seconds, most_bytes=calling.MOST_FILE_BYTES)
        if file.status != 200:
            raise ChannelAway(channel=self.key)
        return file.body

    def read_bill(self, content: bytes) -> Sequence[BillLine]:
        return bill.read(content)

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _signed(self, method: str, asked: Mapping[str, str], *, now: datetime, **more: str) -> dict[str, str]:
        return signing.signed(
            self.settings.private_key,
            {
                "app_id": self.settings.app,
                "method": method,
                "format": "JSON",
                "charset": "utf-8",
                "timestamp": shanghai_text(now),
                "version": "1.0",
                **({"app_cert_sn": known.app_number, "alipay_root_cert_sn": known.root_number} if (known := self.settings.certificates) else {}),
                "biz_content": json.dumps(asked, ensure_ascii=False, separators=(",", ":")),
                **more,
            },
        )

    def _ask(self, method: str, asked: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
        """What Alipay signed as its answer, good or bad.   Raises: ChannelAway."""
        body = urlencode(self._signed(method, asked, now=now)).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8", "User-Agent": "kaibo"}
        answer = calling.call(self.key, "POST", f"{self.settings.gateway}?charset=utf-8", headers=headers, body=body, seconds=self.settings.seconds)
        if answer.status != 200:
            raise ChannelAway(channel=self.key)
        try:
            return signing.read_answer(self.settings.alipay_keys, method, answer.body)
        except NoticeForged as forged:
            if forged.details.get("why") == "alipay_cert_sn":
                raise self._unproven("Alipay signs with a certificate that is not in KAIBO_ALIPAY_CERTIFICATE: download the new one") from None
            raise self._unproven("an answer is not signed by Alipay") from None
        except NoticeUnreadable:
            raise self._unproven("an answer of Alipay cannot be read") from None

    def _done(self, told: dict[str, Any]) -> dict[str, Any]:
        code, sub_code = str(told.get("code", "")), str(told.get("sub_code", ""))[:60]
        if code == "10000":
            return told
        if code in AWAY_CODES or sub_code.endswith(("SYSTEM_ERROR", "unknow-error", "system-error")):
            raise ChannelAway(channel=self.key)
        raise self._refused(str(told.get("sub_msg") or told.get("msg", "")), sub_code or code[:10])


def _payment(told: Mapping[str, Any], *, paid_at: str) -> PayNotice:
    try:
        return PayNotice(str(told["out_trade_no"]), str(told["trade_no"]), fen(str(told["total_amount"])), shanghai_moment(str(told[paid_at])))
    except (KeyError, ValueError) as wrong:
        raise NoticeUnreadable(why=type(wrong).__name__) from None
