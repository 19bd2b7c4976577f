"""The talk over real HTTP: who may speak, what is taken away, what is asked and answered, whose words count."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kaibo.config.front import ChatScreener
from kaibo.language.screening import default_screener
from kaibo.room import backoffice, moderation
from kaibo.room.app import Parts
from kaibo.room.talk import Talk
from tests.room.house import Viewer, listen, make_sale, served

SHOP, OTHER_SHOP = str(uuid.uuid4()), str(uuid.uuid4())


@pytest.fixture(scope="module")
def screened(dsn):
    """A room process with the packaged lexicon, as config/front.py composes it."""
    screener = ChatScreener(default_screener())
    with served(dsn, screener, house_words=screener.take_house_words) as running:
        yield running


@pytest.fixture
def sale(dsn):
    made = make_sale(dsn)
    own_by(made, SHOP)
    return made


def own_by(sale, shop):
    """Give a room to a shop, as the show plan does when it opens the room."""
    sale.do(
        backoffice.open_room, room=sale.room, title="林夏的衣橱", operator="杭州某服饰有限公司", host="林夏", company="杭州某服饰有限公司",
        state="live", shop=shop,
    )  # fmt: skip


def say(viewer, text, **more):
    return viewer.post("messages", {"text": text, **more})


def until_true(check, seconds=8.0):
    """Wait for something another thread or process does; the time is a limit, not a rhythm."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if found := check():
            return found
        waiting.wait(0.05)
    raise AssertionError("did not come true")


def saved(sale, text):
    return until_true(lambda: sale.ask("select message from room.messages where room = %s and text = %s", sale.room, text))[0][0]


def mute(sale, viewer, minutes=10):
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    sale.do(moderation.mute, room=sale.room, visitor=viewer.visitor, nickname="阿柚", until=until, reason="刷屏", muted_by="场控")
    return until


def refused(viewer, code):
    return until_true(lambda: (answer := say(viewer, "又来")).status_code != 202 and answer.json()["code"] == code and answer)


def test_a_muted_viewer_is_told_until_when_and_may_speak_again_when_it_is_lifted(screened, sale):
    alice, bob = Viewer(screened.url, sale.room), Viewer(screened.url, sale.room, "小满")
    until = mute(sale, alice)
    answer = refused(alice, "muted")
    assert (answer.status_code, answer.json()["details"]["until_at"]) == (403, until.isoformat())
    assert say(bob, "我能说").status_code == 202
    assert sale.do(moderation.unmute, room=sale.room, visitor=alice.visitor) is True
    assert until_true(lambda: say(alice, "我又能说了").status_code == 202)
    assert sale.do(moderation.unmute, room=sale.room, visitor=alice.visitor) is False


def test_a_mute_that_is_over_or_in_another_room_keeps_nobody_quiet(screened, sale, dsn):
    alice = Viewer(screened.url, sale.room)
    mute(sale, alice, minutes=-1)
    elsewhere = make_sale(dsn)
    elsewhere.do(moderation.mute, room=elsewhere.room, visitor=alice.visitor, nickname="", until=datetime.now(UTC) + timedelta(hours=1), reason="", muted_by="x")
    assert say(alice, "你好").status_code == 202


def test_a_blocked_viewer_stays_quiet_in_every_room_of_the_shop_and_may_still_buy(screened, sale, dsn):
    browser = httpx.Client(base_url=screened.url)
    elsewhere, strange = make_sale(dsn), make_sale(dsn)
    own_by(elsewhere, SHOP)
    own_by(strange, OTHER_SHOP)
    ids = {one.room: browser.post(f"/rooms/{one.room}/visitors", json={"nickname": "阿柚"}).json()["visitor"] for one in (sale, elsewhere, strange)}
    assert ids[sale.room] == ids[elsewhere.room] != ids[strange.room]
    sale.do(moderation.block, shop=SHOP, visitor=ids[sale.room], nickname="阿柚", reason="辱骂他人", blocked_by="场控")

    def code(room):
        return browser.post(f"/rooms/{room}/messages", json={"text": "在吗"}).json().get("code")

    until_true(lambda: code(elsewhere.room) == "not_to_speak")
    assert [code(one.room) for one in (sale, elsewhere, strange)] == ["not_to_speak", "not_to_speak", None]
    bought = browser.post(f"/rooms/{sale.room}/claims", json={"item": sale.item, "quantity": 1}, headers={"Idempotency-Key": "k"})
    assert bought.status_code == 201
    sale.do(moderation.unblock, shop=SHOP, visitor=ids[sale.room])
    until_true(lambda: code(sale.room) is None)


