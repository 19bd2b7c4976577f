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
    """
    A purchase order for one item. `cause` is manual, safety_line or rolling. Closed short, it is received with `short_by`
    saying whose doing that is (`supplier` or `us`). `drawn_units` is what its approval took of a material agreement.
    """

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
    promised_on = models.DateField(null=True)
    completed_at = models.DateTimeField(null=True)
    short_by = models.CharField(max_length=8, blank=True, default="")
    short_reason = models.CharField(max_length=200, blank=True, default="")
    drawn_from = models.ForeignKey("Agreement", null=True, on_delete=models.PROTECT)
    drawn_units = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="purchase_quantity_positive"),
            models.CheckConstraint(condition=models.Q(received__lte=models.F("quantity")), name="purchase_not_received_beyond"),
            models.CheckConstraint(
                condition=models.Q(short_by="") | (models.Q(short_by__in=["supplier", "us"], state="received") & ~models.Q(short_reason="")),
                name="purchase_short_says_why",
            ),
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


class QualityPolicy(models.Model):
    """How the goods of a category are inspected: the sampling level, the AQLs, and which gates they pass (SUP-4)."""

    category = models.OneToOneField("catalog.Category", primary_key=True, on_delete=models.CASCADE)
    level = models.CharField(max_length=4, default="II")
    major_milli = models.PositiveIntegerField(default=2_500)
    minor_milli = models.PositiveIntegerField(default=4_000)
    needs_sample = models.BooleanField(default=False)
    needs_spot = models.BooleanField(default=False)
    changed_by = models.CharField(max_length=80, blank=True, default="")
    changed_at = models.DateTimeField(null=True)


class Inspection(models.Model):
    """
    One inspection at one of the three gates (SUP-4): `sample` before a purchase, `arrival` at goods-in (SUP-3), `spot`
    before a session, and `return` of goods buyers sent back. A sample has no lot and no warehouse. `plan` is the sampling plan as it was drawn.
    `undone` is an arrival that was booked wrongly and taken back before it was judged.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    gate = models.CharField(max_length=8, default="arrival")
    lot = models.ForeignKey("stock.Lot", null=True, on_delete=models.PROTECT)
    supplier = models.ForeignKey(Supplier, null=True, on_delete=models.PROTECT)
    purchase = models.ForeignKey(Purchase, null=True, on_delete=models.PROTECT)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    warehouse = models.ForeignKey("stock.Warehouse", null=True, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    plan = models.JSONField(null=True)
    is_repeat = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="open")
    note = models.CharField(max_length=300, blank=True, default="")
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "passed", "failed", "undone"]), name="inspection_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(gate="sample", lot=None) | models.Q(gate__in=["arrival", "spot", "return"], lot__isnull=False, warehouse__isnull=False),
                name="inspection_gate_has_its_lot",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at"], name="inspection_open", condition=models.Q(state="open")),
            models.Index(fields=["sku", "gate", "-opened_at"], name="inspection_sku_gate"),
            models.Index(fields=["supplier", "decided_at"], name="inspection_supplier"),
        ]

    @property
    def label(self) -> str:
        return self.lot.code if self.lot else self.sku.code


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


class Defect(models.Model):
    """Defective units of one kind found at an inspection (SUP-4)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="defects")
    defect_class = models.CharField(max_length=8)
    kind = models.CharField(max_length=40)
    units = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(units__gt=0), name="defect_units_positive"),
            models.CheckConstraint(
                condition=models.Q(defect_class__in=["critical", "major", "minor"]), name="defect_class_known"
            ),
        ]


class InspectionFile(models.Model):
    """A photo of a defect, or the report of a third party."""

    id = models.UUIDField(primary_key=True, default=new_id)
    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="files")
    defect = models.ForeignKey(Defect, null=True, on_delete=models.CASCADE, related_name="photos")
    media = models.ForeignKey("media.MediaFile", on_delete=models.PROTECT)
    kind = models.CharField(max_length=6)
    issuer = models.CharField(max_length=60, blank=True, default="")
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["photo", "report"]), name="inspection_file_kind_known")
        ]


