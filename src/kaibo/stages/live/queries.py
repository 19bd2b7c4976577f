"""Reads of the desk: what is on air, what the room says, what was done; a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, QuerySet, Sum

from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Level
from kaibo.master.stock.rules import Availability, Bucket, bundles_from
from kaibo.plumbing import prepared
from kaibo.plumbing.wiring import Difference
from kaibo.room import backoffice as room
from kaibo.room import video
from kaibo.room.backoffice import ItemLevel
from kaibo.room.figures import RoomFigures, room_figures
from kaibo.room.video import Ingest
from kaibo.stages.live.models import Airing, Desk, DeskAction, FigureSample, Pace, PointSaid, PriceRequest, SaleItem
from kaibo.stages.live.rules import Slot, expected_starts
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.queries import SegmentRow
from kaibo.stages.showplan.rules import SegmentKind


@dataclass(frozen=True, slots=True)
class Place:
    """Where most units of an item can be taken from."""

    warehouse_id: UUID | None
    units: int


@dataclass(frozen=True, slots=True)
class Timing:
    """A segment on the clock: planned, expected and actual."""

    segment_id: UUID
    planned_at: datetime
    expected_at: datetime | None
    minutes: int
    planned_minutes: int
    began_at: datetime | None
    ended_at: datetime | None
    is_fixed: bool = False

    @property
    def state(self) -> str:
        if self.began_at is None:
            return "later" if self.expected_at else "skipped"
        return "now" if self.ended_at is None else "done"


@dataclass(frozen=True, slots=True)
class ItemOnSale:
    """An item as the desk shows it: our row and the room's level."""

    id: UUID
    segment_id: UUID
    sku_id: UUID
    sku_code: str
    specification: str
    is_flash: bool
    closes_at: datetime | None
    is_closed: bool
    state: str
    price_fen: int
    cost_fen: int
    stock: int
    claimed: int
    left: int

    @property
    def claimed_percent(self) -> int:
        return self.claimed * 100 // self.stock if self.stock else 0

    @property
    def left_bp(self) -> int:
        return self.left * 10_000 // self.stock if self.stock else 0


@dataclass(frozen=True, slots=True)
class MinuteRow:
    """One minute of the show: viewers at its end, claims inside it."""

    at: datetime
    viewers: int
    claims: int
    amount_fen: int


def room_last_event(room_name: str) -> int:
    """
    This function will give the number of the room's last reliable event.

    Asked inside a desk action's transaction it is that action's own: the room's row is locked until the commit.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT (room.snapshot(%s))->>'last_event_id'", [room_name])
        found = cursor.fetchone()
    return int(found[0]) if found and found[0] else 0


def levels_of(room_name: str) -> dict[UUID, ItemLevel]:
    """This function will give the room's level of each of its items."""
    with connection.cursor() as cursor:
        return {level.item: level for level in room.item_levels(cursor, room_name)}


def figures_of(session: Session) -> RoomFigures:
    """This function will give the figures of this moment: our room's, or of a session held elsewhere what was last told (LIV-13)."""
    if session.is_elsewhere:
        last = FigureSample.objects.filter(session=session.pk).order_by("-at").first()
        return RoomFigures(last.viewers, last.likes, last.messages, last.claims, last.units, last.amount_fen, 0, last.refused) if last else NO_FIGURES
    with connection.cursor() as cursor:
        return room_figures(cursor, session.room)


def ingests_of(session: Session, now: datetime) -> list[Ingest]:
    """This function will tell how the picture comes in, main source first; empty when none was ever pushed to us."""
    if session.is_elsewhere:
        return []
    with connection.cursor() as cursor:
        return video.ingests(cursor, session.room, now=now)


NO_FIGURES = RoomFigures(0, 0, 0, 0, 0, 0, 0, 0)


