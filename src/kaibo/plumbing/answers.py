"""What a page gets and gives: the request with its actor and clock, and the answer after an action (DESIGN §4)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from kaibo.plumbing.access.actor import Actor


class ConsoleRequest(HttpRequest):
    """A request of the console: who acts, when, and the shop chosen at the top (None = all of theirs). For type checkers."""

    actor: Actor
    now: datetime
    shop_id: UUID | None
    shop: Any
    shops: Any
    htmx: Any


def done(
    request: HttpRequest, message: str, to: str = "", *args: object, undo: str = "", **kwargs: object
) -> HttpResponse:
    """
    This function will say that an action is done and go on to `to` (URL name with its arguments, or an address).

    Without `to`, htmx stays on the page with a toast. `undo` is an address that takes the action back when posted to.
    """
    is_htmx = bool(request.headers.get("HX-Request"))
    if is_htmx and not to:
        toast = {"text": str(message), "state": "ok", "undo": undo}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"kaibo:toast": toast})})
    messages.success(request, message, extra_tags=undo)
    address = resolve_url(to, *args, **kwargs) if to else request.headers.get("Referer", "/")
    return HttpResponse(headers={"HX-Redirect": address}) if is_htmx else redirect(address)
