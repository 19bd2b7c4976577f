"""The desk's own rows: what is on sale, at which versions of its price, what was done and how the show ran."""

from django.db import models

from kaibo.kit.ids import new_id


class Desk(models.Model):
    """The desk of a live session. Its row is the lock every action of the session takes first."""

    session = models.OneToOneField("showplan.Session", primary_key=True, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=80)
    current_item = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    entered = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=6, default="main")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(source__in=["main", "backup"]), name="desk_source_known")]


class SaleItem(models.Model):
    """An item in the room: its id is the room's, its units are an allotment's."""

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    segment_id = models.UUIDField()
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    allotment = models.OneToOneField("stock.Allotment", on_delete=models.PROTECT)
    is_flash = models.BooleanField(default=False)
    closes_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=80)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["session", "opened_at"], name="sale_item_session"),
            models.Index(fields=["closes_at"], name="sale_item_closing", condition=models.Q(closed_at=None, closes_at__isnull=False)),
        ]


class PriceVersion(models.Model):
    """A price as viewers got it; claims name its number."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(SaleItem, on_delete=models.PROTECT, related_name="prices")
    version = models.PositiveIntegerField()
    price_fen = models.BigIntegerField()
    published_at = models.DateTimeField()
    published_by_name = models.CharField(max_length=80)
    confirmed_by_name = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "version"], name="one_price_per_version"),
            models.CheckConstraint(condition=models.Q(price_fen__gt=0, version__gt=0), name="price_version_positive"),
        ]


class PriceRequest(models.Model):
    """A price that needs a second person before viewers see it (CMP-8): a change, or a flash sale at that price."""

    class State(models.TextChoices):
        WAITING = "waiting"
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    item = models.ForeignKey(SaleItem, null=True, on_delete=models.PROTECT)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    price_fen = models.BigIntegerField()
    flash = models.JSONField(null=True)
    concerns = models.JSONField(default=list)
    reason = models.TextField()
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["session"], name="price_request_waiting", condition=models.Q(state="waiting"))]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="confirmed") | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("asked_by"))),
                name="price_needs_a_second_person",
            ),
            models.UniqueConstraint(fields=["session", "sku"], condition=models.Q(state="waiting"), name="one_waiting_price_per_item"),
        ]


class Airing(models.Model):
    """A segment on air: when it really began and ended (LIV-1)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    segment_id = models.UUIDField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["session", "began_at"], name="airing_session")]
        constraints = [
            models.UniqueConstraint(fields=["session"], condition=models.Q(ended_at=None), name="one_segment_on_air")
        ]


class Pace(models.Model):
    """The minutes a segment got when the rest was re-planned; the plan itself stays as it was."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    segment_id = models.UUIDField()
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "segment_id"], name="one_pace_per_segment")]


class DeskAction(models.Model):
    """What somebody did at the desk (LIV-6). `seq` is the room's event that proves it; `key` makes it happen once."""

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=16)
    item = models.ForeignKey(SaleItem, null=True, on_delete=models.PROTECT)
    details = models.JSONField(default=dict)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=80)
    at = models.DateTimeField()
    seq = models.BigIntegerField(default=0)
    undone_by = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undoes")

    class Meta:
        indexes = [models.Index(fields=["session", "-at"], name="desk_action_log")]
        constraints = [models.UniqueConstraint(fields=["session", "key"], name="one_action_per_key")]


class FigureSample(models.Model):
    """
    The figures at one moment: what the desk's chart and the retrospective's minutes are drawn from.

    `origin` says where they come from: our room, typed at the desk, or a platform's file (LIV-13).
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    at = models.DateTimeField()
    viewers = models.PositiveIntegerField()
    claims = models.PositiveIntegerField()
    units = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
    messages = models.PositiveIntegerField()
    likes = models.PositiveBigIntegerField()
    refused = models.PositiveIntegerField(default=0)
    watched = models.PositiveIntegerField(default=0)
    viewer_seconds = models.PositiveBigIntegerField(default=0)
    origin = models.CharField(max_length=6, default="room")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "at"], name="one_sample_per_moment"),
            models.CheckConstraint(condition=models.Q(origin__in=["room", "typed", "file"]), name="sample_origin_known"),
        ]


class PromptSeen(models.Model):
    """The host read a message of the desk and said so."""

    action = models.OneToOneField(DeskAction, primary_key=True, on_delete=models.PROTECT, related_name="seen")
    seen_at = models.DateTimeField()
    by_name = models.CharField(max_length=80)


class PointSaid(models.Model):
    """A core selling point was said once more: `place` counts the segment's points from one (SEL-10)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    segment_id = models.UUIDField()
    place = models.PositiveSmallIntegerField()
    said_at = models.DateTimeField()
    by_name = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["session", "segment_id"], name="point_said_segment")]
        constraints = [models.CheckConstraint(condition=models.Q(place__gte=1, place__lte=9), name="point_said_place")]


