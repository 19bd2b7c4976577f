"""A point of a product is planned, done or declined, and its effect is looked at afterwards (INS-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.master.catalog.models import Product
from kaibo.master.catalog.queries import product_for
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.analytics.models import Improvement
from kaibo.stages.analytics.opinions import Points, Said, Source, points_of
from kaibo.stages.analytics.permissions import IMPROVE
from kaibo.stages.analytics.queries import voices
from kaibo.stages.analytics.rules import IMPROVEMENT_STEPS, ImprovementState, Interval, difference_of_shares
from kaibo.stages.analytics.services import DueInThePast

QUOTES_KEPT: Final = 3
LOOK_AFTER: Final = timedelta(days=14)
"""So long after it is done the effect is asked about: parcels have to arrive and come back first."""


class PointUnknown(NotFound):
    code = "analytics.point_unknown"
    message_zh = "这个商品现在没有这一点，可能说的人已经不在近 90 天里"
    message_en = "Nobody makes this point of the product now; it may have left the last 90 days"


class ImprovementUnknown(NotFound):
    code = "analytics.improvement_unknown"
    message_zh = "没有这条改进，或你看不到它"
    message_en = "There is no such improvement, or you cannot see it"


class ImprovementMovedOn(Conflict):
    code = "analytics.improvement_moved_on"
    message_zh = "这条改进已经被别人处理了，请刷新"
    message_en = "Somebody has dealt with this improvement; reload"


class PointPlanned(Conflict):
    code = "analytics.point_planned"
    message_zh = "这一点已经有人在改：{words}"
    message_en = "This point is being worked on: {words}"


class WordsMissing(Invalid):
    code = "analytics.improvement_words_missing"
    message_zh = "请写清楚：改什么，或为什么不改"
    message_en = "Say what is changed, or why it is not"


@dataclass(frozen=True, slots=True)
class Rate:
    """People who complained of a point in a window, of the units sold in it."""

    since: date
    until: date
    people: int
    units: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Before and after an improvement; `difference` is after − before with its 95 % interval, None while either sold too little to say."""

    before: Rate
    after: Rate
    difference: Interval | None

    @property
    def verdict(self) -> str:
        if self.difference is None:
            return "too_few"
        return "fewer" if self.difference.is_below else "more" if self.difference.is_above else "open"


def said_for(product: Product, now: datetime) -> list[Said]:
    """This function will give what was said of a product in the last 90 days.   Source: INS-9."""
    return voices.said_of(product, since=now - voices.WINDOW, until=now)


def points_for(product: Product, now: datetime) -> Points:
    """This function will gather what was said of a product in the last 90 days into points.   Source: INS-9."""
    return points_of(said_for(product, now))


@transaction.atomic
def plan(*, actor: Actor, product_id: UUID, point: str, words: str, owner_id: UUID, due_on: date, now: datetime) -> Improvement:
    """
    This function will make a point somebody's task with a day to be done by.

    Raises: Forbidden, ProductUnknown, PointUnknown, WordsMissing, DueInThePast, PointPlanned.   Source: INS-9.
    """
    product = product_for(actor, product_id)
    access.require(actor, IMPROVE, shop_id=product.shop_id)
    if due_on < business_date(now):
        raise DueInThePast
    if not words.strip():
        raise WordsMissing
    try:
        with transaction.atomic():
            made = _decided(actor, product, point, now, state=ImprovementState.PLANNED.value, words=words.strip()[:200], owner_id=owner_id, due_on=due_on)
    except IntegrityError as there:
        raise PointPlanned(words=Improvement.objects.get(product=product_id, point=point, state="planned").words) from there
    return made


@transaction.atomic
def decline(*, actor: Actor, product_id: UUID, point: str, reason: str, now: datetime) -> Improvement:
    """
    This function will decide against a point, with the reason; an open task for it ends with it.

    Raises: Forbidden, ProductUnknown, PointUnknown, WordsMissing.   Source: INS-9.
    """
    product = product_for(actor, product_id)
    access.require(actor, IMPROVE, shop_id=product.shop_id)
    if not reason.strip():
        raise WordsMissing
    planned = Improvement.objects.filter(product=product_id, point=point, state=ImprovementState.PLANNED.value).first()
    if planned is not None:
        _step(actor, planned, ImprovementState.DECLINED, now, reason=reason.strip()[:300], decided_by=actor.name, decided_at=now)
        planned.refresh_from_db()
        return planned
    return _decided(actor, product, point, now, state=ImprovementState.DECLINED.value, reason=reason.strip()[:300])


