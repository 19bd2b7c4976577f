"""Orders, their lines and parcels, what verification found, and what was strange. Money in fen."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id
from kaibo.stages.orders.rules import Anomaly as AnomalyKind
from kaibo.stages.orders.rules import State
from kaibo.stages.orders.verification import Field

STATES = [state.value for state in State]
TO_SHIP = [State.PAID.value, State.ALLOCATED.value, State.PARTIALLY_SHIPPED.value]


class Order(models.Model):
    """
    An order as we understand it beside what the platform said (`raw_status`, verbatim).

    `amount_fen` is what is to be paid; with a coupon of ours the list amount is `amount_fen + coupon_fen`.

    `source_version` is when the truth it holds was written down (a file's export time, a claim's time): older truth
    never overwrites newer. Personal data is sealed per buyer (`receiver_sealed`), or the platform's own cipher.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT, db_index=False)
    platform = models.CharField(max_length=16)
    order_no = models.CharField(max_length=64)
    parent_no = models.CharField(max_length=64, blank=True, default="", db_default="")
    """The order the platform split this one off from; empty for all others."""
    raw_status = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=20)
    hold_flags = ArrayField(models.CharField(max_length=20), default=list)
    hold_reason = models.CharField(max_length=200, blank=True, default="")

    amount_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)
    refund_due_fen = models.BigIntegerField(default=0)
    coupon_fen = models.BigIntegerField(default=0, db_default=0)
    coupon_id = models.UUIDField(null=True)
    units = models.PositiveIntegerField(default=0)
    goods = models.CharField(max_length=200, blank=True, default="")

    buyer_subject_id = models.UUIDField(null=True)
    receiver_sealed = models.BinaryField(null=True)
    receiver_cipher = models.JSONField(null=True)
    receiver_masked = models.CharField(max_length=120, blank=True, default="")
    receiver_mark = models.CharField(max_length=32, blank=True, default="")
    phone_tail = models.CharField(max_length=4, blank=True, default="")
    province = models.CharField(max_length=20, blank=True, default="")
    city = models.CharField(max_length=30, blank=True, default="")
    area = models.CharField(max_length=30, blank=True, default="")

    ordered_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    pay_by = models.DateTimeField(null=True)
    ship_by = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    allocated_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=80, blank=True, default="")
    stock_reference = models.CharField(max_length=120, blank=True, default="")
    allotment_id = models.UUIDField(null=True)

    session_id = models.UUIDField(null=True)
    is_test = models.BooleanField(default=False)
    open_findings = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=8)
    source_version = models.DateTimeField()
    content_hash = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "shop", "order_no"], name="one_order_per_platform_number"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="order_state_known"),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=0) & Q(freight_fen__gte=0) & Q(paid_fen__gte=0) & Q(refund_due_fen__gte=0),
                name="order_money_not_below_zero",
            ),
            models.CheckConstraint(condition=Q(coupon_fen=0, coupon_id=None) | Q(coupon_fen__gt=0, coupon_id__isnull=False), name="order_coupon_has_its_amount"),
            models.CheckConstraint(condition=~Q(order_no=""), name="order_has_a_number"),
        ]
        indexes = [
            models.Index(fields=["shop", "-ordered_at"], name="orders_newest"),
            models.Index(fields=["shop", "state", "-ordered_at"], name="orders_by_state"),
            models.Index(fields=["-ordered_at", "-id"], name="orders_newest_of_all"),
            # those that only count read an index alone: the shop stands in it too, so that a scoped count does not go to the rows
            models.Index(fields=["state"], name="orders_in_state"),
            models.Index(fields=["ship_by"], include=["shop"], name="orders_to_ship_counted", condition=Q(state__in=TO_SHIP, is_test=False)),
            models.Index(
                fields=["shop"], name="orders_releasable",
                condition=Q(state__in=["paid", "allocated"], released_at__isnull=True, open_findings=0, hold_flags=[]),
            ),
            models.Index(fields=["pay_by"], name="orders_unpaid", condition=Q(state="pending_payment")),
            models.Index(fields=["shop", "ordered_at"], name="orders_with_findings", condition=Q(open_findings__gt=0)),
            models.Index(fields=["released_at"], name="orders_to_allocate", condition=Q(state="paid", released_at__isnull=False)),
            models.Index(fields=["receiver_mark", "ordered_at"], name="orders_by_receiver", condition=~Q(receiver_mark="")),
            models.Index(fields=["session_id"], name="orders_of_session", condition=Q(session_id__isnull=False)),
            models.Index(fields=["phone_tail"], name="orders_by_phone_tail", condition=~Q(phone_tail="")),
            models.Index(fields=["order_no"], name="orders_by_number", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["parent_no"], name="orders_by_parent", condition=~Q(parent_no="")),
        ]


