"""The ledger's tables. Nobody but `services.py` writes them."""

from django.db import models

from kaibo.kit.ids import new_id

INTERNAL_BUCKETS = ["incoming", "sellable", "reserved", "allotted", "held"]
NEVER_BELOW_ZERO = [*INTERNAL_BUCKETS, "presale", "owed"]


class Warehouse(models.Model):
    """A place stock is in."""

    id = models.UUIDField(primary_key=True, default=new_id)
    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)


class Lot(models.Model):
    """A lot 批次: units that came together and are inspected together."""

    id = models.UUIDField(primary_key=True, default=new_id)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=40)
    received_at = models.DateTimeField()
    produced_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sku", "code"], name="one_lot_per_code")]


class Entry(models.Model):
    """One event of the ledger; `key` makes it happen once. Its lines sum to zero."""

    id = models.UUIDField(primary_key=True, default=new_id)
    key = models.CharField(max_length=120)
    reason = models.CharField(max_length=40)
    reference = models.CharField(max_length=120)
    actor_name = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        # as a constraint, not `unique=True`, which brings a second index for patterns
        constraints = [models.UniqueConstraint(fields=["key"], name="one_entry_per_key")]
        indexes = [models.Index(fields=["reference"], name="stock_entry_reference")]


class Line(models.Model):
    """
    A signed change of one bucket.

    Its item, warehouse and lot are those of a level, which stands for ever and has their foreign keys: checking them again
    for each line would cost as much as writing it (`kaibo check` proves that every line has its level).
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lines")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT, db_index=False, db_constraint=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    lot = models.ForeignKey(Lot, null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    bucket = models.CharField(max_length=10)
    delta = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["sku", "-id"], name="stock_line_sku"),
            models.Index(fields=["lot", "-id"], name="stock_line_lot"),
        ]
        constraints = [models.CheckConstraint(condition=~models.Q(delta=0), name="stock_line_moves_something")]


class Level(models.Model):
    """The sum of the lines of one bucket, kept in the same statement that writes the lines."""

    id = models.BigAutoField(primary_key=True)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    lot = models.ForeignKey(Lot, null=True, on_delete=models.PROTECT)
    bucket = models.CharField(max_length=10)
    quantity = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "warehouse", "lot", "bucket"], name="one_level_per_place", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0) | ~models.Q(bucket__in=NEVER_BELOW_ZERO),
                name="internal_levels_not_below_zero",
            ),
        ]
        indexes = [models.Index(fields=["sku", "bucket"], name="stock_level_sku")]


class Reservation(models.Model):
    """Units promised to an order or a cart, with an expiry when they are not yet paid."""

    class State(models.TextChoices):
        OPEN = "open"
        SHIPPED = "shipped"
        RELEASED = "released"

    id = models.UUIDField(primary_key=True, default=new_id)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, db_index=False)
    quantity = models.PositiveIntegerField()
    reference = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "sku"], name="one_reservation_per_reference"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="reservation_quantity_positive"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="reservation_expiry", condition=models.Q(state="open"))]


class Presale(models.Model):
    """
    A pre-sale quota 预售额度: units of an item that may be sold before they are here, for the time of one promise.

    `coming_units` is what supply last said is confirmed on its way; what was taken back, or fell away with it, is in `taken_units`.
    Sold = given − taken − what the ledger still has to sell (bucket `presale`).
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT, related_name="presales")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, db_index=False)
    promise = models.ForeignKey("catalog.ShipPromise", on_delete=models.PROTECT, related_name="presales")
    given_units = models.PositiveIntegerField()
    taken_units = models.PositiveIntegerField(default=0)
    coming_units = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku"], condition=models.Q(closed_at=None), name="one_open_presale_per_item"),
            models.CheckConstraint(condition=models.Q(given_units__gte=models.F("taken_units")), name="presale_not_taken_beyond_given"),
        ]


class Awaited(models.Model):
    """
    Units of a reservation that are still on their way: its other units are here. A bundle awaits its parts one by one.

    `units` goes down as goods come; only when it is 0 may the reservation be sent whole.
    """

    id = models.BigAutoField(primary_key=True)
    presale = models.ForeignKey(Presale, on_delete=models.PROTECT, related_name="awaited")
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, db_index=False, related_name="awaited")
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT, db_index=False)
    units = models.PositiveIntegerField()
    sold_units = models.PositiveIntegerField()
    promised_at = models.DateTimeField()
    sold_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation", "sku"], name="one_awaited_row_per_item"),
            models.CheckConstraint(condition=models.Q(sold_units__gte=models.F("units")), name="awaited_not_beyond_sold"),
        ]
        indexes = [models.Index(fields=["sku", "promised_at", "id"], name="awaited_in_turn", condition=models.Q(units__gt=0))]


class Allotment(models.Model):
    """
    Units moved out of sellable stock for one item of one session. A bundle's allotment takes its components.

    `settled` units became orders, `returned` went back; open + settled + returned = quantity.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=new_id)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    session_id = models.UUIDField()
    quantity = models.PositiveIntegerField()
    settled = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["session_id"], name="allotment_session")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gte=models.F("settled") + models.F("returned")),
                name="allotment_not_overdrawn",
            )
        ]


class ChannelItem(models.Model):
    """
    An item as a channel lists it, how much of our stock may be shown there, and what the channel showed when it was told.

    `quota_units` is a fixed allocation 配额, else `share_bp` of what is available; `buffer_units` are kept back first.
    `revision` numbers the writes: the same one sent again is the same write.
    """

    class State(models.TextChoices):
        NEVER = "never"
        SAME = "same"
        DIFFERS = "differs"
        UNREAD = "unread"
        AWAY = "away"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=new_id)
    channel = models.ForeignKey("shops.Channel", on_delete=models.CASCADE, db_index=False)
    sku = models.ForeignKey("catalog.Sku", on_delete=models.PROTECT, related_name="channel_items")
    product_id = models.CharField(max_length=64, blank=True, default="")
    platform_sku_id = models.CharField(max_length=64)
    is_on = models.BooleanField(default=False)
    sells_ahead = models.BooleanField(default=False, db_default=False)
    """Shows the item's unsold pre-sale quota as well: there it is listed as a pre-sale, and nowhere else."""
    share_bp = models.PositiveIntegerField(default=10_000)
    quota_units = models.PositiveIntegerField(null=True)
    buffer_units = models.PositiveIntegerField(default=0)
    wanted_units = models.PositiveIntegerField(null=True)
    published_units = models.PositiveIntegerField(null=True)
    shown_units = models.IntegerField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEVER)
    problem_zh = models.CharField(max_length=240, blank=True, default="")
    problem_en = models.CharField(max_length=240, blank=True, default="")
    revision = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "platform_sku_id"], name="one_item_per_platform_number"),
            models.CheckConstraint(condition=models.Q(share_bp__lte=10_000), name="channel_share_within_the_whole"),
        ]
        indexes = [models.Index(fields=["channel", "next_try_at"], name="channel_items_published", condition=models.Q(is_on=True))]
