"""The risk gate of a launch: nothing burns about its product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.kit.text import shortened
from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.wiring import Finding
from kaibo.stages.risk import queries
from kaibo.stages.risk.models import Mention


def gate(launch_ids: Sequence[UUID], now: datetime) -> dict[UUID, Finding]:
    """This function will give the risk finding of launches.   Source: RSK-1, TEAM-4."""
    products = products_of_launches(launch_ids)
    on = queries.burning_of_products(products.values())
    seen = queries.watched_products(products.values())
    return {launch: _finding(on.get(product, []), product in seen, now) for launch, product in products.items()}


def _finding(on: list[Mention], is_seen: bool, now: datetime) -> Finding:
    home = reverse("risk:home")
    if not on:
        return Finding("ok", _("没有未答复的负面舆情"), "", home) if is_seen else Finding("none", _("还没有提到它的舆情"), "", home)
    worst = on[0]
    href = reverse("risk:mention", args=[worst.pk])
    words = {"count": len(on), "text": shortened(worst.text, limit=24)}
    if worst.answer_by is not None and worst.answer_by <= now:
        reason = _("%(count)s 条负面没答复，已超时：%(text)s") % words
    else:
        reason = _("%(count)s 条负面没答复：%(text)s") % words
    return Finding("red", reason, _("一小时答复 RSK-1"), href, _("去答复"), href)
