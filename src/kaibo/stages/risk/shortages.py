"""Items that are out while orders wait for them, and what each way out would do (RSK-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from kaibo.kit.clock import business_date
from kaibo.kit.errors import NotFound
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import ChannelItem
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.orders import queries as orders
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.orders.rules import Hold, State
from kaibo.stages.risk import shortage_rules
from kaibo.stages.risk.permissions import SUPPLY_SEE
from kaibo.stages.risk.shortage_rules import Served, Waiting
from kaibo.stages.supply import queries as supply
from kaibo.stages.supply.models import Agreement, Purchase, Shortfall, SwitchProposal


class NotShort(NotFound):
    code = "risk.not_short"
    message_zh = "现在没有订单在等这个货号"
    message_en = "No order waits for this item now"


@dataclass(frozen=True, slots=True)
class Shortage:
    """An item and the orders that wait for it. `there` is what could be sent now."""

    sku: catalog.SkuRow
    waiting: tuple[tuple[Order, Waiting], ...]
    there: int

    @property
    def lines(self) -> list[Waiting]:
        return [one for _order, one in self.waiting]

    @property
    def short(self) -> int:
        return shortage_rules.short_units(self.lines, self.there)

    @property
    def earliest(self) -> datetime | None:
        return min((one.ship_by for one in self.lines if one.ship_by), default=None)

    @property
    def paid_fen(self) -> int:
        return sum(one.paid_fen for one in self.lines)


@dataclass(frozen=True, slots=True)
class WayOut:
    """A supplier that could send the item: how many, when here, for how much, and which orders that serves."""

    kind: str
    supplier_id: UUID
    supplier: str
    units: int
    here_on: date
    price_fen: int
    served: Served
    reference: str = ""
    cannot: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that may be pressed about a shortage."""

    shortage: Shortage
    coming: tuple[WayOut, ...]
    helpers: tuple[WayOut, ...]
    switch: SwitchProposal | None
    main_supplier: tuple[UUID, str] | None
    channels: tuple[ChannelItem, ...]
    inspected: int
    """Units here that only wait for their inspection: nobody is faster."""
    inspected_serves: Served


def shortages(actor: Actor, *, shop_id: UUID | None = None, only: Iterable[UUID] | None = None) -> list[Shortage]:
    """
    This function will list the items that are out while orders wait for them, the soonest promised first; a bundle counts as its
    components. Orders are those whose only or other hold says that stock is short.   Raises: Forbidden.   Source: RSK-2.
    """
    access.require(actor, SUPPLY_SEE)
    held = orders.orders_for(actor, shop_id=shop_id).filter(state=State.PAID.value, hold_flags__contains=[Hold.STOCK_SHORT.value], is_test=False)
    found = {one.pk: one for one in held}
    lines = [one for one in OrderLine.objects.filter(order__in=found, sku__isnull=False) if one.left]
    parts = catalog.components_of({one.sku_id for one in lines})
    wanted: dict[UUID, dict[UUID, list[int]]] = {}
    for line in lines:
        worth = line.amount_fen * line.left // line.quantity
        for sku, count in parts.get(line.sku_id, [(line.sku_id, 1)]):
            mine = wanted.setdefault(sku, {}).setdefault(line.order_id, [0, 0])
            mine[0] += line.left * count
            mine[1] += worth
    levels = stock.levels_of(wanted)
    rows = catalog.sku_rows(wanted)
    kept = set(only) if only is not None else None
    items = [
        Shortage(
            rows[sku], tuple((found[order], Waiting(units, found[order].ship_by, paid)) for order, (units, paid) in by_order.items()),
            levels.get(sku, {}).get(Bucket.SELLABLE, 0),
        )
        for sku, by_order in wanted.items() if kept is None or sku in kept
    ]  # fmt: skip
    return sorted((one for one in items if one.short), key=lambda one: (one.earliest is None, one.earliest, one.sku.code))


def plan_of(actor: Actor, sku_id: UUID, now: datetime) -> Plan:
    """This function will say for a shortage what is on its way, who could step in, and where the item is still sold.   Raises: Forbidden, NotShort."""
    found = next(iter(shortages(actor, only=[sku_id])), None)
    if found is None:
        raise NotShort
    today = business_date(now)
    offers = supply.standing_offers([sku_id]).get(sku_id, [])
    main = next((one for one in offers if one.is_main), None)
    switch = SwitchProposal.objects.filter(sku=sku_id, state="open").select_related("leaves", "steps_in").first()
    cannot = set(Shortfall.objects.filter(sku=sku_id, until__gte=today).values_list("supplier_id", flat=True))
    inspected = stock.levels_of([sku_id]).get(sku_id, {}).get(Bucket.INCOMING, 0)
    listed = ChannelItem.objects.filter(sku=sku_id, is_on=True).select_related("channel").order_by("channel__platform", "pk")
    return Plan(
        found, tuple(_coming(found, today)), tuple(_helpers(found, offers, cannot, today)), switch, (main.supplier_id, main.supplier.name) if main else None,
        tuple(access.visible(listed, actor, "channel__shop")), inspected, shortage_rules.served(found.lines, units=inspected + found.there, here_on=today),
    )  # fmt: skip


def _coming(found: Shortage, today: date) -> Iterable[WayOut]:
    for one in Purchase.objects.filter(sku=found.sku.id, state="approved").select_related("supplier").order_by("promised_on"):
        left = one.quantity - one.received
        if left:
            here = max(one.promised_on or today, today)
            served = shortage_rules.served(found.lines, units=left + found.there, here_on=here)
            yield WayOut("order", one.supplier_id, one.supplier.name, left, here, one.price_fen, served, one.code)


def _helpers(found: Shortage, offers: Iterable[Any], cannot: set[UUID], today: date) -> list[WayOut]:
    ways = []
    standing = Agreement.objects.filter(sku=found.sku.id, kind="standby", ended_at=None, valid_from__lte=today, valid_until__gte=today, supplier__is_active=True)
    for one in standing.select_related("supplier"):
        units, here = max(found.short, 1), today + timedelta(days=one.lead_days)
        served = shortage_rules.served(found.lines, units=min(units, one.units) + found.there, here_on=here)
        ways.append(WayOut("standby", one.supplier_id, one.supplier.name, min(units, one.units), here, one.price_fen, served, "", one.supplier_id in cannot))
    for quote in offers:
        units, here = max(found.short, quote.minimum_units), today + timedelta(days=quote.lead_days)
        served = shortage_rules.served(found.lines, units=units + found.there, here_on=here)
        ways.append(WayOut("quote", quote.supplier_id, quote.supplier.name, units, here, quote.price_fen, served, "", quote.supplier_id in cannot))
    return sorted(ways, key=lambda one: (one.cannot, -one.served.in_time, one.here_on, one.price_fen))


def figures_of(found: Shortage, now: datetime) -> Mapping[str, int]:
    """This function will give what an incident keeps of a shortage."""
    late, soon, later = shortage_rules.by_promise(found.lines, now)
    return {"orders": len(found.waiting), "units": found.short, "there": found.there, "late": late, "soon": soon, "later": later, "paid_fen": found.paid_fen}
