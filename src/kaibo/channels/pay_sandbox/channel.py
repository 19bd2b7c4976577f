"""The sandbox wallet as a payment channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit

import psycopg

from kaibo.channels.pay_sandbox import bill, signing
from kaibo.channels.pay_sandbox.wallet import Wallet
from kaibo.kit.payments import BillLine, ChannelAway, NoticeAnswer, PayLink, PayNotice, PayOrder, Refund, Refunded


@dataclass(frozen=True, slots=True)
class Settings:
    """`secret` signs notices and pay pages; the book of trades is in the database at `dsn`."""

    secret: bytes = field(repr=False)
    dsn: str = field(repr=False)


class Channel:
    """Pays on a page of its own, `pages.routes`."""

    key = "sandbox"
    title_zh = "沙盒钱包"
    title_en = "Sandbox wallet"
    calls_out = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.wallet = Wallet(settings.dsn)

    def open(self, order: PayOrder, *, now: datetime) -> PayLink:
        place = urlsplit(order.notify_url)
        sealed = signing.seal_order(self.settings.secret, order)
        return PayLink("page", f"{place.scheme}://{place.netloc}/sandbox-wallet/{sealed}")

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> PayNotice | None:
        return signing.read_notice(self.settings.secret, headers, body, now=now)

    def answer(self, problem: str | None) -> NoticeAnswer:
        return NoticeAnswer(200, "text/plain", b"heard") if problem is None else NoticeAnswer(503, "text/plain", problem.encode())

    def query(self, out_trade_no: str, *, now: datetime) -> PayNotice | None:
        try:
            return self.wallet.find(out_trade_no)
        except psycopg.Error as away:
            raise ChannelAway(channel=self.key) from away

    def refund(self, refund: Refund, *, now: datetime) -> Refunded:
        try:
            return self.wallet.refund(refund, now=now)
        except psycopg.Error as away:
            raise ChannelAway(channel=self.key) from away

    def fetch_bill(self, day: date, *, now: datetime) -> bytes:
        try:
            return bill.write(self.wallet.bill(day))
        except psycopg.Error as away:
            raise ChannelAway(channel=self.key) from away

    def read_bill(self, content: bytes) -> Sequence[BillLine]:
        return bill.read(content)
