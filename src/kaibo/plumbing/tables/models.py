"""Saved views (保存的视图): a name for a query string, kept per person and table."""

from django.db import models

from kaibo.kit.ids import new_id


class SavedView(models.Model):
    """Filters, order and page size a person wants back by name."""

    id = models.UUIDField(primary_key=True, default=new_id)
    person_id = models.UUIDField()
    table = models.CharField(max_length=80)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=2_000)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_id", "table", "name"], name="tables_one_view_per_name"),
            models.CheckConstraint(condition=~models.Q(name=""), name="tables_view_has_a_name"),
        ]
