"""Record a deed; seal what was recorded; prove that nothing was changed since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit.merkle import GENESIS, chain_hash, leaf_hash, root_hash
from kaibo.plumbing.audit.models import AuditRow, Seal
from kaibo.plumbing.wiring import Difference

SEAL_LOCK = 7_204_001


def record(
    actor: Actor, deed: str, *, subject: str, now: datetime, details: dict[str, Any] | None = None,
    shop_id: UUID | None = None, reason: str = "",
) -> AuditRow:
    """
    This function will append one audit row in the caller's transaction; writers never wait for each other.

    `deed` is `stage:noun:verb`, `subject` is `noun:id`. `details` holds plain JSON and never a personal datum.
    """
    row = AuditRow(
        at=now, actor_id=actor.person_id, actor_name=actor.name, deed=deed, subject=subject, shop_id=shop_id,
        details=details or {}, reason=reason,
    )
    row.leaf = leaf_hash(_content(row))
    row.save(force_insert=True)
    return row


def _content(row: AuditRow) -> dict[str, Any]:
    return {
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"), "actor": str(row.actor_id or ""), "name": row.actor_name,
        "deed": row.deed, "subject": row.subject, "shop": str(row.shop_id or ""), "details": row.details, "reason": row.reason,
    }


@transaction.atomic
def seal(now: datetime, *, most: int = 5_000) -> int:
    """
    This function will seal the oldest unsealed rows into one chained batch and give their number.

    Rows of transactions still open are simply sealed later: a seal keeps its own list of rows, not a range.
    One sealer at a time (advisory lock), so the chain has no forks.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    rows = list(AuditRow.objects.filter(seal=None).order_by("id")[:most])
    if not rows:
        return 0
    last = Seal.objects.order_by("-id").first()
    previous = last.chain if last else GENESIS
    root = root_hash([row.leaf for row in rows])
    made = Seal.objects.create(
        sealed_at=now, row_count=len(rows), first_row=rows[0].pk, last_row=rows[-1].pk, root=root, previous=previous,
        chain=chain_hash(previous, root, len(rows)),
    )
    AuditRow.objects.filter(pk__in=[row.pk for row in rows], seal=None).update(seal=made)
    return len(rows)


def differences() -> Sequence[Difference]:
    """This function will prove the chain: each row hashes to its leaf, each seal to its rows and its predecessor."""
    found: list[Difference] = []
    previous = GENESIS
    for one in Seal.objects.order_by("id").iterator():
        rows = list(one.rows.order_by("id"))
        found += [Difference("audit", f"row {row.pk} was changed after it was written") for row in rows if leaf_hash(_content(row)) != row.leaf]
        if len(rows) != one.row_count or root_hash([row.leaf for row in rows]) != one.root:
            found.append(Difference("audit", f"seal {one.pk} does not cover its rows any more"))
        if one.previous != previous or chain_hash(previous, one.root, one.row_count) != one.chain:
            found.append(Difference("audit", f"seal {one.pk} does not follow the seal before it"))
        previous = one.chain
    return found
