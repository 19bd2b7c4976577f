"""The facts of the flow, in the order of the stages that announce them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kaibo.facts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateApproved(Fact):
    """Selection decided to bring a candidate to market; a launch and its product exist."""

    name: ClassVar[str] = "selection.candidate_approved"
    candidate_id: UUID
    launch_id: UUID
    product_id: UUID
    shop_id: UUID
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LotReleased(Fact):
    """Quality released a lot; its units are sellable."""

    name: ClassVar[str] = "supply.lot_released"
    lot_id: UUID
    sku_id: UUID
    quantity: int
    released_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyLineCrossed(Fact):
    """Sellable stock of an item fell below half of its safety stock (SUP-10)."""

    name: ClassVar[str] = "supply.safety_line_crossed"
    sku_id: UUID
    sellable: int
    safety: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationExpired(Fact):
    """A qualification document ran out; what depends on it may not be listed (CMP-1)."""

    name: ClassVar[str] = "compliance.qualification_expired"
    document_id: UUID
    shop_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPublished(Fact):
    """A product page went up on a channel."""

    name: ClassVar[str] = "listing.listing_published"
    listing_id: UUID
    product_id: UUID
    shop_id: UUID
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionScheduled(Fact):
    """A session 场次 was put on the calendar."""

    name: ClassVar[str] = "showplan.session_scheduled"
    session_id: UUID
    shop_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Fact):
    """A session went live."""

    name: ClassVar[str] = "live.session_started"
    session_id: UUID
    shop_id: UUID
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Fact):
    """A session ended; its allotments are returned."""

    name: ClassVar[str] = "live.session_ended"
    session_id: UUID
    shop_id: UUID
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed(Fact):
    """An incident on air was ended for real; what is left to do goes into the risk register (LIV-8)."""

    name: ClassVar[str] = "live.incident_closed"
    incident_id: UUID
    session_id: UUID
    shop_id: UUID
    kind: str
    title: str
    cause: str
    follow_ups: tuple[str, ...]
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecorded(Fact):
    """An order exists in Kaibo, from the own room or from a platform."""

    name: ClassVar[str] = "orders.order_recorded"
    order_id: UUID
    shop_id: UUID
    platform: str
    amount_fen: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShipped(Fact):
    """A parcel of an order left the warehouse."""

    name: ClassVar[str] = "orders.order_shipped"
    order_id: UUID
    shipment_id: UUID
    shipped_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesHinted(Fact):
    """A platform pushed that something happened to after-sales cases of a channel; what happened is asked for there."""

    name: ClassVar[str] = "orders.cases_hinted"
    channel_id: UUID
    hinted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Fact):
    """An after-sales case was closed; its reason flows back to selection, supplier score, script and size table (SEL-19)."""

    name: ClassVar[str] = "aftersales.case_closed"
    case_id: UUID
    order_id: UUID | None
    product_id: UUID | None
    reason: str
    severity: str
    refunded_fen: int
    closed_at: datetime
    nature: str = "other"
    sku_id: UUID | None = None
    lot_ids: tuple[UUID, ...] = ()
    units: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrospectiveConcluded(Fact):
    """A retrospective was concluded; its lessons pre-fill the next session (LIV-12)."""

    name: ClassVar[str] = "analytics.retrospective_concluded"
    session_id: UUID
    shop_id: UUID
    concluded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionFlagged(Fact):
    """A negative mention was found; somebody answers within the hour (RSK-1)."""

    name: ClassVar[str] = "risk.mention_flagged"
    mention_id: UUID
    shop_id: UUID | None
    answer_by: datetime


ALL_FACTS: tuple[type[Fact], ...] = (
    CandidateApproved, LotReleased, SafetyLineCrossed, QualificationExpired, ListingPublished, SessionScheduled,
    SessionStarted, SessionEnded, IncidentClosed, OrderRecorded, OrderShipped, CaseClosed, RetrospectiveConcluded, MentionFlagged,
)
FACTS_BY_NAME = {fact.name: fact for fact in ALL_FACTS}
