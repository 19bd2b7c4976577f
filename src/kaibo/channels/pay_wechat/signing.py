"""WeChat Pay's signatures both ways and its sealed notices. Pure: bytes and keys in, bytes or a refusal out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kaibo.channels import rsa
from kaibo.kit.payments import NoticeForged, NoticeUnreadable, PayOrder

SCHEME = "WECHATPAY2-SHA256-RSA2048"
GOOD_SECONDS = 300
SIGNATURE, SERIAL, MOMENT, NONCE = "wechatpay-signature", "wechatpay-serial", "wechatpay-timestamp", "wechatpay-nonce"


def authorization(
    key: RSAPrivateKey, *, merchant: str, serial: str, method: str, target: str, body: bytes, moment_seconds: int, nonce: str
) -> str:
    """This function will give the Authorization header of a request; `target` is path and query."""
    signature = rsa.sign(key, b"%b\n%b\n%d\n%b\n%b\n" % (method.encode(), target.encode(), moment_seconds, nonce.encode(), body))
    return (
        f'{SCHEME} mchid="{merchant}",nonce_str="{nonce}",signature="{signature}",timestamp="{moment_seconds}",serial_no="{serial}"'
    )


def bridge(key: RSAPrivateKey, *, app: str, prepay_id: str, moment_seconds: int, nonce: str) -> dict[str, str]:
    """This function will give what WeChat's browser wants to hear before it takes money (getBrandWCPayRequest)."""
    package = f"prepay_id={prepay_id}"
    signature = rsa.sign(key, f"{app}\n{moment_seconds}\n{nonce}\n{package}\n".encode())
    return {"appId": app, "timeStamp": str(moment_seconds), "nonceStr": nonce, "package": package, "signType": "RSA", "paySign": signature}


def seal_order(notice_key: bytes, order: PayOrder) -> str:
    """This function will write an order so that it can travel through the buyer's browser and come back unchanged."""
    told = [order.out_trade_no, order.amount_fen, order.title, int(order.expires_at.timestamp()), order.notify_url, order.return_url]
    body = base64.urlsafe_b64encode(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{body}.{_seal(notice_key, body)}"


def open_order(notice_key: bytes, sealed: str) -> PayOrder | None:
    """This function will read an order back; None where it is not one that we sealed."""
    body, _, seal = sealed.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(notice_key, body).encode()):
        return None
    number, amount_fen, title, expires, notify_url, return_url = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return PayOrder(number, amount_fen, title, datetime.fromtimestamp(expires, UTC), notify_url, return_url, payer_device="wechat")


def _seal(notice_key: bytes, body: str) -> str:
    own = hmac.digest(notice_key, b"kaibo.pay_wechat.order", hashlib.sha256)
    return hmac.digest(own, body.encode(), hashlib.sha256).hex()


def check(keys: Mapping[str, RSAPublicKey], headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """
    This function will refuse what WeChat Pay did not sign within the last five minutes: answers and notices alike.

    Raises: NoticeForged.
    """
    moment, serial = headers.get(MOMENT, ""), headers.get(SERIAL, "").lstrip("0")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise NoticeForged(why="timestamp")
    if abs(now.timestamp() - int(moment)) > GOOD_SECONDS:
        raise NoticeForged(why="too old")
    key = keys.get(serial)
    if key is None:
        raise NoticeForged(why="serial")
    if headers.get("wechatpay-signature-type", SCHEME) != SCHEME:
        raise NoticeForged(why="signature type")
    message = b"%b\n%b\n%b\n" % (moment.encode(), headers.get(NONCE, "").encode(), body)
    if not rsa.is_signed(key, message, headers.get(SIGNATURE, "")):
        raise NoticeForged(why="signature")


def open_notice(notice_key: bytes, body: bytes) -> tuple[str, dict[str, Any]]:
    """This function will give a notice's event type and its opened resource.   Raises: NoticeUnreadable."""
    try:
        told = json.loads(body)
        sealed = told["resource"]
        if sealed["algorithm"] != "AEAD_AES_256_GCM":
            raise NoticeUnreadable(why="algorithm")
        about = (sealed.get("associated_data") or "").encode()
        opened = AESGCM(notice_key).decrypt(sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"], validate=True), about)
        resource = json.loads(opened)
        if not isinstance(resource, dict):
            raise NoticeUnreadable(why="resource")
        return str(told["event_type"]), resource
    except InvalidTag:
        raise NoticeUnreadable(why="AES-GCM") from None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as wrong:
        raise NoticeUnreadable(why=type(wrong).__name__) from None
