"""What Ctrl-K finds in orders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.orders import queries, words
from kaibo.stages.orders.models import Shipment
from kaibo.stages.orders.permissions import SEE

MOST = 6


def search(actor: Actor, term: str) -> Sequence[SearchHit]:
    """This function will find orders by number, receiver's last four digits or tracking number; only on indexes."""
    term = term.strip()
    if not actor.can(SEE) or len(term) < 4 or not re.fullmatch(r"[\w-]+", term):
        return ()
    wanted = Q(order_no__startswith=term) | Q(phone_tail=term) if len(term) == 4 else Q(order_no__startswith=term)
    found = list(queries.orders_for(actor).filter(wanted).order_by("-ordered_at")[:MOST])
    if len(term) >= 8:
        parcels = Shipment.objects.filter(tracking_no=term).values("order")
        found += list(queries.orders_for(actor).filter(pk__in=parcels)[:MOST])
    return [
        SearchHit(
            f"{words.platform_words(one.platform)} {one.order_no}", f"{words.state_words(one.state)} · {one.goods}",
            reverse("orders:order", args=[one.pk]), _("订单"),
        )
        for one in found
    ]
