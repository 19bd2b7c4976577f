"""Writes of selection: markets, candidates, the score and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.facts.flow import CandidateApproved, CaseClosed
from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.text import shortened
from kaibo.master.catalog import services as catalog
from kaibo.master.catalog.services import NewSku
from kaibo.master.launches import services as launches
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.selection import evidence, queries, rules, scorecard
from kaibo.stages.selection.economics import economics_of
from kaibo.stages.selection.models import Candidate, CandidateSku, Feedback, Market
from kaibo.stages.selection.permissions import DECIDE, EDIT, RESEARCH
from kaibo.stages.selection.rules import STEPS, Economics, State


class CandidateCodeTaken(Conflict):
    code = "selection.candidate_code_taken"
    message_zh = "候选编码“{candidate_code}”已被使用"
    message_en = "The candidate code “{candidate_code}” is taken"


class CandidateAlreadyDecided(Conflict):
    code = "selection.candidate_already_decided"
    message_zh = "“{title}”已由 {decided_by} 决定，请刷新查看"
    message_en = "“{title}” was decided by {decided_by}; reload to see it"


class CandidateNotScored(Conflict):
    code = "selection.candidate_not_scored"
    message_zh = "“{title}”的数字改过之后还没有重新评分，先评分再决定"
    message_en = "“{title}” was changed since its last score; score it first"


class SkusMissing(Invalid):
    code = "selection.skus_missing"
    message_zh = "还没有规格和货号，至少填一个才能通过（通过后会建成商品）"
    message_en = "There is no item yet; give at least one before approving"


class ReasonMissing(Invalid):
    code = "selection.reason_missing"
    message_zh = "不通过需要写明原因，留给下一次选品"
    message_en = "Rejecting needs a reason, for whoever chooses next"


class ReferenceNeedsSource(Invalid):
    code = "selection.reference_needs_source"
    message_zh = "参考中间价要大于 0，并写明来源（如问卷、平台行情、自己的成交均价）"
    message_en = "The reference price must be above 0 and name its source"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person fills in about a candidate."""

    title: str
    code: str
    category: str
    economics: Economics
    market_id: UUID | None = None
    position: str = ""
    value_proposition: str = ""
    selling_points: Sequence[str] = ()
    skus: Sequence[NewSku] = ()
    on_air_at: datetime | None = None
    owner_id: UUID | None = None
    goods_kind: str = ""


@transaction.atomic
def add_market(*, actor: Actor, shop_id: UUID, title: str, now: datetime) -> Market:
    """This function will open a market to look into, or give the one there is.   Raises: Forbidden."""
    access.require(actor, RESEARCH, shop_id=shop_id)
    market, is_new = Market.objects.get_or_create(shop_id=shop_id, title=title.strip(), defaults={"created_at": now})
    if is_new:
        audit.record(actor, "selection:market:add", subject=f"market:{market.pk}", now=now, shop_id=shop_id, details={"title": market.title})
    return market


@transaction.atomic
def set_reference_price(*, actor: Actor, market_id: UUID, reference_fen: int, source: str, now: datetime) -> None:
    """
    This function will set the price buyers take for the middle of a market, with its source.

    Raises: Forbidden, MarketUnknown, ReferenceNeedsSource.   Source: SEL-7.
    """
    market = queries.market_for(actor, market_id)
    access.require(actor, RESEARCH, shop_id=market.shop_id)
    if reference_fen <= 0 or not source.strip():
        raise ReferenceNeedsSource
    Market.objects.filter(pk=market.pk).update(reference_fen=reference_fen, reference_source=source.strip())
    audit.record(
        actor, "selection:market:set_reference", subject=f"market:{market.pk}", now=now, shop_id=market.shop_id,
        details={"before": market.reference_fen, "after": reference_fen, "source": source.strip()},
    )


