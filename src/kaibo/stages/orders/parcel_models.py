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


class TrackerAccount(models.Model):
    """What a tracker 物流查询 gave us. One of them is used; `trouble` is the complaint of the last call."""

    key = models.CharField(max_length=20, primary_key=True)
    sealed_settings = models.BinaryField()
    is_on = models.BooleanField(default=True)
    trouble_zh = models.CharField(max_length=200, blank=True, default="")
    trouble_en = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()


class ParcelTrack(models.Model):
    """
    Where a sent parcel is, and whether it stands still (ORD-5). `trouble` is why somebody must look; `owner` who does, by
    `due_at`. A parcel that moves again is no trouble any more.
    """

    shipment = models.OneToOneField("orders.Shipment", on_delete=models.CASCADE, primary_key=True, related_name="track")
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT, db_index=False)
    courier = models.CharField(max_length=20, blank=True, default="")
    stage = models.CharField(max_length=16, default="none")
    raw = models.CharField(max_length=20, blank=True, default="")
    last_at = models.DateTimeField()
    """Of the last scan; before the first, when it was sent."""
    last_words = models.CharField(max_length=200, blank=True, default="")
    is_over = models.BooleanField(default=False)
    is_subscribed = models.BooleanField(default=False)
    next_ask_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True, default="")
    trouble = models.CharField(max_length=16, blank=True, default="")
    trouble_at = models.DateTimeField(null=True)
    first_trouble_at = models.DateTimeField(null=True)
    """When it was in trouble for the first time; it stays, also when the parcel moves again: the courier's rate is counted on it."""
    owner_id = models.UUIDField(null=True)
    owner_name = models.CharField(max_length=80, blank=True, default="")
    due_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_ask_at"], name="parcels_to_ask_about", condition=Q(is_over=False)),
            models.Index(fields=["first_trouble_at"], include=["courier"], name="parcels_first_trouble", condition=Q(first_trouble_at__isnull=False)),
            models.Index(fields=["stage", "last_at"], include=["shop"], name="parcels_on_their_way", condition=Q(is_over=False, trouble="")),
            models.Index(fields=["due_at"], include=["shop"], name="parcels_in_trouble", condition=~Q(trouble="") & Q(settled_at=None)),
        ]


class TrackStep(models.Model):
    """One scan of a parcel, the courier's words verbatim."""

    id = models.BigAutoField(primary_key=True)
    shipment = models.ForeignKey("orders.Shipment", on_delete=models.CASCADE, related_name="steps", db_index=False)
    at = models.DateTimeField()
    words = models.CharField(max_length=500)
    place = models.CharField(max_length=60, blank=True, default="")
    raw = models.CharField(max_length=30, blank=True, default="")
    source = models.CharField(max_length=20)
    digest = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "digest"], name="one_row_per_scan")]
