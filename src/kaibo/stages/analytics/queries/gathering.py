"""A session's picture, put together from the lake, the room's claims and chat, orders, returns and the run of show (INS-1, INS-4)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kaibo.lake import reading
from kaibo.lake.reading import ItemFigures, SessionFigures
from kaibo.master.catalog.queries import SkuRow
from kaibo.room.backoffice import ItemLevel
from kaibo.stages.analytics.causes import topic_of
from kaibo.stages.analytics.house_facts import ClaimSeen, LineSaid
from kaibo.stages.analytics.neighbours import Return, returns_of
from kaibo.stages.analytics.picture import Band, ItemStats, MinuteRow, Picture
from kaibo.stages.analytics.queries import record
from kaibo.stages.showplan.models import Session

STEPS = ("enter", "expose", "click", "order", "pay")


def lake_folder() -> Path:
    """This function will give the folder in which the room keeps viewers' events."""
    return Path(settings.ENV.data) / "lake"


def picture_of(session: Session, *, claims: Sequence[ClaimSeen], lines: Sequence[LineSaid], now: datetime) -> Picture:
    """This function will compute a session's picture from everything recorded of it.   Source: INS-1, INS-4, INS-11."""
    started = session.started_at or session.starts_at
    # Payments and returns come after the show, so only its beginning bounds the events: rehearsals stay outside.
    seen = reading.figures_of(lake_folder(), session.room, started)
    steps = {one.kind: one.people for one in reading.funnel(lake_folder(), session.room, started, steps=STEPS)}
    bands = record.bands_of(session, now)
    returns = returns_of([one.claim for one in claims])
    items = _items(session.room, seen, claims, returns, lines, bands)
    paid = [one for one in claims if one.is_paid]
    refunds = {one.claim: _refunded(one, returns.get(one.claim)) for one in paid}
    return Picture(
        room=session.room, started_at=started, ended_at=session.ended_at, taken_at=now, viewers=int(seen.value("viewers") or 0),
        views=int(seen.value("views") or 0), peak_online=int(seen.value("peak_online") or 0),
        dwell_seconds=round(seen.figure("average_dwell").numerator_count), interacting=int(seen.figure("interaction_rate").numerator_count),
        interactions={kind: int(seen.value(f"{kind}_people") or 0) for kind in reading.INTERACTIONS}, expose_people=steps["expose"],
        click_people=steps["click"], order_people=len({one.visitor for one in claims}), paid_people=len({one.visitor for one in paid}),
        orders=len(claims), paid_orders=len(paid), paid_units=sum(one.quantity for one in paid), gross_fen=sum(one.paid_fen for one in paid),
        refunded_fen=sum(refunds.values()), refunded_orders=sum(1 for fen in refunds.values() if fen),
        returned_units=sum(item.returned_units for item in items), cost_fen=sum(item.cost_fen for item in items), items=items,
        minutes=_minutes(seen, claims, session.ended_at), bands=tuple(bands), marks=tuple(record.marks_of(session)),
    )  # fmt: skip


def _refunded(claim: ClaimSeen, back: Return | None) -> int:
    """What went back of a paid order: what after-sales refunded, or what is owed because it was cancelled; never more than was paid."""
    return min(claim.paid_fen, max(claim.refund_due_fen, back.refunded_fen if back else 0))


def _items(
    room: str, seen: SessionFigures, claims: Sequence[ClaimSeen], returns: dict[UUID, Return], lines: Sequence[LineSaid], bands: Sequence[Band]
) -> tuple[ItemStats, ...]:
    levels, skus = record.items_of(room)
    shown = {one.item: one for one in seen.items}
    of_item: dict[str, list[ClaimSeen]] = defaultdict(list)
    for one in claims:
        of_item[str(one.item)].append(one)
    asked = _questions(lines, bands)
    minutes: Counter[str] = Counter()
    for band in bands:
        minutes[band.item] += round((band.ends_at - band.starts_at).total_seconds() / 60)
    return tuple(_item(level, skus.get(level.sku_code), shown.get(str(level.item)), of_item[str(level.item)], returns, asked, minutes) for level in levels)


def _item(
    level: ItemLevel, sku: SkuRow | None, seen: ItemFigures | None, claims: Sequence[ClaimSeen], returns: dict[UUID, Return], asked: dict[str, Counter[str]],
    minutes: Counter[str],
) -> ItemStats:  # fmt: skip
    paid = [one for one in claims if one.is_paid]
    product = str(sku.product_id) if sku else ""
    reasons: Counter[str] = Counter()
    returned = 0
    for one in paid:
        back: Return | None = returns.get(one.claim)
        units = min(one.quantity, max(one.returned, back.units if back else 0))
        returned += units
        if back and units:
            reasons[back.reason] += units
    units = sum(one.quantity for one in paid)
    return ItemStats(
        key=str(level.item), title=sku.title if sku else level.title, product_id=product, expose_people=seen.expose_people if seen else 0,
        click_people=seen.click_people if seen else 0, buyers=len({one.visitor for one in claims}), paid_buyers=len({one.visitor for one in paid}),
        units=units, gross_fen=sum(one.paid_fen for one in paid), refunded_fen=sum(_refunded(one, returns.get(one.claim)) for one in paid),
        cost_fen=(units - returned) * (sku.cost_fen if sku else 0), returned_units=returned, return_reasons=dict(reasons),
        questions=dict(asked.get(product, {})) if product else {}, explained_minutes=minutes[product] if product else 0,
    )  # fmt: skip


def _questions(lines: Sequence[LineSaid], bands: Sequence[Band]) -> dict[str, Counter[str]]:
    """Product → topic → chat lines that asked it while the product was in front."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        if topic := topic_of(line.text):
            band = record.band_at(bands, line.sent_at)
            if band is not None:
                found[band.item][topic] += 1
    return found


def _minutes(seen: SessionFigures, claims: Sequence[ClaimSeen], ended_at: datetime | None) -> tuple[MinuteRow, ...]:
    orders: Counter[datetime] = Counter()
    paid: Counter[datetime] = Counter()
    for one in claims:
        minute = one.claimed_at.replace(second=0, microsecond=0)
        orders[minute] += 1
        paid[minute] += one.paid_fen
    known = {one.starts_at: one for one in seen.minutes if ended_at is None or one.starts_at <= ended_at}
    rows = []
    for at in sorted({*known, *orders}):
        there = known.get(at)
        rows.append(
            MinuteRow(at, there.online if there else 0, there.entered if there else 0, there.clicks if there else 0, orders[at], paid[at])
        )
    return tuple(rows)
