"""Selling ahead of stock 预售: how much of what is on its way may be sold, and what becomes of it when less comes, or later (SUP-14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from kaibo.kit.clock import business_date, utc_now
from kaibo.kit.errors import Conflict, Invalid
from kaibo.master.catalog import promises
from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog.models import ShipPromise
from kaibo.master.catalog.promising import said_by
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock import awaiting, presale
from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock import services as stock
from kaibo.master.stock.models import Awaited, Presale
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.wiring import Difference
from kaibo.stages.supply.models import Inspection, Purchase
from kaibo.stages.supply.permissions import PRESALE_GIVE, SEE
from kaibo.stages.supply.presale_rules import Arrival, Outlook, outlooks
from kaibo.stages.supply.quality import ReasonMissing
from kaibo.stages.supply.queries import ItemUnknown
from kaibo.stages.supply.rules import InspectionState, PurchaseState

HREF = "/supply/presale"


class PromiseMissing(Conflict):
    code = "supply.presale_promise_missing"
    message_zh = "先在上架页给这个商品定一个发货承诺（预售几天内发或哪天前发），再给预售额度"
    message_en = "Promise first by when this product ships (on its listing page), then give it a pre-sale quota"


class BundleNotSoldAhead(Invalid):
    code = "supply.presale_of_bundle"
    message_zh = "组合装不单独给额度：给它里面的货号，组合装跟着能卖"
    message_en = "A bundle has no quota of its own: give one to its components, and the bundle can be sold with them"


class Standing(NamedTuple):
    """An item's open quota: what was sold of it, what is still to sell, what is owed, and whose promise breaks."""

    presale: Presale
    words: str
    sold: int
    left: int
    owed: int
    coming: int
    breaking: int
    """Reservations sold ahead whose promise cannot be kept as things stand."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Units sold ahead that are not here, the promise they were sold by, and what is to be expected."""

    row: Awaited
    promised_on: date
    outlook: Outlook

    @property
    def breaks(self) -> bool:
        return self.outlook.breaks(self.promised_on)


def arrivals_of(sku_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[Arrival]]:
    """
    This function will give item → what is confirmed on its way: approved orders as far as they have not come, and first
    arrivals nobody has judged yet. What is overdue is expected today at the earliest.
    """
    wanted, today = list(sku_ids), business_date(now)
    found: dict[UUID, list[Arrival]] = {sku: [] for sku in wanted}
    approved = Purchase.objects.filter(sku__in=wanted, state=PurchaseState.APPROVED, quantity__gt=F("received"))
    for sku, code, quantity, received, day in approved.order_by("code").values_list("sku_id", "code", "quantity", "received", "promised_on"):
        found[sku].append(Arrival(day and max(day, today), quantity - received, code))
    here = Inspection.objects.filter(
        sku__in=wanted, gate="arrival", is_repeat=False, state=InspectionState.OPEN, lot__isnull=False, purchase__isnull=False
    )
    for sku, code, quantity in here.order_by("opened_at").values_list("sku_id", "lot__code", "quantity"):
        found[sku].append(Arrival(today, quantity, code, is_here=True))
    return found


def coming_units(sku_ids: Iterable[UUID], now: datetime) -> dict[UUID, int]:
    return {sku: sum(one.units for one in several) for sku, several in arrivals_of(sku_ids, now).items()}


@transaction.atomic
def give_quota(*, actor: Actor, sku_id: UUID, units: int, reason: str, now: datetime) -> Presale:
    """
    This function will let units of an item be sold before they are here: by the promise its product ships by now, and not more
    than what is confirmed to come in time for it, less what was sold ahead already.

    Raises: Forbidden, ItemUnknown, ReasonMissing, BundleNotSoldAhead, PromiseMissing, PresaleBeyondComing, PresaleOfOtherPromise,
    QuantityNotPositive.   Source: SUP-14, LST-7.
    """
    sku = _item(actor, sku_id)
    if not reason.strip():
        raise ReasonMissing
    if sku.is_bundle:
        raise BundleNotSoldAhead
    standing = [one for one in ShipPromise.objects.filter(product=sku.product_id) if said_by(one).ship_by(now)]
    if not standing:
        raise PromiseMissing
    last = said_by(standing[0]).ship_by(now)
    assert last is not None  # it runs now
    stock.lock_items([sku_id])  # before what is coming is counted: whoever cuts an order tells the quota under the same lock
    arrivals = arrivals_of([sku_id], now)[sku_id]
    in_time = sum(one.units for one in arrivals if one.day is not None and one.day <= business_date(last))
    made = presale.give(
        actor=actor, sku_id=sku_id, warehouse_id=stock_queries.main_warehouse().pk, promise_id=standing[0].pk, units=units, in_time=in_time,
        coming=sum(one.units for one in arrivals), now=now, note=reason.strip(),
    )  # fmt: skip
    audit.record(
        actor, PRESALE_GIVE, subject=f"sku:{sku_id}", now=now, shop_id=sku.shop_id, reason=reason.strip(),
        details={"units": units, "in_time": in_time, "promise": str(standing[0].pk), "given": made.given_units},
    )  # fmt: skip
    return made


@transaction.atomic
def take_back_quota(*, actor: Actor, sku_id: UUID, now: datetime) -> int:
    """
    This function will take back what is unsold of an item's quota: nobody can buy ahead from here on, who bought keeps the promise.

    Raises: Forbidden, ItemUnknown, NoPresale.   Source: SUP-14.
    """
    sku = _item(actor, sku_id)
    units = presale.take_back(actor=actor, sku_id=sku_id, now=now)
    audit.record(actor, "supply:presale:take_back", subject=f"sku:{sku_id}", now=now, shop_id=sku.shop_id, details={"units": units})
    return units


