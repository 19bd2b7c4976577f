"""The shared pages open for those who may, and say why not to the others."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaibo.master.catalog.models import Product, Sku
from kaibo.master.launches import services as launches
from kaibo.master.people.models import Person
from kaibo.master.stock import queries as stock
from kaibo.master.stock.rules import Bucket
from tests.make.goods import make_category, make_product, make_sku, make_stock
from tests.make.people import make_person, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client, shop):
    client.force_login(make_person("alice", "owner"))
    return client


@pytest.fixture
def sku(shop):
    return make_sku(make_product(shop))


def begin(owner, sku, now, title="短款羊毛双面呢外套"):
    return launches.begin_launch(
        actor=owner, shop_id=sku.product.shop_id, title=title, owner_id=owner.person_id, product_id=sku.product_id, now=now, on_air_at=now + dt.timedelta(days=3)
    )


PAGES = ["/", "/launches/", "/launches/new", "/goods/", "/goods/new", "/stock/", "/people/", "/people/roles", "/shops/", "/imports/", "/imports/new"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_shared_page_opens_empty_in_both_languages(alice, page, language):
    Person.objects.update(language=language)
    assert alice.get(page).status_code == 200


def test_the_board_shows_the_launch_with_twelve_gates_and_why_it_is_red(alice, owner, sku, now):
    launch = begin(owner, sku, now)
    words = alice.get("/launches/").content.decode()
    assert "短款羊毛双面呢外套" in words
    assert words.count('class="gate ') >= 12
    assert alice.get(f"/launches/{launch.pk}").status_code == 200


def test_a_stage_gets_its_owner_and_date_on_the_launch_page(alice, owner, sku, now):
    launch = begin(owner, sku, now)
    bob = make_person("bob", "operations")
    alice.post(f"/launches/{launch.pk}/plan", {"stage": "supply", "owner": bob.pk, "due_at": "2026-11-25T18:00"})
    plan = launch.stages.get(stage="supply")
    assert (plan.owner_id, plan.due_at.isoformat()) == (bob.pk, "2026-11-25T10:00:00+00:00")


def test_a_product_is_made_and_described_on_its_page(alice, shop):
    make_category()
    form = {"shop": shop.pk, "code": "KB-1", "title": "围巾", "category": "apparel", "sku_code": "KB-1-A", "specification": "灰", "cost": "98", "price": "¥299"}
    answer = alice.post("/goods/new", form, follow=True)
    assert "围巾" in answer.content.decode()
    product = Product.objects.get()
    assert (product.skus.get().cost_fen, product.skus.get().price_fen) == (9_800, 29_900)
    alice.post(f"/goods/{product.pk}/words", {"value_proposition": "一条当两条", "point_1": "含绒九成五", "point_2": "", "point_3": ""})
    product.refresh_from_db()
    assert product.selling_points == ["含绒九成五"]


def test_a_double_click_makes_one_product(alice, shop):
    make_category()
    form = {"shop": shop.pk, "code": "KB-1", "title": "围巾", "category": "apparel", "sku_code": "KB-1-A", "specification": "灰", "cost": "98", "price": "299"}
    alice.post("/goods/new", form)
    again = alice.post("/goods/new", form)
    assert again.status_code == 409
    assert "已被使用" in again.content.decode()
    assert (Product.objects.count(), Sku.objects.count()) == (1, 1)


def test_the_stock_page_explains_each_unit(alice, sku):
    make_stock(sku, 12)
    words = alice.get(f"/stock/{sku.pk}").content.decode()
    assert "仓内合计" in words
    assert "release" in words or "放行" in words


def test_a_count_is_booked_with_its_reason(alice, sku):
    make_stock(sku, 12)
    alice.post(f"/stock/{sku.pk}/count", {"counted": "10", "reason": "样衣借出"})
    assert stock.levels_of([sku.pk])[sku.pk][Bucket.SELLABLE] == 10
    assert stock.differences() == []


def test_the_stock_list_asks_a_constant_number_of_queries(alice, sku, shop):
    make_stock(sku, 1)
    alice.get("/stock/")
    with CaptureQueriesContext(connection) as one:
        alice.get("/stock/")
    for number in range(20):
        make_stock(make_sku(sku.product, f"S-{number}"), 5)
    with CaptureQueriesContext(connection) as many:
        alice.get("/stock/")
    assert len(many) == len(one)


@pytest.mark.parametrize(("page", "status"), [("/people/", 403), ("/people/roles", 403), ("/stock/", 403), ("/goods/", 200)])
def test_a_host_sees_what_a_host_may(client, shop, page, status):
    client.force_login(make_person("hana", "host", shop=shop))
    assert client.get(page).status_code == status


def test_the_wrong_role_changes_nothing(client, sku, shop):
    make_stock(sku, 12)
    client.force_login(make_person("hana", "host", shop=shop))
    assert client.post(f"/stock/{sku.pk}/count", {"counted": "0", "reason": "x"}).status_code == 403
    assert stock.levels_of([sku.pk])[sku.pk][Bucket.SELLABLE] == 12


def test_another_shops_product_is_not_found(client, sku):
    client.force_login(make_person("zoe", "operations", shop=make_shop("other", "别家店")))
    assert client.get(f"/goods/{sku.product_id}").status_code == 404


def test_search_finds_a_product_by_its_item_code(alice, sku):
    assert "短款羊毛双面呢外套" in alice.get("/search?q=KB-2417-B").content.decode()


def test_a_cell_of_the_matrix_gives_an_ability_and_takes_it_back(alice):
    page = alice.get("/people/roles").content.decode()
    assert 'value="service orders:order:release 1"' in page
    alice.post("/people/roles/grant", {"cell": "service orders:order:release 1"})
    assert 'value="service orders:order:release 0"' in alice.get("/people/roles").content.decode()
    assert alice.post("/people/roles/grant", {"cell": "nobody orders:order:release 1"}).status_code == 422
    assert alice.post("/people/roles/grant", {"cell": "service orders:order:release 0"}).status_code in {200, 302}
    assert 'value="service orders:order:release 1"' in alice.get("/people/roles").content.decode()
