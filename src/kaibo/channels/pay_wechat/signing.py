"""WeChat Pay's signatures both ways and its sealed notices. Pure: bytes and keys in, bytes or a refusal out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kaibo.channels import rsa
from kaibo.kit.payments import NoticeForged, NoticeUnreadable

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
