"""What after-sales does when others announce something."""

from __future__ import annotations

from datetime import datetime

from kaibo.facts.flow import OrderShipped
from kaibo.stages.aftersales import replacements


def note_replacement_sent(fact: OrderShipped, now: datetime) -> None:
    """This function will let a case know that what it sends again has left."""
    replacements.note_sent(order_id=fact.order_id, now=now)
