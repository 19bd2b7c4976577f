"""The talk at the desk: who may act, what each act leaves behind, replies by two people, the host's words."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection
from ninja.testing import TestClient

from kaibo.kit.errors import KaiboError
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.audit.models import AuditRow
from kaibo.room import moderation, polls
from kaibo.stages.compliance import house_words
from kaibo.stages.live import talk_queries as queries
from kaibo.stages.live.api import router
from kaibo.stages.live.models import Reply, SpeechHit, SpeechLine
from kaibo.stages.live.services import polls as poll_services
from kaibo.stages.live.services import replies, speech, talk
from kaibo.stages.live.talk_exports import rows
from kaibo.stages.showplan.queries import SessionUnknown
from tests.make.live import LATER, NOW, make_item_on_sale, make_live_session
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db
API = TestClient(router)


@pytest.fixture
def session(owner, shop):
    return make_live_session(owner, shop)


@pytest.fixture
def control(shop):
    return make_actor("zhou", "control", shop=shop)


def say(session, text, *, visitor="v1", nickname="阿柚", verdict="pass", hits="[]"):
    """A message as the room process writes it."""
    message = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into room.messages (message, room, visitor, nickname, text, verdict, hits, sent_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [message, session.room, visitor, nickname, text, verdict, hits, NOW],
        )
    return message


def ask(session, text="起球吗", visitors=("v1",)):
    question = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into room.questions (question, room, text, topics, words, first_asked_at, last_asked_at) values (%s, %s, %s, '{}', '{}', %s, %s)",
            [question, session.room, text, NOW, NOW],
        )
        for visitor in visitors:
            cursor.execute("insert into room.askers values (%s, %s, %s)", [question, visitor, uuid.uuid4()])
    return question


def deeds():
    return list(AuditRow.objects.filter(deed__regex="^live:(talk|poll|reply|speech)").order_by("id").values_list("deed", flat=True))


def code_of(call, **asked):
    with pytest.raises(KaiboError) as refusal:
        call(**asked)
    return refusal.value.code


# ── moderation ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_act_is_recorded_and_can_be_taken_back(session, control):
    message, said = say(session, "加微信"), {"actor": control, "session_id": session.pk, "now": LATER}
    assert talk.mute_visitor(visitor="v1", minutes=10, reason="刷屏", **said) == LATER + timedelta(minutes=10)
    talk.unmute_visitor(visitor="v1", **said)
    talk.block_visitor(visitor="v1", reason="辱骂他人", **said)
    assert [(one.nickname, one.reason, one.blocked_by) for one in queries.blocks_of(session.shop_id)] == [("阿柚", "辱骂他人", "Zhou")]
    talk.unblock_visitor(visitor="v1", **said)
    talk.pin_message(message_id=message, **said)
    assert queries.panel_of(session).pinned["text"] == "加微信"
    talk.remove_message(message_id=message, reason="广告引流", **said)
    assert queries.panel_of(session).pinned is None
    assert [(one.removed_by, one.reason) for one in queries.messages_of(session)] == [("Zhou", "广告引流")]
    talk.restore_message(message_id=message, **said)
    assert [one.removed_by for one in queries.messages_of(session)] == [""]
    assert deeds() == [f"live:talk:{verb}" for verb in ("mute", "unmute", "block", "unblock", "pin", "remove", "restore")]


def test_an_act_without_ground_or_object_changes_nothing(session, control):
    message, said = say(session, "好评"), {"actor": control, "session_id": session.pk, "now": LATER}
    assert code_of(talk.remove_message, message_id=message, reason=" ", **said) == "live.talk_reason_needed"
    assert code_of(talk.block_visitor, visitor="v1", reason="", **said) == "live.talk_reason_needed"
    assert code_of(talk.mute_visitor, visitor="v1", minutes=0, reason="", **said) == "live.mute_out_of_range"
    assert code_of(talk.mute_visitor, visitor="v9", minutes=5, reason="", **said) == "live.visitor_unknown"
    assert code_of(talk.unmute_visitor, visitor="v1", **said) == "live.visitor_unknown"
    assert code_of(talk.pin_message, message_id=uuid.uuid4(), **said) == "room.message_is_not_here"
    assert code_of(talk.restore_message, message_id=message, **said) == "live.message_decided"
    assert code_of(talk.unpin_message, **said) == "live.message_decided"
    assert deeds() == []


def test_a_held_message_is_decided_once(session, control):
    held, said = say(session, "包治百病", verdict="review"), {"actor": control, "session_id": session.pk, "now": LATER}
    assert [one.message.text for one in queries.panel_of(session).held] == ["包治百病"]
    talk.decide_held(message_id=held, is_shown=False, **said)
    assert code_of(talk.decide_held, message_id=held, is_shown=True, **said) == "live.message_decided"
    assert queries.panel_of(session).held == ()
    assert deeds() == ["live:talk:keep_back"]


def test_questions_are_answered_on_screen_aloud_or_put_aside(session, control):
    said = {"actor": control, "session_id": session.pk, "now": LATER}
    on_screen, aloud, aside = ask(session, "几天到", ("v1", "v2")), ask(session, "起球吗"), ask(session, "在哪")
    assert [(one.text, one.asked) for one in queries.panel_of(session).questions][0] == ("几天到", 2)
    assert code_of(talk.answer_question, question_id=on_screen, text="国家级快递", **said) == "live.saying_blocked"
    assert talk.answer_question(question_id=on_screen, text="48 小时内发出", **said).asked == 2
    talk.answer_question(question_id=aloud, text="", **said)
    talk.dismiss_question(question_id=aside, **said)
    assert queries.panel_of(session).questions == ()
    assert code_of(talk.dismiss_question, question_id=aside, **said) == "live.question_settled"
    assert code_of(talk.reopen_question, question_id=on_screen, **said) == "live.question_settled"  # viewers have read it
    talk.reopen_question(question_id=aside, **said)
    assert [one.text for one in queries.panel_of(session).questions] == ["在哪"]
    with connection.cursor() as cursor:
        cursor.execute("select body->>'answer' from room.events where room = %s and kind = 'answer'", [session.room])
        assert cursor.fetchall() == [("48 小时内发出",)]


def test_the_shop_speaks_only_clean_words(session, control):
    said = {"actor": control, "session_id": session.pk, "now": LATER}
    assert code_of(talk.say_as_shop, text="全网最低价", **said) == "live.saying_blocked"
    assert code_of(talk.say_as_shop, text=" ", **said) == "live.saying_empty"
    talk.say_as_shop(text="新人券在商品页领", **said)
    assert [(one.speaker, one.nickname, one.text) for one in queries.messages_of(session)] == [("shop", "林夏的衣橱", "新人券在商品页领")]


ACTS = [
    ("talk", "mute_visitor", {"visitor": "v1", "minutes": 5, "reason": ""}, {"control": True, "service": True, "compliance": True, "host": False, "analyst": False}),
    ("talk", "block_visitor", {"visitor": "v1", "reason": "x"}, {"control": True, "service": False, "compliance": True, "host": False}),
    ("talk", "say_as_shop", {"text": "你好"}, {"control": True, "service": True, "host": True, "technician": False, "compliance": False}),
    ("polls", "open_poll", {"title": "?", "options": ["甲", "乙"]}, {"control": True, "service": True, "host": False, "analyst": False}),
    ("speech", "hear_lines", {"lines": [speech.Line(NOW, "大家好")]}, {"control": True, "technician": True, "host": False, "service": False}),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name", "asked", "role", "may"), [(m, n, a, role, may) for m, n, a, roles in ACTS for role, may in roles.items()])
def test_only_who_may_does_it_and_others_change_nothing(session, shop, module, name, asked, role, may):
    say(session, "你好")
    call = getattr({"talk": talk, "polls": poll_services, "speech": speech}[module], name)
    actor = make_actor(f"one-{role}", role, shop=shop)
    if may:
        call(actor=actor, session_id=session.pk, now=LATER, **asked)
        return
    with pytest.raises(AbilityMissing):
        call(actor=actor, session_id=session.pk, now=LATER, **asked)
    with pytest.raises(SessionUnknown):
        call(actor=make_actor("zoe", "control", shop=make_shop("other", "别家")), session_id=session.pk, now=LATER, **asked)
    assert (deeds(), queries.blocks_of(shop.pk), queries.panel_of(session).mutes, SpeechLine.objects.count()) == ([], [], (), 0)
    assert (len(queries.messages_of(session)), queries.polls_of(session)) == (1, [])


def test_the_panel_costs_the_same_queries_for_one_and_for_many(session, control, django_assert_num_queries):
    with django_assert_num_queries(6):
        queries.panel_of(session)
    for number in range(12):
        say(session, f"包治百病{number}", verdict="review")
        ask(session, f"问题{number}", (f"v{number}", "v"))
        speech.hear_lines(actor=control, session_id=session.pk, lines=[speech.Line(NOW + timedelta(seconds=number), "这是国家级的")], now=NOW)
    with django_assert_num_queries(6):
        queries.panel_of(session)


# ── polls ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_poll_at_a_time_is_opened_and_closed_with_its_result(session, control):
    said = {"actor": control, "session_id": session.pk, "now": LATER}
    assert code_of(poll_services.open_poll, title="谁是国家级主播", options=["甲", "乙"], **said) == "live.saying_blocked"
    poll = poll_services.open_poll(title="先讲哪个？", options=["雾蓝", "燕麦"], **said)
    assert code_of(poll_services.open_poll, title="再问", options=["甲", "乙"], **said) == "live.poll_is_open"
    with connection.cursor() as cursor:
        cursor.execute("select result from room.cast_votes(%s::uuid[], %s::text[], %s::text[], %s::smallint[])", [[poll] * 2, [session.room] * 2, ["v1", "v2"], [2, 2]])
    poll_services.close_poll(poll_id=poll, **said)
    assert code_of(poll_services.close_poll, poll_id=poll, **said) == "live.poll_not_open"
    assert AuditRow.objects.get(deed="live:poll:close").details["votes"] == {"雾蓝": 0, "燕麦": 2}
    assert queries.poll_differences() == []


def test_a_poll_closes_by_itself_when_its_time_is_over(session, control):
    poll = poll_services.open_poll(actor=control, session_id=session.pk, title="先讲哪个？", options=["雾蓝", "燕麦"], minutes=3, now=datetime.now(tz=NOW.tzinfo))
    assert poll_services.close_due_polls(LATER) == 0
    with connection.cursor() as cursor:
        cursor.execute("update room.polls set opened_at = now() - interval '2 h', closes_at = now() - interval '1 s'")
    assert poll_services.close_due_polls(LATER) == 1
    assert [(one.poll.poll, one.poll.state) for one in queries.polls_of(session)] == [(poll, "closed")]
    assert AuditRow.objects.get(deed="live:poll:close").actor_name == "开播"


# ── replies ─────────────────────────────────────────────────────────────────────────────────────────────────────


def published(shop):
    with connection.cursor() as cursor:
        cursor.execute("select keywords, text from room.auto_replies where shop = %s", [str(shop.pk)])
        return cursor.fetchall()


def test_a_keyword_reply_works_only_after_a_second_person_approved_it(owner, shop, session):
    control = make_actor("zhou", "control", shop=shop)
    reply = replies.write_reply(actor=owner, shop_id=shop.pk, text="尺码表在第二张图", keywords=["尺码", "穿什么码"], now=NOW)
    assert published(shop) == []
    with pytest.raises(AbilityMissing):
        replies.approve_reply(actor=control, reply_id=reply.pk, now=NOW)
    assert code_of(replies.approve_reply, actor=owner, reply_id=reply.pk, now=NOW) == "live.reply_needs_second"
    assert (Reply.objects.get().state, published(shop)) == ("waiting", [])
    he = make_actor("hemu", "operations", shop=shop)
    replies.approve_reply(actor=he, reply_id=reply.pk, now=NOW)
    assert published(shop) == [(["尺码", "穿什么码"], "尺码表在第二张图")]
    assert code_of(replies.refuse_reply, actor=he, reply_id=reply.pk, now=NOW) == "live.reply_decided"
    replies.retire_reply(actor=control, reply_id=reply.pk, now=NOW)
    assert published(shop) == []
    assert deeds() == ["live:reply:write", "live:reply:approve", "live:reply:retire"]


def test_a_reply_is_screened_when_written_and_again_when_approved_and_used(owner, shop, session):
    he = make_actor("hemu", "operations", shop=shop)
    assert code_of(replies.write_reply, actor=owner, shop_id=shop.pk, text="国家级面料", now=NOW) == "live.saying_blocked"
    quick, late = (replies.write_reply(actor=owner, shop_id=shop.pk, text=text, now=NOW) for text in ("隔壁家没有的颜色", "隔壁家更贵"))
    replies.approve_reply(actor=he, reply_id=quick.pk, now=NOW)
    talk.say_as_shop(actor=owner, session_id=session.pk, reply_id=quick.pk, now=NOW)
    assert code_of(talk.say_as_shop, actor=owner, session_id=session.pk, reply_id=late.pk, now=NOW) == "live.reply_unknown"
    house_words.add_word(actor=owner, word="隔壁家", severity="block", source="店内约定", now=NOW)
    assert code_of(replies.approve_reply, actor=he, reply_id=late.pk, now=NOW) == "live.saying_blocked"
    assert code_of(talk.say_as_shop, actor=owner, session_id=session.pk, reply_id=quick.pk, now=NOW) == "live.saying_blocked"


# ── the host's words ────────────────────────────────────────────────────────────────────────────────────────────


def hear(actor, session, *lines):
    """Lines (second, text, final?) of one call."""
    return speech.hear_lines(
        actor=actor, session_id=session.pk, now=LATER, lines=[speech.Line(NOW + timedelta(seconds=second), text, *final) for second, text, *final in lines]
    )  # fmt: skip


def standing():
    return [(one.text, one.state) for one in SpeechHit.objects.order_by("line__at", "start", "id")]


def test_a_line_is_kept_counted_and_its_hits_name_law_and_way_out(session, control):
    found = hear(control, session, (0, "大家晚上好"), (2, "我们这件是国家级的呢"))
    assert (found.lines, found.words) == (2, 15)
    hit = SpeechHit.objects.get()
    assert (hit.text, hit.severity, hit.start, hit.end) == ("国家级", "block", 5, 8)
    assert "广告法" in hit.source
    assert hit.suggestion
    count = queries.speech_count(session.pk)
    assert (count.lines, count.words, count.hits, count.blocking, count.waiting, count.hits_per_thousand_words) == (2, 15, 1, 1, 1, 66)


def test_a_word_across_two_calls_is_found_and_a_line_twice_changes_nothing(session, control):
    for _ in range(2):
        hear(control, session, (0, "这是国家"))
        hear(control, session, (1, "级的面料"))
    assert standing() == [("国家级", "open")]
    assert SpeechLine.objects.count() == 2


def test_what_turns_out_innocent_is_taken_back_and_what_the_recogniser_corrects_too(session, control):
    hear(control, session, (0, "我们家面料最"))
    assert standing() == [("最", "open")]
    hear(control, session, (1, "后再说"))
    assert standing() == [("最", "withdrawn")]
    hear(control, session, (2, "国家级", False))
    hear(control, session, (2, "国家级的衣服", False))
    assert standing()[1:] == [("国家级", "open")]
    hear(control, session, (2, "过家家的衣服", True))
    hear(control, session, (2, "国家级", True))  # final is final
    assert standing()[1:] == [("国家级", "withdrawn")]
    assert queries.speech_count(session.pk).hits == 0


def test_a_word_forbidden_for_some_goods_only_is_judged_by_what_is_on_air(owner, shop):
    item = make_item_on_sale(owner, shop)
    assert speech._category(item.session) != ""
    hear(owner, item.session, (0, "穿上特别显瘦"))
    assert standing() == []


def test_a_hit_is_acknowledged_once_by_who_may(session, control, shop):
    hear(control, session, (0, "这是国家级的"))
    hit = SpeechHit.objects.get()
    said = {"session_id": session.pk, "hit_id": hit.pk, "note": "已提醒主播", "now": LATER}
    with pytest.raises(AbilityMissing):
        speech.acknowledge_hit(actor=make_actor("tech", "technician", shop=shop), **said)
    assert speech.acknowledge_hit(actor=control, **said).acknowledged_by_name == "Zhou"
    assert code_of(speech.acknowledge_hit, actor=control, **said) == "live.hit_settled"
    assert deeds() == ["live:speech:acknowledge"]
    out = list(rows(control, None, None))
    assert [(row[2], row[3], row[8], row[9], row[10]) for row in out] == [("这是国家级的", "国家级", "已确认", "Zhou", "已提醒主播")]
    assert list(rows(make_actor("zoe", "control", shop=make_shop("other", "别家")), None, None)) == []


def test_the_desk_is_told_at_the_commit_and_not_of_anything_else(session, control):
    with connection.cursor() as cursor:
        cursor.execute("listen kaibo_talk")
    hear(control, session, (0, "大家好"))
    assert [one.payload for one in connection.connection.notifies(timeout=0)] == []


# ── over the API ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recogniser_sends_one_line_or_many(session, control):
    said = {"auth": control, "now": LATER}
    address = f"/sessions/{session.pk}/speech"
    one = API.post(address, json={"at": "2026-11-22T13:00:01Z", "text": "这是国家级的", "final": True}, **said).json()
    assert (one["lines"], [(hit["text"], hit["severity"]) for hit in one["hits"]]) == (1, [("国家级", "block")])
    many = API.post(address, json={"lines": [{"at": f"2026-11-22T13:00:{n:02}Z", "text": "好看"} for n in range(2, 5)]}, **said).json()
    assert (many["lines"], many["hits"]) == (3, [])
    spoken = API.get(address, **said).json()["items"]
    assert [(row["said"], row["text"], row["state"]) for row in spoken] == [("这是国家级的", "国家级", "open")]
    assert API.post(f"{address}/{spoken[0]['id']}/acknowledge", json={"note": "已提醒"}, **said).status_code == 204


@pytest.mark.parametrize("body", [{}, {"lines": []}, {"at": "2026-11-22T13:00:01", "text": "没有时区"}, {"at": "2026-11-22T13:00:01Z", "text": " "}])
def test_what_cannot_be_heard_is_refused(session, control, body):
    with pytest.raises(KaiboError) as refusal:
        API.post(f"/sessions/{session.pk}/speech", json=body, auth=control, now=LATER)
    assert (refusal.value.code, SpeechLine.objects.count()) == ("live.nothing_heard", 0)


def test_a_program_moderates_answers_and_polls(session, control):
    said = {"auth": control, "now": LATER}
    message, question, base = say(session, "加微信"), ask(session), f"/sessions/{session.pk}"
    assert API.get(f"{base}/messages", **said).json()["items"][0]["text"] == "加微信"
    calls = [
        ("put", "/mutes/v1", {"minutes": 5}), ("delete", "/mutes/v1", None), ("put", "/blocks/v1", {"reason": "辱骂"}), ("delete", "/blocks/v1", None),
        ("post", f"/messages/{message}/pin", None), ("delete", "/pin", None), ("post", f"/messages/{message}/remove", {"reason": "广告"}),
        ("post", f"/messages/{message}/restore", None), ("post", f"/questions/{question}/answer", {"text": "不会"}),
    ]  # fmt: skip
    assert [getattr(API, verb)(base + path, json=body, **said).status_code for verb, path, body in calls] == [204] * 9
    assert API.post(f"{base}/messages", json={"text": "欢迎"}, **said).status_code == 201
    poll = API.post(f"{base}/polls", json={"title": "?", "options": ["甲", "乙"], "minutes": 3}, **said).json()["poll"]
    assert API.post(f"{base}/polls/{poll}/close", **said).status_code == 204
    assert [one["state"] for one in API.get(f"{base}/polls", **said).json()["items"]] == ["closed"]
    with connection.cursor() as cursor:
        assert moderation.mutes_of(cursor, session.room) == []
        assert polls.differences(cursor) == []