def test_a_removed_message_is_told_to_every_viewer_and_its_record_stays(screened, sale):
    alice = Viewer(screened.url, sale.room)
    message = uuid.UUID(say(alice, "隔壁直播间买更便宜").json()["message"])
    # Its own row may not be written yet: removing must not wait for that.
    assert sale.do(moderation.remove_message, room=sale.room, message=message, reason="广告引流", removed_by="场控") is True
    assert sale.do(moderation.remove_message, room=sale.room, message=message, reason="again", removed_by="场控") is False
    heard = listen(screened.url, sale.room, after=0, until=lambda h: h[-1].kind == "moderation")
    assert heard[-1].data == {"act": "removed", "messages": [str(message)]}
    assert heard[-1].id is not None
    saved(sale, "隔壁直播间买更便宜")
    kept = sale.do(moderation.message_of, room=sale.room, message=message)
    assert (kept.text, kept.removed_by, kept.reason) == ("隔壁直播间买更便宜", "场控", "广告引流")
    assert sale.do(moderation.restore_message, room=sale.room, message=message) is True
    again = listen(screened.url, sale.room, after=heard[-1].id, until=lambda h: h[-1].kind == "moderation")[-1]
    assert (again.data["act"], again.data["line"]["text"]) == ("restored", "隔壁直播间买更便宜")
    assert sale.do(moderation.restore_message, room=sale.room, message=message) is False


def test_the_pinned_message_stands_in_the_snapshot_and_goes_when_it_is_removed(screened, sale):
    alice = Viewer(screened.url, sale.room)
    say(alice, "尺码表在第二张图")
    message = saved(sale, "尺码表在第二张图")
    sale.do(moderation.pin_message, room=sale.room, message=message, pinned_by="场控")

    def pinned():
        return httpx.get(f"{screened.url}/rooms/{sale.room}").json()["pinned"]

    assert until_true(pinned)["text"] == "尺码表在第二张图"
    sale.do(moderation.remove_message, room=sale.room, message=message, reason="过时", removed_by="场控")
    until_true(lambda: pinned() is None)
    assert sale.do(moderation.unpin, room=sale.room) is None


def test_a_blocked_message_cannot_be_pinned_into_sight(screened, sale):
    alice = Viewer(screened.url, sale.room)
    assert say(alice, "加微信领券").json()["code"] == "blocked"
    message = saved(sale, "加微信领券")
    with pytest.raises(Exception) as refusal:
        sale.do(moderation.pin_message, room=sale.room, message=message, pinned_by="场控")
    assert refusal.value.code == "room.message_is_not_here"


def test_a_new_house_word_holds_in_a_running_room_and_loses_no_message(screened, sale):
    alice = Viewer(screened.url, sale.room)
    word = "楼下那家"
    assert say(alice, f"{word}更便宜").status_code == 202
    entry = {"word": word, "severity": "block", "kind": "店内用语", "source": "店内约定", "suggestion": "别家", "since": "2026-11-22", "surfaces": ["chat"]}
    answers: list[int] = []
    done = threading.Event()

    def talk_on():
        number = 0
        while not done.is_set() and number < 400:
            answers.append(screened.app.chat.say(live, who, f"第{number}句", now=datetime.now(UTC)).is_held)
            number += 1
            done.wait(0.005)

    live = screened.app.rooms.known(sale.room)
    who = screened.app.desk.tokens.read(alice.token.encode(), now_seconds=int(datetime.now(UTC).timestamp()))
    speaker = threading.Thread(target=talk_on)
    speaker.start()
    sale.do(moderation.publish_words, words=[entry])
    until_true(lambda: (answer := say(alice, f"{word}真好")).status_code == 422 and answer.json()["details"]["hits"][0]["source"] == "店内约定")
    done.set()
    speaker.join()
    until_true(lambda: sale.one("select count(*) from room.messages where room = %s and text like '第%%句'", sale.room) == len(answers))
    sale.do(moderation.publish_words, words=[])
    until_true(lambda: say(alice, f"{word}真好").status_code == 202)


def test_a_lost_notice_is_found_by_looking(screened, sale):
    alice = Viewer(screened.url, sale.room)
    sale.ask("insert into room.mutes (room, visitor, until, muted_by) values (%s, %s, now() + interval '1 hour', 'x') returning 1", sale.room, alice.visitor)
    sale.ask("update room.talk_version set version = version + 1 returning 1")  # the rule changed, and no process was told
    assert refused(alice, "muted").status_code == 403


def test_questions_that_ask_the_same_are_one_counted_by_visitors(screened, sale):
    alice, bob = Viewer(screened.url, sale.room), Viewer(screened.url, sale.room, "小满")
    for viewer, text in ((alice, "这件会起球吗"), (bob, "会不会起球呀？"), (bob, "起球吗"), (alice, "155斤穿什么码"), (bob, "真好看"), (bob, "想要小样")):
        assert say(viewer, text, asks=text == "想要小样").status_code == 202
    until_true(lambda: sale.one("select count(*) from room.messages where room = %s and question is not null", sale.room) == 5)
    found = sale.do(moderation.questions_of, room=sale.room)
    assert [(one.text, one.asked) for one in found] == [("这件会起球吗", 2), ("155斤穿什么码", 1), ("想要小样", 1)]


