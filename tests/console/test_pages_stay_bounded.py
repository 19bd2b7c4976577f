"""Lists read what they show: as many queries for many rows as for few, pages of a known size, and nothing of a history that is not drawn."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kaibo.kit.clock import business_date, utc_now
from kaibo.kit.ids import new_id
from kaibo.master.people.queries import actor_for
from kaibo.master.people.services import make_token
from kaibo.stages.compliance import price_book, queries, rules
from kaibo.stages.compliance.models import ComparedPrice, HouseWord
from kaibo.stages.listing.models import DayFigures, Trial
from kaibo.stages.live.models import Incident, IncidentStep
from kaibo.stages.selection import market_queries
from kaibo.stages.selection.models import CompetitorSighting, Cooperation, CooperationSession, TrendPoint
from kaibo.stages.supply import safety_line
from kaibo.stages.supply.ahead_models import StockLock
from kaibo.stages.supply.models import Purchase, SafetyLevel
from tests.make.compliance import make_channel, make_document
from tests.make.goods import make_product, make_sku, make_warehouse
from tests.make.listing import make_listing
from tests.make.live import make_live_session
from tests.make.people import make_person, make_shop
from tests.make.selection import make_competitor, make_market
from tests.make.supply import make_quote, make_supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make_shop()


@pytest.fixture
def client(shop):
    owner = make_person("alice", "owner")
    actor = actor_for(owner)
    secret = make_token(actor=actor, title="t", abilities=sorted(actor.abilities), now=utc_now())
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.force_login(owner)
    return client


def queries_of(client: Client, page: str) -> int:
    assert client.get(page).status_code == 200, page  # what a process asks once is asked
    with CaptureQueriesContext(connection) as asked:
        client.get(page)
    return len(asked)


def grows(client: Client, page: str, add) -> tuple[int, int]:
    """The queries of a page for two things and for six."""
    for number in (1, 2):
        add(number)
    two = queries_of(client, page)
    for number in (3, 4, 5, 6):
        add(number)
    return two, queries_of(client, page)


def test_cooperations_over_the_api_ask_their_limits_once(client, shop):
    day = business_date(utc_now())

    def add(number: int) -> None:
        made = Cooperation.objects.create(
            shop=shop, kind="host", title=f"主播 {number}", commission_bp=2_000, slot_fee_fen=0, goods_margin_bp=5_000, starts_on=day, ends_on=day + timedelta(days=30),
            made_by="a", made_at=utc_now(),
        )  # fmt: skip
        CooperationSession.objects.create(cooperation=made, held_on=day, paid_fen=100, returned_fen=0, fee_fen=0, source="后台", said_by="a", said_at=utc_now())

    two, six = grows(client, "/api/v1/selection/cooperations", add)
    assert two == six
    assert len(client.get("/api/v1/selection/cooperations").json()) == 6


def test_trials_over_the_api_are_diagnosed_together(client, shop):
    now = utc_now()
    today = business_date(now)

    def add(number: int) -> None:
        listing = make_listing(make_product(shop, f"KB-{number}", f"外套 {number}"))
        DayFigures.objects.create(listing=listing, day=today, views=1_000 * number, clicks=10 * number, read_at=now)
        DayFigures.objects.create(listing=listing, day=today - timedelta(days=9), views=70_000, clicks=9, read_at=now)
        Trial.objects.create(listing=listing, shop=shop, state="running", audience="老客", first_day=today - timedelta(days=1), started_by="a", started_at=now, ends_at=now + timedelta(days=3))

    two, six = grows(client, "/api/v1/listing/trials", add)
    assert two == six
    shown = {rate["shown"] for one in client.get("/api/v1/listing/trials").json() for rate in one["rates"] if rate["metric"] == "click"}
    assert shown == {1_000, 2_000, 3_000, 4_000, 5_000, 6_000}  # days before the trial's first do not count


def test_playbooks_sum_incidents_up_without_their_timelines(client, shop):
    now = utc_now()

    def add(number: int) -> None:
        made = Incident.objects.create(
            id=new_id(), shop=shop, kind="network", title=f"断网 {number}", is_drill=True, key=f"k-{number}", started_at=now, started_by_name="a", announced=[], before={}, after={},
            ended_at=now + timedelta(seconds=90),
        )  # fmt: skip
        IncidentStep.objects.create(incident=made, place=1, role="operator", text="切备用线", due_at=now + timedelta(seconds=60), done_at=now + timedelta(seconds=30))

    two, six = grows(client, "/live/playbooks", add)
    assert two == six
    assert "90 秒" in client.get("/live/playbooks").content.decode()


def test_the_price_guard_asks_deals_for_the_rows_of_its_page_only(client, shop, monkeypatch):
    make_channel(shop)
    product = make_product(shop)
    skus = [make_sku(product, f"KB-{number:03}", f"{number} / M") for number in range(60)]
    ComparedPrice.objects.bulk_create(
        ComparedPrice(shop=shop, sku=sku, platform="douyin", struck_fen=69_900, price_fen=59_900, basis="lowest_deal", most_fen=69_900, deals=1, began_at=utc_now(), set_by="a") for sku in skus[:7]
    )
    asked: list[int] = []
    levels_of = price_book.levels_of

    def counted(sku_ids, platform, begins_at):
        asked.append(len(sku_ids))
        return levels_of(sku_ids, platform, begins_at)

    monkeypatch.setattr(price_book, "levels_of", counted)
    assert client.get("/compliance/prices").status_code == 200
    assert sorted(set(asked)) == [7, 50]  # those that stand struck, and the page
    asked.clear()
    assert client.get("/compliance/prices?page=2").status_code == 200
    assert sorted(set(asked)) == [7, 10]


def test_a_list_leaves_as_a_file_with_what_each_row_needs_asked_ahead(client, shop, monkeypatch):
    make_channel(shop)
    product = make_product(shop)
    for number in range(60):
        make_sku(product, f"KB-{number:03}", f"{number} / M")
    asked: list[int] = []
    levels_of = price_book.levels_of
    monkeypatch.setattr(price_book, "levels_of", lambda ids, platform, at: asked.append(len(ids)) or levels_of(ids, platform, at))
    answer = client.get("/tables/export?list=/compliance/prices&table=compliance.prices&format=csv")
    assert b"KB-059" in b"".join(answer.streaming_content)
    assert asked[-1] == 60  # the page's fifty first, then all rows of the file at once


def test_moves_of_competitors_read_two_sightings_each(shop):
    today = business_date(utc_now())
    market = make_market(shop)
    for number in (1, 2, 3):
        competitor = make_competitor(market, f"大衣 {number}", 50_000)
        CompetitorSighting.objects.filter(competitor=competitor).delete()
        CompetitorSighting.objects.bulk_create(
            CompetitorSighting(competitor=competitor, seen_on=today - timedelta(days=day), price_fen=50_000 - day * 100, sales=1_000 - day, points="") for day in range(40)
        )
    with CaptureQueriesContext(connection) as asked:
        moves = market_queries.moves_between([market], today - timedelta(days=14), today + timedelta(days=1))
    (sql,) = (one["sql"] for one in asked)
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, format json) {sql}")
        plan = json.dumps(cursor.fetchone()[0])
    assert "one_sighting_a_day" in plan and '"Seq Scan", "Parallel Aware": false, "Async Capable": false, "Relation Name": "selection_competitorsighting"' not in plan
    assert {(one.seen_on, one.before_on, one.price_fen, one.was_price_fen) for one in moves} == {(today, today - timedelta(days=15), 50_000, 48_500)}


def test_locks_are_paged_and_their_units_are_those_of_all(client, shop):
    now = utc_now()
    sku, warehouse = make_sku(make_product(shop)), make_warehouse()
    StockLock.objects.bulk_create(
        StockLock(
            shop=shop, sku=sku, warehouse=warehouse, quantity=10, used=1, purpose="customer", who=f"客户 {number}", reason="定金", reference=f"lock:{uuid4()}", expires_at=now + timedelta(hours=number + 1),
            locked_by="a", locked_at=now, state="open",
        )
        for number in range(60)
    )  # fmt: skip
    first, second = (client.get(f"/supply/locks?page={number}").content.decode() for number in (1, 2))
    assert (first.count("客户 "), second.count("客户 ")) == (50, 10)
    assert "540" in first and "锁了 60 次" in first
    assert "客户 59" in second


def test_suppliers_come_in_pages_and_the_one_asked_for_is_found(client, shop):
    suppliers = [make_supplier(f"s{number:02}", f"供应商 {number:02}") for number in range(60)]
    pages = [client.get(f"/supply/suppliers?page={number}").content.decode() for number in (1, 2, 3)]
    assert [sum(f"<b>供应商 {number:02}</b>" in page for number in range(60)) for page in pages] == [25, 25, 10]
    assert "<b>供应商 59</b>" in pages[2]
    assert "供应商 59" in client.get(f"/supply/suppliers?supplier={suppliers[59].pk}").content.decode()


def test_suppliers_show_a_few_quotes_and_all_of_one_that_is_asked_for(client, shop):
    product, supplier = make_product(shop), make_supplier()
    for number in range(8):
        make_quote(make_sku(product, f"KB-{number}", f"{number} / M"), supplier=supplier)
    page = client.get("/supply/suppliers").content.decode()
    assert page.count('<td>KB-') == 3 and "另有 5 个货号的报价" in page
    assert client.get(f"/supply/suppliers?supplier={supplier.pk}").content.decode().count('<td>KB-') == 8


def test_the_pages_of_a_supplier_ask_the_same_for_many_quotes(client, shop):
    product, supplier, other = make_product(shop), make_supplier(), make_supplier("b", "乙")

    def add(number: int) -> None:
        sku = make_sku(product, f"KB-{number}", f"{number} / M")
        make_quote(sku, supplier=supplier)
        make_quote(sku, supplier=other, price_fen=20_000)

    two, six = grows(client, f"/supply/suppliers/{supplier.pk}", add)
    assert two == six
    assert queries_of(client, "/supply/suppliers") <= 26


def test_words_beyond_the_first_hundred_are_found(client):
    now = utc_now()
    HouseWord.objects.bulk_create(
        HouseWord(word=f"敏感{number:03}", plain=f"敏感{number:03}", severity="block", surfaces=["title"], source="本店", added_by="a", added_at=now - timedelta(minutes=number)) for number in range(120)
    )
    first = client.get("/compliance/words").content.decode()
    assert (first.count("<b>敏感"), client.get("/compliance/words?page=2").content.decode().count("<b>敏感")) == (100, 20)
    assert "敏感119" in client.get("/compliance/words?q=感119").content.decode()


def test_a_cell_of_the_matrix_looks_at_its_products_own_papers(shop, monkeypatch):
    make_channel(shop)
    products = [make_product(shop, f"KB-{number}", f"外套 {number}") for number in range(4)]
    for number, product in enumerate(products):
        for kind in range(3):
            make_document(shop, "test_report", f"WT-{number}-{kind}", product=product)
    make_document(shop, "business_licence", "91330")
    make_channel(shop, platform="taobao")
    judged: list[str] = []
    standing_of = rules.standing_of
    monkeypatch.setattr(rules, "standing_of", lambda held, *rest, **named: judged.append(held.number) or standing_of(held, *rest, **named))
    cells = queries.matrix_for([one.pk for one in products], utc_now())
    assert {len(found) for found in cells.values()} == {2}
    assert sorted(judged) == sorted(["91330", *(f"WT-{number}-{kind}" for number in range(4) for kind in range(3))])  # each once, at whatever places




def test_a_look_at_all_lines_writes_nothing_while_nothing_crosses_its_line(shop):
    product, now = make_product(shop), utc_now()
    inputs = {"days": 28, "mean_milli": 0, "deviation_milli": 0, "lead_days": 7, "service_bp": 9_500, "z_milli": 1_645, "units": 0}

    def asked_for(numbers: range) -> int:
        for number in numbers:
            SafetyLevel.objects.create(sku=make_sku(product, f"KB-{number}", f"{number} / M"), units=0, inputs=inputs, computed_at=now)
        safety_line.watch_lines(now)  # those without stock at a line of nothing stand where they stood
        with CaptureQueriesContext(connection) as asked:
            safety_line.watch_lines(now)
        assert not [one["sql"] for one in asked if one["sql"].startswith("UPDATE")]
        return len(asked)

    assert asked_for(range(3)) == asked_for(range(3, 12))


def test_an_item_newly_below_its_line_is_noted_once(shop):
    sku, now = make_sku(make_product(shop)), utc_now()
    make_quote(sku)
    inputs = {"days": 28, "mean_milli": 2_000, "deviation_milli": 900, "lead_days": 7, "service_bp": 9_500, "z_milli": 1_645, "units": 20}
    SafetyLevel.objects.create(sku=sku, units=20, inputs=inputs, computed_at=now)
    safety_line.watch_lines(now)
    safety_line.watch_lines(now)
    assert Purchase.objects.filter(sku=sku, cause="safety_line").count() == 1
    assert SafetyLevel.objects.get(sku=sku).is_below


def test_trends_over_the_api_come_in_pages(client, shop):
    day = business_date(utc_now())
    TrendPoint.objects.bulk_create(
        TrendPoint(shop=shop, kind="word", word=f"词 {number}", source="巨量算数", week_on=day - timedelta(weeks=week), heat=100 + week) for number in range(60) for week in range(2)
    )
    answer = client.get("/api/v1/selection/trends").json()
    assert (len(answer["items"]), answer["count"]) == (50, 60)


def test_why_a_figure_stands_where_it_stands_can_be_asked(client, shop):
    session = make_live_session(actor_for(make_person("bob", "owner")), shop)
    assert client.get(f"/live/{session.pk}/figure/viewers").status_code == 200
    assert client.get(f"/live/{session.pk}/figure/nothing").status_code == 404
