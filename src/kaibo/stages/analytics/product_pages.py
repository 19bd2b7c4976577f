"""What the pages of product iteration show: points beside what was decided, tasks, and effects in words (INS-9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaibo.kit.clock import business_date
from kaibo.master.catalog.models import Product
from kaibo.master.catalog.queries import products_for
from kaibo.master.people.queries import names_of
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.analytics import improvements
from kaibo.stages.analytics.forms import PlanForm
from kaibo.stages.analytics.models import Improvement
from kaibo.stages.analytics.opinions import Point, Said, Source, points_of
from kaibo.stages.analytics.queries import voices
from kaibo.stages.analytics.words import signed_words
from kaibo.stages.selection.probability import wilson_bp
from kaibo.stages.selection.queries import market_for, market_of_product, theme_words, themes_of

SOURCE_WORDS = {"case": gettext_lazy("售后"), "review": gettext_lazy("评价"), "chat": gettext_lazy("直播间提问")}
STATE_WORDS = {"planned": gettext_lazy("在改"), "done": gettext_lazy("已改"), "declined": gettext_lazy("不改")}
STATE_PILLS = {"planned": "note", "done": "ok", "declined": ""}
VERDICT_WORDS = {
    "fewer": gettext_lazy("抱怨少了，不像偶然"), "more": gettext_lazy("抱怨反而多了"), "open": gettext_lazy("看不出差别，可能只是偶然"), "too_few": gettext_lazy("卖得还太少，下不了结论"),
}  # fmt: skip
VERDICT_PILLS = {"fewer": "ok", "more": "bad", "open": "warn", "too_few": ""}
DUE_DAYS = 14
MOST_DONE = 50


@dataclass(frozen=True, slots=True)
class PointRow:
    """A point as the page draws it, beside the newest decision about it."""

    point: Point
    title: str
    low_bp: int
    high_bp: int
    sources: tuple[tuple[str, int], ...]
    rivals_bp: int | None
    since_done: int | None
    decided: Improvement | None
    owner: str
    state_words: str
    pill: str
    form: PlanForm
    dialog_id: str

    @property
    def is_open(self) -> bool:
        return self.decided is None or self.decided.state != "planned"


@dataclass(frozen=True, slots=True)
class TaskRow:
    """An improvement in a list."""

    improvement: Improvement
    title: str
    owner: str
    state_words: str
    pill: str
    is_late: bool
    wants_look: bool


def product_context(product: Product, said: Sequence[Said], *, now: datetime, may_decide: bool) -> dict[str, Any]:
    """This function will give a product's points, each beside what was decided, and the effects of what was done."""
    found = points_of(said)
    decided: dict[str, Improvement] = {}
    all_of = list(Improvement.objects.filter(product=product.pk).order_by("decided_at"))
    for one in all_of:
        decided[one.point] = one
    names = names_of([one.owner_id for one in all_of if one.owner_id])
    rivals = _rivals(product)
    since = {key: _said_since(key, one.done_at, said) for key, one in decided.items() if one.done_at is not None}
    rows = [_point_row(one, decided.get(one.key), names, rivals, since.get(one.key), now) for one in found.points]
    fewest = thresholds.value("analytics.min_sample", shop_id=product.shop_id)
    effects = [_effect_row(one, improvements.effect_of(one, now, fewest_units=fewest)) for one in reversed(all_of) if one.state == "done"]
    return {
        "product": product, "found": found, "rows": rows, "effects": effects, "tasks": [_task_row(one, names, now) for one in reversed(all_of)],
        "sources": [(str(SOURCE_WORDS[key]), number) for key, number in found.by_source.items()], "may_decide": may_decide, "fewest": fewest,
        "trail": ((_("商品改进"), reverse("analytics:products")),),
    }  # fmt: skip


def point_words(key: str) -> str:
    """This function will name a point in the reader's language."""
    return _("洗护与退换") if key == "care" else theme_words(key)


