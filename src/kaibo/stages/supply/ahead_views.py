"""Pages of stock kept ahead and of rolling replenishment: what is set aside for whom, what to order at the next look, and why?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.db.models import F, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.master.catalog.queries import sku_choices
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.long_select import LongSelect
from kaibo.stages.supply import locks, replenishing, rolling
from kaibo.stages.supply.permissions import ROLLING_SET, SEE, STOCK_LOCK

SHOWN = 50
STATE_WORDS = {
    "open": (gettext_lazy("锁着"), "run"), "used": (gettext_lazy("已给场次"), "ok"), "expired": (gettext_lazy("到期放回"), ""),
    "released": (gettext_lazy("提前放回"), ""),
}  # fmt: skip


class LockForm(forms.Form):
    """Units set aside."""

    sku = forms.ChoiceField(label=gettext_lazy("货号"), widget=LongSelect)
    quantity = forms.IntegerField(label=gettext_lazy("件数"), min_value=1)
    purpose = forms.ChoiceField(label=gettext_lazy("留给"), choices=(("session", gettext_lazy("场次")), ("customer", gettext_lazy("客户"))))
    who = forms.CharField(label=gettext_lazy("哪一场、哪位客户"), max_length=80)
    reason = forms.CharField(label=gettext_lazy("为什么"), max_length=200)
    expires_at = forms.DateTimeField(label=gettext_lazy("到什么时候"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    session = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].choices = sku_choices(actor, with_bundles=True)  # type: ignore[attr-defined]


class PlanForm(forms.Form):
    """How an item is replenished."""

    sku = forms.ChoiceField(label=gettext_lazy("货号"), widget=LongSelect)
    review_days = forms.TypedChoiceField(label=gettext_lazy("多久看一次"), coerce=int, choices=((7, gettext_lazy("每周")), (1, gettext_lazy("每天"))))
    pack_units = forms.IntegerField(label=gettext_lazy("装箱数"), min_value=1, initial=1)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].choices = sku_choices(actor)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def lock_list(request: ConsoleRequest) -> HttpResponse:
    """What is set aside, for whom, until when?   Source: SUP-8."""
    access.require(request.actor, SEE)
    may_lock = request.actor.can(STOCK_LOCK)
    initial = {"session": request.GET.get("session", ""), "who": request.GET.get("who", "")[:80], "purpose": "session"}
    form = LockForm(request.POST if request.method == "POST" else None, actor=request.actor, initial=initial) if may_lock else None
    if request.method == "POST" and form and form.is_valid():
        said = form.cleaned_data
        locks.lock_stock(
            actor=request.actor, sku_id=UUID(said["sku"]), quantity=said["quantity"], purpose=said["purpose"], who=said["who"], reason=said["reason"],
            expires_at=said["expires_at"], session_id=said["session"] if said["purpose"] == "session" else None, now=request.now,
        )  # fmt: skip
        return done(request, _("已锁仓：这些货别处卖不到，到期自动放回"), "supply:locks")
    found = locks.locks_for(request.actor, shop_id=request.shop_id)
    if wanted := request.GET.get("session"):
        try:
            found = found.filter(session_id=UUID(wanted))
        except ValueError:
            found = found.none()
    still = found.filter(state="open").order_by("expires_at", "pk")
    standing = Paginator(still, SHOWN).get_page(request.GET.get("page"))
    ended = [(one, *STATE_WORDS[one.state]) for one in found.exclude(state="open").order_by("-ended_at")[:50]]
    units = still.aggregate(units=Sum(F("quantity") - F("used")))["units"] or 0
    context = {
        "form": form, "page": standing, "wanted": wanted or "", "ended": ended, "may_lock": may_lock, "is_asked": bool(form and form.errors) or bool(request.GET.get("session")),
        "figures": [{"name": _("锁着的货"), "value": units, "beside": _("锁了 %(n)s 次") % {"n": standing.paginator.count}}],
    }  # fmt: skip
    return render(request, "supply/locks.html", context, status=422 if form and form.errors else 200)


@require_POST
def release_lock(request: ConsoleRequest, lock_id: UUID) -> HttpResponse:
    units = locks.release_lock(actor=request.actor, lock_id=lock_id, reason=request.POST.get("reason", ""), now=request.now)
    return done(request, _("已放回可售 %(n)s 件") % {"n": units}, "supply:locks")


@require_GET
def rolling_list(request: ConsoleRequest) -> HttpResponse:
    """Which items are looked at again and again, and what did the last look say?   Source: SUP-8."""
    shown = Paginator(replenishing.plans_for(request.actor, shop_id=request.shop_id), SHOWN).get_page(request.GET.get("page"))
    rows = [(plan, sku, replenishing.seen_words(plan.result)) for plan, sku in replenishing.with_skus(shown)]
    may_set = request.actor.can(ROLLING_SET)
    context = {"rows": rows, "page": shown, "may_set": may_set, "form": PlanForm(actor=request.actor) if may_set else None}
    return render(request, "supply/rolling.html", context)


@require_POST
def set_rolling(request: ConsoleRequest) -> HttpResponse:
    form = PlanForm(request.POST, actor=request.actor)
    if not form.is_valid():
        raise replenishing.RollingWrong
    said = form.cleaned_data
    replenishing.set_plan(
        actor=request.actor, sku_id=UUID(said["sku"]), review_days=said["review_days"], pack_units=said["pack_units"],
        is_on=request.POST.get("off") != "1", now=request.now,
    )  # fmt: skip
    return done(request, _("已记下，到日子自动看并起草采购单"), "supply:rolling-item", UUID(said["sku"]))


@require_GET
def rolling_item(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    """How much to order now, why so much, and would it have gone well?"""
    item = replenishing.plan_of(request.actor, sku_id, request.now)
    past = replenishing.past_of(item, request.now)
    context = {
        "item": item, "sku": item.sku, "look": item.look, "first": item.first, "past": past, "figures": _figures(item),
        "safety": item.look.up_to - round(item.look.mean_milli * item.terms.stretch_days / 1000), "mean": f"{item.look.mean_milli / 1000:.2f}",
        "may_set": request.actor.can(ROLLING_SET, shop_id=item.sku.shop_id), "weights": _weights(), "courses": _courses(past),
    }  # fmt: skip
    return render(request, "supply/rolling_item.html", context)


def _figures(item: replenishing.ItemPlan) -> list[dict[str, Any]]:
    return [
        {"name": _("现在该补"), "value": item.units, "state": "warn" if item.units else "ok", "beside": item.offer.supplier.name if item.offer else _("没有报价")},
        {"name": _("该有（含在途）"), "value": item.look.up_to if not item.first else item.first.middle, "beside": _("交期 %(lead)s 天 + 间隔 %(review)s 天") % {"lead": item.terms.lead_days, "review": item.terms.review_days}},
        {"name": _("现有"), "value": item.look.there, "beside": _("可售加待检")},
        {"name": _("在途"), "value": item.look.on_its_way, "beside": _("没到的采购单，含草稿")},
    ]  # fmt: skip


def _weights() -> dict[int, Any]:
    return {1: _("同类"), 2: _("同类、价格相近"), 3: _("同款")}


def _courses(past: tuple[rolling.Course, rolling.Course] | None) -> list[tuple[Any, rolling.Course, str]]:
    if past is None:
        return []
    return [(words, course, f"{course.served_bp / 100:.1f}%") for words, course in zip((_("滚动补货"), _("照上周再来一遍")), past, strict=True)]


@require_POST
def look_now(request: ConsoleRequest, sku_id: UUID) -> HttpResponse:
    made = replenishing.review(actor=request.actor, sku_id=sku_id, now=request.now)
    if made is None:
        return done(request, _("看过了：现在不用补"), "supply:rolling-item", sku_id)
    return done(request, _("已起草 %(code)s，待批准") % {"code": made.code}, "supply:purchase", made.pk)


