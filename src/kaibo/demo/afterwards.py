"""What surrounds tonight: earlier evenings, orders from platforms, cases, members, mentions, the announcement."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from kaibo.demo import coupons, drawing, earlier, files, orders_file, pages, talk, tonight, trouble
from kaibo.demo.cast import actor
from kaibo.demo.house import House, bring_file
from kaibo.stages.aftersales import refunds, returns
from kaibo.stages.aftersales import services as aftersales
from kaibo.stages.aftersales.rules import Impact, Kind, Nature, State
from kaibo.stages.aftersales.services import NewCase
from kaibo.stages.members import services as members
from kaibo.stages.orders import refunding
from kaibo.stages.orders.models import OrderLine
from kaibo.stages.warmup import queries as warmup_queries
from kaibo.stages.warmup import services as warmup


def before_tonight(house: House, now: datetime) -> None:
    """This function will bring what the shop knew before tonight: hot words, its customers' purchases, its earlier evenings."""
    bring_file("hemu", "hotwords", "热词榜.csv", files.hot_words(), shop_id=house.shop_id, now=now)
    pages.make_page(house, now)
    bring_file(
        "xunuo", "purchases", "购买历史.csv", files.purchases(now), shop_id=house.shop_id, now=now, platform="douyin"
    )
    members.score(actor=actor("xunuo"), shop_id=house.shop_id, now=now)
    trouble.ready_playbooks(house.shop_id, now)
    held = earlier.hold_evenings(house, now)
    figures = files.live_figures([earlier.begins_at(one, now) for one in earlier.EVENINGS])
    bring_file(
        "xunuo", "live-figures", "罗盘-直播间列表.csv", figures, shop_id=house.shop_id, now=now, platform="douyin"
    )
    _open_cases(held[-1], now)


def around_tonight(house: House, session_id: UUID, now: datetime) -> None:
    """This function will bring what arrives around the session: platform orders, what viewers say, draws, mentions."""
    bring_file(
        "hemu",
        "orders",
        "抖店-订单导出.csv",
        orders_file.platform_orders(now),
        shop_id=house.shop_id,
        now=now,
        platform="douyin",
    )
    starts_at = now - timedelta(minutes=tonight.MINUTES_IN)
    talk.talk_tonight(house.shop_id, session_id, tonight.ROOM, starts_at, now)
    drawing.draw_tonight(session_id, tonight.ROOM, starts_at, now)
    coupons.follow_tonight(tonight.ROOM, starts_at, now)
    coupons.coupons_tonight(session_id, tonight.ROOM, now)
    bring_file("qiuyu", "mentions", "舆情监测.csv", files.mentions(now), shop_id=house.shop_id, now=now)
    _read_the_announcement(session_id, now)


def announce(session_id: UUID, starts_at: datetime) -> None:
    """This function will announce tonight four days ahead, with a link for each place it is spread."""
    writer, now = actor("hemu"), starts_at - timedelta(days=4)
    warmup.write_announcement(
        actor=writer, session_id=session_id, headline="周日晚八点，秋冬上新第 3 场", now=now, offers="羊毛袜限时 29 元；外套下单送羊绒洗护小样",
        body="羊绒围巾、双面呢外套、马海毛开衫，六件一次讲清楚。48 小时内发货，七天无理由退货。",
    )  # fmt: skip
    warmup.publish_announcement(actor=writer, session_id=session_id, now=now)
    for platform, title in (
        ("xiaohongshu", "穿搭笔记 · 双面呢怎么挑"),
        ("wechat", "老客群 3 个"),
        ("douyin", "预热短视频"),
        ("weibo", "店铺微博"),
    ):
        warmup.make_link(actor=writer, session_id=session_id, platform=platform, title=title, now=now)


def _read_the_announcement(session_id: UUID, now: datetime) -> None:
    chance = random.Random(5)
    for row, people in zip(warmup_queries.links_of([session_id])[session_id], (38, 22, 17, 6), strict=False):
        link = warmup_queries.link_by_code(row.code)
        for _number in range(people):
            warmup.count_click(link=link, now=now - timedelta(hours=chance.randint(1, 90)))


CASES = (
    (Nature.SIZE, Impact.ONE, Kind.EXCHANGE, "M 码肩宽小了，想换 L", 3),
    (Nature.QUALITY, Impact.ONE, Kind.RETURN, "穿了两次腋下起球", 9),
    (Nature.SAFETY, Impact.ONE, Kind.COMPLAINT, "戴了脖子起红疹", 1),
    (Nature.LOGISTICS, Impact.ONE, Kind.REFUND, "物流三天没有更新", 70),
    (Nature.NOT_AS_DESCRIBED, Impact.SEVERAL, Kind.RETURN, "驼色偏黄，和直播间不一样", 1),
    (Nature.QUALITY, Impact.ONE, Kind.RETURN, "线头多，扣子松", 96),
)


def _open_cases(session_id: UUID, now: datetime) -> None:
    """Six cases about the last evening's orders; the oldest went all the way: back, inspected, refunded, closed."""
    clerk, keeper = actor("qiuyu"), actor("shencang")
    sent = OrderLine.objects.filter(order__session_id=session_id, shipped__gt=0).order_by("order__ordered_at", "pk")
    lines = list(sent)[:: max(sent.count() // len(CASES), 1)][: len(CASES)]  # from all over the evening, so from all its goods
    for line, (nature, impact, kind, reason, hours) in zip(lines, CASES, strict=True):
        told = NewCase(
            line.pk,
            kind,
            nature,
            impact,
            reason,
            asked_fen=line.amount_fen if kind in {Kind.RETURN, Kind.REFUND} else 0,
        )
        opened_at = now - timedelta(hours=hours)
        case = aftersales.open_case(actor=clerk, told=told, now=opened_at)
        if hours < 96:
            continue
        aftersales.move_case(
            actor=clerk,
            case_id=case.pk,
            target=State.APPROVED_RETURN,
            reason="质量问题，运费我们承担",
            now=opened_at + timedelta(hours=2),
        )
        returns.receive_return(actor=keeper, case_id=case.pk, quantity=1, now=opened_at + timedelta(hours=50))
        refunds.refund(
            actor=clerk,
            case_id=case.pk,
            amount_fen=line.amount_fen,
            key=f"refund-{case.case_no}",
            now=opened_at + timedelta(hours=51),
        )
        refunding.give_back_due(opened_at + timedelta(hours=52))
        refunds.settle_paid_back(opened_at + timedelta(hours=52))
        aftersales.record_contact(
            actor=clerk,
            case_id=case.pk,
            outcome="satisfied",
            text="退款收到了，愿意再买",
            now=opened_at + timedelta(hours=75),
        )
        aftersales.close_case(
            actor=clerk, case_id=case.pk, reason="退货退款，已回访", now=opened_at + timedelta(hours=75)
        )
