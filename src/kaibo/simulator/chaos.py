"""What goes wrong, decided by a seed: each switch is how many calls (or pushes) in a hundred it hits."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

SWITCHES = {
    "throttled": "请求被限流 · calls are throttled",
    "broken": "网关出错页、断线、内部错误 · error pages, cut lines, internal errors",
    "unheard": "办完了才断线 · the line is cut after it was done",
    "twice": "推送重复 · pushes come twice",
    "late": "推送迟到、乱序 · pushes come late and out of order",
    "lost": "推送丢失 · pushes never come",
    "numbers": "单号一时是数字一时是文本 · numbers of orders as numbers or texts",
    "bare": "发货后收件密文变空 · receivers are empty after shipping",
    "unknown": "不认识的状态码 · statuses nobody documented",
}


@dataclass(slots=True)
class Chaos:
    """All switches off is a platform on its best day."""

    seed: int = 1
    throttled: int = 0
    broken: int = 0
    unheard: int = 0
    twice: int = 0
    late: int = 0
    lost: int = 0
    numbers: int = 0
    bare: int = 0
    unknown: int = 0
    _dice: dict[str, random.Random] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strikes(self, switch: str) -> bool:
        """This function will throw the die of one switch; each has a die of its own, so that one does not change another."""
        share = int(getattr(self, switch))
        with self._lock:
            return bool(share) and self._die(switch).randrange(100) < share

    def pick(self, switch: str, count: int) -> int:
        with self._lock:
            return self._die(f"{switch}:pick").randrange(count)

    def _die(self, name: str) -> random.Random:
        if name not in self._dice:
            self._dice[name] = random.Random(f"{self.seed}:{name}")
        return self._dice[name]

    @classmethod
    def of(cls, seed: int, shares: dict[str, int]) -> Chaos:
        """This function will make chaos of switches by name.   Raises: KeyError (no such switch)."""
        made = cls(seed)
        for name, share in shares.items():
            if name not in SWITCHES:
                raise KeyError(name)
            setattr(made, name, share)
        return made
