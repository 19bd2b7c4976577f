"""What supply has due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import TodayItem
from kaibo.stages.supply import queries
from kaibo.stages.supply.launch_models import LaunchSupply
from kaibo.stages.supply.models import Inspection, Purchase
from kaibo.stages.supply.permissions import LAUNCH_CONFIRM, LOT_INSPECT, PURCHASE_APPROVE

INSPECT_WITHIN = timedelta(hours=24)
CONFIRM_WITHIN = timedelta(days=7)


def _open_inspections(actor: Actor) -> QuerySet[Inspection]:
    """No more is joined than is said of each: with all that an inspection's page shows the plan alone takes longer than the answer."""
    waiting = queries.inspections_for(actor).filter(state="open").order_by("opened_at").select_related(None)
    return waiting.select_related("lot", "sku").only("quantity", "opened_at", "lot__code", "sku__code")[:20]


def _drafts(actor: Actor) -> QuerySet[Purchase]:
    return queries.purchases_for(actor).filter(state="draft").order_by("created_at").select_related(None).only("code", "created_at")[:20]


def _unconfirmed(actor: Actor, *, soon: Any, now: Any) -> QuerySet[LaunchSupply]:
    """Plans of launches that go on air within days and that nobody confirmed."""
    coming = LaunchSupply.objects.select_related("launch").filter(confirmed_at=None, launch__state="running", launch__on_air_at__gte=now, launch__on_air_at__lte=soon)
    return access.visible(coming, actor).only("hurdles", "launch__title", "launch__on_air_at").order_by("launch__on_air_at")[:20]


def today(actor: Actor, now: datetime) -> Sequence[TodayItem]:
    """This function will give inspections for those who inspect and drafts for those who approve."""
    items: list[TodayItem] = []
    if actor.can(LOT_INSPECT):
        for one in prepared.rows(_open_inspections, actor):
            due = one.opened_at + INSPECT_WITHIN
            title = _("检验批次 %(lot)s（%(units)s 件）") % {"lot": one.label, "units": one.quantity}
            items.append(
                TodayItem(
                    due,
                    title,
                    _("品控"),
                    reverse("supply:inspection", args=[one.pk]),
                    "red" if due < now else "run",
                    "supply",
                )
            )
    if actor.can(PURCHASE_APPROVE):
        for draft in prepared.rows(_drafts, actor):
            title = _("批准采购单 %(code)s") % {"code": draft.code}
            items.append(
                TodayItem(
                    draft.created_at + INSPECT_WITHIN,
                    title,
                    _("运营"),
                    reverse("supply:purchase", args=[draft.pk]),
                    "run",
                    "supply",
                )
            )
    if actor.can(LAUNCH_CONFIRM):
        for plan in prepared.rows(_unconfirmed, actor, soon=now + CONFIRM_WITHIN, now=now):
            title = _("确认上新供货：%(title)s（%(n)s 处不够）") % {"title": plan.launch.title, "n": len(plan.hurdles)}
            items.append(TodayItem(plan.launch.on_air_at, title, _("运营"), reverse("supply:launch", args=[plan.pk]), "red" if plan.hurdles else "run", "supply"))
    return items
