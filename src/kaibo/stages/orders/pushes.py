"""What a platform pushed: never taken as it is, only as a place to look first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kaibo.facts.flow import CasesHinted
from kaibo.kit.shop_channels import Hint
from kaibo.plumbing.outbox import outbox
from kaibo.stages.orders import pulling
from kaibo.stages.orders.models import Pull


@transaction.atomic
def follow_hints(channel_id: UUID, hints: Sequence[Hint], now: datetime) -> None:
    """This function will let orders be asked for first, and announce that cases changed; twice or late does no harm."""
    pulling.note_hints(channel_id, [hint.number for hint in hints if hint.about == "order"], now)
    if any(hint.about == "case" or hint.is_about_cases for hint in hints):
        outbox.announce(CasesHinted(channel_id=channel_id, hinted_at=now), now=now)


def let_try_again(channel_id: UUID, now: datetime) -> None:
    """This function will end the pause of a channel in trouble: somebody mended what was wrong and waits."""
    Pull.objects.filter(pk=channel_id, failures__gt=0, next_at__gt=now).update(next_at=now)
