"""What became of held units, part by part."""

from django.db import models

from kaibo.kit.ids import new_id


class Settlement(models.Model):
    """
    Held units somebody decided on: what became of how many of them, and why. Taken back, it stays as it was with who took it back.
    `again` is the inspection of units that were reworked.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    custody = models.ForeignKey("supply.Custody", on_delete=models.PROTECT, related_name="settlements")
    outcome = models.CharField(max_length=8)
    units = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    settled_by = models.CharField(max_length=80)
    settled_by_id = models.UUIDField(null=True)
    settled_at = models.DateTimeField()
    again = models.ForeignKey("supply.Inspection", null=True, on_delete=models.PROTECT, related_name="+")
    undone_by = models.CharField(max_length=80, blank=True, default="")
    undone_at = models.DateTimeField(null=True)
    undone_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(units__gt=0), name="settlement_units_positive"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["released", "returned", "scrapped", "repeat"]), name="settlement_outcome_known"
            ),
        ]
