"""The platforms of `bench evening`, in a process of their own: time there passes when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

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
        elif what == "truth":
            times = os.times()
            told = {name: {**one.truth(), "calls": sum(one.calls.values())} for name, one in platforms.items()}
            pipe.send({"platforms": told, "cpu_seconds": times.user + times.system})
        else:
            server.stop()
            return
