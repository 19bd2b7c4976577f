"""
The desk in real browsers: two at once, cut off, an answer lost on the way, a drill, the host's tablet; a room reads back what was done.

The console runs on a port of its own, the room on another, both on one database, as in life.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from kaibo.kit.clock import utc_now
from kaibo.stages.live import services
from kaibo.stages.live.models import Airing, DeskAction, Incident, PointSaid, PromptSeen, SaleItem
from kaibo.stages.showplan import services as planning
from tests.make.databases import url_of
from tests.make.people import PASSWORD, make_actor, make_person, make_shop
from tests.make.showplan import make_coat, make_prepared, make_product_segment, make_session, make_talk
from tests.room.house import served

CAST = {"linxia": "owner", "zhouzhou": "control", "hemu": "operations", "tangtang": "host"}


@pytest.fixture
def show(transactional_db):
    """A live session: a coat on air, then a draw, then the closing."""
    shop = make_shop()
    for account, role in CAST.items():
        make_person(account, role, shop=None if role == "owner" else shop, password=PASSWORD)
    planner, sku, now = make_actor("linxia"), make_coat(shop), utc_now()
    sku.product.selling_points = ["九成羊毛", "短款显高"]
    sku.product.save()
    session = make_session(planner, shop, room="desk", starts_at=now)
    make_product_segment(planner, session, sku, quantity=10)
    make_talk(planner, session, "抽奖", kind="draw")
    make_talk(planner, session, "收尾", kind="closing")
    make_prepared(planner, session, shop)
    planning.make_ready(actor=planner, session_id=session.pk, now=now)
    services.start_session(actor=planner, session_id=session.pk, key="start", now=now)
    services.next_segment(actor=planner, session_id=session.pk, seen=None, key="first", now=now)
    services.propose_playbooks(actor=planner, shop_id=shop.pk, now=now)
    session.refresh_from_db()
    return session


@pytest.fixture
def at_desk(show, open_browser, sign_in):
    def at(account: str = "zhouzhou", page: str = "live:desk", **how):
        opened = open_browser(**how)
        opened.route("**/rooms/desk/**", lambda route: route.abort())  # no room runs in these stories, whoever listens at its port
        sign_in(opened, account)
        opened.goto(reverse(page, args=[show.pk]))
        return opened

    return at


def receipt(page):
    return page.locator("[data-receipt]")


def test_what_was_done_is_confirmed_by_the_room_itself(show, chromium, live_server, sign_in, settings):
    with served(url_of(connection.settings_dict["NAME"])) as room:
        settings.ENV = replace(settings.ENV, room_url=room.url)
        context = chromium.new_context(base_url=live_server.url, bypass_csp=True)  # the page policy knows the room's port from the start
        desk = sign_in(context.new_page(), "zhouzhou")
        desk.goto(reverse("live:desk", args=[show.pk]))
        desk.locator("[data-room-connection][data-state=connected]").wait_for()
        desk.keyboard.press("x")
        receipt(desk).get_by_text("直播间已确认").wait_for()
        context.close()
    done = DeskAction.objects.get(kind="take_down")
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, body->>'state' FROM room.events WHERE room = 'desk' AND seq = %s", [done.seq])
        assert cursor.fetchone() == ("item", "paused")


def test_of_two_desks_pressing_at_once_one_goes_on_and_the_other_is_told_who(show, at_desk):
    one, other = at_desk("zhouzhou"), at_desk("hemu")
    one.keyboard.press("Space")
    receipt(one).get_by_text("切到 2 号 抽奖").wait_for()
    seen = str(Airing.objects.get(session=show, ended_at=None).segment_id)
    # What the other's finger pressed in the same moment: the segment it still saw on air.
    coat = str(Airing.objects.filter(session=show).order_by("began_at").first().segment_id)
    other.evaluate("(coat) => { const next = document.querySelector('[data-key=\" \"]'); next.dataset.seen = coat; next.click(); }", coat)
    receipt(other).get_by_text("Zhouzhou 刚才已切到“抽奖”").wait_for()
    other.locator(f"[data-row='{seen}'].now").wait_for()
    assert Airing.objects.filter(session=show).count() == 2


def test_a_cut_desk_says_so_queues_nothing_and_reads_anew(show, at_desk, unplug):
    desk, item = at_desk(), SaleItem.objects.get(session=show)
    with unplug(desk):
        receipt(desk).get_by_text("断网：所有按键停用").wait_for()
        assert desk.locator("[data-key=x]").is_disabled()
        for key in ("x", "Space", "s", "n"):
            desk.keyboard.press(key)
        assert desk.locator("dialog[open]").count() == 0
        services.take_down(actor=make_actor("hemu"), session_id=show.pk, item_id=item.pk, key="meanwhile", now=utc_now())
    receipt(desk).get_by_text("已重新连上").wait_for()
    desk.get_by_role("button", name="上架 X").wait_for()  # what was done meanwhile is on the page
    assert desk.get_by_role("button", name="上架 X").is_enabled()
    assert list(DeskAction.objects.filter(kind__in=["take_down", "put_back", "next"]).values_list("key", flat=True).order_by("at")) == ["first", "meanwhile"]


def test_a_lost_answer_is_looked_up_and_never_done_twice(show, at_desk):
    desk = at_desk()

    def lose(route):
        route.fetch()  # it arrives and is done; only the answer is lost
        route.abort()

    desk.route("**/do/take_down", lose)
    desk.keyboard.press("x")
    receipt(desk).get_by_text("下架 短款羊毛双面呢外套").wait_for()
    desk.get_by_role("button", name="上架 X").wait_for()
    assert DeskAction.objects.filter(kind="take_down").count() == 1


def test_a_press_that_never_arrived_is_said_to_have_changed_nothing(show, at_desk):
    desk = at_desk()
    desk.route("**/do/take_down", lambda route: route.abort())
    desk.keyboard.press("x")
    receipt(desk).get_by_text("没有送到，什么都没有改变").wait_for()
    assert DeskAction.objects.filter(kind="take_down").count() == 0


def test_no_key_fires_while_somebody_types(show, at_desk):
    desk = at_desk()
    desk.keyboard.press("t")
    desk.locator("#prompt-text").press_sequentially("x s n 1 先报价")
    desk.locator("#prompt-text").press("Backspace")
    desk.locator("dialog#prompt .button.main").click()
    receipt(desk).get_by_text("提词：x s n 1 先报").wait_for()
    assert sorted(DeskAction.objects.values_list("kind", flat=True)) == ["next", "prompt", "start"]


def test_a_drill_by_one_key_is_ticked_and_reaches_nobody(show, at_desk):
    desk = at_desk()
    desk.keyboard.press("F9")
    desk.locator("dialog#playbook label.check").click()
    desk.locator("dialog#playbook .button.main").click()
    desk.locator(".incident.is-drill").wait_for()
    desk.locator(".incident-steps li").first.get_by_role("button", name="完成").click()
    desk.locator(".incident-steps li.done").wait_for()
    desk.keyboard.press("a")
    desk.locator("dialog#tell-viewers .button.main").click()
    desk.locator(".incident-told").wait_for()
    desk.get_by_role("button", name="结束应急").click()
    desk.locator("#cause").fill("练习")
    desk.locator("dialog#end-incident .button.main").click()
    desk.locator(".incident").wait_for(state="detached")
    incident = Incident.objects.get()
    assert (incident.is_drill, incident.cause, incident.steps.filter(done_at__isnull=False).count()) == (True, "练习", 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM room.notices")
        assert cursor.fetchone() == (0,)


def test_the_host_reads_answers_and_keeps_the_last_words_offline(show, at_desk, unplug):
    prompt = services.prompt_host(actor=make_actor("zhouzhou"), session_id=show.pk, text="先报价再讲工艺", key="p", now=utc_now() - timedelta(seconds=5))
    tablet = at_desk("tangtang", "live:prompter", width=1024, height=768)
    tablet.keyboard.press("Enter")
    tablet.locator(".cue.is-read").wait_for()
    assert PromptSeen.objects.get().action == prompt
    tablet.keyboard.press("2")
    tablet.locator("[data-said='2']").get_by_text("1 次").wait_for()
    assert list(PointSaid.objects.values_list("place", "by_name")) == [(2, "Tangtang")]
    tablet.keyboard.press("m")
    tablet.locator(".prompter.is-mirrored").wait_for()
    with unplug(tablet):
        tablet.get_by_text("断网了：下面是最后收到的内容").wait_for()
        assert tablet.get_by_text("九成羊毛").is_visible()
        assert tablet.locator("[data-said='1']").is_disabled()
        tablet.keyboard.press("1")
    tablet.locator("[data-lost]").wait_for(state="hidden")
    assert PointSaid.objects.count() == 1
