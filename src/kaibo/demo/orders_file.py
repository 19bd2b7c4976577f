"""The Doudian order export of the example shop: 73 columns as the platform writes them, with a day's honest trouble in it."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from kaibo.demo import goods
from kaibo.kit.clock import in_shanghai
from kaibo.kit.money import plain_yuan

HEADER = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,优惠总金额,平台优惠,商家优惠,达人优惠,"
    "商家改价,支付优惠,红包抵扣,支付方式,手续费,收件人,收件人手机号,省,市,区,街道,详细地址,是否修改过地址,地址修改时段,买家留言,订单提交时间,"
    "旗帜颜色,商家备注,订单完成时间,支付完成时间,APP渠道,流量来源,订单状态,承诺发货时间,订单类型,鲁班落地页ID,达人ID,达人昵称,"
    "所属门店ID,售后状态,取消原因,预约发货时间,仓库ID,仓库名称,是否安心购,广告渠道,流量类型,流量体裁,流量渠道,发货主体,发货主体明细,"
    "发货时间,降价类优惠,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额,预计送达时间,是否平台仓自流转,车型,商品SN码,"
    "商品IMEI1,商品IMEI2,订单标签,加价购,赠品,定金金额,尾款金额,支付单号,收货时间"
)
COLUMNS = tuple(HEADER.split(","))
PLACES = (
    ("浙江省", "杭州市", "西湖区", "文新街道", "文三路 {} 号 3 幢 2 单元"), ("江苏省", "苏州市", "姑苏区", "平江街道", "观前街 {} 弄 6 号"),
    ("上海市", "上海市", "徐汇区", "田林街道", "田林路 {} 弄 12 号 501"), ("广东省", "深圳市", "南山区", "粤海街道", "科技园南路 {} 号"),
    ("四川省", "成都市", "武侯区", "浆洗街街道", "武侯祠大街 {} 号"), ("湖北省", "武汉市", "江汉区", "民族街道", "江汉路 {} 号"),
    ("北京市", "北京市", "朝阳区", "三里屯街道", "工人体育场北路 {} 号"), ("陕西省", "西安市", "雁塔区", "小寨路街道", "长安中路 {} 号"),
)  # fmt: skip
SURNAMES, GIVEN = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡",
    ("小梅", "静", "丽华", "雨桐", "思琪", "芳", "敏", "雪", "佳怡", "倩"),
)
SOLD = tuple((good, item) for good in goods.GOODS if good.allot for item in good.items)

ADDRESS_TROUBLE = (
    {"街道": "", "详细地址": ""}, {"区": "", "街道": "", "详细地址": "家里"}, {"省": "", "市": "", "区": "", "街道": "", "详细地址": "人民路 12 号"},
    {"街道": "", "详细地址": ""}, {"市": "", "区": "", "街道": "", "详细地址": "老地方"}, {"街道": "", "详细地址": ""},
)  # fmt: skip
ITEM_TROUBLE = (
    {"商家编码": "KB-2417-BM"}, {"商家编码": "KB-2417-BM"}, {"商家编码": "KB2405-DG1"}, {"商家编码": "HX-0098-RED"},
    {"商家编码": "", "商品规格": "黑色 / M 码"}, {"商家编码": "", "商品规格": "驼色 M"}, {"商家编码": "", "商品规格": "藕粉 均码（新）"},
)  # fmt: skip
PRICE_TROUBLE = ("459.00", "5.99")
QUANTITY_TROUBLE = (12, 30)


def platform_orders(now: datetime, *, orders: int = 300, seed: int = 23) -> bytes:
    """This function will give the export: ids behind a tab, "-" for empty, a byte order mark, two lines in some orders."""
    chance = random.Random(seed)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="-", lineterminator="\r\n")
    writer.writeheader()
    for number in range(orders):
        writer.writerows(_order(number, now, chance))
    return text.getvalue().encode("utf-8-sig")


def _order(number: int, now: datetime, chance: random.Random) -> Iterator[dict[str, str]]:
    at = in_shanghai(now - timedelta(minutes=30 + number * 9))
    line = _line(number, at, chance)
    line |= _trouble(number, line)
    if number == 61:  # the same buyer pressed twice within minutes: the double somebody should look at
        line |= {
            "收件人": "王雨桐",
            "收件人手机号": "13805710060",
            "区": "西湖区",
            "详细地址": "文三路 60 号 3 幢 2 单元",
            "省": "浙江省",
            "市": "杭州市",
            "街道": "文新街道",
        }
    if number == 60:
        line |= {
            "收件人": "王雨桐",
            "收件人手机号": "13805710060",
            "区": "西湖区",
            "详细地址": "文三路 60 号 3 幢 2 单元",
            "省": "浙江省",
            "市": "杭州市",
            "街道": "文新街道",
        }
    if number in {60, 61}:
        good, item = SOLD[2]
        line |= {
            "选购商品": good.listing_title,
            "商品规格": item.specification,
            "商家编码": item.code,
            "商品单价": plain_yuan(good.price_fen),
            "订单状态": "待发货",
            "发货时间": "-",
        }
    yield line


def _line(number: int, at: datetime, chance: random.Random) -> dict[str, str]:
    good, item = SOLD[chance.randrange(len(SOLD))]
    quantity = 2 if chance.random() < 0.08 else 1
    order_no = f"69{17_400_000_000_000_000 + number * 7_919_337}"
    province, city, area, street, detail = PLACES[number % len(PLACES)]
    is_kept = number % 10 >= 4 and not _is_troubled(number)
    status, extra = _status(number, at)
    discount = 2_000 if good.price_fen > 20_000 and chance.random() < 0.4 else 0
    return {
        "主订单编号": f"\t{order_no}", "子订单编号": f"\t{order_no[:-1]}{(number + 1) % 10}", "选购商品": good.listing_title, "商品规格": item.specification,
        "商品数量": str(quantity), "商品ID": f"\t37{number % 7:02d}56789012345", "商家编码": item.code, "商品单价": plain_yuan(good.price_fen),
        "订单应付金额": plain_yuan(good.price_fen * quantity - discount), "运费": "0.00", "优惠总金额": plain_yuan(discount),
        "商家优惠": f"满 199 减 20-{plain_yuan(discount)}" if discount else "-", "商家实际承担优惠金额": plain_yuan(discount), "支付方式": "支付宝",
        "收件人": "##Xk9fQ2==##" if is_kept else f"{SURNAMES[number % len(SURNAMES)]}{GIVEN[number * 7 % len(GIVEN)]}",
        "收件人手机号": f"$$b3{number:05d}==$$" if is_kept else f"138{57_100_000 + number * 37:08d}", "省": province, "市": city, "区": area, "街道": street,
        "详细地址": "##aG9tZQ==##" if is_kept else detail.format(number + 8), "订单提交时间": f"{at:%Y-%m-%d %H:%M:%S}",
        "支付完成时间": f"{at + timedelta(seconds=40):%Y-%m-%d %H:%M:%S}", "APP渠道": "抖音", "流量来源": "直播间", "达人昵称": "林夏的衣橱", "订单类型": "普通订单",
        "承诺发货时间": f"{at + timedelta(hours=48):%Y-%m-%d %H:%M:%S}", "售后状态": "-", "是否安心购": "是", "订单状态": status,
    } | extra  # fmt: skip


def _status(number: int, at: datetime) -> tuple[str, dict[str, str]]:
    """The newest wait; the older left, a few are done or were called off."""
    if number < 150 or _is_troubled(number):
        return "待发货", {}
    sent = f"{at + timedelta(hours=15):%Y-%m-%d %H:%M:%S}"
    if number % 29 == 0:
        return "已关闭", {"取消原因": "不想要了", "售后状态": "退款成功"}
    return ("已完成", {"发货时间": sent, "订单完成时间": sent}) if number > 280 else ("已发货", {"发货时间": sent})


def _is_troubled(number: int) -> bool:
    return (number % 8 == 3 and number < 140) or number in {60, 61}


def _trouble(number: int, line: dict[str, str]) -> dict[str, str]:
    """What is wrong with an order: the first six by address, then by item, price and quantity."""
    if number % 8 != 3 or number >= 140:
        return {}
    place = number // 8
    if place < len(ADDRESS_TROUBLE):
        return dict(ADDRESS_TROUBLE[place])
    place -= len(ADDRESS_TROUBLE)
    if place < len(ITEM_TROUBLE):
        coat = goods.GOODS[2]
        texts = {
            "选购商品": coat.listing_title,
            "商品单价": plain_yuan(coat.price_fen),
            "订单应付金额": plain_yuan(coat.price_fen),
            "商品数量": "1",
        }
        return texts | ITEM_TROUBLE[place]
    place -= len(ITEM_TROUBLE)
    coat_item = {
        "商家编码": goods.GOODS[2].items[0].code,
        "商品规格": goods.GOODS[2].items[0].specification,
        "选购商品": goods.GOODS[2].listing_title,
    }
    if place < len(PRICE_TROUBLE):
        return coat_item | {"商品单价": PRICE_TROUBLE[place], "订单应付金额": PRICE_TROUBLE[place], "商品数量": "1"}
    place -= len(PRICE_TROUBLE)
    if place < len(QUANTITY_TROUBLE):
        units = QUANTITY_TROUBLE[place]
        return coat_item | {"商品数量": str(units), "商品单价": "599.00", "订单应付金额": plain_yuan(59_900 * units)}
    return {}
