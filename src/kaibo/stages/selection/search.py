"""What Ctrl-K finds in selection."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.selection import queries
from kaibo.stages.selection.permissions import SEE


def search(actor: Actor, term: str) -> Sequence[SearchHit]:
    """This function will find candidates and markets by their words."""
    if not actor.can(SEE):
        return ()
    candidates = queries.candidates_for(actor).filter(Q(title__icontains=term) | Q(code__icontains=term))[:6]
    markets = queries.markets_for(actor).filter(title__icontains=term)[:4]
    return [
        *(SearchHit(one.title, f"{one.code} · {one.shop.name}", reverse("selection:candidate", args=[one.pk]), _("选品候选")) for one in candidates),
        *(SearchHit(one.title, one.shop.name, reverse("selection:market", args=[one.pk]), _("市场")) for one in markets),
    ]
