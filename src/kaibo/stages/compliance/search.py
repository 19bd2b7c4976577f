"""What Ctrl-K finds in compliance."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.compliance import queries
from kaibo.stages.compliance.permissions import SEE
from kaibo.stages.compliance.rules import packaged_matrix


def search(actor: Actor, term: str) -> Sequence[SearchHit]:
    """This function will find documents by number, issuer or kind."""
    if not actor.can(SEE):
        return ()
    kinds = [kind for kind, words in packaged_matrix().titles.items() if any(term.lower() in one.lower() for one in words)]
    found = queries.documents_for(actor).filter(Q(number__icontains=term) | Q(issuer__icontains=term) | Q(kind__in=kinds))[:6]
    language = get_language() or "zh"
    return [
        SearchHit(f"{packaged_matrix().title(one.kind, language)} {one.number}", one.shop.name, f"{reverse('compliance:documents')}?q={one.number}", _("资质"))
        for one in found
    ]
