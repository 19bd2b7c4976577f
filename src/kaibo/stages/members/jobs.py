"""Timed work: own orders become purchases, and members are scored again when something changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.members import services
from kaibo.stages.members.models import Member

AT_LEAST_DAILY = timedelta(hours=24)
"""Recency moves with the days even where nobody buys."""


def refresh(now: datetime) -> int:
    """This function will take own orders in and score the shops that changed or were last scored a day ago, and give how many shops."""
    changed = services.take_own_orders(now=now)
    scored = dict(Member.objects.filter(purchases__gt=0).values_list("shop").annotate(Max("scored_at")))
    due = {shop for shop, at in scored.items() if at is None or at <= now - AT_LEAST_DAILY}
    for shop in sorted(changed | due):
        services.score(actor=KAIBO, shop_id=shop, now=now)
    return len(changed | due)
