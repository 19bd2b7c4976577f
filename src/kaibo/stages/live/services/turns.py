"""A turn at the desk: one at a time per session, once per key, logged with the room's event that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.stages.live.models import Desk, DeskAction, SaleItem
from kaibo.stages.live.queries import room_last_event
from kaibo.stages.live.rules import Deed, ItemGone, KeyUsed, NotLive
from kaibo.stages.showplan import queries as showplan
from kaibo.stages.showplan.models import Session


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, at which session's desk; `prior` is what the same key did before."""

    actor: Actor
    session: Session
    desk: Desk
    key: str
    now: datetime
    prior: DeskAction | None

    def record(self, kind: Deed, *, item: SaleItem | None = None, **details: Any) -> DeskAction:
        """This function will log the action, with the number of the last event the room got from it."""
        action = DeskAction.objects.create(
            session=self.session, key=self.key, kind=kind.value, item=item, details=details, actor_id=self.actor.person_id,
            actor_name=self.actor.name, at=self.now, seq=room_last_event(self.session.room),
        )  # fmt: skip
        audit.record(
            self.actor, f"live:desk:{kind.value}", subject=f"session:{self.session.pk}", now=self.now, shop_id=self.session.shop_id,
            details={**details, **({"item": str(item.pk)} if item else {})},
        )  # fmt: skip
        return action

    def item(self, item_id: UUID) -> SaleItem:
        """This function will give an item of this session that is not closed.   Raises: ItemGone."""
        item = SaleItem.objects.select_related("sku__product", "allotment").filter(pk=item_id, session=self.session, closed_at=None).first()
        if item is None:
            raise ItemGone
        return item


def take_turn(*, actor: Actor, session_id: UUID, ability: str, kind: Deed, key: str, now: datetime) -> Turn:
    """
    This function will take the desk of a live session for this transaction.

    The same key again waits for the first and then finds what it did, so a double click happens once.
    Raises: Forbidden, SessionUnknown, NotLive, KeyUsed.
    """
    session = showplan.session_for(actor, session_id)
    access.require(actor, ability, shop_id=session.shop_id)
    # lock: the desk's row is taken before the ledger and the room by every action of the session
    desk = Desk.objects.select_for_update().filter(session=session_id).first()
    if desk is None:
        raise NotLive
    prior = DeskAction.objects.filter(session=session_id, key=key).first()
    if prior is not None and prior.kind != kind.value:
        raise KeyUsed
    if prior is None and desk.closed_at is not None:
        raise NotLive
    return Turn(actor, session, desk, key, now, prior)
