"""How a live session is steered: clocks against the plan, re-planning, deviations and what to do about them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import BP, allocate, share_bp

LEAST_MINUTES = 2


class Deed(StrEnum):
    """What can be done at the desk; each is one row of its log."""

    START = "start"
    NEXT = "next"
    GO_TO = "go_to"
    TAKE_DOWN = "take_down"
    PUT_BACK = "put_back"
    EXTEND = "extend"
    CLOSE = "close"
    FLASH = "flash"
    FLASH_OVER = "flash_over"
    PRICE = "price"
    PRICE_ASK = "price_ask"
    PRICE_CONFIRM = "price_confirm"
    PRICE_REFUSE = "price_refuse"
    NOTICE = "notice"
    PROMPT = "prompt"
    REPLAN = "replan"
    PREVIOUS = "previous"
    PIN = "pin"
    FIGURES = "figures"
    STREAM = "stream"
    PLAYBOOK = "playbook"
    PLAYBOOK_TELL = "playbook_tell"
    PLAYBOOK_OVER = "playbook_over"
    DRAW = "draw"
    COUPON = "coupon"
    COUPON_CONFIRM = "coupon_confirm"
    COUPON_REFUSE = "coupon_refuse"
    COUPON_WITHDRAW = "coupon_withdraw"
    UNDO = "undo"
    END = "end"


UNDOABLE = frozenset({Deed.NEXT, Deed.GO_TO, Deed.PREVIOUS, Deed.TAKE_DOWN, Deed.PUT_BACK, Deed.PIN, Deed.STREAM})
"""What can truly be taken back: a notice was read, a price was paid, units were extended – those are answered, not undone."""


STANDING = (
    Deed.START.value, Deed.UNDO.value, Deed.PROMPT.value, Deed.FLASH_OVER.value, Deed.PRICE_REFUSE.value, Deed.FIGURES.value,
    Deed.PLAYBOOK.value, Deed.PLAYBOOK_TELL.value, Deed.PLAYBOOK_OVER.value, Deed.COUPON_REFUSE.value,
)  # fmt: skip
"""What undoing steps over: it changed nothing that could be taken back."""


class NotLive(Conflict):
    code = "live.not_live"
    message_zh = "这一场没有在直播"
    message_en = "This session is not live"


class GateShut(Conflict):
    code = "live.gate_shut"
    message_zh = "开播闸门还有 {count} 项红：{first}"
    message_en = "The opening gate has {count} red findings: {first}"


class DeskMovedOn(Conflict):
    code = "live.desk_moved_on"
    message_zh = "{who} 刚才已切到“{title}”，请看一眼再操作"
    message_en = "{who} has just gone on to “{title}”; look before you act"


class RundownOver(Conflict):
    code = "live.rundown_over"
    message_zh = "流程单已走完，可以下播了"
    message_en = "The run of show is over; the session may end"


class ItemGone(Conflict):
    code = "live.item_gone"
    message_zh = "这件商品不在直播间里，或已收场"
    message_en = "This item is not in the room, or is closed"


class ItemAlreadyThere(Conflict):
    code = "live.item_already_there"
    message_zh = "这件商品已经{state_zh}了{by_zh}"
    message_en = "This item is {state} already{by_en}"


class AtTheStart(Conflict):
    code = "live.at_the_start"
    message_zh = "前面没有播过的段落"
    message_en = "Nothing was on air before this segment"


class AlreadyExplained(Conflict):
    code = "live.already_explained"
    message_zh = "正在讲解的就是这一件"
    message_en = "This item is the one being explained"


class NotInOurRoom(Conflict):
    code = "live.not_in_our_room"
    message_zh = "这一场在别的平台直播，不能在这里操作商品"
    message_en = "This session runs on another platform; its goods are steered there"


class NoBackupStream(Conflict):
    code = "live.no_backup_stream"
    message_zh = "这一场没有登记{which_zh}，先在场次里填上"
    message_en = "No {which} stream is on record for this session; enter it with the session"


class UnitsOutOfRange(Invalid):
    code = "live.units_out_of_range"
    message_zh = "件数要在 1 至 {most} 之间"
    message_en = "Units must be between 1 and {most}"


class NothingToUndo(Conflict):
    code = "live.nothing_to_undo"
    message_zh = "没有可以撤销的动作"
    message_en = "There is nothing to undo"


class CannotBeUndone(Conflict):
    code = "live.cannot_be_undone"
    message_zh = "最近一个动作已经生效，不能撤销；请用相反的动作更正"
    message_en = "The last action has taken effect and cannot be taken back; correct it with another"


class PriceIsTheSame(Invalid):
    code = "live.price_is_the_same"
    message_zh = "价格没有变"
    message_en = "The price has not changed"


class PriceNotPositive(Invalid):
    code = "live.price_not_positive"
    message_zh = "价格要大于 0"
    message_en = "The price must be above zero"


class PriceWaits(Conflict):
    code = "live.price_waits"
    message_zh = "这件商品已有一个价格在等第二人确认"
    message_en = "A price for this item already waits for a second person"


class PriceReasonNeeded(Invalid):
    code = "live.price_reason_needed"
    message_zh = "{concern}。要这样卖请写明原因，由第二个人确认后才生效"
    message_en = "{concern}. To sell at this price, say why; a second person confirms it"


class SecondPersonNeeded(Conflict):
    code = "live.second_person_needed"
    message_zh = "需要第二个人确认，不能自己确认自己的价格"
    message_en = "A second person must confirm; you cannot confirm your own price"


class RequestDecided(Conflict):
    code = "live.request_decided"
    message_zh = "这个价格已有人处理"
    message_en = "Somebody has decided on this price already"


class NoticeBlocked(Invalid):
    code = "live.notice_blocked"
    message_zh = "公告里有不能说的话：{hits}"
    message_en = "The notice holds words that may not be said: {hits_en}"


class NoticeEmpty(Invalid):
    code = "live.notice_empty"
    message_zh = "请写公告内容"
    message_en = "Write the notice"


class PromptUnknown(Conflict):
    code = "live.prompt_unknown"
    message_zh = "这一场没有这条提词"
    message_en = "This session has no such message to the host"


class PointUnknown(Invalid):
    code = "live.point_unknown"
    message_zh = "这一段没有这条卖点"
    message_en = "This segment has no such selling point"


class FiguresFromOurRoom(Conflict):
    code = "live.figures_from_our_room"
    message_zh = "这一场在自己的直播间，数据由直播间计数，不能录入"
    message_en = "This session runs in our own room, which counts by itself; nothing can be typed in"


class FiguresOutOfTime(Invalid):
    code = "live.figures_out_of_time"
    message_zh = "时间不在这一场的直播时间里"
    message_en = "The time is not within this session"


class FiguresWentBack(Invalid):
    code = "live.figures_went_back"
    message_zh = "{what_zh}是从开播起的累计数，不能比前一次少、也不能比后一次多"
    message_en = "{what} counts from the start of the session: it cannot be less than before nor more than after"


class KeyUsed(Conflict):
    code = "live.key_used"
    message_zh = "这个动作编号已用于另一个动作"
    message_en = "This key was used for another action"


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A segment on the clock: how long it is planned, and when it really began and ended.

    A fixed one (a break) keeps its minutes when the rest is re-planned: people need it.
    """

    minutes: int
    began_at: datetime | None = None
    ended_at: datetime | None = None
    is_fixed: bool = False


