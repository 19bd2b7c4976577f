"""
A trial sale 试卖: how many people it takes, how long it lasts, when it stops early, what it costs, and what its result says. Pure.

Source: SEL-14, SEL-15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from kaibo.kit.errors import Invalid
from kaibo.kit.money import BP, share_bp
from kaibo.stages.selection.probability import NORMAL, wilson_bp


class TrialImpossible(Invalid):
    code = "selection.trial_impossible"
    message_zh = "试卖方案算不通：{why_zh}"
    message_en = "The trial cannot be planned: {why_en}"


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a trial must show: buyers per viewer above `usual_bp` by at least `worth_bp` (both of viewers), with the chances of being wrong.

    `false_bp` is the chance of passing a product no better than usual, `power_bp` of passing one that really is better by that much.
    """

    usual_bp: int
    worth_bp: int
    viewers_a_day: int
    profit_each_fen: int
    return_limit_bp: int
    false_bp: int = 500
    power_bp: int = 8_000
    loss_limit_fen: int = 0
    fixed_fen: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """How many viewers and days it takes, the buyers that pass, and what the trial may cost at worst."""

    viewers: int
    days: int
    buyers_to_pass: int
    false_bp: int
    power_bp: int
    stock_units: int
    cost_fen: int


def check_plan(plan: Plan) -> None:
    """This function will refuse a plan nobody can carry out.   Raises: TrialImpossible."""
    if plan.usual_bp <= 0 or plan.worth_bp <= 0 or plan.usual_bp + plan.worth_bp >= BP:
        raise TrialImpossible(why_zh="平时成交率和要看出的差距都要大于 0，加起来小于 100%", why_en="the usual rate and the difference must be above 0, together below 100 %")
    if plan.viewers_a_day <= 0:
        raise TrialImpossible(why_zh="每天看到的人数要大于 0", why_en="some viewers a day are needed")
    if not 0 < plan.false_bp < 5_000 or not 5_000 <= plan.power_bp < BP:
        raise TrialImpossible(why_zh="误判率要小于 50%，把握要在 50% 到 100% 之间", why_en="the false rate must be below 50 %, the power between 50 and 100 %")


def size_of(plan: Plan) -> Size:
    """
    This function will give the smallest trial that keeps both chances exactly (binomial), found from the normal approximation.

    Stock is what the trial would sell if the product were as good as hoped, with two standard deviations on top.
    Raises: TrialImpossible.   Source: SEL-14.
    """
    check_plan(plan)
    usual, hoped = plan.usual_bp / BP, (plan.usual_bp + plan.worth_bp) / BP
    false, power = plan.false_bp / BP, plan.power_bp / BP
    spread = NORMAL.inv_cdf(1 - false) * math.sqrt(usual * (1 - usual)) + NORMAL.inv_cdf(power) * math.sqrt(hoped * (1 - hoped))
    viewers = max(10, math.ceil((spread / (hoped - usual)) ** 2 * 0.9))
    while True:
        needed = _to_pass(viewers, usual, false)
        reached = at_least(needed, viewers, hoped)
        if reached >= power:
            break
        viewers += max(1, viewers // 200)
    stock = math.ceil(viewers * hoped + 2 * math.sqrt(viewers * hoped * (1 - hoped)))
    lost = max(0, -plan.profit_each_fen) * stock
    return Size(
        viewers, -(-viewers // plan.viewers_a_day), needed, round(at_least(needed, viewers, usual) * BP), round(reached * BP), stock, plan.fixed_fen + lost
    )


def _to_pass(viewers: int, usual: float, false: float) -> int:
    """The fewest buyers a usual product reaches with at most the false chance; the tail falls as buyers grow, so it is halved."""
    low, high = int(viewers * usual), viewers + 1
    while low < high:
        middle = (low + high) // 2
        if at_least(middle, viewers, usual) <= false:
            high = middle
        else:
            low = middle + 1
    return low


def at_least(buyers: int, viewers: int, share: float) -> float:
    """This function will give the chance of at least so many buyers among viewers who each buy with this chance: the exact binomial tail."""
    if buyers <= 0:
        return 1.0
    if buyers > viewers:
        return 0.0
    first = math.lgamma(viewers + 1) - math.lgamma(buyers + 1) - math.lgamma(viewers - buyers + 1)
    term = math.exp(first + buyers * math.log(share) + (viewers - buyers) * math.log1p(-share))
    odds, total = share / (1 - share), term
    if buyers >= viewers * share:
        for k in range(buyers + 1, viewers + 1):
            term *= odds * (viewers - k + 1) / k
            total += term
            if term < total * 1e-16:
                break
        return min(1.0, total)
    total = 0.0
    for k in range(buyers, 0, -1):
        term *= k / (odds * (viewers - k + 1))
        total += term
        if term < total * 1e-16:
            break
    return max(0.0, 1.0 - total)


class Ending(StrEnum):
    """What a trial's figures say so far."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    STOP_LOSS = "stop_loss"
    STOP_RETURNS = "stop_returns"
    FUTILE = "futile"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted so far, summed over the trial's days. `returned` are units that came back."""

    viewers: int
    buyers: int
    units: int
    returned: int
    profit_fen: int


@dataclass(frozen=True, slots=True)
class Result:
    """Where a trial stands, with the figures that say so."""

    ending: Ending
    buy_bp: int
    buy_low_bp: int
    buy_high_bp: int
    return_bp: int
    return_low_bp: int
    return_high_bp: int
    chance_to_pass_bp: int


FUTILE_BP = 100
"""When even a product as good as hoped would reach the line less often than this, going on only costs money."""
FEWEST_UNITS_TO_STOP = 20


def judge_trial(plan: Plan, size: Size, seen: Seen) -> Result:
    """
    This function will say whether a trial goes on, passed, failed or has to stop.

    It passes only at its planned size, so that looking every day does not raise the chance of a false pass; it may stop early for money, for
    returns that are surely too many (the interval's low end above the limit), or because passing has become hopeless: those only refuse.
    Quality goes first: too many returns fail a trial that sold well.   Source: SEL-14, SEL-15.
    """
    buy_low, buy_high = wilson_bp(seen.buyers, seen.viewers)
    back_low, back_high = wilson_bp(seen.returned, seen.units)
    left, missing = max(0, size.viewers - seen.viewers), size.buyers_to_pass - seen.buyers
    hoped = (plan.usual_bp + plan.worth_bp) / BP
    chance = at_least(missing, left, hoped)
    return Result(
        _ending(plan, size, seen, back_low, chance), share_bp(seen.buyers, seen.viewers), buy_low, buy_high, share_bp(seen.returned, seen.units), back_low,
        back_high, round(chance * BP),
    )  # fmt: skip


def _ending(plan: Plan, size: Size, seen: Seen, back_low: int, chance: float) -> Ending:
    if plan.loss_limit_fen and seen.profit_fen < -plan.loss_limit_fen:
        return Ending.STOP_LOSS
    if seen.units >= FEWEST_UNITS_TO_STOP and back_low > plan.return_limit_bp:
        return Ending.STOP_RETURNS
    if seen.viewers >= size.viewers:
        is_good = seen.buyers * size.viewers >= size.buyers_to_pass * seen.viewers
        is_kept = share_bp(seen.returned, seen.units) <= plan.return_limit_bp
        return Ending.PASSED if is_good and is_kept else Ending.FAILED
    return Ending.FUTILE if chance * BP < FUTILE_BP else Ending.RUNNING
