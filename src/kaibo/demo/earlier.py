"""The shop's evenings before tonight: planned, sold, paid, sent, some come back; the last one's retrospective is concluded."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from kaibo.demo import goods, past, trouble
from kaibo.demo.cast import actor
from kaibo.demo.house import House
from kaibo.demo.payments import Paid, pay_in_the_past
from kaibo.demo.tonight import DUTIES, sample_minutes
from kaibo.kit.clock import business_date
from kaibo.stages.analytics import jobs as analytics_jobs
from kaibo.stages.analytics import queries as analytics
from kaibo.stages.analytics import services as retrospectives
from kaibo.stages.live import services as live
from kaibo.stages.live.models import SaleItem
from kaibo.stages.orders import following, relay, shipping
from kaibo.stages.orders.models import Order
from kaibo.stages.showplan import queries as showplan_queries
from kaibo.stages.showplan import services as showplan
from kaibo.stages.showplan.rules import EquipmentKind
from kaibo.stages.showplan.services.rundown import NewOffer
from kaibo.stages.warmup import services as warmup


@dataclass(frozen=True, slots=True)
class Evening:
    days_ago: int
    title: str
    shown: tuple[str, ...]
    claims: int
    viewers: int
    target_fen: int
    lessons: str = "节奏合适，话术不改"


LESSONS = (
    "外套讲解到第 9 分钟才报价，点击已经掉了一半：下一场第 4 分钟先报价再讲工艺\n"
    "围巾的颜色问得最多：主播左右手各拿一条，灯光先校白\n尺码问题占弹幕三成：尺码表提前贴在公告里"
)
WAITS_FOR_ITS_RETROSPECTIVE = 2
"""Which of the evenings nobody has looked back on yet."""
EVENINGS = (
    Evening(13, "秋冬预热场 · 打底与袜", ("KB-2410", "KB-2388"), 14, 110, 90_000),
    Evening(11, "通勤专场 · 开衫与围巾", ("KB-2422", "KB-2405"), 15, 130, 320_000),
    Evening(9, "秋冬上新第 1 场 · 牛仔与打底", ("KB-2390", "KB-2410"), 16, 140, 180_000),
    Evening(6, "秋冬上新第 2 场 · 双面呢与围巾", ("KB-2417", "KB-2405", "KB-2422"), 26, 220, 1_100_000, LESSONS),
)
def hold_evenings(house: House, now: datetime) -> list[UUID]:
    """This function will hold every earlier evening in the order of time and give the sessions."""
    held = [_hold(house, evening, now, random.Random(evening.days_ago)) for evening in EVENINGS]
    analytics_jobs.count_sessions(now)
    for place, (evening, session_id) in enumerate(zip(EVENINGS, held, strict=True)):
        if place != WAITS_FOR_ITS_RETROSPECTIVE:
            _conclude(session_id, evening.lessons, now)
    return held


def begins_at(evening: Evening, now: datetime) -> datetime:
    """This function will give eight in the evening, Shanghai time, of that many days ago."""
    return (now - timedelta(days=evening.days_ago)).replace(hour=12, minute=0, second=0, microsecond=0)


def _hold(house: House, evening: Evening, now: datetime, chance: random.Random) -> UUID:
    starts_at = begins_at(evening, now)
    room = f"linxia-{starts_at:%m%d}"
    session_id = _plan(house, evening, room, starts_at)
    desk, at, seen = actor("zhouzhou"), starts_at, None
    live.start_session(actor=actor("hemu"), session_id=session_id, key=f"example-{uuid4()}", now=starts_at)
    shown: list[past.OnSale] = []
    for segment in showplan_queries.rundown_of(showplan_queries.session_for(desk, session_id)):
        live.next_segment(actor=desk, session_id=session_id, seen=seen, key=f"example-{uuid4()}", now=at)
        ends_at = at + timedelta(minutes=segment.minutes + chance.randint(0, 3))
        for item in SaleItem.objects.filter(session=session_id, segment_id=segment.id).values_list("pk", flat=True):
            shown.append(past.OnSale(item, room, at, ends_at))
        if evening is EVENINGS[-1] and segment.product_code == "KB-2417":
            trouble.break_the_picture(house.shop_id, session_id, at + timedelta(minutes=6))
        seen, at = segment.id, ends_at
    past.watch_in_the_past(room, shown, starts_at=starts_at, viewers=evening.viewers, chance=chance)
    past.claim_in_the_past(shown, claims=evening.claims, chance=chance)
    sample_minutes(session_id, room, starts_at, at, entered=evening.viewers)
    relay.settle_claims(at)
    _pay_and_send(session_id, at, chance)
    live.end_session(actor=actor("hemu"), session_id=session_id, key=f"example-{uuid4()}", now=at)
    return session_id


def _plan(house: House, evening: Evening, room: str, starts_at: datetime) -> UUID:
    planner, now = actor("hemu"), starts_at - timedelta(days=5)
    session = showplan.plan_session(
        actor=planner, shop_id=house.shop_id, title=evening.title, room_name=room, theme="秋冬", target_fen=evening.target_fen, starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2), now=now,
    )  # fmt: skip
    warmup.write_announcement(
        actor=planner, session_id=session.pk, headline=evening.title, body="48 小时内发货，七天无理由退货。", offers="", now=starts_at - timedelta(days=4)
    )
    warmup.publish_announcement(actor=planner, session_id=session.pk, now=starts_at - timedelta(days=4))
    for good in (one for one in goods.GOODS if one.code in evening.shown):
        offers = [NewOffer(house.skus[item.code], good.price_fen, 30, 2) for item in good.items]
        showplan.add_segment(
            actor=planner,
            session_id=session.pk,
            kind="product",
            minutes=20,
            product_id=house.products[good.code],
            offers=offers,
            is_flash=False,
            now=now,
        )
    for role, account in DUTIES:
        showplan.assign_duty(
            actor=planner, session_id=session.pk, role=role, person_id=actor(account).person_id, now=now
        )
    for kind in EquipmentKind:
        showplan.sign_equipment(actor=actor("luming"), session_id=session.pk, kind=kind.value, is_fine=True, now=now)
    showplan.record_rehearsal(
        actor=actor("zhouzhou"), session_id=session.pk, held_at=starts_at - timedelta(days=1), minutes=30, notes="话术对过一遍", now=now
    )
    showplan.make_ready(actor=planner, session_id=session.pk, now=now)
    return session.pk


def _pay_and_send(session_id: UUID, ended_at: datetime, chance: random.Random) -> None:
    """Nine of ten buyers pay in time; what is paid leaves the next morning."""
    keeper = actor("shencang")
    made = Order.objects.filter(session_id=session_id).order_by("ordered_at", "pk")
    paid = [Paid(order, order.ordered_at + timedelta(seconds=chance.randint(20, 240))) for order in made if chance.random() >= 0.1]
    pay_in_the_past(paid, ended_at)
    for one in paid:
        shipping.ship_order(
            actor=keeper, order_id=one.order.pk, carrier="顺丰", tracking_no=f"SF1{chance.randrange(10**12):012d}", now=ended_at + timedelta(hours=14)
        )
    following.expire_unpaid(ended_at + timedelta(hours=2))


def _conclude(session_id: UUID, lessons: str, now: datetime) -> None:
    """Every cause decided, its lessons written."""
    analyst, session = actor("xunuo"), showplan_queries.sessions_by_id([session_id])[session_id]
    for number, cause in enumerate(retrospectives.causes_for(session, analytics.kept_picture(session_id))):
        if number == 3:
            retrospectives.drop_action(actor=analyst, session_id=session_id, cause=cause.key, now=now)
        else:
            retrospectives.accept_action(
                actor=analyst,
                session_id=session_id,
                cause=cause.key,
                owner_id=actor("linxia").person_id,
                due_on=business_date(now) + timedelta(days=3),
                now=now,
            )
    retrospectives.conclude(actor=actor("linxia"), session_id=session_id, lessons=lessons, now=now)
