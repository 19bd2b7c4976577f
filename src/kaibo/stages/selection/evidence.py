"""
Where each figure of a candidate's scorecard comes from: counted anew whenever it is shown, with the page its evidence stands on.

What is not known is missing, never zero, and says what would make it known.   Source: SEL-9, SEL-15, SEL-19.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from kaibo.kit.money import BP, share_bp
from kaibo.language.screening import default_screener
from kaibo.plumbing.addresses import address_of
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Goods, Hurdle, wiring
from kaibo.stages.selection import queries, rules, score_rules
from kaibo.stages.selection.economics import economics_of
from kaibo.stages.selection.models import Candidate, Feedback, ReviewTheme, Trial
from kaibo.stages.selection.past import OnAir, selling_past
from kaibo.stages.selection.scorecard import Card, Reading, Risk, TrialWord

THEMES = {
    "price": ("price",), "quality": ("quality", "fabric", "authenticity", "taste", "smell"), "function": ("performance", "effect", "size"),
    "design": ("color", "size", "content"), "service": ("service", "logistics", "packaging", "lodging"),
}  # fmt: skip
"""Which complaints a position answers (SEL-8): a gap is only ours if we stand where buyers complain."""
NEEDS = {"standard": "supply_chain", "creative": "content", "durable": "cash"}
"""Strong supply chain → standard best-sellers; strong content → creative goods; strong cash → high-ticket durables (SEL-9)."""
WEIGHTS = {"safety": 5, "quality": 2, "not_as_described": 2, "damage": 1, "size": 1}
"""What a case says against the goods themselves; a late parcel or a change of mind says nothing against them."""
HURDLE_WEIGHT = {"document": 1, "claim": 2, "rights": 2}
"""A document that is missing or has ended can be fetched; a claim without filing or a right that is not ours changes the goods or their words."""
ENOUGH_SOLD = 30
ENOUGH_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One reading with the page its evidence stands on, and its parts as they were counted."""

    reading: Reading
    href: str
    part: int = 0
    whole: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """A candidate's card with where every figure comes from."""

    card: Card
    found: dict[str, Found]
    rules_number: int
    hurdles: tuple[Hurdle, ...] = ()
    """What the law and the platforms would still ask, red ones first."""
    risks: tuple[Risk, ...] = ()
    """What the compliance figure is the sum of: words by themselves, hurdles by their keys."""


def gather(candidate: Candidate, now: datetime) -> Gathered:
    """This function will read everything a candidate's card needs, in a constant number of queries."""
    hurdles = tuple(wiring().hurdles_of(_goods(candidate), now))
    words = _words(candidate)
    risks = (*words, *(Risk(one.key, HURDLE_WEIGHT[one.kind] if one.state == "red" else 0) for one in hurdles))
    margin_bp = rules.margin_after_returns(economics_of(candidate)).margin_bp
    own = _scope(candidate)
    found = {
        "demand": _demand(candidate), "gap": _gap(candidate), "strengths": _strengths(candidate),
        "margin": Found(Reading("margin", margin_bp, 1), _page(candidate, "economics")), "returns": _returns(candidate),
        "compliance": _compliance(candidate, risks), "feedback": _feedback(candidate, own), "on_air": _on_air(candidate, own),
    }  # fmt: skip
    number, held = score_rules.in_force(candidate.shop_id)
    floor_bp = thresholds.value("selection.margin_floor_bp", shop_id=candidate.shop_id)
    card = Card(tuple(one.reading for one in found.values()), held, margin_bp, floor_bp, trial_word(candidate))
    return Gathered(card, found, number, hurdles, risks)


def trial_word(candidate: Candidate) -> TrialWord:
    """This function will say how the newest ended trial of a candidate ended; a cancelled one says nothing."""
    newest = Trial.objects.filter(candidate=candidate, state__in=["passed", "failed"]).order_by("-ended_at").values_list("state", flat=True).first()
    return TrialWord(newest or "none")


def _page(candidate: Candidate, place: str) -> str:
    return f"{address_of('selection:candidate', candidate.pk)}#{place}"


def _scope(candidate: Candidate) -> list[UUID]:
    """Its own product once it has been sold; before, what was sold in the same market."""
    if candidate.product_id:
        return [candidate.product_id]
    if not candidate.market_id:
        return []
    return list(Candidate.objects.filter(market=candidate.market_id, product__isnull=False).values_list("product_id", flat=True))


def _demand(candidate: Candidate) -> Found:
    if candidate.market is None:
        return Found(Reading("demand", None, why="no_market"), address_of("selection:candidate-edit", candidate.pk))
    limits = queries.limits_in_force()
    main = rules.main_competitors(queries.rivals_of(candidate.market), limits.main_count)
    href = f"{address_of('selection:market', candidate.market_id)}#rivals"
    if len(main) < limits.fewest_rivals:
        return Found(Reading("demand", None, len(main), "few_rivals"), href)
    return Found(Reading("demand", sum(one.sales for one in main), len(main)), href)


