"""A call to a company goes where it was signed for, ends in time, and brings no more than asked for."""

from __future__ import annotations

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
