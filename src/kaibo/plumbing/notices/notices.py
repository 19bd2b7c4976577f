"""Tell people, count what they have not read, mark as read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import override

from kaibo.plumbing import kept_words, prepared
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.kept_words import Filling
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.robots import robots


def tell(
    person_ids: Iterable[UUID], *, key: str, title: str, now: datetime, body: str = "", values: Mapping[str, Filling] | None = None,
    href: str = "", state: str = "run",
) -> None:  # fmt: skip
    """
    This function will give each person a notice once per key; told again, nothing changes.

    Title and body are sentences with gaps (marked by `gettext_noop`) that `values` fill, so that each reads them in his language.
    """
    fillings = kept_words.kept(values or {})
    Notice.objects.bulk_create(
        [Notice(person_id=one, key=key, title=title, body=body, values=fillings, href=href, state=state, created_at=now) for one in set(person_ids)],
        ignore_conflicts=True,
    )
    with override("zh-hans"):  # a group has no reader of its own language
        robots.note(key=key, title=kept_words.read(title, fillings), href=href, now=now)


def told(keys: Iterable[str]) -> dict[str, set[UUID]]:
    """This function will give key → the people who were given that notice already, for clocks that would tell hundreds again each time."""
    found: dict[str, set[UUID]] = {}
    for key, person_id in Notice.objects.filter(key__in=list(keys)).values_list("key", "person_id"):
        found.setdefault(key, set()).add(person_id)
    return found


def unread_count(actor: Actor) -> int:
    return prepared.count(_unread, person_id=actor.person_id) if actor.person_id else 0


def _unread(*, person_id: Any) -> QuerySet[Notice]:
    return Notice.objects.filter(person_id=person_id, read_at=None)


def notices_of(actor: Actor, *, most: int = 100) -> list[Notice]:
    return prepared.rows(_newest, most, person_id=actor.person_id) if actor.person_id else []


def _newest(most: int, *, person_id: Any) -> QuerySet[Notice]:
    return Notice.objects.filter(person_id=person_id).order_by("-id")[:most]


def mark_read(*, actor: Actor, now: datetime, notice_id: int | None = None) -> int:
    """This function will mark one or all of the actor's own notices as read and give how many changed."""
    unread = Notice.objects.filter(person_id=actor.person_id, read_at=None)
    return (unread.filter(pk=notice_id) if notice_id else unread).update(read_at=now)
