"""An independent checker: reads what clients were told and what the ledger keeps, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong between what clients were promised and the ledger; all zeros is the proof."""

    acknowledged: int
    lost: int
    """Acknowledged claims the ledger does not have."""
    doubled: int
    """Claims one key got more than one of, or that were promised to more than one key."""
    unheard: int
    """Claims of the ledger no client heard of: only right when answers were cut off on their way."""
    oversold_units: int

    @property
    def is_clean(self) -> bool:
        return self.lost == self.doubled == self.oversold_units == 0


def check(dsn: str, room: str, logs: Sequence[Path]) -> Verdict:
    """This function will hold clients' logs (`key claim item` a line) against the claims and movements of a room."""
    told: dict[str, set[str]] = {}
    for log in logs:
        for line in log.read_text().splitlines():
            key, claim, *_ = line.split()
            told.setdefault(key, set()).add(claim)
    promised = [claim for claims in told.values() for claim in claims]
    with psycopg.connect(dsn) as connection, connection.cursor() as cur:
        cur.execute("select key, attempt::text, quantity - returned_units from room.answers where room = %s and result = 'claimed'", (room,))
        kept = cur.fetchall()
        cur.execute(
            """select coalesce(sum(case m.kind when 'allotted' then m.units when 'withdrawn' then -m.units else 0 end), 0)
                 from room.movements m join room.items i on i.item = m.item where i.room = %s""",
            (room,),
        )
        row = cur.fetchone()
    stock = int(row[0]) if row else 0
    in_ledger = {claim for _, claim, _ in kept}
    doubled = len(promised) - len(set(promised)) + sum(len(claims) - 1 for claims in told.values()) + len(kept) - len({key for key, _, _ in kept})
    return Verdict(
        acknowledged=len(promised),
        lost=len(set(promised) - in_ledger),
        doubled=doubled,
        unheard=len(in_ledger - set(promised)),
        oversold_units=max(0, sum(units for _, _, units in kept) - stock),
    )
