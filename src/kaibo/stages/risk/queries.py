"""Reads of mentions, scoped by actor: what burns first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from kaibo.kit.errors import NotFound
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import Difference
from kaibo.stages.risk import rules
from kaibo.stages.risk.models import Mention, WatchWord

BURNING = [state.value for state in rules.BURNING]


class MentionUnknown(NotFound):
    code = "risk.mention_unknown"
    message_zh = "没有这条舆情，或你看不到它"
    message_en = "There is no such mention, or you cannot see it"


@dataclass(frozen=True, slots=True)
class Overview:
    """The register in numbers: what burns now, and how the last 30 days went."""

    burning: int
    overdue: int
    critical: int
    mine: int
    answered: int
    in_time: int
    seen: int
    negative: int


def mentions_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Mention]:
    """This function will give the mentions an actor may see."""
    return access.visible(Mention.objects.select_related("shop", "product"), actor, shop_id=shop_id)


def mention_for(actor: Actor, mention_id: UUID) -> Mention:
    """This function will give a mention.   Raises: MentionUnknown."""
    mention = Mention.objects.select_related("shop", "product").filter(pk=mention_id).first()
    if mention is None or not actor.sees(mention.shop_id):
        raise MentionUnknown
    return mention


def burning(actor: Actor, *, shop_id: UUID | None = None, most: int = 50) -> list[Mention]:
    """This function will give what still burns: the gravest first, then the soonest due."""
    return prepared.rows(_burning, actor, shop_id, most)


def _burning(actor: Actor, shop_id: UUID | None, most: int) -> QuerySet[Mention]:
    grave = Case(*(When(severity=key, then=Value(place)) for key, place in rules.SEVERITY_ORDER.items()), output_field=IntegerField())
    return mentions_for(actor, shop_id=shop_id).filter(state__in=BURNING).order_by(grave, "answer_by")[:most]


def overview(actor: Actor, now: datetime, *, shop_id: UUID | None = None) -> Overview:
    """This function will count the register in one query."""
    on = Q(state__in=BURNING)
    lately = Q(first_seen_at__gte=now - timedelta(days=30))
    answered = lately & Q(answered_at__isnull=False)
    counts = mentions_for(actor, shop_id=shop_id).aggregate(
        burning=Count("pk", filter=on), overdue=Count("pk", filter=on & Q(answer_by__lte=now)), critical=Count("pk", filter=on & Q(severity="critical")),
        mine=Count("pk", filter=on & Q(owner_id=actor.person_id)), answered=Count("pk", filter=answered),
        in_time=Count("pk", filter=answered & Q(answered_at__lte=F("answer_by"))), seen=Count("pk", filter=lately),
        negative=Count("pk", filter=lately & ~Q(state__in=["quiet", "dismissed"])),
    )  # fmt: skip
    return Overview(**counts)


def names_for(shop_id: UUID) -> list[rules.Name]:
    """This function will give the words that mean a shop or its products: the watch words, its name, titles and codes."""
    return [rules.Name(word, str(product or "")) for word, product in WatchWord.objects.filter(shop=shop_id).values_list("word", "product")]


def watch_words(actor: Actor, *, shop_id: UUID | None = None) -> list[WatchWord]:
    found = WatchWord.objects.select_related("shop", "product").order_by("shop", "word")
    return list(access.visible(found, actor, shop_id=shop_id))


def burning_of_products(product_ids: Iterable[UUID]) -> dict[UUID, list[Mention]]:
    """This function will give what burns about products, the gravest and soonest first."""
    found: dict[UUID, list[Mention]] = {}
    for one in prepared.rows(_burning_of, products=list(product_ids)):
        found.setdefault(one.product_id, []).append(one)
    for rows in found.values():
        rows.sort(key=lambda one: (rules.SEVERITY_ORDER[one.severity], one.answer_by))
    return found


def watched_products(product_ids: Iterable[UUID]) -> set[UUID]:
    """This function will give the products of which anything was ever said."""
    return set(prepared.rows(_mentioned, products=list(product_ids)))


def _burning_of(*, products: Any) -> QuerySet[Mention]:
    return Mention.objects.filter(product__among=products, state__in=BURNING).order_by("answer_by")


def _mentioned(*, products: Any) -> QuerySet[Any]:
    return Mention.objects.filter(product__among=products).values_list("product", flat=True).distinct().order_by()


def everything_burning(actor: Actor) -> QuerySet[Mention]:
    return mentions_for(actor).filter(state__in=BURNING)


def differences() -> list[Difference]:
    """This function will find burning mentions whose clock nobody was told of long after it ran out."""
    silent = Mention.objects.filter(state__in=BURNING, answer_by__isnull=True)
    return [Difference("risk", f"mention {one.pk} burns without a clock") for one in silent[:50]]