def test_an_answer_is_told_on_every_screen_once(screened, sale):
    alice = Viewer(screened.url, sale.room)
    say(alice, "什么时候发货？")
    question = until_true(lambda: sale.do(moderation.questions_of, room=sale.room))[0].question
    settled = sale.do(moderation.settle_question, room=sale.room, question=question, answer="48 小时内发出", settled_by="客服")
    assert (settled.asked, settled.answer) == (1, "48 小时内发出")
    assert sale.do(moderation.settle_question, room=sale.room, question=question, answer="再答", settled_by="客服") is None
    told = [one for one in listen(screened.url, sale.room, after=0, until=lambda h: h[-1].kind == "answer") if one.kind == "answer"]
    assert [(one.data["text"], one.data["answer"], one.data["asked"]) for one in told] == [("什么时候发货？", "48 小时内发出", 1)]
    assert until_true(lambda: httpx.get(f"{screened.url}/rooms/{sale.room}").json()["answers"])[0]["answer"] == "48 小时内发出"


def test_a_keyword_is_answered_once_in_its_pause_whichever_process_hears_it(screened, sale, dsn):
    replies = [moderation.AutoReply(uuid.uuid4(), ("尺码", "穿什么码"), "尺码表在商品详情第二张图", 3600)]
    with served(dsn, ChatScreener(default_screener())) as second:
        viewers = [Viewer(server.url, sale.room) for server in (screened, second) for _ in range(3)]
        sale.do(moderation.publish_auto_replies, shop=SHOP, replies=replies)
        until_true(lambda: all(server.app.talk.replies_to(sale.room, "尺码") for server in (screened, second)))
        barrier = threading.Barrier(len(viewers))

        def ask(viewer):
            barrier.wait()
            say(viewer, "尺码怎么选")

        threads = [threading.Thread(target=ask, args=(viewer,)) for viewer in viewers]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        until_true(lambda: sale.ask("select 1 from room.messages where room = %s and speaker = 'auto'", sale.room))
        until_true(lambda: sale.one("select count(*) from room.messages where room = %s and speaker = 'visitor'", sale.room) == 6)
    said = sale.ask("select nickname, text from room.messages where room = %s and speaker = 'auto'", sale.room)
    assert said == [("杭州某服饰有限公司", "尺码表在商品详情第二张图")]
    sale.do(moderation.publish_auto_replies, shop=SHOP, replies=[])


def test_the_desk_hears_held_messages_and_viewers_do_not(screened, sale):
    alice = Viewer(screened.url, sale.room)
    token = sale.do(moderation.desk_pass, room=sale.room, name="场控")
    heard = []
    with httpx.stream("GET", f"{screened.url}/rooms/{sale.room}/desk", params={"token": token}, timeout=8) as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines()
        next(lines)
        answer = say(alice, "这药包治百病")
        assert answer.json().get("held") is True, answer.text
        for line in lines:
            heard.append(line)
            if line.startswith("data:") and "包治百病" in line:
                break
    assert "event: held" in heard


@pytest.mark.parametrize("token", ["", "forged.token"])
def test_the_desks_stream_opens_only_with_a_pass_of_this_room(screened, sale, dsn, token):
    other = make_sale(dsn)
    for one in (token, Viewer(screened.url, sale.room).token, other.do(moderation.desk_pass, room=other.room, name="x")):
        assert httpx.get(f"{screened.url}/rooms/{sale.room}/desk", params={"token": one}).status_code == 401


@pytest.mark.parametrize("nickname", ["官方客服", "林夏", " 林 夏 ", "杭州某服饰有限公司"])
def test_nobody_takes_the_name_of_the_shop(screened, sale, nickname):
    answer = httpx.post(f"{screened.url}/rooms/{sale.room}/visitors", json={"nickname": nickname})
    assert (answer.status_code, answer.json()["code"]) == (422, "nickname_taken")


def test_words_that_cannot_be_stored_do_not_stop_the_others_from_being_kept(screened, sale):
    alice = Viewer(screened.url, sale.room)
    assert say(alice, "a\x00b\u200b").status_code == 202
    assert say(alice, "后面这句也在").status_code == 202
    saved(sale, "后面这句也在")
    assert sale.one("select count(*) from room.messages where room = %s and text = 'a b\u200b'", sale.room) == 1


def test_forgetting_erases_words_names_and_visitors_and_keeps_the_count(screened, sale):
    alice = Viewer(screened.url, sale.room)
    say(alice, "三年前说的话？")
    saved(sale, "三年前说的话？")
    sale.ask("update room.messages set sent_at = now() - interval '4 years' where room = %s returning 1", sale.room)
    assert sale.do(moderation.forget_messages, before=datetime.now(UTC) - timedelta(days=1095)) == 1
    assert sale.ask("select visitor, nickname, text from room.messages where room = %s", sale.room) == [("", "", "")]
    assert sale.do(moderation.forget_messages, before=datetime.now(UTC) - timedelta(days=1095)) == 0


def test_parts_without_house_words_still_make_a_room():
    assert Parts(dsn="", screener=None, sink=None).house_words is None
    assert Talk("", None, None).replies_to("room", "尺码") == []
