"""Retrospectives in Ctrl-K."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import screen_time
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.analytics.permissions import SEE
from kaibo.stages.showplan.queries import found_sessions


def search(actor: Actor, words: str) -> Sequence[SearchHit]:
    """This function will find sessions that were or are live."""
    if not actor.can(SEE):
        return []
    found = [one for one in found_sessions(actor, words) if one.state in {"live", "ended"}]
    return [SearchHit(one.title, screen_time(one.starts_at), reverse("analytics:session", args=[one.pk]), _("复盘")) for one in found]
