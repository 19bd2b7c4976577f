"""Writes of stocktaking 盘点: a sheet is opened, counted blind, handed in, approved above a limit, and booked once (SUP-11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext_noop

from kaibo.kit.errors import Conflict, Forbidden, Invalid, NotFound
from kaibo.master.people.queries import people_with_role
from kaibo.master.stock import services as stock
from kaibo.master.stock.models import Level
from kaibo.master.stock.rules import Bucket
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.supply.models import StockCount, StockCountLine
from kaibo.stages.supply.permissions import COUNT_APPROVE, COUNT_TAKE, SEE
from kaibo.stages.supply.queries import unused_code

ON_THE_SHELF = (Bucket.SELLABLE, Bucket.RESERVED, Bucket.ALLOTTED)
"""What stands on the shelf and is counted; units waiting for inspection and held ones stand elsewhere."""


class CountUnknown(NotFound):
    code = "supply.count_unknown"
    message_zh = "没有这张盘点单，或你看不到它"
    message_en = "There is no such stocktaking, or you cannot see it"


class CountMovedOn(Conflict):
    code = "supply.count_moved_on"
    message_zh = "盘点单 {count} 的状态已变化，请刷新"
    message_en = "Stocktaking {count} has moved on; reload"


class NothingToCount(Invalid):
    code = "supply.nothing_to_count"
    message_zh = "这个仓库没有这家店的在架库存，不用盘点"
    message_en = "This warehouse has nothing of this shop on its shelves"


class LinesNotCounted(Invalid):
    code = "supply.lines_not_counted"
    message_zh = "还有 {lines} 行没有填实盘数；没有货的填 0"
    message_en = "{lines} lines have no count yet; write 0 where nothing is there"


class ApprovedByItsCounter(Forbidden):
    code = "supply.approved_by_its_counter"
    message_zh = "盘点差异要由交盘人以外的人批准"
    message_en = "The variance is approved by somebody other than who handed the count in"


def counts_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[StockCount]:
    """This function will give the stocktakings an actor may see, for lists.   Raises: Forbidden."""
    access.require(actor, SEE)
    return access.visible(StockCount.objects.select_related("warehouse", "shop"), actor, shop_id=shop_id)


def count_for(actor: Actor, count_id: UUID) -> StockCount:
    """This function will give a stocktaking.   Raises: CountUnknown, Forbidden."""
    found = counts_for(actor).filter(pk=count_id).first()
    if found is None:
        raise CountUnknown
    return found


@transaction.atomic
def open_count(*, actor: Actor, shop_id: UUID, warehouse_id: UUID, is_blind: bool, now: datetime) -> StockCount:
    """This function will open a sheet with every item and lot of a shop on the shelves of a warehouse.   Raises: Forbidden, NothingToCount.   Source: SUP-11."""
    access.require(actor, COUNT_TAKE, shop_id=shop_id)
    shelf = [bucket.value for bucket in ON_THE_SHELF]
    places = (
        Level.objects.filter(warehouse=warehouse_id, bucket__in=shelf, quantity__gt=0, sku__product__shop=shop_id)
        .values_list("sku_id", "lot_id").distinct().order_by("sku__code", "lot__code")
    )  # fmt: skip
    if not places:
        raise NothingToCount
    made = StockCount.objects.create(
        code=unused_code(StockCount, "PD", now), shop_id=shop_id, warehouse_id=warehouse_id, is_blind=is_blind,
        opened_by=actor.person_id, opened_at=now,
    )  # fmt: skip
    StockCountLine.objects.bulk_create([StockCountLine(count=made, sku_id=sku, lot_id=lot) for sku, lot in places])
    audit.record(
        actor, COUNT_TAKE, subject=f"count:{made.pk}", now=now, details={"lines": len(places), "is_blind": is_blind}, shop_id=shop_id
    )
    return made


@transaction.atomic
def write_counts(*, actor: Actor, count_id: UUID, counted: Mapping[int, int], now: datetime) -> int:
    """
    This function will write down what was counted (line id → units) beside what the books had at that moment, and give
    how many lines changed. Sales that follow do not disturb the difference.

    Raises: Forbidden, CountUnknown, CountMovedOn.   Source: SUP-11.
    """
    count = count_for(actor, count_id)
    access.require(actor, COUNT_TAKE, shop_id=count.shop_id)
    lines = list(StockCountLine.objects.filter(count=count, pk__in=counted))
    stock.lock_items(line.sku_id for line in lines)
    if not StockCount.objects.filter(pk=count_id, state="counting").update(state="counting"):
        raise CountMovedOn(count=count.code)
    books = books_of(count, {line.sku_id for line in lines})
    changed = 0
    for line in lines:
        units = counted[line.pk]
        if line.counted == units:
            continue
        StockCountLine.objects.filter(pk=line.pk).update(
            counted=units, book_units=books.get((line.sku_id, line.lot_id), 0), counted_by=actor.name, counted_at=now
        )
        changed += 1
    return changed


def books_of(count: StockCount, sku_ids: set[UUID]) -> dict[tuple[UUID, UUID | None], int]:
    """This function will give what the books have on the shelves now, by item and lot."""
    shelf = [bucket.value for bucket in ON_THE_SHELF]
    rows = Level.objects.filter(warehouse=count.warehouse_id, sku__in=sku_ids, bucket__in=shelf)
    return {(sku, lot): units for sku, lot, units in rows.values_list("sku_id", "lot_id").annotate(units=Sum("quantity")).order_by()}


@transaction.atomic
def hand_in(*, actor: Actor, count_id: UUID, now: datetime) -> StockCount:
    """
    This function will hand a sheet in: differences worth no more than `supply.count_approve_fen` are booked at once,
    others wait for another person. An item whose cost nobody entered is worth its price, or any of it could go unseen.

    Raises: Forbidden, CountUnknown, CountMovedOn, LinesNotCounted, StockShort.   Source: SUP-11.
    """
    count = count_for(actor, count_id)
    access.require(actor, COUNT_TAKE, shop_id=count.shop_id)
    missing = count.lines.filter(counted=None).count()
    if missing:
        raise LinesNotCounted(lines=missing)
    stock.lock_items(count.lines.values_list("sku_id", flat=True))
    worth = sum(abs(line.counted - line.book_units) * (line.sku.cost_fen or line.sku.price_fen) for line in count.lines.select_related("sku"))
    needs_approval = worth > thresholds.value("supply.count_approve_fen")
    changed = StockCount.objects.filter(pk=count_id, state="counting").update(
        state="waiting" if needs_approval else "posted", variance_fen=worth, handed_in_by=actor.person_id, handed_in_at=now
    )
    if not changed:
        raise CountMovedOn(count=count.code)
    audit.record(
        actor, "supply:count:hand_in", subject=f"count:{count_id}", now=now, details={"variance_fen": worth, "waits": needs_approval},
        shop_id=count.shop_id,
    )  # fmt: skip
    if needs_approval:
        notices.tell(
            people_with_role("operations", shop_id=count.shop_id), key=f"count:{count_id}", now=now, state="red",
            title=gettext_noop("盘点单 %(count)s 差异 %(worth)s 元，待批准"), values={"count": count.code, "worth": f"{worth / 100:,.2f}"},
            href=f"/supply/counts/{count_id}",
        )  # fmt: skip
    else:
        _book(actor, count, now)
    count.refresh_from_db()
    return count


@transaction.atomic
def approve_count(*, actor: Actor, count_id: UUID, reason: str, now: datetime) -> None:
    """
    This function will approve a waiting variance and book it, once.

    Raises: Forbidden, CountUnknown, ApprovedByItsCounter, CountMovedOn, StockShort.   Source: SUP-11.
    """
    count = count_for(actor, count_id)
    access.require(actor, COUNT_APPROVE, shop_id=count.shop_id)
    if count.handed_in_by is not None and count.handed_in_by == actor.person_id:
        raise ApprovedByItsCounter(reason="盘点差异要由交盘人以外的人批准")
    stock.lock_items(count.lines.values_list("sku_id", flat=True))
    changed = StockCount.objects.filter(pk=count_id, state="waiting").update(
        state="posted", decided_by=actor.person_id, decided_at=now, reason=reason
    )
    if not changed:
        raise CountMovedOn(count=count.code)
    audit.record(
        actor, COUNT_APPROVE, subject=f"count:{count_id}", now=now, details={"variance_fen": count.variance_fen}, reason=reason,
        shop_id=count.shop_id,
    )  # fmt: skip
    _book(actor, count, now)


@transaction.atomic
def send_back(*, actor: Actor, count_id: UUID, reason: str, is_cancelled: bool, now: datetime) -> None:
    """This function will have a waiting sheet counted again, or cancel it; nothing is booked.   Raises: Forbidden, CountUnknown, CountMovedOn."""
    count = count_for(actor, count_id)
    access.require(actor, COUNT_APPROVE, shop_id=count.shop_id)
    changed = StockCount.objects.filter(pk=count_id, state__in=["waiting", "counting"] if is_cancelled else ["waiting"]).update(
        state="cancelled" if is_cancelled else "counting", reason=reason
    )
    if not changed:
        raise CountMovedOn(count=count.code)
    audit.record(
        actor, "supply:count:cancel" if is_cancelled else "supply:count:send_back", subject=f"count:{count_id}", now=now, reason=reason,
        shop_id=count.shop_id,
    )  # fmt: skip


def _book(actor: Actor, count: StockCount, now: datetime) -> None:
    """All differences of a sheet are one entry of the ledger; its key books them once."""
    moves = []
    for line in count.lines.exclude(counted=F("book_units")):
        difference = line.counted - line.book_units
        found = difference > 0
        moves.append(
            stock.Move(
                line.sku_id, count.warehouse_id, abs(difference), Bucket.COUNTED if found else Bucket.SELLABLE,
                Bucket.SELLABLE if found else Bucket.COUNTED, lot_id=line.lot_id,
            )
        )  # fmt: skip
    if moves:
        stock.post(actor=actor, key=f"count:{count.pk}", reason="count", reference=f"count:{count.pk}", moves=moves, now=now)
