"""Spreadsheets the example shop imports, written as people and platforms write them; deterministic."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta

from kaibo.kit.clock import in_shanghai
from kaibo.kit.money import plain_yuan

RIVALS = (
    ("抖店", "云上羊绒", "双面呢大衣女短款2026新款小个子", "469.00", "12600", "4.62", "工厂直发 低价清仓"),
    ("抖店", "衣见倾心女装", "羊毛呢外套女秋冬短款显瘦", "399.00", "21800", "4.51", "全网低价 当天发"),
    ("抖店", "慕舒服饰", "韩版双面呢短外套女高级感", "429.00", "9700", "4.58", "源头工厂 价格战"),
    ("抖店", "小巷里的裁缝", "手工双面羊毛呢子短大衣", "519.00", "5400", "4.71", "手工缝制 低价出"),
    ("淘宝", "南方有佳人", "短款双面呢外套羊毛女", "459.00", "7600", "4.66", "特价 包邮"),
    ("淘宝", "白鹿家女装", "羊毛双面呢短外套赫本风", "489.00", "6100", "4.69", "拼价格 送围巾"),
    ("快手", "东北大姐女装", "双面呢外套短款加厚", "359.00", "30500", "4.43", "厂价 9 块 9 运费险"),
    ("拼多多", "织里童女装厂", "双面呢短款外套女", "299.00", "48200", "4.31", "百亿补贴 低价"),
)
BAD = (
    "穿了三天就起球，面料摸着像化纤", "起球严重，袖口洗一次就毛了", "做工太粗糙，线头一大堆", "质量太差了，扣子两天就掉", "面料很薄，根本不是羊毛", "掉毛严重，里面的黑衣服全白了",
    "开线了，腋下缝线直接崩开", "和图片色差很大，驼色发黄", "颜色不对，直播间看着是雾灰，到手发蓝", "尺码偏小，L 码穿着像 M", "码数不准，肩宽差了两厘米", "物流太慢，等了九天",
    "客服一直不回复，问尺码没人理", "有一股很重的味道，晾了三天还有", "洗了一次缩水，短了一截", "里衬做工差，口袋是歪的", "材质不好，扎脖子", "面料起静电还起球，不值这个价",
)
GOOD = (
    "版型很好，小个子穿着显高", "颜色很正，和直播间一样", "面料舒服，不起球，已经穿了一个月", "发货很快，第二天就到了", "做工精细，没有线头", "客服很耐心，尺码推荐得准", "很暖和，厚度刚刚好", "性价比可以，会回购",
)


QUALITY, SEAMS, SIZE, COLOUR, SERVICE = BAD[:7], BAD[2:7] + BAD[14:16], BAD[9:11], BAD[7:9], BAD[11:13]
REVIEWED = (
    (26, 8, QUALITY + COLOUR), (38, 15, QUALITY), (22, 6, COLOUR + SIZE), (16, 2, SERVICE), (24, 7, QUALITY + SIZE), (18, 3, SIZE + SERVICE), (42, 21, SEAMS + SERVICE),
    (54, 33, QUALITY + SEAMS),
)
"""For each of `RIVALS`: reviews, how many of them bad, and what its buyers complain of. Who sells more for less hears more of it."""


def competitors() -> bytes:
    """This function will give a competitor list as the market tools export it (UTF-8 with BOM)."""
    rows = [("市场", "平台", "店铺名称", "商品标题", "券后价", "近30天销量", "商品评分", "核心卖点")]
    rows += [("短款双面呢外套", *rival[:3], f"¥{rival[3]}", *rival[4:]) for rival in RIVALS]
    return _csv(rows, "utf-8-sig")


def competitors_moved() -> bytes:
    """This function will give the same list some days later: two cheaper, one with other words, one new, more sold."""
    rows = [("市场", "平台", "店铺名称", "商品标题", "券后价", "近30天销量", "商品评分", "核心卖点")]
    for number, (platform, shop, title, price, sales, rating, points) in enumerate(RIVALS):
        moved = {0: "429.00", 1: "369.00"}.get(number, price)
        said = "九成羊毛 检测报告可查" if number == 3 else points
        rows.append(("短款双面呢外套", platform, shop, title, f"¥{moved}", str(int(sales) + 300 * (9 - number)), rating, said))
    rows.append(("短款双面呢外套", "抖店", "岛上羊毛局", "短款双面呢外套女羊毛混纺通勤", "¥389.00", "3100", "4.55", "低价走量"))
    return _csv(rows, "utf-8-sig")


HEAT = (
    ("短款外套", 92_000, 1.004), ("双面呢", 81_000, 1.012), ("小个子穿搭", 120_000, 0.998), ("通勤外套", 66_000, 1.0), ("羊绒围巾", 54_000, 1.02),
    ("加绒牛仔裤", 73_000, 1.015), ("高领打底", 61_000, 1.003), ("赫本风", 48_000, 0.955), ("新中式马甲", 6_200, 1.13), ("可机洗羊毛", 3_900, 1.16), ("美拉德", 70_000, 0.97),
)


def market_heat(now: datetime, *, seed: int = 5) -> bytes:
    """This function will give sixteen weeks of search heat: two small words that double and double again, some that fall, most that only waver."""
    chance = random.Random(seed)
    monday = in_shanghai(now).date() - timedelta(days=in_shanghai(now).weekday())
    rows = [("热词", "搜索人气", "统计周期", "类型", "来源")]
    for word, base, growth in HEAT:
        rows += [
            (word, str(round(base * growth**week * chance.uniform(0.93, 1.07))), f"{monday - timedelta(weeks=16 - week):%Y-%m-%d}", "搜索词", "巨量算数") for week in range(16)
        ]
    rows.append(("秋冬女装趋势", "0", f"{monday:%Y-%m-%d}", "行业报告", "行业协会"))
    return _csv(rows, "utf-8-sig")


def live_rankings(now: datetime, *, weeks_ago: int) -> bytes:
    """This function will give a ranking of competing live rooms."""
    day = in_shanghai(now).date() - timedelta(days=7 * weeks_ago + 2)
    rows = [("排名", "达人昵称", "平台", "主营类目", "统计日期", "观看人数", "互动量", "上架商品数", "预估销售额", "货盘")]
    for number, (_platform, host, _title, price, sales, _rating, points) in enumerate(sorted(RIVALS, key=lambda one: -int(one[4]))[:6]):
        rows.append((str(number + 1), f"{host}直播间", "抖店", "短款双面呢外套", f"{day:%Y-%m-%d}", str(int(sales) * 9), str(int(sales) // 2 + 800 * number), str(28 + 5 * number), str(int(float(price)) * int(sales) // (14 + weeks_ago)), points))
    return _csv(rows, "utf-8-sig")


def audience(now: datetime) -> bytes:
    """This function will give an audience profile of two segments as a platform's back office exports it."""
    day = f"{in_shanghai(now).date():%Y-%m-%d}"
    rows = [("维度", "选项", "人群", "总人数", "人数", "来源", "日期")]
    for question, parts in (
        ("年龄", (("18-24 岁", 210, 690), ("25-30 岁", 520, 1_150), ("31-40 岁", 390, 1_020), ("41 岁以上", 80, 540))),
        ("地区", (("江浙沪", 430, 1_190), ("华北", 260, 760), ("华南", 190, 600), ("其他", 320, 850))),
        ("客单价", (("100 元以下", 130, 980), ("100–300 元", 480, 1_420), ("300–600 元", 460, 790), ("600 元以上", 130, 210))),
    ):
        for option, old, new in parts:
            rows += [(question, option, "老客", "1200", str(old), "抖音电商罗盘", day), (question, option, "新客", "3400", str(new), "抖音电商罗盘", day)]
    return _csv(rows, "utf-8-sig")


