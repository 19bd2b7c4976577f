"""What the law wants viewers told of who sells: from the shop and the session to the room (facts/law L2)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from kaibo.stages.showplan.models import Session
from tests.make.people import make_person
from tests.make.showplan import make_green_session

pytestmark = pytest.mark.django_db


def shown(room):
    with connection.cursor() as cursor:
        cursor.execute("select contact, service_url, is_ai_host from room.rooms where room = %s", [room])
        return cursor.fetchone()


def client_of(account, *roles, shop=None):
    client = Client()
    client.force_login(make_person(account, *roles, shop=shop))
    return client


def test_the_rooms_viewers_get_the_contact_and_the_mark_of_an_artificial_host(owner, shop):
    session, _segment = make_green_session(owner, shop)
    assert shown(session.room) == ("", "", False)
    boss = client_of("boss", "owner")
    assert boss.post(f"/shops/{shop.pk}/contact", {"contact": "0571-8602 1122", "service_url": "https://shop.example/after"}).status_code in (200, 302, 303)
    form = {
        "title": session.title, "theme": "", "starts_at": "2026-12-01T20:00", "ends_at": "2026-12-01T23:00", "target_fen": "", "is_ai_host": "on",
    }  # fmt: skip
    answer = client_of("ops", "operations", shop=shop).post(f"/showplan/{session.pk}/change", form)
    assert answer.status_code in (200, 302, 303), answer.content.decode()[:500]
    assert Session.objects.get(pk=session.pk).is_ai_host
    assert shown(session.room) == ("0571-8602 1122", "https://shop.example/after", True)


def test_only_who_manages_shops_may_change_the_contact(owner, shop):
    assert client_of("ops", "operations", shop=shop).post(f"/shops/{shop.pk}/contact", {"contact": "x"}).status_code == 403
    shop.refresh_from_db()
    assert shop.contact == ""


def test_an_address_that_is_none_is_refused_and_nothing_is_kept(owner, shop):
    answer = client_of("boss", "owner").post(f"/shops/{shop.pk}/contact", {"contact": "x", "service_url": "javascript:alert(1)"})
    assert answer.status_code == 422
    shop.refresh_from_db()
    assert (shop.contact, shop.service_url) == ("", "")