@transaction.atomic
def add_candidate(*, actor: Actor, shop_id: UUID, draft: Draft, now: datetime) -> Candidate:
    """
    This function will add a candidate as a draft.

    Raises: Forbidden, MarketUnknown, EconomicsImpossible, CandidateCodeTaken.   Source: SEL-8, SEL-11.
    """
    access.require(actor, EDIT, shop_id=shop_id)
    rules.margin_after_returns(draft.economics)
    try:
        with transaction.atomic():
            candidate = Candidate.objects.create(
                shop_id=shop_id, created_by=actor.name, created_at=now, **_fields(actor, draft, shop_id)
            )
    except IntegrityError as taken:
        raise CandidateCodeTaken(candidate_code=draft.code) from taken
    _replace_skus(candidate, draft.skus)
    audit.record(actor, "selection:candidate:add", subject=f"candidate:{candidate.pk}", now=now, shop_id=shop_id, details={"code": draft.code})
    return candidate


@transaction.atomic
def edit_candidate(*, actor: Actor, candidate_id: UUID, draft: Draft, now: datetime) -> Candidate:
    """
    This function will change an undecided candidate and take its score back.

    Raises: Forbidden, CandidateUnknown, EconomicsImpossible, CandidateAlreadyDecided, CandidateCodeTaken.
    """
    candidate = queries.candidate_for(actor, candidate_id)
    access.require(actor, EDIT, shop_id=candidate.shop_id)
    rules.margin_after_returns(draft.economics)
    open_states = [State.DRAFT, State.SCORED]
    try:
        with transaction.atomic():
            changed = Candidate.objects.filter(pk=candidate.pk, state__in=open_states).update(
                state=State.DRAFT, margin_bp=None, score_sheet={}, scored_at=None, **_fields(actor, draft, candidate.shop_id)
            )
    except IntegrityError as taken:
        raise CandidateCodeTaken(candidate_code=draft.code) from taken
    if not changed:
        raise CandidateAlreadyDecided(title=candidate.title, decided_by=candidate.decided_by)
    _replace_skus(candidate, draft.skus)
    audit.record(
        actor, "selection:candidate:edit", subject=f"candidate:{candidate.pk}", now=now, shop_id=candidate.shop_id,
        details={"price_fen": draft.economics.price_fen, "cost_fen": draft.economics.cost_fen, "return_bp": draft.economics.return_bp},
    )
    candidate.refresh_from_db()
    return candidate


def _fields(actor: Actor, draft: Draft, shop_id: UUID) -> dict[str, object]:
    if draft.market_id is not None and queries.market_for(actor, draft.market_id).shop_id != shop_id:
        raise queries.MarketUnknown
    e = draft.economics
    return {
        "title": draft.title, "code": draft.code, "category_id": draft.category, "market_id": draft.market_id,
        "position": draft.position, "goods_kind": draft.goods_kind, "value_proposition": draft.value_proposition.strip(),
        "selling_points": [point.strip() for point in draft.selling_points if point.strip()],
        "cost_fen": e.cost_fen, "price_fen": e.price_fen, "return_bp": e.return_bp, "freight_fen": e.freight_fen,
        "return_loss_fen": e.return_loss_fen, "commission_bp": e.commission_bp, "on_air_at": draft.on_air_at, "owner_id": draft.owner_id,
    }


def _replace_skus(candidate: Candidate, skus: Sequence[NewSku]) -> None:
    CandidateSku.objects.filter(candidate=candidate).delete()
    CandidateSku.objects.bulk_create(
        [
            CandidateSku(
                candidate=candidate, code=one.code, specification=one.specification, barcode=one.barcode, cost_fen=one.cost_fen, price_fen=one.price_fen
            )
            for one in skus
        ]
    )


