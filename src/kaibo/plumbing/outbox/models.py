"""The outbox and its deliveries."""

from django.db import models

from kaibo.kit.ids import new_id


class OutboxFact(models.Model):
    """A fact on its way to the handlers that react to it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=80)
    payload = models.JSONField()
    announced_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["announced_at"], name="outbox_announced")]


class Delivery(models.Model):
    """One fact for one handler. `waiting` until its effect is committed in the same transaction as `done`."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    fact = models.ForeignKey(OutboxFact, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=160)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    last_error = models.TextField(blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "handler"], name="one_delivery_per_handler")]
        indexes = [models.Index(fields=["next_try_at"], name="outbox_waiting", condition=models.Q(state="waiting"))]
