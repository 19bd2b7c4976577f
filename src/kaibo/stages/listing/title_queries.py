"""Reads of the title builder: what a title may be made of, what stands near it, what one press mends."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.urls import reverse

from kaibo.master.catalog.queries import skus_of
from kaibo.plumbing.thresholds import thresholds
from kaibo.stages.listing import queries
from kaibo.stages.listing.advice import taxonomy
from kaibo.stages.listing.models import HotWord, HotWordReading, Listing
from kaibo.stages.listing.rules import TitleParts
from kaibo.stages.listing.titles import (
    HotFigure,
    KnownTitle,
    Proposal,
    Rewrite,
    TitleFacts,
    fits_product,
    growth_of,
    guess_core,
    names_other_goods,
    neighbour_complaints,
    packaged_words,
    propose,
    rewrites,
    words_in,
)
from kaibo.stages.selection.models import Competitor
from kaibo.stages.selection.queries import market_of_product

SIMILAR_KEY = "listing.title_similar_bp"
MOST_OTHERS = 400


@dataclass(frozen=True, slots=True)
class FullReview:
    """A title's review with what stands near it and what one press mends."""

    review: queries.TitleReview
    rewrites: tuple[Rewrite, ...]


def hot_figures(listing: Listing) -> tuple[HotFigure, ...]:
    """This function will give a listing's hot words with their growth over the days that were read.   Source: LST-2."""
    hot = queries.hot_words_for(listing)
    readings: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for one in HotWordReading.objects.filter(shop=listing.shop_id, word__in=[each.word for each in hot]):
        readings[one.platform, one.category_word, one.word].append((one.day.toordinal(), one.heat))
    figures = []
    for one in hot:
        grown = growth_of(readings[one.platform, one.category_word, one.word])
        figures.append(HotFigure(one.word, one.heat, grown[0] if grown else None, grown[1] if grown else 0))
    return tuple(figures)


def words_to_offer(listing: Listing) -> tuple[list[HotWord], list[HotWord]]:
    """
    This function will give a listing's hot words that its product answers for, and those of a style or use nobody has claimed, which a
    person may press. Words that name other goods are in neither.   Source: LST-2.
    """
    names = _names_of_goods()
    core = listing.core_word or guess_core(listing.product.title, names)
    texts = [*_texts_of(listing, core), *listing.attribute_words, *listing.scene_words]
    hot = [one for one in queries.hot_words_for(listing) if not names_other_goods(one.word, core, names)]
    said = [one for one in hot if fits_product(one.word, core, texts, names)]
    return said, [one for one in hot if one not in said]


def _names_of_goods() -> list[str]:
    return [name for named in taxonomy().values() for name in named if len(name) > 1]


def _texts_of(listing: Listing, core: str) -> list[str]:
    """What a product says of itself, without the word that names it."""
    product = listing.product
    texts = [product.title.replace(core, " "), *map(str, product.selling_points), product.value_proposition]
    return texts + [sku.specification for sku in skus_of([listing.product_id]).get(listing.product_id, ())]


def other_titles(listing: Listing) -> tuple[KnownTitle, ...]:
    """This function will give the titles one must not collide with: own pages of other products, and the market's competitors."""
    own = Listing.objects.filter(shop=listing.shop_id).exclude(product=listing.product_id).exclude(title="").select_related("channel")[:MOST_OTHERS]
    found = [KnownTitle(one.title, one.channel.name, reverse("listing:listing", args=[one.pk]), is_own=True) for one in own]
    market_id = market_of_product(listing.product_id)
    if market_id:
        rivals = Competitor.objects.filter(market=market_id).order_by("-sales")[:MOST_OTHERS]
        here = reverse("selection:market", args=[market_id])
        found += [KnownTitle(one.title, one.shop_name or one.platform, here) for one in rivals]
    return tuple(found)


def similar_bp(listing: Listing) -> int:
    return thresholds.value(SIMILAR_KEY, shop_id=listing.shop_id)


def facts_of(listing: Listing) -> TitleFacts:
    """This function will gather what a title may be made of: saved words first, then those found in name, selling points, proposition and items."""
    product = listing.product
    attributes, scenes = packaged_words()
    names = _names_of_goods()
    core = listing.core_word or guess_core(product.title, names)
    texts = _texts_of(listing, core)
    found_attributes = dict.fromkeys([*listing.attribute_words, *words_in(texts, attributes)])
    found_scenes = dict.fromkeys([*listing.scene_words, *words_in(texts, scenes)])
    hot = tuple(one for one in hot_figures(listing) if fits_product(one.word, core, [*texts, *found_attributes, *found_scenes], names))
    return TitleFacts(
        core, product.brand, tuple(found_attributes), tuple(one for one in found_scenes if one not in found_attributes), hot,
        other_titles(listing), queries.title_limit(listing.channel.platform),
    )


def proposals_for(listing: Listing) -> list[Proposal]:
    """This function will propose titles, best first, those that the screener would refuse left out.   Source: LST-2, CMP-2."""
    made = propose(facts_of(listing), similar_bp=similar_bp(listing))
    return [one for one in made if not queries.review_title(listing, one.title, one.parts).is_refused]


def full_review(listing: Listing, title: str, parts: TitleParts) -> FullReview:
    """This function will review a title being typed, with its neighbours and the presses that mend it.   Source: LST-2."""
    hot = [one.word for one in words_to_offer(listing)[0]]
    plain = queries.review_title(listing, title, parts, hot=hot)
    near = neighbour_complaints(title, other_titles(listing), similar_bp=similar_bp(listing)) if title else []
    review = queries.TitleReview(plain.title, plain.width, plain.limit, (*plain.complaints, *near), plain.screening, plain.pieces)
    return FullReview(review, tuple(rewrites(title, parts, plain.limit, plain.screening.hits)))
