"""Writes of trials and A/B tests: begin, note changes, lock, promote; figures typed in; decide with the figures kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.listing import queries, trial_queries
from kaibo.stages.listing.models import (
    AbDecision,
    AbFigures,
    AbTest,
    DayFigures,
    IndustryMean,
    Listing,
    Trial,
    TrialChange,
)
from kaibo.stages.listing.permissions import EDIT, PUBLISH
from kaibo.stages.listing.rules import State
from kaibo.stages.listing.sequential import Design, sequential_sample_size
from kaibo.stages.listing.trial_queries import TRIAL_DAYS_KEY
from kaibo.stages.listing.trials import TRIAL_STEPS, TrialState

CHANGE_KINDS = ("keyword", "page", "price", "picture")
MOST_VISITORS = 1_000_000_000


class TrialRunning(Conflict):
    code = "listing.trial_running"
    message_zh = "这个商品页已经在试卖"
    message_en = "The page is on trial already"


class NotOnSale(Conflict):
    code = "listing.not_on_sale"
    message_zh = "先上架，才能试卖和做 A/B 试验"
    message_en = "The page has to be on sale before a trial or an A/B test"


class AudienceMissing(Invalid):
    code = "listing.audience_missing"
    message_zh = "写清楚给哪一小群人试：精准人群才看得出好坏"
    message_en = "Name the small audience of the trial"


class ChangeUnclear(Invalid):
    code = "listing.change_unclear"
    message_zh = "写清楚改了什么（关键词、页面、价格或图片）"
    message_en = "Say what was changed (keyword, page, price or picture)"


class FiguresImpossible(Invalid):
    code = "listing.figures_impossible"
    message_zh = "数字对不上：{why}"
    message_en = "The figures do not fit: {why}"


class MeanIncomplete(Invalid):
    code = "listing.mean_incomplete"
    message_zh = "行业均值要有来源，且在 0 和 100 % 之间"
    message_en = "A trade mean needs a source and lies between 0 and 100 %"


class AbTestUnclear(Invalid):
    code = "listing.test_unclear"
    message_zh = "试验写不清楚：{why}"
    message_en = "The test is not clear: {why}"


class AbTestExists(Conflict):
    code = "listing.test_exists"
    message_zh = "编号 {code} 已用过，或这一处已有一个在跑的试验"
    message_en = "The code {code} is taken, or a test of this very thing is running already"


class AbTestEnded(Conflict):
    code = "listing.test_ended"
    message_zh = "这个试验已经结束"
    message_en = "The test has ended"


class NotDecided(Conflict):
    code = "listing.test_not_decided"
    message_zh = "证据还不够选 {version}：现在的证据 {evidence}，要到 {needed}"
    message_en = "The evidence does not allow {version} yet: {evidence} of {needed}"


class SplitLeaks(Conflict):
    code = "listing.split_leaks"
    message_zh = "分流和计划不符（可靠 p = {p}），结论不可信：先查分流，再重做"
    message_en = "The split is not as planned (always-valid p = {p}); mend the split and begin again"


@transaction.atomic
def begin_trial(*, actor: Actor, listing_id: UUID, audience: str, now: datetime) -> Trial:
    """
    This function will put a page on trial with a named small audience and start the 3-day clock.

    Raises: Forbidden, ListingUnknown, NotOnSale, AudienceMissing, TrialRunning.   Source: LST-9, LST-11.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, PUBLISH, shop_id=listing.shop_id)
    if not audience.strip():
        raise AudienceMissing
    if listing.state != State.PUBLISHED:
        raise NotOnSale
    # lock: one trial at a time on a page
    Listing.objects.select_for_update().get(pk=listing.pk)
    if listing.trials.filter(state__in=[TrialState.RUNNING, TrialState.LOCKED]).exists():
        raise TrialRunning
    days = thresholds.value(TRIAL_DAYS_KEY, shop_id=listing.shop_id)
    trial = Trial.objects.create(
        listing=listing, shop_id=listing.shop_id, audience=audience.strip()[:120], first_day=business_date(now), started_by=actor.name, started_at=now,
        ends_at=now + timedelta(days=days),
    )
    audit.record(actor, "listing:trial:begin", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"audience": trial.audience, "days": days})
    return trial


