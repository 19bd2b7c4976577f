"""Stock kept ahead 锁仓 and rolling replenishment 滚动补货 of items (SUP-8)."""

from __future__ import annotations

from django.db import models

from kaibo.kit.ids import new_id
from kaibo.stages.supply import launch_models

__all__ = ["RollingPlan", "StockLock", "launch_models"]


class StockLock(models.Model):
    """
    Units set aside for a session or a customer until a moment. They are a reservation of the ledger (`reference`), so nobody
    else can sell them; the clock gives them back.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)
    purpose = models.CharField(max_length=8)
    session_id = models.UUIDField(null=True)
    who = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    reference = models.CharField(max_length=120, unique=True)
    expires_at = models.DateTimeField()
    locked_by = models.CharField(max_length=80)
    locked_by_id = models.UUIDField(null=True)
    locked_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="open")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True, default="")
    end_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0, quantity__gte=models.F("used")), name="lock_not_used_beyond"),
            models.CheckConstraint(condition=models.Q(purpose__in=["session", "customer"]), name="lock_purpose_known"),
            models.CheckConstraint(condition=models.Q(state__in=["open", "used", "expired", "released"]), name="lock_state_known"),
            models.CheckConstraint(condition=models.Q(state="open", ended_at=None) | (~models.Q(state="open") & models.Q(ended_at__isnull=False)), name="ended_lock_has_its_time"),
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("locked_at")), name="lock_ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="locks_to_end", condition=models.Q(state="open")),
            models.Index(fields=["session_id", "sku"], name="locks_of_session", condition=models.Q(state="open")),
        ]


class RollingPlan(models.Model):
    """How an item is replenished again and again: how often it is looked at, in which packs it comes, and what the last look said."""

    sku = models.OneToOneField("catalog.Sku", on_delete=models.CASCADE, primary_key=True, related_name="rolling_plan")
    is_on = models.BooleanField(default=True)
    review_days = models.PositiveSmallIntegerField(default=7)
    pack_units = models.PositiveIntegerField(default=1)
    next_review_on = models.DateField()
    reviewed_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    purchase = models.ForeignKey("supply.Purchase", null=True, on_delete=models.SET_NULL)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(review_days__in=[1, 7]), name="rolling_daily_or_weekly"),
            models.CheckConstraint(condition=models.Q(pack_units__gt=0), name="rolling_pack_positive"),
        ]
        indexes = [models.Index(fields=["next_review_on"], name="rolling_due", condition=models.Q(is_on=True))]
