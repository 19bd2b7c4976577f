"""Pages of connected channels: their accounts, how far they were pulled, a day beside the platform's; and the door for pushes."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kaibo.kit.clock import business_date
from kaibo.kit.shop_channels import PUSH_PATH, AccountField, Can, GreetsPushes
from kaibo.kit.shop_complaints import (
    ShopAway,
    ShopRefused,
    ShopSettingWrong,
    ShopSignatureRefused,
    ShopThrottled,
    ShopTokenExpired,
    ShopUnreadable,
)
from kaibo.master.shops import accounts
from kaibo.master.shops.models import Channel
from kaibo.master.shops.services import SHOP_MANAGE
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.intake.kinds import Cell, ExportColumn
from kaibo.plumbing.intake.writing import write_lines
from kaibo.plumbing.shop_kinds import shop_kinds
from kaibo.stages.orders import channel_queries, channel_words, gaps, pushes
from kaibo.stages.orders.permissions import EXPORT, IMPORT, SEE

MOST_PUSH_BYTES = 1024 * 1024
ACCOUNT_COMPLAINTS = (ShopAway, ShopRefused, ShopSettingWrong, ShopSignatureRefused, ShopThrottled, ShopTokenExpired, ShopUnreadable)
"""What a platform says of an account that somebody types in."""


class AccountForm(forms.Form):
    """What a platform gave the shop. Secrets are never shown again; left empty, the stored ones stay."""

    def __init__(self, *args: Any, fields: tuple[AccountField, ...], is_stored: bool, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ready_made = {one.key for one in fields if one.default}
        is_english = (get_language() or "").startswith("en")
        for one in fields:
            keeps = is_stored or bool(one.default)
            self.fields[one.key] = forms.CharField(
                label=one.en if is_english else one.zh, required=one.is_required and not keeps, max_length=400,
                initial="" if one.is_secret else one.default,
                widget=forms.PasswordInput(attrs={"autocomplete": "off"}) if one.is_secret else forms.TextInput(attrs={"autocomplete": "off"}),
            )  # fmt: skip
        if asks_code:
            self.fields["code"] = forms.CharField(label=_("授权码（自用型应用留空）"), required=False, max_length=400)

    def asked(self) -> list[forms.BoundField]:
        """What only the shop's owner knows."""
        return [one for one in self.visible_fields() if one.name not in self._ready_made]

    def ready_made(self) -> list[forms.BoundField]:
        """What stands already and is seldom changed."""
        return [one for one in self.visible_fields() if one.name in self._ready_made]

    def has_wrong_ready_made(self) -> bool:
        return any(one.errors for one in self.ready_made())


@require_GET
def channels(request: ConsoleRequest) -> HttpResponse:
    """Do all orders of the platforms stand here, and if not, why?"""
    access.require(request.actor, SEE)
    return _page(request)


def _page(request: ConsoleRequest, wrong: tuple[UUID, AccountForm] | None = None, status: int = 200) -> HttpResponse:
    is_english = (get_language() or "").startswith("en")
    rows = []
    for row in channel_queries.channels_for(request.actor):
        kind = shop_kinds().get(row.channel.platform)
        form = None
        if kind:
            form = wrong[1] if wrong and wrong[0] == row.channel.pk else AccountForm(
                fields=kind.fields, is_stored=row.account is not None, asks_code=Can.REFRESH_GRANT in kind.capabilities.can,
                auto_id=f"c-{row.channel.pk}-%s",
                initial=accounts.shown_settings(row.account) if row.account else {},
            )  # fmt: skip
        unverified = [
            one.en if is_english else one.zh for one in (kind.fields if kind else ()) if kind and one.key in kind.capabilities.unverified
        ]
        rows.append({
            "row": row, "kind": kind, "form": form, "is_open": bool(wrong and wrong[0] == row.channel.pk), "unverified": unverified,
            "pushes": kind is not None and Can.PUSH in kind.capabilities.can,
            "way_out": channel_words.way_out(row.account.trouble, row.account.trouble_words) if row.account else "",
            "abilities": channel_words.abilities(kind, accounts.capabilities_of(row.channel, row.account)) if kind else [],
            "receivers": channel_words.receivers_of(kind) if kind else "",
        })  # fmt: skip
    context = {
        "rows": rows, "reports": channel_queries.reports_for(request.actor), "today": business_date(request.now),
        "may_manage": request.actor.can(SHOP_MANAGE), "may_pull": request.actor.can(IMPORT), "may_export": request.actor.can(EXPORT),
        "console_url": settings.ENV.console_url, "clock": request.now,
    }  # fmt: skip
    return render(request, "orders/channels.html", context, status=status)


