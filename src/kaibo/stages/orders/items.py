"""Which of our items the texts of a batch mean: by code or barcode, else by what people taught us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog.queries import SkuRow
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.listing import queries as listing
from kaibo.stages.orders.reading import LineIn
from kaibo.stages.orders.verification import KnownItem, Wrong, alias_of, check_item


@dataclass(frozen=True, slots=True)
class Items:
    """Texts → items of one shop, their published prices, and every item of the shop to compare unknown texts with."""

    by_text: Mapping[str, SkuRow]
    published: Mapping[UUID, int]
    known: Sequence[KnownItem]
    unknown: dict[tuple[str, str, str], Wrong] = field(default_factory=dict)
    """What was found of texts that name no item: a file repeats them."""

    def wrong_with(self, line: LineIn) -> Wrong:
        """This function will say what is wrong with a line that names no item."""
        texts = (line.code, line.title, line.specification)
        if texts not in self.unknown:
            self.unknown[texts] = check_item(code=line.code, title=line.title, specification=line.specification, known=self.known)
        return self.unknown[texts]

    def of(self, line: LineIn) -> SkuRow | None:
        found = self.by_text.get(line.code) if line.code else None
        return found or self.by_text.get(alias_of(line.code, line.title, line.specification))


def items_of(platform: str, shop_id: UUID | None, lines: Sequence[LineIn]) -> Items:
    """This function will resolve the texts of many lines with a constant number of queries; other shops' items do not count."""
    named = {(line.code, line.title, line.specification) for line in lines}
    asked = {(code, alias_of(code, title, specification)) for code, title, specification in named}
    texts = {text for pair in asked for text in pair}
    found = {text: row for text, row in catalog.skus_by_text(platform, texts).items() if row.shop_id == shop_id}
    is_anything_unknown = any(code not in found and alias not in found for code, alias in asked)
    known = _items_of_shop(shop_id) if is_anything_unknown else ()
    own = {row.id: row.price_fen for row in found.values()}
    return Items(found, own | listing.published_prices(own), known)


def _items_of_shop(shop_id: UUID | None) -> list[KnownItem]:
    return [
        KnownItem(row.id, row.code, row.product_title, row.specification, row.price_fen)
        for row in catalog.skus_visible(KAIBO) if row.shop_id == shop_id
    ]
