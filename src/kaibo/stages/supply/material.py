"""What approved orders take of a supplier's material agreement 备料协议, and give back when they do not come (SUP-8)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Greatest

from kaibo.kit.clock import business_date
from kaibo.stages.supply.models import Agreement, Purchase


def draw(purchase: Purchase, now: datetime) -> None:
    """This function will take an approved order's units out of the material its supplier keeps ready, as far as that goes."""
    today = business_date(now)
    # lock: two approvals on the last units of one agreement take turns, each draws what the other left
    standing = Agreement.objects.select_for_update().filter(
        kind="material", supplier=purchase.supplier_id, sku=purchase.sku_id, ended_at=None, valid_from__lte=today, valid_until__gte=today
    ).first()  # fmt: skip
    units = min(purchase.quantity, standing.units - standing.drawn) if standing else 0
    if standing and units > 0:
        Agreement.objects.filter(pk=standing.pk).update(drawn=F("drawn") + units)
        Purchase.objects.filter(pk=purchase.pk).update(drawn_from=standing, drawn_units=units)


def give_back(purchase: Purchase, units_not_coming: int) -> int:
    """This function will give the material of units that will not come back to its agreement, and say how many those are."""
    units = min(purchase.drawn_units, units_not_coming)
    if units > 0:
        Agreement.objects.filter(pk=purchase.drawn_from_id).update(drawn=Greatest(F("drawn") - units, 0))
        Purchase.objects.filter(pk=purchase.pk).update(drawn_units=F("drawn_units") - units)
    return units
