"""Audit rows are sealed in a chain, and every change afterwards is found."""

import pytest

from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.audit.models import AuditRow, Seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(now):
    for number in range(7):
        audit.record(KAIBO, "orders:order:ship", subject=f"order:{number}", now=now, details={"parcel": number})
    audit.seal(now, most=4)
    audit.seal(now, most=4)
    audit.record(KAIBO, "orders:order:ship", subject="order:7", now=now)


def messages():
    return [found.message for found in audit.differences()]


def test_rows_are_sealed_in_chained_batches(sealed):
    assert [seal.row_count for seal in Seal.objects.order_by("id")] == [4, 3]
    assert AuditRow.objects.filter(seal=None).count() == 1
    assert messages() == []


@pytest.mark.parametrize("change", [{"deed": "orders:order:cancel"}, {"details": {"parcel": 8}}, {"reason": "because"}, {"actor_name": "Mallory"}])
def test_a_changed_row_is_found(sealed, change):
    row = AuditRow.objects.order_by("id")[2]
    AuditRow.objects.filter(pk=row.pk).update(**change)
    assert messages() == [f"row {row.pk} was changed after it was written"]


def test_a_row_changed_together_with_its_hash_is_found_by_the_seal(sealed):
    row = AuditRow.objects.order_by("id")[2]
    row.deed = "orders:order:cancel"
    AuditRow.objects.filter(pk=row.pk).update(deed=row.deed, leaf=audit.leaf_hash(audit._content(row)))
    assert messages() == [f"seal {row.seal_id} does not cover its rows any more"]


def test_a_deleted_row_is_found(sealed):
    first = Seal.objects.order_by("id")[0]
    AuditRow.objects.filter(seal=first).order_by("id")[1].delete()
    assert messages() == [f"seal {first.pk} does not cover its rows any more"]


def test_a_removed_seal_breaks_the_chain(sealed):
    first, second = Seal.objects.order_by("id")
    AuditRow.objects.filter(seal=first).delete()
    first.delete()
    assert messages() == [f"seal {second.pk} does not follow the seal before it"]
