"""What Ctrl-K finds here."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.warmup.models import TrackedLink
from kaibo.stages.warmup.permissions import CAMPAIGN_SEE
from kaibo.stages.warmup.words import PLATFORM_TITLES


def search(actor: Actor, text: str) -> Sequence[SearchHit]:
    """This function will find tracked links by code or place."""
    if not actor.can(CAMPAIGN_SEE):
        return []
    found = TrackedLink.objects.select_related("session").filter(Q(code=text.upper()) | Q(title__icontains=text))
    found = access.visible(found, actor, "session__shop")
    return [
        SearchHit(f"{PLATFORM_TITLES[one.platform]} · {one.title}", f"{one.code} · {one.session.title}", reverse("warmup:campaign", args=[one.session_id]), _("推广链接"))
        for one in found.order_by("-created_at")[:8]
    ]
