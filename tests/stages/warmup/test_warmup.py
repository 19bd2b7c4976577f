"""An announcement three to five days ahead in words that may be said; links that count without remembering anybody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from kaibo.plumbing.access.access import AbilityMissing
from kaibo.stages.warmup import services
from kaibo.stages.warmup.findings import finding_of
from kaibo.stages.warmup.models import Announcement, ClickCount, TrackedLink
from kaibo.stages.warmup.queries import leads_of, links_of
from kaibo.stages.warmup.rules import LateReasonNeeded, TargetNotALink, Timing, WordsForbidden, lead
from tests.make.people import make_actor, make_person
from tests.make.showplan import NOW, make_session
from tests.make.warmup import make_announcement

START = NOW + timedelta(days=10)


@pytest.mark.parametrize(
    ("hours_before", "timing", "days"),
    [(121, Timing.EARLY, 5), (120, Timing.DUE, 5), (96, Timing.DUE, 4), (72, Timing.DUE, 3), (71, Timing.LATE, 2), (1, Timing.LATE, 0), (-5, Timing.LATE, 0)],
)
def test_the_window_is_three_to_five_days_before_the_show(hours_before, timing, days):
    found = lead(START, START - timedelta(hours=hours_before), least_days=3, most_days=5)
    assert (found.timing, found.days) == (timing, days)


@effort(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(-500, 500))
def test_a_moment_is_in_exactly_one_part_of_the_window(hours):
    at = START - timedelta(hours=hours)
    found = lead(START, at, least_days=3, most_days=5)
    assert (found.timing is Timing.DUE) == (72 <= hours <= 120)


@pytest.mark.django_db
def test_an_announcement_in_time_makes_the_gate_green(owner, shop):
    session = make_session(owner, shop, starts_at=NOW + timedelta(days=4))
    make_announcement(owner, session, NOW)
    services.publish_announcement(actor=owner, session_id=session.pk, now=NOW)
    announcement = Announcement.objects.get()
    found = finding_of(session, announcement, leads_of([session], NOW + timedelta(days=3))[session.pk])
    assert (found.state, found.reason) == ("ok", "已在开播前 4 天发布预告")


@pytest.mark.django_db
def test_a_late_announcement_needs_a_reason_and_stays_red(owner, shop):
    session = make_session(owner, shop, starts_at=NOW + timedelta(days=2))
    make_announcement(owner, session, NOW)
    with pytest.raises(LateReasonNeeded):
        services.publish_announcement(actor=owner, session_id=session.pk, now=NOW)
    assert Announcement.objects.get().published_at is None
    services.publish_announcement(actor=owner, session_id=session.pk, now=NOW, late_reason="样衣昨天才到")
    found = finding_of(session, Announcement.objects.get(), leads_of([session], NOW)[session.pk])
    assert (found.state, found.reason) == ("red", "开播前 2 天才发预告，少于 3 天：样衣昨天才到")


@pytest.mark.django_db
def test_forbidden_words_are_kept_shown_and_never_published(owner, shop):
    session = make_session(owner, shop, starts_at=NOW + timedelta(days=4))
    make_announcement(owner, session, NOW, body="国家级工艺，全网最低价。")
    with pytest.raises(WordsForbidden) as forbidden:
        services.publish_announcement(actor=owner, session_id=session.pk, now=NOW)
    assert "国家级" in forbidden.value.details["hits"]
    assert Announcement.objects.get().published_at is None
    client = Client()
    client.force_login(make_person("ops", "operations", shop=shop))
    page = client.get(f"/warmup/{session.pk}/").content.decode()
    assert '<mark class="hit"' in page


@pytest.mark.django_db
def test_the_wrong_role_publishes_nothing(owner, shop):
    session = make_session(owner, shop, starts_at=NOW + timedelta(days=4))
    make_announcement(owner, session, NOW)
    for account, role in (("cody", "control"), ("hana", "host")):
        with pytest.raises(AbilityMissing):
            services.publish_announcement(actor=make_actor(account, role, shop=shop), session_id=session.pk, now=NOW)
    assert Announcement.objects.get().published_at is None


@pytest.mark.django_db
def test_a_stranger_follows_a_link_to_the_room_and_only_a_number_remains(owner, shop, settings):
    session = make_session(owner, shop)
    link = services.make_link(actor=owner, session_id=session.pk, platform="weibo", title="置顶", now=NOW)
    stranger = Client()
    answers = [stranger.get(f"/warmup/t/{link.code.lower()}") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    assert answers[0]["Location"] == f"{settings.ENV.room_url}/r/autumn-3?from={link.code}"
    assert not stranger.cookies
    assert list(ClickCount.objects.values_list("link__code", "count")) == [(link.code, 3)]
    assert {field.name for field in ClickCount._meta.get_fields()} == {"id", "link", "day", "count"}


@pytest.mark.django_db
def test_clicks_are_counted_by_the_shanghai_day(owner, shop):
    session = make_session(owner, shop)
    link = services.make_link(actor=owner, session_id=session.pk, platform="wechat", title="老客群", target="https://example.com/x", now=NOW)
    services.count_click(link=link, now=NOW)  # 20:00 in Shanghai
    services.count_click(link=link, now=NOW + timedelta(hours=4))  # midnight there
    assert list(ClickCount.objects.order_by("day").values_list("day", "count")) == [(date(2026, 11, 22), 1), (date(2026, 11, 23), 1)]
    assert links_of([session.pk])[session.pk][0].clicks == 2


@pytest.mark.django_db
def test_a_closed_link_and_an_unknown_one_lead_nowhere(owner, shop):
    session = make_session(owner, shop)
    link = services.make_link(actor=owner, session_id=session.pk, platform="kol", title="小美", now=NOW)
    services.close_link(actor=owner, link_id=link.pk, now=NOW)
    assert Client().get(f"/warmup/t/{link.code}").status_code == 404
    assert Client().get("/warmup/t/ZZZZZZ").status_code == 404
    assert ClickCount.objects.count() == 0


@pytest.mark.django_db
def test_a_link_leads_to_the_web_and_nowhere_else(owner, shop):
    session = make_session(owner, shop)
    with pytest.raises(TargetNotALink):
        services.make_link(actor=owner, session_id=session.pk, platform="kol", title="x", target="javascript:alert(1)", now=NOW)
    assert TrackedLink.objects.count() == 0


@pytest.mark.django_db
def test_the_qr_code_comes_as_svg_and_png(owner, shop):
    session = make_session(owner, shop)
    link = services.make_link(actor=owner, session_id=session.pk, platform="douyin", title="主页", now=NOW)
    client = Client()
    client.force_login(make_person("ops", "operations", shop=shop))
    assert client.get(f"/warmup/links/{link.pk}/code.svg").content.startswith(b"<?xml")
    assert client.get(f"/warmup/links/{link.pk}/code.png").content.startswith(b"\x89PNG")
    assert Client().get(f"/warmup/links/{link.pk}/code.png").status_code == 302


@pytest.mark.django_db
def test_the_pages_answer_and_a_host_may_look_but_not_write(owner, shop):
    session = make_session(owner, shop)
    make_announcement(owner, session, NOW)
    client = Client()
    client.force_login(make_person("hana", "host", shop=shop))
    assert client.get("/warmup/").status_code == 200
    page = client.get(f"/warmup/{session.pk}/")
    assert page.status_code == 200
    assert client.post(f"/warmup/{session.pk}/links", {"platform": "weibo", "title": "x"}, HTTP_ACCEPT="application/json").status_code == 403
    assert TrackedLink.objects.count() == 0