@transaction.atomic
def note_change(*, actor: Actor, trial_id: UUID, kind: str, note: str, now: datetime) -> TrialChange:
    """This function will note what was changed during a trial and why.   Raises: Forbidden, TrialUnknown, ChangeUnclear, StepNotAllowed.   Source: LST-11."""
    trial = trial_queries.trial_for(actor, trial_id)
    access.require(actor, EDIT, shop_id=trial.shop_id)
    if kind not in CHANGE_KINDS or not note.strip():
        raise ChangeUnclear
    if trial.state != TrialState.RUNNING:
        TRIAL_STEPS.require(TrialState(trial.state), TrialState.LOCKED)
    change = TrialChange.objects.create(trial=trial, kind=kind, note=note.strip()[:300], made_by=actor.name, made_at=now)
    audit.record(actor, "listing:trial:change", subject=f"listing:{trial.listing_id}", now=now, shop_id=trial.shop_id, details={"kind": kind, "note": change.note})
    return change


@transaction.atomic
def step_trial(*, actor: Actor, trial_id: UUID, to: TrialState, reason: str, now: datetime) -> Trial:
    """
    This function will lock the version on sale, promote it, open it again, or stop the trial.

    Raises: Forbidden, TrialUnknown, NotOnSale, StepNotAllowed.   Source: LST-11.
    """
    trial = trial_queries.trial_for(actor, trial_id)
    access.require(actor, PUBLISH, shop_id=trial.shop_id)
    before = TrialState(trial.state)
    TRIAL_STEPS.require(before, to)
    locked = trial.locked_version
    if to is TrialState.LOCKED:
        if trial.listing.state != State.PUBLISHED:
            raise NotOnSale
        locked = trial.listing.published_version
    changed = Trial.objects.filter(pk=trial.pk, state=before).update(state=to, locked_version=locked, changed_by=actor.name, changed_at=now)
    if not changed:
        TRIAL_STEPS.require(TrialState(Trial.objects.values_list("state", flat=True).get(pk=trial.pk)), to)
    words = {TrialState.LOCKED: "lock", TrialState.PROMOTED: "promote", TrialState.STOPPED: "stop", TrialState.RUNNING: "page"}[to]
    TrialChange.objects.create(trial=trial, kind=words, note=(reason.strip() or {"lock": f"锁定第 {locked} 版", "page": "重新打开"}.get(words, words))[:300], made_by=actor.name, made_at=now)
    audit.record(actor, f"listing:trial:{to}", subject=f"listing:{trial.listing_id}", now=now, shop_id=trial.shop_id, reason=reason.strip(), details={"version": locked})
    trial.refresh_from_db()
    return trial


@dataclass(frozen=True, slots=True)
class DayCounts:
    """A day as a person types it in."""

    views: int
    clicks: int
    favourites: int = 0
    carts: int = 0
    orders: int = 0


@transaction.atomic
def type_day(*, actor: Actor, listing_id: UUID, day: date, counts: DayCounts, now: datetime) -> DayFigures:
    """This function will keep a day's figures, replacing earlier ones of that day.   Raises: Forbidden, ListingUnknown, FiguresImpossible.   Source: LST-9."""
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    if min(counts.views, counts.clicks, counts.favourites, counts.carts, counts.orders) < 0:
        raise FiguresImpossible(why="有负数 / a negative number")
    if counts.clicks > counts.views:
        raise FiguresImpossible(why="点击比曝光多 / more clicks than views")
    if day > business_date(now):
        raise FiguresImpossible(why="日期在将来 / the day is in the future")
    figures, _is_new = DayFigures.objects.update_or_create(
        listing=listing, day=day,
        defaults={"views": counts.views, "clicks": counts.clicks, "favourites": counts.favourites, "carts": counts.carts, "orders": counts.orders, "read_at": now},
    )
    audit.record(actor, "listing:figures:type", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"day": day.isoformat(), "views": counts.views, "clicks": counts.clicks, "orders": counts.orders})
    return figures


