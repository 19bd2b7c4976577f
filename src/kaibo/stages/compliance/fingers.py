"""
All fingerprints of a shop in memory, so that a picture is compared with 100,000 others in milliseconds.

Each process keeps what it has read and asks the database only for newer pictures. Ids grow with time, but a transaction may commit late:
so the last ten minutes are always asked again. A picture that is gone may linger here: whoever asks reads the rows themselves again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

import numpy as np
import numpy.typing as npt

from kaibo.stages.compliance.likeness import ALIKE_WHOLE, ALIKE_WINDOW, WINDOWS, Fingerprint
from kaibo.stages.compliance.models import Picture

LATE_COMMITS = timedelta(minutes=10)
MOST_SHOPS = 20
Marks = npt.NDArray[np.uint64]


@dataclass(slots=True)
class _Kept:
    """What a process has read of a shop: a row of `marks` is a picture's whole and its windows."""

    marks: Marks = field(default_factory=lambda: np.empty((0, 1 + len(WINDOWS)), dtype=np.uint64))
    ids: list[UUID] = field(default_factory=list)
    is_ours: list[bool] = field(default_factory=list)
    known: set[UUID] = field(default_factory=set)
    newest: datetime | None = None


_shops: dict[UUID, _Kept] = {}
_turn = Lock()


def near_ids(shop_id: UUID, fingers: Fingerprint, turned: Fingerprint, *, of_ours: bool) -> list[UUID]:
    """This function will give the pictures of a shop, ours or other people's, that a picture may be like; who asks judges each once more."""
    with _turn:
        kept = _read_on(shop_id)
        marks, ids, ours = kept.marks, kept.ids, np.array(kept.is_ours, dtype=bool)
    if not ids:
        return []
    whole, windows = marks[:, :1], marks[:, 1:]
    asked = np.array([fingers.whole, turned.whole], dtype=np.uint64)
    cut = np.array([*fingers.windows, *turned.windows], dtype=np.uint64)
    is_near = (np.bitwise_count(whole ^ asked) <= ALIKE_WHOLE).any(axis=1)
    is_near |= (np.bitwise_count(whole ^ cut) <= ALIKE_WINDOW).any(axis=1)
    for one in asked:
        is_near |= (np.bitwise_count(windows ^ one) <= ALIKE_WINDOW).any(axis=1)
    return [ids[place] for place in np.flatnonzero(is_near & (ours == of_ours))]


def _read_on(shop_id: UUID) -> _Kept:
    """Add what came since the last reading to what is kept of a shop."""
    if shop_id not in _shops and len(_shops) >= MOST_SHOPS:
        _shops.pop(next(iter(_shops)))
    kept = _shops.setdefault(shop_id, _Kept())
    newer = Picture.objects.filter(shop=shop_id)
    if kept.newest is not None:
        newer = newer.filter(added_at__gte=kept.newest - LATE_COMMITS)
    rows = [row for row in newer.values_list("pk", "product_id", "whole", "windows", "added_at") if row[0] not in kept.known]
    if rows:
        fresh = np.array([[whole, *windows] for _pk, _product, whole, windows, _at in rows], dtype=np.int64).view(np.uint64)
        kept.marks = np.concatenate([kept.marks, fresh])
        kept.ids = [*kept.ids, *(row[0] for row in rows)]
        kept.is_ours = [*kept.is_ours, *(row[1] is not None for row in rows)]
        kept.known.update(row[0] for row in rows)
        kept.newest = max([row[4] for row in rows] + ([kept.newest] if kept.newest else []))
    return kept