@transaction.atomic
def score_candidate(*, actor: Actor, candidate_id: UUID, now: datetime) -> Candidate:
    """
    This function will work out the margin after returns and keep it with the market's figures of this moment.

    A thin margin is shown, not refused, here: the decision refuses it.
    Raises: Forbidden, CandidateUnknown, CandidateAlreadyDecided, SellingPointsWrong, PropositionMissing.   Source: SEL-7, SEL-8, SEL-10.
    """
    candidate = queries.candidate_for(actor, candidate_id)
    access.require(actor, EDIT, shop_id=candidate.shop_id)
    if not candidate.value_proposition:
        raise rules.PropositionMissing
    rules.check_selling_points(candidate.selling_points)
    margin = rules.margin_after_returns(economics_of(candidate))
    changed = Candidate.objects.filter(pk=candidate.pk, state__in=[State.DRAFT, State.SCORED]).update(
        state=State.SCORED, margin_bp=margin.margin_bp, scored_at=now, score_sheet=_score_sheet(candidate, margin.margin_bp, now)
    )
    if not changed:
        raise CandidateAlreadyDecided(title=candidate.title, decided_by=candidate.decided_by)
    audit.record(
        actor, "selection:candidate:score", subject=f"candidate:{candidate.pk}", now=now, shop_id=candidate.shop_id,
        details={"margin_bp": margin.margin_bp},
    )
    candidate.refresh_from_db()
    return candidate


def _card_sheet(candidate: Candidate, now: datetime) -> dict[str, object]:
    """The scorecard as it stood: every figure with what it was worth, so that an old score can be read later."""
    gathered = evidence.gather(candidate, now)
    judged = scorecard.judge(gathered.card)
    return {
        "outcome": judged.outcome.value, "score_bp": judged.score_bp, "known_bp": judged.known_bp, "rules": gathered.rules_number,
        "trial": gathered.card.trial.value, "figures": {one.key: [one.reading.value, one.points_bp, one.rule.weight] for one in judged.figures},
        "risks": [one.key for one in gathered.risks],
    }  # fmt: skip


def _score_sheet(candidate: Candidate, margin_bp: int, now: datetime) -> dict[str, object]:
    sheet: dict[str, object] = {"margin_bp": margin_bp, "floor_bp": thresholds.value("selection.margin_floor_bp", shop_id=candidate.shop_id)}
    sheet["card"] = _card_sheet(candidate, now)
    if candidate.market is None:
        return sheet
    verdict = queries.verdict_of(candidate.market)
    span = rules.price_span(queries.rivals_of(candidate.market))
    sheet |= {
        "market": candidate.market.title, "verdict": verdict.outcome.value, "complaints": verdict.complaints,
        "quality_bp": verdict.quality_bp, "quality_limit_bp": verdict.limits.quality_share_bp, "competitors": len(verdict.signs),
        "on_price": verdict.on_price_count,
    }
    if span:
        sheet |= {"span_low_fen": span.low_fen, "span_middle_fen": span.middle_fen, "span_high_fen": span.high_fen}
    return sheet


@transaction.atomic
def approve_candidate(*, actor: Actor, candidate_id: UUID, now: datetime, reason: str = "") -> Candidate:
    """
    This function will approve a scored candidate: product, items, launch and fact come in one transaction.

    Of two people at once one wins; the other is told who was first and nothing is made twice.
    Raises: Forbidden, CandidateUnknown, CandidateNotScored, CandidateAlreadyDecided, MarginTooThin, SkusMissing,
    ProductCodeTaken, SkuCodeTaken.   Source: SEL-8, SEL-10, TEAM-4.
    """
    candidate = queries.candidate_for(actor, candidate_id)
    access.require(actor, DECIDE, shop_id=candidate.shop_id)
    candidate = _locked(candidate)
    _require_scored(candidate)
    rules.check_margin(economics_of(candidate), floor_bp=thresholds.value("selection.margin_floor_bp", shop_id=candidate.shop_id))
    skus = [
        NewSku(one.code, one.specification, one.cost_fen, one.price_fen, one.barcode) for one in candidate.skus.order_by("pk")
    ]
    if not skus:
        raise SkusMissing
    product = catalog.add_product(
        actor=actor, shop_id=candidate.shop_id, code=candidate.code, title=candidate.title, category=candidate.category_id, skus=skus,
        now=now, value_proposition=candidate.value_proposition, selling_points=candidate.selling_points,
    )
    launch = launches.begin_launch(
        actor=actor, shop_id=candidate.shop_id, title=candidate.title, owner_id=candidate.owner_id or actor.person_id, now=now,
        product_id=product.pk, on_air_at=candidate.on_air_at,
    )
    _decide(candidate, State.APPROVED, actor=actor, reason=reason, now=now, product=product, launch=launch)
    audit.record(
        actor, "selection:candidate:approve", subject=f"candidate:{candidate.pk}", now=now, shop_id=candidate.shop_id,
        details={"margin_bp": candidate.margin_bp, "sheet": candidate.score_sheet}, reason=reason,
    )
    outbox.announce(
        CandidateApproved(candidate_id=candidate.pk, launch_id=launch.pk, product_id=product.pk, shop_id=candidate.shop_id, decided_at=now),
        now=now,
    )
    return candidate


