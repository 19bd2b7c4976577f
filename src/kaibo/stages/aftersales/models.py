"""Cases, what was done and said in them, what was refunded per line, and the severity table people may change."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, Severity, State


class Case(models.Model):
    """
    An after-sales case of an order line (or of an order Kaibo does not know). `due_at` is when the next step is due;
    `raw_status` is the platform's word.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    platform = models.CharField(max_length=16)
    case_no = models.CharField(max_length=64)
    order = models.ForeignKey("orders.Order", null=True, on_delete=models.PROTECT, related_name="cases")
    line = models.ForeignKey("orders.OrderLine", null=True, on_delete=models.PROTECT, related_name="cases")
    order_no = models.CharField(max_length=64, blank=True, default="")
    goods = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=16)
    nature = models.CharField(max_length=20)
    impact = models.CharField(max_length=10)
    severity = models.CharField(max_length=10)
    state = models.CharField(max_length=20)
    raw_status = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=400, blank=True, default="")
    quantity = models.PositiveIntegerField(default=1)
    asked_fen = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)
    owner_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=200, blank=True, default="")
    return_tracking_no = models.CharField(max_length=60, blank=True, default="")
    last_contact = models.CharField(max_length=12, blank=True, default="")
    source_version = models.DateTimeField()
    content_hash = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "shop", "case_no"], name="one_case_per_platform_number"),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="case_state_known"),
            models.CheckConstraint(condition=Q(severity__in=[one.value for one in Severity]), name="case_severity_known"),
            models.CheckConstraint(condition=Q(kind__in=[one.value for one in Kind]), name="case_kind_known"),
            models.CheckConstraint(condition=Q(refunded_fen__gte=0) & Q(asked_fen__gte=0), name="case_money_not_below_zero"),
            models.CheckConstraint(condition=Q(state="closed") | Q(due_at__isnull=False), name="open_case_has_a_deadline"),
        ]
        indexes = [
            models.Index(fields=["shop", "due_at"], name="cases_due", condition=~Q(state="closed")),
            models.Index(fields=["owner_id", "due_at"], name="cases_of_owner", condition=~Q(state="closed")),
            models.Index(fields=["shop", "-opened_at"], name="cases_newest"),
            models.Index(fields=["case_no"], name="cases_by_number", opclasses=["varchar_pattern_ops"]),
        ]


class CaseEntry(models.Model):
    """What was done or said in a case, in order; call-backs carry an outcome."""

    class Kind(models.TextChoices):
        STEP = "step"
        CONTACT = "contact"
        STATE = "state"
        REFUND = "refund"
        NOTE = "note"

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.CharField(max_length=400)
    outcome = models.CharField(max_length=20, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)


class Refund(models.Model):
    """Money given back in a case, once per key."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=80, unique=True)
    amount_fen = models.BigIntegerField()
    refunded_at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_positive")]


class LineRefund(models.Model):
    """What was paid for an order line and what of it was given back, over all its cases: never more than was paid."""

    line = models.OneToOneField("orders.OrderLine", primary_key=True, on_delete=models.PROTECT, related_name="refunded")
    paid_fen = models.BigIntegerField()
    refunded_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(refunded_fen__gte=0) & Q(refunded_fen__lte=F("paid_fen")), name="refund_not_beyond_paid")]


class SeverityRule(models.Model):
    """A cell of the severity table that people changed; the others stand at their default."""

    id = models.BigAutoField(primary_key=True)
    nature = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Nature])
    impact = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Impact])
    severity = models.CharField(max_length=10)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nature", "impact"], name="one_severity_per_cell"),
            models.CheckConstraint(condition=Q(severity__in=[one.value for one in Severity]), name="rule_severity_known"),
        ]
