"""Functional claims 功效宣称: which of them a text makes, and what must be on record before it may. Pure.   Source: CMP-5."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from kaibo.language.normaliser import normalise
from kaibo.stages.compliance.rules import BLOCKING, Held, Standing, best_of


@dataclass(frozen=True, slots=True)
class Claim:
    """A functional claim: the words that make it, the kinds of documents it needs, and the law behind."""

    key: str
    category: str
    zh: str
    en: str
    words: tuple[str, ...]
    needs: tuple[str, ...]
    source: str

    def title(self, language: str = "zh") -> str:
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Made:
    """A claim a text makes, with the words that make it."""

    claim: Claim
    text: str
    word: str


def read_claims(document: Mapping[str, Any]) -> tuple[Claim, ...]:
    """This function will build the claims from a parsed file."""
    return tuple(
        Claim(one["key"], one["category"], one["zh"], one["en"], tuple(one["words"]), tuple(one["needs"]), one["source"]) for one in document["claim"]
    )


@cache
def packaged_claims() -> tuple[Claim, ...]:
    """This function will give the claims that come with the program."""
    return read_claims(tomllib.loads((files("kaibo.stages.compliance") / "claims.toml").read_text("utf-8")))


def claim_by_key(key: str) -> Claim | None:
    """This function will give a claim by its key."""
    return next((one for one in packaged_claims() if one.key == key), None)


@cache
def _finder(category: str) -> tuple[re.Pattern[str], Mapping[str, Claim]]:
    """One pattern of all words of a category, the longest first, so that 防脱发 is not 脱发."""
    words = {normalise(word).text: claim for claim in packaged_claims() if claim.category == category for word in claim.words}
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))), words


_DENIED = re.compile(r"(不含|没有|无|非|不是|不具有?|不宣称|并非)[^，。；、,.!！?？]{0,4}$")


def claims_in(texts: Iterable[str], categories: Sequence[str]) -> list[Made]:
    """
    This function will find the functional claims texts make, each claim once with the first words that make it.

    `categories` is the category with those above it. A word that is denied right before (不含美白成分) makes no claim.
    Source: CMP-5.
    """
    kinds = [one for one in dict.fromkeys(claim.category for claim in packaged_claims()) if one in categories]
    found: dict[str, Made] = {}
    for text in texts:
        plain = normalise(text).text
        for kind in kinds:
            pattern, words = _finder(kind)
            for match in pattern.finditer(plain):
                claim = words[match.group()]
                if claim.key not in found and not _DENIED.search(plain[: match.start()]):
                    found[claim.key] = Made(claim, text, match.group())
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Cover:
    """How one document a claim needs stands: on record, naming the claim, and valid today."""

    kind: str
    standing: Standing
    document: Held | None
    names_claim: bool

    @property
    def is_red(self) -> bool:
        return self.standing in BLOCKING or not self.names_claim

    @property
    def is_amber(self) -> bool:
        return not self.is_red and self.standing is not Standing.HELD


def covers_of(claim: Claim, documents: Sequence[Held], product_id: object, today: date, *, warn_days: int) -> list[Cover]:
    """
    This function will say for each document a claim needs whether one covers it: of this product, in force, naming the claim.

    A document of the whole shop covers no claim: filings are of one product.   Source: CMP-5.
    """
    covers = []
    for kind in claim.needs:
        of_product = [one for one in documents if one.kind == kind and one.product_id == product_id]
        naming = [one for one in of_product if claim.key in one.claims]
        standing, document = best_of(naming or of_product, today, warn_days=warn_days)
        covers.append(Cover(kind, standing, document, bool(naming)))
    return covers
