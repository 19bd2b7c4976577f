"""What is kept about the cases of connected platforms: how far they were read, what could not be taken, what was strange, a day beside theirs."""

from __future__ import annotations

from django.db import models

from kaibo.kit.ids import new_id
from kaibo.stages.aftersales.merging import Strange


class CasePull(models.Model):
    """How far a channel's cases were read, and when it is its turn again. `trouble` is a kept sentence."""

    channel = models.OneToOneField("shops.Channel", on_delete=models.CASCADE, primary_key=True, related_name="case_pull")
    pulled_until = models.DateTimeField()
    pulled_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    taken = models.PositiveBigIntegerField(default=0)
    hinted_at = models.DateTimeField(null=True)
    """When the platform last pushed that something happened to its cases."""
    trouble = models.CharField(max_length=200, blank=True, default="")
    trouble_values = models.JSONField(default=dict)


class CaseRefusal(models.Model):
    """A case a platform showed us that could not be taken, and why: a kept sentence."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey("shops.Channel", on_delete=models.CASCADE, related_name="+")
    case_no = models.CharField(max_length=64)
    why = models.CharField(max_length=200)
    values = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "case_no"], name="one_refusal_per_case")]


class CaseAnomaly(models.Model):
    """Something a platform said of a case that cannot follow from what we knew: shown, told, never obeyed silently."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey("aftersales.Case", on_delete=models.CASCADE, related_name="anomalies")
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in Strange])
    known_state = models.CharField(max_length=20)
    raw_status = models.CharField(max_length=60)
    values = models.JSONField(default=dict)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "raw_status"], name="one_case_anomaly_of_a_kind"),
            models.CheckConstraint(condition=models.Q(kind__in=[kind.value for kind in Strange]), name="case_anomaly_kind_known"),
        ]
        indexes = [models.Index(fields=["-at"], name="case_anomalies_unseen", condition=models.Q(seen_at=None))]


class CaseGapReport(models.Model):
    """What a platform says of the cases that changed on a day beside what we have. `gaps`: case, both amounts, a kept sentence."""

    id = models.UUIDField(primary_key=True, default=new_id)
    channel = models.ForeignKey("shops.Channel", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    platform_cases = models.PositiveIntegerField()
    our_cases = models.PositiveIntegerField()
    platform_fen = models.BigIntegerField()
    our_fen = models.BigIntegerField()
    gaps = models.JSONField(default=list)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="one_case_report_per_day")]
