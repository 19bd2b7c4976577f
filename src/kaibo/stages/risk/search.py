"""Mentions in Ctrl-K."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.text import shortened
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.risk import queries
from kaibo.stages.risk.permissions import SEE


def search(actor: Actor, words: str) -> Sequence[SearchHit]:
    """This function will find mentions by their text."""
    if not actor.can(SEE):
        return []
    found = queries.mentions_for(actor).filter(text__icontains=words).order_by("-first_seen_at")[:5]
    return [SearchHit(shortened(one.text, limit=40), one.platform, reverse("risk:mention", args=[one.pk]), _("舆情")) for one in found]
