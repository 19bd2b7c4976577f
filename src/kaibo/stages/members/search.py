"""Segments in Ctrl-K; people are not searched by name, since names are masked."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import SearchHit
from kaibo.stages.members import rules
from kaibo.stages.members.permissions import SEE


def search(actor: Actor, words: str) -> Sequence[SearchHit]:
    """This function will find segments by name."""
    if not actor.can(SEE):
        return []
    found = [one for one in rules.SEGMENTS if words.lower() in str(one.title).lower()]
    return [SearchHit(str(one.title), str(one.rule), reverse("members:home") + f"?segment={one.segment.value}", _("会员分层")) for one in found]
