"""What Ctrl-K finds in listing."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.listing import queries
from kaibo.stages.listing.permissions import SEE


def search(actor: Actor, term: str) -> Sequence[SearchHit]:
    """This function will find listings by their title, product or code."""
    if not actor.can(SEE):
        return ()
    found = queries.listings_for(actor).filter(Q(title__icontains=term) | Q(product__title__icontains=term) | Q(product__code__istartswith=term))
    found = found.select_related(None).select_related("product", "channel").only("title", "product__code", "channel__name")[:6]
    return [SearchHit(one.title, f"{one.product.code} · {one.channel.name}", reverse("listing:listing", args=[one.pk]), _("上架")) for one in found]
