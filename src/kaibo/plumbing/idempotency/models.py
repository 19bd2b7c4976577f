"""Stored answers."""

from django.db import models


class StoredAnswer(models.Model):
    """What a write with a key was answered; written in the same commit as its effect."""

    id = models.BigAutoField(primary_key=True)
    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=120)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["at"], name="idempotency_at")]
