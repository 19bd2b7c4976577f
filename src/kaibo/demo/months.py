"""Five months of past orders for the example shop, as one platform file: what is bought together, and one coat at several prices (SEL-13, SEL-16)."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from kaibo.demo import goods
from kaibo.demo.house import House, bring_file
from kaibo.demo.orders_file import COLUMNS, PLACES
from kaibo.kit.clock import in_shanghai
from kaibo.kit.money import BP, plain_yuan

BUYER_DAYS = 1_800
FROM_DAYS, TO_DAYS = 150, 20
"""How long ago the first and the last of them bought; the sessions of the example come after."""
LEADS = (("KB-2417", 18), ("KB-2390", 18), ("KB-2410", 30), ("KB-2422", 8), ("KB-2388", 26))
BESIDE = {"KB-2410": (("KB-2422", 0.34),), "KB-2388": (("KB-2405", 0.30),), "KB-2417": (("KB-2405", 0.28),), "KB-2390": (), "KB-2422": ()}
"""What buyers take with it, and how often: a turtleneck and the cardigan over it, socks and a scarf, a coat and its scarf."""
COAT = "KB-2417"
COAT_PRICES_FEN = (59_900, 54_900, 62_900, 49_900, 56_900, 65_900)
"""Moved every week; buyers answer with an elasticity of about −2.4."""
ELASTICITY = 2.4


def lay(house: House, now: datetime) -> None:
    """This function will bring the file as the person of orders would."""
    bring_file("hemu", "orders", "抖店-历史订单.csv", past_orders(now), shop_id=house.shop_id, now=now, platform="douyin")


def past_orders(now: datetime, *, seed: int = 7) -> bytes:
    """This function will write the file; all its orders are done."""
    chance, text = random.Random(seed), io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="-", lineterminator="\r\n")
    writer.writeheader()
    for number in range(BUYER_DAYS):
        at = now - timedelta(days=FROM_DAYS) + (timedelta(days=FROM_DAYS - TO_DAYS) * number) / BUYER_DAYS
        writer.writerows(_order(number, at, chance))
    return text.getvalue().encode("utf-8-sig")


def _order(number: int, at: datetime, chance: random.Random) -> Iterator[dict[str, str]]:
    by_code = {one.code: one for one in goods.GOODS}
    coat_fen = COAT_PRICES_FEN[at.toordinal() // 7 % len(COAT_PRICES_FEN)]
    dearness_bp = coat_fen * BP // COAT_PRICES_FEN[0]
    weights = [weight * ((BP / dearness_bp) ** ELASTICITY if code == COAT else 1) for code, weight in LEADS]
    lead = chance.choices([code for code, _weight in LEADS], weights)[0]
    taken = [lead, *(code for code, share in BESIDE[lead] if chance.random() < share)]
    for place, code in enumerate(taken):
        good = by_code[code]
        item = chance.choice(good.items)
        yield _line(number, place, in_shanghai(at), good, item, coat_fen if code == COAT else good.price_fen)


def _line(number: int, place: int, at: datetime, good: goods.Good, item: goods.Item, price_fen: int) -> dict[str, str]:
    order_no = f"67{10_400_000_000_000_000 + number * 6_915_029}"
    province, city, area, street, _detail = PLACES[number % len(PLACES)]
    sent, done = at + timedelta(hours=20), at + timedelta(days=12)
    return {
        "主订单编号": f"\t{order_no}", "子订单编号": f"\t{order_no[:-1]}{place}", "选购商品": good.listing_title, "商品规格": item.specification, "商品数量": "1",
        "商家编码": item.code, "商品单价": plain_yuan(price_fen), "订单应付金额": plain_yuan(price_fen), "运费": "0.00", "支付方式": "支付宝", "收件人": "##Xk9fQ2==##",
        "收件人手机号": f"$$p{number:05d}==$$", "省": province, "市": city, "区": area, "街道": street, "详细地址": "##aG9tZQ==##", "订单提交时间": f"{at:%Y-%m-%d %H:%M:%S}",
        "支付完成时间": f"{at + timedelta(seconds=50):%Y-%m-%d %H:%M:%S}", "APP渠道": "抖音", "流量来源": "直播间", "达人昵称": "林夏的衣橱", "订单类型": "普通订单",
        "承诺发货时间": f"{at + timedelta(hours=48):%Y-%m-%d %H:%M:%S}", "售后状态": "-", "订单状态": "已完成", "发货时间": f"{sent:%Y-%m-%d %H:%M:%S}", "订单完成时间": f"{done:%Y-%m-%d %H:%M:%S}",
    }  # fmt: skip
