"""Draws of the example shop: one of tonight that is over and can be computed again, one that takes entries, one still being written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import connection

from kaibo.demo.cast import actor
from kaibo.demo.past import database_clock
from kaibo.demo.viewers import NAMES
from kaibo.kit.draws import masked, seal_of, witness_commitment
from kaibo.kit.ids import new_id, readable_code
from kaibo.room import draw_backoffice
from kaibo.stages.live.draw_terms import Prize, Terms, first_terms
from kaibo.stages.live.services import draws

ENTRANTS = 186
CONTACT = "0571-8800 2417（每天 9:00–24:00）"


def _terms(title: str, *prizes: Prize, minutes: int) -> Terms:
    return replace(first_terms(organiser="杭州林夏服饰有限公司", contact=CONTACT), title=title, prizes=prizes, minutes_open=minutes)


def draw_tonight(session_id: UUID, room: str, starts_at: datetime, now: datetime) -> None:
    """This function will hold the first draw of the evening, open the second and leave the third a draft."""
    _hold(session_id, room, starts_at + timedelta(minutes=17))
    host = actor("zhouzhou")
    scarf = Prize("双面羊绒围巾", "雾灰 / 驼，含绒九成五，礼盒装", 1, 29_900)
    socks = Prize("羊毛袜礼盒", "女款三双，颜色随机", 5, 3_900)
    second = draws.save_draw(actor=host, session_id=session_id, draw_id=None, terms=_terms("整点抽奖 · 围巾", scarf, socks, minutes=12), now=now)
    draws.start_draw(actor=host, draw_id=second.pk, now=now)
    last = Prize("短款羊毛双面呢外套", "尺码颜色自选，以在售为准", 1, 59_900)
    for_followers = replace(_terms("下播前抽奖 · 外套", last, minutes=5), eligibility="followed", conditions="关注了店铺的观众均可参与，每人一次，不需要购买。")
    draws.save_draw(actor=host, session_id=session_id, draw_id=None, terms=for_followers, now=now)


def _hold(session_id: UUID, room: str, then: datetime) -> None:
    host, witness = actor("zhouzhou"), actor("luming")
    terms = _terms("开场抽奖 · 打底衫", Prize("高领打底衫", "三色任选，尺码自选", 3, 8_900), minutes=5)
    plan = draws.save_draw(actor=host, session_id=session_id, draw_id=None, terms=terms, now=then)
    draws.start_draw(actor=host, draw_id=plan.pk, now=then)
    secret = sha256(f"{plan.pk} {readable_code(24)}".encode()).hexdigest()
    draws.promise_secret(actor=witness, draw_id=plan.pk, commitment=witness_commitment(str(plan.pk), witness.name, secret), now=then + timedelta(seconds=40))
    _enter(plan.pk, room, then)
    draws.advance_draws(then + timedelta(minutes=5))
    draws.show_secret(actor=witness, draw_id=plan.pk, secret=secret, now=then + timedelta(minutes=5, seconds=12))
    draws.advance_draws(then + timedelta(minutes=6))
    _take_a_prize(plan.pk, room, then + timedelta(minutes=9))


def _enter(draw: UUID, room: str, then: datetime) -> None:
    with database_clock(), connection.cursor() as cursor:
        for number in range(ENTRANTS):
            at = then + timedelta(seconds=2 + number * 1.5)
            cursor.execute("SELECT set_config('example.now', %s, true)", [at.isoformat()])
            receipt = readable_code(24)
            name = masked(NAMES[number % len(NAMES)] + (str(number) if number >= len(NAMES) else ""))
            cursor.execute(
                "SELECT result FROM room.enter_draw(%s, %s, %s, %s, %s, %s, %s)",
                [room, draw, f"past-{number}", name, new_id(), receipt, seal_of(receipt)],
            )


def _take_a_prize(draw: UUID, room: str, at: datetime) -> None:
    """The first winner pressed 领取; the others have two days."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT visitor FROM room.draw_places WHERE draw = %s AND place = 1", [draw])
        draw_backoffice.claim_prize(cursor, room=room, draw=draw, visitor=cursor.fetchone()[0], now=at)
