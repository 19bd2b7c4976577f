"""Who answers selection's questions about the past (`stages.selection.past`): orders and analytics, two later stages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from kaibo.stages.analytics.queries import selling_past as analytics
from kaibo.stages.orders import selling_past as orders
from kaibo.stages.selection.past import OnAir, PriceDay, SellingPast, Sold


class Past:
    """The past as orders and analytics know it."""

    def sold(self, product_ids: Collection[UUID]) -> Mapping[UUID, Sold]:
        return {product_id: Sold(units, back) for product_id, (units, back) in orders.sold_of(product_ids).items()}

    def price_days(self, product_id: UUID, *, shop_id: UUID) -> Sequence[PriceDay]:
        seen = {one.session_id: one.shown_to for one in analytics.shown_of([product_id], shop_id=shop_id)}
        days = []
        for day, price_fen, units, sessions in orders.price_days_of(product_id):
            reached = sum(seen.get(one, 0) for one in sessions)
            days.append(PriceDay(day, price_fen, units, reached))
        return days

    def on_air(self, product_ids: Collection[UUID], *, shop_id: UUID) -> Sequence[OnAir]:
        return [
            OnAir(one.session_id, one.title, one.held_at, one.shown_to, one.paid, one.usual_shown_to, one.usual_paid)
            for one in analytics.shown_of(product_ids, shop_id=shop_id)
        ]

    def write_baskets(self, path: Path, *, shop_id: UUID, since: datetime) -> int:
        return orders.write_baskets(path, shop_id=shop_id, since=since)

    def ended_sessions(self, *, shop_id: UUID, start: date, end: date) -> Sequence[tuple[UUID, str, datetime]]:
        return analytics.ended_sessions(shop_id=shop_id, start=start, end=end)

    def session_sales(self, session_ids: Collection[UUID]) -> Mapping[UUID, tuple[int, int]]:
        return orders.session_sales_of(session_ids)


def selling_past() -> SellingPast:
    """This function will give the past to selection (settings.KAIBO_SELLING_PAST)."""
    return Past()
