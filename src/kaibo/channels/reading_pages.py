"""Reading what a platform answers: the rows of a page, of which what cannot be read is told and the others are kept, and one order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from kaibo.channels.raw import text, whole
from kaibo.kit.shop_channels import PlatformOrder, Unread
from kaibo.kit.shop_complaints import ShopUnreadable

Row = TypeVar("Row")


def read_each(
    rows: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Row], number: str
) -> tuple[tuple[Row, ...], tuple[Unread, ...]]:
    """This function will read rows, and give those that are not what they should be by their number."""
    done, refused = [], []
    for row in rows:
        try:
            done.append(read(row))
        except (KeyError, ValueError, TypeError, OverflowError, OSError) as wrong:
            refused.append(Unread(_number(row, number), _why(wrong)))
    return tuple(done), tuple(refused)


def read_order(
    channel: str, row: Mapping[str, Any], read: Callable[[Mapping[str, Any]], PlatformOrder], number: str, *, order_no: str
) -> PlatformOrder:
    """This function will read the one order that was asked for.   Raises: ShopUnreadable, also when it is another one."""
    try:
        found = read(row)
    except (KeyError, ValueError, TypeError) as wrong:
        raise ShopUnreadable(channel=channel, why=type(wrong).__name__) from None
    if found.order_no != order_no:
        raise ShopUnreadable(channel=channel, why=number)
    return found


def total_of(channel: str, told: Mapping[str, Any], name: str) -> int:
    """
    This function will read how many rows a list has.   Raises: ShopUnreadable (it does not say).

    An answer without it is no empty list: taken for one, a window of orders would be passed over for good.
    """
    said = told.get(name)
    try:
        if said is not None and said != "":
            return whole(said)
    except ValueError:
        pass
    raise ShopUnreadable(channel=channel, why=name)


def _why(wrong: Exception) -> str:
    """The name of the field where it is known; never a value, which may be somebody's."""
    said = str(wrong.args[0]) if wrong.args else ""
    return f"{type(wrong).__name__} {said}" if said.isidentifier() else type(wrong).__name__


def _number(row: Mapping[str, Any], name: str) -> str:
    try:
        return text(row.get(name)) or next((text(part[name]) for part in row.values() if isinstance(part, Mapping) and part.get(name)), "")
    except ValueError:
        return ""
