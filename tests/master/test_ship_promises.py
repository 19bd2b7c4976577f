"""Promises of shipping: days or a date, never two at once, ended and taken up again, only by who may."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kaibo.master.catalog import promises, promising
from kaibo.master.catalog.models import ShipPromise
from kaibo.plumbing.access.access import Forbidden
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from tests.make.goods import NOW, make_product
from tests.make.people import make_actor, make_shop

DAY = timedelta(days=1)


@pytest.fixture
def coat(shop):
    return make_product(shop)


def promised(product, now=NOW, actor=KAIBO, **said):
    return promising.set_promise(actor=actor, product_id=product.pk, now=now, **said)


def by(product, paid_at):
    return promises.ship_by_of([product.pk], paid_at)[product.pk]


def test_days_count_from_payment_and_only_while_the_promise_runs(coat):
    promised(coat, days=3, starts_at=NOW + DAY, ends_at=NOW + 5 * DAY)
    moments = [NOW, NOW + DAY, NOW + 5 * DAY - timedelta(seconds=1), NOW + 5 * DAY]
    assert [by(coat, one) for one in moments] == [None, NOW + 4 * DAY, NOW + 8 * DAY - timedelta(seconds=1), None]


def test_a_date_that_lies_before_payment_means_the_usual_hours(coat):
    promised(coat, ships_on=date(2026, 11, 23))
    last = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)
    assert [by(coat, one) for one in (NOW, last - timedelta(seconds=1), last)] == [last, last, None]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({}, promising.PromiseUnclear), ({"days": 3, "ships_on": date(2026, 12, 1)}, promising.PromiseUnclear), ({"days": 0}, promising.PromiseUnclear),
        ({"days": 61}, promising.PromiseUnclear), ({"ships_on": date(2026, 11, 21)}, promising.PromiseUnclear), ({"ships_on": date(2027, 1, 22)}, promising.PromiseUnclear),
        ({"days": 3, "starts_at": NOW - timedelta(seconds=1)}, promising.PromiseDatesWrong), ({"days": 3, "ends_at": NOW}, promising.PromiseDatesWrong),
    ],
)  # fmt: skip
def test_what_is_unclear_or_ends_before_it_begins_is_refused(coat, said, refusal):
    with pytest.raises(refusal):
        promised(coat, **said)
    assert ShipPromise.objects.count() == 0


def test_two_promises_of_one_product_never_run_at_once(coat, shop):
    promised(coat, days=3, starts_at=NOW + 2 * DAY, ends_at=NOW + 4 * DAY)
    for span in ({}, {"ends_at": NOW + 2 * DAY + timedelta(seconds=1)}, {"starts_at": NOW + 4 * DAY - timedelta(seconds=1)}):
        with pytest.raises(promising.PromiseOverlaps):
            promised(coat, days=5, **span)
    promised(coat, days=5, ends_at=NOW + 2 * DAY)
    promised(coat, days=7, starts_at=NOW + 4 * DAY)
    promised(make_product(shop, "KB-9", "围巾"), days=5)
    assert sorted(ShipPromise.objects.filter(product=coat).values_list("days", flat=True)) == [3, 5, 7]


@pytest.mark.parametrize("said", [{"days": 3, "ships_on": date(2026, 12, 1)}, {}, {"days": 61}, {"days": 3, "ends_at": NOW}])
def test_the_database_refuses_what_the_service_refuses(coat, said):
    with pytest.raises(IntegrityError), transaction.atomic():
        ShipPromise.objects.create(product=coat, starts_at=NOW, made_by="x", made_at=NOW, **said)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_promise_at_once_make_one_promise():
    coat, both, outcomes = make_product(make_shop()), threading.Barrier(2), []

    def promise(days):
        both.wait(10)
        try:
            promised(coat, days=days, ends_at=NOW + DAY)  # an end, so that only the lock keeps them apart
            outcomes.append("made")
        except promising.PromiseOverlaps:
            outcomes.append("overlaps")
        finally:
            connection.close()

    people = [threading.Thread(target=promise, args=[days]) for days in (3, 5)]
    for one in people:
        one.start()
    for one in people:
        one.join(30)
    assert sorted(outcomes) == ["made", "overlaps"]
    assert ShipPromise.objects.count() == 1


def test_a_promise_ended_by_mistake_is_taken_up_again_unless_another_took_its_place(coat):
    one = promised(coat, days=3)
    promising.end_promise(actor=KAIBO, promise_id=one.pk, now=NOW + DAY)
    with pytest.raises(promising.PromiseOver):
        promising.end_promise(actor=KAIBO, promise_id=one.pk, now=NOW + DAY)
    assert by(coat, NOW + DAY) is None
    promising.resume_promise(actor=KAIBO, promise_id=one.pk, now=NOW + 2 * DAY)
    assert by(coat, NOW + 2 * DAY) == NOW + 5 * DAY
    promising.end_promise(actor=KAIBO, promise_id=one.pk, now=NOW + 3 * DAY)
    promised(coat, now=NOW + 3 * DAY, days=7)
    with pytest.raises(promising.PromiseOverlaps):
        promising.resume_promise(actor=KAIBO, promise_id=one.pk, now=NOW + 4 * DAY)
    assert by(coat, NOW + 4 * DAY) == NOW + 11 * DAY
    assert list(AuditRow.objects.filter(deed__startswith="catalog:promise").order_by("pk").values_list("deed", flat=True)) == [
        "catalog:promise:set", "catalog:promise:end", "catalog:promise:resume", "catalog:promise:end", "catalog:promise:set",
    ]


def test_who_may_not_promise_changes_nothing(coat, shop):
    one = promised(coat, days=3)
    for role in ("host", "warehouse", "analyst"):
        stranger = make_actor(role, role, shop=shop)
        with pytest.raises(Forbidden):
            promised(coat, actor=stranger, days=5, starts_at=NOW + DAY)
        with pytest.raises(Forbidden):
            promising.end_promise(actor=stranger, promise_id=one.pk, now=NOW)
        with pytest.raises(Forbidden):
            promising.resume_promise(actor=stranger, promise_id=one.pk, now=NOW)
    elsewhere = make_actor("eve", "operations", shop=make_shop("other", "别家"))
    with pytest.raises(promising.PromiseUnknown):
        promising.end_promise(actor=elsewhere, promise_id=one.pk, now=NOW)
    assert list(ShipPromise.objects.values_list("days", "ended_at")) == [(3, None)]
    assert AuditRow.objects.filter(deed__startswith="catalog:promise").count() == 1
