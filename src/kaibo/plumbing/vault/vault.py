"""Keep and show personal data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection, transaction

from kaibo.kit.errors import Invalid, NotFound
from kaibo.kit.ids import new_ids
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.vault import cipher
from kaibo.plumbing.vault.models import SubjectKey
from kaibo.plumbing.vault.offers import Offer, offers_of

_encode = msgspec.json.Encoder().encode


class PersonErased(NotFound):
    code = "vault.person_erased"
    message_zh = "这个人的个人信息已按要求删除，无法恢复"
    message_en = "This person's data was erased on request and cannot be restored"


class ReasonMissing(Invalid):
    code = "vault.reason_missing"
    message_zh = "查看个人信息需要填写原因"
    message_en = "Looking at personal data needs a reason"


def subject_ids(identities: Iterable[str], *, now: datetime) -> dict[str, UUID]:
    """
    This function will find or make the keys of many persons with a constant number of queries.

    `identities` are texts such as `douyin:buyer-id` or `phone:138…`; the answer maps each to its subject id.
    """
    named = list(identities)
    found = _subjects(offer_persons([(identity, {}) for identity in named]), now=now)
    return {identity: found[cipher.fingerprint(settings.SECRET_KEY, identity)][0] for identity in named}


def offer_persons(persons: Sequence[tuple[str, Mapping[str, str]]]) -> list[Offer]:
    """This function will make a key for every (identity, fields) and encrypt the fields under it. No database."""
    return offers_of(settings.SECRET_KEY, persons)


def keep_offers(offers: Sequence[Offer], *, now: datetime) -> list[tuple[UUID, bytes]]:
    """
    This function will find or make the keys of offered persons with a constant number of queries, and give each offer's
    (subject id, blob) in order. A person has one key: what was encrypted under another offered one is encrypted anew.

    Raises: PersonErased when one of the keys is gone.
    """
    found = _subjects(offers, now=now)
    kept = []
    for offer in offers:
        subject, key = found[offer.mark]
        if key is None:
            raise PersonErased
        kept.append((subject, offer.blob if key is offer.key else cipher.seal(key, offer.plain)))
    return kept


def seal_persons(persons: Mapping[str, Mapping[str, str]], *, now: datetime) -> dict[str, tuple[UUID, bytes]]:
    """
    This function will find or make many persons' keys and encrypt their fields, with a constant number of queries:
    identity → fields becomes identity → (subject id, blob).

    Raises: PersonErased when one of the keys is gone.
    """
    return dict(zip(persons, keep_offers(offer_persons(list(persons.items())), now=now), strict=True))


def _sealed(key: bytes, fields: Mapping[str, str]) -> bytes:
    return cipher.seal(key, _encode(fields))


def _subjects(offers: Iterable[Offer], *, now: datetime) -> dict[str, tuple[UUID, bytes | None]]:
    """Mark → its subject and opened key (None: erased). New keys need no reading back: who made them knows them."""
    wanted: dict[str, Offer] = {}
    for offer in offers:
        wanted.setdefault(offer.mark, offer)
    found = _standing(wanted)
    fresh = [offer for mark, offer in wanted.items() if mark not in found]
    made = {offer.mark: (subject, offer.key) for subject, offer in zip(new_ids(len(fresh)), fresh, strict=True)}
    if made:
        mine = _insert_keys([(made[offer.mark][0], offer.mark, offer.wrapped) for offer in fresh], now)
        found |= {mark: made[mark] for mark in mine}
        if len(mine) < len(made):  # somebody else met the same person just now: theirs is the key
            found |= _standing(mark for mark in made if mark not in mine)
    return found


def _standing(marks: Iterable[str]) -> dict[str, tuple[UUID, bytes | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, id, wrapped FROM vault_subjectkey WHERE fingerprint = ANY(string_to_array(%s, ','))", [",".join(marks)]
        )
        return {
            mark: (subject, None if wrapped is None else cipher.unwrap(settings.SECRET_KEY, bytes(wrapped)))
            for mark, subject, wrapped in cursor.fetchall()
        }


def _insert_keys(keys: Sequence[tuple[UUID, str, bytes]], now: datetime) -> set[str]:
    """One statement, whose size psycopg does not feel: a value a key would be taken apart in Python."""
    given = ",".join(f"{subject}:{mark}:{wrapped.hex()}" for subject, mark, wrapped in keys)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO vault_subjectkey (id, fingerprint, wrapped, created_at)
               SELECT split_part(one, ':', 1)::uuid, split_part(one, ':', 2), decode(split_part(one, ':', 3), 'hex'), %s
                 FROM unnest(string_to_array(%s, ',')) AS one
                ORDER BY 2  -- two imports that meet the same new persons wait for each other in one order
               ON CONFLICT (fingerprint) DO NOTHING RETURNING fingerprint""",
            [now, given],
        )
        return {mark for (mark,) in cursor.fetchall()}


def seal_many(data: Mapping[UUID, Mapping[str, str]]) -> dict[UUID, bytes]:
    """
    This function will encrypt each person's fields under that person's key (subject id → fields → one blob each).

    Raises: PersonErased when one of the keys is gone.
    """
    keys = _keys(data.keys())
    return {subject: _sealed(keys[subject], fields) for subject, fields in data.items()}


def seal_fields(subject_id: UUID, fields: Mapping[str, str]) -> bytes:
    """This function will encrypt one person's fields into one blob.   Raises: PersonErased."""
    return seal_many({subject_id: fields})[subject_id]


def unmask(
    *, actor: Actor, ability: str, subject_id: UUID, sealed: bytes, about: str, reason: str, now: datetime, shop_id: UUID | None = None
) -> dict[str, str]:
    """
    This function will show a person's fields to someone who may see them, and record who looked and why.

    Raises: Forbidden, ReasonMissing, PersonErased.   Source: PIPL art. 51, 54; DESIGN §5.
    """
    access.require(actor, ability, shop_id=shop_id)
    if not reason.strip():
        raise ReasonMissing
    fields = reveal_for_machine(subject_id, sealed)
    audit.record(actor, "vault:person:unmask", subject=about, now=now, shop_id=shop_id, details={"fields": sorted(fields)}, reason=reason)
    return fields


def reveal_for_machine(subject_id: UUID, sealed: bytes) -> dict[str, str]:
    """
    This function will decrypt fields for a machine step that shows them to nobody (verification, a courier's file
    whose export is recorded by its caller). Pages use `unmask`.

    Raises: PersonErased.
    """
    revealed: dict[str, str] = json.loads(cipher.unseal(_keys([subject_id])[subject_id], bytes(sealed)))
    return revealed


def _keys(subject_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    wanted = set(subject_ids)
    keys = {
        row.pk: cipher.unwrap(settings.SECRET_KEY, bytes(row.wrapped))
        for row in SubjectKey.objects.filter(pk__in=wanted) if row.wrapped is not None
    }
    if wanted - keys.keys():
        raise PersonErased
    return keys


@transaction.atomic
def erase(*, actor: Actor, subject_id: UUID, reason: str, now: datetime) -> None:
    """
    This function will erase a person by destroying the key; what was encrypted with it stays unreadable noise.

    Raises: Forbidden, ReasonMissing, PersonErased.   Source: PIPL art. 47.
    """
    access.require(actor, "console:person_data:erase")
    if not reason.strip():
        raise ReasonMissing
    if not SubjectKey.objects.filter(pk=subject_id, erased_at=None).update(wrapped=None, erased_at=now):
        raise PersonErased
    audit.record(actor, "vault:person:erase", subject=f"subject:{subject_id}", now=now, reason=reason)
