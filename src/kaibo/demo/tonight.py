"""Tonight's session of the example shop: pages published, show planned, gate green, on air and some way in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection

from kaibo.demo import goods, past
from kaibo.demo.cast import actor
from kaibo.demo.house import House
from kaibo.demo.payments import Paid, pay_in_the_past
from kaibo.lake.reading import figures_of
from kaibo.master.catalog import promising
from kaibo.master.shops.queries import channels_of
from kaibo.stages.analytics.queries.gathering import lake_folder
from kaibo.stages.listing import services as listing
from kaibo.stages.listing.rules import TitleParts
from kaibo.stages.live import services as live
from kaibo.stages.live.models import FigureSample, SaleItem
from kaibo.stages.orders import following, relay
from kaibo.stages.orders.models import Order
from kaibo.stages.showplan import queries as showplan_queries
from kaibo.stages.showplan import services as showplan
from kaibo.stages.showplan.rules import EquipmentKind
from kaibo.stages.showplan.services.rundown import NewOffer

ROOM = "linxia-1122"
MINUTES_IN = 42
"""How far the session is when a newcomer first looks."""
HOURS = 3
DUTIES = (
    ("host", "linxia"), ("host", "tangtang"), ("host", "jiangnan"), ("control", "zhouzhou"), ("operations", "hemu"), ("operations", "xunuo"),
    ("technician", "luming"), ("service", "qiuyu"),
)  # fmt: skip
SHOWN = ("KB-2405", "KB-2410", "KB-2417", "KB-2422", "KB-2390", "KB-2388")
CORES = {
    "KB-2405": ("羊绒围巾", ("双面双色", "加长"), ("冬季", "通勤")), "KB-2410": ("高领打底衫", ("磨毛", "修身"), ("秋冬", "叠穿")),
    "KB-2417": ("双面呢外套", ("短款", "羊毛", "手工缝制"), ("小个子", "秋冬")), "KB-2422": ("针织开衫", ("法式", "马海毛混纺"), ("秋冬", "外搭")),
    "KB-2390": ("直筒牛仔裤", ("加绒", "高腰"), ("冬季", "大码")), "KB-2388": ("羊毛袜", ("加厚", "三双装"), ("冬季", "中筒")),
}  # fmt: skip


def list_goods(house: House, now: datetime) -> None:
    """This function will publish tonight's goods on the shop's channels; the trench coat stays a draft."""
    editor = actor("hemu")
    channels = [one for one in channels_of(house.shop_id) if one.platform in {"own", "douyin"}]
    for code in SHOWN:
        core, attributes, scenes = CORES[code]
        for channel in channels:
            page = listing.begin_listing(actor=editor, product_id=house.products[code], channel_id=channel.pk, now=now)
            saved = listing.save_title(actor=editor, listing_id=page.pk, parts=TitleParts(core, attributes, scenes, ""), title="", revision=page.revision, now=now)
            listing.publish_listing(actor=editor, listing_id=saved.pk, now=now)


def promise(house: House, now: datetime) -> None:
    """This function will sell the scarf of tonight ahead: it leaves within three days of payment."""
    promising.set_promise(actor=actor("hemu"), product_id=house.products["KB-2405"], days=3, note="第二批锁边中", now=now)


def plan(house: House, starts_at: datetime, now: datetime) -> UUID:
    """This function will plan tonight's session until its gate is green."""
    planner = actor("hemu")
    session = showplan.plan_session(
        actor=planner, shop_id=house.shop_id, title="秋冬上新第 3 场 · 羊毛与针织", room_name=ROOM, theme="小雪节气 · 羊毛与针织", target_fen=16_800_000,
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=HOURS), now=now,
    )  # fmt: skip
    showplan.add_segment(actor=planner, session_id=session.pk, kind="opening", minutes=5, title="开场：今晚六件羊毛与针织", now=now)
    by_code = {good.code: good for good in goods.GOODS}
    for number, code in enumerate(SHOWN):
        _add_product(house, session.pk, by_code[code], is_flash=code == "KB-2388", now=now)
        if number == 2:
            showplan.add_segment(actor=planner, session_id=session.pk, kind="interaction", minutes=6, title="答疑：尺码与洗护", now=now)
    showplan.add_segment(actor=planner, session_id=session.pk, kind="closing", minutes=5, title="收尾：下一场预告", now=now)
    _prepare(session.pk, now)
    return session.pk


