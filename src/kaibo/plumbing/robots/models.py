"""Robots in groups, and what is to be said there."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kaibo.kit.ids import new_id


class Robot(models.Model):
    """A robot in a group. `topics` are what it is told of; an alert with the same key within `quiet_minutes` is not said again."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    sealed_settings = models.BinaryField()
    topics = ArrayField(models.CharField(max_length=12), default=list)
    quiet_minutes = models.PositiveIntegerField(default=30)
    is_on = models.BooleanField(default=True)
    silent_until = models.DateTimeField(null=True)
    trouble_zh = models.CharField(max_length=200, blank=True, default="")
    trouble_en = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()


class RobotMessage(models.Model):
    """Something to say in a group: written with what caused it, said by the clock. `merged` was said in a digest."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        MERGED = "merged"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="messages", db_index=False)
    key = models.CharField(max_length=160)
    title = models.CharField(max_length=200)
    href = models.CharField(max_length=300, blank=True, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    repeats = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at"], name="robot_messages_waiting", condition=Q(state="waiting")),
            models.Index(fields=["robot", "sent_at"], name="robot_messages_sent", condition=Q(state="sent")),
            models.Index(fields=["robot", "key", "-created_at"], name="robot_messages_by_key"),
        ]
