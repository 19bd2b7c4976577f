"""Long lists are put in order by the database and read a page at a time; files and clocks ask once for all they speak of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kaibo.kit.clock import business_date, utc_now
from kaibo.master.catalog.models import BundleComponent
from kaibo.master.people.queries import actor_for
from kaibo.master.people.services import make_token
from kaibo.master.stock.services import parts_of
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.analytics import exports, queries
from kaibo.stages.analytics.figures import figure_rows
from kaibo.stages.compliance import rights, services
from kaibo.stages.compliance.models import IpRight
from kaibo.stages.selection import market_queries
from kaibo.stages.selection.models import AudienceCount, TrendPoint
from kaibo.stages.supply import queries as supply
from kaibo.stages.supply.models import SafetyLevel
from tests.make.analytics import make_ended_session, make_picture, make_snapshot
from tests.make.compliance import make_document
from tests.make.goods import make_lot, make_product, make_sku, make_stock
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db
INPUTS = {"days": 28, "mean_milli": 500, "deviation_milli": 100, "lead_days": 7, "service_bp": 9_500, "z_milli": 1_645}


@pytest.fixture
def shop():
    return make_shop()


@pytest.fixture
def client():
    owner = make_person("alice", "owner")
    actor = actor_for(owner)
    client = Client(headers={"authorization": f"Bearer {make_token(actor=actor, title='t', abilities=sorted(actor.abilities), now=utc_now())}"})
    client.force_login(owner)
    return client


def asked(work) -> int:
    with CaptureQueriesContext(connection) as queries_of_it:
        work()
    return len(queries_of_it)


def test_lines_stand_worst_first_and_a_part_reads_its_own_items(shop, client, monkeypatch):
    product = make_product(shop)
    for number in range(60):
        sku = make_sku(product, f"KB-{number:03}", f"{number} / M")
        SafetyLevel.objects.create(sku=sku, units=20, inputs=INPUTS | {"units": 20}, computed_at=utc_now())
        make_stock(sku, number + 1)  # the line is 10: nine stand below it
    lines = supply.Lines(KAIBO)
    assert lines.tally == (60, 9)
    assert [(one.sku.code, one.sellable, one.line, one.is_below) for one in lines[8:10]] == [("KB-008", 9, 10, True), ("KB-009", 10, 10, False)]
    assert [one.sku.code for one in lines] == [f"KB-{number:03}" for number in range(60)]
    assert (len(supply.Lines(make_actor("bob", "warehouse", shop=make_shop("other", "别的店")))), len(supply.Lines(KAIBO, only=sku.pk))) == (0, 1)
    read: list[int] = []
    sku_rows = supply.catalog.sku_rows
    monkeypatch.setattr(supply.catalog, "sku_rows", lambda ids: read.append(len(ids)) or sku_rows(ids))
    answer = client.get("/api/v1/supply/safety?page=2").json()
    assert (read, answer["count"], answer["items"][0]["item"]) == ([10], 60, "KB-050")
    assert client.get("/supply/").status_code == 200
    assert read == [10, 50]


def test_the_shelf_comes_in_pages(shop, client):
    sku = make_sku(make_product(shop))
    for number in range(60):
        make_stock(sku, 1, lot=make_lot(sku, f"L-{number:03}"))
    pages = [client.get(f"/supply/age?page={number}").content.decode() for number in (1, 2)]
    assert [sum(f">L-{number:03}<" in page for number in range(60)) for page in pages] == [50, 10]
    assert "60 个在架批次" in pages[1]


def test_words_too_short_to_be_tested_are_counted_and_read_only_where_they_are_asked_for(shop):
    monday = date(2026, 11, 16)
    points = [("长", week) for week in range(8)] + [(f"短 {number}", week) for number in range(5) for week in range(number + 1)]
    TrendPoint.objects.bulk_create(
        TrendPoint(shop=shop, kind="word", word=word, source="巨量算数", week_on=monday - timedelta(weeks=week), heat=1_000 - 100 * week) for word, week in points
    )
    words = market_queries.Words(KAIBO)
    assert ([one.trend.word for one in words.tested], words.short, len(words)) == (["长"], 5, 6)
    assert words.tested[0].heat == (300, 400, 500, 600, 700, 800, 900, 1_000)
    assert [(one.trend.word, one.heat, one.trend.course.value) for one in words[1:3]] == [("短 0", (1_000,), "too_short"), ("短 1", (900, 1_000), "too_short")]
    assert market_queries.trends_for(KAIBO) == words.tested


def test_an_audience_is_that_of_the_newest_collection(shop):
    AudienceCount.objects.bulk_create(
        AudienceCount(shop=shop, source="抖音", segment="all", question="年龄", option=option, people=people, asked=100, collected_on=date(2026, 11, day))
        for day, option, people in ((1, "18–23", 40), (8, "18–23", 30), (8, "24–30", 70), (1, "31–40", 60))
    )
    (row,) = market_queries.audience_for(KAIBO)
    assert (row.collected_on, [(one.option, one.parts[0].people) for one in row.options]) == (date(2026, 11, 8), [("24–30", 70), ("18–23", 30)])


def test_the_figures_of_many_sessions_are_those_of_each_and_asked_once(shop):
    def add(number: int) -> None:
        session = make_ended_session(shop, room=f"r-{number}", days_ago=number, title=f"场 {number}")
        make_snapshot(session, make_picture(room=f"r-{number}", gross_fen=1_000_000 + number))

    def lines():
        return list(exports.figures_between(KAIBO, None, None))

    for number in range(3):
        add(number)
    few = asked(lines)
    for number in range(3, 14):
        add(number)
    assert asked(lines) == few
    one_by_one = [
        line for row in queries.session_rows(KAIBO)
        for line in exports._lines_of(row, figure_rows(row.picture, queries.history_of(row.session), targets=queries.targets_for(row.session), platform=queries.platform_of(row.session.pk)))
    ]  # fmt: skip
    assert lines() == one_by_one and len(one_by_one) > 14 * 10


def test_who_was_reminded_is_not_told_again_but_somebody_new_is(shop):
    alice, today = make_person("alice", "owner"), business_date(utc_now())
    for number in range(6):
        make_document(shop, number=f"WT-{number}", kind="test_report", valid_until=today + timedelta(days=20 + number % 2), product=make_product(shop, f"KB-{number}", f"外套 {number}"))
        IpRight.objects.create(
            shop=shop, kind="trademark", title="林夏", number=f"TM-{number}", owner="林夏", valid_from=today - timedelta(days=900), valid_until=today - timedelta(days=1), added_by="a", added_at=utc_now(),
        )  # fmt: skip

    def remind():
        return services.remind_expiring(utc_now()), rights.remind_ending(utc_now())

    assert remind() == (6, 6)
    assert Notice.objects.filter(person_id=alice.pk).count() == 12
    assert asked(remind) <= 12
    new = make_person("su", "compliance", shop=shop)
    assert remind() == (6, 6)
    assert (Notice.objects.filter(person_id=alice.pk).count(), Notice.objects.filter(person_id=new.pk).count()) == (12, 12)


def test_the_parts_of_many_items_are_asked_once(shop):
    skus = [make_sku(make_product(shop, f"KB-{number}", f"外套 {number}"), f"KB-{number}-M") for number in range(4)]
    bundle = make_sku(make_product(shop, "SET", "套装"), "SET-1")
    for part in skus[:2]:
        BundleComponent.objects.create(bundle=bundle, component=part, quantity=2)
    with CaptureQueriesContext(connection) as once:
        found = parts_of([bundle.pk, skus[1].pk, skus[2].pk])
    assert (found, len(once)) == ({skus[0].pk, skus[1].pk, skus[2].pk}, 1)
