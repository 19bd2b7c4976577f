"""
The words the law and the platforms object to, as dated data: who may not say what where, why, and what to say instead.

Files in `lexicons/` hold groups; a group's words share kind, severity, surfaces, categories, source and suggestion.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from kaibo.language.contexts import NO_CONTEXTS, ContextRule, Contexts, compiled, read_contexts
from kaibo.language.normaliser import normalise

Severity = Literal["block", "review"]
Surface = Literal["title", "detail", "script", "chat", "reply"]

SURFACES: Final[tuple[Surface, ...]] = ("title", "detail", "script", "chat", "reply")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One word or pattern and what is to be said about it.

    `severities` says per surface how grave it is; a surface that is not there is not concerned. `only_in` and
    `not_in` are category families (`食品`, `化妆品` …); an entry with `only_in` speaks of a text whose category is not
    known as `unknown_category` says.
    """

    word: str
    kind: str
    severities: Mapping[str, Severity]
    source: str
    suggestion: str
    since: date
    only_in: frozenset[str] = frozenset()
    not_in: frozenset[str] = frozenset()
    unknown_category: Literal["skip", "review"] = "review"
    instead: str | None = None
    dropped: str = ""

    def rewrite_of(self, hit: str) -> str | None:
        """
        This function will give what may be pasted in the place of a hit: nothing where the hit is simply left out; None
        where only a person can say it anew.
        """
        if self.instead is not None:
            return self.instead
        return hit.replace(self.dropped, "") if self.dropped and self.dropped in hit else None

    def severity_for(self, surface: str, families: frozenset[str] | None) -> Severity | None:
        """This function will say how grave the word is there; None where it may stand. Families None: not known."""
        severity = self.severities.get(surface)
        if severity is None:
            return None
        if families is None:
            if not self.only_in:
                return severity
            return "review" if self.unknown_category == "review" else None
        if families & self.not_in or (self.only_in and not families & self.only_in):
            return None
        return severity


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """What one law forbids to say of goods of a category, other than of goods in general; its words as the lexicon lists them."""

    kind: str
    source: str
    words: tuple[str, ...]
    is_own: bool
    """True where the law speaks of this category itself, False where other categories are excepted from it."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A dated set of words, patterns and innocent words (最后 is not 最)."""

    version: str
    words: tuple[Entry, ...]
    patterns: tuple[tuple[re.Pattern[str], Entry], ...]
    innocent: frozenset[str]
    innocent_patterns: tuple[re.Pattern[str], ...]
    families: Mapping[str, tuple[str, ...]]
    contexts: Contexts = NO_CONTEXTS

    def families_of(self, category: str | None) -> frozenset[str] | None:
        """This function will give the families a shop's category name belongs to; None where there is no name."""
        if category is None or not category.strip():
            return None
        plain = normalise(category).text
        return frozenset(
            family for family, signs in self.families.items() if any(sign in plain for sign in (family, *signs))
        )

    def forbidden_in(self, category: str | None, surface: str) -> tuple[CategoryRule, ...]:
        """
        This function will list what is forbidden for goods of that category and allowed, or not thought of, for others: the
        laws that speak of the category itself first. Nothing where the category is not known.
        """
        families = self.families_of(category)
        if families is None:
            return ()
        found: dict[tuple[str, str, bool], list[str]] = {}
        for entry in self.words:
            if (entry.only_in or entry.not_in) and entry.severity_for(surface, families) == "block":
                found.setdefault((entry.kind, entry.source, bool(entry.only_in)), []).append(entry.word)
        rules = (CategoryRule(kind, source, tuple(dict.fromkeys(words)), is_own) for (kind, source, is_own), words in found.items())
        return tuple(sorted(rules, key=lambda one: not one.is_own))


def read_lexicon(documents: Iterable[Mapping[str, Any]]) -> Lexicon:
    """This function will build a lexicon from parsed files; exactly one of them states the version."""
    version = ""
    families: dict[str, tuple[str, ...]] = {}
    words: list[Entry] = []
    patterns: list[tuple[re.Pattern[str], Entry]] = []
    innocent: set[str] = set()
    innocent_patterns: list[re.Pattern[str]] = []
    contexts: list[ContextRule] = []
    for document in documents:
        contexts.extend(read_contexts(document))
        version = document.get("version", version)
        families.update({name: tuple(signs) for name, signs in document.get("families", {}).items()})
        innocent.update(normalise(word).text for word in document.get("innocent", {}).get("words", ()))
        innocent_patterns.extend(re.compile(one) for one in document.get("innocent", {}).get("patterns", ()))
        for group in document.get("group", ()):
            rewrites, instead = group.get("rewrites", {}), group.get("instead_of", {})
            named = dict.fromkeys((*group.get("words", ()), *rewrites, *instead))
            words.extend(_entry(group, word, rewrites, instead) for word in named)
            pieces = document.get("pieces", {})
            patterns.extend((compiled(one, pieces), _entry(group, one, {})) for one in group.get("patterns", ()))
    return Lexicon(version, tuple(words), tuple(patterns), frozenset(innocent), tuple(innocent_patterns), families, Contexts.of(contexts))


def _entry(group: Mapping[str, Any], word: str, rewrites: Mapping[str, str], instead: Mapping[str, str] | None = None) -> Entry:
    severity: Severity = group["severity"]
    severities: dict[str, Severity] = {}
    for surface in group.get("surfaces", SURFACES):
        name, _, own = surface.partition(":")
        if name not in SURFACES:
            raise ValueError(f"unknown surface in lexicon: {surface}")
        severities[name] = "review" if own == "review" else "block" if own == "block" else severity
    categories: list[str] = group.get("categories", [])
    return Entry(
        word=word,
        kind=group["kind"],
        severities=severities,
        source=group["source"],
        suggestion=rewrites.get(word) or group["suggestion"],
        since=group["since"],
        only_in=frozenset(one for one in categories if not one.startswith("!")),
        not_in=frozenset(one[1:] for one in categories if one.startswith("!")),
        unknown_category=group.get("unknown_category", "review"),
        instead=(instead or {}).get(word, group.get("instead")),
        dropped=group.get("dropped", ""),
    )


def with_house_words(lexicon: Lexicon, words: Iterable[Mapping[str, Any]], *, version: int) -> Lexicon:
    """
    This function will give the lexicon with a house's own words added; an `innocent` one shelters what stands inside it.

    A word is `{"word", "severity": "block"|"review"|"innocent", "kind", "source", "suggestion", "since", "surfaces"}`.
    """
    own = list(words)
    objections = tuple(
        _entry({**one, "since": date.fromisoformat(one["since"])}, one["word"], {})
        for one in own if one["severity"] != "innocent"
    )  # fmt: skip
    sheltered = {normalise(one["word"]).text for one in own if one["severity"] == "innocent"} - {""}
    return replace(
        lexicon,
        version=f"{lexicon.version}+{version}",
        words=lexicon.words + objections,
        innocent=lexicon.innocent | sheltered,
    )


@cache
def packaged_lexicon() -> Lexicon:
    """This function will read the lexicon that comes with the program."""
    folder = files("kaibo.language") / "lexicons"
    names = sorted(one.name for one in folder.iterdir() if one.name.startswith(("words-", "context-")))
    return read_lexicon(tomllib.loads((folder / name).read_text("utf-8")) for name in names)
