"""What every fact is, and how it travels: as plain JSON named `stage.fact_name`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

F = TypeVar("F", bound="Fact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened; never changed, only followed by others."""

    name: ClassVar[str] = "fact"

    def as_json(self) -> dict[str, Any]:
        """This function will give the fact's fields as plain JSON values."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def fact_from_json(kind: type[F], payload: dict[str, Any]) -> F:
    """
    This function will build a fact from its JSON again; fields added later take their default.

    Raises: KeyError when a field without a default is missing.
    """
    hints = get_type_hints(kind)
    values = {}
    for field in dataclasses.fields(kind):
        if field.name in payload:
            values[field.name] = _typed(hints[field.name], payload[field.name])
    return kind(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _typed(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        if value is None:
            return None
        return _typed(next(arg for arg in get_args(hint) if arg is not type(None)), value)
    if hint is UUID:
        return UUID(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if origin is tuple:
        return tuple(_typed(get_args(hint)[0], item) for item in value)
    return value
