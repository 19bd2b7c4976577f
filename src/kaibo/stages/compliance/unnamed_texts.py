"""
Kept texts that belong to no product: announcements, replies, scripts. A claim counts wherever it is made, so one that names a product counts
there, and one that names none waits for a person.   Source: CMP-5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kaibo.master.catalog.models import Product
from kaibo.plumbing import prepared
from kaibo.stages.compliance.claims import Made, claims_in
from kaibo.stages.compliance.models import ScreenedText
from kaibo.stages.compliance.rules import ScreeningState

MOST = 200
"""The newest of each reading: texts that stand are few, older ones were replaced."""
SHORTEST_NAME = 4
"""Shorter titles (外套) stand in texts about anything."""
Paths = Mapping[str, tuple[tuple[str, ...], str]]


def names_of(product: Product) -> tuple[str, ...]:
    """This function will give what a text names a product by, whatever the case: its whole title or its code."""
    return tuple(name.casefold() for name in (product.title.strip(), product.code) if len(name) >= SHORTEST_NAME)


def names(text: str, product: Product) -> bool:
    """This function will say whether a text names a product."""
    plain = text.casefold()
    return any(name in plain for name in names_of(product))


def texts_naming(products: Sequence[Product]) -> dict[UUID, list[str]]:
    """This function will give product → the texts of its shop that belong to no product and name it; one query."""
    named = [(one.pk, one.shop_id, names_of(one)) for one in products]
    found: dict[UUID, list[str]] = {}
    for shop_id, text in prepared.rows(_standing, shops=list({one.shop_id for one in products})):
        plain = text.casefold()
        for product_id, its_shop, called in named:
            if any(name in plain for name in called) and its_shop == shop_id:
                found.setdefault(product_id, []).append(text)
    return found


def _standing(*, shops: Any) -> QuerySet[Any]:
    kept = ScreenedText.objects.filter(product=None, shop__among=shops).exclude(state=ScreeningState.REPLACED)
    return kept.order_by("-screened_at").values_list("shop_id", "text")[:MOST]


def homeless_claims(visible: QuerySet[ScreenedText], paths: Paths) -> list[tuple[ScreenedText, Made]]:
    """
    This function will list texts that make a functional claim of no product anybody could check: they belong to none and name none.

    Only claims of the kinds of goods the shop has are looked for: 抗皱 said where coats are sold claims nothing.
    """
    texts = list(visible.filter(product=None, shop__isnull=False).exclude(state=ScreeningState.REPLACED)[:MOST])
    goods: dict[UUID, list[Product]] = {}
    for product in Product.objects.filter(shop__in={one.shop_id for one in texts}).only("shop_id", "category_id", "title", "code"):
        goods.setdefault(product.shop_id, []).append(product)
    sold = {shop: tuple({code for one in {one.category_id for one in mine} for code in paths.get(one, ((one,), ""))[0]}) for shop, mine in goods.items()}
    found = []
    for one in texts:
        mine = goods.get(one.shop_id, []) if one.shop_id else []
        claims = claims_in([one.text], sold.get(one.shop_id, ()) if one.shop_id else ())
        if claims and not any(names(one.text, product) for product in mine):
            found.append((one, claims[0]))
    return found
