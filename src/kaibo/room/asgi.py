"""The few lines of ASGI the hot calls are made of: read a body, find a header, send an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from kaibo.kit.errors import KaiboError
from kaibo.room.refusals import TooLong
from kaibo.room.wire import Refused, encode

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON_TYPE: Header = (b"content-type", b"application/json")
NO_STORE: Header = (b"cache-control", b"no-store")
ANY_ORIGIN: Header = (b"access-control-allow-origin", b"*")


class ClientGone(Exception):
    """The client closed the connection; there is nobody to answer."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """This function will give the value of a header (name in lower case), or None; the last one, if it came twice."""
    headers: dict[bytes, bytes] | None = scope.get("kaibo.headers")
    if headers is None:
        headers = dict(scope["headers"])
        scope["kaibo.headers"] = headers
    return headers.get(name)


async def read_body(receive: Receive, *, limit_bytes: int) -> bytes:
    """
    This function will read the whole body.

    Raises: TooLong, ClientGone.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > limit_bytes:
            raise TooLong(limit_bytes=limit_bytes)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
    if len(body) > limit_bytes:
        raise TooLong(limit_bytes=limit_bytes)
    return body


async def send_bytes(send: Send, status: int, body: bytes, headers: Iterable[Header] = ()) -> None:
    """This function will send a JSON body that is already encoded."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [JSON_TYPE, (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_refusal(scope: Scope, send: Send, refusal: KaiboError, headers: Iterable[Header] = ()) -> None:
    """This function will answer with a refusal in the language the client prefers, Chinese by default."""
    more = [NO_STORE, *headers]
    if seconds := retry_after_seconds(refusal):
        more.append((b"retry-after", b"%d" % seconds))
    await send_bytes(send, refusal.status, refused_body(scope, refusal), more)


def retry_after_seconds(refusal: KaiboError) -> int:
    """This function will give after how many seconds it makes sense to ask again, or 0."""
    return int(refusal.details.get("retry_after_seconds") or (1 if refusal.status == 503 else 0))


def refused_body(scope: Scope, refusal: KaiboError) -> bytes:
    """This function will encode the body of a refusal."""
    accepted = header(scope, b"accept-language") or b"zh"
    language = "en" if accepted.lower().startswith(b"en") else "zh"
    return encode(Refused(refusal.code, refusal.message(language), refusal.details))
