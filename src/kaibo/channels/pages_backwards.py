"""Which page comes next where pages are numbered from one and read from the last to the first. Pure."""

from __future__ import annotations


def first_or_last(following: str, total: int, rows: int) -> str | None:
    """
    This function will say which page to turn to after looking at page one for the total: the last one, or None when page
    one is all there is or the turning has begun.

    What changes while it is read moves out of its window and those behind it forward: backwards, none is passed over.
    """
    last = -(-total // rows)
    return str(last) if not following and last > 1 else None


def before(following: str) -> str | None:
    """This function will give the page before, None after page one."""
    page = int(following or 1)
    return str(page - 1) if page > 1 else None
