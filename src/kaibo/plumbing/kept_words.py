"""
Sentences kept in the database that each reader still reads in his own language: the Chinese sentence is kept with its gaps
(`批次 %(lot)s 到货 %(units)s 件`) beside what fills them, and both come together when somebody reads.

Mark the sentence with `gettext_noop`, so that its English is asked for like any other. A filling that has words of its own in
both languages is given as (中文, English).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext, override

Filling = str | int | tuple[str, str]


def kept(values: Mapping[str, Filling]) -> dict[str, Any]:
    """This function will give the fillings as JSON keeps them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def read(sentence: str, values: Mapping[str, Any]) -> str:
    """This function will give a kept sentence in the reader's language; one without fillings is somebody's own words, and stays as it is unless it is known."""
    if not sentence:
        return ""
    english = (get_language() or "zh").startswith("en")
    if not values:
        return gettext(sentence)
    return gettext(sentence) % {name: value[english] if isinstance(value, list | tuple) else value for name, value in values.items()}


def both(sentence: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """This function will give a kept sentence in both languages, to fill a gap of another one."""
    with override("zh-hans"):
        zh = read(sentence, values)
    with override("en"):
        return zh, read(sentence, values)
