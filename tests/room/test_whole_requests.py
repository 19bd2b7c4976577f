"""Calls of a sale that arrive in one piece are read like those that arrive in many; what could be read in two ways is left to the parser."""

from __future__ import annotations

import json
import socket
import time
import uuid
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest
import uvicorn
from uvicorn.server import ServerState

from kaibo.room import connection
from kaibo.room.connection import RoomConnection
from kaibo.room.whole_requests import read_whole

ENDS = ("/claims", "/payment", "/address")
PLAIN = b"POST /rooms/r/claims HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-Name: \tv \r\n\r\n{}"


def whole(data):
    return read_whole(data, ENDS, most_body_bytes=100)


def claim_request(viewer, sale, key, *, more="", body=None):
    content = json.dumps({"item": sale.item, "quantity": 1}).encode() if body is None else body
    head = (
        f"POST /rooms/{viewer.room}/claims HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nidempotency-key: {key}\r\n"
        f"{viewer_token(viewer)}{more}content-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def viewer_token(viewer):
    return f"authorization: {viewer.http.headers['authorization']}\r\n"


class Line:
    """A connection of bytes, without any client's help."""

    def __init__(self, url):
        place = urlsplit(url)
        self._socket = socket.create_connection((place.hostname, place.port), 5)
        self._rest = b""

    def send(self, *pieces):
        for piece in pieces:
            self._socket.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.03)  # so that it is another piece on the way; read whole or not, the answer is the same

    def answer(self):
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(head[9:12]), json.loads(body) if body[:1] == b"{" else body

    def is_closed(self):
        return self._socket.recv(1) == b""

    def _more(self):
        got = self._socket.recv(65536)
        if not got:
            raise EOFError(self._rest)
        self._rest += got


@pytest.fixture
def line(server):
    return Line(server.url)


@pytest.fixture
def read_at_once(monkeypatch):
    """How many requests were read whole."""
    taken = []
    usual = RoomConnection._take_whole

    def counted(self, data):
        is_taken = usual(self, data)
        taken.append(is_taken)
        return is_taken

    monkeypatch.setattr(RoomConnection, "_take_whole", counted)
    return taken


def test_a_plain_request_is_read_with_all_it_says():
    read = whole(PLAIN)
    assert (read.scope["method"], read.scope["path"], read.body) == ("POST", "/rooms/r/claims", b"{}")
    assert read.scope["headers"] == [(b"host", b"x"), (b"content-length", b"2"), (b"x-name", b"v")]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:-1],
        PLAIN + b"P",
        PLAIN + PLAIN,
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nContent-Length: 2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: +2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length : 2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nTransfer-Encoding: chunked"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nExpect: 100-continue"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nConnection: close"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nUpgrade: h2c"),
        PLAIN.replace(b"Content-Length: 2\r\n", b""),
        PLAIN.replace(b"X-Name: \tv ", b"X-Name: a\r\n folded"),
        PLAIN.replace(b"X-Name: \tv ", b"X-Name: a\nb: c"),
        PLAIN.replace(b"X-Name: \tv ", b"X-Name: a\rb"),
        PLAIN.replace(b"X-Name: \tv ", b"X-Name: a\0b"),
        PLAIN.replace(b"X-Name", b"X Name"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"/claims", b"/claims?x=1"),
        PLAIN.replace(b"/claims", b"/%63laims"),
        PLAIN.replace(b"/claims", b"/messages"),
        PLAIN.replace(b"POST", b"GET"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 101").replace(b"{}", b"x" * 101),
    ],
)
def test_what_is_not_plain_or_not_one_whole_request_is_left_to_the_parser(data):
    assert whole(PLAIN) is not None
    assert whole(data) is None


class Clock:
    """As much of an event loop as a connection's timers need."""

    def __init__(self):
        self.now = 1_000.0
        self.due = []

    def time(self):
        return self.now

    def call_soon(self, call):
        call()

    def call_later(self, seconds, call):
        handle = SimpleNamespace(at=self.now + seconds, call=call, cancel=lambda: self.due.remove(handle))
        self.due.append(handle)
        return handle

    def go_on(self, seconds):
        end = self.now + seconds
        while due := sorted((one for one in self.due if one.at <= end), key=lambda one: one.at):
            self.now = max(self.now, due[0].at)
            self.due.remove(due[0])
            due[0].call()
        self.now = end


class Wire(SimpleNamespace):
    """A transport that keeps what is written."""

    def __init__(self):
        super().__init__(sent=b"", is_shut=False)

    def write(self, data):
        self.sent += data

    def close(self):
        self.is_shut = True

    def is_closing(self):
        return self.is_shut

    def get_extra_info(self, name, default=None):
        return default


