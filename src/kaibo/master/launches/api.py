"""Launches over the JSON API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from kaibo.master.launches import queries, services

router = Router(tags=["launches"])


class GateOut(Schema):
    stage: str
    state: str
    reason: str
    source: str
    is_overridden: bool


class LaunchOut(Schema):
    id: UUID
    title: str
    product_code: str
    owner: str
    on_air_at: datetime | None
    lateness: str
    gates: list[GateOut]


class LaunchIn(Schema):
    shop_id: UUID
    title: str
    owner_id: UUID
    on_air_at: datetime | None = None


class Made(Schema):
    id: UUID


def _out(row: queries.BoardRow) -> LaunchOut:
    gates = [
        GateOut(
            stage=c.stage,
            state=c.finding.state,
            reason=str(c.finding.reason),
            source=c.finding.source,
            is_overridden=c.is_overridden,
        )
        for c in row.cells
    ]
    return LaunchOut(
        id=row.id,
        title=row.title,
        product_code=row.product_code,
        owner=row.owner,
        on_air_at=row.on_air_at,
        lateness=row.lateness.state,
        gates=gates,
    )


@router.get("", response=list[LaunchOut])
def launches(request: HttpRequest) -> list[LaunchOut]:
    """This function will give the launch board: every running launch with every gate and why it is red."""
    return [_out(row) for row in queries.board(request.auth, request.now)]


@router.get("/{launch_id}", response=LaunchOut)
def launch(request: HttpRequest, launch_id: UUID) -> LaunchOut:
    """This function will give one launch."""
    queries.launch_for(request.auth, launch_id)
    return _out(queries.board(request.auth, request.now, launch_ids=[launch_id])[0])


@router.post("", response={201: Made})
def begin(request: HttpRequest, body: LaunchIn) -> tuple[int, Made]:
    """This function will begin a launch."""
    begun = services.begin_launch(
        actor=request.auth,
        shop_id=body.shop_id,
        title=body.title,
        owner_id=body.owner_id,
        on_air_at=body.on_air_at,
        now=request.now,
    )
    return 201, Made(id=begun.pk)
