"""What Ctrl-K finds here."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.live.permissions import DESK_SEE
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


def search(actor: Actor, text: str) -> Sequence[SearchHit]:
    """This function will find the desks of live and coming sessions."""
    if not actor.can(DESK_SEE):
        return []
    open_ = {Session.State.LIVE, Session.State.READY}
    return [
        SearchHit(_("中控台 · %(title)s") % {"title": one.title}, f"/r/{one.room}", reverse("live:desk", args=[one.pk]), _("直播"))
        for one in showplan.found_sessions(actor, text) if one.state in open_
    ]  # fmt: skip