class Custody(models.Model):
    """
    Held units of a lot: who has them, where they stand, and what became of them (SUP-4). `units_left` are not settled yet;
    settled in parts to different ends, the outcome is
    `sorted` when some of them were released, else `mixed`.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    inspection = models.OneToOneField(Inspection, on_delete=models.PROTECT, related_name="custody")
    lot = models.ForeignKey("stock.Lot", on_delete=models.PROTECT)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT)
    units = models.PositiveIntegerField()
    units_left = models.PositiveIntegerField()
    holder_id = models.UUIDField(null=True)
    place = models.CharField(max_length=60, blank=True, default="")
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, default="held")
    settled_by = models.CharField(max_length=80, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(units__gt=0), name="custody_units_positive"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["held", "released", "returned", "scrapped", "repeat", "sorted", "mixed"]),
                name="custody_outcome_known",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="held", units_left__gt=0, units_left__lte=models.F("units")) | (~models.Q(outcome="held") & models.Q(units_left=0)),
                name="custody_left_with_its_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="held", settled_at=None) | (~models.Q(outcome="held") & models.Q(settled_at__isnull=False)),
                name="custody_settled_with_its_time",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="custody_held", condition=models.Q(outcome="held"))]


class Recall(models.Model):
    """A lot taken back: nothing of it is sold any more, and who has it is told (SUP-6)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    lot = models.ForeignKey("stock.Lot", on_delete=models.PROTECT)
    reason = models.CharField(max_length=300)
    held_units = models.PositiveIntegerField()
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    closed_by = models.CharField(max_length=80, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot"], condition=models.Q(closed_at=None), name="one_open_recall_a_lot")
        ]


class StockCount(models.Model):
    """
    A stocktaking 盘点 of one warehouse: counting → waiting (variance above the limit) → posted, or cancelled (SUP-11).

    `variance_fen` is the worth of all differences taken positive, at cost.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    code = models.CharField(max_length=30, unique=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    warehouse = models.ForeignKey("stock.Warehouse", on_delete=models.PROTECT)
    is_blind = models.BooleanField(default=True)
    state = models.CharField(max_length=9, default="counting")
    variance_fen = models.BigIntegerField(default=0)
    opened_by = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    handed_in_by = models.UUIDField(null=True)
    handed_in_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["counting", "waiting", "posted", "cancelled"]), name="stock_count_state_known"
            )
        ]


class StockCountLine(models.Model):
    """An item and lot to be counted. `book_units` is what the books had at the moment the count was written down."""

    id = models.BigAutoField(primary_key=True)
    count = models.ForeignKey(StockCount, on_delete=models.CASCADE, related_name="lines")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    lot = models.ForeignKey("stock.Lot", null=True, on_delete=models.PROTECT)
    counted = models.PositiveIntegerField(null=True)
    book_units = models.IntegerField(null=True)
    counted_by = models.CharField(max_length=80, blank=True, default="")
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["count", "sku", "lot"], name="one_line_a_place", nulls_distinct=False),
            models.CheckConstraint(
                condition=models.Q(counted=None, book_units=None) | models.Q(counted__isnull=False, book_units__isnull=False),
                name="counted_line_has_its_books",
            ),
        ]


class SeverityDecision(models.Model):
    """What the responsible person decided of a supplier's inspection in a category (GB/T 2828.1 clause 9.3)."""

    id = models.BigAutoField(primary_key=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE)
    category = models.ForeignKey("catalog.Category", on_delete=models.CASCADE)
    happening = models.CharField(max_length=16)
    reason = models.CharField(max_length=300)
    decided_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(happening__in=["reduced_allowed", "reduced_ended", "resumed"]),
                name="severity_decision_known",
            )
        ]
        indexes = [models.Index(fields=["supplier", "category", "decided_at"], name="severity_decision_order")]


