"""What a decision on a candidate rests on: rules of the score, strengths of the house, what buyers would pay, trials, cooperations."""

from django.db import models
from django.db.models import F, Q

from kaibo.kit.ids import new_id
from kaibo.stages.selection.models import Candidate

STRENGTHS = [(one, one) for one in ("supply_chain", "content", "cash")]
TRIAL_STATES = [(one, one) for one in ("running", "passed", "failed", "cancelled")]
PARTNERS = [(one, one) for one in ("brand", "host")]
DECISIONS = [(one, one) for one in ("open", "go_on", "renegotiate", "end")]


class ScoreRules(models.Model):
    """One version of the rules a shop scores by; the newest is in force, older ones stay as they were."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE, db_index=False)
    number = models.PositiveIntegerField()
    rules = models.JSONField()
    """Figure → [weight, worth nothing at, worth everything at]."""
    trial_bp = models.PositiveIntegerField()
    go_bp = models.PositiveIntegerField()
    known_bp = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "number"], name="one_score_rules_per_number"),
            models.CheckConstraint(condition=Q(trial_bp__lt=F("go_bp"), go_bp__lte=10_000, known_bp__lte=10_000), name="score_lines_rise"),
            models.CheckConstraint(condition=~Q(reason=""), name="score_rules_have_a_reason"),
        ]


class HouseStrength(models.Model):
    """How strong a shop is in one thing (0 to 5), on what evidence (SEL-9)."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=12, choices=STRENGTHS)
    level = models.PositiveSmallIntegerField()
    evidence = models.CharField(max_length=300)
    said_by = models.CharField(max_length=80)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind"], name="one_strength_per_kind"),
            models.CheckConstraint(condition=Q(level__lte=5), name="strength_in_five"),
            models.CheckConstraint(condition=~Q(evidence=""), name="strength_has_evidence"),
        ]


class PriceLimits(models.Model):
    """One respondent's four prices for a candidate (van Westendorp). Who it was is not kept, only a mark against counting twice."""

    id = models.BigAutoField(primary_key=True)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, db_index=False, related_name="price_limits")
    respondent = models.CharField(max_length=64)
    too_cheap_fen = models.BigIntegerField()
    cheap_fen = models.BigIntegerField()
    expensive_fen = models.BigIntegerField()
    too_expensive_fen = models.BigIntegerField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "respondent"], name="one_price_limits_per_respondent"),
            models.CheckConstraint(
                condition=Q(too_cheap_fen__gte=0, too_cheap_fen__lt=F("cheap_fen"), cheap_fen__lte=F("expensive_fen"), expensive_fen__lt=F("too_expensive_fen")),
                name="price_limits_rise",
            ),
        ]


class PriceAnswer(models.Model):
    """Whether one respondent would buy a candidate at one price (Gabor–Granger)."""

    id = models.BigAutoField(primary_key=True)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, db_index=False, related_name="price_answers")
    respondent = models.CharField(max_length=64)
    price_fen = models.BigIntegerField()
    would_buy = models.BooleanField()
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "respondent", "price_fen"], name="one_price_answer_per_price"),
            models.CheckConstraint(condition=Q(price_fen__gt=0), name="price_answer_positive"),
        ]


class PriceInputs(models.Model):
    """What a candidate's price has to fit (SEL-11), as a person knows it, with where it is from; empty is not known."""

    candidate = models.OneToOneField(Candidate, primary_key=True, on_delete=models.CASCADE, related_name="price_inputs")
    power_low_fen = models.BigIntegerField(null=True)
    power_high_fen = models.BigIntegerField(null=True)
    host_bp = models.IntegerField(null=True)
    budget_fen = models.BigIntegerField(null=True)
    demand_units = models.PositiveIntegerField(null=True)
    coupon_fen = models.BigIntegerField(default=0)
    coupon_use_bp = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=300)
    said_by = models.CharField(max_length=80)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(power_low_fen=None) | Q(power_high_fen=None) | Q(power_low_fen__lte=F("power_high_fen")), name="price_power_rises"),
            models.CheckConstraint(condition=Q(coupon_fen__gte=0, coupon_use_bp__lte=10_000), name="price_coupon_fits"),
            models.CheckConstraint(condition=~Q(source=""), name="price_inputs_have_a_source"),
        ]


