"""What an item's published price is: the listing's where one is up, else the item's own."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from kaibo.master.catalog import queries as catalog
from kaibo.stages.listing import queries as listing


def published_prices(sku_ids: Collection[UUID]) -> dict[UUID, int]:
    """This function will give sku → published price in fen; two queries.   Source: ORD-2, LST-6."""
    own = {row.id: row.price_fen for row in catalog.sku_rows(sku_ids).values()}
    return own | listing.published_prices(own)
