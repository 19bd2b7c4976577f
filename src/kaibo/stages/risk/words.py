"""How states and severities read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from kaibo.language.themes import default_reader
from kaibo.stages.risk.rules import DANGERS

STATE_WORDS: dict[str, tuple[Any, str]] = {
    "quiet": (_("不负面"), ""), "new": (_("没人认领"), "bad"), "answering": (_("答复中"), "warn"), "answered": (_("已答复"), "ok"), "closed": (_("已关闭"), ""),
    "dismissed": (_("误报"), ""),
}  # fmt: skip
SEVERITY_WORDS: dict[str, tuple[Any, str]] = {"critical": (_("危急"), "bad"), "high": (_("严重"), "warn"), "normal": (_("一般"), "note"), "": ("—", "")}
THEME_WORDS_EN = {
    "quality": "quality", "authenticity": "authenticity", "size": "size", "color": "colour", "fabric": "fabric", "logistics": "delivery", "service": "service",
    "overall": "disappointment", "price": "price", "packaging": "packaging", "taste": "taste", "comfort": "comfort",
}  # fmt: skip


def theme_words(key: str, *, is_english: bool = False) -> str:
    """This function will name a theme: a grave matter, or what customers complain about."""
    for danger in DANGERS:
        if danger.key == key:
            return str(danger.title)
    return THEME_WORDS_EN.get(key, key) if is_english else default_reader().titles.get(key, key)