class OrderLine(models.Model):
    """One item of an order. `sku` is empty until the platform's texts are known to mean one of ours."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    line_no = models.CharField(max_length=64)
    sku = models.ForeignKey("catalog.Sku", null=True, on_delete=models.PROTECT)
    platform_title = models.CharField(max_length=200, blank=True, default="")
    platform_specification = models.CharField(max_length=160, blank=True, default="")
    platform_code = models.CharField(max_length=80, blank=True, default="")
    quantity = models.PositiveIntegerField()
    shipped = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    price_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField(default=0)
    raw_status = models.CharField(max_length=60, blank=True, default="")
    raw_aftersale = models.CharField(max_length=60, blank=True, default="")
    content_hash = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "line_no"], name="one_line_per_number"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(condition=Q(quantity__gte=F("shipped") + F("cancelled")), name="line_not_shipped_beyond_quantity"),
            models.CheckConstraint(condition=Q(returned__lte=F("shipped")), name="line_not_returned_beyond_shipped"),
            models.CheckConstraint(condition=Q(price_fen__gte=0) & Q(amount_fen__gte=0), name="line_money_not_below_zero"),
        ]
        indexes = [
            models.Index(fields=["platform_code"], name="lines_of_unknown_items", condition=Q(sku=None) & ~Q(platform_code="")),
            models.Index(fields=["order"], name="lines_without_an_item", condition=Q(sku=None, quantity__gt=F("cancelled"))),
        ]

    @property
    def left(self) -> int:
        """Units that have not been sent."""
        return self.quantity - self.cancelled - self.shipped


class Shipment(models.Model):
    """A parcel of an order that left, with what was in it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    carrier = models.CharField(max_length=40)
    tracking_no = models.CharField(max_length=60)
    shipped_at = models.DateTimeField()
    shipped_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "tracking_no"], name="one_shipment_per_tracking_number")]
        indexes = [
            models.Index(fields=["tracking_no"], name="shipment_by_tracking_number"),
            models.Index(fields=["shipped_at"], name="shipments_newest"),
        ]


class ShipmentLine(models.Model):
    """How many units of a line a parcel carries."""

    id = models.BigAutoField(primary_key=True)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "line"], name="one_row_per_shipment_line")]


class Finding(models.Model):
    """One wrong field of an order (ORD-2): what stands there, what is proposed, and what a person decided."""

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="findings")
    line = models.ForeignKey(OrderLine, null=True, on_delete=models.CASCADE)
    field = models.CharField(max_length=16)
    wrong = models.CharField(max_length=120, blank=True, default="")
    proposed = models.CharField(max_length=160, blank=True, default="")
    proposed_sku = models.ForeignKey("catalog.Sku", null=True, on_delete=models.SET_NULL)
    confidence_bp = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=24)
    details = models.JSONField(default=dict)
    alias_text = models.CharField(max_length=160, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(field__in=[field.value for field in Field]), name="finding_field_known"),
            models.CheckConstraint(condition=Q(state__in=["open", "accepted", "dismissed"]), name="finding_state_known"),
            models.UniqueConstraint(fields=["order", "line", "field"], name="one_finding_per_field", nulls_distinct=False),
        ]
        indexes = [
            models.Index(fields=["-found_at"], name="findings_open", condition=Q(state="open")),
            models.Index(fields=["alias_text"], include=["order"], name="findings_alike", condition=Q(state="open") & ~Q(alias_text="")),
            models.Index(fields=["field"], name="findings_open_by_field", condition=Q(state="open")),
        ]


class OrderAnomaly(models.Model):
    """Something a platform said that cannot follow from what we knew."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="anomalies")
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in AnomalyKind])
    known_state = models.CharField(max_length=20)
    raw_status = models.CharField(max_length=60)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "kind", "raw_status"], name="one_anomaly_of_a_kind")]


class Payment(models.Model):
    """Money that came in for an order, once per channel and payment number. `payment_id` is the room's, for claims."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    channel = models.CharField(max_length=20, default="by_hand")
    payment_id = models.UUIDField(null=True, unique=True)
    payment_no = models.CharField(max_length=64)
    paid_fen = models.BigIntegerField()
    paid_at = models.DateTimeField()
    outcome = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(paid_fen__gt=0), name="payment_positive"),
            models.UniqueConstraint(fields=["channel", "payment_no"], name="one_payment_per_number"),
        ]


