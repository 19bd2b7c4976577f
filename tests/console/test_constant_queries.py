"""Every page of the navigation asks as many queries for six of everything as for two."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kaibo.console.navigation import visible_pages
from kaibo.kit.clock import utc_now
from kaibo.master.launches.models import Launch
from kaibo.master.shops.models import Shop
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.notices import notices
from kaibo.stages.compliance import services as compliance
from kaibo.stages.orders.models import Order, OrderLine
from tests.make.aftersales import make_case
from tests.make.analytics import make_ended_session
from tests.make.compliance import make_channel, make_document
from tests.make.goods import make_product, make_sku, make_stock
from tests.make.listing import make_listing
from tests.make.members import bought, make_purchases
from tests.make.people import make_person, make_shop
from tests.make.risk import make_mention
from tests.make.selection import make_candidate, make_market
from tests.make.showplan import make_product_segment, make_session
from tests.make.supply import make_arrival, make_purchase, make_quote

pytestmark = pytest.mark.django_db
BEYOND_THE_NAVIGATION = ("/", "/notices", "/search?q=KB", "/orders/?state=paid", "/imports/")


def furnish(shop: Shop, owner_id: UUID, number: int) -> None:
    """One more of each thing that a list of the console shows."""
    now = utc_now()
    product = make_product(shop, f"KB-{number}", f"外套 {number}")
    sku = make_sku(product, f"KB-{number}-B-M")
    make_stock(sku, 50)
    make_market(shop, f"市场 {number}")
    make_candidate(shop, f"KB-25{number}", scored=number % 2 == 0)
    make_quote(sku)
    make_purchase(sku, 10, is_approved=False)
    make_arrival(sku, lot=f"L26-{number}")
    make_document(shop, "test_report", f"WT-{number}", product=product, confirmed=number % 2 == 0)
    compliance.screen_text(actor=KAIBO, text=f"全网第 {number}", surface="title", category="", subject=f"product:{product.pk}", now=now)
    make_listing(product)
    make_product_segment(KAIBO, make_session(KAIBO, shop, room=f"room-{number}", title=f"场 {number}", starts_at=now + timedelta(days=number)), sku)
    make_ended_session(shop, room=f"over-{number}", days_ago=number, title=f"完 {number}")
    make_mention(shop, f"林夏的衣橱 KB-{number} 起球，假货，退钱", now=now)
    make_purchases(shop, bought(f"cust-{number}", 3 * number + 1, 100 + number))
    Launch.objects.create(shop=shop, product=product, title=f"外套 {number}", owner_id=owner_id, created_at=now, on_air_at=now)
    order = Order.objects.create(
        platform="douyin", shop=shop, order_no=f"69530000000000{number}", state="paid", ordered_at=now, paid_at=now, ship_by=now, amount_fen=100, source_version=now, created_at=now
    )
    make_case(OrderLine.objects.create(order=order, line_no="1", sku=sku, quantity=2, shipped=2, price_fen=100, amount_fen=200))
    notices.tell([owner_id], key=f"n-{number}", title=f"通知 {number}", now=now)


def asked(client: Client) -> dict[str, int]:
    found = {}
    for page in dict.fromkeys((*BEYOND_THE_NAVIGATION, *(address for _stage, _title, address in visible_pages(KAIBO)))):
        assert client.get(page).status_code == 200, page  # what a process asks once is asked
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        found[page] = len(queries)
    return found


def test_six_of_everything_cost_no_more_queries_than_two():
    shop, owner = make_shop(), make_person("alice", "owner")
    make_channel(shop)
    client = Client()
    client.force_login(owner)
    for number in (1, 2):
        furnish(shop, owner.pk, number)
    two = asked(client)
    for number in (3, 4, 5, 6):
        furnish(shop, owner.pk, number)
    six = asked(client)
    assert len(two) > 35
    assert {page: (two[page], six[page]) for page in two if six[page] > two[page]} == {}
