"""
Which pairs are bought together more often than chance: exact tail, false discoveries held down. Pure.

`n` baskets, of which `with_a` hold the one, `with_b` the other and `both` the two. Fisher's exact test says how rare so many together would be
if the two had nothing to do with each other; Benjamini–Hochberg keeps the expected share of false pairs among those named under a line.
Source: SEL-16.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kaibo.kit.money import BP


@dataclass(frozen=True, slots=True)
class Together:
    """Two items with how many baskets hold each and both, of how many; `p` is the chance of so many together, or more, by accident."""

    a: str
    b: str
    both: int
    with_a: int
    with_b: int
    baskets: int
    p: float = 1.0

    @property
    def lift_bp(self) -> int:
        """Together how many times as often as by accident; 10,000 is exactly by accident."""
        return self.both * self.baskets * BP // (self.with_a * self.with_b)


class Factorials:
    """Logarithms of factorials up to a number, once for a million tests."""

    def __init__(self, most: int) -> None:
        self._logs = [0.0] * (most + 1)
        for number in range(2, most + 1):
            self._logs[number] = self._logs[number - 1] + math.log(number)

    def choose(self, n: int, k: int) -> float:
        return self._logs[n] - self._logs[k] - self._logs[n - k]


def fisher_above(both: int, with_a: int, with_b: int, baskets: int, factorials: Factorials) -> float:
    """This function will give the exact chance of at least `both` together by accident (upper tail of the hypergeometric)."""
    most = min(with_a, with_b)
    if both <= max(0, with_a + with_b - baskets):
        return 1.0
    log = factorials.choose(with_a, both) + factorials.choose(baskets - with_a, with_b - both) - factorials.choose(baskets, with_b)
    if log < -740:
        return 0.0  # below the smallest number a float holds; every line lies above it
    term = total = math.exp(log)
    for k in range(both, most):
        term *= (with_a - k) * (with_b - k) / ((k + 1) * (baskets - with_a - with_b + k + 1))
        total += term
        if term < total * 1e-15:
            break
    return min(1.0, total)


def discoveries(ps: Sequence[float], *, tests: int, false_bp: int) -> float:
    """
    This function will give the highest p that may be named so that at most this share of the named is false on average; below 0 for none.

    `tests` counts everything that was looked at, also what is not in `ps` because it never occurred (p = 1).
    Source: Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995).
    """
    line = -1.0
    for rank, p in enumerate(sorted(ps), start=1):
        if p * tests * BP <= rank * false_bp:
            line = p
    return line
