"""What a session was (snapshots), what the platform says of it, what was concluded and what is done about it."""

from django.db import models

from kaibo.kit.ids import new_id


class Snapshot(models.Model):
    """A session's picture as it was last computed: figures, minutes and items; what history and pages read (INS-1)."""

    session = models.OneToOneField("showplan.Session", primary_key=True, on_delete=models.CASCADE)
    version = models.PositiveSmallIntegerField()
    picture = models.JSONField()
    taken_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["taken_at"], name="snapshot_oldest")]


class PlatformFigure(models.Model):
    """A figure as the platform's own file told it; shown beside ours, never mixed with it (INS-11)."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey("showplan.Session", on_delete=models.CASCADE, related_name="platform_figures")
    key = models.CharField(max_length=30)
    value = models.BigIntegerField()
    platform = models.CharField(max_length=16)
    exported_at = models.DateTimeField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "platform", "key"], name="one_platform_figure_per_key")]


class Action(models.Model):
    """Something to do because of a cause found in a session: who, until when (INS-12)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.CASCADE, related_name="actions")
    cause = models.CharField(max_length=80)
    words = models.CharField(max_length=200)
    evidence = models.CharField(max_length=400)
    effect_fen = models.BigIntegerField(null=True)
    owner_id = models.UUIDField(null=True)
    due_on = models.DateField()
    state = models.CharField(max_length=10, default="proposed")
    proposed_at = models.DateTimeField()
    accepted_by = models.CharField(max_length=80, blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "cause"], name="one_action_per_cause"),
            models.CheckConstraint(condition=models.Q(state__in=["proposed", "accepted", "done", "dropped"]), name="action_state_known"),
            models.CheckConstraint(condition=~models.Q(state__in=["accepted", "done"]) | models.Q(owner_id__isnull=False), name="accepted_action_has_owner"),
            models.CheckConstraint(condition=models.Q(state="done", done_at__isnull=False) | ~models.Q(state="done") & models.Q(done_at=None), name="done_action_has_time"),
        ]
        indexes = [models.Index(fields=["due_on"], name="action_due", condition=models.Q(state__in=["proposed", "accepted"]))]


class Improvement(models.Model):
    """
    What was decided about a point buyers and viewers make of a product (INS-9): done by whom until when, or declined and why.

    `people` of `whole` made the point when it was decided; `outcome` is what a person made of the effect afterwards.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="improvements")
    point = models.CharField(max_length=20)
    state = models.CharField(max_length=10)
    words = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    people = models.PositiveIntegerField()
    whole = models.PositiveIntegerField()
    quotes = models.JSONField(default=list)
    owner_id = models.UUIDField(null=True)
    due_on = models.DateField(null=True)
    decided_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_note = models.CharField(max_length=300, blank=True, default="")
    outcome = models.CharField(max_length=300, blank=True, default="")
    outcome_at = models.DateTimeField(null=True)
    outcome_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "point"], condition=models.Q(state="planned"), name="one_open_improvement_per_point"),
            models.CheckConstraint(condition=models.Q(state__in=["planned", "done", "declined"]), name="improvement_state_known"),
            models.CheckConstraint(condition=models.Q(state="declined") | models.Q(owner_id__isnull=False, due_on__isnull=False), name="improvement_has_owner_and_day"),
            models.CheckConstraint(condition=~models.Q(state="declined") | ~models.Q(reason=""), name="declined_improvement_has_reason"),
            models.CheckConstraint(condition=models.Q(state="done", done_at__isnull=False) | ~models.Q(state="done") & models.Q(done_at=None), name="done_improvement_has_time"),
            models.CheckConstraint(condition=models.Q(outcome="", outcome_at=None) | models.Q(state="done", outcome_at__isnull=False) & ~models.Q(outcome=""), name="outcome_of_done_improvement"),
        ]
        indexes = [models.Index(fields=["owner_id", "due_on"], name="improvement_due", condition=models.Q(state="planned"))]


class Retrospective(models.Model):
    """The retrospective 复盘 of a session, concluded once (LIV-12)."""

    session = models.OneToOneField("showplan.Session", primary_key=True, on_delete=models.CASCADE)
    lessons = models.TextField()
    concluded_by = models.CharField(max_length=80)
    concluded_at = models.DateTimeField()
