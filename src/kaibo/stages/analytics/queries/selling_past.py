"""What analytics tells selection of the past: how a product did on air beside everything else shown in the same sessions (SEL-19)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kaibo.kit.clock import day_bounds
from kaibo.stages.analytics import picture as pictures
from kaibo.stages.analytics.models import Snapshot
from kaibo.stages.showplan.models import Session

MOST_SESSIONS = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A product in one session: who saw it on offer and paid, beside the same of everything else shown."""

    session_id: UUID
    product_id: str
    title: str
    held_at: datetime
    shown_to: int
    paid: int
    usual_shown_to: int
    usual_paid: int


def shown_of(product_ids: Collection[UUID], *, shop_id: UUID) -> list[Shown]:
    """This function will give these products in a shop's last ended sessions, newest first; one query."""
    wanted = {str(one) for one in product_ids}
    kept = (
        Snapshot.objects.filter(session__shop=shop_id, session__state="ended").order_by("-session__starts_at")
        .values_list("session_id", "session__title", "session__starts_at", "picture")[:MOST_SESSIONS]
    )  # fmt: skip
    found = []
    for session_id, title, held_at, kept_picture in kept:
        items = pictures.from_json(kept_picture).items
        for product in sorted(wanted & {one.product_id for one in items}):
            ours = [one for one in items if one.product_id == product]
            others = [one for one in items if one.product_id != product]
            # several items of one product are shown together: whoever saw one saw all, so people are not added up
            found.append(
                Shown(
                    session_id, product, title, held_at, max(one.expose_people for one in ours), sum(one.paid_buyers for one in ours),
                    sum(one.expose_people for one in others), sum(one.paid_buyers for one in others),
                )
            )
    return found


def ended_sessions(*, shop_id: UUID, start: date, end: date) -> list[tuple[UUID, str, datetime]]:
    """This function will give a shop's ended sessions of the Shanghai days from `start` to before `end`, newest first; one query."""
    since, until = day_bounds(start)[0], day_bounds(end)[0]
    found = Session.objects.filter(shop=shop_id, state="ended", starts_at__gte=since, starts_at__lt=until).order_by("-starts_at")
    return list(found.values_list("pk", "title", "starts_at")[:100])