@transaction.atomic
def finish(*, actor: Actor, improvement_id: UUID, note: str, now: datetime) -> Improvement:
    """
    This function will note that an improvement was made, by its owner or by whoever decides improvements.

    Raises: ImprovementUnknown, Forbidden, ImprovementMovedOn.   Source: INS-9.
    """
    found = improvement_for(actor, improvement_id)
    if found.owner_id != actor.person_id:
        access.require(actor, IMPROVE, shop_id=found.shop_id)
    _step(actor, found, ImprovementState.DONE, now, done_at=now, done_note=note.strip()[:300])
    found.refresh_from_db()
    return found


@transaction.atomic
def note_outcome(*, actor: Actor, improvement_id: UUID, outcome: str, now: datetime) -> None:
    """
    This function will keep what a person makes of the effect; a later look replaces an earlier one, the audit keeps both.

    Raises: ImprovementUnknown, Forbidden, WordsMissing, ImprovementMovedOn.   Source: INS-9.
    """
    found = improvement_for(actor, improvement_id)
    access.require(actor, IMPROVE, shop_id=found.shop_id)
    if not outcome.strip():
        raise WordsMissing
    if not Improvement.objects.filter(pk=found.pk, state="done").update(outcome=outcome.strip()[:300], outcome_at=now, outcome_by=actor.name):
        raise ImprovementMovedOn
    audit.record(actor, IMPROVE, subject=f"improvement:{found.pk}", now=now, shop_id=found.shop_id, details={"outcome": outcome.strip()[:300]})


def _decided(actor: Actor, product: Product, point: str, now: datetime, **said: object) -> Improvement:
    found = points_for(product, now).named(point)
    if found is None:
        raise PointUnknown
    quotes = [one.before + one.hit + one.after for one in found.quotes[:QUOTES_KEPT]]
    made = Improvement.objects.create(
        shop_id=product.shop_id, product=product, point=point, people=found.people, whole=found.whole, quotes=quotes, decided_by=actor.name, decided_at=now, **said
    )
    details = {"state": made.state, "point": point, "people": found.people, "whole": found.whole}
    audit.record(actor, IMPROVE, subject=f"improvement:{made.pk}", now=now, shop_id=product.shop_id, reason=made.reason, details=details)
    return made


def _step(actor: Actor, found: Improvement, target: ImprovementState, now: datetime, **changes: object) -> None:
    sources = [state.value for state in IMPROVEMENT_STEPS.sources_of(target)]
    if not Improvement.objects.filter(pk=found.pk, state__in=sources).update(state=target.value, **changes):
        raise ImprovementMovedOn
    audit.record(actor, IMPROVE, subject=f"improvement:{found.pk}", now=now, shop_id=found.shop_id, details={"state": target.value, "point": found.point})


def improvement_for(actor: Actor, improvement_id: UUID) -> Improvement:
    """This function will give an improvement of the actor's shops.   Raises: ImprovementUnknown."""
    found = Improvement.objects.select_related("product").filter(pk=improvement_id).first()
    if found is None or not actor.sees(found.shop_id):
        raise ImprovementUnknown
    return found


def improvements_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[Improvement]:
    """This function will give the improvements an actor may see, the newest decision first."""
    kept = access.visible(Improvement.objects.select_related("product", "shop").order_by("-decided_at"), actor)
    return kept.filter(shop=shop_id) if shop_id else kept


def improvements_due(actor: Actor) -> QuerySet[Improvement]:
    """This function will give the actor's own open improvements, soonest first."""
    return Improvement.objects.select_related("product").filter(state="planned", owner_id=actor.person_id).order_by("due_on")


def effect_of(found: Improvement, now: datetime, *, fewest_units: int) -> Effect:
    """
    This function will set complaints of a point per unit sold before the decision beside those since it was done.

    Chat is left out: it has no units. Both windows are at most 90 days.   Source: INS-9; the interval is `difference_of_shares`.
    """
    assert found.done_at is not None
    before = _rate(found, found.decided_at - voices.WINDOW, found.decided_at)
    after = _rate(found, found.done_at, min(now, found.done_at + voices.WINDOW))
    is_enough = min(before.units, after.units) >= fewest_units
    return Effect(before, after, difference_of_shares(after.people, after.units, before.people, before.units) if is_enough else None)


def _rate(found: Improvement, since: datetime, until: datetime) -> Rate:
    said = [one for one in voices.said_of(found.product, since=since, until=until) if one.source is not Source.CHAT]
    named = points_of(said).named(found.point)
    units = voices.units_sold(found.product_id, since=since, until=until)
    return Rate(business_date(since), business_date(until), min(named.people if named else 0, units), units)
