"""Orders that turn out otherwise than written: a draft changed before it is approved, a rest that will not come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.people.queries import people_with_role
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.supply import material, presales, queries
from kaibo.stages.supply.models import Purchase
from kaibo.stages.supply.permissions import PURCHASE_APPROVE, PURCHASE_DRAFT
from kaibo.stages.supply.quality import ReasonMissing
from kaibo.stages.supply.rules import PurchaseState
from kaibo.stages.supply.services import PurchaseMovedOn

WHOSE = ("supplier", "us")


class NothingShort(Conflict):
    code = "supply.nothing_short"
    message_zh = "采购单 {purchase} 还没到过货，或已经到齐：没到过货的请取消，到齐的不用结"
    message_en = "Nothing of purchase order {purchase} has come yet, or all of it: cancel the first, the second is done"


class OrderUnreadable(Invalid):
    code = "supply.order_unreadable"
    message_zh = "数量和单价都要大于 0"
    message_en = "Quantity and price must be above zero"


@transaction.atomic
def change_draft(*, actor: Actor, purchase_id: UUID, quantity: int, price_fen: int, now: datetime) -> None:
    """
    This function will change what a draft orders, so that nobody has to cancel a proposal to buy less of it.

    Raises: Forbidden, PurchaseUnknown, PurchaseMovedOn, OrderUnreadable.   Source: SUP-10.
    """
    purchase = queries.purchase_for(actor, purchase_id)
    access.require(actor, PURCHASE_DRAFT, shop_id=purchase.shop_id)
    if quantity < 1 or price_fen < 1:
        raise OrderUnreadable
    if not Purchase.objects.filter(pk=purchase_id, state=PurchaseState.DRAFT).update(quantity=quantity, price_fen=price_fen):
        raise PurchaseMovedOn(purchase=purchase.code)
    told = {"units": [purchase.quantity, quantity], "price_fen": [purchase.price_fen, price_fen]}
    audit.record(actor, "supply:purchase:change", subject=f"purchase:{purchase_id}", now=now, details=told, shop_id=purchase.shop_id)


@transaction.atomic
def close_rest(*, actor: Actor, purchase_id: UUID, short_by: str, reason: str, now: datetime) -> int:
    """
    This function will close an order of which part came and the rest will not, and give how many units that is: they no
    longer count as on their way, so that replenishment looks at what is really coming. Their material is given back.

    Raises: Forbidden, PurchaseUnknown, ReasonMissing, NothingShort, PurchaseMovedOn.   Source: SUP-1, SUP-10.
    """
    purchase = queries.purchase_for(actor, purchase_id)
    access.require(actor, PURCHASE_APPROVE, shop_id=purchase.shop_id)
    if not reason.strip() or short_by not in WHOSE:
        raise ReasonMissing
    changed = Purchase.objects.filter(
        pk=purchase_id, state=PurchaseState.APPROVED, received=purchase.received, received__gt=0, quantity__gt=F("received")
    ).update(state=PurchaseState.RECEIVED, completed_at=now, short_by=short_by, short_reason=reason.strip()[:200])
    if not changed:
        raise PurchaseMovedOn(purchase=purchase.code) if purchase.state != PurchaseState.APPROVED else NothingShort(purchase=purchase.code)
    missing = purchase.quantity - purchase.received
    material.give_back(purchase, missing)
    presales.coming_changed(actor=actor, sku_id=purchase.sku_id, now=now)
    audit.record(
        actor, "supply:purchase:close_rest", subject=f"purchase:{purchase_id}", now=now, shop_id=purchase.shop_id, reason=reason,
        details={"missing": missing, "short_by": short_by},
    )  # fmt: skip
    notices.tell(
        people_with_role("warehouse", shop_id=purchase.shop_id), key=f"short:{purchase_id}:{purchase.received}", now=now,
        title=gettext_noop("采购单 %(purchase)s 少到 %(units)s 件，已按实到结单"), values={"purchase": purchase.code, "units": missing}, href=f"/supply/purchases/{purchase_id}",
    )  # fmt: skip
    return missing


@transaction.atomic
def reopen_rest(*, actor: Actor, purchase_id: UUID, now: datetime) -> None:
    """This function will wait for the rest of an order again that was closed short.   Raises: Forbidden, PurchaseUnknown, PurchaseMovedOn."""
    purchase = queries.purchase_for(actor, purchase_id)
    access.require(actor, PURCHASE_APPROVE, shop_id=purchase.shop_id)
    changed = Purchase.objects.filter(pk=purchase_id, state=PurchaseState.RECEIVED).exclude(short_by="").update(
        state=PurchaseState.APPROVED, completed_at=None, short_by="", short_reason=""
    )  # fmt: skip
    if not changed:
        raise PurchaseMovedOn(purchase=purchase.code)
    presales.coming_changed(actor=actor, sku_id=purchase.sku_id, now=now)
    audit.record(actor, "supply:purchase:reopen_rest", subject=f"purchase:{purchase_id}", now=now, shop_id=purchase.shop_id)
