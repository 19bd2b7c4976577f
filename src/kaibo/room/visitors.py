"""Who is calling: the token of a request, from its header or the page's cookie, and how fast this visitor may act."""

from __future__ import annotations

import secrets
import time
from http.cookies import CookieError, SimpleCookie

from kaibo.room.asgi import Scope, header
from kaibo.room.rates import Rate
from kaibo.room.refusals import TokenNeeded, TokenOfAnotherRoom, TooFast
from kaibo.room.rooms import LiveRoom
from kaibo.room.tokens import Tokens, Visitor

COOKIE = "kaibo_visitor"
DEVICE_COOKIE = "kaibo_device"
DEVICE_SECONDS = 180 * 24 * 3600
"""A browser is the same visitor in all rooms of a shop for so long: limits and the blocklist hold across rooms."""
_BEARER = b"bearer "


class Desk:
    """Checks tokens and rates; both in memory."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.claims = Rate(per_second=5, burst=10)
        self.messages = Rate(per_second=1, burst=5)
        self.votes = Rate(per_second=2, burst=10)
        self.likes = Rate(per_second=4, burst=10)
        self.events = Rate(per_second=4, burst=20)
        self.looks = Rate(per_second=10, burst=20)

    def visitor_of(self, scope: Scope, room: str) -> Visitor:
        """
        This function will give the visitor a request comes from.

        A cookie counts only together with a JSON body type, which no foreign page can send unasked.
        Raises: TokenNeeded, TokenOfAnotherRoom.
        """
        token = _token(scope)
        who = self.tokens.read(token, now_seconds=int(time.time())) if token else None
        if who is None:
            raise TokenNeeded
        if who.room != room:
            raise TokenOfAnotherRoom(reason="another room")
        return who

    def require_pace(self, rate: Rate, who: Visitor, live: LiveRoom) -> None:
        """This function will count one act of a visitor.   Raises: TooFast (never in a bench room)."""
        if live.is_bench:
            return
        if wait := rate.wait_seconds(who.visitor, now=time.monotonic()):
            raise TooFast(retry_after_seconds=wait)


def new_device() -> str:
    return secrets.token_hex(16)


def is_device(text: str) -> bool:
    """This function will say whether a cookie can be one of ours; what it holds proves nothing and opens nothing."""
    return len(text) == 32 and all(char in "0123456789abcdef" for char in text)


def _token(scope: Scope) -> bytes | None:
    authorization = header(scope, b"authorization")
    if authorization is not None:
        return authorization[7:].strip() if authorization[:7].lower() == _BEARER else None
    cookies = header(scope, b"cookie")
    if cookies is None:
        return None
    if scope["method"] != "GET" and not (header(scope, b"content-type") or b"").startswith(b"application/json"):
        return None
    try:
        morsel = SimpleCookie(cookies.decode("latin-1")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value.encode("latin-1") if morsel else None
