"""What an incident on air left to do: registered once, done once, by people of its shop."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kaibo.facts.flow import IncidentClosed
from kaibo.kit.ids import new_id
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.stages.risk import tasks
from kaibo.stages.risk.handlers import keep_incident_tasks
from kaibo.stages.risk.models import RiskTask
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


def closed(shop) -> IncidentClosed:
    return IncidentClosed(
        incident_id=new_id(), session_id=new_id(), shop_id=shop.pk, kind="network", title="断网", cause="路由器重启", follow_ups=("换路由器", "写进清单"), closed_at=NOW
    )


def test_an_incident_is_registered_once_and_its_tasks_are_done_once(owner, shop):
    fact = closed(shop)
    keep_incident_tasks(fact, NOW)
    keep_incident_tasks(fact, NOW)
    assert [one.text for one in tasks.open_tasks(owner)] == ["写进清单", "换路由器"]
    task = RiskTask.objects.get(text="换路由器")
    tasks.finish_task(actor=owner, task_id=task.pk, now=NOW)
    with pytest.raises(tasks.RiskTaskUnknown):
        tasks.finish_task(actor=owner, task_id=task.pk, now=NOW)
    assert [one.text for one in tasks.open_tasks(owner)] == ["写进清单"]


def test_others_neither_see_nor_finish_it(shop):
    keep_incident_tasks(closed(shop), NOW)
    task = RiskTask.objects.first()
    stranger = make_actor("stranger", "operations", shop=make_shop("elsewhere"))
    assert tasks.open_tasks(stranger) == []
    with pytest.raises(tasks.RiskTaskUnknown):
        tasks.finish_task(actor=stranger, task_id=task.pk, now=NOW)
    with pytest.raises(AbilityMissing):
        tasks.finish_task(actor=make_actor("hana", "host", shop=shop), task_id=task.pk, now=NOW)
    assert RiskTask.objects.filter(done_at=None).count() == 2
