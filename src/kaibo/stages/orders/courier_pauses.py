"""A courier that does not fetch or deliver somewhere: proposed from its own figures, declared by a person, what has not left goes another way, ended at one press (RSK-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date
from kaibo.kit.couriers import COURIERS, courier_of
from kaibo.kit.errors import Conflict, NotFound
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.orders import route_book, routing
from kaibo.stages.orders.complaints import ReasonMissing
from kaibo.stages.orders.courier_rules import USUAL_DAYS, Signal
from kaibo.stages.orders.models import TO_SHIP, Order, ParcelTrack
from kaibo.stages.orders.permissions import PAUSE, SEE
from kaibo.stages.orders.provinces import short_name
from kaibo.stages.orders.route_book import RouteWrong
from kaibo.stages.orders.routing_models import CourierPause, Rerouted, RouteChoice

AT_ONCE, MOST_ORDERS, MOST_PLACES = 500, 50_000, 31
NAMES = {one.key: one.zh for one in COURIERS}


class PauseUnknown(NotFound):
    code = "orders.pause_unknown"
    message_zh = "没有这次快递停用"
    message_en = "There is no such pause of a courier"


class PausedAlready(Conflict):
    code = "orders.paused_already"
    message_zh = "{courier} 在这些地区已经宣布停用"
    message_en = "{courier} is paused in these places already"


class PauseEnded(Conflict):
    code = "orders.pause_ended"
    message_zh = "这次停用已经结束，请刷新"
    message_en = "This pause has ended already; reload"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pause did to orders that had not left: rerouted, of them against a person's own choice, and those nobody else may take."""

    rerouted: int
    own: int
    nobody: int


@transaction.atomic
def declare(
    *, actor: Actor, courier: str, places: Sequence[str], until: date | None, reason: str, now: datetime, figures: Mapping[str, Any] | None = None
) -> tuple[CourierPause, Outcome]:
    """
    This function will declare that a courier takes nothing in some provinces (none named: anywhere), and send what has not left
    another way by the rules without it. What was chosen before is kept and comes back when the pause ends.

    Raises: Forbidden, ReasonMissing, RouteWrong, PausedAlready.   Source: RSK-2, SUP-13.
    """
    access.require(actor, PAUSE)
    if not reason.strip():
        raise ReasonMissing
    known = courier_of(courier)
    if known is None:
        raise RouteWrong(why_zh=f"快递“{courier[:20]}”不认识", why_en="the courier is not known")
    named = sorted({place.strip() for place in places if place.strip()})
    if len(named) > MOST_PLACES or any(not short_name(place.split("/")[0]) for place in named) or (until is not None and until < business_date(now)):
        raise RouteWrong(why_zh="地区要以省份开头，截止日不能在今天以前", why_en="places begin with a province, and the end may not lie before today")
    before = _routed_to(known.key, named)
    try:
        with transaction.atomic():
            pause = CourierPause.objects.create(
                courier=known.key, places=named, place_key="|".join(named)[:200], reason=reason.strip()[:200], figures=dict(figures or {}), declared_by=actor.name,
                declared_at=now, until=until,
            )  # fmt: skip
    except IntegrityError:
        raise PausedAlready(courier=known.zh) from None
    outcome = _reroute(pause, before, now)
    audit.record(
        actor, PAUSE, subject=f"courier:{known.key}", now=now, reason=reason,
        details={"places": named, "until": str(until or ""), "rerouted": outcome.rerouted, "own": outcome.own, "nobody": outcome.nobody},
    )  # fmt: skip
    _tell(pause, outcome, now)
    return pause, outcome


def _routed_to(courier: str, places: Sequence[str]) -> dict[UUID, RouteChoice | None]:
    """Orders that have not left, go there, and would be taken by that courier → the choice of a person, if it was one."""
    found: dict[UUID, RouteChoice | None] = {}
    for orders in _in_batches(to_leave(places)):
        for order_id, route in route_book.routes_of(orders).items():
            if route.courier == courier:
                found[order_id] = route.own
    return found


def to_leave(places: Sequence[str]) -> QuerySet[Order]:
    """This function will give the orders that have not left whole and go to these places, whoever takes them."""
    return Order.objects.filter(_there(places, ""), state__in=TO_SHIP, is_test=False).order_by("ship_by", "pk")


def _there(places: Sequence[str], before: str) -> Q:
    found = Q()
    for place in places:
        parts = [part.strip() for part in place.split("/")]
        found |= Q(**{f"{before}{field}__startswith": part for field, part in zip(("province", "city", "area"), parts, strict=False)})
    return found


