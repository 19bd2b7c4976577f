"""Announcements, tracked links and how often they were followed. No personal data."""

from django.db import models

from kaibo.kit.ids import new_id


class Announcement(models.Model):
    """What is said of a session before it (WRM-1)."""

    session = models.OneToOneField("showplan.Session", primary_key=True, on_delete=models.CASCADE, related_name="announcement")
    headline = models.CharField(max_length=60)
    body = models.TextField()
    offers = models.TextField(blank=True, default="")
    screening_id = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=80, blank=True, default="")
    late_reason = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()


class TrackedLink(models.Model):
    """A short address for one place it is spread at; where nothing else is said it leads to the session's room."""

    id = models.UUIDField(primary_key=True, default=new_id)
    session = models.ForeignKey("showplan.Session", on_delete=models.CASCADE, related_name="links")
    code = models.CharField(max_length=12, unique=True)
    platform = models.CharField(max_length=12)
    title = models.CharField(max_length=60)
    target = models.URLField(max_length=400, blank=True, default="")
    created_by_name = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)


class ClickCount(models.Model):
    """How often a link was followed on one Shanghai day: a number, nobody's address."""

    id = models.BigAutoField(primary_key=True)
    link = models.ForeignKey(TrackedLink, on_delete=models.CASCADE, related_name="clicks")
    day = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "day"], name="one_click_count_per_day")]
