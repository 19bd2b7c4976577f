"""The few distributions selection's figures need, without a package: normal, t and chi-square tails, Wilson's interval. Pure."""

from __future__ import annotations

import math
from statistics import NormalDist

from kaibo.kit.money import BP

NORMAL = NormalDist()


def z_of(confidence_bp: int) -> float:
    """This function will give how many standard errors a two-sided interval of this confidence spans each way."""
    return NORMAL.inv_cdf(0.5 + confidence_bp / BP / 2)


def t_of(confidence_bp: int, freedom: int) -> float:
    """This function will give the same for Student's t, by halving its exact tail."""
    outside = 1 - confidence_bp / BP
    low, high = 0.0, 1.0
    while t_outside(high, freedom) > outside:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if t_outside(middle, freedom) > outside:
            low = middle
        else:
            high = middle
    return high


def t_outside(t: float, freedom: int) -> float:
    """This function will give the chance of a t further from zero than this, both sides."""
    return beta_share(freedom / 2, 0.5, freedom / (freedom + t * t))


def beta_share(a: float, b: float, x: float) -> float:
    """This function will give the regularised incomplete beta function, by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    c, d = 1.0, 0.0
    total = 1.0
    for step in range(400):
        m = step // 2
        if step == 0:
            numerator = 1.0
        elif step % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / ((1 + numerator * d) or tiny)
        c = (1 + numerator / c) or tiny
        total *= c * d
        if step and abs(c * d - 1) < 1e-14:
            break
    return front * (total - 1)


def chi_square_above(value: float) -> float:
    """This function will give the chance of a chi-square of one degree of freedom above this."""
    return math.erfc(math.sqrt(max(0.0, value) / 2))


def wilson_bp(part: int, whole: int, confidence_bp: int = 9_500) -> tuple[int, int]:
    """This function will give Wilson's interval of a share in basis points, never outside 0 to 100 %."""
    if whole == 0:
        return 0, BP
    z = z_of(confidence_bp)
    share = part / whole
    middle = share + z * z / (2 * whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    return max(0, math.floor((middle - spread) / scale * BP)), min(BP, math.ceil((middle + spread) / scale * BP))


def percentile(values: list[float], share: float) -> float:
    """This function will give the value under which this share of sorted values lies, straight between neighbours."""
    place = share * (len(values) - 1)
    low = math.floor(place)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (place - low)
