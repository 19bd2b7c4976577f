"""Members 会员 of a shop, what they bought, whether and how often they may be spoken to."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id


class Member(models.Model):
    """
    A customer of a shop. Who it is lies sealed under the person's own key (`sealed`); `label` is masked.

    The scores are 1–5, empty until the first scoring; `segment` follows from them (MEM-1).
    """

    class Consent(models.TextChoices):
        UNASKED = "unasked"
        GIVEN = "given"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    subject_id = models.UUIDField()
    platform = models.CharField(max_length=16)
    label = models.CharField(max_length=60)
    sealed = models.BinaryField(null=True)
    consent = models.CharField(max_length=8, choices=Consent.choices, default=Consent.UNASKED)
    consent_source = models.CharField(max_length=80, blank=True, default="")
    consent_at = models.DateTimeField(null=True)
    purchases = models.PositiveIntegerField(default=0)
    units = models.PositiveIntegerField(default=0)
    spent_fen = models.BigIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    recency = models.PositiveSmallIntegerField(null=True)
    frequency = models.PositiveSmallIntegerField(null=True)
    monetary = models.PositiveSmallIntegerField(null=True)
    segment = models.CharField(max_length=16, blank=True, default="")
    scored_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "subject_id"], name="one_member_per_person_and_shop"),
            models.CheckConstraint(condition=Q(consent__in=["unasked", "given", "refused"]), name="consent_known"),
            models.CheckConstraint(
                condition=Q(recency=None, frequency=None, monetary=None)
                | Q(recency__range=(1, 5), frequency__range=(1, 5), monetary__range=(1, 5)),
                name="scores_one_to_five",
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "segment", "-spent_fen"], name="members_by_segment"),
            models.Index(fields=["shop", "-spent_fen"], name="members_by_spending"),
        ]


class Purchase(models.Model):
    """One purchase of a member: an order number of a platform, or an own order."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="history")
    reference = models.CharField(max_length=80)
    bought_at = models.DateTimeField()
    amount_fen = models.BigIntegerField()
    quantity = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "reference"], name="one_purchase_per_reference"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="purchase_amount_not_negative"),
        ]
        indexes = [models.Index(fields=["member", "bought_at"], name="purchases_in_time")]


class SegmentOffer(models.Model):
    """What a segment is given: one coupon for everybody in it, so that nobody pays more for being who they are (MEM-3)."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    segment = models.CharField(max_length=16)
    words = models.CharField(max_length=120)
    coupon_fen = models.BigIntegerField(default=0)
    minimum_fen = models.BigIntegerField(default=0)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "segment"], name="one_offer_per_segment"),
            models.CheckConstraint(condition=Q(coupon_fen__gte=0) & Q(minimum_fen__gte=F("coupon_fen")), name="coupon_within_minimum"),
        ]


class ContactList(models.Model):
    """A list of members handed out to be contacted: who took it, why, with which offer, and who was left out for what."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    segment = models.CharField(max_length=16)
    reason = models.CharField(max_length=300)
    offer_words = models.CharField(max_length=120, blank=True, default="")
    coupon_fen = models.BigIntegerField(default=0)
    minimum_fen = models.BigIntegerField(default=0)
    taken_by = models.CharField(max_length=80)
    taken_at = models.DateTimeField()
    reached = models.PositiveIntegerField()
    left_out = models.JSONField(default=dict)


class Touch(models.Model):
    """A member on a contact list: counts against the frequency cap."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="touches")
    contact_list = models.ForeignKey(ContactList, on_delete=models.PROTECT, related_name="touches")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "contact_list"], name="one_touch_per_list")]
        indexes = [models.Index(fields=["member", "-at"], name="touches_of_member")]