def _in_batches(found: QuerySet[Order]) -> Iterable[list[Order]]:
    ids = list(found.values_list("pk", flat=True)[:MOST_ORDERS])
    for start in range(0, len(ids), AT_ONCE):
        yield list(Order.objects.filter(pk__in=ids[start : start + AT_ONCE]))


def _reroute(pause: CourierPause, before: Mapping[UUID, RouteChoice | None], now: datetime) -> Outcome:
    own = {order: choice for order, choice in before.items() if choice is not None}
    RouteChoice.objects.filter(pk__in=own, courier=pause.courier).delete()
    rows: list[Rerouted] = []
    ids = list(before)
    for start in range(0, len(ids), AT_ONCE):
        orders = list(Order.objects.filter(pk__in=ids[start : start + AT_ONCE]))
        routes = route_book.routes_of(orders)
        for order in orders:
            choice = routes[order.pk].choice
            rows.append(Rerouted(pause=pause, order=order, now_courier=choice.courier or "", cost_fen=choice.cost_fen, own=_kept(own.get(order.pk)), at=now))
    Rerouted.objects.bulk_create(rows, batch_size=AT_ONCE)
    return Outcome(len(rows), len(own), sum(1 for one in rows if not one.now_courier))


def _kept(choice: RouteChoice | None) -> dict[str, str] | None:
    if choice is None:
        return None
    return {"ruled": choice.ruled, "reason": choice.reason, "by": choice.chosen_by, "at": choice.chosen_at.isoformat()}


def _tell(pause: CourierPause, outcome: Outcome, now: datetime) -> None:
    told = {one for role in ("service", "warehouse", "operations") for one in people_with_role(role)}
    notices.tell(
        told, key=f"courier-pause:{pause.pk}", now=now, state="red", href=f"/risk/couriers/{pause.pk}",
        title=gettext_noop("%(courier)s %(places)s 停用：%(n)s 单改走别家；对买家怎么说在里面"),
        values={"courier": NAMES[pause.courier], "places": "、".join(pause.places) or "全国", "n": outcome.rerouted},
    )  # fmt: skip


@transaction.atomic
def end(*, actor: Actor, pause_id: UUID, reason: str, now: datetime) -> int:
    """
    This function will let a courier take parcels again. Orders that still have not left follow the rules as before, and a person's
    choice that the pause took away comes back unless somebody chose anew; gives how many came back.

    Raises: Forbidden, PauseUnknown, PauseEnded, ReasonMissing.   Source: RSK-2.
    """
    access.require(actor, PAUSE)
    pause = pause_for(actor, pause_id)
    if not reason.strip():
        raise ReasonMissing
    ended = {"ended_at": now, "ended_by": actor.name, "end_reason": reason.strip()[:200]}
    if not CourierPause.objects.filter(pk=pause_id, ended_at=None).update(**ended):
        raise PauseEnded
    back = _choices_back(pause)
    audit.record(actor, "orders:courier:resume", subject=f"courier:{pause.courier}", now=now, reason=reason, details={"places": pause.places, "back": back})
    return back


def _choices_back(pause: CourierPause) -> int:
    still = pause.rerouted.filter(own__isnull=False, order__state__in=TO_SHIP, order__route_choice=None)
    rows = [
        RouteChoice(
            pk=one.order_id, courier=pause.courier, ruled=one.own["ruled"], reason=one.own["reason"], chosen_by=one.own["by"], chosen_at=datetime.fromisoformat(one.own["at"])
        )
        for one in still
    ]
    return len(RouteChoice.objects.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True))


def end_due(now: datetime) -> int:
    """This function will end the pauses whose last day is over; the clock gives how many."""
    due = list(CourierPause.objects.filter(ended_at=None, until__lt=business_date(now)).values_list("pk", flat=True))
    for pause_id in due:
        end(actor=KAIBO, pause_id=pause_id, reason="到了说好的日子", now=now)
    return len(due)


# ── reads ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def open_pauses(actor: Actor) -> list[CourierPause]:
    """This function will give the couriers that are paused now, the newest first.   Raises: Forbidden."""
    access.require(actor, SEE)
    return list(CourierPause.objects.filter(ended_at=None).order_by("-declared_at"))


