"""Writes about stock-outs and courier trouble: taken on, each way out pressed through its own deed, written down step by step, closed (RSK-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from kaibo.kit.clock import business_date
from kaibo.kit.couriers import courier_of
from kaibo.kit.errors import Conflict, NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.orders import courier_pauses, publishing
from kaibo.stages.orders.courier_rules import Signal
from kaibo.stages.orders.routing_models import CourierPause
from kaibo.stages.risk import shortages
from kaibo.stages.risk.permissions import SUPPLY_HANDLE, SUPPLY_SEE
from kaibo.stages.risk.services import ReasonMissing
from kaibo.stages.risk.shortages import Plan, WayOut
from kaibo.stages.risk.supply_models import SupplyIncident, SupplyStep
from kaibo.stages.supply import services as supply
from kaibo.stages.supply import supplier_book
from kaibo.stages.supply.models import Purchase


class SupplyIncidentUnknown(NotFound):
    code = "risk.supply_incident_unknown"
    message_zh = "没有这次断货或快递异常，或你看不到它"
    message_en = "There is no such stock-out or courier trouble, or you cannot see it"


class SupplyIncidentClosed(Conflict):
    code = "risk.supply_incident_closed"
    message_zh = "这次异常已经结束，请刷新"
    message_en = "This has been closed already; reload"


class WayOutGone(Conflict):
    code = "risk.way_out_gone"
    message_zh = "这条路已经走不通了，请刷新看最新的"
    message_en = "This way out is not open any more; reload"


def incidents_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[SupplyIncident]:
    """This function will give the stock-outs of the actor's shops and the couriers' troubles, which are everybody's.   Raises: Forbidden."""
    access.require(actor, SUPPLY_SEE)
    found = SupplyIncident.objects.order_by("-opened_at")
    if not (actor.is_kaibo or actor.sees_all_shops):
        found = found.filter(Q(shop=None) | Q(shop__in=actor.shop_ids))
    return found.filter(Q(shop=None) | Q(shop=shop_id)) if shop_id else found


def incident_of(actor: Actor, kind: str, subject_id: UUID) -> SupplyIncident | None:
    """This function will give the newest incident of an item or a pause, an open one first."""
    return incidents_for(actor).filter(kind=kind, subject_id=subject_id).order_by("closed_at", "-opened_at").first() or None


@transaction.atomic
def declare_courier(
    *, actor: Actor, courier: str, places: Sequence[str], until: date | None, reason: str, now: datetime, signal: Signal | None = None
) -> tuple[CourierPause, courier_pauses.Outcome]:
    """
    This function will declare a courier's trouble: what has not left goes another way, people are told, the incident is opened.

    Raises: Forbidden, ReasonMissing, RouteWrong, PausedAlready.   Source: RSK-2.
    """
    access.require(actor, SUPPLY_HANDLE)
    figures = {"troubles": signal.troubles, "usual": round(signal.expected, 1), "province": signal.province} if signal else {}
    pause, outcome = courier_pauses.declare(actor=actor, courier=courier, places=places, until=until, reason=reason, now=now, figures=figures)
    title = f"{courier_pauses.NAMES[pause.courier]} {'、'.join(pause.places) or '全国'}"[:120]
    incident = SupplyIncident.objects.create(
        kind="courier", subject_id=pause.pk, title=title, figures={**figures, "rerouted": outcome.rerouted, "own": outcome.own, "nobody": outcome.nobody},
        owner_id=actor.person_id, owner_name=actor.name, opened_at=now,
    )  # fmt: skip
    _step(incident, actor, f"宣布停用：{reason.strip()}；{outcome.rerouted} 单改走别家，{outcome.nobody} 单没有别家能送", now)
    return pause, outcome


@transaction.atomic
def end_courier(*, actor: Actor, pause_id: UUID, reason: str, now: datetime) -> int:
    """This function will let a courier take parcels again and close its incident; gives how many choices came back.   Raises: Forbidden, PauseEnded, ReasonMissing.   Source: RSK-2."""
    access.require(actor, SUPPLY_HANDLE)
    back = courier_pauses.end(actor=actor, pause_id=pause_id, reason=reason, now=now)
    incident = SupplyIncident.objects.filter(kind="courier", subject_id=pause_id, closed_at=None).first()
    if incident is not None:
        _close(incident, actor, f"恢复：{reason.strip()}", now)
    return back


