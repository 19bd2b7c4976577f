"""The console's edge: who acts and when, in which language, and how a refusal reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from kaibo.kit.clock import utc_now
from kaibo.kit.errors import Forbidden, KaiboError, TooMany, Unavailable
from kaibo.master.people.queries import actor_for
from kaibo.master.shops.queries import shops_for
from kaibo.plumbing.access.actor import NOBODY

SHOP_SESSION_KEY = "shop_id"
LANGUAGE_COOKIE = "kaibo_language"
OPEN_PREFIXES = ("/api/", "/static/", "/health", "/metrics")
"""Doors with their own keys (tokens) or none; every other page asks for sign-in unless it is `login_not_required`."""

Next = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """Gives each request its `actor`, `now` and `shop`, and sends strangers to the sign-in page."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = utc_now()
        is_known = request.user.is_authenticated
        request.actor = actor_for(request.user) if is_known else NOBODY
        request.shops = SimpleLazyObject(lambda: shops_for(request.actor)) if is_known else []
        request.shop_id = _chosen_shop(request)
        request.shop = SimpleLazyObject(
            lambda: next((shop for shop in request.shops if shop.pk == request.shop_id), None)
        )
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object
    ) -> HttpResponse | None:
        if (
            request.user.is_authenticated
            or not getattr(view, "login_required", True)
            or request.path.startswith(OPEN_PREFIXES)
        ):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": reverse("sign-in")})
        if wants_json(request):
            return JsonResponse(
                {"code": "console.signed_out", "message": "请重新登录 / sign in again", "details": {}}, status=401
            )
        came_for = request.get_full_path() if request.method == "GET" and request.path != "/" else ""
        return redirect(f"{reverse('sign-in')}?{urlencode({'next': came_for})}" if came_for else "sign-in")


def _chosen_shop(request: HttpRequest) -> UUID | None:
    """This function will give the shop chosen in the top bar while the actor still sees it; None stands for all of theirs."""
    raw = request.session.get(SHOP_SESSION_KEY) if hasattr(request, "session") else None
    if not raw:
        return None
    shop_id = UUID(raw)
    return shop_id if request.actor.sees(shop_id) else None


class LanguageMiddleware:
    """Speaks the person's language: 中文 unless they chose English."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def language_of(request: HttpRequest) -> str:
    kept = request.user.language if request.user.is_authenticated else request.COOKIES.get(LANGUAGE_COOKIE, "")
    return "en" if kept.startswith("en") else "zh-hans"


class ErrorMiddleware:
    """Turns a refusal into a toast (htmx), JSON or a page, and keeps what was typed; sets the page policy."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _is_boosted_redirect(request, response):
            # The page that follows needs its own head, so the browser goes there instead of swapping a body.
            response = _carry_cookies(response, HttpResponse(headers={"HX-Redirect": response["Location"]}))
        response.headers.setdefault("Content-Security-Policy", _content_policy())
        return response

    def process_exception(self, request: HttpRequest, complaint: Exception) -> HttpResponse | None:
        if not isinstance(complaint, KaiboError):
            return None
        return answer_for(request, complaint)


def answer_for(request: HttpRequest, complaint: KaiboError) -> HttpResponse:
    """This function will say a refusal in the form the asker understands; nothing was changed."""
    language = "en" if language_of(request) == "en" else "zh"
    if request.headers.get("HX-Request"):
        response = HttpResponse(
            status=complaint.status,
            headers={"HX-Reswap": "none", "HX-Trigger": json.dumps({"kaibo:toast": toast_of(complaint, language)})},
        )
    elif wants_json(request):
        response = JsonResponse(complaint.as_json(language), status=complaint.status)
    else:
        response = render(request, "console/error.html", page_of(complaint, language, request), status=complaint.status)
    response.headers["X-Kaibo-Error"] = complaint.code
    if isinstance(complaint, TooMany | Unavailable):
        response.headers["Retry-After"] = str(complaint.details.get("retry_after_seconds", 5))
    return response


def toast_of(complaint: KaiboError, language: str) -> dict[str, str]:
    """This function will give the toast of a refusal; a missing ability links to the page that explains it."""
    toast = {"text": complaint.message(language), "state": "bad", "code": complaint.code}
    if ability := _ability_of(complaint):
        toast |= {"href": f"{reverse('why')}?ability={ability}", "link": "Why?" if language == "en" else "为什么？"}
    return toast


def page_of(complaint: KaiboError, language: str, request: HttpRequest) -> dict[str, object]:
    ability = _ability_of(complaint)
    return {
        "status": complaint.status, "code": complaint.code, "message": complaint.message(language),
        "why_href": f"{reverse('why')}?ability={ability}" if ability else "", "can_retry": isinstance(complaint, TooMany | Unavailable),
        "came_from_form": request.method == "POST",
    }  # fmt: skip


def _ability_of(complaint: KaiboError) -> str:
    return str(complaint.details.get("ability", "")) if isinstance(complaint, Forbidden) else ""


def wants_json(request: HttpRequest) -> bool:
    accepts = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("application/json" in accepts and "text/html" not in accepts)


def _is_boosted_redirect(request: HttpRequest, response: HttpResponse) -> bool:
    return request.headers.get("HX-Boosted") == "true" and response.status_code in {301, 302, 303, 307, 308}


def _carry_cookies(source: HttpResponse, target: HttpResponse) -> HttpResponse:
    target.cookies = source.cookies
    return target


def _content_policy() -> str:
    """
    This function will give the page policy: own scripts only, and the room's door for streams.

    Styles may be inline because charts write their tooltips that way; scripts may not.
    """
    room = settings.ENV.room_url
    return "; ".join(
        (
            "default-src 'self'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:",
            f"connect-src 'self' {room}", f"media-src 'self' blob: {room}", f"frame-src 'self' {room}", "object-src 'none'",
            "base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'",
        )
    )  # fmt: skip