class PaymentRefund(models.Model):
    """Money that goes back to a buyer. Its id without dashes is the out_refund_no its channel knows."""

    class State(models.TextChoices):
        DUE = "due"
        DONE = "done"
        REFUSED = "refused"

    class Reason(models.TextChoices):
        EXPIRED = "expired"
        AMOUNT_WRONG = "amount_wrong"
        PAID_TWICE = "paid_twice"
        ASKED = "asked"

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=16, choices=Reason.choices)
    words = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    problem = models.CharField(max_length=200, blank=True, default="")
    refund_no = models.CharField(max_length=64, blank=True, default="")
    asked_by = models.CharField(max_length=80, blank=True, default="")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="order_refund_positive"),
            models.CheckConstraint(condition=Q(state__in=["due", "done", "refused"]), name="order_refund_state_known"),
            models.CheckConstraint(condition=Q(state="done", done_at__isnull=False) | (~Q(state="done") & Q(done_at=None)), name="refund_done_has_a_time"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="refunds_due", condition=Q(state="due")),
            models.Index(fields=["done_at"], name="refunds_by_day", condition=Q(state="done")),
        ]


class BillEntry(models.Model):
    """One line of a channel's bill 对账单. `number` is the channel's transaction, or our refund number."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=8)
    number = models.CharField(max_length=64)
    out_trade_no = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "kind", "number"], name="one_bill_entry_per_number"),
            models.CheckConstraint(condition=Q(kind__in=["pay", "refund"]), name="bill_entry_kind_known"),
        ]
        indexes = [models.Index(fields=["channel", "day"], name="bill_entries_of_a_day")]


class BillRead(models.Model):
    """A day's bill of a channel was read; read again, it is the same row."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=20)
    day = models.DateField()
    entries = models.PositiveIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="one_bill_a_day")]


class DifferenceExplained(models.Model):
    """A difference between bill and book that a person looked into, with what it was."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=8)
    number = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)
    explained_by = models.CharField(max_length=80)
    explained_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "kind", "number"], name="one_explanation_per_difference")]


class ClaimTrouble(models.Model):
    """A claim the relay could not settle: kept with its reason, tried again, never in the way of the others."""

    claim_id = models.UUIDField(primary_key=True)
    reason = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=1)


class Pull(models.Model):
    """How far the orders of a connected channel were pulled, and when it is its turn again."""

    channel = models.OneToOneField("shops.Channel", on_delete=models.CASCADE, primary_key=True)
    pulled_until = models.DateTimeField()
    pulled_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    taken = models.PositiveBigIntegerField(default=0)


class PullMemory(models.Model):
    """What a channel's lists showed lately (`seen_orders`); lost, everything is read once more."""

    channel = models.OneToOneField("shops.Channel", on_delete=models.CASCADE, primary_key=True)
    seen = models.BinaryField(default=bytes)


class PullHint(models.Model):
    """A push said something happened to an order: asked for at the next pull, whatever the push said of it."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey("shops.Channel", on_delete=models.CASCADE)
    order_no = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "order_no"], name="one_hint_per_order")]


class PullRefusal(models.Model):
    """An order a platform showed us that could not be taken, and why: a kept sentence."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey("shops.Channel", on_delete=models.CASCADE)
    order_no = models.CharField(max_length=64)
    why = models.CharField(max_length=200)
    values = models.JSONField(default=dict, db_default={})
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "order_no"], name="one_refusal_per_order")]


class GapReport(models.Model):
    """What a platform says of a day beside what we have (ORD-1). `gaps`: order, both amounts, why."""

    id = models.UUIDField(primary_key=True, default=new_id)
    channel = models.ForeignKey("shops.Channel", on_delete=models.CASCADE)
    day = models.DateField()
    platform_orders = models.PositiveIntegerField()
    our_orders = models.PositiveIntegerField()
    platform_fen = models.BigIntegerField()
    our_fen = models.BigIntegerField()
    gaps = models.JSONField(default=list)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="one_gap_report_per_day")]


from kaibo.stages.orders.parcel_models import (  # noqa: E402  found by Django through this module
    Dispatch,
    ParcelTrack,
    TrackerAccount,
    TrackStep,
)
from kaibo.stages.orders.routing_models import CourierPause, Rerouted, RouteBook, RouteChoice  # noqa: E402

__all__ = ["CourierPause", "Dispatch", "ParcelTrack", "Rerouted", "RouteBook", "RouteChoice", "TrackStep", "TrackerAccount"]
