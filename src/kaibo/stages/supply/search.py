"""Lots, purchases and suppliers in Ctrl-K."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.supply import queries
from kaibo.stages.supply.permissions import SEE


def search(actor: Actor, words: str) -> Sequence[SearchHit]:
    """This function will find lots by code and purchases by number."""
    if not actor.can(SEE):
        return []
    lots = queries.inspections_for(actor).filter(lot__code__istartswith=words, gate="arrival").select_related(None)[:5]
    lots = lots.select_related("lot", "sku__product").only("lot__code", "sku__product__title")  # all its page shows takes longer to plan than to find
    orders = queries.purchases_for(actor).filter(code__istartswith=words).select_related(None)[:5].select_related("supplier").only("code", "supplier__name")
    hits = [
        SearchHit(one.lot.code, one.sku.product.title, reverse("supply:trace", args=[one.lot_id]), _("批次"))
        for one in lots
    ]
    return hits + [
        SearchHit(one.code, one.supplier.name, reverse("supply:purchase", args=[one.pk]), _("采购单")) for one in orders
    ]
