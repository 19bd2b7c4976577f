"""Writes of people: accounts, roles, tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.people.models import ApiToken, Membership, Person, Role, RoleAbility
from kaibo.plumbing.access import access
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.wiring import wiring

PERSON_MANAGE = "people:person:manage"


class AccountTaken(Conflict):
    code = "people.account_taken"
    message_zh = "账号“{account}”已被使用"
    message_en = "The account “{account}” is taken"


class PasswordTooWeak(Invalid):
    code = "people.password_too_weak"
    message_zh = "密码太弱：{problems}"
    message_en = "The password is too weak: {problems}"


class LastOwner(Conflict):
    code = "people.last_owner"
    message_zh = "至少要保留一位店长"
    message_en = "At least one owner must remain"


class AbilityNotYours(Invalid):
    code = "people.ability_not_yours"
    message_zh = "令牌只能包含你自己有的权限：{ability}"
    message_en = "A token can only hold abilities you have yourself: {ability}"


@transaction.atomic
def sync_roles() -> None:
    """This function will make the roles and their default abilities those of the manifests, keeping the owner's changes."""
    for position, key in enumerate(ROLE_TITLES):
        Role.objects.update_or_create(key=key, defaults={"position": position})
    wanted = {
        (role, ability)
        for stage in wiring().manifests
        for role, abilities in stage.roles.items()
        for ability in abilities
    }
    have = set(RoleAbility.objects.values_list("role_id", "ability"))
    RoleAbility.objects.bulk_create(
        [RoleAbility(role_id=role, ability=ability) for role, ability in sorted(wanted - have)], ignore_conflicts=True
    )
    for row in RoleAbility.objects.filter(is_default=True):
        if (row.role_id, row.ability) not in wanted:
            row.delete()


@transaction.atomic
def add_person(
    *, actor: Actor, account: str, name: str, password: str, roles: Iterable[tuple[str, UUID | None]], now: datetime
) -> Person:
    """
    This function will make an account with its roles.

    Raises: Forbidden, AccountTaken, PasswordTooWeak.   Source: TEAM-1.
    """
    access.require(actor, PERSON_MANAGE)
    _check_password(password)
    try:
        with transaction.atomic():
            person = Person.objects.create(account=account, name=name, password=make_password(password), created_at=now)
    except IntegrityError as taken:
        raise AccountTaken(account=account) from taken
    _set_roles(person, roles)
    audit.record(actor, "people:person:add", subject=f"person:{person.pk}", now=now, details={"account": account})
    return person


@transaction.atomic
def set_roles(*, actor: Actor, person_id: UUID, roles: Sequence[tuple[str, UUID | None]], now: datetime) -> None:
    """This function will replace a person's roles.   Raises: Forbidden, LastOwner."""
    access.require(actor, PERSON_MANAGE)
    person = Person.objects.get(pk=person_id)
    before = sorted(
        f"{role}@{shop or '*'}"
        for role, shop in Membership.objects.filter(person=person).values_list("role_id", "shop_id")
    )
    _set_roles(person, roles)
    if not Membership.objects.filter(role="owner", person__is_active=True).exists():
        raise LastOwner
    after = sorted(f"{role}@{shop or '*'}" for role, shop in roles)
    audit.record(
        actor,
        "people:person:set_roles",
        subject=f"person:{person_id}",
        now=now,
        details={"before": before, "after": after},
    )


def _set_roles(person: Person, roles: Iterable[tuple[str, UUID | None]]) -> None:
    Membership.objects.filter(person=person).delete()
    Membership.objects.bulk_create(
        [Membership(person=person, role_id=role, shop_id=shop_id) for role, shop_id in sorted(set(roles), key=str)]
    )


@transaction.atomic
def set_active(*, actor: Actor, person_id: UUID, is_active: bool, now: datetime) -> None:
    """This function will open or close an account.   Raises: Forbidden, LastOwner."""
    access.require(actor, PERSON_MANAGE)
    Person.objects.filter(pk=person_id).update(is_active=is_active)
    if not Membership.objects.filter(role="owner", person__is_active=True).exists():
        raise LastOwner
    audit.record(
        actor, "people:person:set_active", subject=f"person:{person_id}", now=now, details={"active": is_active}
    )


@transaction.atomic
def change_password(*, actor: Actor, person: Person, password: str, now: datetime) -> None:
    """This function will set the actor's own password, or another's for who manages people.   Raises: Forbidden, PasswordTooWeak."""
    if actor.person_id != person.pk:
        access.require(actor, PERSON_MANAGE)
    _check_password(password)
    Person.objects.filter(pk=person.pk).update(password=make_password(password))
    audit.record(actor, "people:person:change_password", subject=f"person:{person.pk}", now=now)


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as weak:
        raise PasswordTooWeak(problems="；".join(weak.messages)) from weak


@transaction.atomic
def set_preferences(*, actor: Actor, language: str | None = None, theme: str | None = None) -> None:
    """This function will keep the actor's own language and theme."""
    changes = {key: value for key, value in {"language": language, "theme": theme}.items() if value}
    if changes and actor.person_id:
        Person.objects.filter(pk=actor.person_id).update(**changes)


@transaction.atomic
def grant(*, actor: Actor, role: str, ability: str, is_granted: bool, now: datetime) -> None:
    """This function will give an ability to a role or withhold it.   Raises: Forbidden.   Source: TEAM-1."""
    access.require(actor, PERSON_MANAGE)
    RoleAbility.objects.update_or_create(
        role_id=role, ability=ability, defaults={"is_granted": is_granted, "is_default": False}
    )
    audit.record(
        actor, "people:role:grant", subject=f"role:{role}", now=now, details={"ability": ability, "granted": is_granted}
    )


@transaction.atomic
def make_token(
    *, actor: Actor, title: str, abilities: Sequence[str], now: datetime, expires_at: datetime | None = None
) -> str:
    """
    This function will make an API token with some of the actor's abilities and give its secret, which is shown once.

    Raises: Forbidden, AbilityNotYours.
    """
    access.require(actor, "console:api_token:make")
    for ability in abilities:
        if not actor.can(ability):
            raise AbilityNotYours(ability=ability)
    secret = "kb_" + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person_id=actor.person_id,
        title=title,
        hash=hashlib.sha256(secret.encode()).hexdigest(),
        abilities=list(abilities),
        created_at=now,
        expires_at=expires_at,
    )
    audit.record(
        actor, "console:api_token:make", subject=f"token:{token.pk}", now=now, details={"abilities": list(abilities)}
    )
    return secret


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: UUID, now: datetime) -> None:
    """This function will revoke one of the actor's own tokens."""
    if ApiToken.objects.filter(pk=token_id, person_id=actor.person_id, revoked_at=None).update(revoked_at=now):
        audit.record(actor, "console:api_token:revoke", subject=f"token:{token_id}", now=now)
