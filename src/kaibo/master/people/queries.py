"""Reads of people; `actor_for` is what every request starts with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from kaibo.kit.errors import NotFound
from kaibo.master.people.models import ApiToken, Membership, Person, RoleAbility
from kaibo.plumbing import prepared
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.access.actor import NOBODY, Actor
from kaibo.plumbing.wiring import wiring


class PersonUnknown(NotFound):
    code = "people.person_unknown"
    message_zh = "没有这个人员账号：{account}"
    message_en = "There is no account {account}"


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: UUID
    account: str
    name: str
    roles: tuple[tuple[str, UUID | None], ...]
    """(role key, shop id or None for all shops)"""
    is_active: bool
    last_login: datetime | None


def actor_for(person: Person) -> Actor:
    """This function will give the actor a person is, with all abilities per shop, in two queries."""
    if not person.is_active:
        return NOBODY
    memberships = prepared.rows(_memberships, person_id=person.pk)
    granted: dict[str, set[str]] = {}
    for role, ability in prepared.rows(_granted, tuple(sorted({role for role, _ in memberships}))):
        granted.setdefault(role, set()).add(ability)
    abilities: dict[str, set[UUID | None]] = {}
    for role, shop_id in memberships:
        for ability in wiring().abilities() if role == "owner" else granted.get(role, ()):
            abilities.setdefault(ability, set()).add(shop_id)
    return Actor(
        person_id=person.pk,
        name=person.name,
        abilities={ability: frozenset(shops) for ability, shops in abilities.items()},
        roles=frozenset(role for role, _ in memberships),
        shop_ids=frozenset(shop_id for _, shop_id in memberships if shop_id),
        sees_all_shops=any(shop_id is None for _, shop_id in memberships),
    )


def _memberships(*, person_id: Any) -> QuerySet[Any]:
    return Membership.objects.filter(person_id=person_id).values_list("role_id", "shop_id")


def _granted(roles: tuple[str, ...]) -> QuerySet[Any]:
    return RoleAbility.objects.filter(role__in=roles, is_granted=True).values_list("role_id", "ability")


def actor_of_account(account: str) -> Actor:
    """This function will give the actor of an account name.   Raises: PersonUnknown."""
    person = Person.objects.filter(account__iexact=account, is_active=True).first()
    if person is None:
        raise PersonUnknown(account=account)
    return actor_for(person)


def actor_of_token(secret: str, *, now: datetime) -> Actor | None:
    """This function will give the actor behind an API token, narrowed to the token's abilities; None when it does not hold."""
    token = (
        ApiToken.objects.select_related("person")
        .filter(
            Q(expires_at=None) | Q(expires_at__gt=now),
            hash=hashlib.sha256(secret.encode()).hexdigest(),
            revoked_at=None,
        )
        .first()
    )
    if token is None:
        return None
    full = actor_for(token.person)
    narrowed = {ability: shops for ability, shops in full.abilities.items() if ability in set(token.abilities)}
    return Actor(
        person_id=full.person_id,
        name=f"{full.name} · {token.title}",
        abilities=narrowed,
        roles=full.roles,
        shop_ids=full.shop_ids,
        sees_all_shops=full.sees_all_shops,
    )


def names_of(person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """This function will give the names of people by id, in one query."""
    wanted = {one for one in person_ids if one}
    return dict(prepared.rows(_names, ids=list(wanted))) if wanted else {}


def _names(*, ids: Any) -> QuerySet[Any]:
    return Person.objects.filter(pk__among=ids).values_list("pk", "name")


def people_rows() -> list[PersonRow]:
    """This function will list all people with their roles."""
    roles: dict[UUID, list[tuple[str, UUID | None]]] = {}
    for person_id, role, shop_id in Membership.objects.order_by("role__position").values_list(
        "person_id", "role_id", "shop_id"
    ):
        roles.setdefault(person_id, []).append((role, shop_id))
    return [
        PersonRow(p.pk, p.account, p.name, tuple(roles.get(p.pk, ())), p.is_active, p.last_login)
        for p in Person.objects.order_by("name")
    ]


def people_with_role(role: str, *, shop_id: UUID | None = None) -> list[UUID]:
    """This function will give the ids of the people who have a role in a shop, for notices and owners."""
    having = Membership.objects.filter(role=role, person__is_active=True)
    if shop_id:
        having = having.filter(Q(shop=shop_id) | Q(shop=None))
    return list(having.values_list("person_id", flat=True).distinct())


def choices() -> list[tuple[UUID, str]]:
    """This function will give (id, name) of every active person, for owner fields."""
    return list(Person.objects.filter(is_active=True).order_by("name").values_list("pk", "name"))


def role_title(key: str, language: str = "zh") -> str:
    zh, en = ROLE_TITLES.get(key, (key, key))
    return en if language.startswith("en") else zh


def granted_abilities() -> set[tuple[str, str]]:
    """This function will give every (role, ability) in force; the owner's are not listed, the owner has all."""
    return set(RoleAbility.objects.filter(is_granted=True).values_list("role_id", "ability"))
