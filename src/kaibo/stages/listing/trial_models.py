"""Trials of a page: figures day by day, what the trade reaches, the 3-day clock; A/B tests with every look and decision."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id


class Trial(models.Model):
    """A page on trial with a small precise audience (LST-9) until its best version is locked and promoted (LST-11)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    listing = models.ForeignKey("listing.Listing", on_delete=models.PROTECT, related_name="trials")
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    state = models.CharField(max_length=10, default="running")
    audience = models.CharField(max_length=120)
    first_day = models.DateField()
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    locked_version = models.PositiveIntegerField(null=True)
    changed_by = models.CharField(max_length=80, blank=True, default="")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["running", "locked", "promoted", "stopped"]), name="trial_state_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("started_at")), name="trial_ends_after_it_began"),
            models.UniqueConstraint(fields=["listing"], condition=Q(state__in=["running", "locked"]), name="one_trial_at_a_time"),
            models.CheckConstraint(condition=~Q(state__in=["locked", "promoted"]) | Q(locked_version__isnull=False), name="locked_trial_names_its_version"),
        ]


class TrialChange(models.Model):
    """What was changed during a trial and why: keyword, page part, price step, picture."""

    id = models.BigAutoField(primary_key=True)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10)
    note = models.CharField(max_length=300)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=["keyword", "page", "price", "picture", "lock", "promote", "stop"]), name="trial_change_known")]


class DayFigures(models.Model):
    """What a page got on a day, as the platform counts: shown, clicked, favourites, carts, orders."""

    id = models.UUIDField(primary_key=True, default=new_id)
    listing = models.ForeignKey("listing.Listing", on_delete=models.CASCADE, related_name="figures")
    day = models.DateField()
    views = models.BigIntegerField()
    clicks = models.BigIntegerField()
    favourites = models.BigIntegerField(default=0)
    carts = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "day"], name="one_figure_row_per_day"),
            models.CheckConstraint(condition=Q(views__gte=F("clicks"), clicks__gte=0, favourites__gte=0, carts__gte=0, orders__gte=0), name="day_figures_fit"),
        ]


class IndustryMean(models.Model):
    """What a trade reaches on a platform, dated and with its source. `rate_bp` in basis points."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    platform = models.CharField(max_length=16, blank=True, default="")
    category_word = models.CharField(max_length=60, blank=True, default="")
    metric = models.CharField(max_length=10)
    rate_bp = models.PositiveIntegerField()
    source = models.CharField(max_length=200)
    dated_on = models.DateField()
    added_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "platform", "category_word", "metric", "dated_on"], name="one_mean_per_date"),
            models.CheckConstraint(condition=Q(metric__in=["click", "interest", "order"]), name="mean_metric_known"),
            models.CheckConstraint(condition=Q(rate_bp__gt=0, rate_bp__lte=10_000), name="mean_rate_fits"),
            models.CheckConstraint(condition=~Q(source=""), name="mean_has_a_source"),
        ]


class AbTest(models.Model):
    """Two versions of one thing on a page, shown to visitors by chance; everything that decides was settled before the start."""

    id = models.UUIDField(primary_key=True, default=new_id)
    listing = models.ForeignKey("listing.Listing", on_delete=models.PROTECT, related_name="tests")
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    code = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    question = models.CharField(max_length=120)
    a_words = models.CharField(max_length=80)
    b_words = models.CharField(max_length=80)
    metric = models.CharField(max_length=10)
    baseline_bp = models.PositiveIntegerField()
    lift_bp = models.PositiveIntegerField()
    b_share_bp = models.PositiveIntegerField(default=5_000)
    visitors_a_day = models.PositiveIntegerField()
    visitors_needed = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="running")
    best_log_evidence = models.FloatField(default=0.0)
    """The greatest evidence of any look: what was decided once stays decided."""
    decision = models.CharField(max_length=8, blank=True, default="")
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="one_test_per_code"),
            models.CheckConstraint(condition=Q(state__in=["running", "ended"]), name="test_state_known"),
            models.CheckConstraint(condition=Q(decision__in=["", "a", "b", "none"]), name="test_decision_known"),
            models.CheckConstraint(condition=~Q(state="ended") | (~Q(decision="") & Q(ended_at__isnull=False)), name="ended_test_has_a_decision"),
            models.CheckConstraint(condition=Q(baseline_bp__gt=0, baseline_bp__lt=10_000, lift_bp__gt=0), name="test_design_fits"),
            models.CheckConstraint(condition=Q(b_share_bp__gte=500, b_share_bp__lte=9_500), name="test_split_fits"),
            models.UniqueConstraint(fields=["listing", "kind"], condition=Q(state="running"), name="one_running_test_per_thing"),
        ]


class AbFigures(models.Model):
    """What one version got on a day."""

    id = models.UUIDField(primary_key=True, default=new_id)
    test = models.ForeignKey(AbTest, on_delete=models.CASCADE, related_name="figures")
    day = models.DateField()
    version = models.CharField(max_length=1)
    shown = models.BigIntegerField()
    acted = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["test", "day", "version"], name="one_ab_row_per_day"),
            models.CheckConstraint(condition=Q(version__in=["a", "b"], shown__gte=F("acted"), acted__gte=0), name="ab_figures_fit"),
        ]


class AbDecision(models.Model):
    """What was decided about a test, by whom, and the figures it rested on: never changed."""

    id = models.BigAutoField(primary_key=True)
    test = models.ForeignKey(AbTest, on_delete=models.PROTECT, related_name="log")
    action = models.CharField(max_length=10)
    reason = models.CharField(max_length=300, blank=True, default="")
    figures = models.JSONField(default=dict)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
