"""What was last mined from a shop's baskets."""

from django.db import models


class MatchingReport(models.Model):
    """A shop's newest report on what is bought together; counted anew once a day, or when somebody asks."""

    shop = models.OneToOneField("shops.Shop", primary_key=True, on_delete=models.CASCADE)
    made_at = models.DateTimeField()
    since = models.DateTimeField()
    sheet = models.JSONField()
