"""The same button pressed twice at the same moment, through the pages: one effect, and the second press is told so."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from kaibo.master.catalog.models import Product
from kaibo.master.launches.models import Launch
from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Allotment, Reservation
from kaibo.stages.live.models import DeskAction, SaleItem
from kaibo.stages.orders.models import Shipment
from tests.make.at_once import at_once
from tests.make.goods import make_product, make_sku
from tests.make.live import make_live_session
from tests.make.orders import make_paid_order
from tests.make.people import make_actor, make_person, make_shop
from tests.make.selection import make_candidate
from tests.make.showplan import make_green_session
from tests.make.supply import make_arrival

pytestmark = pytest.mark.django_db(transaction=True)
PRESSES = 4


def press(account: str, *roles: str, to: str, shop, **values):
    """The same POST from several tabs of one person at once; give the answers, those with an effect first."""
    person = make_person(account, *roles, shop=shop)
    tabs = [Client() for _ in range(PRESSES)]
    for tab in tabs:
        tab.force_login(person)
    answers = at_once(*(lambda tab=tab: tab.post(to, values, HTTP_ACCEPT="application/json") for tab in tabs))
    assert all(answer.status_code < 500 for answer in answers), [answer.status_code for answer in answers]
    return sorted(answers, key=lambda answer: answer.status_code)


def statuses(answers) -> list[int]:
    return [answer.status_code for answer in answers]


def test_approving_a_candidate_makes_one_product_and_one_launch():
    shop = make_shop()
    candidate = make_candidate(shop, scored=True)
    answers = press("sara", "selection", "owner", to=reverse("selection:approve", args=[candidate.pk]), shop=shop)
    assert statuses(answers) == [302, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers[1:]} == {"selection.candidate_already_decided"}
    assert (Product.objects.count(), Launch.objects.count()) == (1, 1)


def test_deciding_an_inspection_releases_the_lot_once():
    shop = make_shop()
    sku = make_sku(make_product(shop))
    inspection = make_arrival(sku, 80)
    answers = press(
        "qian", "quality", to=reverse("supply:inspection", args=[inspection.pk]), shop=shop, item_colour="4", item_shrink="-2.5"
    )
    assert statuses(answers) == [302, 409, 409, 409]
    assert stock.levels_of([sku.pk])[sku.pk]["sellable"] == 80
    assert stock.differences() == []


def test_starting_a_session_starts_it_once():
    shop = make_shop()
    session, _ = make_green_session(make_actor("alice", "owner"), shop)
    answers = press("cody", "control", to=f"/live/{session.pk}/start", shop=shop)
    assert statuses(answers)[1:] == [409, 409, 409]
    assert DeskAction.objects.filter(kind="start").count() == 1
    session.refresh_from_db()
    assert session.state == "live"


def test_the_next_segment_goes_on_by_one():
    shop = make_shop()
    session = make_live_session(make_actor("alice", "owner"), shop, quantity=100, stock=1_000)
    answers = press("cody", "control", to=f"/live/{session.pk}/do/next", shop=shop, seen="")
    assert statuses(answers)[0] == 200
    assert statuses(answers)[1:] == [409, 409, 409]
    assert SaleItem.objects.count() == 1
    assert Allotment.objects.count() == 1
    assert DeskAction.objects.filter(kind="next").count() == 1
    assert stock.differences() == []


def test_shipping_an_order_sends_it_once():
    order = make_paid_order(stock=7)
    answers = press(
        "wei", "warehouse", to=reverse("orders:ship", args=[order.pk]), shop=order.shop, carrier="顺丰", tracking_no="SF1234567890123"
    )
    assert statuses(answers) == [302, 409, 409, 409]
    assert Shipment.objects.count() == 1
    assert set(Reservation.objects.values_list("state", flat=True)) == {"shipped"}
    assert stock.differences() == []


def test_the_second_of_two_people_is_told_and_changes_nothing():
    """Two people have the same inspection open and decide differently."""
    shop = make_shop()
    sku = make_sku(make_product(shop))
    inspection = make_arrival(sku, 80)
    tabs = [Client(), Client()]
    for tab, account in zip(tabs, ("qian", "song"), strict=True):
        tab.force_login(make_person(account, "quality", shop=shop))
    page = reverse("supply:inspection", args=[inspection.pk])
    first = tabs[0].post(page, {"item_colour": "4", "item_shrink": "-2.5"})
    second = tabs[1].post(page, {"item_colour": "1", "item_shrink": "-9"}, HTTP_ACCEPT="application/json")
    assert (first.status_code, second.status_code) == (302, 409)
    assert second.json()["code"] == "supply.inspection_decided"
    inspection.refresh_from_db()
    assert (inspection.state, stock.levels_of([sku.pk])[sku.pk]["sellable"]) == ("passed", 80)