@require_POST
def connect(request: ConsoleRequest, channel_id: UUID) -> HttpResponse:
    channel = accounts.channel_for(request.actor, channel_id)
    kind = accounts.kind_of(channel)
    form = AccountForm(
        request.POST, fields=kind.fields, is_stored=Channel.objects.filter(pk=channel_id, account__isnull=False).exists(),
        asks_code=Can.REFRESH_GRANT in kind.capabilities.can, auto_id=f"c-{channel_id}-%s",
    )  # fmt: skip
    if not form.is_valid():
        return _page(request, (channel_id, form), 422)
    given = dict(form.cleaned_data)
    code = given.pop("code", "")
    try:
        accounts.connect_account(actor=request.actor, channel_id=channel_id, given=given, code=code, now=request.now)
    except ACCOUNT_COMPLAINTS as complaint:  # said beside the form, so that nobody types all of it again
        said = complaint.message(get_language() or "zh")
        form.add_error(None, f"{said} {channel_words.way_out(complaint.code, said)}".strip())
        return _page(request, (channel_id, form), 422)
    return done(request, _("已对接，接下来会自动拉取订单"), "orders:channels")


@require_POST
def turn(request: ConsoleRequest, channel_id: UUID) -> HttpResponse:
    is_on = request.POST.get("on") == "1"
    accounts.turn_account(actor=request.actor, channel_id=channel_id, is_on=is_on, now=request.now)
    return done(request, _("已恢复拉取") if is_on else _("已暂停拉取"), "orders:channels")


@require_POST
def try_again(request: ConsoleRequest, channel_id: UUID) -> HttpResponse:
    account = channel_queries.account_for(request.actor, channel_id)
    access.require(request.actor, IMPORT, shop_id=account.channel.shop_id)
    pushes.let_try_again(account.pk, request.now)
    return done(request, _("已排到最前面，马上再试"), "orders:channels")


@require_POST
def compare(request: ConsoleRequest, channel_id: UUID) -> HttpResponse:
    account = channel_queries.account_for(request.actor, channel_id)
    access.require(request.actor, IMPORT, shop_id=account.channel.shop_id)
    report = gaps.make_report(account, accounts.open_account(account, now=request.now), _day(request.POST.get("day", ""), request.now), request.now)
    words = _("两边一致：%(n)s 单") % {"n": report.platform_orders} if not report.gaps else _("有 %(n)s 处差异") % {"n": len(report.gaps)}
    return done(request, words, "orders:channels")


@require_GET
def gaps_file(request: ConsoleRequest, report_id: UUID) -> HttpResponse:
    report = channel_queries.report_for(request.actor, report_id)
    access.require(request.actor, EXPORT, shop_id=report.channel.shop_id)
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"订单差异-{report.channel.platform}-{report.day}.csv")
    columns = [
        ExportColumn("order_no", _("订单编号")), ExportColumn("kind", _("差在哪里")), ExportColumn("platform_fen", _("平台金额"), Cell.MONEY),
        ExportColumn("our_fen", _("我们的金额"), Cell.MONEY), ExportColumn("why", _("原因")),
    ]  # fmt: skip
    write_lines(answer, columns, (
        (gap["order_no"], channel_queries.gap_kind(gap["kind"]), gap["platform_fen"], gap["our_fen"], channel_queries.gap_why(gap)) for gap in report.gaps
    ))  # fmt: skip
    return answer


@csrf_exempt
@require_http_methods(["GET", "POST"])
@login_not_required
def push(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """A platform says something happened. What it says is checked by its signature, and then only where to look first."""
    now = request.now  # type: ignore[attr-defined]  # set by ActorMiddleware
    account = channel_queries.pushed_account(channel_id)
    channel = accounts.stored_channel(account)
    headers = {**request.headers, PUSH_PATH: request.get_full_path()}
    if request.method == "GET":
        if not isinstance(channel, GreetsPushes):
            return HttpResponseNotAllowed(["POST"])
        said = channel.greet_push(headers, now=now)
        return HttpResponse(said.body, status=said.status, content_type=said.content_type)
    too_long = int(request.headers.get("Content-Length") or 0) > MOST_PUSH_BYTES
    hints = channel.read_push(headers, b"" if too_long else request.body, now=now)
    pushes.follow_hints(account.pk, hints, now)
    said = channel.answer_push(None)
    return HttpResponse(said.body, status=said.status, content_type=said.content_type)


def _day(given: str, now: Any) -> date:
    try:
        return min(date.fromisoformat(given), business_date(now))
    except ValueError:
        return business_date(now)