@transaction.atomic
def take_on_shortage(*, actor: Actor, sku_id: UUID, now: datetime) -> SupplyIncident:
    """This function will make a stock-out somebody's, with the figures of the moment.   Raises: Forbidden, NotShort, SupplyIncidentClosed.   Source: RSK-2."""
    found = next(iter(shortages.shortages(actor, only=[sku_id])), None)
    if found is None:
        raise shortages.NotShort
    access.require(actor, SUPPLY_HANDLE, shop_id=found.sku.shop_id)
    try:
        with transaction.atomic():
            made = SupplyIncident.objects.create(
                kind="stockout", shop_id=found.sku.shop_id, subject_id=sku_id, title=f"{found.sku.code} {found.sku.title}"[:120],
                figures=dict(shortages.figures_of(found, now)), owner_id=actor.person_id, owner_name=actor.name, opened_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise SupplyIncidentClosed from None
    _step(made, actor, f"接手：{len(found.waiting)} 单在等，缺 {found.short} 件", now)
    audit.record(actor, "risk:stockout:take_on", subject=f"sku:{sku_id}", now=now, shop_id=found.sku.shop_id, details=made.figures)
    return made


@transaction.atomic
def order_more(*, actor: Actor, sku_id: UUID, kind: str, supplier_id: UUID, now: datetime) -> Purchase:
    """This function will draft the order of a way out, to be approved as any other.   Raises: Forbidden, NotShort, WayOutGone.   Source: RSK-2, SUP-10."""
    plan = _plan(actor, sku_id, now)
    way = _way(plan, kind, supplier_id)
    made = supply.draft_purchase(
        actor=actor, supplier_id=way.supplier_id, sku_id=sku_id, quantity=way.units, price_fen=way.price_fen, now=now,
        reason=f"断货补货：{len(plan.shortage.waiting)} 单在等，缺 {plan.shortage.short} 件，{way.here_on:%m-%d} 到能赶上 {way.served.in_time} 单"[:300],
    )  # fmt: skip
    _note(actor, plan, f"起草采购单 {made.code}：{way.supplier} {way.units} 件，{way.here_on:%m-%d} 到", now)
    return made


@transaction.atomic
def tell_main_cannot(*, actor: Actor, sku_id: UUID, until: date, reason: str, now: datetime) -> None:
    """This function will say that the main supplier cannot deliver, so that a standby is proposed.   Raises: Forbidden, NotShort, WayOutGone, ReasonMissing.   Source: RSK-2, SUP-9."""
    plan = _plan(actor, sku_id, now)
    if plan.main_supplier is None or until < business_date(now):
        raise WayOutGone
    supplier_book.tell_shortfall(actor=actor, supplier_id=plan.main_supplier[0], sku_id=sku_id, until=until, reason=reason, now=now)
    _note(actor, plan, f"主供应商 {plan.main_supplier[1]} 供不上到 {until:%m-%d}，找备用：{reason.strip()}", now)


@transaction.atomic
def stop_selling(*, actor: Actor, sku_id: UUID, is_stopped: bool, now: datetime) -> int:
    """
    This function will show none of an item on every channel that is told its stock, or share it out again; gives how many channels.

    Raises: Forbidden, NotShort.   Source: RSK-2, SUP-14.
    """
    plan = _plan(actor, sku_id, now)
    changed = [one for one in plan.channels if (one.quota_units == 0) != is_stopped]
    for one in changed:
        publishing.allocate(
            actor=actor, item_id=one.pk, is_on=True, share_bp=one.share_bp, quota_units=0 if is_stopped else None, buffer_units=one.buffer_units, now=now
        )
    if changed:
        _note(actor, plan, f"{len(changed)} 个渠道{'停售' if is_stopped else '恢复售卖'}", now)
    return len(changed)


@transaction.atomic
def close(*, actor: Actor, incident_id: UUID, outcome: str, now: datetime) -> SupplyIncident:
    """This function will close an incident with what came of it.   Raises: Forbidden, SupplyIncidentUnknown, SupplyIncidentClosed, ReasonMissing.   Source: RSK-2."""
    found = incidents_for(actor).filter(pk=incident_id).first()
    if found is None:
        raise SupplyIncidentUnknown
    access.require(actor, SUPPLY_HANDLE, shop_id=found.shop_id) if found.shop_id else access.require(actor, SUPPLY_HANDLE)
    if not outcome.strip():
        raise ReasonMissing
    _close(found, actor, outcome.strip(), now)
    return found


def _close(found: SupplyIncident, actor: Actor, outcome: str, now: datetime) -> None:
    closed = {"closed_at": now, "closed_by": actor.name, "outcome": outcome[:300]}
    if not SupplyIncident.objects.filter(pk=found.pk, closed_at=None).update(**closed):
        raise SupplyIncidentClosed
    _step(found, actor, f"结束：{outcome}", now)
    audit.record(actor, "risk:supply_incident:close", subject=f"incident:{found.pk}", now=now, shop_id=found.shop_id, reason=outcome)


def _plan(actor: Actor, sku_id: UUID, now: datetime) -> Plan:
    plan = shortages.plan_of(actor, sku_id, now)
    access.require(actor, SUPPLY_HANDLE, shop_id=plan.shortage.sku.shop_id)
    return plan


def _way(plan: Plan, kind: str, supplier_id: UUID) -> WayOut:
    found = next((one for one in plan.helpers if one.kind == kind and one.supplier_id == supplier_id and not one.cannot), None)
    if found is None:
        raise WayOutGone
    return found


def _note(actor: Actor, plan: Plan, text: str, now: datetime) -> None:
    """Whoever presses the first way out has taken the stock-out on."""
    sku = plan.shortage.sku
    incident = SupplyIncident.objects.filter(kind="stockout", subject_id=sku.id, closed_at=None).first()
    _step(incident or take_on_shortage(actor=actor, sku_id=sku.id, now=now), actor, text, now)


def _step(incident: SupplyIncident, actor: Actor, text: str, now: datetime) -> None:
    SupplyStep.objects.create(incident=incident, text=text[:300], by=actor.name, at=now)


def signal_of(actor: Actor, courier: str, province: str, now: datetime) -> Signal | None:
    """This function will give the figures on which a courier was proposed, if they still say so."""
    known = courier_of(courier)
    return next((one for one in courier_pauses.signals(actor, now) if known and (one.courier, one.province) == (known.key, province)), None)


def usual_end(now: datetime) -> date:
    return business_date(now) + timedelta(days=2)
