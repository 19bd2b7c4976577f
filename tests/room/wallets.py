"""The sandbox wallet for tests: a room that has it, and the company's side of a payment."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx

from kaibo.channels.pay_sandbox import signing
from kaibo.channels.pay_sandbox.channel import Channel, Settings
from kaibo.channels.pay_sandbox.pages import WalletPages
from kaibo.kit import sealed_box
from kaibo.kit.payments import PayNotice
from tests.room.house import Server, served

SECRET = b"sandbox secret of the tests ....."
PRIVATE = sealed_box.private_key("the tests", "room.addresses")


@contextlib.contextmanager
def served_with_wallet(dsn: str, public_key: bytes | None = None, **more) -> Iterator[Server]:
    """This function will run a room that takes the sandbox's payments; `more` goes to the room as it is."""
    channel = Channel(Settings(SECRET, dsn))
    pages = WalletPages(channel)
    seal_for = public_key or sealed_box.public_key(PRIVATE)
    with served(dsn, channels={"sandbox": channel}, seal_for=seal_for, more_routes=pages.routes(), background=[pages.run], **more) as running:
        yield running


def notify(url: str, payment: str, amount_fen: int, *, transaction: str | None = None, paid_at: datetime | None = None) -> httpx.Response:
    """The wallet's call about a payment."""
    now = datetime.now(UTC)
    number = uuid.UUID(payment).hex
    notice = PayNotice(number, transaction or f"T{number}", amount_fen, paid_at or now)
    headers, body = signing.notice_request(SECRET, notice, now=now)
    return httpx.post(f"{url}/pay/sandbox", content=body, headers=headers, timeout=20)
