"""Reads of trials and A/B tests, scoped by actor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, F, QuerySet, Sum
from django.utils.translation import gettext_lazy

from kaibo.kit.errors import NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import reading
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.listing.models import AbFigures, AbTest, DayFigures, IndustryMean, Listing, Trial
from kaibo.stages.listing.sequential import Arm, Design, log_evidence, read, split_chi_square, split_p_value
from kaibo.stages.listing.trials import Diagnosis, Mean, Totals, diagnose

TRIAL_DAYS_KEY, LEAST_SHOWN_KEY = "listing.trial_days", "listing.trial_least_shown"
SPLIT_ALARM = 0.01
TEST_KINDS = {"first_screen": gettext_lazy("首屏：商品图还是场景图"), "button": gettext_lazy("按钮：立即购买还是抢优惠"), "title": gettext_lazy("标题"), "detail": gettext_lazy("详情页一段")}


class TrialUnknown(NotFound):
    code = "listing.trial_unknown"
    message_zh = "没有这次试卖，或你看不到它"
    message_en = "There is no such trial, or you cannot see it"


class AbTestUnknown(NotFound):
    code = "listing.test_unknown"
    message_zh = "没有这个试验，或你看不到它"
    message_en = "There is no such test, or you cannot see it"


def trials_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Trial]:
    """This function will give the trials an actor may see, the one that ends first in front."""
    found = access.visible(Trial.objects.select_related("listing__product__category", "listing__channel", "shop"), actor).order_by("state", "ends_at", "id")
    return found.filter(shop=shop_id) if shop_id else found


def trial_for(actor: Actor, trial_id: UUID) -> Trial:
    """This function will give a trial.   Raises: TrialUnknown."""
    found = Trial.objects.select_related("listing__product__category", "listing__channel").filter(pk=trial_id).first()
    if found is None or not actor.sees(found.shop_id):
        raise TrialUnknown
    return found


def ab_tests_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[AbTest]:
    """This function will give the A/B tests an actor may see, running ones first."""
    found = access.visible(AbTest.objects.select_related("listing__product", "listing__channel", "shop"), actor).order_by("-state", "-started_at", "id")
    return found.filter(shop=shop_id) if shop_id else found


def ab_test_for(actor: Actor, test_id: UUID) -> AbTest:
    """This function will give an A/B test.   Raises: AbTestUnknown."""
    found = AbTest.objects.select_related("listing__product", "listing__channel").filter(pk=test_id).first()
    if found is None or not actor.sees(found.shop_id):
        raise AbTestUnknown
    return found


def totals_of(listing_id: UUID, *, since: date, until: date | None = None) -> Totals:
    """This function will add up a page's figures from a day on."""
    found = DayFigures.objects.filter(listing=listing_id, day__gte=since)
    if until is not None:
        found = found.filter(day__lte=until)
    names = ("views", "clicks", "favourites", "carts", "orders")
    summed = found.aggregate(days=Count("id"), **{name: Sum(name) for name in names})
    return Totals(**{name: summed[name] or 0 for name in names}, days=summed["days"])


def means_of(listing: Listing, on: date) -> dict[str, Mean]:
    """
    This function will give metric → the trade's newest mean on a day: of the listing's platform and category before more general ones.

    Source: LST-10.
    """
    return _means_among(IndustryMean.objects.filter(shop=listing.shop_id, dated_on__lte=on), listing)


def _means_among(means: Iterable[IndustryMean], listing: Listing) -> dict[str, Mean]:
    words, platforms = {"", listing.product.category.title}, {"", listing.channel.platform}
    found: dict[str, tuple[tuple[bool, bool, date], Mean]] = {}
    for one in means:
        if one.shop_id != listing.shop_id or one.platform not in platforms or one.category_word not in words:
            continue
        rank = (bool(one.category_word), bool(one.platform), one.dated_on)
        if one.metric not in found or rank > found[one.metric][0]:
            found[one.metric] = (rank, Mean(one.rate_bp, one.source, one.dated_on))
    return {metric: mean for metric, (_rank, mean) in found.items()}


def diagnosis_of(trial: Trial, on: date) -> Diagnosis:
    """This function will say what to repair first on a page on trial.   Source: LST-10."""
    least = thresholds.value(LEAST_SHOWN_KEY, shop_id=trial.shop_id)
    return diagnose(totals_of(trial.listing_id, since=trial.first_day), means_of(trial.listing, on), least_shown=least)


