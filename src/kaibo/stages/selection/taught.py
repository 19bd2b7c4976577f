"""What closed after-sales cases taught: why goods come back, which sizes run large or small, what was not as described (SEL-19)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum
from django.utils.translation import get_language

from kaibo.master.catalog import queries as catalog
from kaibo.stages.selection.models import Feedback

LARGE = re.compile(r"偏大|太大|大了|宽松过头|太宽|偏长|太长|长了|大一码|大一号|runs large|too (?:big|large|long)")
SMALL = re.compile(r"偏小|太小|小了|太紧|紧了|勒|偏短|太短|短了|小一码|小一号|runs small|too (?:small|tight|short)")
NATURES = {
    "no_reason": ("七天无理由", "no reason (7 days)"), "size": ("尺码不合", "wrong size"), "logistics": ("物流", "logistics"),
    "wrong_item": ("错发少发", "wrong or missing item"), "damage": ("破损", "damaged"), "not_as_described": ("描述不符", "not as described"),
    "quality": ("质量问题", "quality"), "service": ("服务态度", "service"), "safety": ("人身安全", "safety"), "other": ("其他", "other"),
}  # fmt: skip
UNLIKE = "not_as_described"
ENOUGH_TO_SAY = 3
"""From so many cases that agree on, a size table is to say so."""


def direction_of(reason: str) -> str:
    """This function will say whether a buyer found an item too large or too small; both or neither is unknown."""
    large, small = bool(LARGE.search(reason)), bool(SMALL.search(reason))
    return "" if large == small else ("large" if large else "small")


def words_of(nature: str) -> str:
    """This function will name what a case was about, in the reader's language."""
    zh, en = NATURES.get(nature, (nature, nature))
    return en if (get_language() or "").startswith("en") else zh


@dataclass(frozen=True, slots=True)
class SizeSaid:
    """What buyers said of the size of an item, with the cases they said it in."""

    code: str
    specification: str
    large: int
    small: int
    unknown: int
    case_ids: tuple[UUID, ...]

    @property
    def verdict(self) -> str:
        """`large`, `small` or nothing: two thirds of at least three that said a direction."""
        told = self.large + self.small
        if told < ENOUGH_TO_SAY:
            return ""
        if self.large * 3 >= told * 2:
            return "large"
        return "small" if self.small * 3 >= told * 2 else ""


def sizes_said(product_id: UUID) -> list[SizeSaid]:
    """This function will sum up what buyers said of a product's sizes, by item, most said first; two queries."""
    rows = Feedback.objects.filter(product_id=product_id, nature="size").values_list("sku_id", "reason", "case_id").order_by("closed_at", "case_id")
    by_sku: dict[UUID | None, list[tuple[str, UUID]]] = {}
    for sku_id, reason, case_id in rows:
        by_sku.setdefault(sku_id, []).append((direction_of(reason), case_id))
    skus = catalog.sku_rows([one for one in by_sku if one])
    found = []
    for sku_id, said in by_sku.items():
        sku = skus.get(sku_id) if sku_id else None
        counts = [sum(one == way for one, _case in said) for way in ("large", "small", "")]
        found.append(SizeSaid(sku.code if sku else "—", sku.specification if sku else "—", *counts, tuple(case for _way, case in said)))
    return sorted(found, key=lambda one: (-len(one.case_ids), one.code))


def unlike_described(product_id: UUID, *, most: int = 8) -> list[Feedback]:
    """This function will give what buyers found otherwise than it was said on air: what the script has to put right."""
    return list(Feedback.objects.filter(product_id=product_id, nature=UNLIKE).order_by("-closed_at")[:most])


@dataclass(frozen=True, slots=True)
class Why:
    """How many cases of a kind a product had, and the money that went back."""

    nature: str
    cases: int
    refunded_fen: int


def reasons_of(product_id: UUID) -> list[Why]:
    """This function will sum up why a product comes back, most often first; one query."""
    rows = Feedback.objects.filter(product_id=product_id).values_list("nature").annotate(n=Count("pk"), fen=Sum("refunded_fen")).order_by("-n", "nature")
    return [Why(nature, n, fen or 0) for nature, n, fen in rows]


def returns_of_lots(lot_ids: Iterable[UUID], *, since: datetime) -> list[Feedback]:
    """This function will give the closed cases about goods of these lots since then, newest first; one query."""
    return list(Feedback.objects.filter(lot_ids__overlap=list(lot_ids), closed_at__gte=since).order_by("-closed_at"))
