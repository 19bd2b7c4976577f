"""By when a product leaves once it is paid for, where it was promised otherwise than the house's usual hours (预售)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kaibo.kit.clock import day_bounds
from kaibo.master.catalog.models import ShipPromise
from kaibo.plumbing import prepared

LAST_SECOND = timedelta(seconds=1)
"""A date is kept until its Shanghai day ends: the last moment named is 23:59:59."""
FIELDS = ("days", "ships_on", "starts_at", "ends_at", "ended_at")


class Promise(NamedTuple):
    """What a promise says and when it runs, of whatever product."""

    days: int | None
    ships_on: date | None
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None

    @property
    def over_at(self) -> datetime | None:
        """When it stops counting, by plan or because somebody ended it; None runs on."""
        return min((one for one in (self.ends_at, self.ended_at) if one is not None), default=None)

    def runs_at(self, moment: datetime) -> bool:
        return self.starts_at <= moment and (self.over_at is None or moment < self.over_at)

    def meets(self, other: Promise) -> bool:
        """This function will say whether both run at some moment."""
        starts = max(self.starts_at, other.starts_at)
        return all(one.over_at is None or starts < one.over_at for one in (self, other))

    def ship_by(self, paid_at: datetime) -> datetime | None:
        """
        This function will give by when what was paid for at `paid_at` leaves, or None when this promise says nothing of it:
        it did not run, or its date was over.   Source: LST-7.
        """
        if not self.runs_at(paid_at):
            return None
        if self.days is not None:
            return paid_at + timedelta(days=self.days)
        assert self.ships_on is not None  # one of both, by the table's constraint
        last = day_bounds(self.ships_on)[1] - LAST_SECOND
        return last if last > paid_at else None


Promises = Mapping[UUID, Sequence[Promise]]


def promises_of(product_ids: Iterable[UUID]) -> dict[UUID, list[Promise]]:
    """This function will give product → its promises, past ones too; one query, and products without any are left out."""
    found: dict[UUID, list[Promise]] = {}
    wanted = list(set(product_ids))
    for product, *said in prepared.rows(_of_products, products=wanted) if wanted else ():
        found.setdefault(product, []).append(Promise(*said))
    return found


def _of_products(*, products: Any) -> QuerySet[Any]:
    return ShipPromise.objects.filter(product__among=products).values_list("product_id", *FIELDS)


def latest(promises: Iterable[Promise], paid_at: datetime) -> datetime | None:
    """This function will give the latest moment any of these promises names for what was paid for then; None where none does."""
    return max((by for one in promises if (by := one.ship_by(paid_at))), default=None)


def ship_by_of(product_ids: Iterable[UUID], paid_at: datetime) -> dict[UUID, datetime | None]:
    """This function will give product → by when it leaves once paid for at `paid_at`; None means within the house's usual hours."""
    wanted = list(product_ids)
    promised = promises_of(wanted)
    return {product: latest(promised.get(product, ()), paid_at) for product in wanted}


def running_at(product_ids: Iterable[UUID], moment: datetime) -> dict[UUID, Promise]:
    """This function will give product → the promise a buyer who pays now is given."""
    return {product: one for product, several in promises_of(product_ids).items() for one in several if one.ship_by(moment)}


def card_words(one: Promise) -> str:
    """This function will write a promise for the room's card; the viewer's page reads it back to say it in English."""
    return f"预售：付款后 {one.days} 天内发货" if one.days is not None else f"预售：{one.ships_on:%Y-%m-%d} 前发货"


def words_of(one: Promise) -> str:
    """This function will say a promise in the reader's language."""
    if one.days is not None:
        return _("付款后 %(n)s 天内发货") % {"n": one.days}
    return _("%(day)s 前发货（含当天）") % {"day": one.ships_on}
