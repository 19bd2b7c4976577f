"""
A viewer's call of a sale that arrived in one piece, read without the parser's callbacks: a crowd sends thousands a second,
and each header by itself costs more there than the whole request here.

Only what can be read in one way alone is read here: one request and not a byte more, HTTP/1.1, one content-length, plain
names and values, none of the headers that change how a request ends. Everything else is left to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kaibo.room.asgi import Scope

MOST_BYTES = 8_192
_HEAD = re.compile(
    rb"(POST|PUT) (/(?:rooms|pay)/[A-Za-z0-9_/-]+) HTTP/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+)\r\n"
)
_NOT_PLAIN = frozenset((b"transfer-encoding", b"expect", b"upgrade", b"trailer", b"te", b"http2-settings"))


class _Nobody:
    """Who waits for more of a request that is whole."""

    def set(self) -> None:
        """This function will do nothing."""


_NOBODY = _Nobody()


class WholeRequest:
    """Stands where uvicorn keeps the request that is being answered, with as much of it as uvicorn and `Exchange` touch."""

    __slots__ = ("body", "disconnected", "keep_alive", "on_response", "response_complete", "response_started", "scope")

    message_event = _NOBODY
    more_body = False
    waiting_for_100_continue = False

    def __init__(self, scope: Scope, body: bytes) -> None:
        self.scope = scope
        self.body = body
        self.disconnected = self.response_started = self.response_complete = False
        self.keep_alive = True
        self.on_response: Callable[[], None] = _NOBODY.set


def read_whole(data: bytes, ends: tuple[str, ...], *, most_body_bytes: int) -> WholeRequest | None:
    """This function will read a call of a sale, whose path ends so or is a channel's notice, or give None for the parser to read."""
    found = _HEAD.match(data) if len(data) <= MOST_BYTES else None
    if found is None:
        return None
    method, path, lines = found[1].decode(), found[2].decode(), found[3]
    if not path.endswith(ends) and not path.startswith("/pay/"):
        return None
    headers = []
    lengths = 0
    for line in lines[:-2].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if name == b"content-length":
            lengths += 1
            if not value.isdigit() or len(value) > 5 or int(value) != len(data) - found.end():
                return None
        elif name in _NOT_PLAIN or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        headers.append((name, value))
    if lengths != 1 or len(data) - found.end() > most_body_bytes:
        return None
    scope: Scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": found[2], "query_string": b"", "root_path": "",
        "headers": headers,
    }  # fmt: skip
    return WholeRequest(scope, data[found.end() :])
