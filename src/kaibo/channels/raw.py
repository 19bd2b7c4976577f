"""Reading the values of platforms' JSON: numbers that are texts, moments that are seconds, money that is yuan. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any


def text(value: Any) -> str:
    """This function will give a value as text; a number of an order stays what it is, nothing is rounded."""
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    if isinstance(value, float):
        raise ValueError("float")  # noqa: TRY004  refused like any other wrong value
    return str(value).strip()


def whole(value: Any) -> int:
    """This function will read a whole number, given as number or text; nothing is 0.   Raises: ValueError."""
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("whole")
    return int(value)


def units(raw: Mapping[str, Any], name: str) -> int:
    """This function will read how many of something a line holds.   Raises: KeyError, ValueError (none, or no number)."""
    count = whole(raw[name])
    if count <= 0:
        raise ValueError(name)
    return count


def fen_of_yuan(value: Any) -> int:
    """This function will read yuan exactly into fen, from text or a JSON number.   Raises: ValueError."""
    if value is None or value == "":
        return 0
    try:
        fen = Decimal(str(value).replace(",", "")) * 100
    except InvalidOperation:
        raise ValueError("yuan") from None
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise ValueError("yuan")
    return int(fen)


def moment_of_seconds(value: Any) -> datetime | None:
    """This function will read unix seconds; 0 and nothing are no moment."""
    seconds = whole(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None


def moment_of_millis(value: Any) -> datetime | None:
    """This function will read unix milliseconds; 0 and nothing are no moment."""
    millis = whole(value)
    return datetime.fromtimestamp(millis // 1000, UTC).replace(microsecond=millis % 1000 * 1000) if millis > 0 else None


def inner(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """This function will follow names into an object; what is not there is empty."""
    found: Any = value
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """This function will give the objects of a list; null is none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def moment_of_iso(value: Any) -> datetime | None:
    """This function will read an ISO 8601 moment with its offset; nothing is no moment.   Raises: ValueError (also without an offset)."""
    written = text(value)
    if not written:
        return None
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("offset")
    return moment.astimezone(UTC)


def last_second(end: datetime) -> int:
    """This function will give the last whole second before an end that does not belong to its window; platforms' ends do."""
    seconds = int(end.timestamp())
    return seconds - 1 if end.timestamp() == seconds else seconds


def latest(*moments: datetime | None) -> datetime | None:
    return max((one for one in moments if one), default=None)