def best_place(sku_id: UUID) -> Place:
    """This function will find the warehouse that holds most sellable units of an item; a bundle needs all its components there."""
    parts = catalog.components_of([sku_id]).get(sku_id) or [(sku_id, 1)]
    there: dict[UUID, dict[UUID, int]] = {}
    rows = Level.objects.filter(sku__in=[sku for sku, _each in parts], bucket=Bucket.SELLABLE.value)
    for warehouse, sku, units in rows.values_list("warehouse", "sku").annotate(total=Sum("quantity")).order_by("warehouse"):
        there.setdefault(warehouse, {})[sku] = units
    places = [Place(warehouse, bundles_from(parts, levels)) for warehouse, levels in there.items()]
    return max(places, key=lambda place: place.units, default=Place(None, 0))


def timings_of(session: Session, rundown: Sequence[SegmentRow], now: datetime) -> list[Timing]:
    """This function will put the run of show on the clock.   Source: LIV-1."""
    airings: dict[UUID, Airing] = {}
    for airing in Airing.objects.filter(session=session.pk).order_by("began_at"):
        airings[airing.segment_id] = airing  # aired twice: the last time counts
    paces = dict(Pace.objects.filter(session=session.pk).values_list("segment_id", "minutes"))
    slots = [
        Slot(
            paces.get(one.id, one.minutes), airings[one.id].began_at if one.id in airings else None,
            airings[one.id].ended_at if one.id in airings else None, one.kind == SegmentKind.BREAK.value,
        )
        for one in rundown
    ]  # fmt: skip
    starts = expected_starts(slots, starts_at=session.started_at or session.starts_at, now=session.ended_at or now)
    return [
        Timing(one.id, one.planned_at, at, slot.minutes, one.minutes, slot.began_at, slot.ended_at, slot.is_fixed)
        for one, slot, at in zip(rundown, slots, starts, strict=True)
    ]


def items_of(session: Session, levels: Mapping[UUID, ItemLevel]) -> list[ItemOnSale]:
    """This function will give the items of a session with the room's levels, in the order they were put up."""
    found = SaleItem.objects.select_related("sku__product").filter(session=session.pk).order_by("opened_at", "sku__code")
    rows = []
    for one in found:
        level = levels.get(one.pk)
        if level is None:
            continue
        rows.append(
            ItemOnSale(
                one.pk, one.segment_id, one.sku_id, one.sku.code, one.sku.specification, one.is_flash, one.closes_at,
                one.closed_at is not None, level.state, level.price_fen, one.sku.cost_fen, level.stock - level.withdrawn,
                level.claimed - level.returned, level.left,
            )
        )  # fmt: skip
    return rows


def desk_of(session_id: UUID) -> Desk | None:
    return Desk.objects.filter(session=session_id).first()


def actions_of(session_id: UUID, *, most: int = 12) -> list[DeskAction]:
    """This function will list the newest actions at a desk."""
    return list(DeskAction.objects.filter(session=session_id).order_by("-at", "-id")[:most])


def action_of_key(session_id: UUID, key: str) -> DeskAction | None:
    return DeskAction.objects.select_related("session").filter(session=session_id, key=key).first() if key else None


def requests_waiting(session_id: UUID) -> list[PriceRequest]:
    """This function will list the prices that wait for a second person."""
    waiting = PriceRequest.objects.select_related("sku__product").filter(session=session_id, state=PriceRequest.State.WAITING)
    return list(waiting.order_by("asked_at"))


def prompts_of(session_id: UUID, *, most: int = 3) -> list[DeskAction]:
    """This function will list the newest messages to the host, newest first, each with who read it when."""
    return list(DeskAction.objects.select_related("seen").filter(session=session_id, kind="prompt").order_by("-at", "-id")[:most])


def points_said(session_id: UUID, segment_id: UUID) -> dict[int, tuple[int, datetime]]:
    """This function will say how often each selling point of a segment was said, and when last.   Source: SEL-10."""
    rows = PointSaid.objects.filter(session=session_id, segment_id=segment_id).values("place").annotate(times=Count("id"), last=Max("said_at"))
    return {row["place"]: (row["times"], row["last"]) for row in rows}


