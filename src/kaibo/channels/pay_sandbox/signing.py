"""Signatures of the sandbox wallet: HMAC-SHA256 over the moment and the body, five minutes good. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from kaibo.kit.payments import NoticeForged, NoticeUnreadable, PayNotice, PayOrder

SIGNATURE = "sandbox-signature"
MOMENT = "sandbox-timestamp"
GOOD_SECONDS = 300


def sign(secret: bytes, moment_seconds: int, body: bytes) -> str:
    return hmac.digest(secret, b"%d\n%b" % (moment_seconds, body), "sha256").hex()


def notice_request(secret: bytes, notice: PayNotice, *, now: datetime) -> tuple[dict[str, str], bytes]:
    """This function will give the headers and the body of the wallet's notify call."""
    body = json.dumps(
        {
            "event": "paid",
            "out_trade_no": notice.out_trade_no,
            "transaction": notice.transaction,
            "amount_fen": notice.amount_fen,
            "paid_at": notice.paid_at.isoformat(),
        }
    ).encode()
    moment = int(now.timestamp())
    return {"content-type": "application/json", MOMENT: str(moment), SIGNATURE: sign(secret, moment, body)}, body


def read_notice(secret: bytes, headers: Mapping[str, str], body: bytes, *, now: datetime) -> PayNotice | None:
    """This function will check and read a notify call.   Raises: NoticeForged, NoticeUnreadable."""
    moment = headers.get(MOMENT, "")
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        raise NoticeForged(why="timestamp")
    if abs(now.timestamp() - int(moment)) > GOOD_SECONDS:
        raise NoticeForged(why="too old")
    said = headers.get(SIGNATURE, "")
    if not said.isascii() or not hmac.compare_digest(sign(secret, int(moment), body), said):
        raise NoticeForged(why="signature")
    try:
        told = msgspec.json.decode(body)
        if told["event"] != "paid":
            return None
        paid_at = datetime.fromisoformat(told["paid_at"])
        if paid_at.tzinfo is None or type(told["amount_fen"]) is not int:
            raise NoticeUnreadable(why="paid_at, amount_fen")
        return PayNotice(
            str(told["out_trade_no"]), str(told["transaction"]), told["amount_fen"], paid_at.astimezone(UTC)
        )
    except (ValueError, KeyError, TypeError, msgspec.DecodeError) as wrong:
        raise NoticeUnreadable(why=type(wrong).__name__) from wrong


def seal_order(secret: bytes, order: PayOrder) -> str:
    """This function will write an order into the address of its pay page, so that nobody can change the amount."""
    body = _pack(
        [order.out_trade_no, order.amount_fen, order.title, order.expires_at.isoformat(), order.notify_url, order.return_url]
    )
    return f"{body}.{_mark(secret, body)}"


def open_order(secret: bytes, sealed: str) -> PayOrder | None:
    """This function will give the order of a pay page's address, or None when it was not written by us."""
    body, _, mark = sealed.partition(".")
    if not mark.isascii() or not hmac.compare_digest(_mark(secret, body), mark):
        return None
    try:
        out_trade_no, amount_fen, title, expires_at, notify_url, return_url = json.loads(
            base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        )
    except (ValueError, binascii.Error):
        return None
    return PayOrder(out_trade_no, amount_fen, title, datetime.fromisoformat(expires_at), notify_url, return_url)


def _pack(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).rstrip(b"=").decode()


def _mark(secret: bytes, body: str) -> str:
    digest = hmac.digest(secret, b"page\n" + body.encode(), "sha256")[:20]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