def reviews(now: datetime, *, seed: int = 7) -> bytes:
    """This function will give 240 reviews of the competitors (GB18030, as shop tools write them): cheap sellers gather most complaints, each its own."""
    chance = random.Random(seed)
    rows = [("类目", "商品名称", "订单编号", "评价时间", "评价等级", "评价内容")]
    numbers = iter(range(10_000))
    for rival, (reviewed, bad, usual) in zip(RIVALS, REVIEWED, strict=True):
        for place in range(reviewed):
            is_bad = place < bad
            # Half of what a seller's buyers complain of is its own weakness, the rest is what goes wrong anywhere.
            words = chance.choice(usual if chance.random() < 0.55 else BAD) if is_bad else chance.choice(GOOD)
            at = in_shanghai(now - timedelta(days=chance.randint(1, 90), minutes=chance.randint(0, 1400)))
            rows.append(("短款双面呢外套", rival[2], f"{69_000_000_000 + next(numbers) * 7_919}", f"{at:%Y-%m-%d %H:%M:%S}", "差评" if is_bad else "好评", words))
    return _csv(rows, "gb18030")


def hot_words() -> bytes:
    """This function will give a list of hot words as platforms export it."""
    rows = [("热词", "搜索人气", "环比", "类目")]
    rows += [(word, str(heat), growth, "服装") for word, heat, growth in (
        ("短款外套", 182_300, "32%"), ("双面呢", 143_800, "41%"), ("小个子", 231_400, "18%"), ("通勤", 98_700, "9%"), ("针织开衫", 121_900, "26%"),
        ("羊绒围巾", 88_400, "55%"), ("加绒牛仔裤", 156_000, "61%"), ("高领打底", 104_200, "22%"), ("温柔风", 67_300, "12%"), ("赫本风", 45_100, "-4%"),
    )]  # fmt: skip
    return _csv(rows, "utf-8-sig")