@transaction.atomic
def set_mean(
    *, actor: Actor, listing_id: UUID, metric: str, rate_bp: int, source: str, dated_on: date, now: datetime
) -> IndustryMean:
    """This function will keep what the trade reaches on the listing's platform and category, dated and with its source.   Raises: Forbidden, MeanIncomplete.   Source: LST-10."""
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, EDIT, shop_id=listing.shop_id)
    if metric not in {"click", "interest", "order"} or not 0 < rate_bp <= 10_000 or not source.strip():
        raise MeanIncomplete
    mean, _is_new = IndustryMean.objects.update_or_create(
        shop_id=listing.shop_id, platform=listing.channel.platform, category_word=listing.product.category.title, metric=metric, dated_on=dated_on,
        defaults={"rate_bp": rate_bp, "source": source.strip()[:200], "added_by": actor.name},
    )
    audit.record(actor, "listing:mean:set", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"metric": metric, "rate_bp": rate_bp, "source": mean.source})
    return mean


@dataclass(frozen=True, slots=True)
class AbTestDraft:
    """A test as it is settled before its start. `kind` is the thing tested: first_screen, button, title, price_words."""

    code: str
    kind: str
    question: str
    a_words: str
    b_words: str
    metric: str
    baseline_bp: int
    lift_bp: int
    visitors_a_day: int
    b_share_bp: int = 5_000


def check_draft(draft: AbTestDraft) -> int:
    """This function will refuse a test that cannot be read, and give how many visitors it needs.   Raises: AbTestUnclear."""
    if not all(one.strip() for one in (draft.code, draft.question, draft.a_words, draft.b_words)):
        raise AbTestUnclear(why="编号、问题和两个版本都要写 / code, question and both versions are needed")
    if draft.kind not in trial_queries.TEST_KINDS or draft.metric not in {"click", "order"}:
        raise AbTestUnclear(why="试什么、看哪个指标 / what is tested and by which metric")
    top = draft.baseline_bp * (10_000 + draft.lift_bp)
    if not 0 < draft.baseline_bp < 10_000 or draft.lift_bp < 100 or top >= 10_000 * 10_000:
        raise AbTestUnclear(why="现有的率要在 0 和 100 % 之间，想看到的变化至少 1 % / rate between 0 and 100 %, change at least 1 %")
    if not 500 <= draft.b_share_bp <= 9_500 or not 0 < draft.visitors_a_day <= MOST_VISITORS:
        raise AbTestUnclear(why="B 的份额 5 %–95 %，每天人数大于 0 / B's share 5–95 %, visitors a day above 0")
    return sequential_sample_size(Design(draft.baseline_bp / 10_000, draft.lift_bp / 10_000, b_share=draft.b_share_bp / 10_000))


@transaction.atomic
def begin_test(*, actor: Actor, listing_id: UUID, draft: AbTestDraft, now: datetime) -> AbTest:
    """
    This function will begin an A/B test with everything settled that decides it: metric, expected rate, change worth seeing, split.

    Raises: Forbidden, ListingUnknown, NotOnSale, AbTestUnclear, AbTestExists.   Source: LST-12.
    """
    listing = queries.listing_for(actor, listing_id)
    access.require(actor, PUBLISH, shop_id=listing.shop_id)
    if listing.state != State.PUBLISHED:
        raise NotOnSale
    needed = check_draft(draft)
    try:
        with transaction.atomic():
            test = AbTest.objects.create(
                listing=listing, shop_id=listing.shop_id, code=draft.code.strip()[:20], kind=draft.kind, question=draft.question.strip()[:120],
                a_words=draft.a_words.strip()[:80], b_words=draft.b_words.strip()[:80], metric=draft.metric, baseline_bp=draft.baseline_bp, lift_bp=draft.lift_bp,
                b_share_bp=draft.b_share_bp, visitors_a_day=draft.visitors_a_day, visitors_needed=needed, started_by=actor.name, started_at=now,
            )
    except IntegrityError as taken:
        raise AbTestExists(code=draft.code) from taken
    _log(test, "begin", "", {"needed": needed, "baseline_bp": draft.baseline_bp, "lift_bp": draft.lift_bp}, actor, now)
    audit.record(actor, "listing:test:begin", subject=f"listing:{listing.pk}", now=now, shop_id=listing.shop_id, details={"code": test.code, "needed": needed})
    return test


