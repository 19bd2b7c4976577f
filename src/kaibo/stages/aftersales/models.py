"""Cases, what was done and said in them, money and goods that move for them, and the rules people may change, by version."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id
from kaibo.stages.aftersales.rules import Kind, Severity, State


class Case(models.Model):
    """
    An after-sales case of an order line (or of an order Kaibo does not know). `due_at` is when the next step is due;
    `raw_status` is the platform's word, `platform_state` what we understand by it: our own work may be further than that.
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
    platform_state = models.CharField(max_length=20, blank=True, default="", db_default="")
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
    rejections = models.PositiveSmallIntegerField(default=0, db_default=0)
    reject_ground = models.CharField(max_length=16, blank=True, default="", db_default="")
    rules_version = models.PositiveIntegerField(default=0, db_default=0)
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
            models.Index(fields=["due_at", "id"], name="cases_by_due"),
            models.Index(fields=["severity"], include=["shop"], name="cases_by_severity"),
            models.Index(fields=["case_no"], name="cases_by_number", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["shop", "platform", "source_version"], name="cases_by_version", condition=~Q(platform="own")),
            models.Index(fields=["shop", "platform"], name="cases_without_order", condition=Q(order=None) & ~Q(order_no="")),
        ]


class CaseEntry(models.Model):
    """What was done or said in a case, in order; call-backs carry an outcome. `text` is a kept sentence where `values` fill it."""

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
    values = models.JSONField(default=dict, db_default={})
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


class RefundRequest(models.Model):
    """A refund above the limit: asked by one person, decided by another (AFT-5)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="refund_requests")
    key = models.CharField(max_length=80, unique=True)
    amount_fen = models.BigIntegerField()
    limit_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, default="waiting")
    asked_by = models.UUIDField(null=True)
    asked_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_name = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_request_positive"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "approved", "refused"]), name="refund_request_state_known"),
            models.UniqueConstraint(fields=["case"], condition=Q(state="waiting"), name="one_waiting_refund_a_case"),
            models.CheckConstraint(condition=Q(state="waiting") | Q(decided_at__isnull=False), name="refund_request_decided_with_time"),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="refund_request_four_eyes"),
        ]


class ReturnedGoods(models.Model):
    """Units of an item that came back in a case, with the check that says whether they may be sold again (`inspection`)."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="returned_goods")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    inspection = models.OneToOneField("supply.Inspection", on_delete=models.PROTECT, related_name="returned")
    units = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="returned_units_positive")]


class Replacement(models.Model):
    """The order by which a case sends goods again; at most one stands at a time."""

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="replacements")
    order = models.OneToOneField("orders.Order", on_delete=models.PROTECT, related_name="replaces")
    came_from = models.CharField(max_length=20)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    drop_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(dropped_at=None), name="one_replacement_a_case"),
            models.CheckConstraint(condition=Q(sent_at=None) | Q(dropped_at=None), name="replacement_sent_or_dropped"),
        ]


class ReviewCall(models.Model):
    """
    A bad review and the call about it: how the buyer feels is written down first, then the problem, then what is offered
    (AFT-6). What is offered holds whatever becomes of the review.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="review_call")
    stars = models.PositiveSmallIntegerField()
    review = models.CharField(max_length=600)
    reviewed_at = models.DateTimeField()
    feeling = models.CharField(max_length=400, blank=True, default="")
    felt_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True, default="")
    problem_at = models.DateTimeField(null=True)
    offer = models.CharField(max_length=400, blank=True, default="")
    offer_fen = models.BigIntegerField(default=0)
    offered_at = models.DateTimeField(null=True)
    called_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="review_stars_one_to_five"),
            models.CheckConstraint(condition=Q(problem_at=None) | Q(felt_at__isnull=False), name="feeling_before_problem"),
            models.CheckConstraint(condition=Q(offered_at=None) | Q(problem_at__isnull=False), name="problem_before_offer"),
            models.CheckConstraint(condition=Q(offer_fen__gte=0), name="review_offer_not_below_zero"),
        ]


class RuleVersion(models.Model):
    """
    The rules in force from a moment on: severity table, steps and words of each level. Only ever added to; the newest
    holds. `cells` has the cells that differ from the default, `levels` the levels people rewrote (AFT-1).
    """

    number = models.PositiveIntegerField(primary_key=True)
    cells = models.JSONField(default=dict)
    levels = models.JSONField(default=dict)
    change = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()


class ClosedDay(models.Model):
    """A day on which nobody answers: hours of service do not run, terms of the law do."""

    day = models.DateField(primary_key=True)
    words = models.CharField(max_length=60)
    set_by = models.CharField(max_length=80)
    set_at = models.DateTimeField()


from kaibo.stages.aftersales.platform_models import (  # noqa: E402  found by Django through this module
    CaseAnomaly,
    CaseGapReport,
    CasePull,
    CaseRefusal,
)

__all__ = ["CaseAnomaly", "CaseGapReport", "CasePull", "CaseRefusal"]
