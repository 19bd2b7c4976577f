"""The way in and out: account and password, then a code where the person turned that on."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as remember_factor
from django_otp import match_token

from kaibo.console.forms import CodeForm, SignInForm
from kaibo.console.middleware import LANGUAGE_COOKIE
from kaibo.console.queries import person_signing_in, second_factor_of
from kaibo.master.people.models import Person
from kaibo.stages import FLOW

PENDING_KEY = "pending_person"
PENDING_SECONDS = 300


@never_cache
@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for account and password; wrong ones are counted by account and address."""
    next_address = _safe_next(request)
    if language := request.GET.get("language"):
        return _remember_language(language, next_address)
    if request.user.is_authenticated:
        return redirect(next_address)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = authenticate(request, account=form.cleaned_data["account"], password=form.cleaned_data["password"])
        if person is not None:
            return _let_in_or_ask_code(request, person, next_address)
        form.add_error(None, _("账号或密码不对。连续 5 次输错会暂停 15 分钟。"))
    return _door(request, "console/sign_in.html", form=form, next_address=next_address)


def _let_in_or_ask_code(request: HttpRequest, person: Person, next_address: str) -> HttpResponse:
    if second_factor_of(person) is None:
        login(request, person, backend="django.contrib.auth.backends.ModelBackend")
        return redirect(next_address)
    request.session.cycle_key()
    request.session[PENDING_KEY] = {"person": str(person.pk), "at": request.now.timestamp(), "next": next_address}
    return redirect("sign-in-code")


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the second factor; the password was right less than five minutes ago."""
    pending = request.session.get(PENDING_KEY)
    if not pending or request.now.timestamp() - pending["at"] > PENDING_SECONDS:
        return redirect("sign-in")
    person = person_signing_in(pending["person"])
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = match_token(person, form.cleaned_data["code"])
        if device is not None:
            del request.session[PENDING_KEY]
            login(request, person, backend="django.contrib.auth.backends.ModelBackend")
            remember_factor(request, device)
            return redirect(pending["next"])
        form.add_error("code", _("验证码不对或已过期，请输入验证器上现在的 6 位数字"))
    return _door(request, "console/sign_in_code.html", form=form, next_address=pending["next"])


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: object = None
) -> HttpResponse:
    """Say that sign-in rests for this account from this address, and for how long."""
    minutes = int(timedelta(hours=settings.AXES_COOLOFF_TIME).total_seconds() // 60)
    with override(_door_language(request)):
        title = _("输错次数太多，请 %(minutes)s 分钟后再试。") % {"minutes": minutes}
        response = _door(
            request,
            "console/sign_in.html",
            form=SignInForm(),
            next_address="/",
            locked_minutes=minutes,
            locked_title=title,
            status=429,
        )
    response.headers["Retry-After"] = str(minutes * 60)
    return response


def _door(request: HttpRequest, template: str, *, status: int = 200, **values: object) -> HttpResponse:
    return render(request, template, {"flow": FLOW, **values}, status=status)


def _door_language(request: HttpRequest) -> str:
    return "en" if request.COOKIES.get(LANGUAGE_COOKIE, "").startswith("en") else "zh-hans"


def _safe_next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and is_ours else reverse("home")


def _remember_language(language: str, next_address: str) -> HttpResponse:
    response = redirect(f"{reverse('sign-in')}?{urlencode({'next': next_address})}")
    kept = "en" if language.startswith("en") else "zh-hans"
    response.set_cookie(LANGUAGE_COOKIE, kept, max_age=31_536_000, samesite="Lax")
    return response
