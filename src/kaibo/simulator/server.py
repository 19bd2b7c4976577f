"""The simulator's HTTP: platforms under their names, the truth under /truth for whoever wants to compare."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from kaibo.simulator.answers import Cut, Reply
from kaibo.simulator.platform import Call, Platform

MOST_BYTES = 1024 * 1024


class Server:
    """Serves platforms by name (`/douyin/…`); `before` runs before each call, so that time can pass between two of them."""

    def __init__(self, platforms: Mapping[str, Platform], *, port: int = 0, host: str = "127.0.0.1", before: Callable[[], None] | None = None) -> None:
        self.platforms, self.before = platforms, before
        self._http = ThreadingHTTPServer((host, port), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://{host}:{self._http.server_address[1]}"

    def start(self) -> Server:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name="simulator").start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def address_of(self, name: str) -> str:
        """This function will give where a platform is served."""
        return f"{self.url}/{name}"

    def reply(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(target)
        _, name, *rest = parts.path.split("/", 2)
        if name == "truth":
            return Reply.of_json({key: one.truth() for key, one in self.platforms.items()})
        if name not in self.platforms:
            return Reply.of_json({"error": "no such platform", "platforms": sorted(self.platforms)}, 404)
        if self.before:
            self.before()
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        platform = self.platforms[name]
        reply = platform.answer(Call(method, "/" + "".join(rest), query, body, {key.lower(): value for key, value in headers.items()}))
        if platform.chaos.strikes("unheard"):
            raise Cut
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes: the second must not wait for the first to be acknowledged
            timeout = 30

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                if length > MOST_BYTES:
                    return self._send(Reply.of_json({"error": "too long"}, 413))
                body = self.rfile.read(length)
                try:
                    reply = server.reply(self.command, self.path, body, dict(self.headers.items()))
                except Cut:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return None
                return self._send(reply)

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """Calls are counted, not told."""

        return Handler
