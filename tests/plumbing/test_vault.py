"""Personal data: encrypted per person, shown only with ability and reason, erased for good."""

import hmac

import pytest
from cryptography.exceptions import InvalidTag

from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.access.actor import NOBODY
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.vault import cipher, vault
from kaibo.plumbing.vault.models import SubjectKey

pytestmark = pytest.mark.django_db
FIELDS = {"receiver": "张三", "phone": "13812345678"}


def test_the_same_person_has_one_key_however_often_met(now):
    first = vault.subject_ids(["phone:138", "phone:139"], now=now)
    again = vault.subject_ids(["phone:139", "phone:138"], now=now)
    assert first == again
    assert SubjectKey.objects.count() == 2


def test_what_lies_in_the_database_shows_nothing_of_the_person(now):
    subject = vault.subject_ids(["phone:13812345678"], now=now)["phone:13812345678"]
    sealed = vault.seal_fields(subject, FIELDS)
    assert b"138" not in sealed
    assert "13812345678" not in SubjectKey.objects.get().fingerprint
    assert vault.reveal_for_machine(subject, sealed) == FIELDS


def test_looking_needs_ability_and_reason_and_leaves_a_trace_without_the_data(now, owner):
    subject = vault.subject_ids(["a"], now=now)["a"]
    sealed = vault.seal_fields(subject, FIELDS)
    look = {"ability": "console:audit:see", "subject_id": subject, "sealed": sealed, "about": "order:1", "now": now}
    with pytest.raises(AbilityMissing):
        vault.unmask(actor=NOBODY, reason="好奇", **look)
    with pytest.raises(vault.ReasonMissing):
        vault.unmask(actor=owner, reason=" ", **look)
    assert AuditRow.objects.count() == 0
    assert vault.unmask(actor=owner, reason="核对地址", **look) == FIELDS
    row = AuditRow.objects.get()
    assert (row.reason, row.details) == ("核对地址", {"fields": ["phone", "receiver"]})


def test_an_erased_person_can_never_be_read_again(now, owner):
    subject = vault.subject_ids(["a"], now=now)["a"]
    sealed = vault.seal_fields(subject, FIELDS)
    vault.erase(actor=owner, subject_id=subject, reason="本人要求", now=now)
    with pytest.raises(vault.PersonErased):
        vault.reveal_for_machine(subject, sealed)
    assert SubjectKey.objects.get().wrapped is None


def test_many_persons_are_sealed_under_their_own_keys_new_and_known_alike(now):
    known = vault.subject_ids(["phone:138"], now=now)["phone:138"]
    sealed = vault.seal_persons({"phone:138": {"name": "张三"}, "phone:139": {"name": "李四"}}, now=now)
    assert sealed["phone:138"][0] == known
    assert {identity: vault.reveal_for_machine(*one) for identity, one in sealed.items()} == {"phone:138": {"name": "张三"}, "phone:139": {"name": "李四"}}
    other = sealed["phone:139"][0]
    with pytest.raises(InvalidTag):
        vault.reveal_for_machine(other, sealed["phone:138"][1])
    assert SubjectKey.objects.count() == 2


def test_nothing_is_sealed_for_a_person_who_was_erased(now, owner):
    subject = vault.subject_ids(["a"], now=now)["a"]
    vault.erase(actor=owner, subject_id=subject, reason="本人要求", now=now)
    with pytest.raises(vault.PersonErased):
        vault.seal_persons({"a": {"name": "张三"}}, now=now)
    assert vault.subject_ids(["a"], now=now) == {"a": subject}


@pytest.mark.parametrize("secret", ["short", "x" * 47, "x" * 48, "a secret much longer than a block of the hash " * 3])
def test_the_mark_of_a_person_is_the_hmac_that_was_always_written(secret):
    expected = hmac.new(b"kaibo.vault.find:" + secret.encode(), "phone:13812345678".encode(), "sha256").hexdigest()
    assert cipher.fingerprint(secret, "phone:13812345678") == expected


def test_an_offered_key_is_the_persons_only_where_nobody_has_one(now):
    known = vault.subject_ids(["phone:138"], now=now)["phone:138"]
    before = bytes(SubjectKey.objects.get().wrapped)
    told = [("phone:138", {"name": "张三"}), ("phone:139", {"name": "李四"}), ("phone:139", {"name": "李四", "address": "别处"})]
    kept = vault.keep_offers(vault.offer_persons(told), now=now)
    assert kept[0][0] == known
    assert kept[1][0] == kept[2][0] != known
    assert bytes(SubjectKey.objects.get(pk=known).wrapped) == before
    assert [vault.reveal_for_machine(*one) for one in kept] == [fields for _, fields in told]
    assert vault.keep_offers(vault.offer_persons(told), now=now)[1][0] == kept[1][0]


def test_offering_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert len(vault.offer_persons([("phone:138", {"name": "张三"})])) == 1


def test_no_two_things_are_encrypted_with_one_nonce():
    offers = vault.offer_persons([(f"phone:{number}", {"name": "张三"}) for number in range(50)])
    nonces = {blob[: cipher.NONCE_BYTES] for offer in offers for blob in (offer.wrapped, offer.blob)}
    assert len(nonces) == 100
    assert len({offer.key for offer in offers}) == 50