def _said_since(point: str, since: datetime, said: Sequence[Said]) -> int:
    """People who still complain of it: who asks about it before buying has not worn what was changed."""
    found = points_of([one for one in said if one.at >= since and one.source is not Source.CHAT]).named(point)
    return found.people if found else 0


def _rivals(product: Product) -> dict[str, int]:
    """How often competitors' buyers make the same point: of all that complain in the market."""
    market_id = market_of_product(product.pk)
    if market_id is None:
        return {}
    return {one.key: one.share_bp for one in themes_of(market_for(KAIBO, market_id), quotes=0)}


def _point_row(point: Point, decided: Improvement | None, names: dict[UUID, str], rivals: dict[str, int], since_done: int | None, now: datetime) -> PointRow:
    low, high = wilson_bp(point.people, point.whole)
    title = point_words(point.key)
    form = PlanForm(initial={"words": _("改进：%(point)s") % {"point": title}, "due_on": business_date(now) + timedelta(days=DUE_DAYS)}, auto_id=f"plan-{point.key}-%s")
    return PointRow(
        point, title, low, high, tuple((str(SOURCE_WORDS[key]), number) for key, number in point.by_source.items()), rivals.get(point.key), since_done, decided,
        names.get(decided.owner_id, "") if decided and decided.owner_id else "", str(STATE_WORDS[decided.state]) if decided else "", STATE_PILLS[decided.state] if decided else "",
        form, f"plan-{point.key}",
    )  # fmt: skip


def _effect_row(one: Improvement, effect: improvements.Effect) -> dict[str, Any]:
    gap = effect.difference
    return {
        "improvement": one, "title": point_words(one.point), "before": effect.before, "after": effect.after, "verdict": VERDICT_WORDS[effect.verdict],
        "pill": VERDICT_PILLS[effect.verdict], "gap": signed_words(gap.difference_bp, "bp") if gap else "",
        "interval": (signed_words(gap.low_bp, "bp"), signed_words(gap.high_bp, "bp")) if gap else None,
    }  # fmt: skip


def _task_row(one: Improvement, names: dict[UUID, str], now: datetime) -> TaskRow:
    is_late = one.state == "planned" and one.due_on is not None and one.due_on < business_date(now)
    wants_look = one.state == "done" and not one.outcome and one.done_at is not None and one.done_at + improvements.LOOK_AFTER <= now
    return TaskRow(one, point_words(one.point), names.get(one.owner_id, "") if one.owner_id else "", str(STATE_WORDS[one.state]), STATE_PILLS[one.state], is_late, wants_look)


def list_context(actor: Actor, *, shop_id: UUID | None, now: datetime) -> dict[str, Any]:
    """This function will give the products people complain of, the most first, and all tasks beside them; a constant number of queries."""
    counted = voices.case_counts(actor, since=now - voices.WINDOW, shop_id=shop_id)
    kept = list(improvements.improvements_for(actor, shop_id=shop_id)[: MOST_DONE * 4])
    products = {one.pk: one for one in (products_for(actor).filter(shop=shop_id) if shop_id else products_for(actor))[:500]}
    names = names_of([one.owner_id for one in kept if one.owner_id])
    working: dict[UUID, int] = {}
    for one in kept:
        working[one.product_id] = working.get(one.product_id, 0) + (one.state == "planned")
    rows = sorted(products.values(), key=lambda one: (-counted.get(one.pk, 0), one.title))
    tasks = [_task_row(one, names, now) for one in kept]
    return {
        "rows": [(one, counted.get(one.pk, 0), working.get(one.pk, 0)) for one in rows], "planned": [one for one in tasks if one.improvement.state == "planned"],
        "done": [one for one in tasks if one.improvement.state == "done"][:MOST_DONE], "declined": [one for one in tasks if one.improvement.state == "declined"][:MOST_DONE],
    }  # fmt: skip
