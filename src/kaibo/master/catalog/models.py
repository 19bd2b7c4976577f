"""Catalog tables."""

from django.db import models
from django.utils.translation import get_language

from kaibo.kit.ids import new_id


class Category(models.Model):
    """A category of goods; `code` is stable and names the inspection template and the qualification rules."""

    code = models.CharField(primary_key=True, max_length=30)
    title = models.CharField(max_length=40)
    title_en = models.CharField(max_length=60)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT)

    @property
    def local_title(self) -> str:
        """The title in the reader's language."""
        return self.title_en if self.title_en and (get_language() or "").startswith("en") else self.title


class Product(models.Model):
    """A product (SPU): what the host talks about."""

    id = models.UUIDField(primary_key=True, default=new_id)
    shop = models.ForeignKey("shops.Shop", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    brand = models.CharField(max_length=40, blank=True, default="")
    value_proposition = models.CharField(max_length=120, blank=True, default="")
    selling_points = models.JSONField(default=list)
    picture = models.ForeignKey("media.MediaFile", null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "code"], name="one_product_per_code")]


class Sku(models.Model):
    """An item (SKU): one specification of a product, what stock is kept of. Money in fen."""

    id = models.UUIDField(primary_key=True, default=new_id)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="skus")
    code = models.CharField(max_length=60, unique=True)
    specification = models.CharField(max_length=80)
    barcode = models.CharField(max_length=20, blank=True, default="")
    cost_fen = models.BigIntegerField()
    price_fen = models.BigIntegerField()
    weight_grams = models.PositiveIntegerField(default=0)
    is_bundle = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cost_fen__gte=0) & models.Q(price_fen__gt=0), name="sku_money_positive"
            ),
            models.UniqueConstraint(fields=["barcode"], condition=~models.Q(barcode=""), name="one_sku_per_barcode"),
        ]


class BundleComponent(models.Model):
    """A bundle 套装 holds `quantity` of a component; components are never bundles themselves."""

    id = models.BigAutoField(primary_key=True)
    bundle = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="in_bundles")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "component"], name="one_row_per_component"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="component_quantity_positive"),
            models.CheckConstraint(condition=~models.Q(bundle=models.F("component")), name="bundle_not_in_itself"),
        ]


class SkuAlias(models.Model):
    """What a platform or an ERP calls an item: learnt once, used for a thousand orders (ORD-2)."""

    id = models.BigAutoField(primary_key=True)
    platform = models.CharField(max_length=16)
    text = models.CharField(max_length=160)
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="aliases")
    learnt_at = models.DateTimeField()
    learnt_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "text"], name="one_sku_per_alias")]


class ShipPromise(models.Model):
    """
    A promise 发货承诺 (预售): what is paid for from `starts_at` on leaves by then, whatever the house's usual hours are.

    Never changed, only ended: orders paid for while it ran keep it. Two of one product never run at once: the writer holds the product.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="ship_promises")
    days = models.PositiveSmallIntegerField(null=True)
    ships_on = models.DateField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(days__isnull=False, ships_on=None) | models.Q(days=None, ships_on__isnull=False), name="promise_days_or_date"),
            models.CheckConstraint(condition=models.Q(days=None) | models.Q(days__range=(1, 60)), name="promise_days_fit"),
            models.CheckConstraint(condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")), name="promise_begins_before_it_ends"),
            models.UniqueConstraint(fields=["product"], condition=models.Q(ends_at=None, ended_at=None), name="one_open_promise_per_product"),
        ]
