"""How fast one visitor may act: a token bucket each, in memory of the process that serves the visitor."""

from __future__ import annotations

import math

_MOST_BUCKETS = 200_000


class Rate:
    """
    Allows `burst` acts at once and `per_second` on average.

    The memory is bounded: when too many visitors are known, those whose bucket is full again are forgotten.
    """

    __slots__ = ("_burst", "_full_at", "_per_second")

    def __init__(self, *, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._full_at: dict[str, float] = {}

    def wait_seconds(self, visitor: str, *, now: float) -> int:
        """This function will count one act and give 0, or give the whole seconds to wait and count nothing."""
        # `due` is when the bucket will be full again if nobody draws; one number is enough for a bucket.
        due = max(self._full_at.get(visitor, 0.0), now) + 1 / self._per_second
        over_seconds = due - now - self._burst / self._per_second
        if over_seconds > 1e-9:
            return max(1, math.ceil(over_seconds))
        if len(self._full_at) >= _MOST_BUCKETS:
            self._full_at = {who: full for who, full in self._full_at.items() if full > now}
        self._full_at[visitor] = due
        return 0
