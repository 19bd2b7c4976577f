"""The sidebar: built from the manifests, never written by hand; an entry shows only to those who may open it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from kaibo.console.badges import MOST, badges
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import Page, Stage, wiring
from kaibo.stages import FLOW

PLACE_KEYS = {
    "home": "h", "board": "b", "selection": "s", "supply": "u", "compliance": "c", "listing": "l", "showplan": "p", "warmup": "w",
    "live": "v", "orders": "o", "aftersales": "a", "analytics": "d", "members": "m", "risk": "r",
}  # fmt: skip
"""`g` and this letter goes there (LOOK 5)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar; `pages` are the further pages of a stage, shown while one is inside it."""

    key: str
    label: str
    href: str
    go: str = ""
    badge: int = 0
    """How much waits there; no further than `badges.MOST` of one list."""
    is_current: bool = False
    pages: tuple[Entry, ...] = ()

    @property
    def badge_words(self) -> str:
        return f"{self.badge:,}" if self.badge < MOST else f"{MOST - 1}+"


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: tuple[Entry, ...]


def navigation(actor: Actor, *, path: str, now: datetime, is_english: bool) -> list[Section]:
    """This function will give the sidebar's sections for an actor, with today's counts and the place they are at."""
    waiting = badges(actor, now)
    names = {stage.key: stage.en if is_english else stage.zh for stage in FLOW}
    flow = [
        entry
        for stage in wiring().stages
        if (entry := _stage_entry(actor, stage, names.get(stage.key, stage.key), waiting.get(stage.key, 0)))
    ]
    shared = [entry for stage in wiring().shared for entry in _page_entries(actor, stage.pages, stage.key)]
    front = [
        entry
        for key, name, label in (("home", "home", _("今天")), ("board", "launches:board", _("上新看板")))
        if (entry := _fixed(key, name, label))
    ]
    known_front = {entry.href for entry in front}
    shared = [entry for entry in shared if entry.href not in known_front]
    sections = [Section("", tuple(front)), Section(_("流程"), tuple(flow)), Section(_("公共"), tuple(shared))]
    return _with_place([section for section in sections if section.entries], path)


def visible_pages(actor: Actor) -> list[tuple[str, str, str]]:
    """This function will list (stage key, title, address) of every page the actor may open: what Ctrl-K offers first."""
    return [
        (stage.key, entry.label, entry.href)
        for stage in wiring().manifests
        for entry in _page_entries(actor, stage.pages, stage.key)
    ]


def _fixed(key: str, url_name: str, label: str) -> Entry | None:
    href = _address(url_name)
    return Entry(key, label, href, PLACE_KEYS.get(key, "")) if href else None


def _stage_entry(actor: Actor, stage: Stage, label: str, badge: int) -> Entry | None:
    pages = _page_entries(actor, stage.pages, stage.key)
    if not pages:
        return None
    return Entry(
        stage.key,
        label,
        pages[0].href,
        PLACE_KEYS.get(stage.key, ""),
        badge,
        pages=tuple(pages) if len(pages) > 1 else (),
    )


def _page_entries(actor: Actor, pages: Iterable[Page], key: str) -> list[Entry]:
    return [
        Entry(key, str(page.title), href, page.key_hint)
        for page in pages
        if (not page.ability or actor.can(page.ability)) and (href := _address(page.url_name))
    ]


@cache
def _address(url_name: str) -> str:
    """The address of a page without parts that change; the URLs stand while the process runs."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _with_place(sections: list[Section], path: str) -> list[Section]:
    """This function will mark the entry whose address is the longest beginning of the path."""
    addresses: list[tuple[str, Any]] = [
        (page.href, entry) for section in sections for entry in section.entries for page in (entry, *entry.pages)
    ]
    here = max((href for href, _entry in addresses if _is_under(path, href)), key=len, default="")
    return [replace(section, entries=tuple(_placed(entry, here) for entry in section.entries)) for section in sections]


def _placed(entry: Entry, here: str) -> Entry:
    is_inside = bool(here) and (here == entry.href or any(page.href == here for page in entry.pages))
    pages = tuple(replace(page, is_current=page.href == here) for page in entry.pages) if is_inside else ()
    return replace(entry, is_current=is_inside, pages=pages)


def _is_under(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(href if href.endswith("/") else f"{href}/"))
