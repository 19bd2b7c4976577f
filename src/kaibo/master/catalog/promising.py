"""Promises of shipping: made, ended, and taken up again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.master.catalog import queries
from kaibo.master.catalog.models import Product, ShipPromise
from kaibo.master.catalog.promises import FIELDS, Promise
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit

PROMISE_SET = "catalog:promise:set"
MOST_DAYS = 60


class PromiseUnknown(NotFound):
    code = "catalog.promise_unknown"
    message_zh = "没有这个发货承诺，或你看不到它"
    message_en = "There is no such promise of shipping, or you cannot see it"


class PromiseUnclear(Invalid):
    code = "catalog.promise_unclear"
    message_zh = "写付款后几天内发货（1 至 {most} 天），或者写哪一天前发货（今天起 {most} 天内），只写一个"
    message_en = "Say within how many days of payment (1 to {most}) or by which day (within {most} days from today) it ships, one of both"


class PromiseDatesWrong(Invalid):
    code = "catalog.promise_dates_wrong"
    message_zh = "承诺从现在或以后开始，结束要晚于开始"
    message_en = "A promise begins now or later, and ends after it began"


class PromiseOverlaps(Conflict):
    code = "catalog.promise_overlaps"
    message_zh = "这段时间已有 {made_by} 定的发货承诺，先结束它"
    message_en = "{made_by} has promised otherwise for this time already; end that first"


class PromiseOver(Conflict):
    code = "catalog.promise_over"
    message_zh = "这个发货承诺已经结束"
    message_en = "This promise of shipping is over already"


def promises_for(actor: Actor, product_id: UUID) -> QuerySet[ShipPromise]:
    """This function will give a product's promises, the last begun first.   Raises: ProductUnknown."""
    return ShipPromise.objects.filter(product=queries.product_for(actor, product_id)).order_by("-starts_at", "-pk")


@transaction.atomic
def set_promise(
    *, actor: Actor, product_id: UUID, now: datetime, days: int | None = None, ships_on: date | None = None,
    starts_at: datetime | None = None, ends_at: datetime | None = None, note: str = "",
) -> ShipPromise:  # fmt: skip
    """
    This function will promise buyers by when a product leaves, from `starts_at` (now) until `ends_at` (until somebody ends it).

    Raises: Forbidden, ProductUnknown, PromiseUnclear, PromiseDatesWrong, PromiseOverlaps.   Source: LST-7.
    """
    product = queries.product_for(actor, product_id)
    access.require(actor, PROMISE_SET, shop_id=product.shop_id)
    starts = starts_at or now
    _check(days, ships_on, starts, ends_at, now)
    # lock: the promises of a product are made one after the other, so that no two run at once
    Product.objects.select_for_update(no_key=True).get(pk=product_id)
    _check_alone(product_id, Promise(days, ships_on, starts, ends_at, None))
    made = ShipPromise.objects.create(
        product=product, days=days, ships_on=ships_on, starts_at=starts, ends_at=ends_at, note=note.strip()[:200], made_by=actor.name, made_at=now
    )
    _record(actor, "set", made, product.shop_id, now)
    return made


def _check(days: int | None, ships_on: date | None, starts: datetime, ends: datetime | None, now: datetime) -> None:
    today = business_date(now)
    if (days is None) == (ships_on is None) or (days is not None and not 1 <= days <= MOST_DAYS):
        raise PromiseUnclear(most=MOST_DAYS)
    if ships_on is not None and not today <= ships_on <= today + timedelta(days=MOST_DAYS):
        raise PromiseUnclear(most=MOST_DAYS)
    if starts < now or (ends is not None and ends <= starts):
        raise PromiseDatesWrong


def _check_alone(product_id: UUID, wanted: Promise, besides: UUID | None = None) -> None:
    for other in ShipPromise.objects.filter(product=product_id).exclude(pk=besides):
        if wanted.meets(said_by(other)):
            raise PromiseOverlaps(made_by=other.made_by)


def said_by(one: ShipPromise) -> Promise:
    """This function will give what a promise says, without its product."""
    return Promise(*(getattr(one, name) for name in FIELDS))


@transaction.atomic
def end_promise(*, actor: Actor, promise_id: UUID, now: datetime) -> ShipPromise:
    """
    This function will end a promise now: what is paid for from here on ships within the usual hours, what was paid for keeps it.

    Raises: Forbidden, PromiseUnknown, PromiseOver.   Source: LST-7.
    """
    one = _held(actor, promise_id)
    over_at = said_by(one).over_at
    if one.ended_at is not None or (over_at is not None and over_at <= now):
        raise PromiseOver
    one.ended_at, one.ended_by = now, actor.name
    one.save(update_fields=["ended_at", "ended_by"])
    _record(actor, "end", one, one.product.shop_id, now)
    return one


@transaction.atomic
def resume_promise(*, actor: Actor, promise_id: UUID, now: datetime) -> ShipPromise:
    """
    This function will undo the end of a promise, unless its time is over or another took its place.

    Raises: Forbidden, PromiseUnknown, PromiseOver, PromiseOverlaps.
    """
    one = _held(actor, promise_id)
    if one.ended_at is None:
        return one
    if one.ends_at is not None and one.ends_at <= now:
        raise PromiseOver
    _check_alone(one.product_id, said_by(one)._replace(ended_at=None), besides=one.pk)
    one.ended_at, one.ended_by = None, ""
    one.save(update_fields=["ended_at", "ended_by"])
    _record(actor, "resume", one, one.product.shop_id, now)
    return one


def _held(actor: Actor, promise_id: UUID) -> ShipPromise:
    found = ShipPromise.objects.select_related("product").filter(pk=promise_id).first()
    if found is None or not actor.sees(found.product.shop_id):
        raise PromiseUnknown
    access.require(actor, PROMISE_SET, shop_id=found.product.shop_id)
    # lock: as above, then what stands now
    Product.objects.select_for_update(no_key=True).get(pk=found.product_id)
    found.refresh_from_db(fields=["ended_at", "ended_by"])
    return found


def _record(actor: Actor, what: str, one: ShipPromise, shop_id: UUID, now: datetime) -> None:
    said = {"promise": str(one.pk), "days": one.days, "ships_on": one.ships_on and one.ships_on.isoformat(), "from": one.starts_at.isoformat()}
    said["until"] = one.ends_at and one.ends_at.isoformat()
    audit.record(actor, f"catalog:promise:{what}", subject=f"product:{one.product_id}", now=now, shop_id=shop_id, reason=one.note, details=said)
