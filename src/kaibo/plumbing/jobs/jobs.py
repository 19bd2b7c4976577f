"""List and revive dead jobs. Jobs themselves are `@app.task` functions in each package's `jobs.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from kaibo.kit.errors import NotFound
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.outbox.models import Delivery


class JobNotDead(NotFound):
    code = "jobs.job_not_dead"
    message_zh = "这个任务不在失败列表里，可能已有人重试"
    message_en = "This job is not in the list of failed ones; somebody may have retried it"


@dataclass(frozen=True, slots=True)
class DeadWork:
    """Something that gave up: `kind` is job or delivery."""

    kind: str
    id: int
    title: str
    arguments: dict[str, Any]
    attempts: int
    error: str
    failed_at: datetime | None


def dead_work(actor: Actor) -> list[DeadWork]:
    """This function will list failed jobs and dead deliveries, newest first.   Raises: Forbidden."""
    access.require(actor, "console:job:see")
    failed = ProcrastinateJob.objects.filter(status="failed").order_by("-id")[:200]
    times = dict(ProcrastinateEvent.objects.filter(job__in=[job.pk for job in failed], type="failed").values_list("job_id", "at"))
    jobs = [DeadWork("job", job.pk, job.task_name, job.args, job.attempts, "", times.get(job.pk)) for job in failed]
    dead = Delivery.objects.filter(state=Delivery.State.DEAD).select_related("fact").order_by("-id")[:200]
    return jobs + [
        DeadWork("delivery", one.pk, f"{one.fact.name} → {one.handler}", one.fact.payload, one.attempts, one.last_error, one.next_try_at)
        for one in dead
    ]


@transaction.atomic
def retry_job(*, actor: Actor, job_id: int, now: datetime) -> None:
    """This function will put a failed job back into the queue.   Raises: Forbidden, JobNotDead."""
    access.require(actor, "console:job:retry")
    if not ProcrastinateJob.objects.filter(pk=job_id, status="failed").exists():
        raise JobNotDead
    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_retry_job_v2(%s, %s, NULL, NULL, NULL)", [job_id, now])
    audit.record(actor, "console:job:retry", subject=f"job:{job_id}", now=now)
