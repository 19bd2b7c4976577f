"""What incidents on air left to do: registered once, done by name (LIV-8)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.facts.flow import IncidentClosed
from kaibo.kit.errors import NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.risk.models import RiskTask
from kaibo.stages.risk.permissions import CLOSE


class RiskTaskUnknown(NotFound):
    code = "risk.task_unknown"
    message_zh = "没有这件待办，或已有人做完"
    message_en = "There is no such task, or somebody has done it"


def register_incident(fact: IncidentClosed) -> int:
    """This function will register each thing an incident left to do; the same fact again registers nothing."""
    tasks = [
        RiskTask(
            shop_id=fact.shop_id, incident_id=fact.incident_id, kind=fact.kind, incident_title=fact.title, cause=fact.cause, text=text, opened_at=fact.closed_at
        )
        for text in fact.follow_ups
    ]
    return len(RiskTask.objects.bulk_create(tasks, ignore_conflicts=True))


def open_tasks(actor: Actor, *, shop_id: UUID | None = None) -> list[RiskTask]:
    """This function will list what is left to do, oldest first."""
    found = RiskTask.objects.select_related("shop").filter(done_at=None).order_by("opened_at", "text")
    if not (actor.is_kaibo or actor.sees_all_shops):
        found = found.filter(shop__in=actor.shop_ids)
    return list(found.filter(shop=shop_id)[:50] if shop_id else found[:50])


@transaction.atomic
def finish_task(*, actor: Actor, task_id: UUID, now: datetime) -> RiskTask:
    """This function will note that something is done, once.   Raises: Forbidden, RiskTaskUnknown."""
    task = RiskTask.objects.filter(pk=task_id).first()
    if task is None or not actor.sees(task.shop_id):
        raise RiskTaskUnknown
    access.require(actor, CLOSE, shop_id=task.shop_id)
    if not RiskTask.objects.filter(pk=task_id, done_at=None).update(done_at=now, done_by_name=actor.name):
        raise RiskTaskUnknown
    audit.record(actor, "risk:task:finish", subject=f"task:{task_id}", now=now, shop_id=task.shop_id, details={"text": task.text})
    task.refresh_from_db()
    return task
