"""What a platform's web server sends back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Cut(Exception):
    """The line is cut in the middle of an answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = field(repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        return cls(status, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), headers=headers or {})


def page_of_error(status: int) -> Reply:
    """This function will give what a gateway shows when what is behind it is away."""
    return Reply(status, f"<html><head><title>{status}</title></head><body>Bad Gateway</body></html>".encode(), "text/html")
