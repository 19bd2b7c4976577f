"""What was paid for each item of an order, so that the parts make up the platform's own total to the fen. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kaibo.kit.money import allocate


def paid_shares(total_fen: int, readings: Sequence[Sequence[int]], weights: Sequence[int]) -> list[int]:
    """
    This function will give the first reading of the items' amounts that makes up the total; where none does, the total is
    shared out by weight: the order's own total is what was paid, however an item's field is meant.
    """
    for reading in readings:
        if sum(reading) == total_fen:
            return list(reading)
    return allocate(max(0, total_fen), list(weights))
