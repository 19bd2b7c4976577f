"""The retrospective through a browser's eyes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kaibo.master.launches.models import Launch
from kaibo.stages.analytics.gates import gate
from kaibo.stages.analytics.models import Action, Retrospective
from tests.make.analytics import NOW, make_ended_session, make_picture, make_snapshot, make_stats
from tests.make.people import make_person, make_shop
from tests.make.showplan import make_coat, make_product_segment, make_session

pytestmark = pytest.mark.django_db


def client_of(account: str, *roles: str, shop=None) -> Client:
    client = Client()
    client.force_login(make_person(account, *roles, shop=shop))
    return client


@pytest.fixture
def session(shop):
    found = make_ended_session(shop)
    make_snapshot(found, make_picture(items=(make_stats("双面呢外套", 1_000, 19, questions={"size": 41}), make_stats("围巾", 2_000, 100)), order_people=119, paid_people=119))
    return found


def test_the_page_says_why_and_offers_to_take_it_on(session, shop):
    page = client_of("ann", "analyst", shop=shop).get(f"/analytics/{session.pk}/").content.decode()
    assert "“双面呢外套”被尺码问题拖住" in page
    assert "公屏问尺码 41 次" in page
    assert "采纳" in page
    assert "有进入或心跳事件的访客" in page  # the definition of viewers


def test_every_page_answers_also_without_figures(session, shop):
    empty = make_ended_session(shop, room="empty")
    client = client_of("ann", "analyst", shop=shop)
    for address in ("/analytics/", f"/analytics/{session.pk}/", f"/analytics/{empty.pk}/", f"/analytics/{session.pk}/export/figures", f"/analytics/{session.pk}/export/minutes"):
        assert client.get(address).status_code == 200, address


def test_the_list_needs_as_many_queries_for_twenty_sessions_as_for_two(session, shop):
    client = client_of("ann", "analyst", shop=shop)
    make_snapshot(make_ended_session(shop, room="two", days_ago=1), make_picture())
    with CaptureQueriesContext(connection) as few:
        client.get("/analytics/")
    for number in range(20):
        make_snapshot(make_ended_session(shop, room=f"r{number}", days_ago=number + 2), make_picture())
    with CaptureQueriesContext(connection) as many:
        client.get("/analytics/")
    assert len(many) == len(few)


def test_accepting_from_the_page_makes_an_action(session, shop):
    person = make_person("anna", "operations", shop=shop)
    client = client_of("anna", "operations", shop=shop)
    posted = {"words": "尺码表进提词器", "owner": str(person.pk), "due_on": "2099-01-01"}
    assert client.post(f"/analytics/{session.pk}/causes/item-below:双面呢外套/accept", posted).status_code == 302
    made = Action.objects.get()
    assert (made.words, made.owner_id, made.state) == ("尺码表进提词器", person.pk, "accepted")


@pytest.mark.parametrize(("account", "roles", "status"), [("hugo", ("host",), 403), ("nobody", (), 404)])
def test_wrong_roles_conclude_nothing(session, shop, account, roles, status):
    answer = client_of(account, *roles, shop=shop).post(f"/analytics/{session.pk}/conclude", {"lessons": "x"})
    assert answer.status_code == status
    assert not Retrospective.objects.exists()


def test_anonymous_people_and_other_shops_see_nothing(session):
    assert Client().get(f"/analytics/{session.pk}/").status_code == 302
    assert client_of("zoe", "analyst", shop=make_shop("other", "别家")).get(f"/analytics/{session.pk}/").status_code == 404


def test_the_gate_is_red_with_its_rate_when_too_much_comes_back(owner, shop):
    planned = make_session(owner, shop)
    coat = make_coat(shop)
    make_product_segment(owner, planned, coat)
    type(planned).objects.filter(pk=planned.pk).update(state="ended", started_at=planned.starts_at, ended_at=planned.ends_at)
    launch = Launch.objects.create(shop=shop, product_id=coat.product_id, title="外套", owner_id=owner.person_id, created_at=NOW)
    assert gate([launch.pk], NOW)[launch.pk].state == "run"
    stats = make_stats("coat", 1_000, 100, product_id=str(coat.product_id), returned_units=41)
    make_snapshot(planned, make_picture(items=(stats,)))
    found = gate([launch.pk], NOW)[launch.pk]
    assert (found.state, found.reason) == ("red", "退货率 41%，高于 30%（卖出 100 件）")
    assert found.repair_href.endswith("#why")

