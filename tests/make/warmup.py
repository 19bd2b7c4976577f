"""Makers of announcements."""

from __future__ import annotations

from datetime import datetime

from kaibo.plumbing.access.actor import Actor
from kaibo.stages.showplan.models import Session
from kaibo.stages.warmup import services
from kaibo.stages.warmup.models import Announcement

CLEAN = "羊毛外套与针织专场，48 小时发货，七天无理由。"


def make_announcement(actor: Actor, session: Session, now: datetime, *, body: str = CLEAN) -> Announcement:
    return services.write_announcement(actor=actor, session_id=session.pk, headline="秋冬上新", body=body, offers="前 200 名满 300 减 30", now=now)
