"""Files kept under the data folder, addressed by their content."""

from django.db import models

from kaibo.kit.ids import new_id


class MediaFile(models.Model):
    """One file as somebody brought it; equal contents share the bytes on disk."""

    id = models.UUIDField(primary_key=True, default=new_id)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    mime = models.CharField(max_length=80)
    size_bytes = models.BigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="media_sha256")]
