"""Parcels on their way out: asked about at their platform, sent, told to it. Found through `models`."""

from django.db import models
from django.db.models import Q

from kaibo.kit.ids import new_id


class Dispatch(models.Model):
    """
    A parcel of a platform's order, from the scan of its waybill until the platform shows it (ORD-3).

    `waiting`: the platform must be asked first. `refused`: it must not leave. `telling`: it left here and the platform is
    told, again and again under the same number, until it shows the waybill (`told`). `trouble`: the platform says something
    else, a person decides. `settled`: a person did; `dropped`: it never left.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        REFUSED = "refused"
        TELLING = "telling"
        TOLD = "told"
        TROUBLE = "trouble"
        SETTLED = "settled"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="dispatches")
    channel = models.ForeignKey("shops.Channel", on_delete=models.PROTECT, db_index=False)
    shipment = models.OneToOneField("orders.Shipment", null=True, on_delete=models.PROTECT, related_name="dispatch")
    carrier = models.CharField(max_length=40)
    tracking_no = models.CharField(max_length=60)
    content = models.JSONField(null=True)
    """Line → units where only a part leaves; None: all that is left."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    problem_zh = models.CharField(max_length=240, blank=True, default="")
    problem_en = models.CharField(max_length=240, blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    handed_in_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    was_there_before = models.BooleanField(default=False)
    """The platform knew the parcel before we told it."""
    settled_by = models.CharField(max_length=80, blank=True, default="")
    settled_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(state="waiting"), name="one_waiting_parcel_per_order"),
            models.UniqueConstraint(
                fields=["order", "tracking_no"], condition=~Q(state__in=["refused", "dropped"]), name="one_parcel_per_waybill_of_an_order"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "refused", "telling", "told", "trouble", "settled", "dropped"]), name="dispatch_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["telling", "told", "trouble"], shipment__isnull=False) | Q(state__in=["waiting", "refused", "dropped"], shipment=None) | Q(state="settled"),
                name="dispatch_that_left_has_its_parcel",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="dispatches_due", condition=Q(state__in=["waiting", "telling"])),
            models.Index(fields=["-created_at"], name="dispatches_to_look_at", condition=Q(state__in=["waiting", "refused", "telling", "trouble"])),
        ]
