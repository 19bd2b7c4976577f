"""Writes of launches: begin, plan, let a red gate through with two people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Conflict
from kaibo.master.launches import queries
from kaibo.master.launches.models import GateOverride, Launch, LaunchStage
from kaibo.master.launches.rules import ReasonMissing, SamePersonTwice, due_dates
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.wiring import wiring

LAUNCH_EDIT = "launches:launch:edit"
OVERRIDE_ASK = "launches:override:ask"
OVERRIDE_CONFIRM = "launches:override:confirm"


class OverrideDecided(Conflict):
    code = "launches.override_decided"
    message_zh = "这个放行申请已有人处理"
    message_en = "Somebody has decided this request already"


@transaction.atomic
def begin_launch(
    *,
    actor: Actor,
    shop_id: UUID,
    title: str,
    owner_id: UUID,
    now: datetime,
    product_id: UUID | None = None,
    on_air_at: datetime | None = None,
) -> Launch:
    """This function will begin a launch, with dates planned backwards from its broadcast.   Raises: Forbidden.   Source: TEAM-4."""
    access.require(actor, LAUNCH_EDIT, shop_id=shop_id)
    launch = Launch.objects.create(
        shop_id=shop_id, product_id=product_id, title=title, owner_id=owner_id, on_air_at=on_air_at, created_at=now
    )
    dates = due_dates(on_air_at) if on_air_at else {}
    LaunchStage.objects.bulk_create(
        [
            LaunchStage(launch=launch, stage=stage.key, owner_id=owner_id, due_at=dates.get(stage.key))
            for stage in wiring().stages
        ]
    )
    audit.record(
        actor,
        "launches:launch:begin",
        subject=f"launch:{launch.pk}",
        now=now,
        details={"title": title},
        shop_id=shop_id,
    )
    return launch


@transaction.atomic
def plan_launch(
    *, actor: Actor, launch_id: UUID, now: datetime, on_air_at: datetime | None = None, product_id: UUID | None = None
) -> None:
    """This function will set the broadcast (and re-plan the dates not yet past) or the product.   Raises: Forbidden, LaunchUnknown."""
    launch = queries.launch_for(actor, launch_id)
    access.require(actor, LAUNCH_EDIT, shop_id=launch.shop_id)
    if product_id:
        Launch.objects.filter(pk=launch_id).update(product_id=product_id)
    if on_air_at:
        Launch.objects.filter(pk=launch_id).update(on_air_at=on_air_at)
        for stage, due_at in due_dates(on_air_at).items():
            LaunchStage.objects.filter(launch=launch_id, stage=stage).update(due_at=due_at)
    audit.record(actor, "launches:launch:plan", subject=f"launch:{launch_id}", now=now, shop_id=launch.shop_id)


@transaction.atomic
def plan_stage(
    *, actor: Actor, launch_id: UUID, stage: str, owner_id: UUID, due_at: datetime | None, now: datetime
) -> None:
    """This function will give a stage of a launch its owner and date.   Raises: Forbidden, LaunchUnknown."""
    launch = queries.launch_for(actor, launch_id)
    access.require(actor, LAUNCH_EDIT, shop_id=launch.shop_id)
    LaunchStage.objects.update_or_create(launch=launch, stage=stage, defaults={"owner_id": owner_id, "due_at": due_at})
    audit.record(
        actor,
        "launches:stage:plan",
        subject=f"launch:{launch_id}",
        now=now,
        shop_id=launch.shop_id,
        details={"stage": stage, "owner": str(owner_id), "due": due_at.isoformat() if due_at else None},
    )


@transaction.atomic
def finish_launch(*, actor: Actor, launch_id: UUID, now: datetime, is_stopped: bool = False) -> None:
    """This function will take a launch off the board, finished or stopped.   Raises: Forbidden, LaunchUnknown."""
    launch = queries.launch_for(actor, launch_id)
    access.require(actor, LAUNCH_EDIT, shop_id=launch.shop_id)
    state = Launch.State.STOPPED if is_stopped else Launch.State.FINISHED
    Launch.objects.filter(pk=launch_id, state=Launch.State.RUNNING).update(state=state)
    audit.record(actor, f"launches:launch:{state}", subject=f"launch:{launch_id}", now=now, shop_id=launch.shop_id)


@transaction.atomic
def ask_override(*, actor: Actor, launch_id: UUID, stage: str, reason: str, now: datetime) -> GateOverride:
    """This function will ask for a red gate to be let through.   Raises: Forbidden, ReasonMissing, LaunchUnknown."""
    launch = queries.launch_for(actor, launch_id)
    access.require(actor, OVERRIDE_ASK, shop_id=launch.shop_id)
    if not reason.strip():
        raise ReasonMissing
    asked = GateOverride.objects.create(
        launch=launch, stage=stage, reason=reason, asked_by=actor.person_id, asked_at=now
    )
    audit.record(
        actor,
        OVERRIDE_ASK,
        subject=f"launch:{launch_id}",
        now=now,
        details={"stage": stage},
        reason=reason,
        shop_id=launch.shop_id,
    )
    return asked


@transaction.atomic
def confirm_override(*, actor: Actor, override_id: UUID, now: datetime) -> None:
    """
    This function will let a red gate through as the second person.

    Raises: Forbidden, SamePersonTwice, OverrideDecided.   Source: SHW-10.
    """
    asked = GateOverride.objects.select_related("launch").filter(pk=override_id).first()
    if asked is None:
        raise OverrideDecided
    access.require(actor, OVERRIDE_CONFIRM, shop_id=asked.launch.shop_id)
    if asked.asked_by == actor.person_id:
        raise SamePersonTwice
    if not GateOverride.objects.filter(pk=override_id, confirmed_by=None).update(
        confirmed_by=actor.person_id, confirmed_at=now
    ):
        raise OverrideDecided
    audit.record(
        actor,
        OVERRIDE_CONFIRM,
        subject=f"launch:{asked.launch_id}",
        now=now,
        details={"stage": asked.stage},
        reason=asked.reason,
        shop_id=asked.launch.shop_id,
    )
