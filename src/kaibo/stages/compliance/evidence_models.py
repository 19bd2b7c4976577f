"""What compliance keeps as evidence: own rows of the matrix, compared prices, rights, pictures and what was decided about likeness."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id


class MatrixRow(models.Model):
    """
    A version of a row of our own in the qualification matrix (CMP-1). `replaces` names the packaged row it stands in for; grade
    `none` takes that away. An edit ends a version and adds the next one of the same `line`; ended versions stay on record.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    line = models.UUIDField(default=new_id)
    version = models.PositiveIntegerField(default=1)
    replaces = models.CharField(max_length=16, blank=True, default="")
    platform = models.CharField(max_length=16)
    shop_type = models.CharField(max_length=20)
    category = models.CharField(max_length=30)
    documents = models.JSONField(default=list)
    grade = models.CharField(max_length=6)
    source = models.CharField(max_length=200)
    in_force_from = models.DateField()
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    ended_by = models.CharField(max_length=80, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "version"], name="one_matrix_row_per_version"),
            models.UniqueConstraint(fields=["line"], condition=Q(ended_at=None), name="one_matrix_row_in_force"),
            models.UniqueConstraint(fields=["replaces"], condition=Q(ended_at=None) & ~Q(replaces=""), name="one_stand_in_per_packaged_row"),
            models.CheckConstraint(condition=Q(grade__in=["must", "should", "none"]), name="matrix_grade_known"),
            models.CheckConstraint(condition=~Q(source=""), name="matrix_row_has_a_source"),
            models.CheckConstraint(condition=~Q(grade="none") | ~Q(replaces=""), name="only_packaged_rows_are_taken_away"),
        ]


class ComparedPrice(models.Model):
    """A struck-through price 划线价 of an item at a place, with the ground it rested on when the comparison began (CMP-8)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    platform = models.CharField(max_length=16)
    struck_fen = models.BigIntegerField()
    price_fen = models.BigIntegerField()
    basis = models.CharField(max_length=12)
    most_fen = models.BigIntegerField()
    deals = models.PositiveIntegerField(default=0)
    evidence = models.CharField(max_length=200, blank=True, default="")
    evidence_until = models.DateField(null=True)
    began_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)
    ended_by = models.CharField(max_length=80, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku", "platform"], condition=Q(ended_at=None), name="one_compared_price_per_place"),
            models.CheckConstraint(condition=Q(basis__in=["lowest_deal", "last_deal", "suggested"]), name="compared_basis_known"),
            models.CheckConstraint(condition=Q(struck_fen__gt=F("price_fen")) & Q(price_fen__gt=0), name="struck_price_above_the_price"),
            models.CheckConstraint(condition=Q(struck_fen__lte=F("most_fen")), name="struck_price_within_its_ground"),
            models.CheckConstraint(condition=~Q(basis="suggested") | ~Q(evidence=""), name="suggested_price_has_its_proof"),
        ]


class IpRight(models.Model):
    """A patent, trade mark or copyright (CMP-6): our own, or somebody's who authorised us until a day."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", null=True, on_delete=models.PROTECT, related_name="ip_rights")
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    number = models.CharField(max_length=60)
    owner = models.CharField(max_length=80)
    authorisation = models.CharField(max_length=80, blank=True, default="")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    media = models.ForeignKey("media.MediaFile", null=True, on_delete=models.PROTECT)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    ended_by = models.CharField(max_length=80, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "number"], condition=Q(ended_at=None), name="one_ip_right_per_number"),
            models.CheckConstraint(condition=Q(kind__in=["design_patent", "packaging_patent", "utility_patent", "trademark", "copyright"]), name="ip_kind_known"),
            models.CheckConstraint(condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="ip_dates_in_order"),
        ]


class Picture(models.Model):
    """
    A picture with its fingerprint: of a product of ours, or of somebody else's goods (`product` empty, `origin` says whose).

    `whole` is the fingerprint of the whole picture, `windows` those of its middle and corners, so that a cropped copy is found.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", null=True, on_delete=models.CASCADE, related_name="pictures")
    competitor_id = models.UUIDField(null=True)
    media = models.ForeignKey("media.MediaFile", on_delete=models.PROTECT)
    title = models.CharField(max_length=200, blank=True, default="")
    origin = models.CharField(max_length=200, blank=True, default="")
    whole = models.BigIntegerField()
    windows = ArrayField(models.BigIntegerField())
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "media"], condition=Q(product__isnull=False), name="one_picture_per_product_and_file"),
            models.CheckConstraint(condition=Q(product__isnull=False) | ~Q(origin=""), name="foreign_picture_has_an_origin"),
        ]
        indexes = [models.Index(fields=["shop", "whole"], name="picture_fingerprints")]


class Likeness(models.Model):
    """
    A likeness between a product of ours and somebody else's (CMP-6): by picture or by title, and what was decided about it.

    `distance` is in differing bits of 64 for pictures; `like_bp` the share for titles. What was decided keeps its ground.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="likenesses")
    kind = models.CharField(max_length=8)
    ours = models.ForeignKey(Picture, null=True, on_delete=models.CASCADE, related_name="+")
    theirs = models.ForeignKey(Picture, null=True, on_delete=models.CASCADE, related_name="+")
    competitor_id = models.UUIDField(null=True)
    their_title = models.CharField(max_length=200, blank=True, default="")
    their_origin = models.CharField(max_length=200, blank=True, default="")
    distance = models.PositiveIntegerField(default=0)
    like_bp = models.PositiveIntegerField(default=0)
    how = models.CharField(max_length=20, blank=True, default="")
    found_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="open")
    ground = models.CharField(max_length=300, blank=True, default="")
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ours", "theirs"], condition=Q(kind="picture"), name="one_likeness_per_pair_of_pictures"),
            models.UniqueConstraint(fields=["product", "competitor_id"], condition=Q(kind="title"), name="one_likeness_per_title"),
            models.CheckConstraint(condition=Q(kind__in=["picture", "title"]), name="likeness_kind_known"),
            models.CheckConstraint(condition=Q(state__in=["open", "cleared", "upheld"]), name="likeness_state_known"),
            models.CheckConstraint(condition=Q(state="open") | (Q(decided_at__isnull=False) & ~Q(ground="")), name="decided_likeness_has_a_ground"),
        ]
        indexes = [models.Index(fields=["product"], condition=~Q(state="cleared"), name="likeness_standing")]
