"""Keys per data subject (buyer, host …), wrapped by the installation's secret."""

from django.db import models

from kaibo.kit.ids import new_id


class SubjectKey(models.Model):
    """One person's data key. `wrapped` is null once the person was erased: what it encrypted can never be read again."""

    id = models.UUIDField(primary_key=True, default=new_id)
    fingerprint = models.CharField(max_length=64)
    """Keyed hash of what identifies the person (platform + buyer id or phone), so the same person finds the same key."""
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        # as a constraint, not `unique=True`, which brings a second index for patterns
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="one_key_per_person")]
