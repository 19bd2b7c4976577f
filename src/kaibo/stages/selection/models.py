"""Markets with their competitors and reviews; candidates with their items and what came back from earlier sales."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id

STATES = [(one, one) for one in ("draft", "scored", "approved", "rejected")]
OPINIONS = [(one, one) for one in ("good", "neutral", "bad", "unknown")]


class Market(models.Model):
    """A kind of goods a shop looks into, e.g. 双面呢外套. `reference_fen` is the price buyers take for the middle."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    title = models.CharField(max_length=60)
    reference_fen = models.BigIntegerField(null=True)
    reference_source = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "title"], name="one_market_per_title"),
            models.CheckConstraint(condition=Q(reference_fen=None) | Q(reference_fen__gt=0), name="market_reference_positive"),
            models.CheckConstraint(condition=Q(reference_fen=None) | ~Q(reference_source=""), name="market_reference_has_source"),
        ]


class Competitor(models.Model):
    """A competing product as it was last imported."""

    id = models.UUIDField(primary_key=True, default=new_id)
    market = models.ForeignKey(Market, on_delete=models.CASCADE, related_name="competitors")
    platform = models.CharField(max_length=16, blank=True, default="")
    external_id = models.CharField(max_length=64, blank=True, default="")
    shop_name = models.CharField(max_length=80, blank=True, default="")
    title = models.CharField(max_length=200)
    price_fen = models.BigIntegerField()
    sales = models.BigIntegerField(default=0)
    rating_centi = models.PositiveIntegerField(null=True)
    points = models.CharField(max_length=300, blank=True, default="")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["market", "platform", "shop_name", "title"], name="one_competitor_per_title"),
            models.CheckConstraint(condition=Q(price_fen__gt=0) & Q(sales__gte=0), name="competitor_figures_positive"),
            models.CheckConstraint(condition=Q(rating_centi=None) | Q(rating_centi__lte=500), name="competitor_rating_in_five"),
        ]
        indexes = [models.Index(fields=["market", "-sales"], name="competitor_by_sales")]


class Review(models.Model):
    """A review of a product in a market, without who wrote it. `fingerprint` keeps one review from counting twice."""

    id = models.UUIDField(primary_key=True, default=new_id)
    market = models.ForeignKey(Market, on_delete=models.CASCADE, related_name="reviews")
    fingerprint = models.CharField(max_length=64)
    product_external_id = models.CharField(max_length=64, blank=True, default="")
    product_title = models.CharField(max_length=200, blank=True, default="")
    body = models.TextField()
    opinion = models.CharField(max_length=8, choices=OPINIONS)
    rating = models.PositiveSmallIntegerField(null=True)
    is_complaint = models.BooleanField(default=False)
    reviewed_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["market", "fingerprint"], name="one_review_per_fingerprint"),
            models.CheckConstraint(condition=Q(rating=None) | Q(rating__range=(1, 5)), name="review_rating_in_five"),
        ]
        indexes = [models.Index(fields=["market", "product_title"], condition=Q(is_complaint=True), name="review_complaints")]


class ReviewTheme(models.Model):
    """One theme a review complains of, with the exact half-open place in its text."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="themes")
    market = models.ForeignKey(Market, on_delete=models.CASCADE)
    theme = models.CharField(max_length=20)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    length = models.PositiveIntegerField()
    """Characters of the review: short ones are quoted first."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "theme"], name="one_place_per_theme"),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="theme_place_not_empty"),
        ]
        indexes = [models.Index(fields=["market", "theme", "length"], name="theme_quotes")]


