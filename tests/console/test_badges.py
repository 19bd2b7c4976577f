"""The sidebar's counts are right per person, never remembered, and cost one query for all stages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaibo.console import badges as counted
from kaibo.console import navigation as nav
from kaibo.plumbing.access.actor import NOBODY
from kaibo.plumbing.wiring import wiring
from kaibo.stages.listing.models import Listing
from tests.console.conftest import client_of
from tests.make.compliance import make_channel
from tests.make.goods import make_category, make_product
from tests.make.listing import make_listing
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def drafts(shop, other_shop):
    """Two drafts of listings in one shop, one in the other."""
    make_category()
    for place, code in ((shop, "A-1"), (shop, "A-2"), (other_shop, "B-1")):
        make_listing(make_product(place, code), make_channel(place, name=code))


def test_each_sees_what_waits_in_their_own_shops(drafts, shop, other_shop):
    assert Listing.objects.filter(state="draft").count() == 3
    assert counted.badges(make_actor("alice", "owner"), NOW)["listing"] == 3
    assert counted.badges(make_actor("otto", "operations", shop=shop), NOW)["listing"] == 2
    assert counted.badges(make_actor("olga", "operations", shop=other_shop), NOW)["listing"] == 1
    assert "listing" not in counted.badges(make_actor("hanna", "host", shop=shop), NOW)


def test_nobody_costs_no_query(db):
    with CaptureQueriesContext(connection) as queries:
        assert set(counted.badges(NOBODY, NOW).values()) <= {0}
    assert len(queries) <= 1


def test_all_stages_are_counted_in_one_query_whatever_waits(shop, drafts):
    alice = make_actor("alice", "owner")
    with CaptureQueriesContext(connection) as queries:
        found = counted.badges(alice, NOW)
    assert len(queries) == 1
    assert set(found) == {stage.key for stage in wiring().stages if stage.badge}


def test_nothing_is_remembered(shop, drafts):
    alice = make_actor("alice", "owner")
    assert counted.badges(alice, NOW)["listing"] == 3
    Listing.objects.filter(product__code="A-1").update(state="withdrawn")
    assert counted.badges(alice, NOW)["listing"] == 2


def test_a_badge_counts_no_further_than_it_says(shop, drafts, monkeypatch):
    monkeypatch.setattr(counted, "MOST", 2)
    alice = make_actor("alice", "owner")
    assert counted.badges(alice, NOW)["listing"] == 2


def test_the_sidebar_says_many_as_many(shop, monkeypatch):
    for waiting, said in ((0, "0"), (999, "999"), (1_000, "999+")):
        monkeypatch.setattr(nav, "badges", lambda actor, now, waiting=waiting: {"orders": waiting})
        sections = nav.navigation(make_actor(f"alice{waiting}", "owner"), path="/", now=NOW, is_english=False)
        assert next(entry.badge_words for section in sections for entry in section.entries if entry.key == "orders") == said


def test_home_asks_as_much_of_the_database_for_twenty_things_due_as_for_one(shop):
    make_category()
    channel = make_channel(shop)
    client = client_of(make_person("alice", "owner"))

    def home(rows: int) -> int:
        for number in range(Listing.objects.count(), rows):
            make_listing(make_product(shop, f"A-{number}"), channel)
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/").content.decode()
        assert page.count("due-time") - 1 == rows
        return len(queries)

    assert home(1) == home(20)
