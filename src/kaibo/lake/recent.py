"""Which event ids were seen lately, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


class RecentIds:
    """
    The last `limit` to `limit / 2` keys, in two generations: when the young one is half of the limit it becomes the
    old one and the old one is forgotten. A repeat later than that is dropped by the readers, who count an id once.
    """

    def __init__(self, *, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._young: set[int] = set()
        self._old: set[int] = set()

    @staticmethod
    def key(room: str, event_id: str) -> int:
        """This function will give the 64-bit key of a client id within its room."""
        return int.from_bytes(blake2b(f"{room}\0{event_id}".encode(), digest_size=8).digest(), "little")

    def __contains__(self, key: int) -> bool:
        return key in self._young or key in self._old

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def update(self, keys: Iterable[int]) -> None:
        """This function will remember keys, forgetting the oldest generation when there are too many."""
        for key in keys:
            self._young.add(key)
            if len(self._young) >= self._half:
                self._old, self._young = self._young, set()
