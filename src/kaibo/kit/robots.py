"""What every group robot 群机器人 speaks: one short notice into one group. Source: facts/platforms §4. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kaibo.kit.shop_channels import AccountField


@dataclass(frozen=True, slots=True)
class Say:
    """A notice as it goes out: a title, lines below it (text, address or nothing)."""

    title: str
    lines: tuple[tuple[str, str], ...] = ()


class Robot(Protocol):
    """One robot in one group. `send` raises ShopThrottled, ShopAway (both worth another try) or ShopRefused (not)."""

    def send(self, said: Say, *, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class RobotKind:
    """A company whose robots Kaibo can speak through. `per_minute` is what it allows one robot."""

    key: str
    title_zh: str
    title_en: str
    fields: tuple[AccountField, ...]
    per_minute: int
    make: Callable[[Mapping[str, str]], Robot]


def clipped(text: str, most_bytes: int) -> str:
    """This function will cut a text to so many bytes of UTF-8, never inside a character."""
    raw = text.encode()
    return text if len(raw) <= most_bytes else raw[: most_bytes - 3].decode(errors="ignore") + "…"
