"""Cutting time into windows a platform accepts, and turning all pages of one. Pure but for the channel that is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal, TypeVar

from kaibo.kit.shop_channels import Capabilities, CasePage, OrderPage, ShopChannel, Window

Page = TypeVar("Page", OrderPage, CasePage)


def windows(begin: datetime, now: datetime, limits: Capabilities, by: Literal["changed", "made"] = "changed") -> list[Window]:
    """
    This function will cut the time since `begin` into windows a platform accepts, oldest first.

    The first reaches back by the overlap, since lists lag and clocks differ; the last ends where the platform's lists
    have settled. Nothing between them is left out.   Source: facts/platforms §0.6.
    """
    end = now - limits.settle
    start = begin - limits.overlap
    found = []
    while start < end:
        stop = min(start + limits.longest(by), end)
        found.append(Window(start, stop, by))
        start = stop
    return found


def order_pages(channel: ShopChannel, window: Window, *, clock: Callable[[], datetime]) -> Iterator[OrderPage]:
    """This function will give all pages of a window, one call each; the clock is read anew for every call."""
    return _pages(lambda following: channel.order_page(window, following=following, now=clock()))


def case_pages(channel: ShopChannel, window: Window, *, clock: Callable[[], datetime]) -> Iterator[CasePage]:
    """This function will give all pages of after-sales cases of a window."""
    return _pages(lambda following: channel.case_page(window, following=following, now=clock()))


def _pages(turn: Callable[[str], Page]) -> Iterator[Page]:
    following: str | None = ""
    while following is not None:
        page = turn(following)
        yield page
        following = page.following
