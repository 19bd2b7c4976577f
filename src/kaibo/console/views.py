"""The shell's own pages: today, search, notices, my account, why can't I, upkeep, and what went wrong."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from uuid import UUID

import segno
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from kaibo.console import queries, services
from kaibo.console.door import locked_out
from kaibo.console.forms import CodeForm, DropFactorForm, PasswordForm, ThresholdForm
from kaibo.console.manifest import THRESHOLD_CHANGE
from kaibo.console.middleware import LANGUAGE_COOKIE, SHOP_SESSION_KEY, answer_for, language_of
from kaibo.console.threshold_units import value_from_text
from kaibo.kit.clock import in_shanghai
from kaibo.master.people.services import change_password, set_preferences
from kaibo.master.shops.queries import ShopUnknown, shop_for
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.plumbing.jobs.jobs import dead_work, retry_job
from kaibo.plumbing.notices.notices import mark_read, notices_of, unread_count
from kaibo.plumbing.outbox.outbox import retry_dead
from kaibo.plumbing.thresholds import thresholds

__all__ = ["broken", "forbidden", "locked_out", "not_found"]
"""`locked_out` stands in door.py; the settings name it here, beside the other answers to trouble."""

PARTS = ("late", "today", "later", "finished")


@require_GET
def home(request: ConsoleRequest) -> HttpResponse:
    """What is due for me, what is late, and what comes next?   Source: DESIGN §6, LOOK 4."""
    items = queries.due_items(request.actor, request.now)
    counts = {part: sum(item.part == part for item in items) for part in PARTS}
    red = sum(item.state == "red" for item in items)
    upcoming = next((item for item in items if item.part in {"today", "later"}), None)
    chosen = request.GET.get("part", "")
    shown = (
        [item for item in items if item.part == chosen]
        if chosen in PARTS
        else [item for item in items if item.part != "finished"]
    )
    titles = {"late": _("已逾期"), "today": _("今天"), "later": _("之后"), "finished": _("已完成")}
    return render(
        request, "console/home.html",
        {
            "figures": _home_figures(counts, red, unread_count(request.actor)), "upcoming": upcoming, "greeting": _greeting(request.now),
            "groups": [(titles[part], part, list(group)) for part, group in groupby(sorted(shown, key=lambda i: PARTS.index(i.part)), key=lambda i: i.part)],
            "chips": [
                {"label": _("未完成"), "href": "?", "count": len(items) - counts["finished"], "is_active": chosen not in PARTS},
                *({"label": titles[part], "href": f"?part={part}", "count": counts[part], "is_active": chosen == part, "state": "bad" if part == "late" and counts[part] else ""} for part in PARTS),
            ],
            "recent": notices_of(request.actor, most=6), "is_clear": not items,
        },
    )  # fmt: skip


def _home_figures(counts: dict[str, int], red: int, unread: int) -> list[dict[str, object]]:
    return [
        {"name": _("已逾期"), "value": counts["late"], "state": "bad" if counts["late"] else "ok", "beside": _("先处理这些") if counts["late"] else _("没有逾期"), "value_state": "bad" if counts["late"] else "", "href": "?part=late"},
        {"name": _("今天到期"), "value": counts["today"], "beside": _("已完成 %(n)s") % {"n": counts["finished"]}, "href": "?part=today"},
        {"name": _("红灯"), "value": red, "state": "warn" if red else "ok", "beside": _("有原因和修复办法") if red else _("没有红灯"), "value_state": "bad" if red else ""},
        {"name": _("之后"), "value": counts["later"], "beside": _("已排好时间"), "href": "?part=later"},
        {"name": _("未读通知"), "value": unread, "beside": _("打开看看") if unread else _("都看过了"), "href": "/notices"},
    ]  # fmt: skip


def _greeting(now: datetime) -> str:
    hour = in_shanghai(now).hour
    return (
        _("夜深了")
        if hour < 5
        else _("早上好")
        if hour < 11
        else _("中午好")
        if hour < 13
        else _("下午好")
        if hour < 18
        else _("晚上好")
    )


@require_GET
def search(request: ConsoleRequest) -> HttpResponse:
    """Find anything: things the stages know, then pages."""
    term = request.GET.get("q", "")[:80]
    return render(
        request, "console/palette.html", {"groups": queries.search_everything(request.actor, term), "term": term}
    )


@require_GET
def notices(request: ConsoleRequest) -> HttpResponse:
    """What was I told, and what have I not read?"""
    return render(request, "console/notices.html", {"notices": notices_of(request.actor)})


@require_POST
def read_notices(request: ConsoleRequest) -> HttpResponse:
    changed = mark_read(actor=request.actor, now=request.now)
    return done(request, _("已全部标为已读（%(n)s 条）") % {"n": changed}, "notices")


@require_GET
def why(request: ConsoleRequest) -> HttpResponse:
    """Why can't I do this, which role could, and whom do I ask?   Source: TEAM-1."""
    key = request.GET.get("ability", "")
    verdict = access.why(request.actor, key, shop_id=request.shop_id) if key else None
    return render(
        request, "console/why.html",
        {
            "verdict": verdict, "asked": queries.people_to_ask(verdict.granting_roles) if verdict else {},
            "owners": queries.people_to_ask(("owner",)).get("owner", []), "places": queries.abilities_by_place(request.actor),
        },
    )  # fmt: skip


