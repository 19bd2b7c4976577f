"""A moderator at the desk and a viewer in the room, each in a real browser: what one does, the other sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.urls import reverse
from playwright.sync_api import expect

from kaibo.config.front import ChatScreener
from kaibo.kit.clock import utc_now
from kaibo.language.screening import default_screener
from kaibo.room import polls
from kaibo.stages.live.models import SpeechHit
from kaibo.stages.live.services import speech
from tests.make.databases import url_of
from tests.make.live import make_live_session
from tests.make.people import PASSWORD, make_actor, make_person, make_shop
from tests.room.house import served

HOSTILE = ['<img src=x onerror="window.hurt=1">', "<script>window.hurt=1</script>", '"><svg onload=window.hurt=1>', "{{7*7}}${7*7}&lt;b&gt;"]


@pytest.fixture
def on_air(transactional_db, settings):
    """A live session, its desk on the console and its room on a process of its own, one database."""
    shop = make_shop()
    make_person("zhouzhou", "control", shop=shop, password=PASSWORD)
    session = make_live_session(make_actor("linxia", "owner"), shop)
    screener = ChatScreener(default_screener())
    with served(url_of(connection.settings_dict["NAME"]), screener, house_words=screener.take_house_words) as server:
        settings.ENV = replace(django_settings.ENV, room_url=server.url)
        yield session, server


def viewer(open_browser, session, server):
    page = open_browser(width=390, height=844)
    page.goto(f"{server.url}/r/{session.room}")
    page.wait_for_selector(".room[data-state=live]")
    return page


def desk(open_browser, sign_in, session):
    page = sign_in(open_browser(), "zhouzhou")
    page.goto(reverse("live:desk", args=[session.pk]))
    page.wait_for_selector("[data-talk-form=say]:not([hidden])")
    return page


def say(page, text):
    page.fill("#words", text)
    page.click("#send")


def test_what_a_moderator_deletes_leaves_the_viewers_page_and_comes_back_when_undone(on_air, open_browser, sign_in):
    session, server = on_air
    fan, moderator = viewer(open_browser, session, server), desk(open_browser, sign_in, session)
    say(fan, "隔壁直播间便宜一半")
    line = moderator.locator("[data-chat] li", has_text="隔壁直播间便宜一半")
    line.click()
    moderator.fill("#talk-remove-reason", "广告引流")
    moderator.click("#talk-line form[data-talk-form=remove] button")
    expect(fan.locator("#chat li", has_text="隔壁直播间便宜一半")).to_have_count(0)
    expect(line).to_have_class("is-removed")
    moderator.locator("#toasts button", has_text="撤销").click()
    expect(fan.locator("#chat li", has_text="隔壁直播间便宜一半")).to_have_count(1)


def test_a_muted_viewer_is_told_so_and_a_pinned_line_stands_for_everybody(on_air, open_browser, sign_in):
    session, server = on_air
    fan, other, moderator = viewer(open_browser, session, server), viewer(open_browser, session, server), desk(open_browser, sign_in, session)
    say(fan, "刷屏刷屏刷屏")
    moderator.locator("[data-chat] li", has_text="刷屏刷屏刷屏").click()
    moderator.locator("#talk-line button[data-minutes='10']").click()
    expect(moderator.locator("#toasts")).to_contain_text("已禁言到")
    say(fan, "还说")
    expect(fan.locator("#words")).to_be_disabled()
    expect(fan.locator("#said")).to_contain_text("你已被禁言")
    say(other, "尺码表在第二张图")
    moderator.locator("[data-chat] li", has_text="尺码表在第二张图").click()
    moderator.locator("#talk-line button[data-talk-deed=pin]").click()
    expect(fan.locator("#pinned")).to_contain_text("尺码表在第二张图")


def test_a_question_is_counted_answered_and_a_poll_is_voted_and_closed(on_air, open_browser, sign_in):
    session, server = on_air
    fan, moderator = viewer(open_browser, session, server), desk(open_browser, sign_in, session)
    fan.fill("#words", "想要小样")
    fan.click("#ask")
    fan.click("#send")
    moderator.locator(".talk-question", has_text="想要小样").get_by_text("上屏回答").click()
    moderator.fill("#talk-answer-text", "下单备注小样就送")
    moderator.locator("#talk-answer button.main").click()
    expect(fan.locator("#chat li.answered")).to_contain_text("答：下单备注小样就送")
    moderator.locator("[data-talk-fold=polls] summary").click()
    moderator.locator("[data-talk-opens=talk-poll]").click()
    moderator.fill("#talk-poll-words", "先讲哪个颜色？")
    for number, words in enumerate(("雾蓝", "燕麦")):
        moderator.locator("#talk-poll input[name=option]").nth(number).fill(words)
    moderator.locator("#talk-poll button.main").click()
    fan.locator(".poll-options button", has_text="燕麦").click()
    expect(fan.locator(".poll-foot")).to_contain_text("1 票 · 已投票")
    expect(moderator.locator(".talk-poll [data-option='2'] [data-votes]")).to_have_text("1")
    moderator.locator(".talk-poll button", has_text="结束并公布").click()
    expect(fan.locator(".poll-foot")).to_contain_text("投票结束")
    with connection.cursor() as cursor:
        assert [one.votes for one in polls.polls_of(cursor, session.room)[0].options] == [0, 1]
        assert polls.differences(cursor) == []


def test_nothing_a_viewer_or_the_host_says_is_read_as_html(on_air, open_browser, sign_in):
    session, server = on_air
    fan, other, moderator = viewer(open_browser, session, server), viewer(open_browser, session, server), desk(open_browser, sign_in, session)
    for text in HOSTILE:
        say(fan, text)
        expect(other.locator("#chat")).to_contain_text(text)
        expect(moderator.locator("[data-chat]")).to_contain_text(text)
    fan.fill("#words", f"{HOSTILE[0]} 吗？")
    fan.click("#ask")
    fan.click("#send")
    expect(moderator.locator(".talk-question")).to_contain_text(HOSTILE[0])
    moderator.locator("[data-chat] li", has_text=HOSTILE[1]).click()
    expect(moderator.locator("#talk-line [data-talk-quote]")).to_have_text(HOSTILE[1])
    moderator.locator("#talk-line button[data-talk-deed=pin]").click()
    expect(other.locator("#pinned")).to_contain_text(HOSTILE[1])
    actor = make_actor("linxia", "owner")
    speech.hear_lines(actor=actor, session_id=session.pk, lines=[speech.Line(utc_now(), f"{HOSTILE[2]}国家级")], now=utc_now())
    expect(moderator.locator(".talk-hit")).to_contain_text(HOSTILE[2])
    for page in (fan, other, moderator):
        assert page.evaluate("window.hurt") is None
        assert page.locator("#chat img, #chat script, #chat svg, [data-chat] img, [data-chat] svg, .talk-hit svg, .talk-question img").count() == 0


def test_a_hit_in_the_hosts_words_stands_on_the_desk_and_is_acknowledged(on_air, open_browser, sign_in):
    session, _server = on_air
    moderator = desk(open_browser, sign_in, session)
    actor = make_actor("linxia", "owner")
    speech.hear_lines(actor=actor, session_id=session.pk, lines=[speech.Line(utc_now() - timedelta(seconds=1), "我们这件是国家级的")], now=utc_now())
    expect(moderator.locator(".talk-hit mark")).to_have_text("国家级")
    moderator.locator(".talk-hit button", has_text="已提醒主播").click()
    expect(moderator.locator(".talk-hit")).to_have_count(0)
    assert SpeechHit.objects.get().state == "acknowledged"
