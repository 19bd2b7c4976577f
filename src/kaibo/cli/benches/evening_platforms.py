"""The platforms of `bench evening`, in a process of their own: time there passes when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from kaibo.simulator.platform import Platform

SECRET = "bench of an evening"  # noqa: S105  a simulated platform's


@dataclass(frozen=True, slots=True)
class Evening:
    """What is simulated. `shares`: chaos switches in per cent."""

    platforms: Sequence[str]
    orders: int
    """On each platform."""
    begin: int
    seconds: int
    seed: int
    shares: dict[str, int]


class Platforms:
    """Talks to that process. `accounts`: what to type in to connect each."""

    def __init__(self, evening: Evening) -> None:
        spawn = get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, evening), daemon=True)
        self._process.start()
        theirs.close()  # so that its end is heard here
        self.accounts: dict[str, dict[str, str]] = self._pipe.recv()

    def advance(self, to: int) -> None:
        """This function will let time pass there until a second of the epoch."""
        self._ask("advance", to)

    def truth(self) -> dict[str, Any]:
        """This function will give every order of every platform, the calls made, and the CPU seconds spent there."""
        return self._ask("truth")

    def sell_out(self, told: Sequence[str]) -> None:
        """
        This function will let buyers find only what each platform was told it may sell; before, there was enough of everything.

        On platforms that cannot be told, somebody takes the goods off by hand: nothing else keeps them from selling what is not there.
        """
        self._ask("sell_out", told)

    def calm(self) -> None:
        """This function will end the chaos: what is compared at the end is asked on the platforms' best day."""
        self._ask("calm")

    def stop(self) -> None:
        self._pipe.send(("stop", None))
        self._process.join(10)

    def _ask(self, what: str, value: Any = None) -> Any:
        self._pipe.send((what, value))
        return self._pipe.recv()


def _serve(pipe: Connection, evening: Evening) -> None:
    import os

    from kaibo.simulator.registry import open_platform
    from kaibo.simulator.server import Server

    platforms = {
        name: open_platform(
            name, seed=evening.seed, begin=evening.begin, seconds=evening.seconds, orders=evening.orders, shares=evening.shares, secret=SECRET
        )
        for name in evening.platforms
    }
    server = Server(platforms).start()
    pipe.send({name: {**one.account(server.address_of(name)), "calls_per_second": "100000"} for name, one in platforms.items()})
    while True:
        what, value = pipe.recv()
        if what == "advance":
            for one in platforms.values():
                one.world.advance(value)
            pipe.send(None)
        elif what == "calm":
            for one in platforms.values():
                one.chaos.throttled = one.chaos.broken = 0
            pipe.send(None)
        elif what == "sell_out":
            for name, one in platforms.items():
                one.world.sells_out = True
                for item in one.world.items if name not in value else []:
                    item.stock = 0
            pipe.send(None)
        elif what == "truth":
            times = os.times()
            told = {name: {**one.truth(), "calls": sum(one.calls.values()), **_sold(one)} for name, one in platforms.items()}
            pipe.send({"platforms": told, "cpu_seconds": times.user + times.system})
        else:
            server.stop()
            return


def _sold(platform: Platform) -> dict[str, Any]:
    """Units by item that buyers are owed or have, how many were turned away, and each parcel's order by its waybill."""
    units: dict[str, int] = {}
    waybills: list[tuple[str, str]] = []
    over = 0
    for order in platform.world.orders.values():
        waybills += [(parcel.number, platform.number(order)) for parcel in order.parcels]
        for line in order.lines:
            over += max(0, line.sent - line.units)
            is_back = line.case is not None and line.case.stage == "refunded" and line.case.kind == "before" and not line.sent
            if order.stage not in {"cancelled", "split"} and not is_back:
                units[line.item.code] = units.get(line.item.code, 0) + line.units
    return {"units": units, "turned_away": platform.world.turned_away, "waybills": waybills, "sent_beyond": over}
