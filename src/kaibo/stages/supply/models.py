"""Suppliers, quotes, purchases, inspections, safety stock."""

from django.db import models

from kaibo.kit.ids import new_id


class Supplier(models.Model):
    """Somebody who can make or sell us goods."""

    id = models.UUIDField(primary_key=True, default=new_id)
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=80)
    note = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()


class Quote(models.Model):
    """A supplier's price for an item on a day; the newest per supplier and item is the standing offer (SUP-1)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="quotes")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.CASCADE)
    price_fen = models.BigIntegerField()
    minimum_units = models.PositiveIntegerField(default=1)
    lead_days = models.PositiveSmallIntegerField()
    is_main = models.BooleanField(default=False)
    quoted_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["supplier", "sku", "quoted_on"], name="one_quote_a_day"),
            models.CheckConstraint(
                condition=models.Q(price_fen__gt=0) & models.Q(lead_days__gt=0), name="quote_positive"
            ),
        ]


class Purchase(models.Model):
    """A purchase order for one item. `cause` is manual or safety_line."""

    id = models.UUIDField(primary_key=True, default=new_id)
    code = models.CharField(max_length=30, unique=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    price_fen = models.BigIntegerField()
    state = models.CharField(max_length=10, default="draft")
    cause = models.CharField(max_length=12, default="manual")
    reason = models.CharField(max_length=300, blank=True, default="")
    drafted_by = models.UUIDField(null=True)
    approved_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="purchase_quantity_positive"),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "approved", "received", "cancelled"]),
                name="purchase_state_known",
            ),
            models.UniqueConstraint(
                fields=["sku"],
                condition=models.Q(cause="safety_line", state="draft"),
                name="one_open_replenishment_draft",
            ),
        ]


class InspectionItem(models.Model):
    """An item of a category's inspection template; limits in thousandths of the unit (SUP-5)."""

    id = models.BigAutoField(primary_key=True)
    category = models.ForeignKey("catalog.Category", on_delete=models.CASCADE)
    key = models.CharField(max_length=30)
    title = models.CharField(max_length=40)
    title_en = models.CharField(max_length=60)
    unit = models.CharField(max_length=10)
    standard = models.CharField(max_length=60)
    lower = models.BigIntegerField(null=True)
    upper = models.BigIntegerField(null=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["category", "key"], name="one_inspection_item")]


class Inspection(models.Model):
    """The goods-in inspection of one arrival (SUP-3)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    lot = models.ForeignKey("stock.Lot", on_delete=models.PROTECT)
    purchase = models.ForeignKey(Purchase, null=True, on_delete=models.PROTECT)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=8, default="open")
    note = models.CharField(max_length=300, blank=True, default="")
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "passed", "failed"]), name="inspection_state_known"
            )
        ]
        indexes = [models.Index(fields=["opened_at"], name="inspection_open", condition=models.Q(state="open"))]


class InspectionResult(models.Model):
    """What was measured, with the limits that held then."""

    id = models.BigAutoField(primary_key=True)
    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="results")
    key = models.CharField(max_length=30)
    title = models.CharField(max_length=40)
    value = models.BigIntegerField()
    limit = models.CharField(max_length=60)
    standard = models.CharField(max_length=60)
    is_passed = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inspection", "key"], name="one_result_per_item")]


class SafetyLevel(models.Model):
    """The safety stock in force for an item, with the inputs it was computed from (SUP-7)."""

    id = models.BigAutoField(primary_key=True)
    sku = models.OneToOneField("catalog.Sku", on_delete=models.CASCADE)
    units = models.PositiveIntegerField()
    inputs = models.JSONField()
    computed_at = models.DateTimeField()
    is_below = models.BooleanField(default=False)
