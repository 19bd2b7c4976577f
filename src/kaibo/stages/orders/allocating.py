"""How many units a channel may show of what is available: quota or share, behind a buffer. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allocation:
    """`quota_units` fixes a number; without one, `share_bp` of what is left behind the buffer."""

    share_bp: int = 10_000
    quota_units: int | None = None
    buffer_units: int = 0


def units_to_show(free: int, allocation: Allocation) -> int:
    """
    This function will say how many of the `free` units a channel may show: less the buffer, then the quota or the share,
    rounded down.   Source: SUP-14, facts/platforms §5.1.
    """
    left = max(0, free - allocation.buffer_units)
    if allocation.quota_units is not None:
        return min(allocation.quota_units, left)
    return left * allocation.share_bp // 10_000
