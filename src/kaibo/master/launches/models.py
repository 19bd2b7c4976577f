"""Launches and the owner and date of each of their stages."""

from django.db import models

from kaibo.kit.ids import new_id


class Launch(models.Model):
    """Bringing one product to market."""

    class State(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        STOPPED = "stopped"

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    product = models.OneToOneField("catalog.Product", null=True, on_delete=models.PROTECT, related_name="launch")
    title = models.CharField(max_length=120)
    owner_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    on_air_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["state", "on_air_at"], name="launch_running")]


class LaunchStage(models.Model):
    """One stage of a launch: who owns it and by when it is due. Its colour is computed by the stage's gate."""

    id = models.BigAutoField(primary_key=True)
    launch = models.ForeignKey(Launch, on_delete=models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=16)
    owner_id = models.UUIDField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "stage"], name="one_row_per_launch_stage")]


class GateOverride(models.Model):
    """A red gate let through: asked by one person, confirmed by another, with a reason (SHW-10)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    launch = models.ForeignKey(Launch, on_delete=models.CASCADE, related_name="overrides")
    stage = models.CharField(max_length=16)
    reason = models.TextField()
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("asked_by")),
                name="override_needs_a_second_person",
            )
        ]
