"""Selling ahead of stock: which items may be sold before they are here, how many were, and whose promise breaks?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from kaibo.master.catalog.queries import sku_choices
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.long_select import LongSelect
from kaibo.stages.supply import presales
from kaibo.stages.supply.permissions import PRESALE_GIVE, SEE

SHOWN = 200


class QuotaForm(forms.Form):
    """Units that may be sold before they are here."""

    sku = forms.ChoiceField(label=gettext_lazy("货号"), widget=LongSelect)
    units = forms.IntegerField(label=gettext_lazy("再给几件"), min_value=1, max_value=1_000_000)
    reason = forms.CharField(label=gettext_lazy("为什么"), max_length=200)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].choices = sku_choices(actor)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def quotas(request: ConsoleRequest) -> HttpResponse:
    """What may be sold ahead, what was, and is enough coming in time?   Source: SUP-14."""
    access.require(request.actor, SEE)
    may_give = request.actor.can(PRESALE_GIVE)
    form = QuotaForm(request.POST if request.method == "POST" else None, actor=request.actor, initial={"sku": request.GET.get("sku", "")}) if may_give else None
    if request.method == "POST" and form and form.is_valid():
        said = form.cleaned_data
        made = presales.give_quota(actor=request.actor, sku_id=UUID(said["sku"]), units=said["units"], reason=said["reason"], now=request.now)
        return done(request, _("已给预售额度：共 %(n)s 件") % {"n": made.given_units - made.taken_units}, "supply:presale")
    rows = presales.standing_quotas(request.actor, request.now, shop_id=request.shop_id)
    wanted = request.GET.get("item", "")
    shown = [row for row in rows if row.presale.sku.code == wanted] if wanted else rows
    breaking = sum(row.breaking for row in rows)
    figures = [
        {"name": _("还能预售"), "value": sum(row.left for row in rows), "beside": _("件")},
        {"name": _("预售了没到"), "value": sum(row.owed for row in rows), "beside": _("件")},
        {"name": _("赶不上承诺"), "value": breaking, "beside": _("笔"), "state": "bad" if breaking else ""},
    ]  # fmt: skip
    context = {"form": form, "rows": shown[:SHOWN], "may_give": may_give, "figures": figures, "is_asked": bool(form and form.errors) or "sku" in request.GET, "wanted": wanted}
    return render(request, "supply/presale.html", context, status=422 if form and form.errors else 200)


@require_POST
def take_back(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    units = presales.take_back_quota(actor=request.actor, sku_id=sku_id, now=request.now)
    return done(request, _("已收回没卖的 %(n)s 件；买了的照约定发") % {"n": units}, "supply:presale")
