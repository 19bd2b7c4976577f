"""Sessions 场次 and everything planned for them."""

from django.db import models

from kaibo.kit.ids import new_id


class Session(models.Model):
    """A live session: when, in which room, with which goal. `room` is its name on the public door."""

    class State(models.TextChoices):
        DRAFT = "draft"
        READY = "ready"
        LIVE = "live"
        ENDED = "ended"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    title = models.CharField(max_length=60)
    theme = models.CharField(max_length=120, blank=True, default="")
    room = models.SlugField(max_length=60, unique=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    target_fen = models.BigIntegerField(default=0)
    video_url = models.CharField(max_length=300, blank=True, default="")
    is_ai_host = models.BooleanField(default=False)
    backup_video_url = models.CharField(max_length=300, blank=True, default="")
    platform = models.CharField(max_length=20, default="own")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    @property
    def is_elsewhere(self) -> bool:
        """Held on another platform: no room of ours, no goods of ours on sale; the desk steers and measures (LIV-13)."""
        return self.platform != "own"

    class Meta:
        indexes = [models.Index(fields=["state", "starts_at"], name="session_calendar")]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="session_ends_after_it_starts"),
            models.CheckConstraint(condition=models.Q(target_fen__gte=0), name="session_target_not_negative"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["live", "ended"]) | models.Q(started_at__isnull=False), name="live_session_has_started"
            ),
        ]


class Duty(models.Model):
    """Who does what in a session, by name; confirmed by the person (SHW-3)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="duties")
    role = models.CharField(max_length=12)
    person_id = models.UUIDField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "role", "person_id"], name="one_duty_per_person_and_role")]


class EquipmentCheck(models.Model):
    """A piece of equipment, checked and signed by a person (SHW-5)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="equipment")
    kind = models.CharField(max_length=12)
    is_fine = models.BooleanField()
    note = models.CharField(max_length=120, blank=True, default="")
    checked_by = models.UUIDField()
    checked_by_name = models.CharField(max_length=80)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "kind"], name="one_check_per_kind")]


class Rehearsal(models.Model):
    """A rehearsal 彩排 as it was recorded (SHW-7)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="rehearsals")
    held_at = models.DateTimeField()
    minutes = models.PositiveIntegerField()
    notes = models.TextField(blank=True, default="")
    recorded_by_name = models.CharField(max_length=80)


class Segment(models.Model):
    """One entry of the run of show 流程单: a product or something else for the viewers."""

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="segments")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=120)
    product = models.ForeignKey("catalog.Product", null=True, on_delete=models.PROTECT)
    minutes = models.PositiveIntegerField()
    is_flash = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "position"], name="one_segment_per_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=models.Q(minutes__gte=1, minutes__lte=240), name="segment_minutes_in_range"),
            models.CheckConstraint(
                condition=models.Q(kind="product", product__isnull=False) | (~models.Q(kind="product") & models.Q(product=None)),
                name="product_segment_has_a_product",
            ),
        ]


class Offer(models.Model):
    """An item of a segment: its price in this session and how many units it is given."""

    id = models.UUIDField(primary_key=True, default=new_id)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="offers")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    price_fen = models.BigIntegerField()
    quantity = models.PositiveIntegerField()
    limit_per_visitor = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "sku"], name="one_offer_per_item"),
            models.CheckConstraint(condition=models.Q(price_fen__gt=0, quantity__gt=0), name="offer_positive"),
            models.CheckConstraint(
                condition=models.Q(limit_per_visitor=None) | models.Q(limit_per_visitor__gt=0), name="offer_limit_positive"
            ),
        ]


class SessionOverride(models.Model):
    """
    A red finding let through: asked by one person, confirmed by another, with a reason (SHW-10).

    It covers the finding as it was (`fingerprint`): when the facts change, it covers nothing.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="overrides")
    finding_key = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=120)
    finding_reason = models.CharField(max_length=300)
    reason = models.TextField()
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_by_name = models.CharField(max_length=80, blank=True, default="")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("asked_by")),
                name="session_override_needs_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["session", "finding_key", "fingerprint"], name="one_override_per_finding"
            ),
        ]
