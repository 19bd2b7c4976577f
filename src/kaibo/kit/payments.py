"""What every payment channel 支付渠道 speaks, whichever company stands behind it. Money in fen, moments in UTC. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from kaibo.kit.errors import Conflict, Forbidden, Invalid, Unavailable

Device = Literal["computer", "phone", "wechat"]


@dataclass(frozen=True, slots=True)
class PayOrder:
    """What the buyer is asked to pay. `out_trade_no` (商户订单号) is ours: 32 characters of 0-9a-f, one per payment."""

    out_trade_no: str
    amount_fen: int
    title: str
    expires_at: datetime
    """The channel must not take money after this moment (time_expire)."""
    notify_url: str
    return_url: str
    """Where the buyer's browser comes back to."""
    payer_address: str = ""
    """The buyer's network address, which WeChat's H5 payment wants."""
    payer_device: Device = "computer"
    """What the buyer holds: a computer shows a code, a phone opens a page, and WeChat's own browser (微信内置浏览器) opens neither."""


@dataclass(frozen=True, slots=True)
class PayLink:
    """Where the buyer pays: a `page` to open in this browser, or a `code` to show as a QR picture for the phone."""

    kind: Literal["page", "code"]
    url: str


@dataclass(frozen=True, slots=True)
class PayNotice:
    """Money arrived, as the channel's signature proves."""

    out_trade_no: str
    transaction: str
    """The channel's own number of the payment (transaction_id, trade_no)."""
    amount_fen: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to give back. The same `out_refund_no` asked twice is one refund."""

    out_refund_no: str
    out_trade_no: str
    transaction: str
    amount_fen: int
    paid_fen: int
    """Of the whole payment: several channels want both figures."""
    reason: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """What the channel says to a refund; `pending` is asked again later with the same number."""

    state: Literal["done", "pending", "refused"]
    refund: str = ""
    """The channel's own number of the refund."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a channel's daily bill 对账单."""

    kind: Literal["pay", "refund"]
    out_trade_no: str
    transaction: str
    amount_fen: int
    at: datetime
    out_refund_no: str = ""


@dataclass(frozen=True, slots=True)
class NoticeAnswer:
    """The words a channel wants to hear back, so that it stops calling (or calls again)."""

    status: int
    content_type: str
    body: bytes


class NoticeForged(Forbidden):
    """The signature is wrong, missing or too old: nothing was changed."""

    code = "payments.notice_forged"
    message_zh = "支付通知的签名不对：{why}"
    message_en = "The signature of the payment notice is wrong: {why}"


class NoticeUnreadable(Invalid):
    code = "payments.notice_unreadable"
    message_zh = "支付通知读不懂：{why}"
    message_en = "The payment notice cannot be read: {why}"


class ChannelAway(Unavailable):
    """The channel did not answer; the same call may be repeated with the same numbers."""

    code = "payments.channel_away"
    message_zh = "支付渠道{channel}暂时没有回应，请稍后再试"
    message_en = "The payment channel {channel} does not answer right now; try again shortly"


class ChannelRefused(Conflict):
    code = "payments.channel_refused"
    message_zh = "支付渠道{channel}拒绝了：{why}"
    message_en = "The payment channel {channel} refused: {why}"


class BillUnreadable(Invalid):
    code = "payments.bill_unreadable"
    message_zh = "对账单读不懂：{why}"
    message_en = "The bill cannot be read: {why}"


class PayChannel(Protocol):
    """
    One payment company. Methods are plain functions; one that calls out over the network may take seconds, so the room
    runs all of a channel with `calls_out` in threads. They may be called from several threads at once.
    """

    key: str
    """In addresses and tables: `sandbox`, `wechat`, `alipay`."""
    title_zh: str
    title_en: str
    calls_out: bool

    def open(self, order: PayOrder, *, now: datetime) -> PayLink:
        """
        This function will let the buyer pay; the same order opened again is the same payment.

        Raises: ChannelAway, ChannelRefused.
        """
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> PayNotice | None:
        """
        This function will check a notify callback's signature and read it; None when it is genuine but tells of no
        money that came in (a closed trade, a refund). Header names are lower case.

        Raises: NoticeForged, NoticeUnreadable.
        """
        ...

    def answer(self, problem: str | None) -> NoticeAnswer:
        """This function will give what the channel expects to hear: heard (None), or a problem and please call again."""
        ...

    def query(self, out_trade_no: str, *, now: datetime) -> PayNotice | None:
        """This function will ask whether a payment came in; None while it has not.   Raises: ChannelAway, ChannelRefused."""
        ...

    def refund(self, refund: Refund, *, now: datetime) -> Refunded:
        """This function will give money back, once per `out_refund_no`.   Raises: ChannelAway, ChannelRefused."""
        ...

    def fetch_bill(self, day: date, *, now: datetime) -> bytes:
        """This function will fetch the bill file of a day (Shanghai).   Raises: ChannelAway, ChannelRefused."""
        ...

    def read_bill(self, content: bytes) -> Sequence[BillLine]:
        """This function will read a bill file, as fetched or as downloaded by hand.   Raises: BillUnreadable."""
        ...
