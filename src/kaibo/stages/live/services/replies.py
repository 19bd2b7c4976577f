"""Quick and keyword replies: written by one, approved by another, published to the rooms of the shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.room import moderation
from kaibo.stages.live.models import Reply
from kaibo.stages.live.permissions import REPLY_APPROVE, REPLY_WRITE
from kaibo.stages.live.services.talk import check_clean
from kaibo.stages.live.talk_rules import ReplyDecided, ReplyNeedsSecond, ReplyUnknown, check_keywords


@transaction.atomic
def write_reply(
    *, actor: Actor, shop_id: UUID, text: str, now: datetime, keywords: Sequence[str] = (), cooldown_seconds: int = 60
) -> Reply:
    """
    This function will put a reply up for approval; without keywords it is one to press, with keywords one that comes by itself.

    Raises: Forbidden, SayingEmpty, SayingBlocked, ReplyWrong.   Source: LIV-9, CMP-4.
    """
    access.require(actor, REPLY_WRITE, shop_id=shop_id)
    words = check_clean(text)
    given = check_keywords(keywords, cooldown_seconds) if keywords else ()
    reply = Reply.objects.create(
        shop_id=shop_id, text=words, keywords=list(given), cooldown_seconds=cooldown_seconds, written_by=actor.person_id, written_by_name=actor.name, written_at=now,
    )  # fmt: skip
    _record(actor, "write", reply, now)
    return reply


@transaction.atomic
def approve_reply(*, actor: Actor, reply_id: UUID, now: datetime) -> Reply:
    """
    This function will bring a reply into use: by a second person, screened again by the words of this moment.

    Raises: Forbidden, ReplyUnknown, ReplyNeedsSecond, SayingBlocked, ReplyDecided.   Source: LIV-9.
    """
    reply = _reply(actor, reply_id, REPLY_APPROVE)
    if actor.person_id is None or reply.written_by == actor.person_id:
        raise ReplyNeedsSecond
    check_clean(reply.text)
    _decide(actor, reply, Reply.State.APPROVED, (Reply.State.WAITING,), now)
    _publish(reply.shop_id)
    return reply


@transaction.atomic
def refuse_reply(*, actor: Actor, reply_id: UUID, now: datetime) -> Reply:
    """This function will refuse a reply that waits.   Raises: Forbidden, ReplyUnknown, ReplyDecided."""
    reply = _reply(actor, reply_id, REPLY_APPROVE)
    _decide(actor, reply, Reply.State.REFUSED, (Reply.State.WAITING,), now)
    return reply


@transaction.atomic
def retire_reply(*, actor: Actor, reply_id: UUID, now: datetime) -> Reply:
    """This function will take a reply out of use, at once in every room.   Raises: Forbidden, ReplyUnknown, ReplyDecided."""
    reply = _reply(actor, reply_id, REPLY_WRITE)
    if not Reply.objects.filter(pk=reply.pk, state__in=[Reply.State.APPROVED, Reply.State.WAITING]).update(state=Reply.State.RETIRED):
        raise ReplyDecided
    _record(actor, "retire", reply, now)
    _publish(reply.shop_id)
    return reply


def _reply(actor: Actor, reply_id: UUID, ability: str) -> Reply:
    reply = Reply.objects.filter(pk=reply_id).first()
    if reply is None or not actor.sees(reply.shop_id):
        raise ReplyUnknown
    access.require(actor, ability, shop_id=reply.shop_id)
    return reply


def _decide(actor: Actor, reply: Reply, state: Reply.State, sources: tuple[Reply.State, ...], now: datetime) -> None:
    changed = Reply.objects.filter(pk=reply.pk, state__in=sources).update(
        state=state, decided_by=actor.person_id, decided_by_name=actor.name, decided_at=now
    )
    if not changed:
        raise ReplyDecided
    _record(actor, "approve" if state == Reply.State.APPROVED else "refuse", reply, now)
    reply.refresh_from_db()


def _publish(shop_id: UUID) -> None:
    approved = Reply.objects.filter(shop=shop_id, state=Reply.State.APPROVED).exclude(keywords=[]).order_by("pk")
    with connection.cursor() as cursor:
        moderation.publish_auto_replies(
            cursor, shop=str(shop_id), replies=[moderation.AutoReply(one.pk, tuple(one.keywords), one.text, one.cooldown_seconds) for one in approved]
        )


def _record(actor: Actor, verb: str, reply: Reply, now: datetime) -> None:
    audit.record(
        actor, f"live:reply:{verb}", subject=f"reply:{reply.pk}", now=now, shop_id=reply.shop_id, details={"text": reply.text, "keywords": reply.keywords}
    )
