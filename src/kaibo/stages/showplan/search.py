"""What Ctrl-K finds here."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import screen_time
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.permissions import SESSION_SEE
from kaibo.stages.showplan.words import STATE_TITLES


def search(actor: Actor, text: str) -> Sequence[SearchHit]:
    """This function will find sessions by title, theme or room."""
    if not actor.can(SESSION_SEE):
        return []
    return [
        SearchHit(one.title, f"{screen_time(one.starts_at)} · {STATE_TITLES[one.state]}", reverse("showplan:session", args=[one.pk]), str(_("场次")))
        for one in queries.found_sessions(actor, text)
    ]
