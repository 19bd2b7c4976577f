"""Writes of a launch's packaging and promotion materials and of its budget: planned, ordered, arrived; more than the budget only with a second person (SUP-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from kaibo.kit.errors import Conflict, Forbidden, Invalid
from kaibo.kit.money import yuan_text
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.notices import notices
from kaibo.stages.supply import launch_coverage, launch_plans, quality
from kaibo.stages.supply.launch_coverage import PlanView, plan_for
from kaibo.stages.supply.launch_models import BudgetRaise, LaunchMaterial, LaunchSupply
from kaibo.stages.supply.permissions import BUDGET_ALLOW, BUDGET_SET, LAUNCH_PLAN

State = LaunchMaterial.State
MOST_MATERIALS = 100


class MaterialWrong(Invalid):
    code = "supply.material_wrong"
    message_zh = "物料要写名称，每包用量和总量二选一，数量大于 0，单价不能为负"
    message_en = "A material needs a name, a quantity a parcel or in all above zero, and a price not below zero"


class MaterialMovedOn(Conflict):
    code = "supply.material_moved_on"
    message_zh = "这项物料的状态已变化，请刷新"
    message_en = "This material has moved on; reload"


class BudgetSpent(Conflict):
    code = "supply.budget_spent"
    message_zh = "下单后共 {committed}，超出可花的 {limit}；先请第二个人批准超支"
    message_en = "With this order {committed} would be committed, more than the {limit} that may be spent; a second person must allow it first"


class BudgetWrong(Invalid):
    code = "supply.budget_wrong"
    message_zh = "金额不能为负，超支的上限要高于预算，并写明为什么"
    message_en = "Amounts may not be below zero, a raise must be above the budget, and say why"


class RaiseDecided(Conflict):
    code = "supply.raise_decided"
    message_zh = "这个超支申请已有人处理，或已有一个在等"
    message_en = "This request has been decided, or another one waits"


class RaiseBySamePerson(Forbidden):
    code = "supply.raise_by_same_person"
    message_zh = "超支要由另一个人批准，不能批自己的申请"
    message_en = "Another person must allow this; nobody allows his own request"


@dataclass(frozen=True, slots=True)
class MaterialSaid:
    """A line of material as it is typed: a parcel or in all, one of both."""

    kind: str
    title: str
    a_parcel_milli: int | None
    total_units: int | None
    on_hand: int
    price_fen: int
    supplier_name: str
    needed_on: date


@transaction.atomic
def add_material(*, actor: Actor, launch_id: UUID, said: MaterialSaid, now: datetime) -> LaunchMaterial:
    """This function will plan a material for a launch.   Raises: Forbidden, LaunchWithoutPlan, MaterialWrong.   Source: SUP-12."""
    plan = _plan(actor, launch_id)
    is_one = (said.a_parcel_milli is None) != (said.total_units is None)
    if not is_one or (said.a_parcel_milli or said.total_units or 0) <= 0 or min(said.on_hand, said.price_fen) < 0 or not said.title.strip():
        raise MaterialWrong
    if said.kind not in {"packaging", "promotion"} or LaunchMaterial.objects.filter(plan=plan).count() >= MOST_MATERIALS:
        raise MaterialWrong
    made = LaunchMaterial.objects.create(
        plan=plan, kind=said.kind, title=said.title.strip()[:60], a_parcel_milli=said.a_parcel_milli, total_units=said.total_units, on_hand=said.on_hand,
        price_fen=said.price_fen, supplier_name=said.supplier_name.strip()[:80], needed_on=said.needed_on, added_by=actor.name, added_at=now,
    )  # fmt: skip
    launch_plans.record(actor, plan, "supply:material:add", now, title=made.title, price_fen=made.price_fen)
    return made


@transaction.atomic
def order_material(*, actor: Actor, material_id: UUID, now: datetime) -> LaunchMaterial:
    """
    This function will note that a material was ordered, as much as is missing now and at its price; what was ordered stands.

    Refused where the orders of the launch would come to more than may be spent.   Raises: Forbidden, MaterialMovedOn, BudgetSpent.   Source: SUP-12.
    """
    found, plan = _material(actor, material_id)
    view = _held_still(plan, now)
    line = next((line for one, _needed, line in view.materials if one.pk == material_id), None)
    if line is None or line.state != State.PLANNED:
        raise MaterialMovedOn
    committed = view.money.committed_fen + line.planned_fen
    if committed > view.money.limit_fen:
        raise BudgetSpent(committed=yuan_text(committed), limit=yuan_text(view.money.limit_fen))
    _step(found, State.PLANNED, State.ORDERED, ordered_units=line.to_order, ordered_fen=line.planned_fen, ordered_by=actor.name, ordered_at=now)
    launch_plans.record(actor, plan, "supply:material:order", now, title=found.title, units=line.to_order, fen=line.planned_fen)
    return found


@transaction.atomic
def take_order_back(*, actor: Actor, material_id: UUID, reason: str, now: datetime) -> LaunchMaterial:
    """This function will say that an ordered material will not come: it is planned again.   Raises: Forbidden, MaterialMovedOn, ReasonMissing."""
    found, plan = _material(actor, material_id)
    if not reason.strip():
        raise quality.ReasonMissing
    _step(found, State.ORDERED, State.PLANNED, ordered_units=0, ordered_fen=0, ordered_by="", ordered_at=None)
    launch_plans.record(actor, plan, "supply:material:order_back", now, reason=reason, title=found.title)
    return found


@transaction.atomic
def note_arrival(*, actor: Actor, material_id: UUID, spent_fen: int | None, now: datetime) -> LaunchMaterial:
    """
    This function will note that an ordered material came and what was paid; unsaid: what it was ordered for.

    Raises: Forbidden, MaterialMovedOn, MaterialWrong.   Source: SUP-12.
    """
    found, plan = _material(actor, material_id)
    if spent_fen is not None and spent_fen < 0:
        raise MaterialWrong
    paid = found.ordered_fen if spent_fen is None else spent_fen
    _step(found, State.ORDERED, State.ARRIVED, spent_fen=paid, arrived_by=actor.name, arrived_at=now)
    launch_plans.record(actor, plan, "supply:material:arrive", now, title=found.title, fen=paid)
    return found


@transaction.atomic
def drop_material(*, actor: Actor, material_id: UUID, reason: str, now: datetime) -> LaunchMaterial:
    """This function will take a planned material out of the plan, with the reason.   Raises: Forbidden, MaterialMovedOn, ReasonMissing."""
    found, plan = _material(actor, material_id)
    if not reason.strip():
        raise quality.ReasonMissing
    _step(found, State.PLANNED, State.DROPPED)
    launch_plans.record(actor, plan, "supply:material:drop", now, reason=reason, title=found.title)
    return found


@transaction.atomic
def set_budget(*, actor: Actor, launch_id: UUID, budget_fen: int, reason: str, now: datetime) -> None:
    """This function will set what a launch may spend on materials.   Raises: Forbidden, LaunchWithoutPlan, BudgetWrong.   Source: SUP-12."""
    plan = plan_for(actor, launch_id)
    access.require(actor, BUDGET_SET, shop_id=plan.shop_id)
    if budget_fen < 0 or not reason.strip():
        raise BudgetWrong
    LaunchSupply.objects.filter(pk=launch_id).update(budget_fen=budget_fen)
    launch_plans.record(actor, plan, "supply:budget:set", now, reason=reason, was_fen=plan.budget_fen, fen=budget_fen)


@transaction.atomic
def ask_raise(*, actor: Actor, launch_id: UUID, up_to_fen: int, reason: str, now: datetime) -> BudgetRaise:
    """This function will ask that a launch may spend more than its budget, up to an amount.   Raises: Forbidden, BudgetWrong, RaiseDecided.   Source: SUP-12."""
    plan = _plan(actor, launch_id)
    if up_to_fen <= plan.budget_fen or not reason.strip():
        raise BudgetWrong
    try:
        with transaction.atomic():
            made = BudgetRaise.objects.create(
                plan=plan, up_to_fen=up_to_fen, reason=reason.strip()[:200], asked_by=actor.person_id, asked_by_name=actor.name, asked_at=now
            )
    except IntegrityError:
        raise RaiseDecided from None
    launch_plans.record(actor, plan, "supply:budget:ask", now, reason=reason, up_to_fen=up_to_fen)
    notices.tell(
        set(people_with_role("owner", shop_id=plan.shop_id)) - {actor.person_id}, key=f"budget-raise:{made.pk}", now=now, state="run", href=f"/supply/launches/{launch_id}#budget",
        title=gettext_noop("%(title)s 物料超支到 %(fen)s 待批准"), values={"title": plan.launch.title, "fen": yuan_text(up_to_fen)},
    )  # fmt: skip
    return made


@transaction.atomic
def allow_raise(*, actor: Actor, raise_id: UUID, now: datetime) -> BudgetRaise:
    """This function will allow spending above a budget, as a second person.   Raises: Forbidden, RaiseBySamePerson, RaiseDecided.   Source: SUP-12."""
    asked = BudgetRaise.objects.filter(pk=raise_id).first()
    if asked is None:
        raise RaiseDecided
    plan = plan_for(actor, asked.plan_id)
    access.require(actor, BUDGET_ALLOW, shop_id=plan.shop_id)
    if asked.asked_by == actor.person_id:
        raise RaiseBySamePerson
    allowed = {"allowed_by": actor.person_id, "allowed_by_name": actor.name, "allowed_at": now}
    if not BudgetRaise.objects.filter(pk=raise_id, allowed_at=None).update(**allowed):
        raise RaiseDecided
    launch_plans.record(actor, plan, "supply:budget:allow", now, reason=asked.reason, up_to_fen=asked.up_to_fen)
    return asked


def _plan(actor: Actor, launch_id: UUID) -> LaunchSupply:
    plan = plan_for(actor, launch_id)
    access.require(actor, LAUNCH_PLAN, shop_id=plan.shop_id)
    return plan


def _material(actor: Actor, material_id: UUID) -> tuple[LaunchMaterial, LaunchSupply]:
    found = LaunchMaterial.objects.filter(pk=material_id).first()
    if found is None:
        raise MaterialMovedOn
    return found, _plan(actor, found.plan_id)


def _held_still(plan: LaunchSupply, now: datetime) -> PlanView:
    # lock: two orders of one launch take turns, so that both together stay within what may be spent
    LaunchSupply.objects.select_for_update().get(pk=plan.pk)
    return launch_coverage.view_of(plan, now)


def _step(found: LaunchMaterial, source: str, target: str, **changes: object) -> None:
    if not LaunchMaterial.objects.filter(pk=found.pk, state=source).update(state=target, **changes):
        raise MaterialMovedOn