@transaction.atomic
def reject_candidate(*, actor: Actor, candidate_id: UUID, reason: str, now: datetime) -> Candidate:
    """
    This function will turn a candidate down and keep why.

    Raises: Forbidden, CandidateUnknown, ReasonMissing, CandidateAlreadyDecided.
    """
    candidate = queries.candidate_for(actor, candidate_id)
    access.require(actor, DECIDE, shop_id=candidate.shop_id)
    if not reason.strip():
        raise ReasonMissing
    candidate = _locked(candidate)
    if not STEPS.allows(State(candidate.state), State.REJECTED):
        raise CandidateAlreadyDecided(title=candidate.title, decided_by=candidate.decided_by)
    _decide(candidate, State.REJECTED, actor=actor, reason=reason, now=now)
    audit.record(
        actor, "selection:candidate:reject", subject=f"candidate:{candidate.pk}", now=now, shop_id=candidate.shop_id,
        details={"sheet": candidate.score_sheet}, reason=reason,
    )
    return candidate


def _locked(candidate: Candidate) -> Candidate:
    # lock: one decision at a time on a candidate; the second waits here, then sees what the first decided
    return Candidate.objects.select_for_update(of=("self",)).get(pk=candidate.pk)


def _require_scored(candidate: Candidate) -> None:
    if candidate.state in {State.APPROVED, State.REJECTED}:
        raise CandidateAlreadyDecided(title=candidate.title, decided_by=candidate.decided_by)
    if not STEPS.allows(State(candidate.state), State.APPROVED):
        raise CandidateNotScored(title=candidate.title)


def _decide(candidate: Candidate, state: State, *, actor: Actor, reason: str, now: datetime, **made: object) -> None:
    candidate.state, candidate.decided_by, candidate.decided_at, candidate.decision_reason = state, actor.name, now, reason.strip()
    for name, value in made.items():
        setattr(candidate, name, value)
    changed = Candidate.objects.filter(pk=candidate.pk, state__in=STEPS.sources_of(state)).update(
        state=state, decided_by=actor.name, decided_at=now, decision_reason=reason.strip(), **made
    )
    if not changed:
        raise CandidateAlreadyDecided(title=candidate.title, decided_by=candidate.decided_by)


@transaction.atomic
def note_feedback(*, fact: CaseClosed, now: datetime) -> Feedback | None:
    """This function will put a closed after-sales case beside the candidate its product came from; told twice, once kept.   Source: SEL-19."""
    if fact.product_id is None:
        return None
    candidate = Candidate.objects.filter(product=fact.product_id).first()
    feedback, _ = Feedback.objects.get_or_create(
        case_id=fact.case_id,
        defaults={
            "product_id": fact.product_id, "candidate": candidate, "market_id": candidate.market_id if candidate else None,
            "reason": shortened(fact.reason, limit=200), "severity": fact.severity, "refunded_fen": fact.refunded_fen, "closed_at": fact.closed_at,
            "nature": fact.nature, "sku_id": fact.sku_id, "lot_ids": list(fact.lot_ids), "units": fact.units,
        },
    )
    return feedback
