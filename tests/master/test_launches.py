"""The launch board: every gate asked once for all launches, red ones let through only by two people."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaibo.master.launches import queries, rules, services
from kaibo.master.launches.models import GateOverride, Launch, LaunchStage
from kaibo.plumbing.access.access import AbilityMissing, OtherShop
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db


def begin(owner, shop, now, title="短款羊毛双面呢外套"):
    return services.begin_launch(
        actor=owner, shop_id=shop.pk, title=title, owner_id=owner.person_id, now=now, on_air_at=now + dt.timedelta(days=20)
    )


def test_a_launch_is_planned_backwards_from_its_broadcast(owner, shop, now):
    launch = begin(owner, shop, now)
    dates = dict(LaunchStage.objects.filter(launch=launch).values_list("stage", "due_at"))
    assert len(dates) == 12
    assert dates["warmup"] == launch.on_air_at - dt.timedelta(days=3)
    assert dates["orders"] == launch.on_air_at + dt.timedelta(days=2)


def test_the_board_asks_a_constant_number_of_queries(owner, shop, now):
    begin(owner, shop, now)
    with CaptureQueriesContext(connection) as one:
        assert len(queries.board(owner, now)) == 1
    for number in range(9):
        begin(owner, shop, now, f"上新 {number}")
    with CaptureQueriesContext(connection) as ten:
        assert len(queries.board(owner, now)) == 10
    assert len(ten) == len(one)


def test_a_person_of_another_shop_does_not_see_the_launch(owner, shop, now):
    launch = begin(owner, shop, now)
    stranger = make_actor("zoe", "operations", shop=make_shop("other", "别家店"))
    assert queries.board(stranger, now) == []
    with pytest.raises(queries.LaunchUnknown):
        queries.launch_for(stranger, launch.pk)
    with pytest.raises(queries.LaunchUnknown):
        services.ask_override(actor=stranger, launch_id=launch.pk, stage="supply", reason="急", now=now)
    assert GateOverride.objects.count() == 0


@pytest.mark.parametrize(("role", "error"), [("host", AbilityMissing), ("warehouse", AbilityMissing)])
def test_wrong_roles_cannot_begin_a_launch(shop, now, role, error):
    actor = make_actor("bob", role, shop=shop)
    with pytest.raises(error):
        begin(actor, shop, now)
    assert Launch.objects.count() == 0


def test_the_right_role_in_another_shop_is_told_so(shop, now):
    actor = make_actor("bob", "operations", shop=make_shop("other", "别家店"))
    with pytest.raises(OtherShop):
        begin(actor, shop, now)
    assert Launch.objects.count() == 0


def test_a_red_gate_is_let_through_by_a_second_person_once(owner, shop, now):
    launch = begin(owner, shop, now)
    bob = make_actor("bob", "operations", shop=shop)
    asked = services.ask_override(actor=owner, launch_id=launch.pk, stage="supply", reason="批次今晚到", now=now)
    with pytest.raises(rules.SamePersonTwice):
        services.confirm_override(actor=owner, override_id=asked.pk, now=now)
    services.confirm_override(actor=bob, override_id=asked.pk, now=now)
    with pytest.raises(services.OverrideDecided):
        services.confirm_override(actor=bob, override_id=asked.pk, now=now)
    cell = next(c for c in queries.board(owner, now)[0].cells if c.stage == "supply")
    assert cell.is_overridden


def test_an_override_needs_a_reason(owner, shop, now):
    launch = begin(owner, shop, now)
    with pytest.raises(rules.ReasonMissing):
        services.ask_override(actor=owner, launch_id=launch.pk, stage="supply", reason="  ", now=now)
    assert GateOverride.objects.count() == 0


def test_lateness_is_said_in_days_and_hours(now):
    assert rules.lateness([], now).zh == "按期"
    assert rules.lateness([now + dt.timedelta(hours=3, minutes=20)], now).zh == "剩 3 小时"
    assert rules.lateness([now - dt.timedelta(days=2, hours=1)], now).zh == "逾期 2 天"
    assert rules.lateness([now - dt.timedelta(hours=1)], now).zh == "今天逾期"