def _gap(candidate: Candidate) -> Found:
    if candidate.market is None or not candidate.position:
        return Found(Reading("gap", None, why="no_position" if candidate.market else "no_market"), address_of("selection:candidate-edit", candidate.pk))
    complaints = queries.figures_of(candidate.market).complaints
    named = ReviewTheme.objects.filter(market=candidate.market, theme__in=THEMES[candidate.position])
    most = named.values_list("theme").annotate(n=Count("pk")).order_by("-n", "theme").first()
    href = address_of("selection:complaints", candidate.market_id, most[0]) if most else f"{address_of('selection:market', candidate.market_id)}#themes"
    if complaints < queries.limits_in_force().fewest_complaints:
        return Found(Reading("gap", None, complaints, "few_complaints"), href)
    part = named.values("review").distinct().count()
    return Found(Reading("gap", share_bp(part, complaints), complaints), href, part, complaints)


def _strengths(candidate: Candidate) -> Found:
    needed = NEEDS.get(candidate.goods_kind)
    if needed is None:
        return Found(Reading("strengths", None, why="no_goods_kind"), address_of("selection:candidate-edit", candidate.pk))
    held = score_rules.strengths_of(candidate.shop_id).get(needed)
    href = f"{address_of('selection:score-rules')}#strengths"
    if held is None:
        return Found(Reading("strengths", None, why="no_strength"), href)
    return Found(Reading("strengths", held.level, 1), href, words=(needed, held.evidence))


def _returns(candidate: Candidate) -> Found:
    """Counted from its own sales once there are enough; until then what a person expects, and it says so."""
    if candidate.product_id:
        sold = selling_past().sold([candidate.product_id]).get(candidate.product_id)
        if sold and sold.units >= ENOUGH_SOLD:
            return Found(Reading("returns", share_bp(sold.returned, sold.units), sold.units), _page(candidate, "feedback"), sold.returned, sold.units)
    return Found(Reading("returns", candidate.return_bp, 0, "expected"), _page(candidate, "economics"))


def _goods(candidate: Candidate) -> Goods:
    return Goods(candidate.shop_id, candidate.category_id, candidate.product_id, tuple(one for one in (candidate.title, candidate.value_proposition, *candidate.selling_points) if one))


def _words(candidate: Candidate) -> list[Risk]:
    """What the law would object to in the words that everything downstream reuses: a blocked word counts two, one to look at counts one."""
    screener, risks = default_screener(), []
    for text in _goods(candidate).texts:
        for hit in screener.screen(text, surface="title", category=candidate.category_id).hits:
            risks.append(Risk(f"word:{hit.text}", 2 if str(hit.severity) == "block" else 1))
    return risks


def _compliance(candidate: Candidate, risks: Sequence[Risk]) -> Found:
    """Forbidden words, documents that are missing or have ended, claims nobody filed: what must be out of the way before anything is sold."""
    words = tuple(dict.fromkeys(one.key.removeprefix("word:") for one in risks if one.key.startswith("word:")))
    counted = sum(1 for one in risks if one.weight)
    return Found(Reading("compliance", sum(one.weight for one in risks), counted), f"{address_of('selection:card', candidate.pk)}#risks", words=words)


def _feedback(candidate: Candidate, products: list[UUID]) -> Found:
    units = sum(one.units for one in selling_past().sold(products).values()) if products else 0
    if units < ENOUGH_SOLD:
        return Found(Reading("feedback", None, units, "few_sold"), _page(candidate, "feedback"))
    rows = Feedback.objects.filter(product_id__in=products).values_list("nature").annotate(n=Count("pk"))
    weight = sum(WEIGHTS.get(nature, 0) * n for nature, n in rows)
    return Found(Reading("feedback", weight * BP // units, units), _page(candidate, "feedback"), weight, units)


def _on_air(candidate: Candidate, products: list[UUID]) -> Found:
    """How many of those who saw it paid, beside everything else shown in the same sessions: what the script and the goods did together."""
    seen: list[OnAir] = list(selling_past().on_air(products, shop_id=candidate.shop_id)) if products else []
    shown, paid = sum(one.shown_to for one in seen), sum(one.paid for one in seen)
    usual_shown, usual_paid = sum(one.usual_shown_to for one in seen), sum(one.usual_paid for one in seen)
    href = f"/analytics/{seen[0].session_id}" if seen else address_of("selection:candidates")
    if shown < ENOUGH_SHOWN or usual_shown < ENOUGH_SHOWN or not usual_paid:
        return Found(Reading("on_air", None, shown, "few_shown"), href)
    return Found(Reading("on_air", paid * usual_shown * BP // (shown * usual_paid), shown), href, paid, shown)
