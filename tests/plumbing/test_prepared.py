"""A prepared question is answered as the queryset would, for whoever asks, at the moment of asking; only its words are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from kaibo.master.people.models import Membership
from kaibo.master.shops.models import Shop
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import NOBODY, Actor
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.notices.notices import tell, unread_count
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _shops(actor: Actor) -> QuerySet[Shop]:
    return access.visible(Shop.objects.order_by("name"), actor, "pk")


def _told_lately(*, now: Any) -> QuerySet[Notice]:
    return Notice.objects.filter(created_at__gt=now - timedelta(hours=1), created_at__lte=now).order_by("key")


def test_a_question_is_built_once_and_asked_each_time(shop):
    built: list[int] = []

    def shops() -> QuerySet[Shop]:
        built.append(1)
        return Shop.objects.order_by("name")

    assert prepared.rows(shops) == [shop]
    second = make_shop(code="second", name="二店")
    with CaptureQueriesContext(connection) as queries:
        assert set(prepared.rows(shops)) == {shop, second}
    assert (len(built), len(queries)) == (1, 1)


def test_each_scope_has_an_answer_of_its_own(shop):
    other = make_shop(code="other", name="另一家")
    alice, otto, olga = (
        make_actor("alice", "owner"), make_actor("otto", "operations", shop=shop), make_actor("olga", "operations", shop=other)
    )  # fmt: skip
    for _ in range(2):
        assert set(prepared.rows(_shops, alice)) == {shop, other}
        assert prepared.rows(_shops, otto) == [shop]
        assert prepared.rows(_shops, olga) == [other]
        assert prepared.rows(_shops, NOBODY) == []


def test_rights_that_change_change_the_answer_at_once(shop):
    other = make_shop(code="other", name="另一家")
    before = Actor(person_id=None, name="otto", shop_ids=frozenset({shop.pk}))
    after = Actor(person_id=None, name="otto", shop_ids=frozenset({other.pk}))
    assert prepared.rows(_shops, before) == [shop]
    assert prepared.rows(_shops, after) == [other]
    without = Actor(person_id=None, name="a", abilities={"x": frozenset({shop.pk})})
    with_one = Actor(person_id=None, name="a", abilities={"x": frozenset({other.pk})})
    assert without.scope != with_one.scope


def test_a_moment_is_put_in_when_asked(shop):
    person = make_person("alice", "owner")
    for minutes in (0, 30, 90):
        tell([person.pk], key=f"k{minutes:02}", title="到了", now=NOW + timedelta(minutes=minutes))
    told = {m: [one.key for one in prepared.rows(_told_lately, now=NOW + timedelta(minutes=m))] for m in (0, 45, 61, 95)}
    assert told == {0: ["k00"], 45: ["k00", "k30"], 61: ["k30"], 95: ["k90"]}


def test_joined_rows_come_with_their_rows(shop):
    person = make_person("otto", "operations", shop=shop)

    def memberships(*, person_id: Any) -> QuerySet[Membership]:
        return Membership.objects.filter(person_id=person_id).select_related("person", "shop")

    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert [(one.person.account, one.shop) for one in prepared.rows(memberships, person_id=person.pk)] == [("otto", shop)]
        assert len(queries) == 1


def test_a_count_is_of_the_one_who_asks(shop):
    alice, bob = make_actor("alice", "owner"), make_actor("bob", "host", shop=shop)
    assert (unread_count(alice), unread_count(bob), unread_count(NOBODY)) == (0, 0, 0)
    tell([alice.person_id], key="a", title="到了", now=NOW)
    assert (unread_count(alice), unread_count(bob)) == (1, 0)


def test_what_can_have_no_rows_asks_nothing():
    with CaptureQueriesContext(connection) as queries:
        assert prepared.rows(lambda *, now: Notice.objects.filter(pk__in=[], created_at=now), now=NOW) == []
        assert prepared.count(lambda *, now: Notice.objects.filter(pk__in=[], created_at=now), now=NOW) == 0
    assert len(queries) == 0


def test_a_moment_cannot_be_used_for_more_than_comparing():
    with pytest.raises(AttributeError):
        prepared.rows(lambda *, now: Notice.objects.filter(created_at__gt=now.replace(hour=0)), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_threads_ask_through_their_own_connections():
    """A compiler bound to another thread's connection would fail, or answer from its transaction."""
    make_shop()
    alice = make_actor("alice", "owner")
    expected = prepared.rows(_shops, alice)
    found: list[list[Shop]] = []

    def ask() -> None:
        try:
            found.append(prepared.rows(_shops, alice))
        finally:
            connection.close()

    threads = [Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(expected) == 1
    assert found == [expected] * 4
