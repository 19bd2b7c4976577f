"""Reads of sessions: typed rows, scoped by actor, a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.urls import reverse

from kaibo.kit.errors import NotFound
from kaibo.master.catalog import queries as catalog
from kaibo.master.people.queries import names_of
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.once import asked_once
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Expected
from kaibo.stages.showplan.models import Duty, EquipmentCheck, Offer, Rehearsal, Segment, Session, SessionOverride
from kaibo.stages.showplan.rules import Target, planned_starts, targets


class SessionUnknown(NotFound):
    code = "showplan.session_unknown"
    message_zh = "没有这个场次，或你看不到它"
    message_en = "There is no such session, or you cannot see it"


class SegmentUnknown(NotFound):
    code = "showplan.segment_unknown"
    message_zh = "流程单里没有这一项，可能已被删除"
    message_en = "The run of show has no such segment; it may have been removed"


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An item of a segment with what it costs us."""

    id: UUID
    sku_id: UUID
    sku_code: str
    specification: str
    price_fen: int
    list_price_fen: int
    cost_fen: int
    quantity: int
    limit_per_visitor: int | None


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One entry of the run of show with its planned start."""

    id: UUID
    position: int
    kind: str
    title: str
    product_id: UUID | None
    product_code: str
    picture_id: UUID | None
    value_proposition: str
    selling_points: tuple[str, ...]
    minutes: int
    planned_at: datetime
    is_flash: bool
    note: str
    offers: tuple[OfferRow, ...]

    @property
    def quantity(self) -> int:
        return sum(offer.quantity for offer in self.offers)

    @property
    def worth_fen(self) -> int:
        return sum(offer.quantity * offer.price_fen for offer in self.offers)

    @property
    def price_from_fen(self) -> int | None:
        return min((offer.price_fen for offer in self.offers), default=None)

    @property
    def price_to_fen(self) -> int | None:
        return max((offer.price_fen for offer in self.offers), default=None)


@dataclass(frozen=True, slots=True)
class DutyRow:
    """A named person's duty."""

    id: int
    role: str
    person_id: UUID
    name: str
    confirmed_at: datetime | None


def sessions_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Session]:
    """This function will give the sessions an actor may see, newest first."""
    return access.visible(Session.objects.select_related("shop").order_by("-starts_at"), actor, shop_id=shop_id)


def session_for(actor: Actor, session_id: UUID) -> Session:
    """This function will give a session.   Raises: SessionUnknown."""
    session = Session.objects.select_related("shop").filter(pk=session_id).first()
    if session is None or not actor.sees(session.shop_id):
        raise SessionUnknown
    return session


def sessions_by_room(rooms: Iterable[str]) -> dict[str, Session]:
    """This function will give sessions by the name of their room, for whoever reads claims."""
    return {session.room: session for session in Session.objects.select_related("shop").filter(room__in=set(rooms))}


def sessions_by_id(session_ids: Iterable[UUID]) -> dict[UUID, Session]:
    return {session.pk: session for session in Session.objects.select_related("shop").filter(pk__in=set(session_ids))}


def live_sessions() -> list[Session]:
    return list(Session.objects.filter(state=Session.State.LIVE).order_by("starts_at"))


def rundowns(sessions: Sequence[Session]) -> dict[UUID, list[SegmentRow]]:
    """This function will give the run of show of several sessions with two queries.   Source: LIV-1."""
    by_session: dict[UUID, list[Segment]] = {session.pk: [] for session in sessions}
    for segment in prepared.rows(_segments, sessions=list(by_session)):
        by_session[segment.session_id].append(segment)
    offers: dict[UUID, list[Offer]] = {}
    for offer in prepared.rows(_offers, sessions=list(by_session)):
        offers.setdefault(offer.segment_id, []).append(offer)
    return {
        session.pk: [
            _segment_row(segment, at, offers.get(segment.pk, []))
            for segment, at in zip(
                by_session[session.pk],
                planned_starts(session.starts_at, [one.minutes for one in by_session[session.pk]]),
                strict=True,
            )
        ]
        for session in sessions
    }


def _segments(*, sessions: Any) -> QuerySet[Segment]:
    return Segment.objects.select_related("product").filter(session__among=sessions).order_by("session_id", "position")


def _offers(*, sessions: Any) -> QuerySet[Offer]:
    return Offer.objects.select_related("sku").filter(segment__session__among=sessions).order_by("sku__code")


def rundown_of(session: Session) -> list[SegmentRow]:
    return rundowns([session])[session.pk]


def _segment_row(segment: Segment, planned_at: datetime, offers: Sequence[Offer]) -> SegmentRow:
    product = segment.product
    return SegmentRow(
        segment.pk, segment.position, segment.kind, segment.title, segment.product_id, product.code if product else "",
        product.picture_id if product else None, product.value_proposition if product else "",
        tuple(product.selling_points) if product else (), segment.minutes, planned_at, segment.is_flash, segment.note,
        tuple(
            OfferRow(
                one.pk, one.sku_id, one.sku.code, one.sku.specification, one.price_fen, one.sku.price_fen, one.sku.cost_fen,
                one.quantity, one.limit_per_visitor,
            )
            for one in offers
        ),
    )  # fmt: skip