@require_GET
def profile(request: ConsoleRequest) -> HttpResponse:
    """My account: password, second factor, language, look."""
    return _profile(request)


def _profile(request: ConsoleRequest, *, status: int = 200, **forms: object) -> HttpResponse:
    pending = queries.pending_factor_of(request.user)
    values = {
        "factor": queries.second_factor_of(request.user), "pending": pending,
        "qr": mark_safe(segno.make(pending.config_url, error="m").svg_inline(scale=4, border=1)) if pending else "",  # noqa: S308  our own drawing
        "secret": _typed_secret(pending.config_url) if pending else "",
        "password_form": PasswordForm(prefix="password"), "code_form": CodeForm(prefix="code"), "drop_form": DropFactorForm(prefix="drop"),
    }  # fmt: skip
    return render(request, "console/profile.html", values | forms, status=status)


def _typed_secret(address: str) -> str:
    return address.split("secret=")[1].split("&", maxsplit=1)[0].rstrip("=")


@require_POST
@sensitive_post_parameters()
def set_password(request: ConsoleRequest) -> HttpResponse:
    form = PasswordForm(request.POST, prefix="password")
    if not form.is_valid():
        return _profile(request, password_form=form, status=422)
    if not request.user.check_password(form.cleaned_data["current"]):
        raise services.WrongPassword
    change_password(actor=request.actor, person=request.user, password=form.cleaned_data["new"], now=request.now)
    request.user.refresh_from_db()
    update_session_auth_hash(request, request.user)
    return done(request, _("密码已更换，其他设备需要重新登录"), "profile")


@require_POST
def begin_factor(request: ConsoleRequest) -> HttpResponse:
    services.begin_second_factor(person=request.user)
    return redirect("profile")


@require_POST
def confirm_factor(request: ConsoleRequest) -> HttpResponse:
    form = CodeForm(request.POST, prefix="code")
    if not form.is_valid():
        return _profile(request, code_form=form, status=422)
    services.confirm_second_factor(
        actor=request.actor, person=request.user, code=form.cleaned_data["code"], now=request.now
    )
    return done(request, _("两步验证已开启，下次登录会要求验证码"), "profile")


@require_POST
@sensitive_post_parameters()
def drop_factor(request: ConsoleRequest) -> HttpResponse:
    form = DropFactorForm(request.POST, prefix="drop")
    if not form.is_valid():
        return _profile(request, drop_form=form, status=422)
    services.drop_second_factor(
        actor=request.actor, person=request.user, password=form.cleaned_data["password"], now=request.now
    )
    return done(request, _("两步验证已关闭"), "profile")