class Trial(models.Model):
    """A trial sale 试卖 of a candidate: what it must show, how large it is, how it ended (SEL-14, SEL-15)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="trials")
    state = models.CharField(max_length=10, choices=TRIAL_STATES, default="running")
    price_fen = models.BigIntegerField()
    usual_bp = models.PositiveIntegerField()
    worth_bp = models.PositiveIntegerField()
    viewers_a_day = models.PositiveIntegerField()
    return_limit_bp = models.PositiveIntegerField()
    false_bp = models.PositiveIntegerField()
    power_bp = models.PositiveIntegerField()
    loss_limit_fen = models.BigIntegerField()
    fixed_fen = models.BigIntegerField()
    profit_each_fen = models.BigIntegerField()
    viewers = models.PositiveIntegerField()
    buyers_to_pass = models.PositiveIntegerField()
    days = models.PositiveIntegerField()
    stock_units = models.PositiveIntegerField()
    planned_by = models.CharField(max_length=80)
    planned_at = models.DateTimeField()
    ended_by = models.CharField(max_length=80, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=16, blank=True, default="")
    sheet = models.JSONField(default=dict)
    """The figures it ended on."""
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate"], condition=Q(state="running"), name="one_running_trial_per_candidate"),
            models.CheckConstraint(condition=Q(state="running", ended_at=None) | ~Q(state="running") & Q(ended_at__isnull=False), name="ended_trial_has_time"),
            models.CheckConstraint(condition=Q(viewers__gt=0, price_fen__gt=0), name="trial_has_a_size"),
        ]


class TrialDay(models.Model):
    """What was counted on one day of a trial; the newest word of a day stands."""

    id = models.BigAutoField(primary_key=True)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, db_index=False, related_name="counted")
    day = models.DateField()
    viewers = models.PositiveIntegerField()
    buyers = models.PositiveIntegerField()
    units = models.PositiveIntegerField()
    returned = models.PositiveIntegerField(default=0)
    profit_fen = models.BigIntegerField(default=0)
    said_by = models.CharField(max_length=80)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "day"], name="one_row_per_trial_day"),
            models.CheckConstraint(condition=Q(buyers__lte=F("viewers"), units__gte=F("buyers"), returned__lte=F("units")), name="trial_day_adds_up"),
        ]


class Cooperation(models.Model):
    """A brand or host the shop works with 品牌合作: its terms, a half-open period, a contact kept as personal data (SEL-18)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    kind = models.CharField(max_length=5, choices=PARTNERS)
    title = models.CharField(max_length=80)
    platform = models.CharField(max_length=16, blank=True, default="")
    commission_bp = models.PositiveIntegerField()
    slot_fee_fen = models.BigIntegerField(default=0)
    goods_margin_bp = models.IntegerField()
    """What goods leave of kept sales before this partner's commission and fee."""
    is_exclusive = models.BooleanField(default=False)
    starts_on = models.DateField()
    ends_on = models.DateField()
    note = models.CharField(max_length=300, blank=True, default="")
    contact_subject_id = models.UUIDField(null=True)
    contact_sealed = models.BinaryField(null=True)
    contact_masked = models.CharField(max_length=80, blank=True, default="")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    decision = models.CharField(max_length=12, choices=DECISIONS, default="open")
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True, default="")
    decision_sheet = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "title", "starts_on"], name="one_cooperation_per_start"),
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="cooperation_period_not_empty"),
            models.CheckConstraint(condition=Q(commission_bp__lte=10_000, slot_fee_fen__gte=0, goods_margin_bp__lte=10_000), name="cooperation_terms_fit"),
            models.CheckConstraint(condition=Q(decision="open", decided_at=None) | ~Q(decision="open") & Q(decided_at__isnull=False), name="decided_cooperation_has_time"),
        ]


class CooperationSession(models.Model):
    """What one session of a cooperation brought: counted from our own orders, or typed in from the partner's bill with its source."""

    id = models.BigAutoField(primary_key=True)
    cooperation = models.ForeignKey(Cooperation, on_delete=models.CASCADE, db_index=False, related_name="sessions")
    held_on = models.DateField()
    session_id = models.UUIDField(null=True)
    paid_fen = models.BigIntegerField()
    returned_fen = models.BigIntegerField(default=0)
    fee_fen = models.BigIntegerField(default=0)
    source = models.CharField(max_length=200)
    said_by = models.CharField(max_length=80)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cooperation", "held_on"], name="one_cooperation_session_per_day"),
            models.CheckConstraint(condition=Q(paid_fen__gte=0, returned_fen__gte=0, returned_fen__lte=F("paid_fen"), fee_fen__gte=0), name="cooperation_session_adds_up"),
            models.CheckConstraint(condition=~Q(source=""), name="cooperation_session_has_a_source"),
        ]
