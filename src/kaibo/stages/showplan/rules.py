"""What a session is, who and what it needs, when each segment is due, what its sales should come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import BP, of_bp, share_bp
from kaibo.kit.transitions import Transitions
from kaibo.stages.compliance.pricing import Kind, PriceGround, PriceLimits, guard

MOST_SEGMENT_MINUTES = 240


class SessionState(StrEnum):
    """Where a session 场次 stands."""

    DRAFT = "draft"
    READY = "ready"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"


TRANSITIONS = Transitions.of(
    {
        SessionState.DRAFT: (SessionState.READY, SessionState.CANCELLED),
        SessionState.READY: (SessionState.DRAFT, SessionState.LIVE, SessionState.CANCELLED),
        SessionState.LIVE: (SessionState.ENDED,),
        SessionState.ENDED: (),
        SessionState.CANCELLED: (),
    }
)
PLANNABLE = (SessionState.DRAFT, SessionState.READY)


class DutyRole(StrEnum):
    """The roles of a session; keys are the team's own (`ROLE_TITLES`).   Source: SHW-3."""

    HOST = "host"
    CONTROL = "control"
    OPERATIONS = "operations"
    TECHNICIAN = "technician"
    SERVICE = "service"


class EquipmentKind(StrEnum):
    """What must be checked before a show.   Source: SHW-5."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    LIGHTS = "lights"
    NETWORK = "network"
    COMPUTER = "computer"
    SOFTWARE = "software"
    MIXER = "mixer"


class SegmentKind(StrEnum):
    """What a segment of the run of show is."""

    PRODUCT = "product"
    OPENING = "opening"
    DRAW = "draw"
    INTERACTION = "interaction"
    TRIAL = "trial"
    BREAK = "break"
    CLOSING = "closing"


class EndsBeforeItStarts(Invalid):
    code = "showplan.ends_before_it_starts"
    message_zh = "计划结束要晚于开播时间"
    message_en = "The planned end must be after the start"


class RoomNameTaken(Conflict):
    code = "showplan.room_name_taken"
    message_zh = "直播间编号“{room}”已被使用，请换一个"
    message_en = "The room name “{room}” is taken; choose another"


class PlanIsFixed(Conflict):
    code = "showplan.plan_is_fixed"
    message_zh = "场次已{state_zh}，流程单不能再改；直播中请在中控台重排"
    message_en = "The session is {state}; its plan cannot be changed any more. While live, re-plan at the desk"


class NothingToPush(Conflict):
    code = "showplan.nothing_to_push"
    message_zh = "场次{state_zh}，现在没有直播间可推流：先点“就绪”；在其他平台开播的场次请到那个平台取推流码"
    message_en = "The session is {state}: there is no room to push to now. Press “ready” first; for a session on another platform get the key there"


class MinutesOutOfRange(Invalid):
    code = "showplan.minutes_out_of_range"
    message_zh = "时长要在 1 至 {most} 分钟之间"
    message_en = "A segment takes 1 to {most} minutes"


class PlanEmpty(Invalid):
    code = "showplan.plan_empty"
    message_zh = "流程单里还没有商品，先加一个商品"
    message_en = "The run of show holds no product yet; add one first"


class OrderIncomplete(Conflict):
    code = "showplan.order_incomplete"
    message_zh = "流程单刚被别人改过，请刷新后再排"
    message_en = "Somebody changed the run of show; reload before re-ordering"


@dataclass(frozen=True, slots=True)
class Gap:
    """A headcount outside its band; `most` is None where there is no upper limit."""

    role: DutyRole
    there: int
    least: int
    most: int | None


def check_period(starts_at: datetime, ends_at: datetime) -> None:
    """This function will refuse a session that ends before it starts.   Raises: EndsBeforeItStarts."""
    if ends_at <= starts_at:
        raise EndsBeforeItStarts


def check_minutes(minutes: int) -> None:
    """This function will refuse a segment of no length or of half a day.   Raises: MinutesOutOfRange."""
    if not 1 <= minutes <= MOST_SEGMENT_MINUTES:
        raise MinutesOutOfRange(most=MOST_SEGMENT_MINUTES)


def staffing_gaps(counts: Mapping[DutyRole, int], *, hosts_least: int, hosts_most: int, operators_least: int) -> list[Gap]:
    """
    This function will list where the named people are too few or too many: hosts between two numbers, operators at
    least so many.   Source: SHW-4 (3–5 hosts, ≥ 2 operators; both are thresholds).
    """
    hosts = counts.get(DutyRole.HOST, 0)
    operators = counts.get(DutyRole.OPERATIONS, 0)
    gaps = []
    if not hosts_least <= hosts <= hosts_most:
        gaps.append(Gap(DutyRole.HOST, hosts, hosts_least, hosts_most))
    if operators < operators_least:
        gaps.append(Gap(DutyRole.OPERATIONS, operators, operators_least, None))
    return gaps


def planned_starts(starts_at: datetime, minutes: Iterable[int]) -> list[datetime]:
    """This function will give when each segment is due, one after the other from the session's start.   Source: LIV-1."""
    starts, at = [], starts_at
    for length in minutes:
        starts.append(at)
        at += timedelta(minutes=length)
    return starts


