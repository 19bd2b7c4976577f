"""Taking a shipping sheet: each row ships one order, and says why not when it cannot."""

from __future__ import annotations

from kaibo.kit.errors import KaiboError
from kaibo.plumbing.intake.kinds import ImportContext, Outcome, ParsedRow, Refused, Taken
from kaibo.stages.orders import dispatching
from kaibo.stages.orders.models import Dispatch, Order, Shipment


def take_shipments(context: ImportContext, rows: list[ParsedRow]) -> list[Outcome]:
    """
    This function will ship the orders of a sheet; a row already shipped with this number changes nothing. Orders of connected
    platforms wait for the clock to ask there, a thousand rows must not.   Source: ORD-4.
    """
    numbers = [row["order_no"] for row in rows]
    there = dict(Order.objects.filter(shop=context.shop_id, order_no__in=numbers).values_list("order_no", "pk"))
    sent = set(Shipment.objects.filter(order__in=list(there.values())).values_list("order_id", "tracking_no"))
    waiting = Dispatch.objects.filter(order__in=list(there.values())).exclude(state__in=[Dispatch.State.REFUSED, Dispatch.State.DROPPED])
    sent |= set(waiting.values_list("order_id", "tracking_no"))
    return [_take(context, row, there.get(row["order_no"]), sent) for row in rows]


def _take(context: ImportContext, row: ParsedRow, order_id: object, sent: set[tuple[object, str]]) -> Outcome:
    if order_id is None:
        return Refused("orders.order_unknown", "本店没有这个订单号", "This shop has no such order", "order_no")
    if (order_id, row["tracking_no"]) in sent:
        return Taken.SAME
    try:
        dispatching.hand_in(actor=context.actor, order_id=order_id, carrier=row["carrier"], tracking_no=row["tracking_no"], now=context.now)
    except KaiboError as complaint:
        return Refused(complaint.code, complaint.message("zh"), complaint.message("en"), "order_no")
    return Taken.NEW
