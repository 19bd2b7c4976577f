"""Writes of the market board: a shop's own lines of the selling calendar."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Invalid
from kaibo.kit.ids import new_id
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.selection.models import Festival
from kaibo.stages.selection.permissions import RESEARCH


class OccasionBackwards(Invalid):
    code = "selection.occasion_backwards"
    message_zh = "结束日期不能早于开始日期"
    message_en = "An occasion cannot end before it starts"


@transaction.atomic
def set_occasion(
    *, actor: Actor, shop_id: UUID, key: str, title: str, starts_on: date, ends_on: date, lead_days: int, themes: str, is_hidden: bool, now: datetime
) -> Festival:
    """
    This function will put a shop's own line into the calendar, or its own date over one that comes with the program.

    Raises: Forbidden, OccasionBackwards.   Source: SEL-17.
    """
    access.require(actor, RESEARCH, shop_id=shop_id)
    if ends_on < starts_on:
        raise OccasionBackwards
    line, _is_new = Festival.objects.update_or_create(
        shop_id=shop_id, key=key or f"own-{new_id().hex[-12:]}", year=starts_on.year,
        defaults={"title": title.strip(), "starts_on": starts_on, "ends_on": ends_on, "lead_days": lead_days, "themes": themes.strip(), "is_hidden": is_hidden},
    )
    audit.record(
        actor, "selection:occasion:set", subject=f"occasion:{line.pk}", now=now, shop_id=shop_id,
        details={"key": line.key, "starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat(), "lead_days": lead_days, "is_hidden": is_hidden},
    )
    return line
