"""Sealing receivers of a batch: readable ones under their person's key, the platform's ciphertext as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kaibo.plumbing.intake.kinds import FileContext
from kaibo.plumbing.vault import vault
from kaibo.stages.orders.preparing import make_ready
from kaibo.stages.orders.reading import LineIn, Ready


class Sealed(NamedTuple):
    """What the order row keeps of a receiver."""

    subject_id: UUID | None
    blob: bytes | None
    ready: Ready

    @property
    def mark(self) -> str:
        return self.ready.mark


def seal_receivers(told: FileContext, lines: Mapping[str, LineIn], *, now: datetime) -> dict[str, Sealed]:
    """This function will seal the receivers of many orders with a constant number of queries.   Source: PIPL art. 51."""
    make_ready(told, list(lines.values()))
    ready = {no: line.ready for no, line in lines.items() if line.ready}
    offers = [one.offer for one in ready.values() if one.offer]
    kept = iter(vault.keep_offers(offers, now=now) if offers else ())
    return {no: Sealed(*(next(kept) if one.offer else (None, None)), one) for no, one in ready.items()}
