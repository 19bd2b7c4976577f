"""Makers of shops and people. Alice owns, the others have one role in one shop, Zoe is a stranger."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.hashers import make_password

from kaibo.master.people.models import Membership, Person
from kaibo.master.people.queries import actor_for
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import Actor

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "kaibo-demo-2026"


def make_shop(code: str = "linxia", name: str = "林夏的衣橱") -> Shop:
    return Shop.objects.get_or_create(code=code, defaults={"name": name, "company": "杭州林夏服饰有限公司", "main_category": "apparel"})[0]


def make_person(account: str, *roles: str, shop: Shop | None = None, password: str = "") -> Person:
    person, _ = Person.objects.get_or_create(
        account=account, defaults={"name": account.title(), "created_at": NOW, "password": make_password(password) if password else "!"}
    )
    for role in roles:
        Membership.objects.get_or_create(person=person, role_id=role, shop=shop)
    return person


def make_actor(account: str, *roles: str, shop: Shop | None = None) -> Actor:
    return actor_for(make_person(account, *roles, shop=shop))
