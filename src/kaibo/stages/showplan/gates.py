"""What the launch board is told: is the product in a session, and may that session open?   Source: TEAM-4, SHW-10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import screen_time
from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.wiring import Finding
from kaibo.stages.showplan import queries
from kaibo.stages.showplan.models import Session
from kaibo.stages.showplan.opening import Opening, openings
from kaibo.stages.showplan.rules import PLANNABLE, SessionState


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """This function will say for each launch whether its next session may open, and why not."""
    products = products_of_launches(launch_ids)
    sessions = queries.sessions_of_products(products.values())
    chosen = {product_id: _next(found) for product_id, found in sessions.items()}
    plannable = {one.pk: one for one in chosen.values() if SessionState(one.state) in PLANNABLE}
    verdicts = openings(list(plannable.values()), now)
    return {
        launch_id: _finding(chosen.get(products[launch_id]) if launch_id in products else None, products.get(launch_id), verdicts)
        for launch_id in launch_ids
    }


def _next(sessions: Sequence[Session]) -> Session:
    """The first session still to come or on air, else the last one held."""
    return next((one for one in sessions if one.state != Session.State.ENDED), sessions[-1])


def _finding(session: Session | None, product_id: UUID | None, verdicts: Mapping[UUID, Opening]) -> Finding:
    if session is None:
        return Finding("none", _("还没有排进任何场次"), "LIV-1", "", _("排进场次"), reverse("showplan:sessions"))
    href = reverse("showplan:session", args=[session.pk])
    if session.state in {Session.State.LIVE, Session.State.ENDED}:
        return Finding("ok", _("%(title)s 已开播") % {"title": session.title}, "SHW-10", href)
    verdict = verdicts[session.pk]
    mine = [one for one in verdict.blocking if product_id is not None and one.product_id in {product_id, None}]
    if mine:
        words = {"title": session.title, "at": screen_time(session.starts_at), "count": len(mine), "first": mine[0].finding.reason}
        first = mine[0].finding
        said = _("%(title)s（%(at)s）闸门 %(count)s 项红：%(first)s") % words
        return Finding("red", said, first.source, f"{href}#gate", first.repair_label or _("看闸门"), first.repair_href or f"{href}#gate")
    if session.state == Session.State.DRAFT:
        return Finding("run", _("%(title)s 还在编排") % {"title": session.title}, "LIV-1", href, _("去就绪"), href)
    return Finding("ok", _("%(title)s（%(at)s）闸门全绿") % {"title": session.title, "at": screen_time(session.starts_at)}, "SHW-10", href)
