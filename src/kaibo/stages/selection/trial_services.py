"""Writes of trial sales: planned with a size, counted day by day, ended by what was counted (SEL-14, SEL-15)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.selection import price_services, queries, trials
from kaibo.stages.selection.economics import economics_of
from kaibo.stages.selection.models import Candidate, Trial, TrialDay
from kaibo.stages.selection.permissions import DECIDE, EDIT
from kaibo.stages.selection.trials import Ending, Plan, Result, Seen, Size


class TrialUnknown(NotFound):
    code = "selection.trial_unknown"
    message_zh = "没有这个试卖，或你看不到它"
    message_en = "There is no such trial, or you cannot see it"


class TrialRuns(Conflict):
    code = "selection.trial_runs"
    message_zh = "“{title}”已有一个正在进行的试卖"
    message_en = "“{title}” already has a running trial"


class TrialEnded(Conflict):
    code = "selection.trial_ended"
    message_zh = "这个试卖已经结束，不能再改"
    message_en = "This trial has ended and cannot be changed"


class TrialNotThere(Conflict):
    code = "selection.trial_not_there"
    message_zh = "试卖还没到人数，也没触到停止线：现在下结论会让误判率超过计划。可以取消，不能判通过或不通过"
    message_en = "The trial has neither reached its size nor a line to stop: judging it now would be wrong more often than planned. It can be cancelled"


class TrialDayWrong(Invalid):
    code = "selection.trial_day_wrong"
    message_zh = "这一天的数对不上：成交人数不能多于看到的人，件数不能少于人数，退回不能多于件数，日期不能晚于今天"
    message_en = "The day does not add up: buyers within viewers, pieces at least buyers, returned within pieces, no day in the future"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants a trial to show."""

    price_fen: int
    usual_bp: int
    worth_bp: int
    viewers_a_day: int
    return_limit_bp: int
    loss_limit_fen: int
    fixed_fen: int
    false_bp: int = 500
    power_bp: int = 8_000


def plan_for(candidate: Candidate, wish: Wish) -> tuple[Plan, Size]:
    """This function will work out how large a wished trial must be, with the candidate's profit at its price.   Raises: TrialImpossible."""
    _inputs, said = price_services.inputs_of(candidate)
    profit = price_services.profit_each(economics_of(candidate), said.coupon_fen if said else 0, said.coupon_use_bp if said else 0)(wish.price_fen)
    plan = Plan(
        wish.usual_bp, wish.worth_bp, wish.viewers_a_day, profit, wish.return_limit_bp, wish.false_bp, wish.power_bp, wish.loss_limit_fen, wish.fixed_fen
    )
    return plan, trials.size_of(plan)


@transaction.atomic
def begin_trial(*, actor: Actor, candidate_id: UUID, wish: Wish, now: datetime) -> Trial:
    """
    This function will begin a trial with its size fixed beforehand; one runs at a time.

    Raises: Forbidden, CandidateUnknown, TrialImpossible, TrialRuns.   Source: SEL-14.
    """
    candidate = queries.candidate_for(actor, candidate_id)
    access.require(actor, EDIT, shop_id=candidate.shop_id)
    if wish.price_fen <= 0 or wish.loss_limit_fen < 0 or wish.fixed_fen < 0 or not 0 <= wish.return_limit_bp <= 10_000:
        raise trials.TrialImpossible(why_zh="价格要大于 0，金额不能为负，退货上限在 0% 到 100% 之间", why_en="the price must be above 0, no money below, the limit of returns a share")
    plan, size = plan_for(candidate, wish)
    try:
        with transaction.atomic():
            trial = Trial.objects.create(
                candidate=candidate, price_fen=wish.price_fen, usual_bp=plan.usual_bp, worth_bp=plan.worth_bp, viewers_a_day=plan.viewers_a_day,
                return_limit_bp=plan.return_limit_bp, false_bp=plan.false_bp, power_bp=plan.power_bp, loss_limit_fen=plan.loss_limit_fen,
                fixed_fen=plan.fixed_fen, profit_each_fen=plan.profit_each_fen, viewers=size.viewers, buyers_to_pass=size.buyers_to_pass, days=size.days,
                stock_units=size.stock_units, planned_by=actor.name, planned_at=now,
            )  # fmt: skip
    except IntegrityError as running:
        raise TrialRuns(title=candidate.title) from running
    audit.record(actor, "selection:trial:begin", subject=f"trial:{trial.pk}", now=now, shop_id=candidate.shop_id, details={"plan": asdict(plan), "size": asdict(size)})
    return trial


def trial_for(actor: Actor, trial_id: UUID) -> Trial:
    """This function will give a trial with its candidate.   Raises: TrialUnknown."""
    trial = Trial.objects.select_related("candidate", "candidate__shop", "candidate__market").filter(pk=trial_id).first()
    if trial is None or not actor.sees(trial.candidate.shop_id):
        raise TrialUnknown
    return trial


def trials_of(candidate: Candidate) -> QuerySet[Trial]:
    """This function will give a candidate's trials, newest first."""
    return Trial.objects.filter(candidate=candidate).order_by("-planned_at")