def _add_product(house: House, session_id: UUID, good: goods.Good, *, is_flash: bool, now: datetime) -> None:
    offers = [
        NewOffer(
            house.skus[item.code], 2_900 if is_flash else good.price_fen, SCARCE_UNITS if item.code == SCARCE else max(good.allot // len(good.items), 1),
            2 if good.price_fen > 20_000 else 5,
        )
        for item in good.items
    ]  # fmt: skip
    showplan.add_segment(
        actor=actor("hemu"), session_id=session_id, kind="product", minutes=good.minutes, product_id=house.products[good.code], offers=offers,
        is_flash=is_flash, now=now,
    )  # fmt: skip


def _prepare(session_id: UUID, now: datetime) -> None:
    planner = actor("hemu")
    for role, account in DUTIES:
        showplan.assign_duty(actor=planner, session_id=session_id, role=role, person_id=actor(account).person_id, now=now)
    duties = showplan_queries.duties_of([session_id])[session_id]
    by_person = {actor(account).person_id: account for _role, account in DUTIES}
    for duty in duties:
        showplan.confirm_duty(actor=actor(by_person[duty.person_id]), session_id=session_id, duty_id=duty.id, now=now)
    for kind in EquipmentKind:
        showplan.sign_equipment(actor=actor("luming"), session_id=session_id, kind=kind.value, is_fine=True, now=now)
    showplan.record_rehearsal(
        actor=actor("zhouzhou"), session_id=session_id, held_at=now, minutes=40, notes="开衫讲解超时 2 分钟，改用尺码表快答；备用麦克风已试", now=now
    )
    showplan.make_ready(actor=planner, session_id=session_id, now=now)


CLAIMS = 96
"""How many units were claimed before a newcomer looks."""
VIEWERS = 620
SCARCE, SCARCE_UNITS = "KB-2417-C-S", 8
"""The size that is gone within minutes."""


def go_on_air(session_id: UUID, starts_at: datetime, now: datetime) -> None:
    """This function will start the session and walk its run of show up to now, with what viewers claimed on the way."""
    desk = actor("zhouzhou")
    live.start_session(actor=actor("hemu"), session_id=session_id, key=f"demo-{uuid4()}", now=starts_at)
    at, seen, shown = starts_at, None, []
    session = showplan_queries.session_for(desk, session_id)
    for segment in showplan_queries.rundown_of(session):
        live.next_segment(actor=desk, session_id=session_id, seen=seen, key=f"demo-{uuid4()}", now=at)
        seen, ends = segment.id, min(at + timedelta(minutes=segment.minutes + 1), now)
        shown += [past.OnSale(item.pk, session.room, at, ends) for item in SaleItem.objects.filter(segment_id=segment.id).order_by("opened_at")]
        at = ends
        if at >= now:
            break
    live.post_notice(actor=desk, session_id=session_id, text="今晚下单 48 小时内发货，支持七天无理由退货", key=f"demo-{uuid4()}", now=now)
    chance = random.Random(1122)
    past.watch_in_the_past(session.room, shown, starts_at=starts_at, viewers=VIEWERS, chance=chance)
    past.claim_in_the_past(shown, claims=CLAIMS, chance=chance)
    sample_minutes(session_id, session.room, starts_at, now, entered=VIEWERS)
    relay.settle_claims(now)
    _wait_for_the_scarce_size(session.room)
    pay_in_the_past(_paid_tonight(session_id, now, chance), now)
    following.expire_unpaid(now)


def _paid_tonight(session_id: UUID, now: datetime, chance: random.Random) -> list[Paid]:
    """Eleven of twelve paid within four minutes; whoever claimed just now still has time."""
    made = Order.objects.filter(session_id=session_id).order_by("ordered_at", "pk")
    moments = [(order, order.ordered_at + timedelta(seconds=chance.randint(20, 240))) for order in made if order.pk.int % 12]
    return [Paid(order, at) for order, at in moments if at < now]


def _wait_for_the_scarce_size(room: str) -> None:
    """Viewers who came too late for it stand on its waitlist, in the order they came."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT item FROM room.items WHERE room = %s AND sku_code = %s AND left_units = 0", [room, SCARCE])
        for (item,) in cursor.fetchall():
            for number in range(4):
                cursor.execute("SELECT room.join_waitlist(%s, %s, %s, 1)", [room, f"late-{number}", item])


def sample_minutes(session_id: UUID, room: str, starts_at: datetime, ends_at: datetime, *, entered: int) -> None:
    """The desk's chart of the minutes of a session, from the claims and views as they stand in the ledger and the lake."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT claimed_at, quantity, amount_fen FROM room.claims WHERE room = %s ORDER BY claimed_at", [room])
        claims = cursor.fetchall()
    online = {minute.starts_at: minute.online for minute in figures_of(lake_folder(), room).minutes}
    samples, stayed = [], 0
    last = int((ends_at - starts_at).total_seconds() // 60)
    for minute in range(1, last):
        at = starts_at + timedelta(minutes=minute)
        so_far = [(units, fen) for claimed_at, units, fen in claims if claimed_at <= at]
        viewers = next((count for moment, count in online.items() if abs((moment - at).total_seconds()) <= 30), 0)
        stayed += viewers * 60
        samples.append(
            FigureSample(
                session_id=session_id, at=at, viewers=viewers, claims=len(so_far), units=sum(units for units, _fen in so_far),
                amount_fen=sum(fen for _units, fen in so_far), messages=minute * 3, likes=minute * 40, watched=entered * minute // last,
                viewer_seconds=stayed,
            )
        )  # fmt: skip
    FigureSample.objects.bulk_create(samples, ignore_conflicts=True)
