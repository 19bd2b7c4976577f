"""Writes of lists: save a view under a name, forget it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.kit.errors import Invalid, NotFound
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.tables.models import SavedView

MOST_VIEWS = 50


class ViewNameMissing(Invalid):
    code = "tables.view_name_missing"
    message_zh = "请给视图起个名字，最多 40 个字"
    message_en = "Give the view a name of at most 40 characters"


class TooManyViews(Invalid):
    code = "tables.too_many_views"
    message_zh = "每个列表最多保存 {most} 个视图，请先删掉不用的"
    message_en = "A list keeps at most {most} views; delete one first"


class ViewUnknown(NotFound):
    code = "tables.view_unknown"
    message_zh = "没有这个视图"
    message_en = "There is no such view"


class NotSignedIn(Invalid):
    code = "tables.not_signed_in"
    message_zh = "登录后才能保存视图"
    message_en = "Sign in to save views"


@transaction.atomic
def save_view(*, actor: Actor, table: str, name: str, query: str, now: datetime) -> SavedView:
    """
    This function will keep filters and order under a name; the same name is written over.

    Raises: NotSignedIn, ViewNameMissing, TooManyViews.
    """
    if actor.person_id is None:
        raise NotSignedIn
    name = name.strip()
    if not name or len(name) > 40 or len(query) > 2_000:
        raise ViewNameMissing
    mine = SavedView.objects.filter(person_id=actor.person_id, table=table[:80])
    if mine.exclude(name=name).count() >= MOST_VIEWS:
        raise TooManyViews(most=MOST_VIEWS)
    view, _ = SavedView.objects.update_or_create(
        person_id=actor.person_id,
        table=table[:80],
        name=name,
        defaults={"query": query},
        create_defaults={"query": query, "created_at": now},
    )
    return view


def forget_view(*, actor: Actor, view_id: UUID) -> str:
    """This function will delete one of the person's own views and give its name.   Raises: ViewUnknown."""
    view = SavedView.objects.filter(pk=view_id, person_id=actor.person_id).first()
    if view is None or actor.person_id is None:
        raise ViewUnknown
    view.delete()
    return view.name
