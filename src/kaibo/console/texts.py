"""Texts of the shell, found once: gettext walks every app's catalogue anew for each word of a page, and a page has hundreds."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import get_language, gettext

MOST_KEPT = 20_000


def said(text: str) -> str:
    """This function will give a text of ours in the language of the request; catalogues do not change while the process runs."""
    return _kept(get_language(), text)


@lru_cache(maxsize=MOST_KEPT)
def _kept(_language: str | None, text: str) -> str:
    return gettext(text)
