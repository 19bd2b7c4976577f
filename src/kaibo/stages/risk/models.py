"""Mentions 舆情 found in feeds: the register with its clock, and the words that make a mention ours."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kaibo.kit.ids import new_id

STATES = ["quiet", "new", "answering", "answered", "closed", "dismissed"]


class WatchWord(models.Model):
    """A word that means the shop or one of its products: a nickname, a misspelling, what fans call it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    word = models.CharField(max_length=40)
    product = models.ForeignKey("catalog.Product", null=True, on_delete=models.CASCADE)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "word"], name="one_watch_word_per_shop"),
            models.CheckConstraint(condition=~Q(word=""), name="watch_word_not_empty"),
        ]


class Mention(models.Model):
    """
    Something somebody said in public about the shop or its goods (RSK-1). The author is kept masked only.

    `hits` are places in the text: start, end, kind (name, theme, severe), words. `answer_by` is set while it burns.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    product = models.ForeignKey("catalog.Product", null=True, on_delete=models.SET_NULL)
    platform = models.CharField(max_length=30)
    author = models.CharField(max_length=60, blank=True, default="")
    text = models.TextField()
    url = models.CharField(max_length=500, blank=True, default="")
    fingerprint = models.CharField(max_length=64)
    posted_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    severity = models.CharField(max_length=8, blank=True, default="")
    themes = ArrayField(models.CharField(max_length=30), default=list)
    hits = models.JSONField(default=list)
    state = models.CharField(max_length=10)
    answer_by = models.DateTimeField(null=True)
    owner_id = models.UUIDField(null=True)
    owner_name = models.CharField(max_length=80, blank=True, default="")
    taken_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=80, blank=True, default="")
    outcome = models.CharField(max_length=300, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    told_overdue_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "fingerprint"], name="one_mention_per_place"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="mention_state_known"),
            models.CheckConstraint(condition=~Q(state__in=["new", "answering"]) | Q(answer_by__isnull=False), name="burning_mention_has_clock"),
            models.CheckConstraint(condition=~Q(state="answering") | Q(owner_id__isnull=False), name="answering_mention_has_owner"),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(answered_at__isnull=False) & ~Q(answer=""), name="answered_mention_has_answer"
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], name="mentions_burning", condition=Q(state__in=["new", "answering"])),
            models.Index(fields=["shop", "-first_seen_at"], name="mentions_newest"),
            models.Index(fields=["product"], name="mentions_of_product", condition=Q(product__isnull=False)),
        ]


class RiskTask(models.Model):
    """What an incident on air left to do, until somebody says it is done (LIV-8). `cause` is what was found to be behind it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    incident_id = models.UUIDField()
    kind = models.CharField(max_length=10)
    incident_title = models.CharField(max_length=60)
    cause = models.TextField(blank=True, default="")
    text = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by_name = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["shop", "opened_at"], name="risk_task_open", condition=Q(done_at=None))]
        constraints = [models.UniqueConstraint(fields=["incident_id", "text"], name="one_risk_task_per_text")]


from kaibo.stages.risk.supply_models import SupplyIncident, SupplyStep  # noqa: E402  found by Django through this module

__all__ = ["Mention", "RiskTask", "SupplyIncident", "SupplyStep", "WatchWord"]
