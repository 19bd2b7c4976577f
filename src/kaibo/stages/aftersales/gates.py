"""What after-sales says of launches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing import prepared
from kaibo.plumbing.wiring import Finding
from kaibo.stages.aftersales.models import Case
from kaibo.stages.aftersales.rules import Severity, State


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """This function will say of each launch whether its cases are answered in time: two queries for all."""
    products = products_of_launches(launch_ids)
    counted = prepared.rows(_counted, products=list(products.values()), now=now)
    by_product = {row["line__sku__product"]: row for row in counted}
    return {launch: _finding(by_product.get(product)) for launch, product in products.items()}


def _counted(*, products: Any, now: Any) -> QuerySet[Any]:
    is_open = ~Q(state=State.CLOSED.value)
    return (
        Case.objects.filter(line__sku__product__among=products).values("line__sku__product")
        .annotate(
            cases=Count("pk"), waiting=Count("pk", filter=is_open), late=Count("pk", filter=is_open & Q(due_at__lt=now)),
            serious=Count("pk", filter=is_open & Q(severity=Severity.SERIOUS.value)),
        ).order_by()
    )  # fmt: skip


def _finding(row: Mapping[str, int] | None) -> Finding:
    listed = reverse("aftersales:list")
    if not row:
        return Finding("none", _("还没有售后"))
    if row["serious"]:
        return Finding("red", _("%(serious)s 个严重个案未结") % row, "AFT-1", f"{listed}?severity=serious&open=1", _("去处理"), f"{listed}?severity=serious&open=1")
    if row["late"]:
        return Finding("red", _("%(late)s 个个案过了时限") % row, _("AFT-1 · 消法 25 条"), f"{listed}?late=1", _("去处理"), f"{listed}?late=1")
    if row["waiting"]:
        return Finding("run", _("%(waiting)s / %(cases)s 个个案在处理，都在时限内") % row, "AFT-1", f"{listed}?open=1")
    return Finding("ok", _("%(cases)s 个个案都已结案") % row, "AFT-2", listed)
