"""Qualification documents, and every text that was screened."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id


class Document(models.Model):
    """A qualification document of a shop, or of one of its products. Days are Shanghai days; `valid_until` is the last one."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", null=True, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=30)
    number = models.CharField(max_length=60)
    issuer = models.CharField(max_length=80, blank=True, default="")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    media = models.ForeignKey("media.MediaFile", null=True, on_delete=models.PROTECT)
    claims = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    """Functional claims a filing or report covers (CMP-5)."""
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, default="filed")
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80, blank=True, default="")
    confirmed_at = models.DateTimeField(null=True)
    expiry_announced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "number", "valid_from"], name="one_document_per_number"),
            models.CheckConstraint(condition=Q(state__in=["filed", "confirmed", "withdrawn"]), name="document_state_known"),
            models.CheckConstraint(condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="document_dates_in_order"),
            models.CheckConstraint(condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False), name="confirmed_document_has_a_time"),
        ]
        indexes = [models.Index(fields=["valid_until"], condition=~Q(state="withdrawn"), name="document_expiry")]


class ScreenedText(models.Model):
    """A text as it was screened: every one is kept, with the lexicon that judged it and what was done about it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", null=True, on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", null=True, on_delete=models.PROTECT, related_name="screened_texts")
    subject = models.CharField(max_length=80, blank=True, default="")
    surface = models.CharField(max_length=8)
    category = models.CharField(max_length=60, blank=True, default="")
    text = models.TextField()
    verdict = models.CharField(max_length=6)
    hits = models.JSONField(default=list)
    lexicon_version = models.CharField(max_length=20)
    state = models.CharField(max_length=8)
    screened_by = models.CharField(max_length=80)
    screened_by_id = models.UUIDField(null=True)
    screened_at = models.DateTimeField()
    released_by = models.CharField(max_length=80, blank=True, default="")
    released_by_id = models.UUIDField(null=True)
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=["pass", "review", "block"]), name="screened_verdict_known"),
            models.CheckConstraint(condition=Q(state__in=["clear", "open", "replaced", "released"]), name="screened_state_known"),
            models.CheckConstraint(condition=~Q(state="clear") | Q(verdict="pass"), name="clear_text_has_no_hits"),
            models.CheckConstraint(condition=Q(released_at=None) | ~Q(verdict="block"), name="blocked_text_is_never_released"),
            models.CheckConstraint(condition=~Q(state="released") | (Q(released_at__isnull=False) & ~Q(release_reason="")), name="release_has_a_reason"),
            models.CheckConstraint(
                condition=Q(released_by_id=None) | Q(screened_by_id=None) | ~Q(released_by_id=F("screened_by_id")), name="release_by_a_second_person"
            ),
        ]
        indexes = [
            models.Index(fields=["product", "state"], name="screened_product"),
            models.Index(fields=["subject", "surface"], name="screened_subject"),
            models.Index(fields=["-screened_at", "-id"], name="screened_newest"),
            models.Index(fields=["shop", "-screened_at"], name="screened_of_no_product", condition=Q(product=None) & ~Q(state="replaced")),
        ]


class HouseWord(models.Model):
    """A word this house adds to the packaged lexicon, or lets pass (CMP-4). Retired words stay on record."""

    id = models.UUIDField(primary_key=True, default=new_id)
    word = models.CharField(max_length=40)
    plain = models.CharField(max_length=80)
    severity = models.CharField(max_length=8)
    surfaces = models.JSONField(default=list)
    source = models.CharField(max_length=200)
    suggestion = models.CharField(max_length=200, blank=True, default="")
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    retired_by = models.CharField(max_length=80, blank=True, default="")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plain"], condition=Q(retired_at=None), name="one_active_house_word"),
            models.CheckConstraint(condition=Q(severity__in=["block", "review", "innocent"]), name="house_word_severity_known"),
            models.CheckConstraint(condition=~Q(plain="") & ~Q(source=""), name="house_word_has_a_source"),
        ]


from kaibo.stages.compliance.evidence_models import (  # noqa: E402  found by Django through this module
    ComparedPrice,
    IpRight,
    Likeness,
    MatrixRow,
    Picture,
)
from kaibo.stages.compliance.lexicon_models import LexiconSweep, LexiconVersion  # noqa: E402

__all__ = ["ComparedPrice", "Document", "HouseWord", "IpRight", "LexiconSweep", "LexiconVersion", "Likeness", "MatrixRow", "Picture", "ScreenedText"]
