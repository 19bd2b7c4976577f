"""Grounds and advice as the reader reads them: in English where the page is English; the texts lie in `language/lexicons/english.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from django.utils.translation import get_language, gettext

from kaibo.language.readings import advice_in_english, ground_in_english, kind_in_english, meaning_in_english


class Objection(Protocol):
    """A hit of the screener."""

    @property
    def text(self) -> str: ...
    @property
    def source(self) -> str: ...


def cited(source: object) -> str:
    """This function will say a ground in the reader's language; what is neither translated nor a law keeps its words."""
    text = str(source)
    if not _is_english():
        return text
    said = gettext(text) if text else text
    return said if said != text else ground_in_english(text)


def advised(suggestion: object) -> str:
    """This function will say what to do about a hit in the reader's language; what the house wrote keeps its words."""
    return advice_in_english(str(suggestion)) if _is_english() else str(suggestion)


def glossed(rewrite: object) -> str:
    """This function will say to an English reader what a replacement means; a Chinese reader needs no gloss."""
    return meaning_in_english(str(rewrite)) if _is_english() else ""


def objected(kind: object) -> str:
    """This function will say to an English reader what the law objects to in a word he may not read."""
    return kind_in_english(str(kind)) if _is_english() else ""


def in_both(source: str, suggestion: str = "") -> dict[str, str]:
    """This function will give ground and advice as an error's details hold them: as the lexicon has them, and in English."""
    return {"source": source, "suggestion": suggestion, "source_en": ground_in_english(source), "suggestion_en": advice_in_english(suggestion)}


def objections(hits: Iterable[Objection]) -> dict[str, str]:
    """This function will name hits with their grounds as an error's details hold them: in Chinese and in English."""
    found = list(hits)
    zh = "、".join(f"“{one.text}”（{one.source}）" for one in found)
    return {"hits": zh, "hits_en": ", ".join(f"“{one.text}” ({ground_in_english(one.source)})" for one in found)}


def _is_english() -> bool:
    return (get_language() or "").startswith("en")
