"""
The server's side of a viewer's connection: uvicorn's own, which lends its transport to the stream.

A stream through ASGI alone costs two tasks, a queue, a timer and a private copy of every frame for each viewer. With
the transport lent, the room writes one shared chunk to each, and a waiting viewer is one sleeping task.
"""

from __future__ import annotations

from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kaibo.room.asgi import Scope

_LENT = "kaibo.connection"


class RoomConnection(HttpToolsProtocol):
    """Give this to `uvicorn.Config(http=…)`."""

    when_lost: Callable[[], None] | None = None

    def on_message_begin(self) -> None:
        """This function will let the application find the connection in the request's scope."""
        super().on_message_begin()
        self.scope["extensions"] = {_LENT: self}  # type: ignore[dict-item]

    def connection_lost(self, exc: Exception | None) -> None:
        """This function will also tell the stream that its viewer is gone."""
        super().connection_lost(exc)
        if self.when_lost is not None:
            self.when_lost()

    def forget_request(self) -> None:
        """This function will drop what nobody reads again while a stream goes on for hours."""
        self.headers.clear()
        scope: Scope = self.scope  # type: ignore[assignment]
        scope.pop("kaibo.headers", None)
        scope["extensions"] = {}


def lent_connection(scope: Scope) -> RoomConnection | None:
    """This function will give the connection of a request, where the server lends it and the answer will be chunked."""
    lent = (scope.get("extensions") or {}).get(_LENT)
    return lent if isinstance(lent, RoomConnection) and scope.get("http_version") == "1.1" else None