def reached_place(slots: Sequence[Slot]) -> int:
    """This function will say how far the show has come: the place of what is on air, else of what was last; −1 before the first."""
    running = next((place for place, one in enumerate(slots) if one.began_at and not one.ended_at), None)
    if running is not None:
        return running
    begun = [(one.began_at, place) for place, one in enumerate(slots) if one.began_at]
    return max(begun)[1] if begun else -1


def next_place(slots: Sequence[Slot]) -> int | None:
    """This function will give the place of the next segment that was not on air yet, or None when the run of show is over."""
    reached = reached_place(slots)
    return next((place for place, one in enumerate(slots) if place > reached and not one.began_at), None)


def expected_starts(slots: Sequence[Slot], *, starts_at: datetime, now: datetime) -> list[datetime | None]:
    """
    This function will say when each segment begins or began: actual where it did, else after what goes before it.

    A running segment ends at its planned length or now, whichever is later; nothing that is still to come is expected in the
    past. A segment that was jumped over has no expected start (None): it pushes nothing back.   Source: LIV-1.
    """
    running = next((one for one in slots if one.began_at and not one.ended_at), None)
    if running is not None and running.began_at is not None:
        at = max(running.began_at + timedelta(minutes=running.minutes), now)
    elif any(one.began_at for one in slots):
        at = max(*(one.ended_at for one in slots if one.ended_at), now)
    else:
        at = max(starts_at, now)
    reached = reached_place(slots)
    starts: list[datetime | None] = []
    for place, one in enumerate(slots):
        if one.began_at:
            starts.append(one.began_at)
        elif place < reached:
            starts.append(None)
        else:
            starts.append(at)
            at += timedelta(minutes=one.minutes)
    return starts


def replanned(minutes: Sequence[int], *, left_minutes: int, fixed: Sequence[bool] = ()) -> list[int]:
    """
    This function will fit the remaining segments into what is left, in proportion, none under two minutes.

    Fixed ones keep their minutes. When even two minutes each do not fit, each gets two: the end is then late and the page
    says so.   Source: LIV-1.
    """
    keeps = list(fixed) or [False] * len(minutes)
    movable = [one for one, stays in zip(minutes, keeps, strict=True) if not stays]
    held = sum(minutes) - sum(movable)
    fitted = iter(_fitted(movable, left_minutes - held))
    return [one if stays else next(fitted) for one, stays in zip(minutes, keeps, strict=True)]