@dataclass(frozen=True, slots=True)
class Target:
    """What one segment should sell, and between which moments it is on air in the plan."""

    start: datetime
    minutes: int
    amount_fen: int


def targets(starts_at: datetime, segments: Sequence[tuple[int, int]], *, target_fen: int, sell_through_bp: int) -> list[Target]:
    """
    This function will say what each segment should sell; `segments` are (minutes, worth of its allotment in fen).

    With a goal for the session, it is spread by worth, to the fen; without one, each segment is to sell `sell_through_bp`
    of its allotment.
    """
    worths = [worth for _minutes, worth in segments]
    amounts = _spread(target_fen, worths) if target_fen else [of_bp(worth, sell_through_bp) for worth in worths]
    starts = planned_starts(starts_at, [minutes for minutes, _worth in segments])
    return [Target(start, minutes, amount) for start, (minutes, _worth), amount in zip(starts, segments, amounts, strict=True)]


def _spread(total: int, weights: Sequence[int]) -> list[int]:
    whole, passed, given, parts = sum(weights), 0, 0, []
    for weight in weights:
        passed += weight
        upto = total * passed // whole if whole else 0
        parts.append(upto - given)
        given = upto
    return parts


def planned_amount_fen(plan: Sequence[Target], now: datetime) -> int:
    """This function will give what should have been sold by now: finished segments whole, the running one by its minutes."""
    total = 0
    for target in plan:
        gone_seconds = int((now - target.start).total_seconds())
        length = target.minutes * 60
        total += target.amount_fen * min(max(gone_seconds, 0), length) // length
    return total


def deviation_bp(price_fen: int, reference_fen: int) -> int:
    """This function will give how far a price is from another, in basis points of it; below is negative."""
    if price_fen >= reference_fen:
        return share_bp(price_fen - reference_fen, reference_fen)
    return -share_bp(reference_fen - price_fen, reference_fen)


class PriceConcern(StrEnum):
    """Why a price needs a second person.   Source: CMP-8."""

    BELOW_COST = "below_cost"
    BELOW_FLOOR = "below_floor"
    FAR_FROM_PUBLISHED = "far_from_published"


_CONCERNS = {Kind.BELOW_COST: PriceConcern.BELOW_COST, Kind.BELOW_FLOOR: PriceConcern.BELOW_FLOOR, Kind.FAR_FROM_LAST: PriceConcern.FAR_FROM_PUBLISHED}


def price_concerns(price_fen: int, *, cost_fen: int, published_fen: int | None, most_deviation_bp: int, floor_bp: int = 0) -> list[PriceConcern]:
    """
    This function will say what the price guard has against a price on air: below cost, under the margin floor, or far from the
    published one (a slip of the finger adds or drops a digit, which is a deviation of 90 % or 900 %).   Source: CMP-8, LST-6.
    """
    ground = PriceGround("", cost_fen, 0, last_fen=published_fen)
    remarks = guard(price_fen, ground, PriceLimits(floor_bp, min(most_deviation_bp, BP * 100)))
    return [_CONCERNS[one.kind] for one in remarks if one.kind in _CONCERNS]


@dataclass(frozen=True, slots=True)
class Shortage:
    """What an item lacks for its plan. `is_unreleased`: units are in the house but quality has not released them."""

    sku_id: UUID
    wanted: int
    there: int
    incoming: int

    @property
    def is_unreleased(self) -> bool:
        return self.there + self.incoming >= self.wanted


def shortages(wanted: Mapping[UUID, int], there: Mapping[UUID, int], incoming: Mapping[UUID, int]) -> list[Shortage]:
    """This function will list the items whose sellable units do not cover the planned allotments.   Source: SHW-10."""
    return [
        Shortage(sku, units, there.get(sku, 0), incoming.get(sku, 0))
        for sku, units in wanted.items()
        if there.get(sku, 0) < units
    ]
