"""Stream keys from the session page: for whom, when, and what viewers play then (LIV-8, LIV-9)."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from kaibo.ingest.keys import ingest_secret, require_key
from kaibo.kit.clock import utc_now
from kaibo.room import video
from kaibo.stages.showplan.models import Session
from tests.make.people import make_person
from tests.make.showplan import make_green_session, make_session

pytestmark = pytest.mark.django_db


def client_of(account: str, *roles: str, shop=None) -> Client:
    client = Client()
    client.force_login(make_person(account, *roles, shop=shop))
    return client


def make_ready(owner, shop):
    session, _segment = make_green_session(owner, shop)
    return session


def test_a_technician_gets_two_keys_that_the_gate_takes_until_six_hours_after_the_show(owner, shop):
    session = make_ready(owner, shop)
    page = client_of("tech", "technician", shop=shop).post(f"/showplan/{session.pk}/push")
    assert page["cache-control"] == "no-store"
    shown = [html.unescape(one) for one in re.findall(r"<code>(.*?)</code>", page.content.decode())]
    assert [one.rsplit("/", 1)[1] for one in shown[::2]] == ["main", "backup"]
    until = int((session.ends_at + timedelta(hours=6)).timestamp())
    for server, key in zip(shown[::2], shown[1::2], strict=True):
        name, _, asked = key.partition("?")
        said = {"app": server.rsplit("/", 1)[1], "name": name, **dict(parse_qsl(asked))}
        assert require_key(ingest_secret(settings.SECRET_KEY), said, now_seconds=until - 1) == (session.room, said["app"])
    session.refresh_from_db()
    assert session.video_url == f"{settings.ENV.media_url}/hls/main/{session.room}.m3u8"
    assert session.backup_video_url == f"{settings.ENV.media_url}/hls/backup/{session.room}.m3u8"
    with connection.cursor() as cursor:
        cursor.execute("select video_url from room.rooms where room = %s", [session.room])
        assert cursor.fetchone() == (session.video_url,)


def test_an_address_somebody_entered_stays(owner, shop):
    session = make_ready(owner, shop)
    Session.objects.filter(pk=session.pk).update(video_url="https://cdn.example/a.m3u8")
    assert client_of("tech", "technician", shop=shop).post(f"/showplan/{session.pk}/push").status_code == 200
    session.refresh_from_db()
    assert session.video_url == "https://cdn.example/a.m3u8"
    assert session.backup_video_url.endswith(f"/hls/backup/{session.room}.m3u8")


def test_looking_at_the_page_gives_no_key_and_changes_nothing(owner, shop):
    session = make_ready(owner, shop)
    page = client_of("tech", "technician", shop=shop).get(f"/showplan/{session.pk}/push").content.decode()
    assert "sign=" not in page
    session.refresh_from_db()
    assert session.video_url == ""


@pytest.mark.parametrize("role", ["host", "service", "warehouse", "analyst"])
def test_who_does_not_run_the_picture_gets_no_key(owner, shop, role):
    session = make_ready(owner, shop)
    answer = client_of("other", role, shop=shop).post(f"/showplan/{session.pk}/push")
    assert answer.status_code == 403
    assert "sign=" not in answer.content.decode()
    session.refresh_from_db()
    assert session.video_url == ""


def test_a_session_that_is_not_open_has_nothing_to_push_to_and_says_what_to_press(owner, shop):
    session = make_session(owner, shop)
    answer = client_of("tech", "technician", shop=shop).post(f"/showplan/{session.pk}/push")
    assert answer.status_code == 409
    assert "先点“就绪”" in html.unescape(answer.content.decode())


def test_the_page_tells_how_the_picture_comes_in(owner, shop):
    session = make_ready(owner, shop)
    now = utc_now()
    told = video.Ingest("main", "broken", "silent", 812, 2490, 25, 540, 960, 3, now - timedelta(seconds=4), now, now)
    with connection.cursor() as cursor:
        assert video.report(cursor, session.room, told)
    page = client_of("tech", "technician", shop=shop).get(f"/showplan/{session.pk}/push/health").content.decode()
    for words in ("主路", "断了", "连着但没有画面进来", "812 kbps", "24.9 / 25", "540×960", "4 秒前"):
        assert words in page, words


def test_a_report_nobody_renewed_is_said_to_be_stale(owner, shop):
    session = make_ready(owner, shop)
    old = utc_now() - timedelta(seconds=6)
    with connection.cursor() as cursor:
        video.report(cursor, session.room, video.Ingest("main", "on_air", "", 812, 2500, 25, 540, 960, 0, old, old, old))
    page = client_of("tech", "technician", shop=shop).get(f"/showplan/{session.pk}/push/health").content.decode()
    assert "推流服务没有回报" in page
    assert "正常" not in page
