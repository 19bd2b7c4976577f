"""Stock set aside, items looked at again and again, and items nobody sold yet."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaibo.kit.ids import new_id
from kaibo.master.stock import queries as stock
from kaibo.master.stock import services as ledger
from kaibo.master.stock.models import Reservation
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.supply import locks, replenishing, rolling, services
from kaibo.stages.supply.ahead_models import RollingPlan, StockLock
from kaibo.stages.supply.models import Purchase
from tests.corpora import shared_data
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_actor, make_person
from tests.make.supply import make_purchase, make_quote

pytestmark = pytest.mark.django_db
TERMS = rolling.Terms(lead_days=3, review_days=7, minimum_units=10, pack_units=6, service_bp=9_500)


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


def units(sku):
    return {bucket.value: n for bucket, n in stock.levels_of([sku.pk])[sku.pk].items() if n and bucket.is_internal}


def lock(sku, quantity, now, *, hours=24, session_id=None, actor=KAIBO):
    return locks.lock_stock(
        actor=actor, sku_id=sku.pk, quantity=quantity, purpose="session" if session_id else "customer", who="周六大场", reason="爆款留货", session_id=session_id,
        expires_at=now + timedelta(hours=hours), now=now,
    )  # fmt: skip


def buy(sku, quantity, now):
    return ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, quantity=quantity, reference=f"order:{new_id()}", now=now)


# ── locks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_set_aside_cannot_be_bought_and_comes_back_by_the_clock(sku, now):
    make_stock(sku, 10)
    keeper = make_actor("keeper", "operations", shop=sku.product.shop)
    made = lock(sku, 8, now, actor=keeper)
    assert units(sku) == {"sellable": 2, "reserved": 8}
    with pytest.raises(StockShort):
        buy(sku, 3, now)
    assert locks.end_expired(now + timedelta(hours=23)) == 0
    assert locks.end_expired(now + timedelta(hours=24)) == 1
    made.refresh_from_db()
    assert (made.state, units(sku), Notice.objects.filter(person_id=keeper.person_id).count()) == ("expired", {"sellable": 10}, 1)
    assert locks.end_expired(now + timedelta(hours=25)) == 0
    assert buy(sku, 10, now + timedelta(hours=25))
    assert stock.differences() == []


def test_the_ledgers_own_clock_may_be_first_and_units_come_back_once(sku, now):
    make_stock(sku, 10)
    made = lock(sku, 8, now)
    assert ledger.release_expired(actor=KAIBO, now=now + timedelta(days=2)) == 1
    assert locks.end_expired(now + timedelta(days=2)) == 1
    made.refresh_from_db()
    assert (made.state, units(sku)) == ("expired", {"sellable": 10})


def test_given_back_early_with_a_reason_once(sku, now):
    make_stock(sku, 10)
    made = lock(sku, 8, now)
    with pytest.raises(locks.LockIncomplete):
        locks.release_lock(actor=KAIBO, lock_id=made.pk, reason=" ", now=now)
    assert locks.release_lock(actor=KAIBO, lock_id=made.pk, reason="客户取消", now=now) == 8
    with pytest.raises(locks.LockEnded):
        locks.release_lock(actor=KAIBO, lock_id=made.pk, reason="再放一次", now=now)
    assert units(sku) == {"sellable": 10}


def test_a_session_gets_what_was_kept_for_it_and_the_rest_stays_kept(sku, now):
    make_stock(sku, 10)
    tonight, other = new_id(), new_id()
    mine, theirs = lock(sku, 5, now, session_id=tonight), lock(sku, 4, now, session_id=other)
    assert locks.give_to_session(actor=KAIBO, session_id=tonight, sku_id=sku.pk, wanted=3, now=now) == 3
    assert units(sku) == {"sellable": 4, "reserved": 6}
    assert locks.give_to_session(actor=KAIBO, session_id=tonight, sku_id=sku.pk, wanted=9, now=now) == 2
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert ((mine.state, mine.used), (theirs.state, theirs.used), units(sku)) == (("used", 5), ("open", 0), {"sellable": 6, "reserved": 4})
    assert locks.give_to_session(actor=KAIBO, session_id=tonight, sku_id=sku.pk, wanted=9, now=now) == 0


def test_a_part_given_to_a_session_leaves_a_lock_that_still_ends_in_time(sku, now):
    make_stock(sku, 10)
    tonight = new_id()
    made = lock(sku, 5, now, session_id=tonight)
    locks.give_to_session(actor=KAIBO, session_id=tonight, sku_id=sku.pk, wanted=2, now=now)
    assert locks.release_lock(actor=KAIBO, lock_id=made.pk, reason="不用了", now=now) == 3
    assert units(sku) == {"sellable": 10}


@pytest.mark.parametrize(("hours", "who", "reason"), [(0, "A", "r"), (24 * 91, "A", "r"), (1, " ", "r"), (1, "A", " ")])
def test_a_lock_says_for_whom_why_and_until_when(sku, now, hours, who, reason):
    make_stock(sku, 10)
    with pytest.raises(locks.LockIncomplete):
        locks.lock_stock(actor=KAIBO, sku_id=sku.pk, quantity=1, purpose="customer", who=who, reason=reason, expires_at=now + timedelta(hours=hours), now=now)
    assert (StockLock.objects.count(), units(sku)) == (0, {"sellable": 10})


@pytest.mark.parametrize("role", ["service", "warehouse", "analyst"])
def test_who_may_not_lock_changes_nothing(sku, now, client, role):
    make_stock(sku, 10)
    standing, before = lock(sku, 2, now), AuditRow.objects.count()
    person = make_person("guest", role, shop=sku.product.shop)
    with pytest.raises(AbilityMissing):
        lock(sku, 1, now, actor=make_actor("guest", role, shop=sku.product.shop))
    client.force_login(person)
    assert client.post(reverse("supply:release-lock", args=[standing.pk]), {"reason": "x"}).status_code in {403, 404}
    assert client.post(reverse("supply:look-now", args=[sku.pk])).status_code in {403, 404}
    assert client.post(reverse("supply:set-rolling"), {"sku": str(sku.pk), "review_days": 7, "pack_units": 1}).status_code in {403, 404, 422}
    assert (StockLock.objects.filter(state="open").count(), units(sku), AuditRow.objects.count(), RollingPlan.objects.count()) == (1, {"sellable": 8, "reserved": 2}, before, 0)


@given(deeds=st.lists(st.tuples(st.sampled_from(["lock", "buy", "release", "expire", "session"]), st.integers(1, 7)), max_size=14))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_happens_nothing_locked_is_sold_elsewhere(sku, now, deeds):
    Reservation.objects.filter(sku=sku).delete()
    StockLock.objects.all().delete()
    there = units(sku)
    make_stock(sku, 20)
    total, bought = there.get("reserved", 0) + there.get("sellable", 0) + 20, there.get("reserved", 0)
    tonight, clock = new_id(), now
    for deed, n in deeds:
        standing = list(StockLock.objects.filter(state="open"))
        kept = sum(one.quantity - one.used for one in standing)
        left = total - bought - kept
        if deed in {"lock", "buy"}:
            try:
                lock(sku, n, clock, hours=n, session_id=tonight if n % 2 else None) if deed == "lock" else buy(sku, n, clock)
                assert n <= left
                bought += n if deed == "buy" else 0
            except StockShort:
                assert n > left
        elif deed == "release" and standing:
            locks.release_lock(actor=KAIBO, lock_id=standing[n % len(standing)].pk, reason="放", now=clock)
        elif deed == "expire":
            clock += timedelta(hours=n)
            locks.end_expired(clock)
        elif deed == "session":
            locks.give_to_session(actor=KAIBO, session_id=tonight, sku_id=sku.pk, wanted=n, now=clock)
        kept = sum(one.quantity - one.used for one in StockLock.objects.filter(state="open"))
        levels = stock.levels_of([sku.pk])[sku.pk]
        assert (levels.get(Bucket.RESERVED, 0), levels.get(Bucket.SELLABLE, 0)) == (bought + kept, total - bought - kept)


# ── rolling ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("missing", "ordered"), [(0, 0), (-3, 0), (1, 12), (10, 12), (12, 12), (13, 18)])
def test_orders_come_in_whole_packs_of_at_least_the_minimum(missing, ordered):
    assert rolling.in_packs(missing, minimum_units=10, pack_units=6) == ordered


def test_a_look_fills_up_what_is_there_and_on_its_way():
    steady = [5] * 28
    seen = rolling.look(steady, there=20, on_its_way=12, terms=TERMS)
    assert (seen.up_to, seen.missing, seen.units) == (50, 18, 18)
    assert rolling.look(steady, there=30, on_its_way=20, terms=TERMS).units == 0


def test_goods_come_after_the_lead_time_and_what_is_missing_is_not_sold():
    daily = [2] * 14 + [2, 2, 2, 30, 2, 2, 2, 2, 2, 2]
    terms = rolling.Terms(lead_days=2, review_days=1, minimum_units=1, pack_units=1, service_bp=9_500)
    course = rolling.go_through(daily, history_days=14, terms=terms, level=lambda past, days: 2 * days)
    # six to begin with, two ordered each morning from the second on, there two days later: two lie there when 30 are wanted
    assert (course.days, course.wanted, course.short_units, course.short_days, course.orders) == (10, 48, 28, 1, 9)


@given(st.lists(st.integers(0, 60), min_size=30, max_size=90), st.integers(1, 14), st.sampled_from([1, 7]))
def test_nothing_is_sold_that_is_not_there_and_every_missing_unit_is_counted(daily, lead, review):
    terms = rolling.Terms(lead, review, 5, 4, 9_500)
    for course in rolling.beside_naive(daily, history_days=28, terms=terms):
        assert 0 <= course.short_units <= course.wanted == sum(daily[28:])
        assert (course.short_units == 0) == (course.short_days == 0)
        assert course.mean_stock >= 0


def test_on_a_real_shops_year_rolling_runs_out_far_less_often_than_the_week_before_for_less_stock():
    path = shared_data("uci_online_retail/online_retail.parquet")
    rows = duckdb.sql(
        f"""WITH sold AS (SELECT StockCode AS item, InvoiceDate::date AS day, sum(Quantity)::int AS units FROM '{path}'
              WHERE Quantity > 0 AND InvoiceNo NOT LIKE 'C%' AND regexp_matches(StockCode, '^[0-9]{{5}}') GROUP BY 1, 2),
            most AS (SELECT item FROM sold GROUP BY 1 ORDER BY count(*) DESC, item LIMIT 60)
            SELECT item, day, units FROM sold JOIN most USING (item) ORDER BY 1, 2"""
    ).fetchall()
    first, last = min(day for _item, day, _units in rows), max(day for _item, day, _units in rows)
    series: dict[str, list[int]] = {}
    for item, day, sold in rows:
        series.setdefault(item, [0] * ((last - first).days + 1))[(day - first).days] = sold
    terms = rolling.Terms(lead_days=14, review_days=7, minimum_units=50, pack_units=10, service_bp=9_500)
    played = [rolling.beside_naive(daily, history_days=56, terms=terms) for daily in series.values()]
    ours, naive = ([pair[side] for pair in played] for side in (0, 1))
    assert len(played) == 60
    assert sum(one.short_days for one in ours) * 2 < sum(one.short_days for one in naive)
    assert sum(one.short_units for one in ours) * 2 < sum(one.short_units for one in naive)
    assert sum(one.mean_stock for one in ours) < sum(one.mean_stock for one in naive)


def sell(sku, count, at):
    reference = f"order:{new_id()}"
    ledger.reserve(actor=KAIBO, sku_id=sku.pk, warehouse_id=make_warehouse().pk, quantity=count, reference=reference, now=at)
    ledger.ship_reserved(actor=KAIBO, reference=reference, now=at)


def test_a_look_drafts_one_order_with_its_sum_and_the_next_counts_it_as_under_way(sku, now):
    make_stock(sku, 400)
    make_quote(sku)
    for back in range(1, 36):
        sell(sku, 10, now - timedelta(days=back))
    replenishing.set_plan(actor=KAIBO, sku_id=sku.pk, review_days=7, pack_units=20, is_on=True, now=now)
    assert replenishing.review_due(now) == 1
    made = Purchase.objects.get()
    assert (made.cause, made.state, made.quantity) == ("rolling", "draft", 100), "10 a day × 14 days − 50 there = 90, in packs of 20"
    assert "补到 140 件" in made.reason
    assert replenishing.review_due(now) == 0, "not due before its day"
    assert replenishing.review(actor=KAIBO, sku_id=sku.pk, now=now) is None, "the draft is under way"
    services.cancel_purchase(actor=KAIBO, purchase_id=made.pk, now=now)
    assert replenishing.review_due(now + timedelta(days=7)) == 1


def test_orders_under_way_count(sku, now):
    make_stock(sku, 400)
    make_quote(sku)
    for back in range(1, 36):
        sell(sku, 10, now - timedelta(days=back))
    make_purchase(sku, 90)
    replenishing.set_plan(actor=KAIBO, sku_id=sku.pk, review_days=7, pack_units=1, is_on=True, now=now)
    assert replenishing.review(actor=KAIBO, sku_id=sku.pk, now=now) is None
    assert RollingPlan.objects.get().result["on_its_way"] == 90


# ── new items ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def like(code, sold, weight=1):
    return rolling.Analogue(code, code, sold, 10_000, weight)


def test_a_new_item_is_forecast_from_items_like_it_with_an_interval():
    found = rolling.first_days([like(f"A{n}", n * 10) for n in range(1, 11)], days=28)
    assert (found.low, found.middle, found.high, found.is_thin) == (10, 50, 90, False)
    nearer = rolling.first_days([like("near", 200, 3), like("far", 10), like("farther", 20)], days=28)
    assert (nearer.low, nearer.middle, nearer.high, nearer.is_thin) == (10, 200, 200, True)
    assert rolling.first_days([], days=28) is None


def test_the_first_batch_is_small_and_comes_from_what_its_kind_sold_first(sku, shop, now, client):
    product, old = sku.product, now - timedelta(days=60)
    for place, sold in enumerate((14, 28, 56, 28, 28)):
        other = make_sku(make_product(shop, code=f"OLD-{place}"), code=f"OLD-{place}-M")
        make_stock(other, 500)
        sell(other, sold, old)
        sell(other, 300, old + timedelta(days=29))  # after its first days: not counted
    make_quote(sku)
    item = replenishing.plan_of(KAIBO, sku.pk, now)
    assert (item.first.low, item.first.middle, item.first.high, len(item.first.analogues)) == (14, 28, 56, 5)
    assert item.units == 50, "28 in 28 days × 14 days = 14, the supplier takes no fewer than 50"
    client.force_login(make_person("buyer", "operations", shop=product.shop))
    page = client.get(reverse("supply:rolling-item", args=[sku.pk])).content.decode()
    assert "OLD-2-M" in page
    for name in ("supply:rolling", "supply:locks"):
        assert client.get(reverse(name)).status_code == 200


def test_the_page_locks_and_says_so(sku, now, client):
    make_stock(sku, 10)
    client.force_login(make_person("boss", "operations", shop=sku.product.shop))
    until = date.today() + timedelta(days=5)
    sent = {"sku": str(sku.pk), "quantity": 4, "purpose": "customer", "who": "杭州林姐", "reason": "定金已付", "expires_at": f"{until}T12:00"}
    assert client.post(reverse("supply:locks"), sent).status_code in {200, 204, 302}
    assert [(one.who, one.quantity, one.state) for one in StockLock.objects.all()] == [("杭州林姐", 4, "open")]
    assert "杭州林姐" in client.get(reverse("supply:locks")).content.decode()
    assert client.post(reverse("supply:locks"), {**sent, "quantity": 40}).status_code == 409
