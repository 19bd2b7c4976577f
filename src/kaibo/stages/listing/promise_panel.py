"""What the panel of a product's page says of its promises of shipping (预售), and the form they are made with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaibo.kit.clock import business_date, day_bounds
from kaibo.master.catalog import promising
from kaibo.master.catalog.models import ShipPromise
from kaibo.master.catalog.promises import words_of
from kaibo.plumbing.answers import ConsoleRequest
from kaibo.stages.listing.models import Listing


def _day(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class PromiseForm(forms.Form):
    """What is promised of a product, and when the promise runs; days are Shanghai days."""

    days = forms.IntegerField(label=gettext_lazy("付款后几天内发货"), required=False, min_value=1, max_value=promising.MOST_DAYS, help_text=gettext_lazy("例如 3；或者在右边写日期"))
    ships_on = _day(gettext_lazy("或者哪天前发货"), gettext_lazy("含当天"))
    starts_on = _day(gettext_lazy("从哪天起"), gettext_lazy("留空：现在起"))
    ends_on = _day(gettext_lazy("到哪天止"), gettext_lazy("留空：到手动结束"))
    note = forms.CharField(label=gettext_lazy("说明"), required=False, max_length=200)

    def span(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """This function will give when the promise begins and ends: today begins now, the last day counts whole."""
        first, last = self.cleaned_data["starts_on"], self.cleaned_data["ends_on"]
        starts = None if first is None or first == business_date(now) else day_bounds(first)[0]
        return starts, None if last is None else day_bounds(last)[1]


def panel_of(request: ConsoleRequest, found: Listing) -> dict[str, Any]:
    """This function will give what the panel shows: the promises of the listing's product, those that still count first."""
    said = [_shown(one, request.now) for one in promising.promises_for(request.actor, found.product_id)[:10]]
    may_promise = request.actor.can(promising.PROMISE_SET, shop_id=found.shop_id)
    return {"promises": sorted(said, key=lambda one: one["is_over"]), "may_promise": may_promise, "promise_form": PromiseForm(auto_id="promise-%s")}


def _shown(one: ShipPromise, now: datetime) -> dict[str, Any]:
    said = promising.said_by(one)
    is_over = said.over_at is not None and said.over_at <= now
    if is_over:
        state, pill = _("已结束"), ""
    elif now < one.starts_at:
        state, pill = _("还没开始"), "warn"
    elif said.ship_by(now) is None:
        state, pill = _("日期已过，按平时时限"), "warn"
    else:
        state, pill = _("生效中"), "ok"
    return {"one": one, "words": words_of(said), "state": state, "pill": pill, "is_over": is_over, "over_at": said.over_at}
