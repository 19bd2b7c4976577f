"""What stands on a product's page: pictures, the detail page's versions, the platform category; and what they are compared with."""

from django.db import models
from django.db.models import Q

from kaibo.kit.ids import new_id

PICTURE_ROLES = ("main", "detail", "video_cover", "competitor")


class ListingPicture(models.Model):
    """A picture of a page, measured once. Competitors' pictures stand beside ours to be compared, never to be shown. `hash` is signed."""

    id = models.UUIDField(primary_key=True, default=new_id)
    listing = models.ForeignKey("listing.Listing", on_delete=models.CASCADE, related_name="pictures")
    media = models.ForeignKey("media.MediaFile", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12)
    position = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=120, blank=True, default="")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.BigIntegerField()
    sharpness = models.PositiveIntegerField()
    white_bp = models.PositiveIntegerField()
    white_border_bp = models.PositiveIntegerField()
    busy_bp = models.PositiveIntegerField()
    hash = models.BigIntegerField()
    answers = models.JSONField(default=dict)
    """What a person said to the questions of the 3-second checklist: key → true or false."""
    answered_by = models.CharField(max_length=80, blank=True, default="")
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=PICTURE_ROLES), name="picture_role_known"),
            models.CheckConstraint(condition=Q(white_bp__lte=10_000, white_border_bp__lte=10_000, busy_bp__lte=10_000), name="picture_shares_fit"),
            models.UniqueConstraint(fields=["listing", "role", "position"], name="one_picture_per_place"),
        ]


class DetailVersion(models.Model):
    """A version of the detail page in its four parts: never changed; the newest is the one being worked on."""

    id = models.UUIDField(primary_key=True, default=new_id)
    listing = models.ForeignKey("listing.Listing", on_delete=models.PROTECT, related_name="details")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    lexicon_version = models.CharField(max_length=60, blank=True, default="")
    saved_by = models.CharField(max_length=80)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "number"], name="one_detail_per_number")]


class ListingCategory(models.Model):
    """The platform category chosen for a page, and the words that spoke for it."""

    listing = models.OneToOneField("listing.Listing", primary_key=True, on_delete=models.CASCADE, related_name="category_choice")
    path = models.CharField(max_length=120)
    reason = models.CharField(max_length=300, blank=True, default="")
    chosen_by = models.CharField(max_length=80)
    chosen_at = models.DateTimeField()


class CategoryExample(models.Model):
    """A title with the category it stands in, from the shop's own back office: what the adviser learns from."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    title = models.CharField(max_length=200)
    path = models.CharField(max_length=120)
    visits = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "title"], name="one_category_example"), models.CheckConstraint(condition=Q(visits__gte=0), name="category_visits_positive")]


class HotWordReading(models.Model):
    """How hot a word was on a day: what its growth is read from."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    platform = models.CharField(max_length=16, blank=True, default="")
    category_word = models.CharField(max_length=60, blank=True, default="")
    word = models.CharField(max_length=40)
    day = models.DateField()
    heat = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "platform", "category_word", "word", "day"], name="one_reading_per_day"),
            models.CheckConstraint(condition=Q(heat__gte=0), name="reading_heat_positive"),
        ]
