"""Playbooks run for real and as drills: who ticks what by when, what reaches viewers, what the report says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.live import incidents, services
from kaibo.stages.live.models import DeskAction, FigureSample, Incident, Playbook
from kaibo.stages.live.playbook_views import markdown_of
from kaibo.stages.live.playbooks import IncidentOpen, IncidentOver, IncidentUnknown, PlaybookUnknown, Step, StepTicked
from kaibo.stages.live.rules import NoticeBlocked, NotLive
from tests.make.live import LATER, NOW, key, make_item_on_sale, make_live_session
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db
SOON = LATER + timedelta(seconds=20)
STEPS = [Step("technician", "切到备用流", 30), Step("control", "发公告", 60), Step("host", "重讲价格", 120)]


def make_playbook(owner, shop, title: str = "断网", announcement: str = "正在切换线路，已抢的订单都在") -> Playbook:
    return services.write_playbook(
        actor=owner, shop_id=shop.pk, playbook_id=None, kind="network", title=title, announcement=announcement, steps=STEPS, is_active=True, now=NOW
    )


def begin(actor, session, playbook, *, is_drill: bool = False, with_key: str = "", at=LATER) -> Incident:
    done = services.start_incident(actor=actor, session_id=session.pk, playbook_id=playbook.pk, is_drill=is_drill, key=with_key or key(), now=at)
    return Incident.objects.get(pk=done.details["incident"])


def end(actor, incident, at=SOON, follow_ups=()) -> Incident:
    return services.end_incident(actor=actor, incident_id=incident.pk, cause="路由器重启", lesson="换一台", follow_ups=follow_ups, key=key(), now=at)


def notices_in(session) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM room.notices WHERE room = %s", [session.room])
        return [text for (text,) in cursor.fetchall()]


def room_events(session) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM room.events WHERE room = %s", [session.room])
        return cursor.fetchone()[0]


def test_a_shop_gets_the_proposed_playbooks_once(owner, shop):
    assert services.propose_playbooks(actor=owner, shop_id=shop.pk, now=NOW) == 5
    assert services.propose_playbooks(actor=owner, shop_id=shop.pk, now=NOW) == 0
    assert [one.kind for one in incidents.playbooks_of(shop.pk)] == ["device", "network", "unwell", "conduct", "complaint"]


def test_words_for_viewers_are_screened_when_the_playbook_is_written(owner, shop):
    with pytest.raises(NoticeBlocked):
        make_playbook(owner, shop, announcement="我们是全国第一的直播间")
    assert Playbook.objects.count() == 0


def test_a_playbook_is_run_once_and_its_steps_are_a_copy(owner, shop):
    session, playbook = make_live_session(owner, shop), make_playbook(owner, shop)
    incident = begin(owner, session, playbook, with_key="f9")
    assert begin(owner, session, playbook, with_key="f9") == incident
    with pytest.raises(IncidentOpen) as there:
        begin(make_actor("bob", "control", shop=shop), session, playbook)
    assert there.value.details["title"] == "断网"
    services.write_playbook(
        actor=owner, shop_id=shop.pk, playbook_id=playbook.pk, kind="network", title="断网", announcement="", steps=STEPS[:1], is_active=True, now=LATER
    )
    assert [(one.role, one.due_at - LATER) for one in incidents.steps_of(incident)] == [
        ("technician", timedelta(seconds=30)), ("control", timedelta(seconds=60)), ("host", timedelta(seconds=120)),
    ]  # fmt: skip


def test_a_step_is_ticked_once_and_the_second_is_told_who(owner, shop):
    incident = begin(owner, make_live_session(owner, shop), make_playbook(owner, shop))
    luming = make_actor("luming", "technician", shop=shop)
    services.tick_step(actor=luming, incident_id=incident.pk, place=1, now=SOON)
    with pytest.raises(StepTicked) as ticked:
        services.tick_step(actor=owner, incident_id=incident.pk, place=1, now=SOON)
    assert ticked.value.details == {"who": "Luming"}
    services.untick_step(actor=owner, incident_id=incident.pk, place=1, now=SOON)
    assert incidents.steps_of(incident)[0].done_at is None


def test_viewers_are_told_in_screened_words_once_per_key(owner, shop):
    session = make_live_session(owner, shop)
    incident = begin(owner, session, make_playbook(owner, shop))
    with pytest.raises(NoticeBlocked):
        services.tell_of_incident(actor=owner, incident_id=incident.pk, text="全国第一", key=key(), now=SOON)
    for _press in range(2):
        services.tell_of_incident(actor=owner, incident_id=incident.pk, text="正在切换线路", key="a", now=SOON)
    assert notices_in(session) == ["正在切换线路"]
    assert DeskAction.objects.filter(kind="playbook_tell").count() == 1


def test_a_drill_does_everything_and_reaches_nobody(owner, shop):
    session = make_live_session(owner, shop)
    before = room_events(session)
    incident = begin(owner, session, make_playbook(owner, shop), is_drill=True)
    services.tell_of_incident(actor=owner, incident_id=incident.pk, text="正在切换线路", key=key(), now=SOON)
    services.tick_step(actor=owner, incident_id=incident.pk, place=1, now=SOON)
    end(owner, incident)
    assert notices_in(session) == []
    assert room_events(session) == before  # not one event: viewers cannot have seen anything
    incident.refresh_from_db()
    assert [(one["text"], one["reached"]) for one in incident.announced] == [("正在切换线路", False)]
    assert not OutboxFact.objects.filter(name="live.incident_closed").exists()
    with pytest.raises(NoticeBlocked):  # words are screened in a drill too
        services.tell_of_incident(actor=owner, incident_id=begin(owner, session, Playbook.objects.get(), is_drill=True).pk, text="全国第一", key=key(), now=SOON)


def test_a_drill_needs_no_session(owner, shop):
    drill = services.start_drill(actor=owner, shop_id=shop.pk, playbook_id=make_playbook(owner, shop).pk, key="d", now=NOW)
    assert services.start_drill(actor=owner, shop_id=shop.pk, playbook_id=drill.playbook_id, key="d", now=NOW) == drill
    assert (drill.session, drill.is_drill) == (None, True)
    assert incidents.report_of(end(owner, drill, at=LATER), LATER).lasted_seconds == 60


def test_what_is_left_to_do_is_told_to_the_others(owner, shop):
    incident = begin(owner, make_live_session(owner, shop), make_playbook(owner, shop))
    end(owner, incident, follow_ups=[services.FollowUp("换路由器", "陆鸣", date(2026, 11, 25))])
    told = OutboxFact.objects.get(name="live.incident_closed").payload
    assert (told["cause"], told["follow_ups"]) == ("路由器重启", ["换路由器"])
    with pytest.raises(IncidentOver):
        end(owner, incident)


def test_the_report_writes_itself_from_the_log_and_the_figures(owner, shop):
    item = make_item_on_sale(owner, shop)
    for minute, (viewers, claims) in enumerate([(100, 0), (100, 10), (40, 12), (40, 14), (80, 24)]):
        FigureSample.objects.create(
            session=item.session, at=LATER + timedelta(minutes=minute - 1), viewers=viewers, claims=claims, units=claims, amount_fen=claims * 100, messages=0, likes=0
        )
    incident = begin(owner, item.session, make_playbook(owner, shop))
    services.take_down(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=SOON)
    services.tick_step(actor=owner, incident_id=incident.pk, place=1, now=LATER + timedelta(seconds=31))
    done = end(owner, incident, at=LATER + timedelta(minutes=2), follow_ups=[services.FollowUp("换 | 路由器", "陆鸣", date(2026, 11, 25))])
    report = incidents.report_of(done, LATER)
    assert [(line.kind, line.is_late) for line in report.lines] == [("start", False), ("desk", False), ("step", True), ("end", False)]
    assert (report.score.done, report.score.in_time, report.score.latest_seconds, report.lasted_seconds) == (1, 0, 1, 120)
    viewers, claims = report.effects[0], report.effects[1]
    assert (viewers.before, viewers.during, viewers.after) == (100, 60, 60)
    assert (claims.before, claims.during, claims.after) == (10, 2, 10)
    text = markdown_of(report)
    assert "# 应急 · 断网" in text
    assert "下架 短款羊毛双面呢外套" in text
    assert "- [ ] 换 ／ 路由器 · 陆鸣 · 11-25" in text


@pytest.mark.parametrize("role", ["host", "service", "analyst", "selection"])
def test_who_may_not_run_playbooks_starts_and_ends_nothing(owner, shop, role):
    session, playbook = make_live_session(owner, shop), make_playbook(owner, shop)
    someone = make_actor("someone", role, shop=shop)
    with pytest.raises(AbilityMissing):
        begin(someone, session, playbook)
    with pytest.raises(AbilityMissing):
        services.write_playbook(actor=someone, shop_id=shop.pk, playbook_id=None, kind="device", title="x", announcement="", steps=STEPS, is_active=True, now=NOW)
    incident = begin(owner, session, playbook)
    with pytest.raises(AbilityMissing):
        end(someone, incident)
    incident.refresh_from_db()
    assert (incident.ended_at, Playbook.objects.count(), Incident.objects.count()) == (None, 1, 1)


def test_another_shops_people_and_playbooks_are_out_of_reach(owner, shop):
    session, playbook = make_live_session(owner, shop), make_playbook(owner, shop)
    incident = begin(owner, session, playbook)
    elsewhere = make_shop("elsewhere")
    stranger = make_actor("stranger", "control", shop=elsewhere)
    with pytest.raises(IncidentUnknown):
        services.tick_step(actor=stranger, incident_id=incident.pk, place=1, now=SOON)
    with pytest.raises(PlaybookUnknown):
        services.start_drill(actor=stranger, shop_id=elsewhere.pk, playbook_id=playbook.pk, key=key(), now=NOW)
    assert list(incidents.incidents_for(stranger)) == []


def test_a_playbook_for_real_needs_a_session_on_air_but_may_end_after_it(owner, shop):
    session, playbook = make_live_session(owner, shop), make_playbook(owner, shop)
    incident = begin(owner, session, playbook)
    services.end_session(actor=owner, session_id=session.pk, key=key(), now=SOON)
    with pytest.raises(NotLive):
        begin(owner, session, make_playbook(owner, shop, "停电"), at=SOON)
    end(owner, incident, at=SOON + timedelta(minutes=1))
    incident.refresh_from_db()
    assert incident.ended_by_name
