"""Orders as platforms show them that have no number for a line: everything of one item together."""

from __future__ import annotations

from dataclasses import dataclass

from kaibo.simulator.world import Case, Item, Line, Order

OPEN_STAGES = frozenset({"asked", "agreed", "sent_back", "exchanging"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """All lines of one item in an order."""

    item: Item
    lines: tuple[Line, ...]

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def paid_fen(self) -> int:
        return sum(line.paid_fen for line in self.lines)

    @property
    def sent(self) -> int:
        return sum(line.sent for line in self.lines)

    @property
    def cases(self) -> list[Case]:
        return [line.case for line in self.lines if line.case]

    def units_in(self, *, is_open: bool) -> int:
        """This function will count the units whose case is under way, or refunded."""
        stages = OPEN_STAGES if is_open else {"refunded"}
        return sum(line.units for line in self.lines if line.case and line.case.stage in stages)


def bundles(order: Order) -> list[Bundle]:
    """This function will give an order by its items, in the order they were put in."""
    found: dict[int, list[Line]] = {}
    for line in order.lines:
        found.setdefault(line.item.sku, []).append(line)
    return [Bundle(lines[0].item, tuple(lines)) for lines in found.values()]


def content_of(order: Order, asked: list[tuple[int, int]]) -> list[tuple[int, int]] | None:
    """This function will turn (item, units) into (line, units), the first lines first; None where an item has not so many left."""
    found = []
    for sku, units in asked:
        left = units
        for line in order.lines:
            part = min(left, line.units - line.sent) if line.item.sku == sku else 0
            if part > 0:
                found.append((line.number, part))
                left -= part
        if left or units <= 0:
            return None
    return found


def by_item(order: Order, content: list[tuple[int, int]]) -> dict[int, int]:
    """This function will turn a parcel's (line, units) into units by item."""
    items = {line.number: line.item.sku for line in order.lines}
    found: dict[int, int] = {}
    for number, units in content:
        found[items[number]] = found.get(items[number], 0) + units
    return found
