"""
What later stages know of what was sold, as selection asks it: a stage never calls a later one, so `config/selling_past.py` answers.

Source: SEL-13, SEL-16, SEL-19.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Sold:
    """Pieces of a product that were paid for, and how many of them came back."""

    units: int
    returned: int


@dataclass(frozen=True, slots=True)
class PriceDay:
    """What was sold of a product on one Shanghai day at one price of one piece, with the sessions it was sold in."""

    day: date
    price_fen: int
    units: int
    reached: int
    """Viewers who saw it on offer that day; 0 when nobody counted."""


@dataclass(frozen=True, slots=True)
class OnAir:
    """How a product did in a past session: people who saw it on offer, and those of them who paid."""

    session_id: UUID
    title: str
    held_at: datetime
    shown_to: int
    paid: int
    usual_shown_to: int
    usual_paid: int
    """The same of everything else that was shown in those sessions."""


class SellingPast(Protocol):
    """What selection asks of the past."""

    def sold(self, product_ids: Collection[UUID]) -> Mapping[UUID, Sold]: ...

    def price_days(self, product_id: UUID, *, shop_id: UUID) -> Sequence[PriceDay]: ...

    def on_air(self, product_ids: Collection[UUID], *, shop_id: UUID) -> Sequence[OnAir]: ...

    def write_baskets(self, path: Path, *, shop_id: UUID, since: datetime) -> int: ...

    def ended_sessions(self, *, shop_id: UUID, start: date, end: date) -> Sequence[tuple[UUID, str, datetime]]: ...

    def session_sales(self, session_ids: Collection[UUID]) -> Mapping[UUID, tuple[int, int]]: ...


@cache
def selling_past() -> SellingPast:
    """This function will give whoever answers (the dotted path in settings.KAIBO_SELLING_PAST makes it)."""
    make: Callable[[], SellingPast] = import_string(settings.KAIBO_SELLING_PAST)
    return make()
