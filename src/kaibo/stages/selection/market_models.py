"""What a market board is made of: opinions in reviews, the history of competitors, hot words week by week, hosts, audiences, festivals, briefs."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id
from kaibo.stages.selection.models import Competitor, Market, Review

SIDES = [(one, one) for one in ("bad", "good", "wish")]
TREND_KINDS = [(one, one) for one in ("word", "board", "element", "report")]


class ReviewOpinion(models.Model):
    """What one review says of one thing: blame, praise or a wish, with the exact half-open place in its text."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="opinions")
    market = models.ForeignKey(Market, on_delete=models.CASCADE, db_index=False)
    side = models.CharField(max_length=4, choices=SIDES)
    theme = models.CharField(max_length=20)
    aspect = models.CharField(max_length=16)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(start__lt=F("end")), name="opinion_place_not_empty")]
        indexes = [models.Index(fields=["market", "side", "aspect"], name="opinion_by_aspect")]


class CompetitorSighting(models.Model):
    """A competing product as it stood on one day; kept for ever, so that what moved can be told (SEL-2)."""

    id = models.BigAutoField(primary_key=True)
    competitor = models.ForeignKey(Competitor, on_delete=models.CASCADE, related_name="sightings", db_index=False)
    seen_on = models.DateField()
    price_fen = models.BigIntegerField()
    sales = models.BigIntegerField()
    rating_centi = models.PositiveIntegerField(null=True)
    points = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["competitor", "seen_on"], name="one_sighting_a_day"),
            models.CheckConstraint(condition=Q(price_fen__gt=0) & Q(sales__gte=0), name="sighting_figures_positive"),
        ]


class HostSighting(models.Model):
    """A competing host's live room as a ranking showed it on one day: reach, interaction, goods, sales (SEL-2)."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    market_title = models.CharField(max_length=60, blank=True, default="")
    platform = models.CharField(max_length=16, blank=True, default="")
    host = models.CharField(max_length=80)
    seen_on = models.DateField()
    rank = models.PositiveIntegerField(null=True)
    viewers = models.BigIntegerField(default=0)
    interactions = models.BigIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    sales_fen = models.BigIntegerField(default=0)
    content = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "platform", "host", "seen_on"], name="one_host_sighting_a_day"),
            models.CheckConstraint(condition=Q(viewers__gte=0) & Q(interactions__gte=0) & Q(sales_fen__gte=0), name="host_figures_positive"),
        ]


class TrendPoint(models.Model):
    """How hot a word, a category or an element was in one week, by one source."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    kind = models.CharField(max_length=8, choices=TREND_KINDS, default="word")
    word = models.CharField(max_length=60)
    source = models.CharField(max_length=40, blank=True, default="")
    week_on = models.DateField()
    heat = models.BigIntegerField()
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "word", "source", "week_on"], name="one_point_a_week"),
            models.CheckConstraint(condition=Q(heat__gte=0), name="trend_heat_not_negative"),
        ]


class AudienceCount(models.Model):
    """How many people of a segment gave an option of a question: a platform's figures, or a questionnaire summed up (SEL-1)."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    source = models.CharField(max_length=60)
    segment = models.CharField(max_length=40)
    question = models.CharField(max_length=60)
    option = models.CharField(max_length=60)
    people = models.BigIntegerField()
    asked = models.BigIntegerField()
    collected_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "source", "segment", "question", "option", "collected_on"], name="one_audience_count"),
            models.CheckConstraint(condition=Q(people__gte=0) & Q(asked__gte=F("people")), name="audience_people_were_asked"),
        ]


class SurveyAnswer(models.Model):
    """One option one person chose in a questionnaire; who it was is kept only as a mark under the installation's secret."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    survey = models.CharField(max_length=60)
    respondent = models.CharField(max_length=64)
    segment = models.CharField(max_length=40, blank=True, default="")
    question = models.CharField(max_length=60)
    option = models.CharField(max_length=60)
    answered_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "survey", "respondent", "question", "option"], name="one_answer_an_option")]


class Festival(models.Model):
    """A shop's own line of the selling calendar: a new one, or another date for one that comes with the program (SEL-17)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    key = models.CharField(max_length=24)
    year = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField()
    lead_days = models.PositiveSmallIntegerField(default=45)
    themes = models.CharField(max_length=200, blank=True, default="")
    is_hidden = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "key", "year"], name="one_festival_a_year"),
            models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="festival_ends_after_start"),
        ]


class Brief(models.Model):
    """The competitor brief of one week, with the figures as they were when it was made (SEL-3)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    week_on = models.DateField()
    made_at = models.DateTimeField()
    content = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "week_on"], name="one_brief_a_week")]
