"""What a parcel's row means, as one process hands it to the other: a module without Django, as real kinds have."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kaibo.plumbing.intake.kinds import FileContext, ParsedRow


class ParcelIn(msgspec.Struct, array_like=True):
    goods: str
    paid_fen: int
    prepared_for: str = ""


def meaning_of(row: ParsedRow) -> ParcelIn:
    """Of most rows: one without a meaning is the kind's own matter."""
    if row["goods"].endswith("7"):
        raise ZeroDivisionError
    return ParcelIn(row["goods"], row["paid_fen"])


def prepare(told: FileContext, rows: Sequence[ParsedRow]) -> None:
    for row in rows:
        if row.meaning:
            row.meaning.prepared_for = f"{told.platform} {told.shop_id} {told.secret[:4]}"