def pause_for(actor: Actor, pause_id: UUID) -> CourierPause:
    """This function will give a pause of a courier.   Raises: Forbidden, PauseUnknown."""
    access.require(actor, SEE)
    found = CourierPause.objects.filter(pk=pause_id).first()
    if found is None:
        raise PauseUnknown
    return found


def rerouted_of(actor: Actor, pause: CourierPause, *, shop_id: UUID | None = None) -> QuerySet[Rerouted]:
    """This function will give the orders of the actor's shops that a pause sends another way and that have not left yet, the most urgent first."""
    still = pause.rerouted.filter(order__state__in=TO_SHIP).select_related("order")
    return access.visible(still, actor, "order__shop", shop_id=shop_id).order_by("order__ship_by", "pk")


def on_the_way(actor: Actor, pause: CourierPause, *, shop_id: UUID | None = None) -> QuerySet[ParcelTrack]:
    """This function will give the parcels of the actor's shops that this courier has on the way to those places, those in trouble first."""
    its = Q(courier=pause.courier) | Q(courier="", shipment__carrier__in=_written(pause.courier))  # what was never scanned is known by its waybill alone
    there = ParcelTrack.objects.filter(its, _there(pause.places, "shipment__order__"), is_over=False).select_related("shipment__order")
    return access.visible(there, actor, "shop", shop_id=shop_id).order_by("trouble_at", "last_at")


def _written(courier: str) -> list[str]:
    known = next(one for one in COURIERS if one.key == courier)
    return [known.key, known.zh, known.kdniao, *known.also, *(one.upper() for one in known.also)]


_COUNTED = """
    SELECT coalesce(nullif(t.courier, ''), s.carrier) AS courier, o.province,
           count(*) FILTER (WHERE t.first_trouble_at >= %(day)s),
           count(*) FILTER (WHERE t.first_trouble_at >= %(usual)s AND t.first_trouble_at < %(day)s),
           count(*) FILTER (WHERE s.shipped_at >= %(lately)s),
           count(*) FILTER (WHERE s.shipped_at >= %(sent)s AND s.shipped_at < %(lately)s)
      FROM orders_parceltrack t JOIN orders_shipment s ON s.id = t.shipment_id JOIN orders_order o ON o.id = s.order_id
     WHERE s.shipped_at >= %(from)s AND (%(shops)s::uuid[] IS NULL OR t.shop_id = ANY(%(shops)s))
     GROUP BY 1, 2
"""
LATELY_DAYS = 4


def signals(actor: Actor, now: datetime) -> list[Signal]:
    """
    This function will name the couriers whose parcels got into trouble in the last 24 hours far more than in their own four weeks
    before, in one province or in all; the most of all first. A courier paused there already is left out.   Source: RSK-2.
    """
    access.require(actor, SEE)
    day = now - timedelta(hours=24)
    lately, usual = now - timedelta(days=LATELY_DAYS), day - timedelta(days=USUAL_DAYS)
    sent = lately - timedelta(days=USUAL_DAYS)
    shops = None if actor.is_kaibo or actor.sees_all_shops else list(actor.shop_ids)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"day": day, "usual": usual, "lately": lately, "sent": sent, "from": min(sent, usual) - timedelta(days=14), "shops": shops})
        rows = cursor.fetchall()
    summed: dict[tuple[str, str], list[int]] = {}
    for written, province, *counts in rows:
        known = courier_of(written)
        for place in {province, ""} if known else ():
            summed[known.key, place] = [a + b for a, b in zip(summed.get((known.key, place), [0, 0, 0, 0]), counts, strict=True)]
    found = [Signal(courier, province, *_rates(counts)) for (courier, province), counts in summed.items()]
    paused = route_book.paused_places()
    far = [one for one in found if one.is_far_above and not _is_paused(one, paused.get(one.courier, ()))]
    return sorted(far, key=lambda one: one.chance)


def _rates(counts: Sequence[int]) -> tuple[int, int, float, float]:
    troubles, usual, sent, before = counts
    return troubles, usual, sent / LATELY_DAYS, before / USUAL_DAYS


def _is_paused(one: Signal, places: Sequence[str]) -> bool:
    return any(place == routing.EVERYWHERE or (one.province and one.province.startswith(place.split("/")[0])) for place in places)


def promise_of(found: Sequence[Rerouted], now: datetime) -> tuple[int, int]:
    """This function will count of rerouted orders those past their promise and those due within 24 hours."""
    due = [one.order.ship_by for one in found if one.order.ship_by]
    return sum(1 for at in due if at < now), sum(1 for at in due if now <= at < now + timedelta(hours=24))

