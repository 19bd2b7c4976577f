"""Stock-outs and courier trouble somebody deals with: what was known, what was done, what came of it (RSK-2)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kaibo.kit.ids import new_id


class SupplyIncident(models.Model):
    """
    A stock-out of an item or a courier's trouble, from the moment somebody takes it on until it is closed with what came of it.
    `subject_id` is the item, or the pause of the courier; a courier's trouble is no single shop's. `figures` is what was known then.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=8)
    shop = models.ForeignKey("shops.Shop", null=True, on_delete=models.PROTECT)
    subject_id = models.UUIDField()
    title = models.CharField(max_length=120)
    figures = models.JSONField(default=dict)
    owner_id = models.UUIDField(null=True)
    owner_name = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True, default="")
    outcome = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["stockout", "courier"]), name="supply_incident_kind_known"),
            models.CheckConstraint(condition=Q(closed_at=None) | ~Q(outcome=""), name="closed_supply_incident_says_what_came"),
            models.UniqueConstraint(fields=["kind", "subject_id"], condition=Q(closed_at=None), name="one_open_supply_incident"),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="supply_incidents_open", condition=Q(closed_at=None))]


class SupplyStep(models.Model):
    """One thing done about an incident, in words, with who and when."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(SupplyIncident, on_delete=models.CASCADE, related_name="steps")
    text = models.CharField(max_length=300)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