class SafetyLevel(models.Model):
    """
    The safety stock in force for an item, with the inputs it was computed from (SUP-7). `is_unserved`: below its line and
    nothing drafted, because nobody could deliver it or enough was on its way; looked at again until that changes.
    """

    id = models.BigAutoField(primary_key=True)
    sku = models.OneToOneField("catalog.Sku", on_delete=models.CASCADE)
    units = models.PositiveIntegerField()
    inputs = models.JSONField()
    computed_at = models.DateTimeField()
    is_below = models.BooleanField(default=False)
    is_unserved = models.BooleanField(default=False)


class Negotiation(models.Model):
    """What was asked of a supplier and what it answered: a quote, a price, a date, a complaint (SUP-1)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="negotiations")
    sku = models.ForeignKey("catalog.Sku", null=True, on_delete=models.CASCADE)
    question = models.CharField(max_length=300)
    target_fen = models.BigIntegerField(null=True)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=300, blank=True, default="")
    offered_fen = models.BigIntegerField(null=True)
    answered_at = models.DateTimeField(null=True)
    noted_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_at=None) | models.Q(answered_at__gte=models.F("asked_at")), name="answer_after_its_question"
            )
        ]
        indexes = [models.Index(fields=["supplier", "-asked_at"], name="negotiation_newest")]


class Screening(models.Model):
    """What was seen of a supplier before trusting it: quality system, trial lot, factory report, references, site visit (SUP-2)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="screenings")
    kind = models.CharField(max_length=12)
    points = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=300)
    report = models.ForeignKey("media.MediaFile", null=True, on_delete=models.PROTECT)
    seen_on = models.DateField()
    seen_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["system", "trial", "factory", "references", "visit"]), name="screening_kind_known"
            ),
            models.CheckConstraint(condition=models.Q(points__lte=5), name="screening_points_to_five"),
        ]


class Agreement(models.Model):
    """
    What a supplier agreed to: to step in for an item (`standby`, units a week), or to keep material for so many units of
    it ready (`material`, drawn by purchases).   Source: SUP-8, SUP-9.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=8)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="agreements")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    units = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField(default=0)
    price_fen = models.BigIntegerField()
    lead_days = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["standby", "material"]), name="agreement_kind_known"),
            models.CheckConstraint(
                condition=models.Q(units__gt=0) & models.Q(price_fen__gt=0) & models.Q(lead_days__gt=0), name="agreement_positive"
            ),
            models.CheckConstraint(condition=models.Q(valid_until__gte=models.F("valid_from")), name="agreement_ends_after_it_begins"),
            models.CheckConstraint(
                condition=models.Q(kind="standby") | models.Q(drawn__lte=models.F("units")), name="agreement_not_drawn_beyond"
            ),
            models.UniqueConstraint(
                fields=["kind", "supplier", "sku"], condition=models.Q(ended_at=None), name="one_standing_agreement_of_a_kind"
            ),
        ]


class Shortfall(models.Model):
    """A supplier that cannot deliver an item for a while, as somebody was told."""

    id = models.UUIDField(primary_key=True, default=new_id)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="shortfalls")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.CASCADE)
    until = models.DateField()
    reason = models.CharField(max_length=200)
    told_by = models.CharField(max_length=80)
    told_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sku", "until"], name="shortfall_until")]


class SwitchProposal(models.Model):
    """Kaibo's proposal to let another supplier step in for an item; a person decides (SUP-9)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    leaves = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    steps_in = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT)
    cause = models.CharField(max_length=10)
    evidence = models.CharField(max_length=200)
    units = models.PositiveIntegerField()
    state = models.CharField(max_length=8, default="open")
    made_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    purchase = models.ForeignKey(Purchase, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=["open", "accepted", "declined"]), name="switch_state_known"),
            models.CheckConstraint(condition=models.Q(cause__in=["shortfall", "late", "suspended"]), name="switch_cause_known"),
            models.UniqueConstraint(fields=["sku"], condition=models.Q(state="open"), name="one_open_switch_an_item"),
        ]


from kaibo.stages.supply.ahead_models import RollingPlan, StockLock  # noqa: E402  found by Django through this module
from kaibo.stages.supply.settlement_models import Settlement  # noqa: E402  found by Django through this module

__all__ = ["RollingPlan", "Settlement", "StockLock"]
