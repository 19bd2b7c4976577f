"""A push about an after-sales case: the case is read at once, and a push that comes twice, late or in between does no harm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from kaibo.config.wiring import REACTIONS
from kaibo.facts.flow import CasesHinted
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.simulator.world import Happening
from kaibo.stages.aftersales import case_pulling, platform_cases
from kaibo.stages.aftersales.handlers import read_hinted_cases
from kaibo.stages.aftersales.models import Case, CasePull
from kaibo.stages.orders.models import PullHint
from tests.stages.aftersales.test_platform_cases import simulated

pytestmark = pytest.mark.django_db
__all__ = ["simulated"]
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def shop(simulated):
    """Orders and cases read to their end a moment ago."""
    shop = simulated("douyin", orders=20)
    shop.connect()
    shop.pass_time(3_000)
    CasePull.objects.update(next_at=shop.now() + case_pulling.EVERY)
    return shop


def ask(shop):
    """A buyer asks for money; the push about it."""
    case = shop.platform.world.open_case(shop.order_at("paid"), 0, "before", 5_000)
    shop.platform.world.advance(shop.platform.world.now + 2)
    return case, *shop.platform.push([Happening("refund_asked", shop.platform.world.now, shop.platform.world.orders[case.order], case)])


def push(client, shop, headers, body):
    return client.post(reverse("orders:push", args=[shop.channel.pk]), body, content_type="application/json", headers={name: headers[name] for name in ("app-id", "event-sign")})


def test_a_genuine_push_about_a_case_is_announced_and_a_forged_one_is_not(client, shop):
    _case, headers, body = ask(shop)
    assert push(client, shop, headers, body.replace(b"aftersale", b"aftersa1e")).status_code == 403
    assert not OutboxFact.objects.filter(name=CasesHinted.name).exists()
    assert [push(client, shop, headers, body).status_code for _ in range(2)] == [200, 200]
    assert {fact["channel_id"] for fact in OutboxFact.objects.filter(name=CasesHinted.name).values_list("payload", flat=True)} == {str(shop.channel.pk)}
    assert (PullHint.objects.count(), REACTIONS[CasesHinted]) == (0, (read_hinted_cases,))


def test_a_hinted_case_is_read_at_once_and_twice_or_late_changes_nothing(shop):
    case, *_ = ask(shop)
    now = shop.now()
    assert case_pulling.pull_due(now) == 0
    hint = CasesHinted(channel_id=shop.channel.pk, hinted_at=now)
    for _ in range(2):
        read_hinted_cases(hint, now)
    assert case_pulling.pull_due(now) == 1
    assert Case.objects.filter(case_no=str(case.number)).count() == 1
    stands = list(Case.objects.order_by("pk").values())
    read_hinted_cases(hint, now + A_SECOND)
    assert case_pulling.pull_due(now + 3 * A_SECOND) == 0
    assert list(Case.objects.order_by("pk").values()) == stands


def test_a_push_while_cases_are_read_gives_another_turn_right_after(shop, monkeypatch):
    now = shop.now()
    CasePull.objects.update(next_at=now)
    monkeypatch.setattr(platform_cases, "link_waiting", lambda account, at: case_pulling.note_hint(account.pk, at + A_SECOND))
    case_pulling.pull_due(now)
    assert CasePull.objects.get().next_at < now + case_pulling.EVERY / 2


def test_a_channel_in_trouble_keeps_its_pause(shop):
    pause = shop.now() + A_SECOND * 30
    CasePull.objects.update(failures=2, next_at=pause)
    case_pulling.note_hint(shop.channel.pk, shop.now())
    assert CasePull.objects.get().next_at == pause
