"""
The decisive clicks of an evening in a real browser, each by the person whose click it is.

The console runs on a port of its own, the room on another, both on one database, as in life.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from kaibo.kit.clock import utc_now
from kaibo.plumbing.access.actor import KAIBO
from kaibo.stages.listing import services as listing
from kaibo.stages.live.models import SaleItem
from kaibo.stages.orders import relay
from kaibo.stages.orders.models import Order
from kaibo.stages.selection.models import Candidate
from kaibo.stages.showplan import services as showplan
from tests.make.compliance import make_channel, make_papers
from tests.make.databases import url_of
from tests.make.goods import make_product, make_sku
from tests.make.people import PASSWORD, make_actor, make_person, make_shop
from tests.make.selection import make_candidate
from tests.make.showplan import make_coat, make_prepared, make_product_segment, make_session
from tests.make.supply import make_arrival
from tests.room.house import Viewer, served

CAST = {"linxia": "owner", "wuyue": "quality", "hemu": "operations", "zhouzhou": "control", "qiuyu": "service"}


@pytest.fixture
def small_shop(transactional_db):
    shop = make_shop()
    for account, role in CAST.items():
        make_person(account, role, shop=None if role == "owner" else shop, password=PASSWORD)
    return shop


@pytest.fixture
def seen_by(open_browser, sign_in):
    def seen(account: str, path: str):
        page = sign_in(open_browser(), account)
        page.goto(path)
        return page

    return seen


def test_the_owner_decides_a_candidate(small_shop, seen_by):
    candidate = make_candidate(small_shop, scored=True)
    page = seen_by("linxia", reverse("selection:candidate", args=[candidate.pk]))
    page.keyboard.press("a")
    page.locator("dialog#approve[open] button[type=submit]").click()
    page.get_by_text("看上新进度").wait_for()
    candidate = Candidate.objects.get(pk=candidate.pk)
    assert (candidate.state, candidate.launch_id is not None, candidate.decided_by) == ("approved", True, "Linxia")


def test_quality_judges_a_lot(small_shop, seen_by):
    arrival = make_arrival(make_sku(make_product(small_shop)))
    page = seen_by("wuyue", reverse("supply:inspection", args=[arrival.pk]))
    page.locator("input[name=item_colour]").fill("4")
    page.locator("input[name=item_shrink]").fill("-2.5")
    page.get_by_role("button", name="判定").click()
    page.get_by_role("button", name="判定").wait_for(state="detached")
    arrival.refresh_from_db()
    assert arrival.state == "passed"


def test_a_title_is_refused_once_for_a_forbidden_word(small_shop, seen_by):
    product = make_product(small_shop)
    make_sku(product)
    make_papers(small_shop)
    draft = listing.begin_listing(actor=KAIBO, product_id=product.pk, channel_id=make_channel(small_shop).pk, now=utc_now())
    page = seen_by("hemu", reverse("listing:listing", args=[draft.pk]))
    page.locator("input[name=core]").fill("双面呢外套")
    page.locator("input[name=title]").fill("全网第一短款双面呢外套")
    page.get_by_role("button", name="保存标题").click()
    page.get_by_text("广告法第九条").first.wait_for()
    draft.refresh_from_db()
    assert (draft.title, draft.state) == (product.title, "draft")

    page.locator("input[name=title]").fill("羊毛短款双面呢外套")
    page.get_by_role("button", name="保存标题").click()
    page.get_by_text("标题已保存").first.wait_for()
    page.keyboard.press("p")
    page.locator("dialog#publish[open] button[type=submit]").click()
    page.get_by_role("button", name="重新上架").wait_for()
    draft.refresh_from_db()
    assert (draft.state, draft.title) == ("published", "羊毛短款双面呢外套")


def test_an_item_goes_up_by_a_key_and_a_claim_becomes_an_order(small_shop, seen_by):
    planner, sku = make_actor("linxia"), make_coat(small_shop)
    now = utc_now()
    session = make_session(planner, small_shop, room="walk", starts_at=now + timedelta(minutes=5))
    make_product_segment(planner, session, sku, quantity=10, limit=2)
    make_prepared(planner, session, small_shop)
    showplan.make_ready(actor=planner, session_id=session.pk, now=now)

    starter = seen_by("hemu", reverse("live:desk", args=[session.pk]))
    starter.get_by_role("button", name="开播").click()
    starter.wait_for_load_state("networkidle")

    desk = seen_by("zhouzhou", reverse("live:desk", args=[session.pk]))
    desk.keyboard.press("Space")
    desk.get_by_text("599").first.wait_for()
    desk.wait_for_timeout(1_000)
    item = SaleItem.objects.get(session=session)

    with served(url_of(connection.settings_dict["NAME"])) as room:
        viewer = Viewer(room.url, "walk", "阿柚")
        assert viewer.claim(str(item.pk), 2).status_code == 201
    assert relay.settle_claims(utc_now()) == 1
    desk.reload()
    desk.get_by_text("已抢 2").first.wait_for()

    order = Order.objects.get()
    orders = seen_by("qiuyu", reverse("orders:list"))
    orders.locator(f"a[href='{reverse('orders:order', args=[order.pk])}']").first.click()
    orders.get_by_text("待付款").first.wait_for()
    assert (order.units, order.amount_fen, order.state) == (2, 119_800, "pending_payment")