class Playbook(models.Model):
    """
    A contingency playbook 应急预案 of a shop (LIV-8).

    `steps` are {"role", "text", "within_seconds"} in their order; `announcement` is proposed to be told to viewers.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=60)
    announcement = models.CharField(max_length=200, blank=True, default="")
    steps = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    changed_by_name = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "title"], name="one_playbook_per_title")]


class Incident(models.Model):
    """A playbook being run, for real or as a drill 演练; its steps are a copy of the playbook's as it was."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    session = models.ForeignKey("showplan.Session", null=True, on_delete=models.PROTECT)
    playbook = models.ForeignKey(Playbook, null=True, on_delete=models.SET_NULL)
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=60)
    announcement = models.CharField(max_length=200, blank=True, default="")
    is_drill = models.BooleanField(default=False)
    key = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    started_by_name = models.CharField(max_length=80)
    announced = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=80, blank=True, default="")
    cause = models.TextField(blank=True, default="")
    lesson = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["shop", "-started_at"], name="incidents_newest")]
        constraints = [
            models.UniqueConstraint(fields=["session"], condition=models.Q(ended_at=None), name="one_incident_at_a_time"),
            models.UniqueConstraint(fields=["shop", "key"], name="one_incident_per_key"),
            models.CheckConstraint(condition=models.Q(is_drill=True) | models.Q(session__isnull=False), name="real_incident_has_a_session"),
            models.CheckConstraint(condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")), name="incident_ends_after_it_starts"),
        ]


class IncidentStep(models.Model):
    """One step of a running playbook: whose it is, by when, and who ticked it when."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="steps")
    place = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=12)
    text = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by_name = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["incident", "place"], name="one_step_per_place")]


class IncidentFollowUp(models.Model):
    """What is to be done after an incident, by whom, until when; told to the risk stage by a fact."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="follow_ups")
    text = models.CharField(max_length=200)
    owner_name = models.CharField(max_length=80)
    due_on = models.DateField()


class Reply(models.Model):
    """Something the shop says in the chat: by a press (quick) or by itself at a keyword. Used only once a second person approved it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        REFUSED = "refused"
        RETIRED = "retired"

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    keywords = models.JSONField(default=list)
    text = models.CharField(max_length=200)
    cooldown_seconds = models.PositiveIntegerField(default=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    written_by = models.UUIDField(null=True)
    written_by_name = models.CharField(max_length=80)
    written_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "state"], name="reply_shop_state")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="approved") | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("written_by"))),
                name="reply_needs_a_second_person",
            ),
        ]


class SpeechLine(models.Model):
    """A line of the host's speech as a recogniser gave it; the same `at` again is the same line, corrected (CMP-9)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    at = models.DateTimeField()
    text = models.CharField(max_length=500)
    is_final = models.BooleanField()
    words = models.PositiveIntegerField()
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "at"], name="one_speech_line_per_moment")]


class SpeechHit(models.Model):
    """An objection to the host's words; a person acknowledges it, or the recogniser takes it back."""

    class State(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    line = models.ForeignKey(SpeechLine, on_delete=models.PROTECT, related_name="hits")
    start = models.SmallIntegerField()
    end = models.SmallIntegerField()
    text = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    severity = models.CharField(max_length=8)
    source = models.CharField(max_length=200)
    suggestion = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    acknowledged_by_name = models.CharField(max_length=80, blank=True, default="")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["session", "at"], name="speech_hit_session")]
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__in=["block", "review"]), name="speech_hit_severity_known"),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at=None) | models.Q(state="acknowledged"), name="acknowledged_speech_hit_names_its_moment"
            ),
        ]


class DrawPlan(models.Model):
    """A draw as staff wrote it; its id is the room's. Once published the room holds it, and it never changes (LIV-10)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    title = models.CharField(max_length=500, blank=True)
    terms = models.JSONField()
    written_by_name = models.CharField(max_length=80)
    written_at = models.DateTimeField()
    published_by_name = models.CharField(max_length=80, blank=True, default="")
    published_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["session", "written_at"], name="draw_plan_session")]
        constraints = [
            models.CheckConstraint(condition=models.Q(published_at=None) | ~models.Q(published_by_name=""), name="published_draw_names_its_publisher")
        ]


class CouponPlan(models.Model):
    """
    A coupon as the desk issued it, or asked for; its id is the room's, which counts what is taken and used (LIV-4).

    One that could bring an item below cost, below its margin floor or far from its published price is issued by a second person (CMP-8).
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        ISSUED = "issued"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.PROTECT)
    off_fen = models.BigIntegerField(null=True)
    off_bp = models.PositiveIntegerField(null=True)
    cap_fen = models.BigIntegerField(null=True)
    threshold_fen = models.BigIntegerField(default=0)
    units = models.PositiveIntegerField()
    limit_per_visitor = models.PositiveIntegerField()
    item_ids = models.JSONField(default=list)
    minutes = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    concerns = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices)
    asked_by = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    withdrawn_by_name = models.CharField(max_length=80, blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["session", "-asked_at"], name="coupon_plan_session")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "refused"])
                | models.Q(concerns=[])
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("asked_by"))),
                name="concerning_coupon_needs_a_second_person",
            ),
            models.CheckConstraint(condition=models.Q(off_fen__isnull=True) ^ models.Q(off_bp__isnull=True), name="coupon_takes_off_one_way"),
        ]
