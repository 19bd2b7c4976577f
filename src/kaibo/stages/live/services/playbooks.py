"""Write a shop's playbooks; a shop that has none gets the proposed five."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from kaibo.master.shops.queries import shop_for
from kaibo.plumbing.access import access
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.live.models import Playbook
from kaibo.stages.live.permissions import PLAYBOOK_EDIT
from kaibo.stages.live.playbooks import PROPOSED, PlaybookTitleTaken, PlaybookUnknown, Step, TroubleKind, check_steps
from kaibo.stages.live.services.notices import screened


@transaction.atomic
def propose_playbooks(*, actor: Actor, shop_id: UUID, now: datetime) -> int:
    """This function will give a shop the proposed playbooks it lacks and say how many.   Raises: Forbidden.   Source: LIV-8."""
    access.require(actor, PLAYBOOK_EDIT, shop_id=shop_id)
    shop_for(actor, shop_id)
    there = set(Playbook.objects.filter(shop=shop_id).values_list("title", flat=True))
    fresh = [
        Playbook(
            shop_id=shop_id, kind=one.kind.value, title=one.title, announcement=one.announcement, steps=[asdict(step) for step in one.steps],
            changed_by_name=actor.name, changed_at=now,
        )
        for one in PROPOSED if one.title not in there
    ]  # fmt: skip
    Playbook.objects.bulk_create(fresh, ignore_conflicts=True)
    audit.record(actor, "live:playbook:propose", subject=f"shop:{shop_id}", now=now, shop_id=shop_id, details={"count": len(fresh)})
    return len(fresh)


@transaction.atomic
def write_playbook(
    *, actor: Actor, shop_id: UUID, playbook_id: UUID | None, kind: str, title: str, announcement: str, steps: Sequence[Step], is_active: bool,
    now: datetime,
) -> Playbook:  # fmt: skip
    """
    This function will write a new playbook or change one; its announcement is screened before anybody needs it.

    Raises: Forbidden, PlaybookUnknown, PlaybookEmpty, StepUnreadable, PlaybookTitleTaken, NoticeBlocked.   Source: LIV-8, CMP-2.
    """
    access.require(actor, PLAYBOOK_EDIT, shop_id=shop_id)
    shop_for(actor, shop_id)
    check_steps(steps, roles=list(ROLE_TITLES))
    words = screened(announcement) if announcement.strip() else ""
    playbook = Playbook(shop_id=shop_id) if playbook_id is None else Playbook.objects.filter(pk=playbook_id, shop=shop_id).first()
    if playbook is None:
        raise PlaybookUnknown
    playbook.kind, playbook.title, playbook.announcement, playbook.is_active = TroubleKind(kind).value, title.strip()[:60], words, is_active
    playbook.steps, playbook.changed_by_name, playbook.changed_at = [asdict(one) for one in steps], actor.name, now
    try:
        with transaction.atomic():
            playbook.save()
    except IntegrityError as taken:
        raise PlaybookTitleTaken(title=title.strip()) from taken
    audit.record(actor, "live:playbook:write", subject=f"playbook:{playbook.pk}", now=now, shop_id=shop_id, details={"title": playbook.title})
    return playbook
