"""Which rows an actor sees: those of their shops, everything for those of all shops, nothing of a shop that is not theirs."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from kaibo.master.catalog.models import Product, Sku
from kaibo.plumbing.access import access
from kaibo.plumbing.access.actor import KAIBO, NOBODY
from tests.make.goods import make_category, make_product, make_sku
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine():
    return make_shop()


@pytest.fixture
def theirs():
    return make_shop("zhouzhou", "周舟女装")


@pytest.fixture(autouse=True)
def _goods(mine, theirs):
    make_category()
    make_sku(make_product(mine, "MINE"), "MINE-1")
    make_sku(make_product(theirs, "THEIRS"), "THEIRS-1")


def codes(found: Iterable[Product | Sku]) -> set[str]:
    return {one.code for one in found}


def test_one_sees_the_rows_of_ones_own_shops(mine):
    otto = make_actor("otto", "operations", shop=mine)
    assert codes(access.visible(Product.objects.all(), otto)) == {"MINE"}
    assert codes(access.visible(Sku.objects.all(), otto, "product__shop")) == {"MINE-1"}


def test_the_owner_and_kaibo_see_every_shop():
    for actor in (make_actor("alice", "owner"), KAIBO):
        assert codes(access.visible(Product.objects.all(), actor)) == {"MINE", "THEIRS"}


def test_a_chosen_shop_narrows_and_another_ones_gives_nothing(mine, theirs):
    alice, otto = make_actor("alice", "owner"), make_actor("otto", "operations", shop=mine)
    assert codes(access.visible(Product.objects.all(), alice, shop_id=theirs.pk)) == {"THEIRS"}
    assert codes(access.visible(Product.objects.all(), otto, shop_id=mine.pk)) == {"MINE"}
    assert codes(access.visible(Product.objects.all(), otto, shop_id=theirs.pk)) == set()


def test_nobody_sees_nothing(mine):
    assert codes(access.visible(Product.objects.all(), NOBODY)) == set()
    assert codes(access.visible(Product.objects.all(), NOBODY, shop_id=mine.pk)) == set()
