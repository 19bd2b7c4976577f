"""Rules for couriers and warehouses by version, and what was chosen for an order (SUP-13)."""

from __future__ import annotations

from django.db import models


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
