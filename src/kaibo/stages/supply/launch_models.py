"""What a launch is supplied with: units an item, what suppliers confirmed, the warehouse, packaging and promotion, and the budget (SUP-12)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id


class LaunchSupply(models.Model):
    """
    The supply plan of one launch. `hurdles` is what stood in its way when it was last looked at (`launch_hurdles` puts it into words);
    the launch board reads them from here. `pace` is what the warehouse packed a day, measured on its own past.
    """

    launch = models.OneToOneField("launches.Launch", on_delete=models.CASCADE, primary_key=True, related_name="supply_plan")
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    warehouse = models.ForeignKey("stock.Warehouse", null=True, on_delete=models.PROTECT)
    units_a_parcel_milli = models.PositiveIntegerField(default=1_000)
    pack_a_day = models.PositiveIntegerField(null=True)
    pack_reason = models.CharField(max_length=200, blank=True, default="")
    pace = models.JSONField(default=dict)
    budget_fen = models.BigIntegerField(default=0)
    hurdles = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=80, blank=True, default="")
    confirmed_by_id = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    begun_by = models.CharField(max_length=80)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(budget_fen__gte=0), name="launch_budget_not_below_zero"),
            models.CheckConstraint(condition=Q(units_a_parcel_milli__gt=0), name="launch_parcel_holds_something"),
            models.CheckConstraint(condition=Q(pack_a_day=None) | ~Q(pack_reason=""), name="launch_own_pace_says_why"),
        ]


class LaunchItem(models.Model):
    """What an item of a launch is forecast to sell, as last computed, and a person's own figure with the reason."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(LaunchSupply, on_delete=models.CASCADE, related_name="items")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.CASCADE)
    forecast_units = models.PositiveIntegerField(default=0)
    forecast_by = models.CharField(max_length=8, blank=True, default="")
    own_units = models.PositiveIntegerField(null=True)
    own_reason = models.CharField(max_length=200, blank=True, default="")
    own_by = models.CharField(max_length=80, blank=True, default="")
    own_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "sku"], name="one_launch_item"),
            models.CheckConstraint(condition=Q(own_units=None) | ~Q(own_reason=""), name="launch_own_units_say_why"),
        ]


class CapacityPromise(models.Model):
    """A supplier's confirmation that it makes so many units of an item by a day: who said it, who wrote it down, with what proof."""

    id = models.UUIDField(primary_key=True, default=new_id)
    plan = models.ForeignKey(LaunchSupply, on_delete=models.CASCADE, related_name="capacities")
    supplier = models.ForeignKey("supply.Supplier", on_delete=models.PROTECT)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    units = models.PositiveIntegerField()
    by_on = models.DateField()
    said_by = models.CharField(max_length=80)
    proof = models.ForeignKey("media.MediaFile", null=True, on_delete=models.PROTECT)
    noted_by = models.CharField(max_length=80)
    noted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=80, blank=True, default="")
    withdrawn_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0), name="capacity_units_positive"),
            models.CheckConstraint(condition=Q(withdrawn_at=None) | ~Q(withdrawn_reason=""), name="capacity_withdrawn_says_why"),
        ]
        indexes = [models.Index(fields=["plan", "sku"], name="capacities_standing", condition=Q(withdrawn_at=None))]


class LaunchMaterial(models.Model):
    """
    Packaging or promotion material of a launch: so many a parcel, or so many in all. planned → ordered → arrived; a line that is
    not needed any more is dropped. What was ordered and paid stands as it was, whatever the plan says later.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        ORDERED = "ordered"
        ARRIVED = "arrived"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=new_id)
    plan = models.ForeignKey(LaunchSupply, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=9)
    title = models.CharField(max_length=60)
    a_parcel_milli = models.PositiveIntegerField(null=True)
    total_units = models.PositiveIntegerField(null=True)
    on_hand = models.PositiveIntegerField(default=0)
    price_fen = models.BigIntegerField()
    supplier_name = models.CharField(max_length=80, blank=True, default="")
    needed_on = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    ordered_units = models.PositiveIntegerField(default=0)
    ordered_fen = models.BigIntegerField(default=0)
    ordered_by = models.CharField(max_length=80, blank=True, default="")
    ordered_at = models.DateTimeField(null=True)
    spent_fen = models.BigIntegerField(default=0)
    arrived_by = models.CharField(max_length=80, blank=True, default="")
    arrived_at = models.DateTimeField(null=True)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["packaging", "promotion"]), name="material_kind_known"),
            models.CheckConstraint(condition=Q(state__in=["planned", "ordered", "arrived", "dropped"]), name="material_state_known"),
            models.CheckConstraint(
                condition=Q(a_parcel_milli__gt=0, total_units=None) | Q(a_parcel_milli=None, total_units__gt=0), name="material_a_parcel_or_in_all"
            ),
            models.CheckConstraint(condition=Q(price_fen__gte=0, ordered_fen__gte=0, spent_fen__gte=0), name="material_money_not_below_zero"),
            models.CheckConstraint(condition=~Q(state__in=["ordered", "arrived"]) | Q(ordered_at__isnull=False), name="ordered_material_has_its_time"),
        ]


class BudgetRaise(models.Model):
    """A launch's spending above its budget, up to an amount: asked by one person, allowed by another, with a reason."""

    id = models.UUIDField(primary_key=True, default=new_id)
    plan = models.ForeignKey(LaunchSupply, on_delete=models.CASCADE, related_name="raises")
    up_to_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    asked_by = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    allowed_by = models.UUIDField(null=True)
    allowed_by_name = models.CharField(max_length=80, blank=True, default="")
    allowed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(up_to_fen__gt=0), name="raise_positive"),
            models.CheckConstraint(condition=Q(allowed_by=None) | ~Q(allowed_by=F("asked_by")), name="raise_needs_a_second_person"),
            models.UniqueConstraint(fields=["plan"], condition=Q(allowed_at=None), name="one_open_raise_a_launch"),
        ]
