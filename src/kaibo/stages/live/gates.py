"""What the launch board is told: was the product on air?   Source: TEAM-4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.clock import screen_time
from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.wiring import Finding
from kaibo.stages.live import queries
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """This function will say for each launch whether its product is still to come, on air, or was sold live."""
    products = products_of_launches(launch_ids)
    aired = queries.aired_products(products.values())
    planned = showplan.sessions_of_products(products.values())
    return {
        launch_id: _finding(aired.get(products[launch_id]), planned.get(products[launch_id], ()), now)
        for launch_id in launch_ids if launch_id in products
    }  # fmt: skip


def _finding(aired_state: str | None, sessions: Sequence[Session], now: datetime) -> Finding:
    if aired_state == Session.State.ENDED:
        return Finding("ok", _("已在直播间开卖并下播"), "LIV-4", reverse("live:desks"))
    live = next((one for one in sessions if one.state == Session.State.LIVE), None)
    if live is not None or aired_state == Session.State.LIVE:
        href = reverse("live:desk", args=[live.pk]) if live else reverse("live:desks")
        said = _("正在直播，已上架") if aired_state else _("正在直播，还没讲到")
        return Finding("run", said, "LIV-1", href)
    coming = next((one for one in sessions if one.state in {Session.State.DRAFT, Session.State.READY}), None)
    if coming is None:
        missed = next((one for one in sessions if one.state == Session.State.ENDED), None)
        if missed is None:
            return Finding("none", _("还没有场次"), "LIV-1")
        where = reverse("showplan:sessions")
        return Finding("red", _("%(title)s 已下播，但没讲到这个商品") % {"title": missed.title}, "LIV-1", reverse("live:desk", args=[missed.pk]), _("排进下一场"), where)
    if coming.starts_at < now:
        late = _("%(title)s 应在 %(at)s 开播，还没开") % {"title": coming.title, "at": screen_time(coming.starts_at)}
        where = reverse("live:desk", args=[coming.pk])
        return Finding("red", late, "LIV-1", where, _("去开播"), where)
    return Finding("none", _("%(at)s 开播") % {"at": screen_time(coming.starts_at)}, "LIV-1", reverse("showplan:session", args=[coming.pk]))
