"""What after-sales does when others announce something."""

from __future__ import annotations

from datetime import datetime

from kaibo.facts.flow import CasesHinted, OrderShipped
from kaibo.stages.aftersales import case_pulling, replacements


def note_replacement_sent(fact: OrderShipped, now: datetime) -> None:
    """This function will let a case know that what it sends again has left."""
    replacements.note_sent(order_id=fact.order_id, now=now)


def read_hinted_cases(fact: CasesHinted, now: datetime) -> None:
    """This function will give a channel's cases their turn at once: its platform pushed that something happened to them."""
    case_pulling.note_hint(fact.channel_id, now)