def plan_targets(session: Session, rundown: Sequence[SegmentRow]) -> list[Target]:
    """This function will give the plan line: what each segment should sell and when."""
    return targets(
        session.starts_at,
        [(one.minutes, one.worth_fen) for one in rundown],
        target_fen=session.target_fen,
        sell_through_bp=thresholds.value("showplan.sell_through_bp", shop_id=session.shop_id),
    )


def duties_of(session_ids: Iterable[UUID]) -> dict[UUID, list[DutyRow]]:
    """This function will give the named people of sessions, with their names, in two queries."""
    found = prepared.rows(_of_sessions, Duty, "id", sessions=list(set(session_ids)))
    names = names_of({duty.person_id for duty in found})
    rows: dict[UUID, list[DutyRow]] = {}
    for duty in found:
        rows.setdefault(duty.session_id, []).append(
            DutyRow(duty.pk, duty.role, duty.person_id, names.get(duty.person_id, "—"), duty.confirmed_at)
        )
    return rows


def checks_of(session_ids: Iterable[UUID]) -> dict[UUID, dict[str, EquipmentCheck]]:
    found: dict[UUID, dict[str, EquipmentCheck]] = {}
    for check in prepared.rows(_of_sessions, EquipmentCheck, "pk", sessions=list(set(session_ids))):
        found.setdefault(check.session_id, {})[check.kind] = check
    return found


def rehearsals_of(session_ids: Iterable[UUID]) -> dict[UUID, list[Rehearsal]]:
    found: dict[UUID, list[Rehearsal]] = {}
    for one in prepared.rows(_of_sessions, Rehearsal, "-held_at", sessions=list(set(session_ids))):
        found.setdefault(one.session_id, []).append(one)
    return found


def overrides_of(session_ids: Iterable[UUID]) -> dict[UUID, list[SessionOverride]]:
    found: dict[UUID, list[SessionOverride]] = {}
    for one in prepared.rows(_of_sessions, SessionOverride, "asked_at", sessions=list(set(session_ids))):
        found.setdefault(one.session_id, []).append(one)
    return found


def _of_sessions(kind: type[Model], order: str, *, sessions: Any) -> QuerySet[Any]:
    return kind._default_manager.filter(session__among=sessions).order_by(order)


def segment_of(session_id: UUID, segment_id: UUID) -> Segment:
    """This function will give a segment of a session.   Raises: SegmentUnknown."""
    segment = Segment.objects.filter(pk=segment_id, session=session_id).first()
    if segment is None:
        raise SegmentUnknown
    return segment


@asked_once
def sessions_of_products(product_ids: Iterable[UUID]) -> dict[UUID, list[Session]]:
    """This function will give, by product, the sessions it is planned in (cancelled ones left out), soonest first."""
    found: dict[UUID, dict[UUID, Session]] = {}
    for segment in prepared.rows(_planned, products=list(set(product_ids))):
        found.setdefault(segment.product_id, {}).setdefault(segment.session_id, segment.session)  # a best-seller is in hundreds
    return {product_id: list(sessions.values()) for product_id, sessions in found.items()}


def _planned(*, products: Any) -> QuerySet[Segment]:
    kept = Segment.objects.select_related("session__shop").filter(product__among=products).exclude(session__state=Session.State.CANCELLED)
    return kept.order_by("session__starts_at")


def expected_units(sku_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Expected]]:
    """This function will give item → the units that sessions still to be held are given, for whoever must have them there.   Source: SUP-12."""
    found: dict[UUID, list[Expected]] = {}
    for offer in prepared.rows(_given, skus=list(set(sku_ids)), now=now):
        session = offer.segment.session
        said = Expected(offer.quantity, session.title, reverse("showplan:session", args=[session.pk]), session.starts_at)
        found.setdefault(offer.sku_id, []).append(said)
    return found


def _given(*, skus: Any, now: Any) -> QuerySet[Offer]:
    kept = Offer.objects.select_related("segment__session").filter(sku__among=skus, segment__session__starts_at__gte=now)
    planned = kept.filter(segment__session__state__in=[Session.State.DRAFT, Session.State.READY])
    return planned.order_by("segment__session__starts_at")


def found_sessions(actor: Actor, text: str, *, most: int = 8) -> list[Session]:
    """This function will find sessions by title, theme or room."""
    return list(sessions_for(actor).filter(Q(title__icontains=text) | Q(theme__icontains=text) | Q(room__icontains=text))[:most])


def sku_choices(actor: Actor, shop_id: UUID) -> Mapping[UUID, list[catalog.SkuRow]]:
    """This function will list the items of a shop by product, for the run of show's form."""
    found: dict[UUID, list[catalog.SkuRow]] = {}
    for row in catalog.skus_visible(actor):
        if row.shop_id == shop_id:
            found.setdefault(row.product_id, []).append(row)
    return found