@transaction.atomic
def type_test_day(*, actor: Actor, test_id: UUID, day: date, a: tuple[int, int], b: tuple[int, int], now: datetime) -> trial_queries.AbTestReading:
    """This function will keep a day of a test (shown, acted for each version) and read it.   Raises: Forbidden, AbTestUnknown, AbTestEnded, FiguresImpossible.   Source: LST-12."""
    test = trial_queries.ab_test_for(actor, test_id)
    access.require(actor, EDIT, shop_id=test.shop_id)
    if test.state != "running":
        raise AbTestEnded
    if any(acted < 0 or acted > shown for shown, acted in (a, b)):
        raise FiguresImpossible(why="行动的人比看到的多，或有负数 / more acted than were shown")
    if day > business_date(now):
        raise FiguresImpossible(why="日期在将来 / the day is in the future")
    for version, (shown, acted) in (("a", a), ("b", b)):
        AbFigures.objects.update_or_create(test=test, day=day, version=version, defaults={"shown": shown, "acted": acted, "read_at": now})
    audit.record(actor, "listing:test:figures", subject=f"listing:{test.listing_id}", now=now, shop_id=test.shop_id, details={"code": test.code, "day": day.isoformat(), "a": list(a), "b": list(b)})
    return keep_evidence(test)


def keep_evidence(test: AbTest) -> trial_queries.AbTestReading:
    """This function will read a test and keep its greatest evidence: every look counts, whoever looked."""
    reading = trial_queries.read_test(test)
    if reading.log_evidence > test.best_log_evidence:
        AbTest.objects.filter(pk=test.pk, best_log_evidence__lt=reading.log_evidence).update(best_log_evidence=reading.log_evidence)
        test.best_log_evidence = reading.log_evidence
    return reading


@transaction.atomic
def decide_test(*, actor: Actor, test_id: UUID, version: str, reason: str, now: datetime) -> AbTest:
    """
    This function will end a test: with a version only when the evidence carries it and the split is sound; without one at any time.

    The log keeps the figures the decision rested on.
    Raises: Forbidden, AbTestUnknown, AbTestEnded, NotDecided, SplitLeaks, AbTestUnclear.   Source: LST-12.
    """
    test = trial_queries.ab_test_for(actor, test_id)
    access.require(actor, PUBLISH, shop_id=test.shop_id)
    if version not in {"a", "b", "none"}:
        raise AbTestUnclear(why="a、b 或 none")
    reading = keep_evidence(test)
    if version != "none":
        if reading.split_is_broken:
            raise SplitLeaks(p=f"{reading.split_p:.4f}")
        if reading.winner != version:
            raise NotDecided(version=version.upper(), evidence=f"{reading.evidence:.1f}", needed="20")
    if not AbTest.objects.filter(pk=test.pk, state="running").update(state="ended", decision=version, ended_at=now):
        raise AbTestEnded
    figures = {
        "a": [reading.a.shown, reading.a.acted], "b": [reading.b.shown, reading.b.acted], "evidence": round(reading.evidence, 3), "p": round(reading.p_value, 6),
        "difference": round(reading.difference, 6), "interval": [round(reading.low, 6), round(reading.high, 6)], "split_p": round(reading.split_p, 6),
    }
    _log(test, "decide", reason, {"version": version, **figures}, actor, now)
    audit.record(actor, "listing:test:decide", subject=f"listing:{test.listing_id}", now=now, shop_id=test.shop_id, reason=reason.strip(), details={"code": test.code, "version": version, **figures})
    test.refresh_from_db()
    return test


def _log(test: AbTest, action: str, reason: str, figures: dict[str, object], actor: Actor, now: datetime) -> None:
    AbDecision.objects.create(test=test, action=action, reason=reason.strip()[:300], figures=figures, made_by=actor.name, made_at=now)
