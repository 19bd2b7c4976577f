"""Goods in Ctrl-K."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.catalog.queries import products_for
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit


def search(actor: Actor, words: str) -> Sequence[SearchHit]:
    """This function will find products by code, item code, barcode or words of their title."""
    found = products_for(actor).filter(
        Q(code__istartswith=words)
        | Q(title__icontains=words)
        | Q(skus__code__istartswith=words)
        | Q(skus__barcode=words)
    )
    return [
        SearchHit(p.title, p.code, reverse("catalog:product", args=[p.pk]), _("商品")) for p in found.distinct()[:8]
    ]