@require_POST
def preferences(request: ConsoleRequest) -> HttpResponse:
    """Keep language and look with the person, and in this browser."""
    language = {"en": "en", "zh-hans": "zh-hans"}.get(request.POST.get("language", ""))
    theme = {"auto": "auto", "light": "light", "dark": "dark"}.get(request.POST.get("theme", ""))
    set_preferences(actor=request.actor, language=language, theme=theme)
    response = redirect(_next(request)) if language else HttpResponse(status=204)
    if language:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="Lax")
    return response


@require_POST
def choose_shop(request: ConsoleRequest) -> HttpResponse:
    """See one shop, or all of mine."""
    chosen = request.POST.get("shop", "")
    request.session[SHOP_SESSION_KEY] = str(shop_for(request.actor, _shop_id(chosen)).pk) if chosen else ""
    return redirect(_next(request))


def _shop_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as unreadable:
        raise ShopUnknown from unreadable


def _next(request: ConsoleRequest) -> str:
    wanted = request.POST.get("next", "/")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) else "/"


@require_GET
def jobs(request: ConsoleRequest) -> HttpResponse:
    """Which work gave up, why, and can it be tried again?"""
    return render(
        request,
        "console/jobs.html",
        {"dead": dead_work(request.actor), "may_retry": request.actor.can("console:job:retry")},
    )


@require_POST
def retry(request: ConsoleRequest, kind: str, work_id: int) -> HttpResponse:
    if kind == "delivery":
        retry_dead(actor=request.actor, delivery_id=work_id, now=request.now)
    else:
        retry_job(actor=request.actor, job_id=work_id, now=request.now)
    return done(request, _("已放回队列，马上会再试一次"), "jobs")


@require_GET
def threshold_list(request: ConsoleRequest) -> HttpResponse:
    """Which limits hold, where do they come from, and who changed them?"""
    return render(
        request,
        "console/thresholds.html",
        {"places": queries.thresholds_by_place(), "may_change": request.actor.can(THRESHOLD_CHANGE)},
    )


@require_POST
def change_threshold(request: ConsoleRequest, key: str) -> HttpResponse:
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        raise services.ReasonMissing
    value = value_from_text(form.cleaned_data["value"], unit=queries.threshold_unit(key))
    thresholds.change(
        actor=request.actor, key=key, new_value=value, now=request.now, reason=form.cleaned_data["reason"]
    )
    return done(request, _("阈值已修改，立即生效"), "thresholds")


# What went wrong


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _trouble(request, 404, "console.page_not_found", "没有这个页面", "There is no such page")


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _trouble(request, 403, "console.forbidden", "没有权限打开这个页面", "You may not open this page")


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    return _trouble(request, 500, "console.broken", "出了点问题", "Something broke")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page's token no longer holds (signed in anew elsewhere, cookies cleared); what was typed stays."""
    return (
        answer_for(request, services.PageTooOld())
        if hasattr(request, "user")
        else _trouble(
            request, 403, services.PageTooOld.code, services.PageTooOld.message_zh, services.PageTooOld.message_en
        )
    )


def _trouble(request: HttpRequest, status: int, code: str, zh: str, en: str) -> HttpResponse:
    """This function will show trouble in the house's look, with or without the sidebar, without asking the database again."""
    is_known = (
        status != 500
        and getattr(request, "user", None) is not None
        and request.user.is_authenticated
        and hasattr(request, "actor")
    )
    language = language_of(request) if hasattr(request, "user") else "zh-hans"
    with override(language):
        values = {
            "status": status, "code": code, "message": en if language == "en" else zh, "came_from_form": False, "can_retry": False, "why_href": "",
            "error_frame": "console/base.html" if is_known else "console/bare.html",
        }  # fmt: skip
        if is_known:
            return render(request, "console/error.html", values, status=status)
        return HttpResponse(render_to_string("console/error.html", values), status=status)
