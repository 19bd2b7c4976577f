"""Who pays was told by when it ships: a promise (预售) stands on the card, from the start and when it begins or ends on air."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection

from kaibo.master.catalog import promising
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.compliance import disclosures
from kaibo.stages.live.services import labelling
from tests.make.live import NOW, go_on, make_item_on_sale, make_live_session


def labels(item_id):
    with connection.cursor() as cursor:
        cursor.execute("select labels from room.items where item = %s", [item_id])
        return cursor.fetchone()[0]


def told(item_id):
    """How often viewers were told of the item, and what they were told last."""
    with connection.cursor() as cursor:
        cursor.execute("select body->'labels' from room.events where kind = 'item' and body->>'item' = %s order by seq", [str(item_id)])
        return [one for (one,) in cursor.fetchall()]


def test_a_promise_stands_on_the_card_as_soon_as_the_item_is_put_on_sale(owner, shop):
    session = make_live_session(owner, shop)
    from kaibo.master.catalog.models import Product

    for product in Product.objects.all():
        promising.set_promise(actor=KAIBO, product_id=product.pk, days=3, now=NOW)
    assert labels(go_on(owner, session).item_id) == ["预售：付款后 3 天内发货"]


def test_a_promise_made_and_ended_on_air_changes_the_card_and_viewers_are_told_once_each(owner, shop):
    item = make_item_on_sale(owner, shop)
    before = len(told(item.pk))
    assert (labels(item.pk), labelling.refresh_labels(NOW)) == ([], 0)
    one = promising.set_promise(actor=KAIBO, product_id=item.sku.product_id, ships_on=date(2026, 12, 1), now=NOW)
    assert [labelling.refresh_labels(NOW), labelling.refresh_labels(NOW)] == [1, 0]
    assert labels(item.pk) == ["预售：2026-12-01 前发货"]
    promising.end_promise(actor=KAIBO, promise_id=one.pk, now=NOW + timedelta(minutes=5))
    assert [labelling.refresh_labels(NOW + timedelta(minutes=5)), labels(item.pk)] == [1, []]
    assert told(item.pk)[before:] == [["预售：2026-12-01 前发货"], []]


def test_a_promise_that_begins_tomorrow_is_not_said_today(owner, shop):
    item = make_item_on_sale(owner, shop)
    promising.set_promise(actor=KAIBO, product_id=item.sku.product_id, days=3, starts_at=NOW + timedelta(days=1), now=NOW)
    assert labelling.refresh_labels(NOW) == 0
    assert disclosures.card_labels(item.sku.product_id, NOW + timedelta(days=1)) == ["预售：付款后 3 天内发货"]
