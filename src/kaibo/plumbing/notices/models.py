"""Notices, one row per reader."""

from django.db import models

from kaibo.plumbing import kept_words


class Notice(models.Model):
    """Something a person should know. `key` keeps one alert from being told twice."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.UUIDField()
    key = models.CharField(max_length=160)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True, default="")
    values = models.JSONField(default=dict)
    href = models.CharField(max_length=300, blank=True, default="")
    state = models.CharField(max_length=8, default="run")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id", "key"], name="one_notice_per_key")]
        indexes = [models.Index(fields=["person_id", "-id"], name="notice_person")]

    @property
    def says(self) -> str:
        """The title in the reader's language."""
        return kept_words.read(self.title, self.values)

    @property
    def adds(self) -> str:
        """The body in the reader's language."""
        return kept_words.read(self.body, self.values)
