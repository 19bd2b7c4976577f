"""What buyers of our own coat say, and what became of it: one point mended and looked at, one in work, one declined (INS-9)."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta

from kaibo.demo.cast import actor
from kaibo.demo.house import House, bring_file
from kaibo.kit.clock import business_date, in_shanghai
from kaibo.master.catalog.models import Product
from kaibo.stages.analytics import improvements

COAT = "KB-2417"
MENDED_DAYS_AGO = 42
PILLING = ("穿了三次袖口起球", "起球，腋下最明显", "面料起球，洗一次就毛了", "穿一周就起球了", "起球有点严重")
SIZE = ("尺码偏大，L 码穿着像 XL", "肩宽偏大，换了小一码", "袖子太长了，小个子慎拍")
COLOUR = ("驼色发黄，和直播间有色差", "雾灰到手偏蓝，有色差")
CONTENT = ("版型很好，小个子穿着显高", "很暖和，厚度刚刚好", "做工精细，没有线头", "第二件了，不起球", "颜色很正", "面料舒服，穿了一个月")


def lay(house: House, now: datetime) -> None:
    """This function will bring the reviews of our coat and what was decided about them."""
    product = Product.objects.get(pk=house.products[COAT])
    bring_file("chenyi", "reviews", "自家评价-双面呢外套.csv", _own_reviews(product.title, now), shop_id=house.shop_id, now=now)
    buyer, maker = actor("chenyi"), actor("hemu")
    begun = now - timedelta(days=MENDED_DAYS_AGO + 6)
    mended = improvements.plan(
        actor=buyer, product_id=product.pk, point="fabric", words="换抗起球四级的纱线，入库加测摩擦 5,000 次", owner_id=buyer.person_id, due_on=business_date(begun) + timedelta(days=10), now=begun
    )
    improvements.finish(actor=buyer, improvement_id=mended.pk, note="L26-10 批次开始用新纱线", now=now - timedelta(days=MENDED_DAYS_AGO))
    improvements.note_outcome(actor=buyer, improvement_id=mended.pk, outcome="起球的抱怨明显少了，围巾也改用这家纱线", now=now - timedelta(days=9))
    improvements.plan(
        actor=buyer, product_id=product.pk, point="size", words="详情页加平铺尺寸图，主播每 20 分钟报一次身高体重对照", owner_id=maker.person_id,
        due_on=business_date(now) + timedelta(days=5), now=now - timedelta(days=2),
    )  # fmt: skip
    improvements.decline(
        actor=buyer, product_id=product.pk, point="color", reason="补光灯色温已校准，剩下的是手机屏幕差异；详情页写明以色卡为准", now=now - timedelta(days=2)
    )


def _own_reviews(title: str, now: datetime, *, seed: int = 17) -> bytes:
    """Ninety days of reviews: pilling is what most complain of, until the yarn was changed."""
    chance, out = random.Random(seed), io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("类目", "商品名称", "订单编号", "评价时间", "评价等级", "评价内容"))
    for number in range(88):
        days_ago = 88 - number
        share = 0.34 if days_ago > MENDED_DAYS_AGO else 0.05
        draw = chance.random()
        words = PILLING if draw < share else SIZE if draw < share + 0.10 else COLOUR if draw < share + 0.15 else CONTENT
        at = in_shanghai(now - timedelta(days=days_ago, minutes=chance.randint(0, 900)))
        writer.writerow(("自家双面呢外套", title, f"{68_000_000_000 + number * 6_971}", f"{at:%Y-%m-%d %H:%M:%S}", "好评" if words is CONTENT else "差评", chance.choice(words)))
    return out.getvalue().encode("utf-8-sig")
