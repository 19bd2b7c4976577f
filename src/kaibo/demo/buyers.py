"""Names, phones and addresses of people who do not exist; deterministic."""

from __future__ import annotations

import random

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程"
GIVEN = ("晓雨", "思琪", "佳怡", "雨桐", "梦洁", "静怡", "婉婷", "雅文", "子涵", "欣妍", "丽娜", "小燕", "海霞", "春梅", "玉兰", "慧敏", "晨曦", "若曦", "诗涵", "艺馨")
PLACES = (
    "浙江省杭州市西湖区文三路 {n} 号 {m} 室", "浙江省宁波市鄞州区钱湖北路 {n} 弄 {m} 号", "江苏省南京市江宁区胜太路 {n} 号 {m} 幢", "江苏省苏州市姑苏区人民路 {n} 号 {m} 室",
    "上海市浦东新区张杨路 {n} 弄 {m} 号", "广东省深圳市南山区科技园科苑路 {n} 号 {m} 楼", "广东省广州市天河区体育西路 {n} 号 {m} 房", "四川省成都市武侯区人民南路 {n} 号 {m} 单元",
    "湖北省武汉市洪山区珞喻路 {n} 号 {m} 栋", "湖南省长沙市岳麓区麓山南路 {n} 号 {m} 室", "北京市朝阳区望京街道阜通东大街 {n} 号 {m} 室", "山东省济南市历下区泉城路 {n} 号 {m} 室",
    "陕西省西安市雁塔区小寨东路 {n} 号 {m} 室", "福建省厦门市思明区湖滨南路 {n} 号 {m} 室", "河南省郑州市金水区花园路 {n} 号 {m} 室", "辽宁省沈阳市和平区中山路 {n} 号 {m} 室",
)  # fmt: skip


def buyer(number: int) -> tuple[str, str, str]:
    """This function will give the name, phone and address of the buyer of a number; the same each time."""
    chance = random.Random(number * 7_919)
    name = chance.choice(SURNAMES) + chance.choice(GIVEN)
    phone = chance.choice(("138", "139", "150", "158", "159", "176", "186", "188")) + f"{chance.randint(0, 99_999_999):08d}"
    return name, phone, chance.choice(PLACES).format(n=chance.randint(1, 399), m=chance.randint(101, 2808))
