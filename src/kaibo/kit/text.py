"""Small truths about text from people and platforms."""

from __future__ import annotations

import re

_EDGES = " \t\r\n\u00a0\u3000\ufeff'"
_NULLS = frozenset({"", "-", "--", "—", "null", "NULL", "None", "N/A", "n/a"})
_EXCEL_TEXT = re.compile(r'^="(.*)"$')


def clean_cell(raw: str) -> str:
    """
    This function will strip what platforms put around a cell: tabs, a leading quote, BOM, NBSP, `="…"`, and their
    many words for nothing (`-`, `--`, `null`), which become the empty text.

    Source: facts/platforms §2 hygiene.
    """
    text = raw.strip(_EDGES)
    if text.startswith('="') and (match := _EXCEL_TEXT.match(text)):
        text = match.group(1).strip(_EDGES)
    return "" if text in _NULLS else text


def mask_middle(text: str, *, keep_start: int = 1, keep_end: int = 1) -> str:
    """This function will hide the middle of a personal datum: 张三丰 → 张*丰, 13812345678 (3, 4) → 138****5678."""
    hidden = len(text) - keep_start - keep_end
    if hidden <= 0:
        return "*" * len(text)
    return text[:keep_start] + "*" * hidden + text[len(text) - keep_end :]


def shortened(text: str, *, limit: int) -> str:
    """This function will cut a text to at most `limit` characters, the last being … when something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cut_bytes(text: str, limit_bytes: int) -> str:
    """This function will cut a text to at most `limit_bytes` of UTF-8, never inside a character."""
    return text.encode()[:limit_bytes].decode(errors="ignore")
