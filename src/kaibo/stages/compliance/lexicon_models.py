"""Each version of the house's words as it was published, and which versions everything in use was read again with."""

from django.db import models
from django.db.models import Q

from kaibo.kit.ids import new_id


class LexiconVersion(models.Model):
    """The whole list of the house's words as one change left it: who changed what, why, and when. Never changed (CMP-4)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    number = models.BigIntegerField(unique=True)
    packaged = models.CharField(max_length=20)
    words = models.JSONField(default=list)
    deed = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    made_by = models.CharField(max_length=80)
    made_by_id = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="lexicon_version_has_a_reason"),
            models.CheckConstraint(condition=Q(deed__in=["add", "edit", "retire", "bring_back", "import", "roll_back"]), name="lexicon_deed_known"),
        ]


class LexiconSweep(models.Model):
    """That everything in use was read again with a version, and how many texts it judged graver than before."""

    id = models.UUIDField(primary_key=True, default=new_id)
    version = models.CharField(max_length=40, unique=True)
    texts = models.PositiveIntegerField()
    graver = models.PositiveIntegerField()
    swept_at = models.DateTimeField()
