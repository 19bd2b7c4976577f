"""What Ctrl-K finds in after-sales."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.aftersales import queries, rules, words
from kaibo.stages.aftersales.permissions import SEE


def search(actor: Actor, term: str) -> Sequence[SearchHit]:
    """This function will find cases by the beginning of their number or their order's."""
    term = term.strip()
    if not actor.can(SEE) or len(term) < 4:
        return ()
    found = queries.cases_for(actor).filter(Q(case_no__istartswith=term) | Q(order_no__startswith=term)).order_by("-opened_at")[:6]
    return [
        SearchHit(
            f"{one.case_no} {one.goods}", f"{words.word(rules.SEVERITY_WORDS, one.severity)} · {words.word(rules.STATE_WORDS, one.state)}",
            reverse("aftersales:case", args=[one.pk]), _("售后个案"),
        )
        for one in found
    ]  # fmt: skip
