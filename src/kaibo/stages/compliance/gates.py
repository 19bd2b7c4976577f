"""What compliance says of launches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.wiring import Finding
from kaibo.stages.compliance import queries


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """This function will give each launch's gravest finding, with how many more there are."""
    products = products_of_launches(launch_ids)
    findings = queries.findings_for_products(products.values(), now)
    found: dict[UUID, Finding] = {}
    for launch_id in launch_ids:
        product_id = products.get(launch_id)
        if product_id is None:
            found[launch_id] = Finding("none", _("还没有商品"))
            continue
        mine = findings.get(product_id, [])
        if not mine:
            found[launch_id] = Finding("ok", _("各渠道资质齐全，文字没有问题"), "CMP-1、CMP-2", reverse("compliance:product", args=[product_id]))
            continue
        more = _("（另有 %(n)s 项）") % {"n": len(mine) - 1} if len(mine) > 1 else ""
        found[launch_id] = replace(mine[0], reason=f"{mine[0].reason}{more}", href=reverse("compliance:product", args=[product_id]))
    return found