def running_for(actor: Actor) -> QuerySet[Trial]:
    """This function will give the running trials an actor may see, oldest first."""
    return access.visible(Trial.objects.select_related("candidate").filter(state="running"), actor, "candidate__shop").order_by("planned_at")


def running_of(candidate: Candidate) -> UUID | None:
    """This function will give a candidate's running trial."""
    return Trial.objects.filter(candidate=candidate, state="running").values_list("pk", flat=True).first()


def plan_of(trial: Trial) -> tuple[Plan, Size]:
    """This function will give a trial's plan and size as they were fixed."""
    plan = Plan(
        trial.usual_bp, trial.worth_bp, trial.viewers_a_day, trial.profit_each_fen, trial.return_limit_bp, trial.false_bp, trial.power_bp,
        trial.loss_limit_fen, trial.fixed_fen,
    )  # fmt: skip
    return plan, Size(trial.viewers, trial.days, trial.buyers_to_pass, trial.false_bp, trial.power_bp, trial.stock_units, trial.fixed_fen)


def counted_of(trial: Trial) -> tuple[list[TrialDay], Seen]:
    """This function will give a trial's days, oldest first, and their sums."""
    days = list(TrialDay.objects.filter(trial=trial).order_by("day"))
    sums = {name: sum(getattr(one, name) for one in days) for name in ("viewers", "buyers", "units", "returned", "profit_fen")}
    return days, Seen(**sums)


def result_of(trial: Trial) -> Result:
    """This function will say where a trial stands."""
    plan, size = plan_of(trial)
    return trials.judge_trial(plan, size, counted_of(trial)[1])


@transaction.atomic
def count_day(*, actor: Actor, trial_id: UUID, day: date, seen: Seen, today: date, now: datetime) -> Result:
    """This function will keep what was counted on a day; said again it replaces that day.   Raises: Forbidden, TrialUnknown, TrialEnded, TrialDayWrong."""
    trial = trial_for(actor, trial_id)
    access.require(actor, EDIT, shop_id=trial.candidate.shop_id)
    trial = _running(trial)
    if day > today or seen.buyers > seen.viewers or seen.units < seen.buyers or seen.returned > seen.units or min(seen.viewers, seen.buyers, seen.returned) < 0:
        raise TrialDayWrong
    TrialDay.objects.update_or_create(trial=trial, day=day, defaults=asdict(seen) | {"said_by": actor.name, "said_at": now})
    audit.record(actor, "selection:trial:count", subject=f"trial:{trial.pk}", now=now, shop_id=trial.candidate.shop_id, details={"day": f"{day}"} | asdict(seen))
    return result_of(trial)


@transaction.atomic
def end_trial(*, actor: Actor, trial_id: UUID, reason: str, now: datetime) -> Trial:
    """
    This function will end a trial as its figures say: passed, failed or stopped. What they do not say yet nobody can declare.

    Raises: Forbidden, TrialUnknown, TrialEnded, TrialNotThere.   Source: SEL-15.
    """
    trial = trial_for(actor, trial_id)
    access.require(actor, DECIDE, shop_id=trial.candidate.shop_id)
    trial = _running(trial)
    result = result_of(trial)
    if result.ending is Ending.RUNNING:
        raise TrialNotThere
    state = "passed" if result.ending is Ending.PASSED else "failed"
    return _ended(actor, trial, state, result, reason, now)


@transaction.atomic
def cancel_trial(*, actor: Actor, trial_id: UUID, reason: str, now: datetime) -> Trial:
    """This function will cancel a trial, which then says nothing.   Raises: Forbidden, TrialUnknown, TrialEnded."""
    trial = trial_for(actor, trial_id)
    access.require(actor, DECIDE, shop_id=trial.candidate.shop_id)
    trial = _running(trial)
    return _ended(actor, trial, "cancelled", result_of(trial), reason, now)


def _running(trial: Trial) -> Trial:
    # lock: counting and ending exclude each other, so that a trial ends on the figures it shows
    held = Trial.objects.select_for_update(of=("self",)).select_related("candidate").get(pk=trial.pk)
    if held.state != "running":
        raise TrialEnded
    return held


def _ended(actor: Actor, trial: Trial, state: str, result: Result, reason: str, now: datetime) -> Trial:
    _days, seen = counted_of(trial)
    trial.state, trial.ended_by, trial.ended_at, trial.ending, trial.reason = state, actor.name, now, result.ending.value, reason.strip()
    trial.sheet = asdict(seen) | asdict(result)
    trial.save(update_fields=["state", "ended_by", "ended_at", "ending", "reason", "sheet"])
    audit.record(
        actor, f"selection:trial:{state}", subject=f"trial:{trial.pk}", now=now, shop_id=trial.candidate.shop_id, details=trial.sheet, reason=reason.strip()
    )
    return trial


def sums_of(trial_ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """This function will give trial → (viewers, buyers); one query."""
    rows = TrialDay.objects.filter(trial__in=trial_ids).values_list("trial").annotate(viewers=Sum("viewers"), buyers=Sum("buyers"))
    return {trial_id: (viewers, buyers) for trial_id, viewers, buyers in rows}