def minutes_of(session_id: UUID, *, now: datetime, most: int = 120) -> list[MinuteRow]:
    """This function will give the last minutes: viewers at the end of each, claims and sales inside it."""
    samples = list(FigureSample.objects.filter(session=session_id, at__gte=now - timedelta(minutes=most + 1)).order_by("at"))
    last_of: dict[datetime, FigureSample] = {}
    for sample in samples:
        last_of[sample.at.replace(second=0, microsecond=0)] = sample
    rows, before = [], None
    for minute, sample in last_of.items():
        claims = sample.claims - (before.claims if before else 0)
        amount = sample.amount_fen - (before.amount_fen if before else 0)
        rows.append(MinuteRow(minute, sample.viewers, max(claims, 0), max(amount, 0)))
        before = sample
    return rows[1:] if len(samples) > 1 and len(rows) > most else rows


def last_sample(session_id: UUID) -> FigureSample | None:
    return FigureSample.objects.filter(session=session_id).order_by("-at").first()


def sample_before(session_id: UUID, moment: datetime) -> FigureSample | None:
    """This function will give the newest sample that is not younger than a moment."""
    return FigureSample.objects.filter(session=session_id, at__lte=moment).order_by("-at").first()


def units_since(session_id: UUID, since: datetime, units_now: int) -> int:
    """This function will say how many units were claimed since a moment, from the samples."""
    before = FigureSample.objects.filter(session=session_id, at__lte=since).order_by("-at").values_list("units", flat=True).first()
    return max(units_now - (before or 0), 0)


def explained(sku_id: UUID) -> Availability:
    """This function will explain line by line why no more of an item can be sold.   Source: SUP-14."""
    return stock.availability_of(sku_id)


def aired_products(product_ids: Iterable[UUID]) -> dict[UUID, str]:
    """This function will give, for products that were on air, the state of the session they were last in: live or ended."""
    return dict(prepared.rows(_aired, products=list(product_ids)))


def _aired(*, products: Any) -> QuerySet[Any]:
    return SaleItem.objects.filter(sku__product__among=products).order_by("opened_at").values_list("sku__product", "session__state")


def differences() -> Sequence[Difference]:
    """This function will prove that the desk's items, the ledger's allotments and the room's items tell one story."""
    found = []
    by_room: dict[str, list[SaleItem]] = {}
    for item in SaleItem.objects.select_related("session", "allotment", "sku"):
        by_room.setdefault(item.session.room, []).append(item)
    for name, items in by_room.items():
        levels = levels_of(name)
        for item in items:
            level = levels.get(item.pk)
            if level is None:
                found.append(Difference("live", f"item {item.pk} ({item.sku.code}) is not in room {name}"))
                continue
            if level.stock != item.allotment.quantity:
                found.append(Difference("live", f"{item.sku.code} in {name}: the room has {level.stock} units, the allotment {item.allotment.quantity}"))
            if (level.state == "closed") != (item.closed_at is not None):
                found.append(Difference("live", f"{item.sku.code} in {name} is {level.state} in the room, {'closed' if item.closed_at else 'open'} at the desk"))
            if item.closed_at and level.withdrawn != item.allotment.returned + _under_way(item, level.withdrawn):
                found.append(Difference("live", f"{item.sku.code} in {name}: {level.withdrawn} units left the room, {item.allotment.returned} came back"))
    return found


def _under_way(item: SaleItem, withdrawn: int) -> int:
    """Units that left the room and are in orders that end at the relay's next turn."""
    if withdrawn == item.allotment.returned:
        return 0
    with connection.cursor() as cursor:
        return min(room.units_under_way(cursor, item.pk), withdrawn - item.allotment.returned)