def _fitted(minutes: Sequence[int], left_minutes: int) -> list[int]:
    spare = left_minutes - LEAST_MINUTES * len(minutes)
    if not minutes or spare <= 0:
        return [LEAST_MINUTES] * len(minutes)
    return [LEAST_MINUTES + part for part in allocate(spare, [max(one - LEAST_MINUTES, 0) for one in minutes])]


def delay_seconds(planned_at: datetime, actual_at: datetime) -> int:
    """This function will say by how many seconds the show is behind its plan; ahead is negative."""
    return int((actual_at - planned_at).total_seconds())


def gpm_fen(amount_fen: int, watched: int) -> int | None:
    """This function will give sales per thousand viewers, or None before anybody watched.   Source: facts/metrics GPM."""
    return amount_fen * 1000 // watched if watched else None


class Advice(StrEnum):
    """What the figures suggest, most urgent first."""

    SOLD_OUT = "sold_out"
    LOW_STOCK = "low_stock"
    OVERRUN = "overrun"
    CONVERSION_LOW = "conversion_low"
    STAY_SHORT = "stay_short"
    VIEWERS_FEW = "viewers_few"
    BEHIND = "behind"
    AHEAD = "ahead"
    ON_PLAN = "on_plan"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of this moment. Units are of the current segment; `recent_units` fell in the last `recent_minutes`."""

    stock: int
    left: int
    recent_units: int
    recent_minutes: int
    sellable: int
    over_seconds: int
    minutes_left_in_segment: int
    amount_fen: int
    planned_fen: int
    is_selling: bool
    conversion_bp: int | None = None
    stay_bp: int | None = None
    viewers_bp: int | None = None
    """The last three: how far conversion, stay and viewers are from the median of the own earlier sessions at this minute."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An advice with its figures: `units` to add, `minutes` until sold out or over, `deviation_bp` from the plan."""

    advice: Advice
    units: int = 0
    minutes: int = 0
    deviation_bp: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of the suggestions."""

    low_left_bp: int
    overrun_minutes: int
    behind_bp: int


def suggest(now: Situation, limits: Limits) -> Suggestion:
    """This function will say the one thing most worth doing now.   Source: LIV-7."""
    deviation = share_bp(now.amount_fen, now.planned_fen) - BP if now.planned_fen else 0
    if now.is_selling and now.stock and now.left == 0:
        return Suggestion(Advice.SOLD_OUT, units=_units_to_add(now), deviation_bp=deviation)
    if now.is_selling and now.stock and now.recent_units and share_bp(now.left, now.stock) < limits.low_left_bp:
        minutes = now.left * now.recent_minutes // now.recent_units
        return Suggestion(Advice.LOW_STOCK, units=_units_to_add(now), minutes=minutes, deviation_bp=deviation)
    if now.over_seconds >= limits.overrun_minutes * 60:
        return Suggestion(Advice.OVERRUN, minutes=now.over_seconds // 60, deviation_bp=deviation)
    if (weakest := _weakest(now, limits)) is not None:
        return weakest
    if now.planned_fen and deviation <= -limits.behind_bp:
        return Suggestion(Advice.BEHIND, deviation_bp=deviation)
    if now.planned_fen and deviation >= limits.behind_bp:
        return Suggestion(Advice.AHEAD, deviation_bp=deviation)
    return Suggestion(Advice.ON_PLAN, deviation_bp=deviation)


def _weakest(now: Situation, limits: Limits) -> Suggestion | None:
    """What is furthest below the own earlier sessions: of people who come, who stay and who buy, the one to work on."""
    measured = (
        (now.conversion_bp, Advice.CONVERSION_LOW if now.is_selling else None),
        (now.stay_bp, Advice.STAY_SHORT), (now.viewers_bp, Advice.VIEWERS_FEW),
    )  # fmt: skip
    low = [(off, advice) for off, advice in measured if off is not None and advice is not None and off <= -limits.behind_bp]
    if not low:
        return None
    off, advice = min(low, key=lambda one: one[0])
    return Suggestion(advice, deviation_bp=off)


def _units_to_add(now: Situation) -> int:
    """What the rest of the segment would sell at the recent pace, to the next ten, never more than can be sold."""
    minutes = max(now.minutes_left_in_segment, LEAST_MINUTES)
    wanted = now.recent_units * minutes // max(now.recent_minutes, 1) - now.left
    return min(max(-(-wanted // 10) * 10, 0), max(now.sellable, 0))
