"""Import runs (导入), the rows that wait in quarantine (隔离区), and the column mappings people chose."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kaibo.kit.ids import new_id


class ImportRun(models.Model):
    """
    One file read for one kind.

    `position` counts the rows of data already taken; it moves in the same transaction as their effect, so that a
    killed run goes on there and takes no row twice. `header` and `columns` say how its rows are read.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("导入中")
        UNMAPPED = "unmapped", _("待指定列")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=60)
    platform = models.CharField(max_length=30, blank=True, default="")
    is_platform_sure = models.BooleanField(default=False, db_default=False)
    """Somebody said so although the file's columns look like another platform's."""
    shop_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    file_exported_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    position = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_new = models.PositiveIntegerField(default=0)
    rows_changed = models.PositiveIntegerField(default=0)
    rows_same = models.PositiveIntegerField(default=0)
    rows_quarantined = models.PositiveIntegerField(default=0)
    header = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    notes = models.JSONField(default=dict)
    error = models.JSONField(null=True)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=80)
    actor_shops = models.JSONField(default=list)
    """Where the actor may import this kind, as it was at the start: shop ids, or null for every shop."""
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    """When the last batch was taken; a running run without a beat was killed."""
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="intake_run_newest"),
            models.Index(fields=["beat_at"], name="intake_run_open", condition=Q(state__in=["waiting", "running"])),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rows_read=F("rows_new") + F("rows_changed") + F("rows_same") + F("rows_quarantined")),
                name="intake_run_every_row_counted",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "unmapped", "done", "failed"]),
                name="intake_run_state_known",
            ),
        ]


class QuarantinedRow(models.Model):
    """
    A row that could not be taken, verbatim, with its reasons.

    Cells of personal columns are empty in `cells` and stand encrypted in `sealed` (index → text) until the row is
    settled; then the key's blob is dropped.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待处理")
        CORRECTED = "corrected", _("已更正")
        DISCARDED = "discarded", _("已舍弃")

    id = models.UUIDField(primary_key=True, default=new_id)
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="quarantined")
    row_number = models.PositiveIntegerField()
    cells = models.JSONField()
    sealed = models.BinaryField(null=True)
    subject_id = models.UUIDField(null=True)
    reasons = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    discard_reason = models.CharField(max_length=200, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "row_number"], name="intake_one_quarantine_per_row"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "corrected", "discarded"]), name="intake_quarantine_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="discarded") | ~Q(discard_reason=""), name="intake_discard_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["run", "row_number"], name="intake_waiting", condition=Q(state="waiting")),
            models.Index(fields=["fingerprint"], name="intake_waiting_same", condition=Q(state="waiting")),
        ]


class ColumnMapping(models.Model):
    """What people said about the headers of a kind and platform: column key → header. Used for every later file."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    platform = models.CharField(max_length=30, blank=True, default="")
    mapping = models.JSONField(default=dict)
    actor_name = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "platform"], name="intake_one_mapping_per_source")]
