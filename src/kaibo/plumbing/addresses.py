"""Addresses of pages, found once: `reverse` walks the URL patterns anew each time, and a list asks for the same hundred every time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, get_urlconf, reverse

MOST_KEPT = 20_000


def address_of(name: str, *args: Any, **named: Any) -> str:
    """This function will give the address of a page by its name.   Raises: NoReverseMatch."""
    return _kept(get_urlconf(), get_script_prefix(), name, args, tuple(named.items()))


@lru_cache(maxsize=MOST_KEPT)
def _kept(urlconf: str | None, _prefix: str, name: str, args: tuple[Any, ...], named: tuple[tuple[str, Any], ...]) -> str:
    return reverse(name, urlconf, args=args, kwargs=dict(named))
