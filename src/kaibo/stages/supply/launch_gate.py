"""What a launch's supply plan says at the supply gate, once nothing graver is said there (SUP-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.plumbing import prepared
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding
from kaibo.stages.supply import launch_hurdles
from kaibo.stages.supply.launch_models import LaunchSupply

SOURCE = "SUP-12"


def findings(before: Mapping[UUID, Finding], on_air: Mapping[UUID, datetime], now: datetime) -> dict[UUID, Finding]:
    """
    This function will give the findings of supply plans that take the place of what the gate said before: one question for all.

    What is red already stays. A launch still to go on air is red from `supply.launch_red_days` before it until its plan is confirmed,
    and red again when a confirmed plan is not right any more; earlier, it is under way.   Source: SUP-12.
    """
    coming = [launch for launch, at in on_air.items() if at > now and launch in before and before[launch].state != "red"]
    if not coming:
        return {}
    plans = {launch: (hurdles, confirmed) for launch, hurdles, confirmed in prepared.rows(_plans, launches=coming)}
    soon = now + timedelta(days=thresholds.value("supply.launch_red_days"))
    found = {}
    for launch in coming:
        hurdles, confirmed_at = plans.get(launch, ([], None))
        href = reverse("supply:launch", args=[launch])
        if confirmed_at is not None and not hurdles:
            continue
        if confirmed_at is not None:
            reason = _("供货计划确认后变了：%(why)s") % {"why": launch_hurdles.words_of(hurdles[0])}
            found[launch] = Finding("red", reason, SOURCE, href, _("看缺口"), href)
        elif on_air[launch] <= soon:
            found[launch] = Finding("red", _why(hurdles, is_begun=launch in plans), SOURCE, href, _("去备货"), href)
        elif before[launch].state == "ok":
            found[launch] = Finding("run", _why(hurdles, is_begun=launch in plans), SOURCE, href, _("去备货"), href)
    return found


def _why(hurdles: list[dict[str, Any]], *, is_begun: bool) -> str:
    if hurdles:
        return _("供货计划没确认：%(why)s") % {"why": launch_hurdles.words_of(hurdles[0])}
    return _("供货计划都够了，等人确认") if is_begun else _("还没做供货计划（产能、仓配、物料）")


def _plans(*, launches: Any) -> QuerySet[Any]:
    return LaunchSupply.objects.filter(launch__among=launches).values_list("launch_id", "hurdles", "confirmed_at")
