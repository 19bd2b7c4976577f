"""Announce a fact; deliver what waits; show and retry what died."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from psycopg.types.json import Jsonb

from kaibo.facts.fact import Fact, fact_from_json
from kaibo.facts.flow import FACTS_BY_NAME
from kaibo.kit.errors import NotFound
from kaibo.kit.ids import new_ids
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.copying import copy_rows
from kaibo.plumbing.outbox.models import Delivery, OutboxFact
from kaibo.plumbing.wiring import Difference, Handler, wiring

log = logging.getLogger("kaibo.outbox")

MOST_ATTEMPTS = 8
BULK_PER_SECOND = 50
"""Deliveries of a bulk that fall due each second: a quarter of what the worker's clock delivers, so singles find room."""


class DeliveryNotDead(NotFound):
    code = "outbox.delivery_not_dead"
    message_zh = "这条通知不在失败列表里，可能已有人重试"
    message_en = "This delivery is not in the list of failed ones; somebody may have retried it"


def handler_name(handler: Handler) -> str:
    """This function will name a handler by its dotted path: the key of its deliveries."""
    return f"{handler.__module__}.{handler.__qualname__}"


def announce(fact: Fact, *, now: datetime) -> None:
    """
    This function will write a fact and a delivery for each of its reactions into the caller's transaction.

    Nothing happens until that transaction commits; a rollback takes the fact with it.
    """
    announce_many([fact], now=now)


def is_heard(fact: type[Fact]) -> bool:
    """This function will say whether anybody reacts to a kind of fact: who makes thousands a second need not write them otherwise."""
    return bool(wiring().reactions.get(fact))


def announce_many(facts: Sequence[Fact], *, now: datetime) -> None:
    """
    This function will do the same for many facts with two statements.

    Of more than `BULK_PER_SECOND`, deliveries fall due one second's worth after the other, behind the bulk that already
    waits: a file of a hundred thousand orders must not stand in the way of what is announced while it is worked off.
    """
    ids = new_ids(len(facts))
    copy_rows(
        OutboxFact,
        ("id", "name", "payload", "announced_at"),
        ((fact_id, fact.name, Jsonb(fact), now) for fact_id, fact in zip(ids, facts, strict=True)),
    )
    wanted = [
        (fact_id, handler_name(handler))
        for fact_id, fact in zip(ids, facts, strict=True)
        for handler in wiring().reactions.get(type(fact), ())
    ]
    if wanted:
        first_due = now if len(wanted) <= BULK_PER_SECOND else _behind_what_waits(now)
        due = (first_due + timedelta(seconds=place // BULK_PER_SECOND) for place in range(len(wanted)))
        copy_rows(Delivery, ("fact_id", "handler", "next_try_at"), ((*one, at) for one, at in zip(wanted, due, strict=True)))


def _behind_what_waits(now: datetime) -> datetime:
    last = Delivery.objects.filter(state=Delivery.State.WAITING).aggregate(last=Max("next_try_at"))["last"]
    return max(now, last or now)


def deliver_waiting(now: datetime, *, most: int = 200) -> int:
    """This function will deliver what is due, each in its own transaction, and give how many took effect."""
    done = 0
    for _ in range(most):
        outcome = _deliver_one(now)
        if outcome is None:
            break
        done += outcome
    return done


def _deliver_one(now: datetime) -> int | None:
    """Deliver one: 1 done, 0 failed for now, None nothing is due."""
    failure: Exception | None = None
    delivery: Delivery | None = None
    try:
        with transaction.atomic():
            delivery = (
                # lock: one worker per delivery; the others skip it and take the next
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(state=Delivery.State.WAITING, next_try_at__lte=now)
                .select_related("fact")
                .order_by("next_try_at", "id")
                .first()
            )
            if delivery is None:
                return None
            _handler_for(delivery)(fact_from_json(FACTS_BY_NAME[delivery.fact.name], delivery.fact.payload), now)
            Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.DONE, done_at=now, last_error="")
            return 1
    except Exception as raised:
        failure = raised
    if delivery is None:
        raise failure
    _postpone(delivery, failure, now)
    return 0


def _handler_for(delivery: Delivery) -> Handler:
    for handler in wiring().reactions.get(FACTS_BY_NAME[delivery.fact.name], ()):
        if handler_name(handler) == delivery.handler:
            return handler
    raise LookupError(f"no handler is called {delivery.handler} any more")


def _postpone(delivery: Delivery, failure: Exception, now: datetime) -> None:
    attempts = delivery.attempts + 1
    state = Delivery.State.DEAD if attempts >= MOST_ATTEMPTS else Delivery.State.WAITING
    log.warning("delivery failed", extra={"delivery": delivery.pk, "handler": delivery.handler, "attempts": attempts})
    Delivery.objects.filter(pk=delivery.pk).update(
        attempts=attempts,
        state=state,
        next_try_at=now + timedelta(seconds=2**attempts),
        last_error=f"{type(failure).__name__}: {failure}"[:2000],
    )


@transaction.atomic
def retry_dead(*, actor: Actor, delivery_id: int, now: datetime) -> None:
    """
    This function will put a dead delivery back to work.

    Raises: Forbidden, DeliveryNotDead.
    """
    access.require(actor, "console:job:retry")
    changed = Delivery.objects.filter(pk=delivery_id, state=Delivery.State.DEAD).update(
        state=Delivery.State.WAITING, attempts=0, next_try_at=now
    )
    if not changed:
        raise DeliveryNotDead
    audit.record(actor, "console:job:retry", subject=f"delivery:{delivery_id}", now=now)


def differences() -> Sequence[Difference]:
    """This function will find facts without all their deliveries, and deliveries that died."""
    found = [
        Difference("outbox", f"{row.fact.name} never reached {row.handler}: {row.last_error}")
        for row in Delivery.objects.filter(state=Delivery.State.DEAD).select_related("fact")
    ]
    for fact_type, handlers in wiring().reactions.items():
        for handler in handlers:
            missing = (
                OutboxFact.objects.filter(name=fact_type.name)
                .exclude(deliveries__handler=handler_name(handler))
                .count()
            )
            if missing:
                found.append(
                    Difference("outbox", f"{missing} × {fact_type.name} have no delivery for {handler_name(handler)}")
                )
    return found
