"""What viewers of our own rooms report 举报: taken once each into the register, where the hour to answer runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from kaibo.kit.text import mask_middle
from kaibo.plumbing.thresholds import thresholds
from kaibo.room import duties
from kaibo.stages.risk import services
from kaibo.stages.risk.models import Mention
from kaibo.stages.risk.rules import Severity, State

PLATFORM = "own"
KINDS_ZH = {
    "untrue": "虚假或夸大宣传", "price": "价格不实", "quality": "商品质量或假货", "conduct": "主播言行不当",
    "minor": "侵害未成年人", "other": "其他",
}  # fmt: skip
_SEVERITY = {"minor": Severity.CRITICAL, "quality": Severity.HIGH, "untrue": Severity.HIGH, "price": Severity.HIGH}


@transaction.atomic
def take_room_reports(now: datetime) -> int:
    """
    This function will keep what viewers reported as mentions to answer, and give how many.

    A report is always ours and always asks for an answer, whatever its words.   Source: RSK-1, facts/law L2.
    """
    with connection.cursor() as cursor:
        reports = duties.take_reports(cursor, of_shops_only=True)
    fresh = []
    for one in reports:
        within = timedelta(minutes=thresholds.value(services.ANSWER_WITHIN, shop_id=UUID(one.shop)))
        about = f"“{one.item_title}”" if one.item_title else ""
        fresh.append(
            Mention(
                shop_id=UUID(one.shop), platform=PLATFORM, author=mask_middle(one.visitor, keep_start=1, keep_end=1),
                text=f"直播间“{one.room_title}”{about}被举报：{KINDS_ZH[one.kind]}。{one.text}".strip(), url="", fingerprint=f"report:{one.report}",
                posted_at=one.reported_at, first_seen_at=now, severity=_SEVERITY.get(one.kind, Severity.NORMAL).value, themes=[], hits=[],
                state=State.NEW, answer_by=one.reported_at + within,
            )
        )  # fmt: skip
    Mention.objects.bulk_create(fresh)
    services.announce_mentions(fresh, now)
    return len(fresh)
