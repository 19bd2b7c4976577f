"""A call to a company goes where it was signed for, ends in time, and brings no more than asked for."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kaibo.channels.calling import call
from kaibo.kit.payments import ChannelAway
from tests.channels.companies import Company, open_for_business


@pytest.fixture
def company():
    company = Company()
    answers = {
        "/moved": (307, {"location": "/elsewhere"}, b""),
        "/no": (409, {"X-Reason": "busy"}, b"no"),
        "/long": (200, {}, b"x" * 101),
        "/whole": (200, {}, b"x" * 100),
    }
    with open_for_business(company, lambda method, path, headers, body: answers.get(path, (200, {}, b"followed"))):
        yield company


def get(url, **more):
    return call("wechat", "GET", url, headers={"Authorization": "signed for this address"}, **{"seconds": 5.0} | more)


def test_a_redirect_is_an_answer_and_is_not_followed(company):
    answer = get(company.url + "/moved")
    assert (answer.status, answer.body) == (307, b"")


def test_a_no_is_an_answer_with_its_words(company):
    answer = get(company.url + "/no")
    assert (answer.status, answer.headers["x-reason"], answer.body) == (409, "busy", b"no")
    assert "busy" not in repr(answer)


def test_an_answer_that_is_too_long_is_none(company):
    assert len(get(company.url + "/whole", most_bytes=100).body) == 100
    with pytest.raises(ChannelAway):
        get(company.url + "/long", most_bytes=100)


def test_silence_and_nobody_there_are_the_same(company):
    company.mood = "silent"
    for url, seconds in ((company.url, 0.2), ("http://127.0.0.1:9", 5.0)):
        with pytest.raises(ChannelAway) as away:
            get(url, seconds=seconds)
        assert away.value.__cause__ is None


class Patient(BaseHTTPRequestHandler):
    """Keeps its connections open, but for one after which it hangs up without a word."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"x" * 101 if self.path == "/long" else self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/hang-up"

    def log_message(self, *_):
        return


@pytest.fixture
def patient():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Patient)
    server.arrived, accept = [], server.get_request

    def counted():
        server.arrived.append(1)
        return accept()

    close, server.hung_up = server.shutdown_request, threading.Event()

    def told_when_closed(request):
        close(request)
        server.hung_up.set()

    server.shutdown_request = told_when_closed
    server.get_request, server.url = counted, f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_calls_one_after_another_share_a_connection_and_a_closed_one_is_opened_anew(patient):
    assert [get(patient.url + path).body for path in ("/1", "/2", "/hang-up")] == [b"/1", b"/2", b"/hang-up"]
    assert len(patient.arrived) == 1
    assert patient.hung_up.wait(10)
    assert get(patient.url + "/4").body == b"/4" and len(patient.arrived) == 2


def test_what_was_left_of_a_too_long_answer_is_not_the_next_answer(patient):
    with pytest.raises(ChannelAway):
        get(patient.url + "/long", most_bytes=100)
    assert get(patient.url + "/5").body == b"/5"
