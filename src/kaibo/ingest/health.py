"""How a push is doing, judged from what was seen of it (LIV-8): on air, weak, broken or off, and why."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

BROKEN_AFTER_SECONDS = 3.0
"""No new byte for this long is a break; with a look each half second the desk knows within five seconds."""
BITRATE_WINDOW_SECONDS = 2.0
USUAL_WINDOW_SECONDS = 60.0
SETTLING_SECONDS = 8.0
WEAK_BITRATE_BP = 5_000
WEAK_FRAME_RATE_BP = 8_000
OLD_KEY_FRAME_SECONDS = 8.0


class State(StrEnum):
    OFF = "off"
    ON_AIR = "on_air"
    WEAK = "weak"
    BROKEN = "broken"


class Why(StrEnum):
    NONE = ""
    GONE = "gone"
    """The encoder closed its connection or nginx let it go."""
    SILENT = "silent"
    """The connection stands and nothing comes."""
    BITRATE = "bitrate"
    FRAME_RATE = "frame_rate"
    KEY_FRAME = "key_frame"


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: when (seconds of a steady clock), what had come in so far, and what the newest segment held."""

    at: float
    bytes_in: int
    promised_rate: int = 0
    rate_centi: int | None = None
    key_frame_age_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    state: State
    why: Why
    bitrate_kbps: int
    rate_centi: int | None = None


@dataclass(slots=True)
class Watched:
    """One source of one room. It is off until somebody pushes, and broken when a push ends that nobody ended on purpose."""

    looks: deque[Seen] = field(default_factory=deque)
    began_at: float | None = None
    last_byte_at: float = 0.0

    def see(self, seen: Seen | None, *, now: float, was_ended: bool = False) -> Health:
        """This function will take a look (None: nobody pushes) and judge; `was_ended` says the room's show is over."""
        if seen is None:
            self.looks.clear()
            if self.began_at is None or was_ended:
                self.began_at = None
                return Health(State.OFF, Why.NONE, 0)
            return Health(State.BROKEN, Why.GONE, 0)
        if self.looks and seen.bytes_in < self.looks[-1].bytes_in:  # a new push under the old name
            self.looks.clear()
        if not self.looks:
            self.began_at = seen.at
        if not self.looks or seen.bytes_in > self.looks[-1].bytes_in:
            self.last_byte_at = seen.at
        self.looks.append(seen)
        while seen.at - self.looks[0].at > USUAL_WINDOW_SECONDS:
            self.looks.popleft()
        return self._judge(seen)

    def _judge(self, seen: Seen) -> Health:
        bitrate = self.bitrate_kbps(seen)
        if seen.at - self.last_byte_at >= BROKEN_AFTER_SECONDS:
            return Health(State.BROKEN, Why.SILENT, 0, seen.rate_centi)
        why = self._weakness(seen, bitrate)
        return Health(State.WEAK if why else State.ON_AIR, why, bitrate, seen.rate_centi)

    def _weakness(self, seen: Seen, bitrate: int) -> Why:
        if self.began_at is None or seen.at - self.began_at < SETTLING_SECONDS:
            return Why.NONE
        if seen.key_frame_age_seconds is not None and seen.key_frame_age_seconds > OLD_KEY_FRAME_SECONDS:
            return Why.KEY_FRAME
        if seen.rate_centi is not None and seen.promised_rate and seen.rate_centi * 100 < seen.promised_rate * WEAK_FRAME_RATE_BP:
            return Why.FRAME_RATE
        usual = self.usual_kbps()
        if usual and bitrate * 10_000 < usual * WEAK_BITRATE_BP:
            return Why.BITRATE
        return Why.NONE

    def bitrate_kbps(self, seen: Seen) -> int:
        """This function will give the bit rate of the last two seconds."""
        before = next((one for one in self.looks if seen.at - one.at <= BITRATE_WINDOW_SECONDS), seen)
        seconds = seen.at - before.at
        return round((seen.bytes_in - before.bytes_in) * 8 / 1000 / seconds) if seconds > 0 else 0

    def usual_kbps(self) -> int:
        """This function will give the median bit rate of the last minute: what this encoder usually sends."""
        rates = [
            (later.bytes_in - earlier.bytes_in) * 8 / 1000 / (later.at - earlier.at)
            for earlier, later in zip(self.looks, list(self.looks)[1:], strict=False)
            if later.at > earlier.at
        ]
        return round(median(rates)) if len(rates) >= 10 else 0
