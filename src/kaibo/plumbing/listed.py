"""Several words in one sentence, parted as the reader's language parts them."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import get_language


def listed(words: Iterable[object]) -> str:
    """This function will list words: 甲、乙 in Chinese, a, b in English."""
    return (", " if _is_english() else "、").join(map(str, words))


def clauses(words: Iterable[object]) -> str:
    """This function will put clauses one after another: 甲；乙 in Chinese, a; b in English."""
    return ("; " if _is_english() else "；").join(map(str, words))


def named(name: object, said: object) -> str:
    """This function will say something of a name: 甲：乙 in Chinese, a: b in English."""
    return f"{name}{': ' if _is_english() else '：'}{said}"


def _is_english() -> bool:
    return (get_language() or "").startswith("en")
