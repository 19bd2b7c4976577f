"""A bad review is phoned: feelings first, then the problem, then an offer that holds whatever becomes of the review (AFT-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.kit.errors import Invalid
from kaibo.master.people import queries as people
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.kept_words import Filling
from kaibo.plumbing.notices import notices
from kaibo.stages.aftersales import fairness, queries, services
from kaibo.stages.aftersales.complaints import CallOutOfOrder, CaseUnknown, ReasonMissing
from kaibo.stages.aftersales.models import Case, CaseEntry, ReviewCall
from kaibo.stages.aftersales.permissions import HANDLE
from kaibo.stages.aftersales.rules import Impact, Kind, nature_of
from kaibo.stages.aftersales.services import NewCase
from kaibo.stages.aftersales.steps import note

BAD_STARS = 3
"""Up to so many stars a review is phoned."""


class ReviewNotBad(Invalid):
    code = "aftersales.review_not_bad"
    message_zh = "{most} 星及以下的评价才登记回访"
    message_en = "Only reviews of {most} stars and fewer are phoned"


@dataclass(frozen=True, slots=True)
class AgendaPart:
    """A part of the call: what it is for, what one says, what one leaves unsaid."""

    key: str
    zh: str
    en: str
    say: tuple[tuple[str, str], ...]
    not_zh: str
    not_en: str


AGENDA = (
    AgendaPart(
        "feeling", "先听感受", "Feelings first",
        (
            ("您好，我是{shop}的售后负责人，看到您收到货后不太满意，想听您说说。现在方便吗？", "Hello, I lead service at {shop}. I saw that you were not happy and would like to listen. Is now a good time?"),
            ("换作是我也会失望，给您添麻烦了，对不起。", "I would be disappointed too. I am sorry for the trouble."),
            ("您最在意的是哪一点？", "What upset you most?"),
        ),
        "先不解释、不问订单、不谈钱，也不提评价", "no explaining, no order number, no money and no word about the review yet",
    ),
    AgendaPart(
        "problem", "再问问题", "Then the problem",
        (
            ("方便说一下收到时是什么样子吗？照片发我就行，不用您跑。", "What was it like when it arrived? A picture is enough."),
            ("我重复一遍，您看对不对：……", "Let me say it back to you …"),
        ),
        "不追究是谁的错，先把事实问清", "no question of whose fault it is; get the facts",
    ),
    AgendaPart(
        "offer", "最后给方案", "Then an offer",
        (
            ("您看退款、换一件还是补偿一部分更合适？今天就给您办。", "Would a refund, an exchange or a partial compensation suit you? I will do it today."),
            ("这是我们该做的，您怎么评价由您决定，和补偿无关。", "This is what we owe you; what you write is yours to decide and has nothing to do with it."),
        ),
        "补偿不以删改评价为条件：{law}", "never in return for changing a review: {law}",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadReview:
    """What a buyer wrote, about which item."""

    line_id: UUID
    stars: int
    review: str
    reviewed_at: datetime


@transaction.atomic
def take_review(*, actor: Actor, told: BadReview, now: datetime) -> ReviewCall:
    """
    This function will open a case for a bad review, public and therefore with its owner, deadline and process, to be phoned.

    Raises: Forbidden, OrderUnknown, ReviewNotBad, ReasonMissing.   Source: AFT-1, AFT-6.
    """
    if not 1 <= told.stars <= BAD_STARS:
        raise ReviewNotBad(most=BAD_STARS)
    if not told.review.strip():
        raise ReasonMissing
    about = NewCase(told.line_id, Kind.COMPLAINT, nature_of(told.review), Impact.PUBLIC, told.review.strip()[:400])
    case = services.open_case(actor=actor, told=about, now=now)
    return ReviewCall.objects.create(case=case, stars=told.stars, review=told.review.strip()[:600], reviewed_at=told.reviewed_at)


def call_of(case_id: UUID) -> ReviewCall | None:
    return ReviewCall.objects.filter(case=case_id).first()


@transaction.atomic
def note_feeling(*, actor: Actor, case_id: UUID, text: str, now: datetime) -> ReviewCall:
    """This function will write down how the buyer feels: the first thing of a call.   Raises: Forbidden, ReasonMissing.   Source: AFT-6."""
    return _write(actor, case_id, now, text, {}, {"feeling": text.strip()[:400], "felt_at": now}, "感受")


@transaction.atomic
def note_problem(*, actor: Actor, case_id: UUID, text: str, now: datetime) -> ReviewCall:
    """This function will write down the problem, after the feelings.   Raises: Forbidden, ReasonMissing, CallOutOfOrder.   Source: AFT-6."""
    return _write(actor, case_id, now, text, {"felt_at__isnull": False}, {"problem": text.strip()[:400], "problem_at": now}, "问题")


@transaction.atomic
def make_offer(*, actor: Actor, case_id: UUID, text: str, offer_fen: int, now: datetime) -> ReviewCall:
    """
    This function will write down what is offered, after feelings and problem, never in return for a review. The money
    itself goes back as a refund, with its limits.   Raises: Forbidden, ReasonMissing, ReviewTied, CallOutOfOrder.   Source: AFT-6.
    """
    fairness.refuse_tied(text)
    changes = {"offer": text.strip()[:400], "offer_fen": max(0, offer_fen), "offered_at": now}
    return _write(actor, case_id, now, text, {"problem_at__isnull": False}, changes, "方案")


PARTS_IN_ENGLISH = {"感受": "how they feel", "问题": "the problem", "方案": "the offer"}


def _write(
    actor: Actor, case_id: UUID, now: datetime, text: str, only_if: dict[str, object], changes: dict[str, object], title: str
) -> ReviewCall:
    case = queries.locked_case(actor, case_id)
    access.require(actor, HANDLE, shop_id=case.shop_id)
    call = call_of(case_id)
    if call is None:
        raise CaseUnknown
    if not text.strip():
        raise ReasonMissing
    if not ReviewCall.objects.filter(case=case_id, **only_if).update(**changes, called_by=actor.name):
        raise CallOutOfOrder
    told: dict[str, Filling] = {"part": (title, PARTS_IN_ENGLISH[title]), "text": text.strip()}
    note(case, CaseEntry.Kind.NOTE, gettext_noop("%(part)s：%(text)s"), actor, now, values=told)
    _tell_of_ties(case, text, title, actor, now)
    audit.record(actor, "aftersales:review:note", subject=f"case:{case_id}", now=now, shop_id=case.shop_id, details={"part": title})
    call.refresh_from_db()
    return call


def _tell_of_ties(case: Case, text: str, title: str, actor: Actor, now: datetime) -> None:
    """What was said on the phone is kept as it was said; where it sounds like a tie, compliance is told."""
    ties = fairness.ties_in(text)
    if ties:
        told = people.people_with_role("compliance", shop_id=case.shop_id)
        notices.tell(
            told, key=f"review-tie:{case.pk}:{title}", now=now, title=gettext_noop("差评回访记录里提到改评价：“%(words)s”"),
            values={"words": ties[0].text}, href=f"/aftersales/{case.pk}#call", state="red",
        )  # fmt: skip
