"""Reads of members, scoped by actor; who they are stays masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum, Value

from kaibo.kit.errors import NotFound
from kaibo.kit.money import share_bp
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Difference
from kaibo.stages.members import rules
from kaibo.stages.members.models import ContactList, Member, Purchase, SegmentOffer

CAP_WINDOW = timedelta(days=30)
CAP = "members.touches_per_30_days"


class MemberUnknown(NotFound):
    code = "members.member_unknown"
    message_zh = "没有这个会员，或你看不到"
    message_en = "There is no such member, or you cannot see it"


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment in figures. `reachable` may be contacted now; money in fen, shares in basis points."""

    words: rules.SegmentWords
    members: int
    share_bp: int
    spent_fen: int
    spent_share_bp: int
    average_fen: int
    """In whole yuan."""
    purchases: int
    last_at: datetime | None
    reachable: int
    refused: int
    unasked: int
    offer: SegmentOffer | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All members of the shops in view."""

    members: int
    purchases: int
    spent_fen: int
    repeat_bp: int
    consent_bp: int
    top_share_bp: int
    first_at: datetime | None
    last_at: datetime | None
    scored_at: datetime | None


def members_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Member]:
    """This function will give the members of the actor's shops who bought something."""
    return access.visible(Member.objects.filter(purchases__gt=0), actor, shop_id=shop_id)


def member_for(actor: Actor, member_id: UUID) -> Member:
    """This function will give a member of the actor's shops.   Raises: MemberUnknown."""
    member = Member.objects.select_related("shop").filter(pk=member_id).first()
    if member is None or not actor.sees(member.shop_id):
        raise MemberUnknown
    return member


def overview(actor: Actor, *, shop_id: UUID | None = None) -> Overview:
    """This function will sum the members up; the top fifth's share is by spending."""
    found = prepared.rows(_summed, actor, shop_id)
    if not found:
        return Overview(0, 0, 0, 0, 0, 0, None, None, None)
    sums = found[0]
    people, spent = sums["members"], sums["spent"] or 0
    return Overview(
        people, sums["bought"] or 0, spent, share_bp(sums["repeat"], people), share_bp(sums["consent_given"], people), share_bp(sums["top"] or 0, spent),
        sums["first"], sums["last"], sums["scored"],
    )  # fmt: skip


def _summed(actor: Actor, shop_id: UUID | None) -> QuerySet[Any]:
    every = members_for(actor, shop_id=shop_id).annotate(every=Value(1)).values("every")
    return every.annotate(
        members=Count("pk"), bought=Sum("purchases"), spent=Sum("spent_fen"), repeat=Count("pk", filter=Q(purchases__gt=1)),
        consent_given=Count("pk", filter=Q(consent="given")), first=Min("first_at"), last=Max("last_at"), scored=Max("scored_at"),
        top=Sum("spent_fen", filter=Q(monetary=5)),
    ).order_by()  # fmt: skip


def touched_often(now: datetime) -> QuerySet[Member]:
    """This function will give the members at the frequency cap.   Source: MEM-3."""
    return _touched_often(now, thresholds.value(CAP))


def _touched_often(now: Any, most: Any) -> QuerySet[Member]:
    return Member.objects.annotate(recent=Count("touches", filter=Q(touches__at__gt=now - CAP_WINDOW))).filter(recent__gte=most)


def segment_rows(actor: Actor, *, now: datetime, shop_id: UUID | None = None) -> list[SegmentRow]:
    """This function will give every segment in figures, in the order of the rules, in a constant number of queries."""
    sums = {one["segment"]: one for one in prepared.rows(_by_segment, actor, shop_id, now=now, most=thresholds.value(CAP))}
    people, money = sum(one["count"] for one in sums.values()), sum(one["spent"] for one in sums.values())
    offers = {one.segment: one for one in SegmentOffer.objects.filter(shop=shop_id)} if shop_id else {}
    rows = []
    for words in rules.SEGMENTS:
        one = sums.get(words.segment.value)
        count, spent = (one["count"], one["spent"]) if one else (0, 0)
        rows.append(
            SegmentRow(
                words, count, share_bp(count, people), spent, share_bp(spent, money), spent // count // 100 * 100 if count else 0, one["bought"] if one else 0,
                one["newest"] if one else None, one["reachable"] if one else 0, one["refused"] if one else 0, one["unasked"] if one else 0,
                offers.get(words.segment.value),
            )
        )  # fmt: skip
    return rows


