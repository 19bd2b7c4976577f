"""Audit rows and the seals over them."""

from django.db import models


class AuditRow(models.Model):
    """One deed. Never updated but for its place in a seal; `leaf` is the hash of everything else in the row."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=80)
    deed = models.CharField(max_length=100)
    subject = models.CharField(max_length=120)
    shop_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    leaf = models.CharField(max_length=64)
    seal = models.ForeignKey("Seal", null=True, on_delete=models.PROTECT, related_name="rows")

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_subject"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(seal=None)),
            models.Index(fields=["-at"], name="audit_at"),
        ]


class Seal(models.Model):
    """A Merkle root over a batch of rows in id order, chained to the seal before it."""

    id = models.BigAutoField(primary_key=True)
    sealed_at = models.DateTimeField()
    row_count = models.PositiveIntegerField()
    first_row = models.BigIntegerField()
    last_row = models.BigIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    chain = models.CharField(max_length=64, unique=True)
