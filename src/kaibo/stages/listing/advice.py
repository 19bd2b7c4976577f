"""Which platform category a page belongs in: the precise one before the one with the traffic, with the words that say so."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from uuid import UUID

from kaibo.language.categories import Advice, CategoryAdviser, leaf_of
from kaibo.stages.listing.models import CategoryExample, HotWord, Listing, ListingCategory

MOST_EXAMPLES = 6_000
LEAST_SHARE = 0.05
"""A category no word of the title speaks for is not advised below this: a busy one beside the point is no alternative."""


@dataclass(frozen=True, slots=True)
class CategoryAdvice:
    """
    Categories a title fits, likeliest first, and the one that draws the most searches among them.

    `traffic` is path → search heat of its words; `is_precise_smaller` says that the precise category draws less than another one and
    is advised nevertheless (LST-5).
    """

    ranked: tuple[Advice, ...]
    traffic: Mapping[str, int]
    busiest: str
    examples: int

    @property
    def best(self) -> Advice | None:
        return self.ranked[0] if self.ranked else None

    @property
    def is_precise_smaller(self) -> bool:
        return bool(self.ranked and self.busiest and self.busiest != self.ranked[0].path)


@cache
def taxonomy() -> Mapping[str, tuple[str, ...]]:
    """This function will give the packaged categories with the words that name their goods."""
    read = tomllib.loads((Path(__file__).parent / "taxonomy.toml").read_text(encoding="utf-8"))
    return {path: tuple(named) for path, named in read["paths"].items()}


@lru_cache(maxsize=4)
def _taught(examples: tuple[tuple[str, str], ...]) -> CategoryAdviser:
    return CategoryAdviser(examples, taxonomy())


def examples_of(shop_id: UUID) -> tuple[tuple[str, str], ...]:
    """This function will give what a shop has taught: its imported titles and the categories chosen on its pages, newest first."""
    chosen = ListingCategory.objects.filter(listing__shop=shop_id).exclude(listing__title="").values_list("listing__title", "path").order_by("-chosen_at")[:MOST_EXAMPLES]
    imported = CategoryExample.objects.filter(shop=shop_id).values_list("title", "path").order_by("-seen_at", "title")[:MOST_EXAMPLES]
    return tuple(dict([*imported, *chosen]).items())


def advise(listing: Listing) -> CategoryAdvice:
    """This function will advise the category of a page from its title, or its product's name.   Source: LST-5."""
    return advise_title(listing.shop_id, listing.title or listing.product.title)


def advise_title(shop_id: UUID, title: str) -> CategoryAdvice:
    """This function will advise the category of a title."""
    examples = examples_of(shop_id)
    found = _taught(examples).advise(title)
    ranked = tuple(one for place, one in enumerate(found) if place == 0 or one.words or one.share >= LEAST_SHARE)
    traffic = _traffic(shop_id, [one.path for one in ranked])
    busiest = max(traffic, key=lambda path: (traffic[path], path), default="")
    return CategoryAdvice(ranked, traffic, busiest if traffic.get(busiest) else "", len(examples))


def _traffic(shop_id: UUID, paths: Sequence[str]) -> dict[str, int]:
    """This function will add up the heat of the search words that name a category or its goods, and its imported visits."""
    names = {path: {leaf_of(path), *taxonomy().get(path, ())} for path in paths}
    heat: Counter[str] = Counter(dict.fromkeys(paths, 0))
    for word, value in HotWord.objects.filter(shop=shop_id).values_list("word", "heat"):
        for path in paths:
            if any(name in word for name in names[path]):
                heat[path] += value
    for path, visits in CategoryExample.objects.filter(shop=shop_id, path__in=paths).values_list("path", "visits"):
        heat[path] += visits
    return dict(heat)