class Candidate(models.Model):
    """A product that might be brought to market. Money in fen, rates in basis points."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    market = models.ForeignKey(Market, null=True, on_delete=models.PROTECT, related_name="candidates")
    title = models.CharField(max_length=120)
    code = models.CharField(max_length=40)
    category = models.ForeignKey("catalog.Category", on_delete=models.PROTECT)
    state = models.CharField(max_length=8, choices=STATES, default="draft")
    position = models.CharField(max_length=10, blank=True, default="")
    value_proposition = models.CharField(max_length=120, blank=True, default="")
    selling_points = models.JSONField(default=list)
    cost_fen = models.BigIntegerField()
    price_fen = models.BigIntegerField()
    return_bp = models.PositiveIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    return_loss_fen = models.BigIntegerField(default=0)
    commission_bp = models.PositiveIntegerField(default=0)
    margin_bp = models.IntegerField(null=True)
    score_sheet = models.JSONField(default=dict)
    """The figures the score and the decision rested on, as they were then."""
    on_air_at = models.DateTimeField(null=True)
    goods_kind = models.CharField(max_length=8, blank=True, default="", db_default="")
    """standard, creative or durable: which strength of the house it lives on (SEL-9)."""
    owner_id = models.UUIDField(null=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    scored_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True, default="")
    product = models.OneToOneField("catalog.Product", null=True, on_delete=models.PROTECT, related_name="candidate")
    launch = models.OneToOneField("launches.Launch", null=True, on_delete=models.PROTECT, related_name="candidate")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="one_candidate_per_code"),
            models.CheckConstraint(condition=Q(state__in=["draft", "scored", "approved", "rejected"]), name="candidate_state_known"),
            models.CheckConstraint(
                condition=Q(price_fen__gt=0) & Q(cost_fen__gte=0) & Q(freight_fen__gte=0) & Q(return_loss_fen__gte=0),
                name="candidate_money_positive",
            ),
            models.CheckConstraint(condition=Q(return_bp__lt=10_000) & Q(commission_bp__lte=10_000), name="candidate_rates_fit"),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(product__isnull=False, launch__isnull=False, decided_at__isnull=False),
                name="approved_candidate_has_a_launch",
            ),
            models.CheckConstraint(condition=~Q(state="scored") | Q(margin_bp__isnull=False), name="scored_candidate_has_a_margin"),
        ]


class CandidateSku(models.Model):
    """An item the candidate will have when it is approved."""

    id = models.BigAutoField(primary_key=True)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="skus")
    code = models.CharField(max_length=60)
    specification = models.CharField(max_length=80)
    barcode = models.CharField(max_length=20, blank=True, default="")
    cost_fen = models.BigIntegerField()
    price_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "code"], name="one_item_per_candidate_code"),
            models.CheckConstraint(condition=Q(price_fen__gt=0) & Q(cost_fen__gte=0), name="candidate_item_money"),
        ]


class Feedback(models.Model):
    """What an after-sales case said of a product: it flows back to whoever chooses next (SEL-19)."""

    id = models.BigAutoField(primary_key=True)
    case_id = models.UUIDField(unique=True)
    product_id = models.UUIDField()
    candidate = models.ForeignKey(Candidate, null=True, on_delete=models.SET_NULL, related_name="feedback")
    market = models.ForeignKey(Market, null=True, on_delete=models.SET_NULL, related_name="feedback")
    reason = models.CharField(max_length=200)
    severity = models.CharField(max_length=10)
    refunded_fen = models.BigIntegerField(default=0)
    closed_at = models.DateTimeField()
    nature = models.CharField(max_length=20, default="other", db_default="other")
    sku_id = models.UUIDField(null=True)
    lot_ids = ArrayField(models.UUIDField(), default=list)
    units = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        indexes = [
            models.Index(fields=["product_id"], name="feedback_product"),
            models.Index(fields=["closed_at"], name="feedback_newest"),
        ]


from kaibo.stages.selection.decision_models import (  # noqa: E402  found by Django through this module
    Cooperation,
    CooperationSession,
    HouseStrength,
    PriceAnswer,
    PriceInputs,
    PriceLimits,
    ScoreRules,
    Trial,
    TrialDay,
)
from kaibo.stages.selection.market_models import (  # noqa: E402  found by Django through this module
    AudienceCount,
    Brief,
    CompetitorSighting,
    Festival,
    HostSighting,
    ReviewOpinion,
    SurveyAnswer,
    TrendPoint,
)
from kaibo.stages.selection.matching_models import MatchingReport  # noqa: E402  found by Django through this module

__all__ = [
    "AudienceCount", "Brief", "Candidate", "CandidateSku", "Competitor", "CompetitorSighting", "Cooperation", "CooperationSession", "Feedback", "Festival",
    "HostSighting", "HouseStrength", "Market", "MatchingReport", "PriceAnswer", "PriceInputs", "PriceLimits", "Review", "ReviewOpinion", "ReviewTheme", "ScoreRules",
    "SurveyAnswer", "TrendPoint", "Trial", "TrialDay",
]  # fmt: skip
