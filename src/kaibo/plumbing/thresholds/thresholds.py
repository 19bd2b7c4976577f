"""Read and change thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from kaibo.kit.errors import NotFound
from kaibo.plumbing import prepared
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.once import asked_once, is_reading
from kaibo.plumbing.thresholds.models import ThresholdChange
from kaibo.plumbing.wiring import Threshold, wiring


class ThresholdUnknown(NotFound):
    code = "thresholds.unknown"
    message_zh = "没有“{key}”这个阈值"
    message_en = "There is no threshold “{key}”"


@dataclass(frozen=True, slots=True)
class InForce:
    """A threshold with the value that holds now."""

    threshold: Threshold
    value: int
    is_default: bool
    changed_by: str = ""
    changed_at: datetime | None = None


def value(key: str, *, shop_id: UUID | None = None) -> int:
    """
    This function will give a threshold's value in force: the shop's, else everybody's, else the default.

    Raises: ThresholdUnknown.
    """
    default = _declared(key)
    if shop_id is None and is_reading():
        return _changed_company_wide().get(key, default.value)
    in_force = dict(ThresholdChange.objects.filter(Q(shop_id=None) | Q(shop_id=shop_id), key=key).values_list("shop_id", "value"))
    return in_force.get(shop_id, in_force.get(None, default.value))


def values(*keys: str) -> dict[str, int]:
    """This function will give several company-wide values with one query."""
    if is_reading():
        changed = _changed_company_wide()
    else:
        changed = dict(ThresholdChange.objects.filter(key__in=keys, shop_id=None).values_list("key", "value"))
    return {key: changed.get(key, _declared(key).value) for key in keys}


@asked_once
def _changed_company_wide() -> dict[str, int]:
    """Every changed value at once: a reading asks for many, and there are never many rows."""
    return dict(prepared.rows(_company_wide))


def _company_wide() -> QuerySet[Any]:
    return ThresholdChange.objects.filter(shop_id=None).values_list("key", "value")


def _declared(key: str) -> Threshold:
    declared = wiring().thresholds().get(key)
    if declared is None:
        raise ThresholdUnknown(key=key)
    return declared


def all_in_force() -> list[InForce]:
    """This function will list every threshold with its company-wide value, in the order of the flow."""
    changed = {row.key: row for row in ThresholdChange.objects.filter(shop_id=None)}
    return [
        InForce(t, changed[t.key].value, False, changed[t.key].changed_by, changed[t.key].changed_at) if t.key in changed
        else InForce(t, t.value, True)
        for t in wiring().thresholds().values()
    ]


@transaction.atomic
def change(*, actor: Actor, key: str, new_value: int, now: datetime, reason: str = "", shop_id: UUID | None = None) -> None:
    """
    This function will change a threshold and record who, from what, to what and why.

    Raises: Forbidden, ThresholdUnknown.
    """
    access.require(actor, "console:threshold:change", shop_id=shop_id)
    before = value(key, shop_id=shop_id)
    ThresholdChange.objects.update_or_create(
        key=key, shop_id=shop_id, defaults={"value": new_value, "changed_at": now, "changed_by": actor.name}
    )
    audit.record(
        actor, "console:threshold:change", subject=f"threshold:{key}", now=now, shop_id=shop_id,
        details={"before": before, "after": new_value}, reason=reason,
    )
