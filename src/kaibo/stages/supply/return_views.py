"""The page on which returned goods are judged one by one."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaibo.master.catalog import queries as catalog
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.supply import permissions, quality_forms, queries, returned


class ReturnForm(forms.Form):
    """How many of the units are as good as new."""

    good_units = forms.IntegerField(label=gettext_lazy("完好、可再卖（件）"), min_value=0)
    note = forms.CharField(label=gettext_lazy("备注"), max_length=300, required=False)


def return_check(request: ConsoleRequest, inspection_id: object) -> HttpResponse:
    """Which of these units can be sold again, and what is wrong with the others?"""
    found = queries.inspection_for(request.actor, inspection_id)  # type: ignore[arg-type]
    sku = catalog.sku_rows([found.sku_id])[found.sku_id]
    is_open = found.state == "open"
    form = ReturnForm(request.POST if request.method == "POST" else None, initial={"good_units": found.quantity})
    rows = quality_forms.defect_forms(request)
    if request.method == "POST" and form.is_valid() and all(row.is_valid() for row in rows):
        returned.decide_check(
            actor=request.actor, inspection_id=found.pk, good_units=form.cleaned_data["good_units"], note=form.cleaned_data["note"],
            faults=[said for row in rows if (said := row.said())], now=request.now,
        )  # fmt: skip
        return done(request, _("已判定：完好的可售，不合格的进隔离区"), "supply:inspection", found.pk)
    can_inspect = request.actor.can(permissions.LOT_INSPECT, shop_id=sku.shop_id)
    return render(
        request, "supply/return_check.html",
        {
            "inspection": found, "sku": sku, "form": form, "defect_forms": rows, "can_inspect": can_inspect and is_open, "is_open": is_open,
            "recall": queries.open_recall(found.lot_id) if found.lot_id else None, "trail": [(_("检验"), reverse("supply:inspections")), (found.label, "")],
        },
        status=422 if form.errors or any(row.errors for row in rows) else 200,
    )  # fmt: skip
