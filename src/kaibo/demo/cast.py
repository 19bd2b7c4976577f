"""The people of the example shop get their accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kaibo.demo.accounts import CAST, PASSWORD
from kaibo.master.people import services as people
from kaibo.master.people.queries import actor_of_account
from kaibo.plumbing.access.actor import KAIBO, Actor


def hire(shop_id: UUID, now: datetime) -> None:
    """This function will make an account for everybody; the owner for all shops, the others for this one."""
    for member in CAST:
        places = [(role, None if role == "owner" else shop_id) for role in member.roles]
        people.add_person(actor=KAIBO, account=member.account, name=member.name, password=PASSWORD, roles=places, now=now)


def actor(account: str) -> Actor:
    return actor_of_account(account)
