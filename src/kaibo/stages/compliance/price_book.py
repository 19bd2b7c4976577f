"""What own sales say of prices: deals asked through the wiring, because orders come later in the flow than compliance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language

from kaibo.plumbing.wiring import Deal, wiring
from kaibo.stages.compliance.pricing import (
    LOOK_BACK,
    DealLevel,
    PriceGround,
    PriceLimits,
    Remark,
    slip_remark,
)


def levels_of(sku_ids: Sequence[UUID], platform: str, begins_at: datetime) -> dict[UUID, DealLevel]:
    """
    This function will give what a price comparison that begins at a moment may rest on, for each item at its shop's place.

    Every item asked for is there; one without sales has an empty level. One query.   Source: CMP-8.
    """
    found = dict.fromkeys(sku_ids, DealLevel())
    for book in wiring().deal_books:
        for sku_id, one in book.sums(sku_ids, platform, begins_at - LOOK_BACK, begins_at).items():
            found[sku_id] = DealLevel(one.deals, one.lowest_fen, one.last_fen, one.last_at)
    return found


def deals_before(sku_id: UUID, platform: str, begins_at: datetime, *, most: int = 500) -> list[Deal]:
    """This function will list the deals of the seven days before a moment, the cheapest first, those that do not count last."""
    return [deal for book in wiring().deal_books for deal in book.deals(sku_id, platform, begins_at - LOOK_BACK, begins_at, most)]


def struck_on_air(prices: Mapping[UUID, int], platform: str, begins_at: datetime) -> dict[UUID, int]:
    """
    This function will give the struck-through price 划线价 viewers may see beside a price: the lowest deal of the seven days
    before, where that is above the price. The room names it so; other grounds have no words there and are left out.

    Source: CMP-8; 明码标价和禁止价格欺诈规定 art. 16.
    """
    levels = levels_of(list(prices), platform, begins_at)
    return {
        sku_id: levels[sku_id].lowest_fen or 0
        for sku_id, price_fen in prices.items()
        if (levels[sku_id].lowest_fen or 0) > price_fen
    }


def slip_words(price_fen: int, published_fen: int, level: DealLevel, limits: PriceLimits) -> str:
    """This function will say in the reader's language which slip of the finger a price looks like; empty when none.   Source: CMP-8."""
    remark = slip_remark(price_fen, PriceGround("", 0, 0, last_fen=published_fen, deal_fen=level.most_fen), limits)
    return words_of(remark) if remark else ""


def words_of(remark: Remark) -> str:
    return remark.en if (get_language() or "zh").startswith("en") else remark.zh
