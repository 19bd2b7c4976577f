"""
Asking a shop platform: one paced, bounded call after another, tried again only when that is safe.

Platforms differ in what they sign and say; what they share is that calls must be spaced, that a throttled or lost call
may be repeated, and that a web server's error page is no answer.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kaibo.channels import calling
from kaibo.kit.payments import ChannelAway
from kaibo.kit.shop_complaints import ShopAway, ShopThrottled, ShopUnreadable

Read = TypeVar("Read")
MOST_WAIT_SECONDS = 30.0
MOST_ANSWER_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class Pace:
    """Lets calls of one account pass no faster than its platform likes, over all threads."""

    calls_per_second: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def wait(self) -> None:
        """This function will let one call pass when its turn comes."""
        with self._lock:
            now = self.monotonic()
            turn = max(now, self._next)
            self._next = turn + 1 / self.calls_per_second
        if turn > now:
            self.sleep(turn - now)

    def back_off(self, seconds: float) -> None:
        """This function will keep every later call waiting: the platform asked for it."""
        with self._lock:
            self._next = max(self._next, self.monotonic() + seconds)


@dataclass(slots=True)
class Asker:
    """Calls one platform for one account."""

    channel: str
    """The name people read in complaints."""
    pace: Pace
    seconds: float = calling.CALL_SECONDS
    tries: int = 4

    def get_answer(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> calling.Answer:
        """This function will make one call.   Raises: ShopAway, ShopThrottled."""
        self.pace.wait()
        try:
            answer = calling.call(
                self.channel, method, url, headers={"User-Agent": "kaibo", **headers}, body=body, seconds=self.seconds, most_bytes=MOST_ANSWER_BYTES
            )
        except ChannelAway:
            raise ShopAway(channel=self.channel) from None
        if answer.status == 429:
            raise ShopThrottled(channel=self.channel, retry_after_seconds=_seconds(answer.headers.get("retry-after", "")))
        if answer.status >= 500:
            raise ShopAway(channel=self.channel)
        return answer

    def patiently(self, ask: Callable[[], Read]) -> Read:
        """
        This function will ask again what may be asked twice: reads, and writes that carry a number of their own.

        Waits longer each time, and as long as the platform says when it throttles.   Raises: what `ask` raised last.
        """
        for attempt in range(1, self.tries + 1):
            try:
                return ask()
            except ShopThrottled as slow:
                if attempt == self.tries:
                    raise
                self.pace.back_off(min(MOST_WAIT_SECONDS, max(0.5 * 2**attempt, float(slow.details.get("retry_after_seconds", 0)))))
            except ShopAway:
                if attempt == self.tries:
                    raise
                self.pace.back_off(min(MOST_WAIT_SECONDS, 0.25 * 2**attempt))
        raise AssertionError


def json_object(channel: str, answer: calling.Answer) -> dict[str, Any]:
    """
    This function will read a JSON object out of an answer, gzipped or not; numbers of 19 digits stay whole.

    Raises: ShopAway (an error page of a server between us), ShopUnreadable.
    """
    body = answer.body
    if body[:2] == b"\x1f\x8b":
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            raise ShopAway(channel=channel) from None
    text = body.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text[:1] == b"<":
        raise ShopAway(channel=channel)
    try:
        read = json.loads(text)
    except ValueError:
        raise ShopUnreadable(channel=channel, why="JSON") from None
    if not isinstance(read, dict):
        raise ShopUnreadable(channel=channel, why=type(read).__name__)
    return read


def _seconds(text: str) -> int:
    try:
        return max(1, min(3600, round(float(text))))
    except ValueError:
        return 1
