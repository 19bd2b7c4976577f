"""Struck-through prices 划线价: set with their ground, judged by own deals, ended (CMP-8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import yuan_text
from kaibo.master.catalog.queries import SkuRow, SkuUnknown, sku_rows
from kaibo.master.shops.models import Platform
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Deal
from kaibo.stages.compliance import price_book
from kaibo.stages.compliance.models import ComparedPrice
from kaibo.stages.compliance.permissions import COMPARE, SEE
from kaibo.stages.compliance.pricing import (
    DealLevel,
    PriceGround,
    PriceLimits,
    Remark,
    StruckVerdict,
    Suggested,
    guard,
    judge_struck,
)

FLOOR_KEY, DEVIATION_KEY = "listing.price_floor_bp", "listing.price_deviation_bp"
"""Declared by listing, asked by name: one pair of figures for everybody who sets a price."""


class StruckPriceRefused(Invalid):
    code = "compliance.struck_price_refused"
    message_zh = "划线价站不住：{zh}（{source}）"
    message_en = "The struck price cannot stand: {en} ({source})"


class PlatformUnknown(Invalid):
    code = "compliance.platform_unknown"
    message_zh = "没有平台“{platform}”"
    message_en = "There is no platform “{platform}”"


class ComparisonGone(Conflict):
    code = "compliance.comparison_gone"
    message_zh = "这里没有正在用的划线价"
    message_en = "No struck-through price stands here"


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything there is to say of an item's price at a place: its deals, what may be struck through, and the verdicts asked for."""

    sku: SkuRow
    platform: str
    level: DealLevel
    deals: tuple[Deal, ...]
    standing: ComparedPrice | None
    price_fen: int
    remarks: tuple[Remark, ...]
    struck_fen: int | None
    struck: StruckVerdict | None


def item_for(actor: Actor, sku_id: UUID) -> SkuRow:
    """This function will give an item.   Raises: SkuUnknown."""
    found = sku_rows([sku_id]).get(sku_id)
    if found is None or not actor.sees(found.shop_id):
        raise SkuUnknown(code=str(sku_id)[:8])
    return found


def explain(*, actor: Actor, sku_id: UUID, platform: str, now: datetime, price_fen: int | None = None, struck_fen: int | None = None) -> Explained:
    """
    This function will explain an item's price at a place: every deal of the last seven days, which one was lowest, what may be
    struck through, and what the guard has against a price. Nothing is kept.   Raises: Forbidden, SkuUnknown, PlatformUnknown.   Source: CMP-8.
    """
    access.require(actor, SEE)
    sku = item_for(actor, sku_id)
    if platform not in Platform.values:
        raise PlatformUnknown(platform=platform)
    level = price_book.levels_of([sku_id], platform, now)[sku_id]
    limits = PriceLimits(thresholds.value(FLOOR_KEY, shop_id=sku.shop_id), thresholds.value(DEVIATION_KEY, shop_id=sku.shop_id))
    asked = sku.price_fen if price_fen is None else price_fen
    remarks = guard(asked, PriceGround(sku.code, sku.cost_fen, sku.price_fen, deal_fen=level.most_fen), limits)
    return Explained(
        sku, platform, level, tuple(price_book.deals_before(sku_id, platform, now)), standing_at(sku_id, platform), asked, remarks, struck_fen,
        judge_struck(struck_fen, asked, level) if struck_fen is not None else None,
    )  # fmt: skip


def standing_at(sku_id: UUID, platform: str) -> ComparedPrice | None:
    """This function will give the struck-through price that stands for an item at a place."""
    return ComparedPrice.objects.filter(sku=sku_id, platform=platform, ended_at=None).first()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A struck-through price as somebody wants it; `evidence` makes it a suggested retail price, proved until a day."""

    struck_fen: int
    price_fen: int
    evidence: str = ""
    evidence_until: date | None = None


@transaction.atomic
def set_struck(*, actor: Actor, sku_id: UUID, platform: str, wanted: Comparison, now: datetime) -> ComparedPrice:
    """
    This function will set the struck-through price of an item at a place; what deals do not bear is refused with the figures.

    Raises: Forbidden, SkuUnknown, PlatformUnknown, StruckPriceRefused.   Source: CMP-8; 明码标价和禁止价格欺诈规定 art. 16.
    """
    sku = item_for(actor, sku_id)
    access.require(actor, COMPARE, shop_id=sku.shop_id)
    if platform not in Platform.values:
        raise PlatformUnknown(platform=platform)
    level = price_book.levels_of([sku_id], platform, now)[sku_id]
    suggested = Suggested(wanted.struck_fen, wanted.evidence) if wanted.evidence.strip() else None
    verdict = judge_struck(wanted.struck_fen, wanted.price_fen, level, suggested)
    if not verdict.is_allowed or verdict.basis is None or verdict.most_fen is None:
        raise StruckPriceRefused(zh=verdict.zh, en=verdict.en, source=verdict.source)
    ComparedPrice.objects.filter(sku=sku_id, platform=platform, ended_at=None).update(ended_at=now, ended_by=actor.name)
    made = ComparedPrice.objects.create(
        shop_id=sku.shop_id, sku_id=sku_id, platform=platform, struck_fen=wanted.struck_fen, price_fen=wanted.price_fen, basis=verdict.basis,
        most_fen=verdict.most_fen, deals=level.deals, evidence=wanted.evidence.strip()[:200], evidence_until=wanted.evidence_until if suggested else None,
        began_at=now, set_by=actor.name,
    )  # fmt: skip
    audit.record(
        actor, COMPARE, subject=f"compared:{made.pk}", now=now, shop_id=sku.shop_id,
        details={"sku": sku.code, "platform": platform, "struck": yuan_text(made.struck_fen), "most": yuan_text(made.most_fen), "basis": made.basis, "deals": made.deals},
    )  # fmt: skip
    return made


@transaction.atomic
def end_struck(*, actor: Actor, sku_id: UUID, platform: str, now: datetime) -> None:
    """This function will take a struck-through price away.   Raises: Forbidden, SkuUnknown, ComparisonGone."""
    sku = item_for(actor, sku_id)
    access.require(actor, COMPARE, shop_id=sku.shop_id)
    if not ComparedPrice.objects.filter(sku=sku_id, platform=platform, ended_at=None).update(ended_at=now, ended_by=actor.name):
        raise ComparisonGone
    audit.record(actor, COMPARE, subject=f"compared:{sku_id}:{platform}", now=now, shop_id=sku.shop_id, details={"ended": sku.code})
