"""Orders that are likely new, made ready while the database is busy with those before. Pure: may run in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kaibo.plumbing.copy_text import row_texts
from kaibo.plumbing.intake.kinds import FileContext, ParsedRow
from kaibo.plumbing.vault.offers import offers_of
from kaibo.stages.orders import rows
from kaibo.stages.orders.masking import keyed_mark, masked_receiver
from kaibo.stages.orders.platforms import USUAL_PLATFORM
from kaibo.stages.orders.reading import LineIn, Ready, Receiver

_NO_DIGIT = re.compile(r"\D")


def prepare_orders(told: FileContext, parsed: Sequence[ParsedRow]) -> None:
    """This function will make the receivers of these rows' orders ready, and write their rows down as those of new orders."""
    orders: dict[str, list[LineIn]] = {}
    for row in parsed:
        if isinstance(row.meaning, LineIn):
            orders.setdefault(row.meaning.order_no, []).append(row.meaning)
    if not orders:
        return
    groups = list(orders.values())
    make_ready(told, [lines[0] for lines in groups])
    order_rows, line_rows = [], []
    for lines in groups:
        state = rows.new_order(lines).state
        ready = lines[0].ready
        assert ready is not None  # made just now
        order_rows.append(rows.order_rest(told, lines, state, rows.holds_said(lines, state), rows.amount_of(lines), ready))
        line_rows += [rows.line_rest(line, state) for line in lines]
    line_texts = iter(row_texts(line_rows))
    for lines, text in zip(groups, row_texts(order_rows), strict=True):
        if ready := lines[0].ready:
            ready.order_text, ready.order_lines = text.encode(), len(lines)
        for line in lines:
            line.line_text = next(line_texts).encode()


def make_ready(told: FileContext, lines: Sequence[LineIn]) -> None:
    """This function will make the receivers of lines ready: readable ones with an offered key, the platform's as they are."""
    waiting = [line for line in lines if line.ready is None]
    readable = [line.receiver for line in waiting if line.receiver.is_readable]
    identities = [(_identity(told, one), {"name": one.name, "phone": one.phone, "address": one.address}) for one in readable]
    offers = iter(offers_of(told.secret, identities))
    for line in waiting:
        one = line.receiver
        if one.is_readable:
            line.ready = Ready(
                masked_receiver(one.name, one.phone), keyed_mark(told.secret, one.phone, one.address), _tail(one.phone), None, next(offers)
            )
        else:
            line.ready = _kept_by_platform(told.secret, one)


def _identity(told: FileContext, receiver: Receiver) -> str:
    digits = _digits(receiver.phone)
    return f"phone:{digits}" if len(digits) >= 10 else f"{told.platform or USUAL_PLATFORM}:{told.shop_id}:{receiver.name}|{receiver.address}"


def _kept_by_platform(secret: str, receiver: Receiver) -> Ready:
    if receiver.is_empty:
        return Ready()
    cipher = {"name": receiver.name, "phone": receiver.phone, "address": receiver.address}
    is_masked = "**" in receiver.phone
    shown = receiver.shown or (receiver.phone if is_masked else "")
    # equal ciphertexts are the same receiver; 抖店 gives a new one per order, then nothing can be compared
    return Ready(shown, keyed_mark(secret, receiver.phone, receiver.address), _tail(shown), cipher)


def _tail(phone: str) -> str:
    tail = _digits(phone)[-4:]
    return tail if len(tail) == 4 else ""


def _digits(phone: str) -> str:
    return phone if phone.isdecimal() else _NO_DIGIT.sub("", phone)
