"""Tonight's talk in the example shop: what viewers said and asked, what was answered, pinned, removed and voted."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from django.db import connection

from kaibo.config.env import read_env
from kaibo.database.address import address
from kaibo.demo.cast import actor
from kaibo.kit.ids import new_id
from kaibo.room import moderation, questions
from kaibo.stages.live.services import polls, replies, speech, talk

SAID = (
    (3, "老粉小秋", "来了来了，等了一周", False), (5, "阿柚", "今晚有围巾吗", False), (7, "山茶", "雾灰和焦糖哪个显白？", True), (8, "晚晚", "围巾掉不掉毛？", True),
    (9, "知夏", "这条围巾会掉毛吗", True), (11, "南风", "已拍焦糖色", False), (13, "半糖", "围巾多长，能绕两圈吗？", True), (16, "三三", "付款成功啦", False),
    (19, "梨涡", "打底衫会不会勒脖子？", True), (22, "荔枝", "白色透不透？", True), (23, "朵拉", "白色打底会透吗", True), (26, "小鱼干", "上次买的洗了三次没变形", False),
    (27, "低价代拍", "隔壁直播间便宜一半，点我头像", False), (31, "圆圆", "外套终于来了", False), (32, "一颗星", "150 的小个子穿 S 还是 M？", True),
    (33, "团团", "小个子 152 穿什么码？", True), (34, "沐沐", "160 斤能穿吗？", True), (36, "安安", "会不会起球？", True), (37, "落落", "这个料子起球吗", True),
    (38, "栗子", "驼色 S 没抢到，还会补吗", True), (40, "柚子茶", "尺码表在哪里看？", True), (41, "云朵朵", "什么时候发货？", True),
)  # fmt: skip
ANSWERS = (
    ("掉毛", "紧捻纱，质检报告里掉毛量合格；第一次穿前抖一抖就好"), ("勒脖", "领口有回弹，周长 38 厘米，不勒"), ("透", "白色双层前片，浅色内衣看不出来"),
    ("绕两圈", "长 200 厘米，能绕两圈"),
)  # fmt: skip
SPOKEN = (
    (6, "这条围巾正面雾灰反面驼色，一条当两条戴"), (9, "含绒量九成五，检测报告在商品页第四张图"), (18, "打底衫是磨毛的，贴身不扎"),
    (24, "这个价格应该是全网最低价了"), (24.2, "我更正一下，是我们店近七天的最低成交价"), (32, "外套是双面呢手工缝制，里外都能看"), (35, "这个面料是国家级的标准"),
    (38, "小个子穿 S，肩线正好落在肩上"),
)  # fmt: skip


def talk_tonight(shop_id: UUID, session_id: UUID, room: str, starts_at: datetime, now: datetime) -> None:
    """This function will fill the evening's talk up to now and leave what a newcomer can try: open questions, an open poll."""
    _write_replies(shop_id, starts_at - timedelta(days=3))
    messages = _say(room, starts_at)
    asyncio.run(_gather(room))
    _answer(session_id, room, starts_at)
    service, control = actor("qiuyu"), actor("zhouzhou")
    talk.remove_message(actor=service, session_id=session_id, message_id=messages["隔壁直播间便宜一半，点我头像"], reason="广告引流", now=starts_at + timedelta(minutes=27))
    pinned = talk.say_as_shop(actor=service, session_id=session_id, text="外套尺码表在商品页第二张图，小个子看 S 码肩宽", now=starts_at + timedelta(minutes=33))
    talk.pin_message(actor=control, session_id=session_id, message_id=pinned, now=starts_at + timedelta(minutes=33))
    _ask_the_room(session_id, room, starts_at, now)
    _hear_the_host(session_id, starts_at)


def _write_replies(shop_id: UUID, then: datetime) -> None:
    writer, second = actor("qiuyu"), actor("hemu")
    for text, keywords in (
        ("48 小时内从杭州仓发货，默认顺丰", ("发货", "几天到")), ("七天无理由，吊牌在就能退，运费险已送", ()), ("开衫和外套都可以干洗，围巾请冷水手洗", ("机洗", "怎么洗")),
        ("尺码表在商品页第二张图，报身高体重客服帮您选", ("尺码表",)),
    ):  # fmt: skip
        made = replies.write_reply(actor=writer, shop_id=shop_id, text=text, keywords=keywords, now=then)
        replies.approve_reply(actor=second, reply_id=made.pk, now=then + timedelta(hours=2))
    replies.write_reply(actor=writer, shop_id=shop_id, text="驼色 S 码周三补 40 件，可以先点候补", now=then + timedelta(days=2))  # waits for the second person


def _say(room: str, starts_at: datetime) -> dict[str, UUID]:
    """Rows as the room writes them after screening."""
    said = {text: new_id() for _minute, _name, text, _asks in SAID}
    with connection.cursor() as cursor:
        for number, (minute, name, text, is_question) in enumerate(SAID):
            cursor.execute(
                """INSERT INTO room.messages (message, room, visitor, nickname, text, verdict, hits, sent_at, is_question, speaker)
                   VALUES (%s, %s, %s, %s, %s, 'pass', '[]', %s, %s, 'visitor')""",
                [said[text], room, f"past-{number}", name, text, starts_at + timedelta(minutes=minute, seconds=number), is_question],
            )
    return said


async def _gather(room: str) -> None:
    async with await psycopg.AsyncConnection.connect(address(read_env()), autocommit=True) as own:
        await questions.collect(own, room)


def _answer(session_id: UUID, room: str, starts_at: datetime) -> None:
    service = actor("qiuyu")
    with connection.cursor() as cursor:
        asked = moderation.questions_of(cursor, room)
    for number, (word, answer) in enumerate(ANSWERS):
        question = next((one for one in asked if word in one.text), None)
        if question is not None:
            talk.answer_question(actor=service, session_id=session_id, question_id=question.question, text=answer, now=starts_at + timedelta(minutes=14 + 4 * number))


def _ask_the_room(session_id: UUID, room: str, starts_at: datetime, now: datetime) -> None:
    control = actor("zhouzhou")
    first = polls.open_poll(actor=control, session_id=session_id, title="围巾先讲哪个颜色？", options=("雾灰 / 驼", "焦糖 / 米"), now=starts_at + timedelta(minutes=6))
    with connection.cursor() as cursor:
        voters = [f"past-{number}" for number in range(137)]
        cursor.execute(
            "SELECT count(*) FROM room.cast_votes(%s::uuid[], %s::text[], %s::text[], %s::smallint[])",
            [[first] * len(voters), [room] * len(voters), voters, [1 if number % 5 < 3 else 2 for number in range(len(voters))]],
        )
    polls.close_poll(actor=control, session_id=session_id, poll_id=first, now=starts_at + timedelta(minutes=8))
    polls.open_poll(actor=control, session_id=session_id, title="下一场想看什么？", options=("羽绒服", "羊毛裙", "围巾礼盒"), minutes=30, now=now)


def _hear_the_host(session_id: UUID, starts_at: datetime) -> None:
    """The recogniser's lines; the first hit was passed on to the host, the second still stands on the desk."""
    lines = [speech.Line(starts_at + timedelta(minutes=minute), text) for minute, text in SPOKEN]
    heard = speech.hear_lines(actor=actor("luming"), session_id=session_id, lines=lines, now=lines[-1].at)
    if heard.hits:
        speech.acknowledge_hit(actor=actor("zhouzhou"), session_id=session_id, hit_id=heard.hits[0].pk, note="已提醒主播，当场更正", now=heard.hits[0].line.at + timedelta(seconds=9))
