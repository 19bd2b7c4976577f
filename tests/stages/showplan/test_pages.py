"""The session pages through a browser's eyes: who may open them, what they say, what the buttons do."""

from __future__ import annotations

import pytest
from django.test import Client

from kaibo.stages.showplan.models import Session
from tests.make.people import make_person
from tests.make.showplan import make_coat, make_green_session, make_product_segment, make_session

pytestmark = pytest.mark.django_db


def client_of(account: str, *roles: str, shop=None) -> Client:
    client = Client()
    client.force_login(make_person(account, *roles, shop=shop))
    return client


def test_the_list_says_how_many_reds_a_session_has(owner, shop):
    session = make_session(owner, shop)
    make_product_segment(owner, session, make_coat(shop))
    page = client_of("ops", "operations", shop=shop).get("/showplan/").content.decode()
    assert "秋冬上新第 3 场" in page
    assert "3 项红" in page  # staffing, equipment, rehearsal


def test_the_plan_says_why_it_is_red_and_what_to_press(owner, shop):
    session = make_session(owner, shop)
    make_product_segment(owner, session, make_coat(shop, stock=20), quantity=100)
    page = client_of("ops", "operations", shop=shop).get(f"/showplan/{session.pk}/").content.decode()
    assert "可售只有 20 件，差 80 件" in page
    assert "主播 0 人，要 3 至 5 人" in page
    assert "还没检查：摄像机" in page
    assert "减少配额" in page


def test_a_green_session_offers_the_desk(owner, shop):
    session, _segment = make_green_session(owner, shop)
    page = client_of("ops", "operations", shop=shop).get(f"/showplan/{session.pk}/").content.decode()
    assert "可以开播" in page
    assert f"/live/{session.pk}/" in page


def test_every_page_answers(owner, shop):
    session, segment = make_green_session(owner, shop)
    client = client_of("ops", "operations", shop=shop)
    for address in ("", "new", f"{session.pk}/", f"{session.pk}/change", f"{session.pk}/print", f"{session.pk}/segments/new", f"{session.pk}/segments/{segment.pk}", f"{session.pk}/segments/new?product={segment.product_id}"):
        answer = client.get(f"/showplan/{address}")
        assert answer.status_code == 200, address


def test_a_session_is_planned_by_its_form(shop):
    client = client_of("ops", "operations", shop=shop)
    posted = {"title": "双十二第 1 场", "room_name": "d12-1", "starts_at": "2026-12-12T20:00", "ends_at": "2026-12-13T00:00", "target_fen": "300000", "shop": str(shop.pk)}
    assert client.post("/showplan/new", posted).status_code == 302
    made = Session.objects.get(room="d12-1")
    assert (made.starts_at.isoformat(), made.target_fen) == ("2026-12-12T12:00:00+00:00", 30_000_000)


def test_a_product_segment_is_written_with_its_items(owner, shop):
    session, sku = make_session(owner, shop), make_coat(shop)
    client = client_of("ops", "operations", shop=shop)
    posted = {"minutes": "12", f"price_{sku.pk}": "¥599", f"quantity_{sku.pk}": "80", f"limit_{sku.pk}": "2"}
    assert client.post(f"/showplan/{session.pk}/segments/new?product={sku.product_id}", posted).status_code == 302
    offer = session.segments.get().offers.get()
    assert (offer.price_fen, offer.quantity, offer.limit_per_visitor) == (59_900, 80, 2)


def test_a_stranger_to_the_shop_finds_no_session(owner, shop):
    from tests.make.people import make_shop

    session, _segment = make_green_session(owner, shop)
    other = client_of("zoe", "operations", shop=make_shop("other", "别家"))
    assert other.get(f"/showplan/{session.pk}/").status_code == 404
    assert other.post(f"/showplan/{session.pk}/draft").status_code == 404
    session.refresh_from_db()
    assert session.state == "ready"