def diagnoses_of(trials: Sequence[Trial], on: date) -> dict[UUID, Diagnosis]:
    """This function will say of many trials what to repair first, in a constant number of queries.   Source: LST-10."""
    names = ("views", "clicks", "favourites", "carts", "orders")
    summed = {
        row["pk"]: Totals(**{name: row[f"sum_{name}"] or 0 for name in names}, days=row["days"])
        for row in Trial.objects.filter(pk__in=[one.pk for one in trials], listing__figures__day__gte=F("first_day"))
        .values("pk").annotate(days=Count("listing__figures"), **{f"sum_{name}": Sum(f"listing__figures__{name}") for name in names}).order_by()
    }  # fmt: skip
    shops = {one.shop_id for one in trials}
    with reading():
        least = {shop_id: thresholds.value(LEAST_SHOWN_KEY, shop_id=shop_id) for shop_id in shops}
    means = list(IndustryMean.objects.filter(shop__in=shops, dated_on__lte=on))
    nothing = Totals(**dict.fromkeys(names, 0), days=0)
    return {
        one.pk: diagnose(summed.get(one.pk, nothing), _means_among(means, one.listing), least_shown=least[one.shop_id]) for one in trials
    }


def days_of(listing_id: UUID, *, since: date) -> list[DayFigures]:
    """This function will give a page's days, newest first."""
    return list(DayFigures.objects.filter(listing=listing_id, day__gte=since).order_by("-day"))


# A/B tests


@dataclass(frozen=True, slots=True)
class AbTestReading:
    """An A/B test as it stands: figures of both versions, evidence, the interval that holds at every look, the split, who wins."""

    a: Arm
    b: Arm
    evidence: float
    log_evidence: float
    p_value: float
    difference: float
    low: float
    high: float
    split_p: float
    split_chi_square: float
    split_is_broken: bool
    days: int
    winner: str

    @property
    def visitors(self) -> int:
        return int(self.a.shown + self.b.shown)


def design_of(test: AbTest) -> Design:
    return Design(test.baseline_bp / 10_000, test.lift_bp / 10_000, b_share=test.b_share_bp / 10_000)


def read_test(test: AbTest) -> AbTestReading:
    """This function will read a test from its figures of all days; looking often costs nothing.   Source: LST-12."""
    return _read(test, AbFigures.objects.filter(test=test).values_list("day", "version", "shown", "acted"))


def read_tests(tests: Iterable[AbTest]) -> dict[UUID, AbTestReading]:
    """This function will read many tests with one query."""
    kept = {one.pk: one for one in tests}
    rows: dict[UUID, list[tuple[date, str, int, int]]] = {pk: [] for pk in kept}
    for test_id, *row in AbFigures.objects.filter(test__in=list(kept)).values_list("test_id", "day", "version", "shown", "acted"):
        rows[test_id].append((row[0], row[1], row[2], row[3]))
    return {pk: _read(kept[pk], found) for pk, found in rows.items()}


def _read(test: AbTest, rows: Iterable[tuple[date, str, int, int]]) -> AbTestReading:
    counts = {"a": [0, 0], "b": [0, 0]}
    days = set()
    for day, version, shown, acted in rows:
        days.add(day)
        counts[version][0] += shown
        counts[version][1] += acted
    a, b = (Arm(*counts[one]) for one in "ab")
    design = design_of(test)
    made = read(a, b, design, best_so_far=test.best_log_evidence)
    split = split_p_value(counts["a"][0], counts["b"][0], design.b_share)
    winner = ("b" if made.difference > 0 else "a") if made.is_decided else ""
    return AbTestReading(
        a, b, made.evidence, max(test.best_log_evidence, log_evidence(a, b, design)), made.p_value, made.difference, made.low, made.high, split,
        split_chi_square(counts["a"][0], counts["b"][0], design.b_share), split < SPLIT_ALARM, len(days), winner,
    )


def path_of(test: AbTest) -> list[dict[str, object]]:
    """This function will give a test day by day as it was read then: difference, interval, evidence."""
    by_day: dict[date, dict[str, tuple[int, int]]] = {}
    for one in AbFigures.objects.filter(test=test).order_by("day"):
        by_day.setdefault(one.day, {})[one.version] = (one.shown, one.acted)
    design, best = design_of(test), 0.0
    counts = {"a": [0, 0], "b": [0, 0]}
    found: list[dict[str, object]] = []
    for day, versions in by_day.items():
        for version, (shown, acted) in versions.items():
            counts[version][0] += shown
            counts[version][1] += acted
        made = read(Arm(*counts["a"]), Arm(*counts["b"]), design, best_so_far=best)
        best = math.log(made.evidence) if made.evidence > 1 else best
        found.append({"day": day, "a": tuple(counts["a"]), "b": tuple(counts["b"]), "difference": made.difference, "low": made.low, "high": made.high, "evidence": made.evidence})
    return found


def days_left(test: AbTest, reading: AbTestReading) -> int:
    """This function will say how many more days of visitors the size worked out before the start still takes."""
    missing = max(0, test.visitors_needed - reading.visitors)
    return math.ceil(missing / test.visitors_a_day)
