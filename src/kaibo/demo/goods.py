"""What the example shop sells: seven wool and knitwear products with their items, costs and words."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    specification: str
    stock: int


@dataclass(frozen=True, slots=True)
class Good:
    """A product of the example shop; money in fen. `allot` units of its first item go to tonight's session."""

    code: str
    title: str
    cost_fen: int
    price_fen: int
    proposition: str
    points: tuple[str, ...]
    items: tuple[Item, ...]
    listing_title: str
    allot: int
    minutes: int
    attributes: tuple[str, ...] = field(default=())


GOODS: tuple[Good, ...] = (
    Good(
        "KB-2405", "双面羊绒围巾", 9_800, 29_900, "一条围巾，通勤和约会都不将就",
        ("含绒九成五报告可查", "双面双色一条当两条搭", "够长能绕两圈"),
        (Item("KB-2405-DG", "雾灰 / 驼", 420), Item("KB-2405-BR", "焦糖 / 米", 260)),
        "羊绒围巾女冬季双面双色加长保暖围脖通勤礼盒", 120, 10,
    ),
    Good(
        "KB-2410", "高领打底衫 三色", 2_600, 8_900, "贴身不勒脖，叠穿不臃肿",
        ("磨毛内里贴身不扎", "领口回弹洗后不垮", "三色可选叠穿不厚"),
        (Item("KB-2410-W-M", "白 / M", 600), Item("KB-2410-W-L", "白 / L", 520), Item("KB-2410-K-M", "黑 / M", 700)),
        "高领打底衫女秋冬磨毛内搭修身长袖针织衫叠穿", 200, 12,
    ),
    Good(
        "KB-2417", "短款羊毛双面呢外套", 21_000, 59_900, "小个子也能穿出比例的羊毛外套",
        ("九成羊毛双面呢手工缝制", "短款显高小个子不压身", "四十八小时发货七天无理由"),
        (Item("KB-2417-B-M", "黑色 / M", 380), Item("KB-2417-B-L", "黑色 / L", 240), Item("KB-2417-C-M", "驼色 / M", 300), Item("KB-2417-C-S", "驼色 / S", 180)),
        "羊毛双面呢外套女短款小个子秋冬季手工缝制大衣", 150, 15,
    ),
    Good(
        "KB-2422", "法式针织开衫", 7_200, 19_900, "一件开衫，办公室空调房刚好",
        ("马海毛混纺起球三级有报告", "珍珠扣手工缝送备用扣", "套洗衣袋可以轻柔机洗"),
        (Item("KB-2422-P-F", "藕粉 / 均码", 460), Item("KB-2422-M-F", "米白 / 均码", 520)),
        "法式针织开衫女秋冬马海毛混纺外搭温柔风毛衣", 180, 12,
    ),
    Good(
        "KB-2390", "加绒直筒牛仔裤", 5_400, 13_900, "零下也能穿的直筒牛仔裤",
        ("腰部加绒膝下不臃肿", "高腰收腹直筒版", "小码到大码都有"),
        (Item("KB-2390-M", "深蓝 / M", 800), Item("KB-2390-L", "深蓝 / L", 760), Item("KB-2390-XL", "深蓝 / XL", 300)),
        "加绒直筒牛仔裤女高腰冬季加厚显瘦大码长裤", 240, 10,
    ),
    Good(
        "KB-2388", "羊毛袜 三双装", 1_100, 3_900, "脚暖一天，整个人都松下来",
        ("六成羊毛透气不闷", "手工对目脚尖无硬骨", "三双一盒，颜色随机不重复"),
        (Item("KB-2388-A", "女款三双", 1_500),),
        "羊毛袜女冬季加厚保暖中筒三双装对目缝头", 300, 8,
    ),
    Good(
        "KB-2430", "中长款风衣", 15_800, 45_900, "早春早秋一件搞定",
        ("防泼水面料小雨不慌", "可拆内胆三季能穿", "腰带双面可用"),
        (Item("KB-2430-K-M", "卡其 / M", 0), Item("KB-2430-K-L", "卡其 / L", 0)),
        "风衣女中长款春秋防泼水可拆内胆系带外套通勤", 0, 12,
    ),
)

TEMPLATE = [
    {"key": "rubbing", "title": "耐摩擦色牢度", "title_en": "Colour fastness to rubbing", "unit": "级", "standard": "GB/T 3920-2008", "lower": 3_000, "upper": None},
    {"key": "washing", "title": "耐皂洗色牢度", "title_en": "Colour fastness to washing", "unit": "级", "standard": "GB/T 3921-2008", "lower": 3_000, "upper": None},
    {"key": "shrinkage", "title": "水洗尺寸变化率", "title_en": "Dimensional change after washing", "unit": "%", "standard": "GB/T 8628-2013", "lower": -3_000, "upper": 3_000},
    {"key": "pilling", "title": "起球", "title_en": "Pilling", "unit": "级", "standard": "GB/T 4802.1-2008", "lower": 3_000, "upper": None},
    {"key": "formaldehyde", "title": "甲醛含量", "title_en": "Formaldehyde", "unit": "mg/kg", "standard": "GB 18401-2010 B 类", "lower": None, "upper": 75_000},
]
"""The inspection template of apparel (SUP-5); limits in thousandths of the unit."""

FOOD_TEMPLATE = [
    {"key": "shelf", "title": "剩余保质期", "title_en": "Shelf life left", "unit": "天", "standard": "店铺要求：不少于保质期的三分之二", "lower": 120_000, "upper": None},
    {"key": "weight", "title": "净含量偏差", "title_en": "Net content deviation", "unit": "%", "standard": "JJF 1070-2005", "lower": -3_000, "upper": None},
]
GENERAL_TEMPLATE = [
    {"key": "look", "title": "外观（合格率）", "title_en": "Appearance (share passed)", "unit": "%", "standard": "GB/T 2828.1-2012", "lower": 97_500, "upper": None},
]

MEASURED = {"rubbing": "4", "washing": "4", "shrinkage": "-1.5", "pilling": "4", "formaldehyde": "18"}

CATEGORIES = (("apparel", "服装", "Apparel"), ("beauty", "美妆", "Beauty"), ("food", "食品", "Food"), ("general", "其他", "Other"))
