"""One row of a platform's export → one line of an order, in our words. Pure: no database."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from kaibo.kit.clock import SHANGHAI
from kaibo.kit.money import NotMoney, fen_from_text
from kaibo.plumbing.intake.cells import NotAmount
from kaibo.plumbing.intake.kinds import ParsedRow, Refused
from kaibo.plumbing.vault.offers import Offer
from kaibo.stages.orders.addresses.parser import Address, is_cipher, parse_columns
from kaibo.stages.orders.platforms import holds_of, state_of
from kaibo.stages.orders.rules import Hold, State

_NAMED_AMOUNT = re.compile(r"[^;；]*?[-－:：]?\s*(-?\d[\d,]*(?:\.\d+)?)\s*元?\s*$")
_hashed = msgspec.json.Encoder()
_PDD_DAY = re.compile(r"(\d{2})(\d{2})(\d{2})-\d+")


class Receiver(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who receives it, as the platform shows it: plain, masked, or ciphertext it keeps for itself."""

    name: str
    phone: str
    address: str
    is_readable: bool
    """There is something, and the platform kept none of it for itself."""
    shown: str = ""
    """What the platform lets us show of what it keeps: 林* 138****5678."""

    @classmethod
    def of(cls, name: str, phone: str, address: str) -> Receiver:
        is_kept = "**" in name or "**" in phone or "**" in address or is_cipher(name) or is_cipher(phone) or is_cipher(address)
        return cls(name, phone, address, bool(name or phone or address) and not is_kept)

    @property
    def is_empty(self) -> bool:
        return not (self.name or self.phone or self.address)


class Ready(msgspec.Struct, array_like=True, gc=False):
    """What is kept of a receiver, made before anybody asked the database; of a readable one their key is only offered."""

    masked: str = ""
    mark: str = ""
    phone_tail: str = ""
    cipher: dict[str, str] | None = None
    """What the platform keeps for itself, as it shows it."""
    offer: Offer | None = None
    order_text: bytes = b""
    """The order written down for the table (`rows.ORDER_REST`), if nobody knows it yet; empty where nobody did."""
    order_lines: int = 0
    """Of how many lines it was written."""


class LineIn(msgspec.Struct, array_like=True, gc=False):
    """
    A line of an order as a file says it; nothing of it changes once it is read, but more of it is made ready later.

    A structure that goes from one process to the other in a few microseconds.
    """

    order_no: str
    line_no: str
    title: str
    specification: str
    code: str
    quantity: int
    price_fen: int
    amount_fen: int
    freight_fen: int
    raw_status: str
    raw_aftersale: str
    state: State
    holds: tuple[Hold, ...]
    ordered_at: datetime
    paid_at: datetime | None
    promised_at: datetime | None
    shipped_at: datetime | None
    finished_at: datetime | None
    cancel_reason: str
    receiver: Receiver
    address: Address | None
    """None: the platform keeps it."""
    content_hash: str
    version: datetime | None = None
    """When the platform last changed the order, where it says so; else the file's own time counts."""
    order_amount_fen: int | None = None
    """Of the whole order, where the platform says it beside its lines."""
    shipped: int | None = None
    """Units that left, where the platform counts them."""
    source: str = "import"
    parent_no: str = ""
    """The order the platform split this one off from."""
    ready: Ready | None = None
    """What is kept of the receiver, where it was made ahead: on the first line of an order."""
    line_text: bytes = b""
    """The line written down for the table (`rows.LINE_REST`), if its order is new."""


HASHED = (
    "title", "specification", "quantity", "code", "price", "amount", "freight", "platform_discount", "shop_discount", "talent_discount",
    "status", "aftersale", "receiver", "phone", "province", "city", "area", "street", "address", "ordered_at", "paid_at", "promised_at",
    "shipped_at", "finished_at", "cancel_reason",
)  # fmt: skip
"""What makes a line another one than before, in an order that no file decides."""


def read_line(row: ParsedRow) -> LineIn | Refused:
    """This function will read one parsed row, or refuse it with its reason: no time at all, an amount below zero."""
    get = row.values.get
    ordered_at = get("ordered_at") or _day_in_number(row["order_no"])
    if ordered_at is None:
        return Refused("orders.time_missing", "没有下单时间", "There is no order time", "ordered_at")
    quantity = get("quantity") or 1
    amount, freight = get("amount") or 0, get("freight") or 0
    if amount < 0 or quantity <= 0:
        return Refused("orders.figure_below_zero", "数量要大于 0，金额不能为负", "Quantity must be above 0, amounts not below", "amount")
    price = get("price")
    if price is None:
        discounts = sum(get(key) or 0 for key in ("platform_discount", "shop_discount", "talent_discount"))
        price = max(0, amount - freight + discounts) // quantity
    receiver = Receiver.of(get("receiver") or "", get("phone") or "", get("address") or "")
    raw_status, raw_aftersale = row["status"], get("aftersale") or ""
    return LineIn(
        order_no=row["order_no"], line_no=get("line_no") or _line_number(row), title=(get("title") or "")[:200],
        specification=(get("specification") or "")[:160], code=(get("code") or "")[:80], quantity=quantity, price_fen=price,
        amount_fen=amount, freight_fen=freight, raw_status=raw_status[:60], raw_aftersale=raw_aftersale[:60], state=state_of(raw_status),
        holds=holds_of(raw_status, raw_aftersale), ordered_at=ordered_at, paid_at=get("paid_at"), promised_at=get("promised_at"),
        shipped_at=get("shipped_at"), finished_at=get("finished_at"), cancel_reason=(get("cancel_reason") or "")[:80],
        receiver=receiver, address=_address_of(row, receiver), content_hash=_hash(row),
    )  # fmt: skip


def _line_number(row: ParsedRow) -> str:
    """Files without line numbers: one line per item text."""
    item = row.get("code") or row.get("specification") or row.get("title") or ""
    return "1" if not item else hashlib.md5(item.encode(), usedforsecurity=False).hexdigest()[:12]


def _hash(row: ParsedRow) -> str:
    get = row.values.get
    return hashlib.md5(_hashed.encode(list(map(get, HASHED))), usedforsecurity=False).hexdigest()


def _address_of(row: ParsedRow, receiver: Receiver) -> Address | None:
    get = row.values.get
    province, city, area = get("province") or "", get("city") or "", get("area") or ""
    if not receiver.is_readable and (is_cipher(receiver.address) or "**" in receiver.address):
        return None
    return parse_columns(province, city, area, get("street") or "", receiver.address)


def _day_in_number(order_no: str) -> datetime | None:
    """拼多多's order numbers begin with their day; its export sometimes leaves the time out."""
    match = _PDD_DAY.fullmatch(order_no)
    if not match:
        return None
    year, month, day = (int(part) for part in match.groups())
    try:
        return datetime(2000 + year, month, day, tzinfo=SHANGHAI).astimezone(UTC)
    except ValueError:
        return None


@lru_cache(maxsize=4_096)
def discount_fen(cell: str) -> int:
    """
    This function will read a discount: `12.00`, or as 抖店 writes it `店铺新客券-12.00;满减-5.00`.

    Raises: NotAmount.
    """
    try:
        return abs(fen_from_text(cell))
    except NotMoney:
        pass
    total = 0
    for part in re.split(r"[;；]", cell):
        if not part.strip():
            continue
        match = _NAMED_AMOUNT.fullmatch(part.strip())
        if not match:
            raise NotAmount(text=cell)
        try:
            total += abs(fen_from_text(match.group(1)))
        except NotMoney as unreadable:
            raise NotAmount(text=cell) from unreadable
    return total
