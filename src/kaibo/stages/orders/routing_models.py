"""Rules for couriers and warehouses by version, and what was chosen for an order (SUP-13)."""

from __future__ import annotations

from django.db import models

from kaibo.kit.ids import new_id


class RouteBook(models.Model):
    """The rules in force from a moment on. Only ever added to; the newest holds. `rules` as `routing.book_of` reads them."""

    number = models.PositiveIntegerField(primary_key=True)
    rules = models.JSONField(default=dict)
    change = models.CharField(max_length=200)
    values = models.JSONField(default=dict)
    reason = models.CharField(max_length=200)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()


class RouteChoice(models.Model):
    """A person's own choice of courier for an order, against the rules, with the reason."""

    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, primary_key=True, related_name="route_choice")
    courier = models.CharField(max_length=20)
    ruled = models.CharField(max_length=20, blank=True, default="")
    reason = models.CharField(max_length=200)
    chosen_by = models.CharField(max_length=80)
    chosen_at = models.DateTimeField()


class CourierPause(models.Model):
    """
    A courier that takes nothing in some places for a while (everywhere: none named), declared by a person (RSK-2). While it stands
    the rules choose as if that courier did not go there. `figures` is what was known when it was declared.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    courier = models.CharField(max_length=20)
    places = models.JSONField(default=list)
    place_key = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    figures = models.JSONField(default=dict)
    declared_by = models.CharField(max_length=80)
    declared_at = models.DateTimeField()
    until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True, default="")
    end_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["courier", "place_key"], condition=models.Q(ended_at=None), name="one_open_pause_of_a_courier"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="pause_says_why"),
        ]
        indexes = [models.Index(fields=["until"], name="pauses_open", condition=models.Q(ended_at=None))]


class Rerouted(models.Model):
    """
    An order that had not left when its courier was paused: who would have taken it, who takes it now (none: nobody may), and the
    choice a person had made, which comes back when the pause ends.
    """

    id = models.BigAutoField(primary_key=True)
    pause = models.ForeignKey(CourierPause, on_delete=models.CASCADE, related_name="rerouted")
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE)
    now_courier = models.CharField(max_length=20, blank=True, default="")
    cost_fen = models.BigIntegerField(null=True)
    own = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pause", "order"], name="one_reroute_of_an_order")]
