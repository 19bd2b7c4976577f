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
    lots = queries.inspections_for(actor).filter(lot__code__istartswith=words, gate="arrival")[:5]
    orders = queries.purchases_for(actor).filter(code__istartswith=words)[:5]
    hits = [
        SearchHit(one.lot.code, one.sku.product.title, reverse("supply:trace", args=[one.lot_id]), _("批次"))
        for one in lots
    ]
    return hits + [
        SearchHit(one.code, one.supplier.name, reverse("supply:purchase", args=[one.pk]), _("采购单")) for one in orders
    ]
