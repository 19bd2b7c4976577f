"""The line of 50 % of safety stock: an item newly below it gets a draft order, unless enough is coming (SUP-10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from kaibo.facts.flow import SafetyLineCrossed
from kaibo.kit.clock import business_date
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.notices import notices
from kaibo.plumbing.outbox import outbox
from kaibo.stages.supply import queries, replenishing, rules
from kaibo.stages.supply.models import SafetyLevel, Shortfall
from kaibo.stages.supply.services import draft_purchase


def watch_lines(now: datetime) -> int:
    """
    This function will look at every item's line; one newly below it gets a draft order to its best supplier, a notice
    to those who approve, and the fact. One that nobody could deliver, or that had enough on its way, is looked at again
    until it has a draft or recovered: a quote that comes tomorrow, or an order that is cancelled, starts it then. A draft
    a person cancelled is not made anew. Gives the number of new drafts.   Source: SUP-10.
    """
    drafted = 0
    for row in queries.Lines(KAIBO):
        is_new = row.is_below != row.was_below and _cross(row)  # most stand where they stood: nothing is written for them each minute
        if row.is_below and (is_new or row.is_unserved):
            drafted += _start_replenishment(row, now, is_new=is_new)
    return drafted


def _cross(row: queries.LineRow) -> bool:
    """This function will note on which side of its line an item stands now, and say whether nobody noted it before."""
    told = {"is_below": row.is_below} if row.is_below else {"is_below": False, "is_unserved": False}
    return bool(SafetyLevel.objects.filter(sku=row.sku.id).exclude(is_below=row.is_below).update(**told))


@transaction.atomic
def _start_replenishment(row: queries.LineRow, now: datetime, *, is_new: bool) -> int:
    if is_new:
        outbox.announce(SafetyLineCrossed(sku_id=row.sku.id, sellable=row.sellable, safety=row.safety.units, at=now), now=now)
    offers = _offers_of(row, now)
    coming = row.incoming + replenishing.on_order([row.sku.id]).get(row.sku.id, 0)
    plan = rules.propose(offers, sellable=row.sellable, coming=coming, safety=row.safety.units, mean_milli=row.safety.mean_milli)
    if plan is None or row.draft_code:
        SafetyLevel.objects.filter(sku=row.sku.id).update(is_unserved=not row.draft_code)
        if is_new and not row.draft_code:
            _tell_undrafted(row, coming, now, has_offer=bool(offers))
        return 0
    SafetyLevel.objects.filter(sku=row.sku.id).update(is_unserved=False)
    on_its_way = f"，在途与待检 {coming} 件" if coming else ""
    purchase = draft_purchase(
        actor=KAIBO, supplier_id=plan.offer.supplier_id, sku_id=row.sku.id, quantity=plan.units, price_fen=plan.offer.price_fen, now=now,  # type: ignore[arg-type]
        cause="safety_line", reason=f"{row.sku.code} 可售 {row.sellable} 件{on_its_way}，低于警戒线 {row.line} 件；{plan.reason_zh}",
    )  # fmt: skip
    notices.tell(
        _told(row), key=f"draft:{purchase.pk}", now=now, state="red", href=f"/supply/purchases/{purchase.pk}",
        title=gettext_noop("%(sku)s 可售 %(sellable)s 件，低于警戒线 %(line)s 件；已起草 %(purchase)s，待批准"), values={**_figures(row), "purchase": purchase.code},
    )  # fmt: skip
    return 1


def _offers_of(row: queries.LineRow, now: datetime) -> list[rules.Offer]:
    """Standing offers of suppliers that did not say they cannot deliver."""
    cannot = set(Shortfall.objects.filter(sku=row.sku.id, until__gte=business_date(now)).values_list("supplier_id", flat=True))
    return [
        rules.Offer(quote.supplier_id, quote.price_fen, quote.minimum_units, quote.lead_days, quote.is_main)
        for quote in queries.standing_offers([row.sku.id]).get(row.sku.id, []) if quote.supplier_id not in cannot
    ]  # fmt: skip


def _tell_undrafted(row: queries.LineRow, coming: int, now: datetime, *, has_offer: bool) -> None:
    why = (
        gettext_noop("%(sku)s 可售 %(sellable)s 件，低于警戒线 %(line)s 件；在途与待检 %(coming)s 件已够，催到货就行")
        if has_offer
        else gettext_noop("%(sku)s 可售 %(sellable)s 件，低于警戒线 %(line)s 件；没有可用供应商报价")
    )
    values = {**_figures(row), "coming": coming}
    notices.tell(_told(row), key=f"line:{row.sku.id}:{now:%Y%m%d}", now=now, state="red", href="/supply/", title=why, values=values)


def _told(row: queries.LineRow) -> list[UUID]:
    return [*people_with_role("operations", shop_id=row.sku.shop_id), *people_with_role("warehouse", shop_id=row.sku.shop_id)]


def _figures(row: queries.LineRow) -> dict[str, str | int]:
    return {"sku": row.sku.code, "sellable": row.sellable, "line": row.line}
