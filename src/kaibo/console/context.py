"""What the frame of every page needs: navigation, shops, notices, theme, the clock's words."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest

from kaibo.console.middleware import language_of
from kaibo.console.navigation import navigation
from kaibo.plumbing.notices.notices import unread_count

THEMES = ("auto", "light", "dark")


def shell(request: HttpRequest) -> dict[str, Any]:
    """This function will feed the frame; a fragment for htmx gets no more than the clock, to spare its queries."""
    actor = getattr(request, "actor", None)
    now = getattr(request, "now", None)
    if actor is None or now is None:
        return {}
    basics: dict[str, Any] = {
        "actor": actor,
        "now": now,
        "theme": theme_of(request),
        "is_english": language_of(request) == "en",
    }
    if not request.user.is_authenticated or (
        request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    ):
        return basics
    return basics | {
        "navigation": _Navigation(request, basics["is_english"]),
        "unread": _Unread(request),
        "kept_messages": _Kept(request),
    }


def theme_of(request: HttpRequest) -> str:
    """This function will give the theme: this browser's choice, else the person's, else the system's."""
    chosen = request.COOKIES.get("kaibo_theme") or (request.user.theme if request.user.is_authenticated else "auto")
    return chosen if chosen in THEMES else "auto"


class _Navigation:
    """Iterates the sidebar's sections when, and only when, a template asks; once per request."""

    def __init__(self, request: HttpRequest, is_english: bool) -> None:
        self.request, self.is_english, self.sections = request, is_english, None

    def __iter__(self) -> Any:
        if self.sections is None:
            self.sections = navigation(
                self.request.actor, path=self.request.path, now=self.request.now, is_english=self.is_english
            )
        return iter(self.sections)


class _Unread:
    """Counts unread notices when a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __call__(self) -> int:
        if not hasattr(self.request, "_unread_notices"):
            self.request._unread_notices = unread_count(self.request.actor)
        return self.request._unread_notices


class _Kept:
    """The messages kept over a redirect, as the toasts' script reads them."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __call__(self) -> list[dict[str, str]]:
        states = {"error": "bad", "warning": "warn"}
        return [
            {"text": str(message), "state": states.get(message.level_tag, "ok"), "undo": message.extra_tags or ""}
            for message in get_messages(self.request)
        ]
