"""Writes and reads of a candidate's price: its inputs, what questionnaires and own sales say (SEL-11, SEL-13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Invalid
from kaibo.kit.money import BP
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.selection import elasticity, pricing, queries, rules, willingness
from kaibo.stages.selection.economics import economics_of
from kaibo.stages.selection.models import Candidate, PriceAnswer, PriceInputs, PriceLimits
from kaibo.stages.selection.past import selling_past
from kaibo.stages.selection.permissions import EDIT


class PriceInputsWrong(Invalid):
    code = "selection.price_inputs_wrong"
    message_zh = "定价依据不对：金额不能为负，购买力下限不能高于上限，每项都要能说出来源"
    message_en = "The pricing inputs are wrong: no negative money, the lower end of purchasing power not above the upper, and a source for them"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says a price has to fit; None is not known."""

    power_low_fen: int | None
    power_high_fen: int | None
    host_bp: int | None
    budget_fen: int | None
    demand_units: int | None
    coupon_fen: int
    coupon_use_bp: int
    source: str


@transaction.atomic
def say_inputs(*, actor: Actor, candidate_id: UUID, said: Said, now: datetime) -> None:
    """This function will keep what a price has to fit, with its source.   Raises: Forbidden, CandidateUnknown, PriceInputsWrong.   Source: SEL-11."""
    candidate = queries.candidate_for(actor, candidate_id)
    access.require(actor, EDIT, shop_id=candidate.shop_id)
    money = (said.power_low_fen, said.power_high_fen, said.budget_fen, said.demand_units, said.coupon_fen)
    low, high = said.power_low_fen, said.power_high_fen
    if any(one is not None and one < 0 for one in money) or (low is not None and high is not None and low > high) or not said.source.strip():
        raise PriceInputsWrong
    if not 0 <= said.coupon_use_bp <= BP or (said.host_bp is not None and not -BP < said.host_bp <= BP):
        raise PriceInputsWrong
    kept = {name: getattr(said, name) for name in Said.__dataclass_fields__}
    PriceInputs.objects.update_or_create(candidate=candidate, defaults=kept | {"source": said.source.strip(), "said_by": actor.name, "said_at": now})
    audit.record(
        actor, "selection:price:inputs", subject=f"candidate:{candidate.pk}", now=now, shop_id=candidate.shop_id, details=kept
    )


@dataclass(frozen=True, slots=True)
class PricePicture:
    """Everything a price is decided on. What is missing is None, or says why."""

    inputs: pricing.Inputs
    said: PriceInputs | None
    room: pricing.Room
    offers: tuple[pricing.Offer, ...]
    refused: tuple[tuple[pricing.Terms, pricing.FormImpossible], ...]
    sensitivity: willingness.Sensitivity | None
    limit_answers: int
    ladder: willingness.Ladder | None
    ladder_answers: int
    own: elasticity.Answer | elasticity.TooLittle | None
    days: tuple[elasticity.Day, ...]
    points: tuple[elasticity.Predicted, ...]
    best: elasticity.Best | None


def inputs_of(candidate: Candidate) -> tuple[pricing.Inputs, PriceInputs | None]:
    """This function will gather what a candidate's price has to fit."""
    span = rules.price_span(queries.rivals_of(candidate.market)) if candidate.market else None
    said = PriceInputs.objects.filter(candidate=candidate).first()
    floor_bp = thresholds.value("selection.margin_floor_bp", shop_id=candidate.shop_id)
    own = pricing.Inputs(economics_of(candidate), floor_bp)
    if span:
        own = replace(own, low_fen=span.low_fen, middle_fen=span.middle_fen, high_fen=span.high_fen)
    if said:
        own = replace(
            own, power_low_fen=said.power_low_fen, power_high_fen=said.power_high_fen, host_bp=said.host_bp, budget_fen=said.budget_fen, demand_units=said.demand_units
        )
    return own, said


def picture_of(actor: Actor, candidate: Candidate, terms: list[pricing.Terms]) -> PricePicture:
    """This function will work out everything the price page shows.   Source: SEL-11, SEL-12, SEL-13."""
    inputs, said = inputs_of(candidate)
    coupon = (said.coupon_fen, said.coupon_use_bp) if said else (0, 0)
    offers, refused = _offers(inputs, terms, coupon, _beside(actor, candidate))
    profit = profit_each(inputs.economics, *coupon)
    limits = [willingness.Limits(*row) for row in PriceLimits.objects.filter(candidate=candidate).order_by("respondent").values_list("too_cheap_fen", "cheap_fen", "expensive_fen", "too_expensive_fen")]
    said_by = _answers(candidate)
    days = own_days(candidate)
    own = elasticity.elasticity(days) if candidate.product_id else None
    points: tuple[elasticity.Predicted, ...] = ()
    if isinstance(own, elasticity.Answer):
        reached = sum(one.reached for one in days) // len(days) if own.by_reach else 1
        points = tuple(elasticity.predictions(own, profit_each_fen=profit, reached=max(1, reached)))
    return PricePicture(
        inputs, said, pricing.room_of(inputs), offers, refused, willingness.price_sensitivity(limits), len(limits),
        willingness.price_ladder(said_by, profit_each_fen=profit), len(said_by), own, tuple(days), points, elasticity.best_of(points),
    )  # fmt: skip


def _offers(
    inputs: pricing.Inputs, terms: list[pricing.Terms], coupon: tuple[int, int], others: list[pricing.Other]
) -> tuple[tuple[pricing.Offer, ...], tuple[tuple[pricing.Terms, pricing.FormImpossible], ...]]:
    offers, refused = [], []
    for one in terms:
        with_coupon = replace(one, coupon_fen=coupon[0], coupon_use_bp=coupon[1])
        try:
            offers.append(pricing.offer_of(inputs.economics, with_coupon, others=others, middle_fen=inputs.middle_fen))
        except pricing.FormImpossible as why:
            refused.append((one, why))
    return tuple(offers), tuple(refused)


def _beside(actor: Actor, candidate: Candidate) -> list[pricing.Other]:
    """What a bundle would hold besides: the newest other approved candidate of the shop that is cheaper, as an example until matching names one."""
    other = queries.candidates_for(actor).filter(shop=candidate.shop_id, state="approved", price_fen__lt=candidate.price_fen).exclude(pk=candidate.pk).order_by("-price_fen").first()
    return [pricing.Other(other.title, economics_of(other))] if other else []


def profit_each(economics: rules.Economics, coupon_fen: int, coupon_use_bp: int) -> Callable[[int], int]:
    """This function will give what one shipped piece leaves at a price, after returns and coupons, in whole fen."""

    def each(price_fen: int) -> int:
        at_price = replace(economics, price_fen=max(1, price_fen))
        return pricing.offer_of(at_price, pricing.Terms(pricing.Form.SINGLE, coupon_fen=coupon_fen, coupon_use_bp=coupon_use_bp)).profit_each_fen

    return each


def _answers(candidate: Candidate) -> list[dict[int, bool]]:
    found: dict[str, dict[int, bool]] = {}
    for respondent, fen, would in PriceAnswer.objects.filter(candidate=candidate).order_by("respondent", "price_fen").values_list("respondent", "price_fen", "would_buy"):
        found.setdefault(respondent, {})[fen] = would
    return list(found.values())


def own_days(candidate: Candidate) -> list[elasticity.Day]:
    """This function will give the candidate's own sales by day and price; nothing before it is a product."""
    if not candidate.product_id:
        return []
    return [elasticity.Day(one.price_fen, one.units, one.reached) for one in selling_past().price_days(candidate.product_id, shop_id=candidate.shop_id)]
