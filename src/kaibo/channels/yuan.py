"""Companies write yuan with two decimals and Shanghai's clock; we keep fen and UTC. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from kaibo.kit.clock import SHANGHAI

BILL_READY_HOUR = 10
"""Both companies promise a day's bill by ten the next morning."""
_YUAN = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,2})0*)?", re.ASCII)


def fen(text: str) -> int:
    """This function will read an amount in yuan exactly; a part of a fen is no amount.   Raises: ValueError."""
    found = _YUAN.fullmatch(text.strip())
    if found is None:
        raise ValueError("yuan")
    sign, whole, part = found.groups()
    value = int(whole) * 100 + int((part or "").ljust(2, "0"))
    return -value if sign else value


def yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"


def shanghai_moment(text: str) -> datetime:
    """This function will read `2026-11-22 20:00:00`, which is Shanghai's time.   Raises: ValueError."""
    return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI).astimezone(UTC)


def shanghai_text(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def is_bill_due(day: date, now: datetime) -> bool:
    """This function will say whether a day's bill must exist by now, so that none means a day without trades."""
    return now >= datetime.combine(day + timedelta(days=1), time(BILL_READY_HOUR), SHANGHAI)