def mentions(now: datetime) -> bytes:
    """This function will give mentions as a listening tool exports them: some kind, some not."""
    said = (
        ("小红书", "阿梨", "林夏家的羊绒围巾真的软，回购第二条了", 300), ("微博", "一只鱼", "林夏的衣橱 双面呢外套穿两天起球，客服还不理人，避雷", 52),
        ("抖音", "momo", "蹲林夏直播间的牛仔裤，今晚有活动", 40), ("小红书", "山茶", "KB-2422 开衫穿了过敏，脖子一圈红疹，要投诉", 31),
        ("微博", "青柠", "林夏姐姐今天的搭配好好看", 22), ("黑猫投诉", "匿名", "林夏的衣橱 发货慢，承诺 48 小时，五天了还没揽收", 18), ("抖音", "圆圆", "围巾颜色和直播间一样，好评", 9),
    )  # fmt: skip
    rows = [("平台", "作者", "内容", "链接", "发布时间")]
    rows += [
        (platform, who, words, f"https://example.com/{number}", f"{in_shanghai(now - timedelta(minutes=ago)):%Y-%m-%d %H:%M:%S}")
        for number, (platform, who, words, ago) in enumerate(said)
    ]
    return _csv(rows, "utf-8-sig")


def purchases(now: datetime, *, customers: int = 640, seed: int = 11) -> bytes:
    """This function will give two years of purchases of the shop's customers."""
    chance = random.Random(seed)
    rows = [("客户编号", "下单时间", "订单金额", "件数", "同意营销短信")]
    for number in range(customers):
        love = chance.paretovariate(1.6)
        orders = min(40, max(1, int(chance.expovariate(1 / love))))
        last = chance.randint(1, 700) if chance.random() < 0.6 else chance.randint(1, 60)
        for order in range(orders):
            at = in_shanghai(now - timedelta(days=last + order * chance.randint(8, 45), minutes=chance.randint(0, 1400)))
            rows.append((f"C{100_000 + number}", f"{at:%Y-%m-%d %H:%M:%S}", plain_yuan(chance.choice((3_900, 8_900, 13_900, 19_900, 29_900, 59_900))), "1", "" if number % 3 == 2 else "是"))
    return _csv(rows, "utf-8-sig")


def live_figures(begins: list[datetime]) -> bytes:
    """This function will give the platform's own list of sessions, a row a session, near but not equal to what we count."""
    head = ("主播昵称", "直播开始时间", "直播时长(分钟)", "直播间观看人数", "直播间观看次数", "最高在线人数", "人均观看时长(分钟)", "直播间成交订单数", "直播间用户支付金额", "观看-成交率(人数)", "投放消耗(店铺绑定)")
    rows = [head]
    for number, at in enumerate(begins):
        when = in_shanghai(at.replace(second=12))
        viewers = 152 + number * 51
        rows.append((
            "林夏的衣橱", f"{when:%Y/%m/%d %H:%M:%S}", "62", str(viewers), f"{viewers * 3 // 2}", str(viewers // 4), "6.4", str(22 + number * 5),
            f"¥{1_980 * (number + 1):,}", "9.8%", f"{120 * (number + 1)}.00",
        ))  # fmt: skip
    return _csv(rows, "utf-8-sig")


def _csv(rows: list[tuple[str, ...]], encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)
