"""Money in integer fen (分) and rates in basis points; no floats come near it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from kaibo.kit.errors import Invalid

BP = 10_000
"""Basis points in a whole: 10_000 = 100 %."""

_NOISE = re.compile(r"[¥￥,，\s\u00a0]|元|RMB|CNY", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class NotMoney(Invalid):
    code = "kit.not_money"
    message_zh = "“{text}”不是金额，请写成 1234.50 这样的数字"
    message_en = "“{text}” is not an amount of money; write it like 1234.50"


def fen_from_text(text: str) -> int:
    """
    This function will read yuan as people and platforms write them (`¥1,234.50`, `28.9元`, `(1.23)`) into fen.

    More than two decimals are refused unless they are zeros, since a silent rounding would move money.
    Raises: NotMoney.   Source: facts/platforms §2 hygiene.
    """
    cleaned = _NOISE.sub("", text.strip().lstrip("'\t"))
    is_bracketed = cleaned.startswith(("(", "（")) and cleaned.endswith((")", "）"))
    if is_bracketed:
        cleaned = "-" + cleaned[1:-1]
    if not _NUMBER.fullmatch(cleaned):
        raise NotMoney(text=text)
    try:
        fen = Decimal(cleaned) * 100
    except InvalidOperation as unreadable:
        raise NotMoney(text=text) from unreadable
    if fen != fen.to_integral_value():
        raise NotMoney(text=text)
    return int(fen)


def yuan_text(fen: int, *, sign: str = "¥") -> str:
    """This function will write fen for people: `¥1,234` when whole yuan, else `¥1,234.50`; negatives as `−¥12`."""
    minus = "−" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{minus}{sign}{yuan:,}" + (f".{rest:02d}" if rest else "")


def plain_yuan(fen: int) -> str:
    """This function will write fen for files and forms: `1234.50`, never with separators."""
    minus = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{minus}{yuan}.{rest:02d}"


def share_bp(part: int, whole: int) -> int:
    """This function will give part/whole in basis points, rounded half up; 0 when there is no whole."""
    if whole == 0:
        return 0
    return (2 * part * BP + whole) // (2 * whole)


def of_bp(amount: int, rate_bp: int) -> int:
    """This function will give `rate_bp` of an amount, rounded half up."""
    return (2 * amount * rate_bp + BP) // (2 * BP)


def allocate(total_fen: int, weights: Sequence[int]) -> list[int]:
    """
    This function will split a total over weights by largest remainder, so that the parts sum to the total to the fen.

    Equal remainders go to the earlier part. All-zero weights split evenly.
    """
    if not weights:
        return []
    if total_fen < 0:
        return [-part for part in allocate(-total_fen, weights)]
    shares = list(weights) if sum(weights) else [1] * len(weights)
    whole = sum(shares)
    parts = [total_fen * weight // whole for weight in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: (-(total_fen * shares[i] % whole), i))
    for i in by_remainder[: total_fen - sum(parts)]:
        parts[i] += 1
    return parts
