"""Trial sales: rates with intervals beside the trade's mean, the diagnosis tree, the 3-day clock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from kaibo.kit.transitions import Transitions
from kaibo.stages.listing.sequential import wilson


class TrialState(StrEnum):
    """Where a trial stands."""

    RUNNING = "running"
    LOCKED = "locked"
    PROMOTED = "promoted"
    STOPPED = "stopped"


TRIAL_STEPS = Transitions.of(
    {
        TrialState.RUNNING: (TrialState.LOCKED, TrialState.STOPPED),
        TrialState.LOCKED: (TrialState.PROMOTED, TrialState.RUNNING, TrialState.STOPPED),
        TrialState.PROMOTED: (),
        TrialState.STOPPED: (),
    }
)
"""A locked version may be opened again until it is promoted (LST-11)."""

METRICS = (("click", "点击率", "click rate"), ("interest", "收藏加购率", "favourite and cart rate"), ("order", "转化率", "conversion"))


@dataclass(frozen=True, slots=True)
class Totals:
    """A trial's figures summed: shown, clicked, favourites, carts, orders."""

    views: int = 0
    clicks: int = 0
    favourites: int = 0
    carts: int = 0
    orders: int = 0
    days: int = 0

    def counts(self, metric: str) -> tuple[int, int]:
        """This function will give (acted, shown) of a metric. Favourites and carts are capped at the clicks, since one visitor may do both."""
        if metric == "click":
            return self.clicks, self.views
        acted = self.orders if metric == "order" else self.favourites + self.carts
        return min(acted, self.clicks), self.clicks


@dataclass(frozen=True, slots=True)
class Mean:
    """What the trade reaches, with its source and date."""

    rate_bp: int
    source: str
    dated_on: date


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of a page with its 95 % interval beside the trade's mean. `verdict`: below, level, above, unsure, unmeasured (no mean)."""

    metric: str
    acted: int
    shown: int
    rate_bp: int
    low_bp: int
    high_bp: int
    mean: Mean | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What to repair first and why; `step` is picture, detail, promote, wait or means."""

    step: str
    zh: str
    en: str
    source: str
    rates: tuple[Rate, ...]


def rate_of(metric: str, totals: Totals, mean: Mean | None, *, least_shown: int) -> Rate:
    """
    This function will put a rate beside its mean: below or above only when the whole interval is, level when the mean lies inside and
    enough people were shown it, unsure before.   Source: LST-10.
    """
    acted, shown = totals.counts(metric)
    low, high = wilson(acted, shown)
    low_bp, high_bp = int(low * 10_000), -int(-high * 10_000)
    if mean is None:
        verdict = "unmeasured"
    elif shown and high * 10_000 < mean.rate_bp:
        verdict = "below"
    elif shown and low * 10_000 > mean.rate_bp:
        verdict = "above"
    else:
        verdict = "level" if shown >= least_shown else "unsure"
    return Rate(metric, acted, shown, acted * 10_000 // shown if shown else 0, low_bp, high_bp, mean, verdict)


def diagnose(totals: Totals, means: Mapping[str, Mean], *, least_shown: int) -> Diagnosis:
    """
    This function will walk the tree: click rate below the trade's mean → the main picture first; then conversion low → the detail page;
    neither → lock and promote; not sure yet → wait and say for how many more.   Source: LST-10.
    """
    rates = tuple(rate_of(key, totals, means.get(key), least_shown=least_shown) for key, _zh, _en in METRICS)
    click, _interest, order = rates
    if click.verdict == "unmeasured" or order.verdict == "unmeasured":
        return Diagnosis("means", "还没有行业均值可比：先录入这个类目的点击率和转化率，写上来源", "There is no trade mean to compare with: enter click rate and conversion with their source", "LST-10", rates)
    if click.verdict == "below":
        return Diagnosis("picture", f"点击率 {_percent(click.rate_bp)}，95% 区间都低于行业 {_percent(click.mean.rate_bp)}：先改主图和首句", f"Click rate {_percent(click.rate_bp)}, its whole interval below the trade's {_percent(click.mean.rate_bp)}: change the main picture first", "LST-10", rates)  # type: ignore[union-attr]
    if click.verdict == "unsure":
        missing = max(0, least_shown - click.shown)
        return Diagnosis("wait", f"曝光 {click.shown:,}，还看不准点击率，再等 {missing:,} 次曝光", f"{click.shown:,} impressions do not tell the click rate yet; {missing:,} more are needed", "LST-10", rates)
    if order.verdict == "below":
        return Diagnosis("detail", f"点击够，转化率 {_percent(order.rate_bp)} 的区间低于行业 {_percent(order.mean.rate_bp)}：改详情页", f"Clicks are fine; conversion {_percent(order.rate_bp)} is below the trade's {_percent(order.mean.rate_bp)}: change the detail page", "LST-10", rates)  # type: ignore[union-attr]
    if order.verdict == "unsure":
        missing = max(0, least_shown - order.shown)
        return Diagnosis("wait", f"点击 {order.shown:,} 人，还看不准转化，再等 {missing:,} 次点击", f"{order.shown:,} clicks do not tell the conversion yet; {missing:,} more are needed", "LST-10", rates)
    return Diagnosis("promote", "点击和转化都不低于行业：锁定这一版，再推广", "Clicks and conversion hold against the trade: lock this version, then promote", "LST-11", rates)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What is left of a trial: hours, the state in which the list shows it, and what is still to do."""

    left_seconds: int
    state: str


def clock_of(ends_at: datetime, now: datetime) -> ClockReading:
    """This function will read the 3-day clock: run, warn in the last day, red when it is over.   Source: LST-11."""
    left = int((ends_at - now).total_seconds())
    return ClockReading(left, "red" if left <= 0 else "warn" if left <= timedelta(days=1).total_seconds() else "run")


def _percent(rate_bp: int) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d} %"
