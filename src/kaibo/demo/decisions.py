"""What the example shop decides on: strengths, weights, one candidate with questionnaires and a running trial, two cooperations, matching."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from kaibo.demo.cast import actor
from kaibo.demo.house import House, bring_file
from kaibo.kit.clock import business_date
from kaibo.master.catalog.services import NewSku
from kaibo.stages.selection import cooperation_services as cooperations
from kaibo.stages.selection import matching_services, price_services, score_rules, scorecard, trial_services
from kaibo.stages.selection import queries as selection_queries
from kaibo.stages.selection import services as selection
from kaibo.stages.selection.rules import Economics
from kaibo.stages.selection.trials import Seen

CODE = "KB-2470"
STRENGTHS = (
    ("supply_chain", 4, "海宁、桐乡三条签约产线，补单 7 天到仓"), ("content", 3, "自播四个月，场均停留 2 分 10 秒"), ("cash", 2, "备货额度 60 万，账期 30 天"),
)  # fmt: skip


def decide(house: House, now: datetime) -> None:
    """This function will put everything a decision rests on into the example shop."""
    owner, then = actor("linxia"), now - timedelta(days=9)
    for kind, level, words in STRENGTHS:
        score_rules.say_strength(actor=owner, shop_id=house.shop_id, kind=kind, level=level, evidence=words, now=then)
    held = scorecard.HOUSE_RULES.rules
    heavier = replace(scorecard.HOUSE_RULES, rules=dict(held) | {"returns": replace(held["returns"], weight=25)})
    score_rules.change_rules(actor=owner, shop_id=house.shop_id, rules=heavier, seen=0, reason="上个月退货吃掉一半利润：退货率多算一点", now=then)
    candidate_id = _candidate(house, now)
    _ask_buyers(house, now)
    _try(candidate_id, now)
    _work_with_others(house, now)
    matching_services.mine_shop(actor=actor("chenyi"), shop_id=house.shop_id, now=now)


def _candidate(house: House, now: datetime) -> UUID:
    buyer, then = actor("chenyi"), now - timedelta(days=8)
    market = selection_queries.markets_for(buyer).get(title="短款双面呢外套")
    economics = Economics(cost_fen=19_800, price_fen=56_900, return_bp=3_000, freight_fen=650, return_loss_fen=900, commission_bp=500)
    draft = selection.Draft(
        title="免烫双面呢短外套", code=CODE, category="apparel", market_id=market.pk, position="quality", goods_kind="standard", economics=economics,
        value_proposition="给怕起球的通勤女生：抗起球四级、挂着就平的短外套", selling_points=("抗起球四级有报告", "挂一晚就平不用烫", "四十八小时发货"),
        skus=[NewSku(f"{CODE}-B-M", "黑色 / M", 19_800, 56_900), NewSku(f"{CODE}-B-L", "黑色 / L", 19_800, 56_900)], owner_id=actor("xunuo").person_id,
    )  # fmt: skip
    made = selection.add_candidate(actor=buyer, shop_id=house.shop_id, draft=draft, now=then)
    selection.score_candidate(actor=buyer, candidate_id=made.pk, now=then + timedelta(minutes=4))
    said = price_services.Said(39_900, 69_900, 500, 600_000, 400, 3_000, 4_000, "老客问卷 212 份；近四场成交均价")
    price_services.say_inputs(actor=buyer, candidate_id=made.pk, said=said, now=then)
    return made.pk


def _ask_buyers(house: House, now: datetime) -> None:
    """Two questionnaires of 60 buyers each, as files."""
    chance, then = random.Random(24), now - timedelta(days=7)
    limits, answers = [], []
    for number in range(60):
        worth = chance.gauss(52_000, 9_000)
        cheap = round(max(15_000.0, worth * chance.uniform(0.72, 0.86)), -2)
        dear = round(max(cheap, worth * chance.uniform(1.02, 1.18)), -2)
        limits.append([CODE, number + 1, *(f"{fen // 100:.0f}" for fen in (cheap * 0.6, cheap, dear, dear * 1.3))])
        answers += [[CODE, number + 1, price, "是" if price * 100 <= worth * chance.uniform(0.95, 1.2) else "否"] for price in (449, 499, 569, 629, 699)]
    bring_file("chenyi", "price-limits", "价格问卷-免烫外套.csv", _file(["候选编码", "答卷编号", "太便宜", "便宜", "贵", "太贵"], limits), shop_id=house.shop_id, now=then)
    bring_file("chenyi", "price-answers", "购买意愿-免烫外套.csv", _file(["候选编码", "答卷编号", "价格", "会买"], answers), shop_id=house.shop_id, now=then)


def _file(head: list[str], rows: list[list[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _try(candidate_id: UUID, now: datetime) -> None:
    planner = actor("chenyi")
    wish = trial_services.Wish(56_900, 200, 150, 180, 4_000, 200_000, 60_000)
    trial = trial_services.begin_trial(actor=planner, candidate_id=candidate_id, wish=wish, now=now - timedelta(days=3))
    today = business_date(now)
    for days_ago, seen in ((3, Seen(174, 6, 6, 0, 64_000)), (2, Seen(191, 5, 6, 1, 48_500)), (1, Seen(166, 7, 7, 2, 61_200))):
        trial_services.count_day(actor=planner, trial_id=trial.pk, day=today - timedelta(days=days_ago), seen=seen, today=today, now=now - timedelta(days=days_ago - 1))


def _work_with_others(house: House, now: datetime) -> None:
    owner, today = actor("linxia"), business_date(now)
    brand = cooperations.Agreed(
        "brand", "暖绒羊绒", 1_800, 150_000, 4_200, today - timedelta(days=40), today + timedelta(days=20), platform="douyin", contact_name="顾明远",
        contact_phone="13700001234", note="围巾独家花色三款",
    )  # fmt: skip
    host = cooperations.Agreed("host", "小满穿搭", 2_500, 400_000, 5_000, today - timedelta(days=12), today + timedelta(days=48), contact_name="何小满", contact_phone="13600004321")
    made = cooperations.add_cooperation(actor=owner, shop_id=house.shop_id, agreed=brand, now=now - timedelta(days=40))
    for days_ago, paid, back in ((33, 1_420_000, 380_000), (20, 1_110_000, 410_000), (6, 980_000, 402_000)):
        brought = cooperations.Brought(today - timedelta(days=days_ago), 150_000, "暖绒结算单", paid, back)
        cooperations.note_session(actor=owner, cooperation_id=made.pk, brought=brought, now=now - timedelta(days=days_ago - 1))
    cooperations.add_cooperation(actor=owner, shop_id=house.shop_id, agreed=host, now=now - timedelta(days=12))
