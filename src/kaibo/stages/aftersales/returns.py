"""Goods that come back: into quarantine first, looked at by quality, the law's seven days for the money begin."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock import services as stock
from kaibo.master.stock.models import Lot
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.aftersales import queries, rules
from kaibo.stages.aftersales.complaints import CaseMovedOn, LineUnknown
from kaibo.stages.aftersales.models import Case, CaseEntry, ReturnedGoods
from kaibo.stages.aftersales.permissions import RECEIVE
from kaibo.stages.aftersales.rules import Kind, State
from kaibo.stages.aftersales.steps import note, take_step
from kaibo.stages.orders import shipping
from kaibo.stages.orders.models import OrderLine
from kaibo.stages.supply import returned


@transaction.atomic
def receive_return(*, actor: Actor, case_id: UUID, quantity: int, now: datetime) -> Case:
    """
    This function will take returned goods in, to be inspected before they are sellable, and start the law's seven days.

    Units go back into the lot the order was sent from where that is one, else into a lot of the case, so that a recall
    still finds them.   Raises: Forbidden, StepNotAllowed, LineUnknown, QuantityBeyondLine.   Source: AFT-5, SUP-6.
    """
    case = queries.locked_case(actor, case_id)
    access.require(actor, RECEIVE, shop_id=case.shop_id)
    if case.line_id is None:
        raise LineUnknown
    is_refunded = rules.comes_after_its_money(State(case.state), Kind(case.kind), was_received=case.received_at is not None)
    if not is_refunded:
        rules.STEPS.require(State(case.state), State.RECEIVED)
        if State(case.state) not in rules.EXPECTS_GOODS:
            raise CaseMovedOn
    # lock: the order's line before the ledger, as everybody who touches an order does
    line = OrderLine.objects.select_for_update().get(pk=case.line_id)
    units = dict(stock.units_of(line.sku_id, quantity)) if line.sku_id else {}
    lots = _lots_for(case, list(units), now)
    is_new = shipping.record_return(actor=actor, line_id=case.line_id, quantity=quantity, reference=f"case:{case.pk}", lots=lots, now=now)
    if is_refunded:
        Case.objects.filter(pk=case.pk).update(received_at=now)
        case.received_at = now
        note(case, CaseEntry.Kind.NOTE, gettext_noop("退款之后收到退货 %(units)s 件，进待检"), actor, now, values={"units": quantity})
    else:
        take_step(case, State.RECEIVED, actor, f"×{quantity}", now, received_at=now, quantity=quantity)
    if is_new and units:
        warehouse = stock_queries.main_warehouse()
        for sku_id, parts in units.items():
            check = returned.open_check(
                sku_id=sku_id, lot_id=lots[sku_id], warehouse_id=warehouse.pk, units=parts, words=f"{case.case_no} {case.reason}".strip(), now=now
            )
            ReturnedGoods.objects.create(case=case, sku_id=sku_id, inspection=check, units=parts)
    return case


def _lots_for(case: Case, sku_ids: list[UUID], now: datetime) -> dict[UUID, UUID]:
    sent = list(Lot.objects.filter(pk__in=stock_queries.lots_of_holder(case.order.stock_reference))) if case.order and case.order.stock_reference else []
    found: dict[UUID, UUID] = {}
    for sku_id in sku_ids:
        own = [lot.pk for lot in sent if lot.sku_id == sku_id]
        found[sku_id] = own[0] if len(own) == 1 else stock.add_lot(sku_id=sku_id, code=f"RT-{case.case_no}"[:40], now=now).pk
    return found
