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


def lots(now, count, first=100):
    return [LotReleased(lot_id=UUID(int=first + place), sku_id=UUID(int=2), quantity=5, released_at=now) for place in range(count)]


def test_many_facts_reach_their_handler_once_each_for_two_statements(now, django_assert_num_queries):
    with django_assert_num_queries(2):
        outbox.announce_many(lots(now, 40), now=now)
    assert outbox.deliver_waiting(now) == 40
    assert outbox.deliver_waiting(now) == 0
    assert Notice.objects.count() == 40
    assert outbox.differences() == []


def test_what_is_announced_singly_overtakes_a_bulk_that_is_worked_off(now):
    outbox.announce_many(lots(now, 120), now=now)
    outbox.announce_many(lots(now, 60, first=500), now=now)
    outbox.announce(released(now), now=now + dt.timedelta(seconds=1))
    due = sorted(Delivery.objects.values_list("next_try_at", flat=True))
    assert due[-1] == now + dt.timedelta(seconds=3)  # 120 in three seconds' worth, then 60 behind them in two more, the first of which is shared
    assert outbox.deliver_waiting(now + dt.timedelta(seconds=1)) == 101
    assert Notice.objects.filter(key=f"lot:{UUID(int=1)}").exists()
    assert sum(outbox.deliver_waiting(now + dt.timedelta(seconds=after)) for after in range(2, 9)) == 80
    assert outbox.differences() == []


def test_many_facts_roll_back_with_their_transaction(now):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.announce_many(lots(now, 3), now=now)
        raise ZeroDivisionError
    assert (OutboxFact.objects.count(), Delivery.objects.count()) == (0, 0)


def test_who_makes_thousands_a_second_can_ask_whether_anybody_listens():
    assert outbox.is_heard(LotReleased)
    assert not outbox.is_heard(MentionFlagged)


def test_a_fact_without_reactions_is_kept_and_needs_no_delivery(now):
    outbox.announce(MentionFlagged(mention_id=UUID(int=1), shop_id=None, answer_by=now), now=now)
    assert Delivery.objects.count() == 0
    assert OutboxFact.objects.get().payload["shop_id"] is None


@pytest.mark.parametrize("kind", ALL_FACTS)
def test_every_fact_survives_its_journey_through_json(kind, now):
    examples = {"UUID": UUID(int=3), "datetime": now, "str": "文", "int": 4, "tuple[str, ...]": ("一", "二"), "tuple[UUID, ...]": (UUID(int=1), UUID(int=2))}
    values = {field.name: examples[str(field.type).split(" |")[0]] for field in dataclasses.fields(kind)}
    fact = kind(**values)
    assert fact_from_json(kind, fact.as_json()) == fact
