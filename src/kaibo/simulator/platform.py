"""What every simulated platform is to the HTTP that serves it and to the verb that starts it; the rest is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kaibo.simulator.answers import Cut, Reply, page_of_error
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.world import Case, Happening, Order, World


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came: the path without the platform's name, header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Platform:
    """One shop on a platform, with the app that may call for it. A platform answers in its own words by its own rules."""

    MOST_LINES: ClassVar[int] = 3
    """How many different items an order there may hold."""
    SENDS_PARTS: ClassVar[bool] = True
    """Some items of an order may leave before the others."""

    SPLITS: ClassVar[int] = 0
    """So many of a hundred orders of several items it splits into orders of their own."""

    world: World
    chaos: Chaos
    secret: str = field(repr=False)
    calls: dict[str, int] = field(default_factory=dict)

    def answer(self, call: Call) -> Reply:
        """This function will answer one call as the platform would.   Raises: Cut (the line breaks)."""
        raise NotImplementedError

    def account(self, url: str) -> dict[str, str]:
        """This function will give what a shop's owner types in to connect, when the platform is served at this address."""
        raise NotImplementedError

    def number(self, order: Order) -> str:
        """This function will give an order's number as the platform writes it."""
        return str(order.number)

    def find(self, number: str) -> Order | None:
        """This function will give the order of a number as the platform writes it, if it shows it."""
        found = self.world.orders.get(int(number)) if number.isdecimal() else None
        return found if found and self.shows(found) else None

    def shows(self, order: Order) -> bool:
        """This function will say whether the platform shows an order to its merchant at all."""
        return True

    def shows_case(self, case: Case) -> bool:
        """This function will say whether the platform's list of after-sales cases holds one."""
        return True

    @property
    def pushes(self) -> bool:
        return type(self).push is not Platform.push

    def push(self, happenings: Sequence[Happening]) -> tuple[dict[str, str], bytes]:
        """This function will give headers and body of one push about these happenings."""
        raise NotImplementedError

    def truth(self) -> dict[str, Any]:
        """This function will tell every order there is, in words no platform uses."""
        with self.world.lock:
            orders = {
                self.number(one): {
                    "stage": one.stage, "paid_fen": one.paid_fen, "made_at": one.made_at, "changed_at": one.changed_at,
                    "units": sum(line.units for line in one.lines), "sent": sum(line.sent for line in one.lines), "parcels": len(one.parcels),
                    "is_shown": self.shows(one),
                }
                for one in self.world.orders.values()
            }  # fmt: skip
        return {"now": self.world.now, "orders": orders}

    def _counts(self, name: str) -> None:
        self.calls[name] = self.calls.get(name, 0) + 1

    def _breaks(self, inside: Reply, *, status: int = 502) -> Reply | None:
        """A bad moment, by chance: the gateway's error page, a cut line, or the platform's own word for an internal error."""
        if not self.chaos.strikes("broken"):
            return None
        kind = self.chaos.pick("broken", 3)
        if kind == 1:
            raise Cut
        return inside if kind else page_of_error(status)
