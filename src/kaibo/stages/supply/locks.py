"""Stock set aside 锁仓 for a session or a customer: a reservation of the ledger with an owner, a reason and an end (SUP-8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from kaibo.kit.clock import screen_time
from kaibo.kit.errors import Conflict, Invalid, NotFound
from kaibo.kit.ids import new_id
from kaibo.master.catalog import queries as catalog
from kaibo.master.stock import queries as stock_queries
from kaibo.master.stock import services as stock
from kaibo.master.stock.rules import StockShort
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, Actor
from kaibo.plumbing.audit import audit
from kaibo.plumbing.notices import notices
from kaibo.stages.supply.ahead_models import StockLock
from kaibo.stages.supply.permissions import SEE, STOCK_LOCK
from kaibo.stages.supply.queries import ItemUnknown

LONGEST = timedelta(days=90)
MOST_ENDED = 500
Purpose = Literal["session", "customer"]


class LockUnknown(NotFound):
    code = "supply.lock_unknown"
    message_zh = "没有这笔锁仓，或你看不到它"
    message_en = "There is no such lock, or you cannot see it"


class LockEnded(Conflict):
    code = "supply.lock_ended"
    message_zh = "这笔锁仓已经结束，请刷新"
    message_en = "This lock has ended already; reload"


class LockIncomplete(Invalid):
    code = "supply.lock_incomplete"
    message_zh = "锁仓要写明留给谁、为什么，到期时间在现在之后、90 天之内"
    message_en = "A lock says for whom and why, and ends after now and within 90 days"


@transaction.atomic
def lock_stock(
    *, actor: Actor, sku_id: UUID, quantity: int, purpose: Purpose, who: str, reason: str, expires_at: datetime, now: datetime,
    session_id: UUID | None = None,
) -> StockLock:  # fmt: skip
    """
    This function will set sellable units aside, so that nobody else can sell them until it ends.

    Raises: Forbidden, ItemUnknown, LockIncomplete, StockShort, QuantityNotPositive.   Source: SUP-8.
    """
    sku = catalog.sku_rows([sku_id]).get(sku_id)
    if sku is None or not actor.sees(sku.shop_id):
        raise ItemUnknown
    access.require(actor, STOCK_LOCK, shop_id=sku.shop_id)
    if not who.strip() or not reason.strip() or not now < expires_at <= now + LONGEST:
        raise LockIncomplete
    made, place = new_id(), stock_queries.fullest_warehouse(sku_id)
    if place is None:
        raise StockShort(sku=sku.code, bucket="可售", wanted=quantity, there=0)
    reference = f"lock:{made}"
    stock.reserve(
        actor=actor, sku_id=sku_id, warehouse_id=place, quantity=quantity, reference=reference, now=now, expires_at=expires_at
    )
    lock = StockLock.objects.create(
        pk=made, sku_id=sku_id, shop_id=sku.shop_id, warehouse_id=place, quantity=quantity, purpose=purpose, session_id=session_id, who=who.strip()[:80],
        reason=reason.strip()[:200], reference=reference, expires_at=expires_at, locked_by=actor.name, locked_by_id=actor.person_id, locked_at=now,
    )  # fmt: skip
    audit.record(
        actor, "supply:stock:lock", subject=f"lock:{made}", now=now, shop_id=sku.shop_id, reason=reason,
        details={"sku": sku.code, "units": quantity, "until": expires_at.isoformat(), "purpose": purpose},
    )  # fmt: skip
    return lock


@transaction.atomic
def release_lock(*, actor: Actor, lock_id: UUID, reason: str, now: datetime) -> int:
    """This function will end a lock early and give its units back to everybody.   Raises: Forbidden, LockUnknown, LockEnded, LockIncomplete."""
    lock = lock_for(actor, lock_id)
    access.require(actor, STOCK_LOCK, shop_id=lock.shop_id)
    if not reason.strip():
        raise LockIncomplete
    _hold_still(lock)
    units = _give_back(lock, actor, now)
    if not _end(lock, "released", actor, reason, now):
        raise LockEnded
    audit.record(
        actor, "supply:stock:unlock", subject=f"lock:{lock_id}", now=now, shop_id=lock.shop_id, reason=reason, details={"units": units}
    )
    return units


@transaction.atomic
def give_to_session(*, actor: Actor, session_id: UUID, sku_id: UUID, wanted: int, now: datetime) -> int:
    """
    This function will put back on sale what was kept for a session, right before the session is given its units: both in one
    transaction and under the items' locks, so that nobody comes between. What is not wanted stays set aside.
    """
    stock.lock_items(part for part, _ in stock.units_of(sku_id, 1))
    given = 0
    for lock in StockLock.objects.filter(session_id=session_id, sku=sku_id, state="open").order_by("locked_at"):
        if given >= wanted or not _give_back(lock, actor, now):
            continue
        units = min(lock.quantity - lock.used, wanted - given)
        given += units
        if lock.used + units == lock.quantity:
            StockLock.objects.filter(pk=lock.pk).update(used=lock.quantity)
            _end(lock, "used", actor, "", now)
        else:
            _keep_rest(lock, lock.used + units, actor, now)
    return given


def _keep_rest(lock: StockLock, used: int, actor: Actor, now: datetime) -> None:
    reference = f"lock:{lock.pk}:{used}"
    stock.reserve(
        actor=actor, sku_id=lock.sku_id, warehouse_id=lock.warehouse_id, quantity=lock.quantity - used, reference=reference, now=now,
        expires_at=lock.expires_at,
    )  # fmt: skip
    StockLock.objects.filter(pk=lock.pk).update(used=used, reference=reference)


def end_expired(now: datetime) -> int:
    """This function will give back what nobody took in time and tell who kept it; the clock gives how many."""
    due = list(StockLock.objects.filter(state="open", expires_at__lte=now).order_by("expires_at")[:MOST_ENDED])
    return sum(_end_expired(lock, now) for lock in due)


@transaction.atomic
def _end_expired(lock: StockLock, now: datetime) -> bool:
    _hold_still(lock)
    _give_back(lock, KAIBO, now)  # unless the ledger's own clock was first
    if not _end(lock, "expired", KAIBO, "", now):
        return False
    if lock.locked_by_id:
        sku = catalog.sku_rows([lock.sku_id])[lock.sku_id]
        notices.tell(
            [lock.locked_by_id], key=f"lock-expired:{lock.pk}", now=now, href="/supply/locks",
            title=gettext_noop("锁仓到期，%(units)s 件 %(sku)s 已放回可售（留给 %(who)s）"),
            values={"units": lock.quantity - lock.used, "sku": sku.code, "who": lock.who},
        )  # fmt: skip
    return True


def _hold_still(lock: StockLock) -> None:
    """Items first, as every writer of the ledger; then the lock as it is now: a session may just have taken a part of it."""
    stock.lock_items(part for part, _ in stock.units_of(lock.sku_id, 1))
    lock.refresh_from_db()


def _give_back(lock: StockLock, actor: Actor, now: datetime) -> int:
    return stock.release_reserved(actor=actor, reference=lock.reference, now=now)


def _end(lock: StockLock, state: str, actor: Actor, reason: str, now: datetime) -> bool:
    ended = {"state": state, "ended_at": now, "ended_by": actor.name, "end_reason": reason.strip()[:200]}
    return bool(StockLock.objects.filter(pk=lock.pk, state="open").update(**ended))


def locks_for(actor: Actor, *, shop_id: UUID | None = None) -> QuerySet[StockLock]:
    """This function will give the locks an actor sees, those that stand first.   Raises: Forbidden."""
    access.require(actor, SEE)
    visible = StockLock.objects.select_related("sku__product", "warehouse")
    return access.visible(visible, actor, shop_id=shop_id)


def lock_for(actor: Actor, lock_id: UUID) -> StockLock:
    """This function will give a lock.   Raises: LockUnknown, Forbidden."""
    found = locks_for(actor).filter(pk=lock_id).first()
    if found is None:
        raise LockUnknown
    return found


def ends_words(lock: StockLock) -> str:
    return screen_time(lock.expires_at)
