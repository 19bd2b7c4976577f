"""What orders say of launches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.wiring import Finding
from kaibo.stages.orders import queries


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """This function will say of each launch whether its orders are right and leave in time: two queries for all."""
    products = products_of_launches(launch_ids)
    sold = queries.orders_of_products(products.values(), now)
    return {launch: _finding(sold.get(product)) for launch, product in products.items()}


def _finding(row: Mapping[str, int] | None) -> Finding:
    if not row:
        return Finding("none", _("还没有订单"))
    listed = reverse("orders:list")
    if row["late"]:
        late = f"{listed}?late=1"
        return Finding("red", _("%(n)s 单过了承诺发货时间") % {"n": row["late"]}, _("ORD-4 · 承诺发货时间"), late, _("去发货"), reverse("orders:picking"))
    if row["wrong"]:
        verify = reverse("orders:verification")
        return Finding("red", _("%(n)s 单五要素核验没有通过") % {"n": row["wrong"]}, "ORD-2", verify, _("去核验"), verify)
    if row["waiting"]:
        return Finding("run", _("%(waiting)s / %(orders)s 单待发货，都在时限内") % row, "ORD-4", reverse("orders:picking"))
    return Finding("ok", _("%(orders)s 单都已发出或结束") % row, "ORD-4", listed)
