"""What the launch board is told: is the product's session announced in time?   Source: TEAM-4, WRM-1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.wiring import Finding
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session
from kaibo.stages.warmup import queries
from kaibo.stages.warmup.findings import finding_of


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """This function will say for each launch whether its next session was announced three to five days ahead."""
    products = products_of_launches(launch_ids)
    planned = showplan.sessions_of_products(products.values())
    chosen = {product: next((one for one in found if one.state != Session.State.ENDED), found[-1]) for product, found in planned.items()}
    sessions = list({one.pk: one for one in chosen.values()}.values())
    leads, announced = queries.leads_of(sessions, now), queries.announcements_of(one.pk for one in sessions)
    missing = Finding("none", _("排进场次后才能预热"), "WRM-1", "", _("排进场次"), reverse("showplan:sessions"))
    return {
        launch: finding_of(chosen[products[launch]], announced.get(chosen[products[launch]].pk), leads[chosen[products[launch]].pk])
        if products.get(launch) in chosen else missing
        for launch in launch_ids
    }  # fmt: skip
