"""The analytics gate of a launch: its session has a concluded retrospective and its items do not come back too often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.money import share_bp
from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding
from kaibo.stages.analytics import queries
from kaibo.stages.analytics.picture import Picture
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


def gate(launch_ids: Sequence[UUID], now: datetime) -> dict[UUID, Finding]:
    """This function will give the analytics finding of launches.   Source: INS-12, TEAM-4."""
    products = products_of_launches(launch_ids)
    sessions = showplan.sessions_of_products(products.values())
    over = {product: [one for one in found if one.state == "ended"] for product, found in sessions.items()}
    newest = [found[-1] for found in over.values() if found]
    concluded = queries.concluded_sessions([one.pk for one in newest])
    pictures = queries.snapshots_of([one.pk for one in newest])
    limits = thresholds.values("analytics.return_line_bp", "analytics.min_sample")
    return {launch: _finding(product, sessions.get(product, []), over.get(product, []), concluded, pictures, limits) for launch, product in products.items()}


def _finding(
    product: UUID, planned: list[Session], over: list[Session], concluded: dict[UUID, datetime], pictures: dict[UUID, Picture], limits: dict[str, int]
) -> Finding:
    home = reverse("analytics:home")
    if not over:
        if any(one.state == "live" for one in planned):
            return Finding("run", _("正在直播，结束后复盘"), "", home)
        return Finding("none", _("还没有播过"), "", home)
    session = over[-1]
    href = reverse("analytics:session", args=[session.pk])
    items = [one for one in pictures[session.pk].items if one.product_id == str(product)] if session.pk in pictures else []
    units, returned = sum(one.units for one in items), sum(one.returned_units for one in items)
    line_bp = limits["analytics.return_line_bp"]
    if units >= limits["analytics.min_sample"] and share_bp(returned, units) > line_bp:
        reason = _("退货率 %(rate)s%%，高于 %(line)s%%（卖出 %(units)s 件）") % {
            "rate": share_bp(returned, units) // 100, "line": line_bp // 100, "units": units,
        }  # fmt: skip
        return Finding("red", reason, _("退货率警戒线 INS-9"), f"{href}#items", _("看原因"), f"{href}#why")
    if session.pk not in concluded:
        return Finding("run", _("%(session)s 还没有复盘") % {"session": session.title}, _("复盘 INS-12"), href, _("去复盘"), href)
    return Finding("ok", _("已复盘：%(session)s") % {"session": session.title}, "", href)
