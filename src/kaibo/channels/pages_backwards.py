"""Which page comes next where numbered pages are read from the last to the first; `first` is the number of the first page. Pure."""

from __future__ import annotations


def first_or_last(following: str, total: int, rows: int, *, first: int = 1) -> str | None:
    """
    This function will say which page to turn to after looking at the first one for the total: the last one, or None when
    the first is all there is or the turning has begun.

    What changes while it is read moves out of its window and those behind it forward: backwards, none is passed over.
    """
    last = -(-total // rows) - 1 + first
    return str(last) if not following and last > first else None


def before(following: str, *, first: int = 1) -> str | None:
    """This function will give the page before, None after the first one."""
    page = int(following or first)
    return str(page - 1) if page > first else None
