"""Each (fact, handler) pair takes effect exactly once, whatever fails and whoever else delivers."""

import dataclasses
import datetime as dt
from uuid import UUID

import pytest
from django.db import transaction

from kaibo.facts.fact import fact_from_json
from kaibo.facts.flow import ALL_FACTS, LotReleased, MentionFlagged
from kaibo.plumbing import wiring as wires
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import NOBODY
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.outbox import outbox
from kaibo.plumbing.outbox.models import Delivery, OutboxFact

pytestmark = pytest.mark.django_db
READER = UUID(int=7)
broken = {"is": False}


def tell_reader(fact, now):
    Notice.objects.create(person_id=READER, key=f"lot:{fact.lot_id}", title="批次已放行", created_at=now)
    if broken["is"]:
        raise RuntimeError("half way")


@pytest.fixture(autouse=True)
def wired(monkeypatch):
    broken["is"] = False
    monkeypatch.setattr(outbox, "wiring", lambda: dataclasses.replace(wires.wiring(), reactions={LotReleased: (tell_reader,)}))


def released(now):
    return LotReleased(lot_id=UUID(int=1), sku_id=UUID(int=2), quantity=5, released_at=now)


def test_an_announced_fact_reaches_its_handler_once(now):
    outbox.announce(released(now), now=now)
    assert outbox.deliver_waiting(now) == 1
    assert outbox.deliver_waiting(now) == 0
    assert Notice.objects.count() == 1
    assert outbox.differences() == []


def test_a_rolled_back_fact_was_never_announced(now):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.announce(released(now), now=now)
        raise ZeroDivisionError
    assert OutboxFact.objects.count() == 0


def test_a_failing_handler_leaves_no_half_effect_and_is_tried_again(now):
    broken["is"] = True
    outbox.announce(released(now), now=now)
    assert outbox.deliver_waiting(now) == 0
    assert Notice.objects.count() == 0
    broken["is"] = False
    assert outbox.deliver_waiting(now) == 0
    assert outbox.deliver_waiting(now + dt.timedelta(seconds=2)) == 1
    assert Notice.objects.count() == 1


def test_a_handler_that_never_works_is_shown_as_dead_and_can_be_revived(now, owner):
    broken["is"] = True
    outbox.announce(released(now), now=now)
    for minutes in range(outbox.MOST_ATTEMPTS):
        outbox.deliver_waiting(now + dt.timedelta(hours=minutes))
    dead = Delivery.objects.get(state="dead")
    assert dead.last_error == "RuntimeError: half way"
    assert len(outbox.differences()) == 1
    broken["is"] = False
    outbox.retry_dead(actor=owner, delivery_id=dead.pk, now=now)
    assert outbox.deliver_waiting(now) == 1
    assert outbox.differences() == []


def test_a_stranger_cannot_revive(now):
    broken["is"] = True
    outbox.announce(released(now), now=now)
    Delivery.objects.update(state="dead")
    with pytest.raises(AbilityMissing):
        outbox.retry_dead(actor=NOBODY, delivery_id=Delivery.objects.get().pk, now=now)
    assert Delivery.objects.get().state == "dead"


def test_a_fact_without_reactions_is_kept_and_needs_no_delivery(now):
    outbox.announce(MentionFlagged(mention_id=UUID(int=1), shop_id=None, answer_by=now), now=now)
    assert Delivery.objects.count() == 0
    assert OutboxFact.objects.get().payload["shop_id"] is None


@pytest.mark.parametrize("kind", ALL_FACTS)
def test_every_fact_survives_its_journey_through_json(kind, now):
    examples = {"UUID": UUID(int=3), "datetime": now, "str": "文", "int": 4}
    values = {field.name: examples[str(field.type).split(" |")[0]] for field in dataclasses.fields(kind)}
    fact = kind(**values)
    assert fact_from_json(kind, fact.as_json()) == fact