def _by_segment(actor: Actor, shop_id: UUID | None, *, now: Any, most: Any) -> QuerySet[Any]:
    reachable = Q(consent="given") & ~Q(pk__in=_touched_often(now, most).values("pk")) & Q(sealed__isnull=False)
    return members_for(actor, shop_id=shop_id).values("segment").annotate(
        count=Count("pk"), spent=Sum("spent_fen"), bought=Sum("purchases"), newest=Max("last_at"), refused=Count("pk", filter=Q(consent="refused")),
        unasked=Count("pk", filter=Q(consent="unasked")), reachable=Count("pk", filter=reachable),
    )  # fmt: skip


def matrix(actor: Actor, *, shop_id: UUID | None = None) -> dict[tuple[int, int], tuple[int, int]]:
    """This function will count members and their spending by (recency, frequency) score."""
    return {(recency, frequency): (count, spent) for recency, frequency, count, spent in prepared.rows(_by_scores, actor, shop_id)}


def _by_scores(actor: Actor, shop_id: UUID | None) -> QuerySet[Any]:
    scored = members_for(actor, shop_id=shop_id).filter(recency__isnull=False)
    return scored.values_list("recency", "frequency").annotate(Count("pk"), Sum("spent_fen"))


def purchases_of(member_id: UUID, *, most: int = 60) -> list[Purchase]:
    return list(Purchase.objects.filter(member=member_id).order_by("-bought_at", "-id")[:most])


def lists_of(actor: Actor, *, shop_id: UUID | None = None, most: int = 20) -> list[ContactList]:
    """This function will give the contact lists taken out, newest first."""
    found = ContactList.objects.select_related("shop").order_by("-taken_at")
    return list(access.visible(found, actor, shop_id=shop_id)[:most])


def lists_with(member_id: UUID) -> list[ContactList]:
    return list(ContactList.objects.filter(touches__member=member_id).order_by("-taken_at")[:20])


def offer_of(shop_id: UUID, segment: str) -> SegmentOffer | None:
    return SegmentOffer.objects.filter(shop=shop_id, segment=segment).first()


def buyers_of_products(product_ids: Sequence[UUID]) -> int:
    """This function will count the members of the shops that sell these products."""
    return Member.objects.filter(shop__product__in=list(product_ids), purchases__gt=0).distinct().count()


def scored_shops(shop_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int, datetime | None]]:
    """This function will give, by shop: members, those high in value, and when they were last scored."""
    return {shop: (count, high, scored) for shop, count, high, scored in prepared.rows(_scored, shops=list(shop_ids))}


def _scored(*, shops: Any) -> QuerySet[Any]:
    return Member.objects.filter(shop__among=shops, purchases__gt=0).values_list("shop").annotate(
        count=Count("pk"), high=Count("pk", filter=Q(segment="high_value", consent="given")), scored=Max("scored_at")
    )


def differences() -> list[Difference]:
    """This function will prove that members' sums are their purchases' and that no list broke the cap."""
    wrong = Member.objects.annotate(count=Count("history"), spent=Sum("history__amount_fen")).exclude(purchases=F("count"))
    found = [Difference("members", f"member {one.pk} has {one.count} purchases, its row says {one.purchases}") for one in wrong[:50]]
    refused = Member.objects.filter(consent="refused", consent_at__isnull=False, touches__at__gt=F("consent_at")).distinct()
    return found + [Difference("members", f"member {one.pk} was contacted after refusing") for one in refused[:50]]
