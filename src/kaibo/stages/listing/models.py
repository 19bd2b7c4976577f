"""Listings with every version they ever had, prices that wait for a second person, and hot words."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id


class Listing(models.Model):
    """A product's page on a channel: what is being worked on; what is on sale is the published version."""

    id = models.UUIDField(primary_key=True, default=new_id)
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="listings")
    channel = models.ForeignKey("shops.Channel", on_delete=models.PROTECT, related_name="listings")
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    state = models.CharField(max_length=10, default="draft")
    title = models.CharField(max_length=300, blank=True, default="")
    core_word = models.CharField(max_length=40, blank=True, default="")
    attribute_words = models.JSONField(default=list)
    scene_words = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    """Grows with every change, so that two people who edit at once do not overwrite each other unseen."""
    published_version = models.PositiveIntegerField(null=True)
    published_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "channel"], name="one_listing_per_channel"),
            models.CheckConstraint(condition=Q(state__in=["draft", "published", "withdrawn"]), name="listing_state_known"),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_version__isnull=False, published_at__isnull=False), name="published_listing_has_a_version"
            ),
        ]


class ListingPrice(models.Model):
    """The price an item is to have on a listing. A price that needs a second person has `confirmed_by` once it got one."""

    id = models.BigAutoField(primary_key=True)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="prices")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    price_fen = models.BigIntegerField()
    set_by = models.CharField(max_length=80)
    set_by_id = models.UUIDField(null=True)
    set_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80, blank=True, default="")
    confirmed_by_id = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "sku"], name="one_price_per_item"),
            models.CheckConstraint(condition=Q(price_fen__gt=0), name="listing_price_positive"),
            models.CheckConstraint(
                condition=Q(confirmed_by_id=None) | Q(set_by_id=None) | ~Q(confirmed_by_id=F("set_by_id")), name="price_confirmed_by_a_second_person"
            ),
        ]


class ListingVersion(models.Model):
    """What was put on sale: never changed."""

    id = models.UUIDField(primary_key=True, default=new_id)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    published_by = models.CharField(max_length=80)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "number"], name="one_version_per_number")]


class VersionPrice(models.Model):
    """An item's price in a published version: what orders and price law are measured against."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(ListingVersion, on_delete=models.PROTECT, related_name="prices")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    price_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "sku"], name="one_price_per_version_item"),
            models.CheckConstraint(condition=Q(price_fen__gt=0), name="version_price_positive"),
        ]
        indexes = [models.Index(fields=["sku"], name="version_price_sku")]


class HotWord(models.Model):
    """A search word as a platform's list gave it, newest figures winning."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    platform = models.CharField(max_length=16, blank=True, default="")
    category_word = models.CharField(max_length=60, blank=True, default="")
    word = models.CharField(max_length=40)
    heat = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "platform", "category_word", "word"], name="one_hot_word"),
            models.CheckConstraint(condition=Q(heat__gte=0), name="hot_word_heat_positive"),
        ]
        indexes = [models.Index(fields=["shop", "-heat"], name="hot_word_heat")]


from kaibo.stages.listing.page_models import (  # noqa: E402  found by Django through this module
    CategoryExample,
    DetailVersion,
    HotWordReading,
    ListingCategory,
    ListingPicture,
)
from kaibo.stages.listing.trial_models import (  # noqa: E402
    AbDecision,
    AbFigures,
    AbTest,
    DayFigures,
    IndustryMean,
    Trial,
    TrialChange,
)

__all__ = [
    "AbDecision", "AbFigures", "AbTest", "CategoryExample", "DayFigures", "DetailVersion", "HotWord", "HotWordReading", "IndustryMean", "Listing",
    "ListingCategory", "ListingPicture", "ListingPrice", "ListingVersion", "Trial", "TrialChange", "VersionPrice",
]