def test_a_connection_is_let_go_when_it_asks_nothing_for_a_while_and_never_while_it_waits(monkeypatch):
    clock, wire, asked = Clock(), Wire(), []
    app = SimpleNamespace(take_claim=lambda exchange: asked.append(exchange) or True)
    monkeypatch.setattr(connection, "_turns", {})
    config = uvicorn.Config(app, http=RoomConnection, ws="none", lifespan="off", interface="asgi3", log_config=None, proxy_headers=False, timeout_keep_alive=10)
    config.load()
    one = RoomConnection(config=config, server_state=ServerState(), app_state={}, _loop=clock)
    one.connection_made(wire)
    for _ in range(3):  # answered again and again: one timer for all of them
        one.data_received(PLAIN)
        clock.go_on(4)
        asked.pop().answer(b"200 OK", b"", b"{}")
        clock.go_on(4)
        assert len(clock.due) == 1
    one.data_received(PLAIN)
    clock.go_on(60)  # the ledger takes its time
    assert not wire.is_shut
    asked.pop().answer(b"200 OK", b"", b"{}")
    clock.go_on(9.9)
    assert not wire.is_shut
    clock.go_on(0.2)
    assert wire.is_shut
    assert wire.sent.count(b"HTTP/1.1 200 OK") == 4


def test_a_claim_in_one_piece_and_one_in_many_get_the_same_answer(alice, sale, line, read_at_once):
    request = claim_request(alice, sale, "one")
    line.send(request)
    status, first = line.answer()
    assert (status, read_at_once) == (201, [True])
    line.send(request[:9], request[9:60], request[60:-3], request[-3:])
    assert line.answer() == (201, first)
    assert True not in read_at_once[1:]
    line.send(request)
    assert line.answer() == (201, first)
    assert read_at_once[-1]
    assert sale.ask("select claimed_units from room.items where item = %s", sale.item) == [(1,)]


def wait_until(is_so):
    give_up_at = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)


def test_a_request_sent_before_the_former_was_answered_is_answered_after_it(alice, sale, line, read_at_once):
    keys = [uuid.uuid4().hex for _ in range(4)]
    with psycopg.connect(sale.dsn) as holder:
        holder.execute("select 1 from room.items where item = %s for update", (sale.item,))
        line.send(claim_request(alice, sale, keys[0]))
        wait_until(lambda: len(read_at_once) == 1)
        line.send(claim_request(alice, sale, keys[1]))
        wait_until(lambda: len(read_at_once) == 2)
        line.send(claim_request(alice, sale, keys[2]) + claim_request(alice, sale, keys[3]))
        assert read_at_once[:2] == [True, False]
    answers = [line.answer() for _ in keys]
    assert [status for status, _ in answers] == [201] * 4
    by_key = dict(sale.ask("select key, attempt::text from room.answers where key = any(%s)", keys))
    assert [said["claim"] for _, said in answers] == [by_key[key] for key in keys]


def test_a_request_inside_another_is_never_taken_for_one(alice, sale, server):
    inner = claim_request(alice, sale, "smuggled")
    for outer in (
        f"POST /rooms/{alice.room}/claims HTTP/1.1\r\nhost: x\r\n{viewer_token(alice)}idempotency-key: o\r\ncontent-length: {len(inner)}\r\n\r\n",
        f"POST /rooms/{alice.room}/nothing HTTP/1.1\r\nx-a: ",
    ):
        line = Line(server.url)
        line.send(outer.encode(), inner)
        assert line.answer()[0] in (404, 405, 422)
    assert sale.ask("select 1 from room.answers where visitor = %s", alice.visitor) == []


def test_a_refusal_at_once_leaves_the_connection_ready(alice, sale, line, read_at_once):
    line.send(claim_request(alice, sale, "k1", body=b"{}"))
    assert line.answer()[0] == 422
    line.send(claim_request(alice, sale, "k2").replace(b"Bearer ", b"Bearer x", 1))
    assert line.answer()[0] == 401
    line.send(claim_request(alice, sale, "k3"))
    assert line.answer()[0] == 201
    assert read_at_once == [True, True, True]


def test_who_asks_to_close_is_answered_and_closed(alice, sale, line):
    line.send(claim_request(alice, sale, "c1"))
    assert line.answer()[0] == 201
    line.send(claim_request(alice, sale, "c2", more="connection: close\r\n"))
    assert line.answer()[0] == 201
    assert line.is_closed()


def test_a_room_nobody_has_asked_for_is_found_by_the_usual_way(alice, sale, line):
    request = claim_request(alice, sale, "k").replace(b"/claims HTTP", b"-nowhere/claims HTTP")
    line.send(request)
    assert line.answer()[0] in (403, 404)
    line.send(claim_request(alice, sale, "k"))
    assert line.answer()[0] == 201
