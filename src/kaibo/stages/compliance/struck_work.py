"""Struck-through prices that must come down or change on outside platforms: nothing is written there, so a person gets the list (CMP-8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from kaibo.kit.clock import business_date, day_bounds
from kaibo.kit.money import yuan_text
from kaibo.master.shops.models import Platform
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.compliance import evidence, price_book
from kaibo.stages.compliance.models import ComparedPrice
from kaibo.stages.compliance.pricing import ARTICLE, BASE_ARTICLE, Basis, DealLevel

TAKEN_AWAY_FOR = timedelta(days=30)
"""How long a price that was ended here stays on the list: nobody tells us whether it came down over there."""


@dataclass(frozen=True, slots=True)
class StruckWork:
    """One thing to do on a platform's back office: which price, since when it may not stand, why, and what may stand instead (None: nothing)."""

    compared: ComparedPrice
    since: datetime
    reason: str
    source: str
    instead_fen: int | None

    @property
    def platform_title(self) -> str:
        return str(Platform(self.compared.platform).label)


def work_of(actor: Actor, now: datetime, *, most: int | None = None) -> list[StruckWork]:
    """
    This function will list what must be changed on outside platforms, what cannot stand for longest first, `most` of them or all.

    Source: CMP-8; 明码标价和禁止价格欺诈规定 art. 16, 17.
    """
    standing = list(evidence.compared_for(actor).exclude(platform=Platform.OWN.value).filter(_may_have_to_go(now)))
    found = []
    for platform in {one.platform for one in standing}:
        here = [one for one in standing if one.platform == platform]
        levels = price_book.levels_of([one.sku_id for one in here], platform, now)
        found += [work for one in here if (work := _judged(one, levels[one.sku_id], now))]
    return sorted([*found, *_ended(actor, now, most)], key=lambda one: (one.since, one.compared.platform, one.compared.sku.code))[:most]


def _may_have_to_go(now: datetime) -> Q:
    """A maker's suggested price stands while its proof does, whatever was sold: its deals need not be read."""
    return ~Q(basis=Basis.SUGGESTED.value) | Q(evidence_until__lt=business_date(now))


def _judged(one: ComparedPrice, level: DealLevel, now: datetime) -> StruckWork | None:
    if one.evidence_until and one.evidence_until < business_date(now):
        return StruckWork(one, day_bounds(one.evidence_until)[1], _("厂商建议零售价的证明已过期"), BASE_ARTICLE, level.most_fen)
    if one.basis == Basis.SUGGESTED or level.most_fen is None or level.most_fen >= one.struck_fen:
        return None
    lower = [deal.at for deal in price_book.deals_before(one.sku_id, one.platform, now) if not deal.why_not and deal.unit_fen < one.struck_fen and deal.at >= one.began_at]
    since = min(lower, default=level.last_at or one.began_at)
    return StruckWork(one, since, _("之后有更低成交 %(fen)s") % {"fen": yuan_text(level.most_fen)}, ARTICLE, level.most_fen if level.most_fen > one.price_fen else None)


def _ended(actor: Actor, now: datetime, most: int | None) -> list[StruckWork]:
    """Those ended here with no other standing in their place, of each place the last, the oldest first."""
    ended = access.visible(ComparedPrice.objects.filter(ended_at__gte=now - TAKEN_AWAY_FOR).exclude(platform=Platform.OWN.value), actor)
    followed = ComparedPrice.objects.filter(ended_at=None, sku=OuterRef("sku"), platform=OuterRef("platform"))
    last = ended.filter(~Exists(followed)).order_by("sku", "platform", "-ended_at", "-id").distinct("sku", "platform").values("pk")
    found = ComparedPrice.objects.filter(pk__in=last).select_related("sku__product", "shop").order_by("ended_at", "platform", "sku__code")[:most]
    return [StruckWork(one, one.ended_at, _("%(who)s 已停用") % {"who": one.ended_by}, ARTICLE, None) for one in found if one.ended_at]
