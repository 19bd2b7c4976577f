"""Pushing what happened to whoever listens: once, twice, late, out of order or never, as chaos has it."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

from kaibo.simulator.platform import Platform
from kaibo.simulator.world import Happening

LATE_SECONDS = 900
SECONDS_TO_ANSWER = 5


@dataclass(slots=True)
class Pusher:
    """Pushes of one platform to one address."""

    platform: Platform
    url: str
    sent: int = 0
    refused: int = 0
    _told: int = 0
    _waiting: list[tuple[int, Happening]] = field(default_factory=list)

    def run(self) -> None:
        """This function will push what has come due since it ran last."""
        world, chaos = self.platform.world, self.platform.chaos
        with world.lock:
            fresh, self._told = world.happened[self._told :], len(world.happened)
            now = world.now
        for one in fresh:
            if chaos.strikes("lost"):
                continue
            delay = chaos.pick("late", LATE_SECONDS) if chaos.strikes("late") else 0
            self._waiting.append((one.at + delay, one))
            if chaos.strikes("twice"):
                self._waiting.append((one.at + delay + chaos.pick("twice", 60), one))
        due = [one for at, one in sorted(self._waiting, key=lambda waiting: waiting[0]) if at <= now]
        self._waiting = [waiting for waiting in self._waiting if waiting[0] > now]
        for one in due:
            self._send(*self.platform.push([one]))

    def _send(self, headers: Mapping[str, str], body: bytes) -> None:
        request = urllib.request.Request(self.url, data=body, headers=dict(headers), method="POST")  # noqa: S310  an address the user gave
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:  # noqa: S310
                answer.read()
            self.sent += 1
        except (urllib.error.URLError, OSError, http.client.HTTPException):
            self.refused += 1
