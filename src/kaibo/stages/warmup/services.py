"""Write and publish an announcement, make tracked links, count who followed them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kaibo.kit.clock import business_date
from kaibo.kit.errors import Conflict
from kaibo.kit.ids import readable_code
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.citations import objections
from kaibo.stages.compliance import queries as compliance
from kaibo.stages.compliance import services as screening
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.warmup import queries
from kaibo.stages.warmup.models import Announcement, TrackedLink
from kaibo.stages.warmup.permissions import ANNOUNCEMENT_PUBLISH, ANNOUNCEMENT_WRITE, LINK_MAKE
from kaibo.stages.warmup.rules import (
    AlreadyPublished,
    LateReasonNeeded,
    NothingToPublish,
    Platform,
    Timing,
    WordsForbidden,
    WordsUndecided,
    check_target,
)

CODE_LENGTH = 6


class NotPublished(Conflict):
    code = "warmup.not_published"
    message_zh = "预告没有发布"
    message_en = "The announcement is not out"


@transaction.atomic
def write_announcement(*, actor: Actor, session_id: UUID, headline: str, body: str, offers: str, now: datetime) -> Announcement:
    """
    This function will write an announcement and screen its words at once; forbidden ones are kept and shown, not hidden.

    Raises: Forbidden, SessionUnknown, AlreadyPublished, NothingToPublish.   Source: WRM-1, CMP-2.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, ANNOUNCEMENT_WRITE, shop_id=session.shop_id)
    if not headline.strip() or not body.strip():
        raise NothingToPublish
    there = Announcement.objects.filter(session=session_id).first()
    if there is not None and there.published_at:
        raise AlreadyPublished
    text = "\n".join(part.strip() for part in (headline, body, offers) if part.strip())
    kept = screening.keep_screening(
        actor=actor, text=text, surface="detail", category="", subject=f"session:{session_id}", shop_id=session.shop_id, now=now
    )
    announcement, _is_new = Announcement.objects.update_or_create(
        session_id=session_id,
        defaults={"headline": headline.strip(), "body": body.strip(), "offers": offers.strip(), "screening_id": kept.pk, "changed_at": now},
    )
    audit.record(actor, ANNOUNCEMENT_WRITE, subject=f"session:{session_id}", now=now, details={"verdict": kept.verdict}, shop_id=session.shop_id)
    return announcement


@transaction.atomic
def publish_announcement(*, actor: Actor, session_id: UUID, now: datetime, late_reason: str = "") -> None:
    """
    This function will publish an announcement whose words may be said; late is possible with a reason, and stays red.

    Raises: Forbidden, NothingToPublish, AlreadyPublished, WordsForbidden, WordsUndecided, LateReasonNeeded.   Source: WRM-1, CMP-2.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, ANNOUNCEMENT_PUBLISH, shop_id=session.shop_id)
    there = Announcement.objects.filter(session=session_id).first()
    if there is None:
        raise NothingToPublish
    _check_words(actor, there)
    found = queries.leads_of([session], now)[session_id]
    if found.timing is Timing.LATE and not late_reason.strip():
        raise LateReasonNeeded(days=found.days, least=found.least)
    changed = Announcement.objects.filter(session=session_id, published_at=None).update(
        published_at=now, published_by_name=actor.name, late_reason=late_reason.strip() if found.timing is Timing.LATE else ""
    )
    if not changed:
        raise AlreadyPublished
    audit.record(
        actor, ANNOUNCEMENT_PUBLISH, subject=f"session:{session_id}", now=now, shop_id=session.shop_id, reason=late_reason.strip(),
        details={"days_left": found.days, "timing": found.timing.value},
    )  # fmt: skip


def _check_words(actor: Actor, announcement: Announcement) -> None:
    if announcement.screening_id is None:
        raise NothingToPublish
    kept = compliance.text_for(actor, announcement.screening_id)
    hits = compliance.hits_of(kept)
    blocked = [hit for hit in hits if hit.severity == "block"]
    if blocked:
        raise WordsForbidden(**objections(blocked))
    if kept.state == "open":
        raise WordsUndecided(hit=hits[0].text)


@transaction.atomic
def withdraw_announcement(*, actor: Actor, session_id: UUID, now: datetime) -> None:
    """This function will take a published announcement back, to change it.   Raises: Forbidden, NotPublished."""
    session = showplan.session_for(actor, session_id)
    access.require(actor, ANNOUNCEMENT_PUBLISH, shop_id=session.shop_id)
    if not Announcement.objects.filter(session=session_id, published_at__isnull=False).update(published_at=None, late_reason=""):
        raise NotPublished
    audit.record(actor, "warmup:announcement:withdraw", subject=f"session:{session_id}", now=now, shop_id=session.shop_id)


@transaction.atomic
def make_link(*, actor: Actor, session_id: UUID, platform: str, title: str, now: datetime, target: str = "") -> TrackedLink:
    """This function will make a tracked link for one place.   Raises: Forbidden, TargetNotALink.   Source: WRM-4."""
    session = showplan.session_for(actor, session_id)
    access.require(actor, LINK_MAKE, shop_id=session.shop_id)
    check_target(target)
    made = _with_free_code(session_id, Platform(platform), title.strip(), target, actor, now)
    audit.record(actor, LINK_MAKE, subject=f"link:{made.pk}", now=now, details={"platform": platform, "code": made.code}, shop_id=session.shop_id)
    return made


def _with_free_code(session_id: UUID, platform: Platform, title: str, target: str, actor: Actor, now: datetime) -> TrackedLink:
    for _attempt in range(5):
        try:
            with transaction.atomic():
                return TrackedLink.objects.create(
                    session_id=session_id, code=readable_code(CODE_LENGTH), platform=platform.value, title=title, target=target,
                    created_by_name=actor.name, created_at=now,
                )  # fmt: skip
        except IntegrityError:
            continue
    raise Conflict


@transaction.atomic
def close_link(*, actor: Actor, link_id: UUID, now: datetime) -> None:
    """This function will close a link: its address leads nowhere from now on.   Raises: Forbidden, LinkUnknown."""
    link = queries.link_for(actor, link_id)
    access.require(actor, LINK_MAKE, shop_id=link.session.shop_id)
    TrackedLink.objects.filter(pk=link_id, closed_at=None).update(closed_at=now)
    audit.record(actor, "warmup:link:close", subject=f"link:{link_id}", now=now, shop_id=link.session.shop_id)


def count_click(*, link: TrackedLink, now: datetime) -> None:
    """This function will count one click: one statement, no address, no cookie, nothing of the person.   Source: WRM-4."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO warmup_clickcount (link_id, day, count) VALUES (%s, %s, 1)
               ON CONFLICT (link_id, day) DO UPDATE SET count = warmup_clickcount.count + 1""",
            [link.pk, business_date(now)],
        )
