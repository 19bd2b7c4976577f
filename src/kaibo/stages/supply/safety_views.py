"""Would the safety line have sufficed? An item's own past, beside the seasonal naive method (SUP-7)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kaibo.plumbing.answers import ConsoleRequest
from kaibo.stages.supply import queries


def backtest_page(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    sku, found, days = queries.backtest_of(request.actor, sku_id, request.now)
    total = len(found.rounds)
    figures = [
        {
            "name": _("平均损失（分位损失）"), "value": f"{found.ours_loss:.2f}", "beside": _("按上周同日重复：%(naive).2f，越小越好") % {"naive": found.naive_loss},
            "state": "ok" if found.is_better else "warn",
        },
        {"name": _("够用的周数"), "value": f"{found.ours_covered} / {total}", "beside": _("按上周同日重复：%(n)s / %(total)s") % {"n": found.naive_covered, "total": total}},
    ]  # fmt: skip
    chart = {
        "kind": "line", "x": days,
        "series": [
            {"name": _("交期内实际要货"), "data": [one.wanted for one in found.rounds], "kind": "bar", "unit": "count"},
            {"name": _("按警戒算法备货"), "data": [one.ours for one in found.rounds], "unit": "count"},
            {"name": _("按上周同日重复"), "data": [one.naive for one in found.rounds], "unit": "count", "dashed": True},
        ],
    }  # fmt: skip
    return render(request, "supply/backtest.html", {"sku": sku, "figures": figures, "chart": chart, "rounds": total})
