"""Values as the text format of COPY has them. Pure: who reads a file for an import writes rows down too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import repeat
from typing import Any
from uuid import UUID

import msgspec

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_json = msgspec.json.Encoder()


def row_texts(rows: Sequence[Sequence[Any]], made: Sequence[Sequence[Any]] = ()) -> list[str]:
    """
    This function will write rows, each without its end, with further columns (`made`) behind their own.

    Column by column: the values of one are mostly of one type, and the choice of how to write them is made once.
    """
    columns = map(_column, [*zip(*rows, strict=True), *made])
    return list(map("\t".join, zip(*columns, strict=True)))


def _column(values: Sequence[Any]) -> Iterable[str]:
    if values[0] is values[-1] and len(set(map(id, values))) == 1:
        return repeat(text(values[0]), len(values))
    kinds = set(map(type, values))
    if len(kinds) > 1:
        return map(text, values)
    kind = kinds.pop()
    if kind is UUID:
        return [f"{value.int:032x}" for value in values]
    if kind is not str:
        return map(WRITERS.get(kind, _other), values)
    return map(_of_str, values) if _SPECIAL.search("".join(values)) else values


def text(value: Any) -> str:
    """This function will write one value."""
    return WRITERS.get(type(value), _other)(value)


def of_json(value: Any) -> str:
    """This function will write a value of a JSON column."""
    return _of_str(_json.encode(value).decode())


def _of_str(value: str) -> str:
    return _SPECIAL.sub(_escape, value) if _SPECIAL.search(value) else value


def _escape(match: re.Match[str]) -> str:
    return _ESCAPED[match.group()]


def _of_list(value: Sequence[Any]) -> str:
    """An array; its items are quoted, so that no comma, brace or NULL in them is taken for its own."""
    return _of_str("{" + ",".join(map(_item, value)) + "}") if value else "{}"


def _item(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return "{" + ",".join(map(_item, value)) + "}"
    plain = value if isinstance(value, str) else text(value)
    return '"' + str(plain).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _of_bytes(value: bytes | bytearray | memoryview) -> str:
    return "\\\\x" + value.hex()


WRITERS: dict[type, Callable[[Any], str]] = {
    str: _of_str, int: int.__repr__, type(None): lambda _: "\\N", bool: lambda value: "t" if value else "f", UUID: lambda value: f"{value.int:032x}",
    float: repr, Decimal: str, datetime: datetime.isoformat, date: date.isoformat, time: time.isoformat, list: _of_list, tuple: _of_list,
    bytes: _of_bytes, bytearray: _of_bytes, memoryview: _of_bytes, dict: of_json,
}  # fmt: skip


def _other(value: Any) -> str:
    """A word of an enumeration and other kinds of the above; what has no known form is a mistake of the caller."""
    for kind in (str, bool, int):
        if isinstance(value, kind):
            return WRITERS[kind](str.__str__(value) if kind is str else kind(value))
    if isinstance(value, Mapping):
        return of_json(dict(value))
    raise TypeError(f"COPY has no text for {type(value).__name__}")
