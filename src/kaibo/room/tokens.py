"""Who a viewer is: a signed token that needs no look-up. It names the room, the visitor and the nickname."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import msgspec

VIEWER = b"kaibo visitor"
DESK = b"kaibo desk"
"""What a token is good for: a viewer's never opens the desk's stream."""
_DIGEST_BYTES = 20
_MOST_REMEMBERED = 50_000


class Visitor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The content of a token."""

    room: str
    visitor: str
    nickname: str
    issued_at: int


_decode = msgspec.json.Decoder(Visitor).decode
_encode = msgspec.json.Encoder().encode


class Tokens:
    """
    Issues and reads tokens under one secret, which all room processes of an installation share.

    A token is good for `ttl_seconds`; a day covers the longest session.
    """

    def __init__(self, secret: bytes, *, ttl_seconds: int = 36 * 3600, purpose: bytes = VIEWER) -> None:
        self._key = hashlib.blake2b(secret, person=purpose, digest_size=32).digest()
        self._ttl_seconds = ttl_seconds
        self._proved: dict[bytes, Visitor] = {}

    def issue(self, room: str, nickname: str, *, now_seconds: int, visitor: str | None = None) -> tuple[Visitor, str]:
        """This function will make a new visitor of a room and the token that proves it."""
        who = Visitor(room, visitor or f"v{secrets.token_hex(9)}", nickname, now_seconds)
        body = base64.urlsafe_b64encode(_encode(who)).rstrip(b"=")
        return who, f"{body.decode()}.{self._sign(body).decode()}"

    def visitor_of_device(self, device: str, shop: str) -> str:
        """This function will give the visitor a device is in every room of a shop; another shop sees another visitor."""
        known = hashlib.blake2b(f"{shop}|{device}".encode(), key=self._key, person=b"kaibo device", digest_size=9)
        return f"v{known.hexdigest()}"

    def read(self, token: bytes, *, now_seconds: int) -> Visitor | None:
        """This function will give the visitor a token proves, or None when it is forged, broken or too old."""
        who = self._proved.get(token) or self._prove(token)
        return who if who is not None and now_seconds - who.issued_at < self._ttl_seconds else None

    def _prove(self, token: bytes) -> Visitor | None:
        body, dot, signature = token.partition(b".")
        if not dot or not hmac.compare_digest(self._sign(body), signature):
            return None
        try:
            who = _decode(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
        except (ValueError, msgspec.DecodeError):
            return None
        if len(self._proved) >= _MOST_REMEMBERED:
            self._proved.clear()
        self._proved[token] = who
        return who

    def _sign(self, body: bytes) -> bytes:
        digest = hashlib.blake2b(body, key=self._key, digest_size=_DIGEST_BYTES).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=")
