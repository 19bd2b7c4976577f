"""Polls: one vote each, counts that are the votes, whatever the crowd and however many processes."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.room import polls
from tests.room.house import Viewer, listen, make_sale, served
from tests.room.test_talk import until_true

OPTIONS = ("雾蓝", "燕麦", "炭黑")


def asked(sale, **more):
    return sale.do(polls.open_poll, room=sale.room, title="先讲哪个颜色？", options=OPTIONS, **more)


def counts(sale, poll):
    found = next(one for one in sale.do(polls.polls_of, room=sale.room) if one.poll == poll)
    return [one.votes for one in found.options]


def vote(viewer, poll, option):
    return viewer.post(f"polls/{poll}/votes", {"option": option})


def test_a_viewer_votes_once_and_is_answered_the_same_again(server, sale, alice, bob):
    poll = asked(sale)
    first, again, other = vote(alice, poll, 2), vote(alice, poll, 2), vote(alice, poll, 1)
    assert (first.status_code, first.json()) == (201, {"poll": str(poll), "option": 2})
    assert (again.status_code, again.json()) == (201, {"poll": str(poll), "option": 2})
    assert (other.status_code, other.json()["code"], other.json()["details"]["option"]) == (409, "already_voted", 2)
    assert vote(bob, poll, 3).status_code == 201
    assert counts(sale, poll) == [0, 1, 1]


def test_what_is_no_vote_changes_nothing(server, sale, alice, dsn):
    poll = asked(sale)
    elsewhere = make_sale(dsn)
    foreign = asked(elsewhere)
    codes = [
        (vote(alice, poll, 4).json()["code"], vote(alice, poll, 4).status_code), (vote(alice, uuid.uuid4(), 1).json()["code"], 0), (vote(alice, "x", 1).json()["code"], 0),
        (vote(alice, foreign, 1).json()["code"], 0), (vote(alice, poll, 0).json()["code"], 0),
    ]  # fmt: skip
    assert [code for code, _status in codes] == ["no_such_option", "no_such_poll", "no_such_poll", "no_such_poll", "not_readable"]
    assert httpx.post(f"{server.url}/rooms/{sale.room}/polls/{poll}/votes", json={"option": 1}).status_code == 401
    assert (counts(sale, poll), counts(elsewhere, foreign)) == ([0, 0, 0], [0, 0, 0])


def test_a_closed_or_expired_poll_takes_no_vote_and_keeps_its_result(server, sale, alice, bob):
    poll = asked(sale)
    vote(alice, poll, 1)
    assert sale.do(polls.close_poll, room=sale.room, poll=poll) is True
    assert sale.do(polls.close_poll, room=sale.room, poll=poll) is False
    late = vote(bob, poll, 2)
    assert (late.status_code, late.json()["code"]) == (409, "poll_closed")
    assert vote(alice, poll, 1).status_code == 201  # the vote that counted is still answered
    over = asked(sale, closes_at=datetime.now(UTC) + timedelta(hours=1))
    sale.ask("update room.polls set opened_at = now() - interval '2 s', closes_at = now() - interval '1 s' where poll = %s returning 1", over)
    assert vote(bob, over, 2).json()["code"] == "poll_closed"
    assert (sale.room, over) in sale.do(polls.due_polls)
    assert (counts(sale, poll), counts(sale, over)) == ([1, 0, 0], [0, 0, 0])


def test_results_are_told_while_they_come_in_and_at_the_end(server, sale, alice, bob):
    poll = asked(sale)
    after = listen(server.url, sale.room, after=0, until=lambda h: h[-1].kind == "poll")[-1].id
    vote(alice, poll, 2)
    live = listen(server.url, sale.room, after=after, until=lambda h: h[-1].kind == "poll")[-1]
    assert (live.data["state"], live.data["votes"]) == ("open", 1)
    vote(bob, poll, 2)
    sale.do(polls.close_poll, room=sale.room, poll=poll)
    last = listen(server.url, sale.room, after=live.id, until=lambda h: h[-1].data.get("state") == "closed")[-1]
    assert [(one["title"], one["votes"]) for one in last.data["options"]] == [("雾蓝", 0), ("燕麦", 2), ("炭黑", 0)]
    newcomer = httpx.get(f"{server.url}/rooms/{sale.room}").json()["polls"]
    assert [(one["state"], one["votes"]) for one in newcomer] == [("closed", 2)]


def test_two_processes_count_a_crowd_exactly_until_the_moment_of_closing(server, sale, dsn):
    """Each viewer votes in both processes at once; who was told 201 is counted, once, and nobody else is."""
    poll = asked(sale)
    with served(dsn) as second:
        viewers = [Viewer(server.url, sale.room) for _ in range(25)]
        barrier = threading.Barrier(2 * len(viewers) + 1)
        answers: list[tuple[str, int, int]] = []

        def go(viewer, url, option):
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {viewer.token}"}, timeout=20, verify=False) as http:
                barrier.wait()
                answer = http.post(f"/rooms/{sale.room}/polls/{poll}/votes", json={"option": option})
                answers.append((viewer.visitor, answer.status_code, option))

        threads = [
            threading.Thread(target=go, args=(viewer, url, 1 + (number + shift) % 3))
            for number, viewer in enumerate(viewers) for shift, url in enumerate((server.url, second.url))
        ]  # fmt: skip
        for one in threads:
            one.start()
        barrier.wait()
        sale.do(polls.close_poll, room=sale.room, poll=poll)
        for one in threads:
            one.join()
    accepted = Counter(option for _visitor, status, option in answers if status == 201)
    assert all(status in {201, 409} for _visitor, status, _option in answers)
    assert len({visitor for visitor, status, _option in answers if status == 201}) == accepted.total()
    assert counts(sale, poll) == [accepted[1], accepted[2], accepted[3]]
    assert sale.do(polls.differences) == []


def test_a_planted_miscount_is_found(sale):
    poll = asked(sale)
    sale.ask("update room.poll_options set votes = 7 where poll = %s and option = 2 returning 1", poll)
    assert sale.do(polls.differences) == [f"poll {poll} option 2: counted 7, votes 0"]
    sale.ask("update room.poll_options set votes = 0 where poll = %s and option = 2 returning 1", poll)


@pytest.fixture(scope="module")
def booth(dsn):
    with psycopg.connect(dsn) as connection:
        yield connection


BALLOTS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5), st.integers(1, 4)), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batches=st.lists(BALLOTS, min_size=1, max_size=4), closes_after=st.integers(0, 4))
def test_any_batches_count_as_if_each_vote_came_alone(booth, sale, batches, closes_after):
    """The model: the first valid vote of a visitor in an open poll counts; everything is answered by what counts."""
    with booth.transaction(force_rollback=True), booth.cursor() as cur:
        known = [polls.open_poll(cur, room=sale.room, title="?", options=OPTIONS) for _ in range(2)]
        model: dict[tuple[int, int], int] = {}
        is_open = True
        for number, batch in enumerate(batches):
            if number == closes_after and is_open:
                polls.close_poll(cur, room=sale.room, poll=known[0])
                is_open = False
            expected = []
            for place, visitor, option in batch:
                if option <= len(OPTIONS) and (place == 1 or is_open):
                    model.setdefault((place, visitor), option)
            for place, visitor, option in batch:
                counted = model.get((place, visitor))
                expected.append("voted" if counted == option else "already_voted" if counted else "no_such_option" if option > len(OPTIONS) else "poll_closed")
            cur.execute(
                "select no, result from room.cast_votes(%s::uuid[], %s::text[], %s::text[], %s::smallint[]) order by no",
                ([known[p] for p, _v, _o in batch], [sale.room] * len(batch), [f"v{v}" for _p, v, _o in batch], [o for _p, _v, o in batch]),
            )
            assert [result for _no, result in cur.fetchall()] == expected
        found = {one.poll: [option.votes for option in one.options] for one in polls.polls_of(cur, sale.room)}
        for place, poll in enumerate(known):
            tally = Counter(option for (where, _visitor), option in model.items() if where == place)
            assert found[poll] == [tally[1], tally[2], tally[3]]
        assert polls.differences(cur) == []


def test_a_flood_of_votes_is_answered_from_a_few_commits(server, sale):
    poll = asked(sale)
    viewers = [Viewer(server.url, sale.room) for _ in range(20)]
    threads = [threading.Thread(target=vote, args=(viewer, poll, 1)) for viewer in viewers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    until_true(lambda: counts(sale, poll) == [20, 0, 0])
