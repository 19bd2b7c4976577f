"""Changed thresholds; a threshold without a row has its default."""

from django.db import models


class ThresholdChange(models.Model):
    """The value in force for one shop, or for all when `shop_id` is null."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=80)
    shop_id = models.UUIDField(null=True)
    value = models.BigIntegerField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "shop_id"], name="one_value_per_shop", nulls_distinct=False)]
