"""Reads of launches: the board with every gate in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kaibo.kit.errors import NotFound
from kaibo.master.launches.models import GateOverride, Launch, LaunchStage
from kaibo.master.launches.rules import Lateness, lateness
from kaibo.master.people.queries import names_of
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import asked_once, reading
from kaibo.plumbing.wiring import Finding, wiring


class LaunchUnknown(NotFound):
    code = "launches.launch_unknown"
    message_zh = "没有这个上新，或你看不到它"
    message_en = "There is no such launch, or you cannot see it"


@dataclass(frozen=True, slots=True)
class StageCell:
    """One gate on the board."""

    stage: str
    finding: Finding
    owner: str
    due_at: datetime | None
    is_overridden: bool


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One launch on the board."""

    id: UUID
    title: str
    product_id: UUID | None
    product_code: str
    owner: str
    owner_id: UUID
    on_air_at: datetime | None
    state: str
    cells: tuple[StageCell, ...]
    stuck_at: StageCell | None
    lateness: Lateness

    @property
    def red_count(self) -> int:
        return sum(1 for cell in self.cells if cell.finding.state == "red" and not cell.is_overridden)


def launch_for(actor: Actor, launch_id: UUID) -> Launch:
    """This function will give a launch.   Raises: LaunchUnknown."""
    launch = Launch.objects.select_related("product", "shop").filter(pk=launch_id).first()
    if launch is None or not actor.sees(launch.shop_id):
        raise LaunchUnknown
    return launch


def products_of_launches(launch_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """This function will give launch id → product id; what every gate check starts with."""
    return {launch: product for launch, product, _on_air_at in _plans(launch_ids) if product is not None}


def on_air_of_launches(launch_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """This function will give when each launch is to go on air; those without a date are left out."""
    return {launch: on_air_at for launch, _product, on_air_at in _plans(launch_ids) if on_air_at is not None}


@asked_once
def _plans(launch_ids: Iterable[UUID]) -> list[tuple[UUID, UUID | None, datetime | None]]:
    return prepared.rows(_planned, ids=list(launch_ids))


def _planned(*, ids: Any) -> QuerySet[Any]:
    return Launch.objects.filter(pk__among=ids).values_list("pk", "product_id", "on_air_at")


def board(
    actor: Actor, now: datetime, *, launch_ids: Iterable[UUID] | None = None, shop_id: UUID | None = None
) -> list[BoardRow]:
    """
    This function will give the launch board: every running launch, each stage's finding, where it is stuck, how late.

    Every gate is asked once for all launches, so the number of queries does not grow with them.   Source: TEAM-4.
    """
    launches: list[Launch] = (
        prepared.rows(_running, actor, shop_id) if launch_ids is None else prepared.rows(_these, actor, shop_id, ids=list(launch_ids))
    )
    ids = [launch.pk for launch in launches]
    with reading():
        findings = {stage.key: (stage.gate(ids, now) if stage.gate else {}) for stage in wiring().stages}
    plans = {(plan.launch_id, plan.stage): plan for plan in prepared.rows(_stage_plans, ids=ids)}
    passed = set(prepared.rows(_passed, ids=ids))
    names = names_of({launch.owner_id for launch in launches} | {plan.owner_id for plan in plans.values()})
    return [_board_row(launch, findings, plans, passed, names, now) for launch in launches]


def _visible(actor: Actor, shop_id: UUID | None) -> QuerySet[Launch]:
    return access.visible(Launch.objects.select_related("product").order_by("on_air_at", "created_at"), actor, shop_id=shop_id)


def _running(actor: Actor, shop_id: UUID | None) -> QuerySet[Launch]:
    return _visible(actor, shop_id).filter(state=Launch.State.RUNNING)


def _these(actor: Actor, shop_id: UUID | None, *, ids: Any) -> QuerySet[Launch]:
    return _visible(actor, shop_id).filter(pk__among=ids)


def _stage_plans(*, ids: Any) -> QuerySet[LaunchStage]:
    return LaunchStage.objects.filter(launch__among=ids)


def _passed(*, ids: Any) -> QuerySet[Any]:
    return GateOverride.objects.filter(launch__among=ids, confirmed_by__isnull=False).values_list("launch_id", "stage")


def _board_row(
    launch: Launch,
    findings: Mapping[str, Mapping[UUID, Finding]],
    plans: Mapping[tuple[UUID, str], LaunchStage],
    passed: set[tuple[UUID, str]],
    names: Mapping[UUID, str],
    now: datetime,
) -> BoardRow:
    cells = []
    for stage in wiring().stages:
        plan = plans.get((launch.pk, stage.key))
        cells.append(
            StageCell(
                stage.key,
                findings[stage.key].get(launch.pk, Finding("none")),
                names.get(plan.owner_id, "") if plan and plan.owner_id else "",
                plan.due_at if plan else None,
                (launch.pk, stage.key) in passed,
            )
        )
    unfinished = [cell for cell in cells if cell.finding.state != "ok" and not cell.is_overridden]
    reds = [cell for cell in unfinished if cell.finding.state == "red"]
    runs = [cell for cell in unfinished if cell.finding.state == "run"]
    stuck = next(iter(reds + runs + unfinished), None)
    return BoardRow(
        launch.pk,
        launch.title,
        launch.product_id,
        launch.product.code if launch.product else "",
        names.get(launch.owner_id, ""),
        launch.owner_id,
        launch.on_air_at,
        launch.state,
        tuple(cells),
        stuck,
        lateness([c.due_at for c in unfinished if c.due_at], now),
    )


def overrides_of(launch_id: UUID) -> list[GateOverride]:
    return list(GateOverride.objects.filter(launch=launch_id).order_by("-asked_at"))