def _item(actor: Actor, sku_id: UUID) -> catalog.SkuRow:
    sku = catalog.sku_rows([sku_id]).get(sku_id)
    if sku is None or not actor.sees(sku.shop_id):
        raise ItemUnknown
    access.require(actor, PRESALE_GIVE, shop_id=sku.shop_id)
    return sku


@transaction.atomic
def coming_changed(*, actor: Actor, sku_id: UUID, now: datetime) -> presale.Told:
    """
    This function will tell an item's quota what is confirmed on its way now: what became sellable goes first to those it was sold
    to, unsold quota that nothing comes for falls away, and where even sold units are not covered the team is told at once.

    Called by whatever changes an order or judges an arrival, in the same transaction, after its own rows.   Source: SUP-14.
    """
    stock.lock_items([sku_id])
    if presale.open_presale(sku_id) is None and not awaiting.pledged([sku_id])[sku_id][1]:
        return presale.Told(0, 0)
    presale.fill(actor=actor, sku_ids=[sku_id], now=now)
    coming = coming_units([sku_id], now)[sku_id]
    told = presale.tell_coming(actor=actor, sku_id=sku_id, coming=coming, now=now)
    sku = catalog.sku_rows([sku_id])[sku_id]
    if told.fallen:
        audit.record(
            actor, "supply:presale:fall_away", subject=f"sku:{sku_id}", now=now, shop_id=sku.shop_id, details={"units": told.fallen, "coming": coming}
        )
    if told.uncovered:
        _tell(sku, f"uncovered:{coming}:{told.uncovered}", now, gettext_noop("%(sku)s 预售卖出的货有 %(n)s 件没有在途可以对上：通知买家、换货源或退款"), told.uncovered)
    return told


def _tell(sku: catalog.SkuRow, key: str, now: datetime, title: str, n: int) -> None:
    people = {person for role in ("operations", "service", "warehouse") for person in people_with_role(role, shop_id=sku.shop_id)}
    notices.tell(people, key=f"presale:{sku.id}:{key}", now=now, title=title, values={"sku": sku.code, "n": n}, href=f"{HREF}?item={sku.code}", state="bad")


def waiting_of(sku_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[Waiting]]:
    """This function will give item → those who bought ahead and wait, the oldest promise first, each with what is to be expected."""
    wanted = list(sku_ids)
    rows: dict[UUID, list[Awaited]] = {}
    for row in Awaited.objects.filter(sku__in=wanted, units__gt=0).select_related("reservation").order_by("promised_at", "id"):
        rows.setdefault(row.sku_id, []).append(row)
    arrivals = arrivals_of(rows, now)
    return {
        sku: [Waiting(row, business_date(row.promised_at), seen) for row, seen in zip(several, outlooks([row.units for row in several], arrivals[sku]), strict=True)]
        for sku, several in rows.items()
    }


def standing_quotas(actor: Actor, now: datetime, *, shop_id: UUID | None = None) -> list[Standing]:
    """This function will list the items that are or were sold ahead and are not settled yet, those whose promises break first.   Raises: Forbidden."""
    access.require(actor, SEE)
    visible = access.visible(Presale.objects.select_related("sku__product", "promise"), actor, "sku__product__shop", shop_id=shop_id)
    owing = Awaited.objects.filter(units__gt=0).values("presale")
    found = list((visible.filter(closed_at=None) | visible.filter(pk__in=owing)).order_by("-made_at").distinct())
    skus = {one.sku_id for one in found}
    levels, coming, waiting = awaiting.pledged(skus), coming_units(skus, now), waiting_of(skus, now)
    rows = [_standing(one, levels[one.sku_id], coming[one.sku_id], waiting.get(one.sku_id, ())) for one in found]
    return sorted(rows, key=lambda row: (not row.breaking, row.presale.sku.code))


def _standing(one: Presale, levels: tuple[int, int], coming: int, waiting: Sequence[Waiting]) -> Standing:
    left = levels[0] if one.closed_at is None else 0
    mine = [each for each in waiting if each.row.presale_id == one.pk]
    return Standing(
        one, promises.words_of(said_by(one.promise)), one.given_units - one.taken_units - left, left, sum(each.row.units for each in mine), coming,
        sum(1 for each in mine if each.breaks),
    )  # fmt: skip


def tell_breaking(now: datetime) -> int:
    """This function will tell the team of promises that will break because goods come late, once an item, day and number; a clock."""
    skus = set(Awaited.objects.filter(units__gt=0).values_list("sku_id", flat=True).distinct())
    broken = {sku: sum(1 for one in several if one.breaks) for sku, several in waiting_of(skus, now).items()}
    rows = catalog.sku_rows([sku for sku, count in broken.items() if count])
    for sku_id, sku in rows.items():
        _tell(sku, f"late:{business_date(now)}:{broken[sku_id]}", now, gettext_noop("%(sku)s 有 %(n)s 笔预售赶不上约定的发货时间：看是哪几笔，通知买家、换货源或退款"), broken[sku_id])
    return len(rows)


def serve_waiting(now: datetime) -> int:
    """This function will serve those who bought ahead from goods that became sellable otherwise; a clock."""
    return presale.serve_waiting(actor=KAIBO, now=now)


def differences() -> list[Difference]:
    """This function will prove that each open quota knows what is on its way."""
    told: Mapping[UUID, int] = dict(Presale.objects.filter(closed_at=None).values_list("sku_id", "coming_units"))
    coming = coming_units(told, utc_now()) if told else {}
    return [
        Difference("supply", f"the quota of {sku} was told that {units} are coming, {coming[sku]} are") for sku, units in told.items() if coming[sku] != units
    ]
