"""
What viewers ask: telling a question from other talk, and which questions ask the same (LIV-9).

By dictionary and segmentation, so the desk can see why two were put together: the same topics, the same figures
(155 斤 is not 160 斤), and enough words in common.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from kaibo.language.normaliser import folded
from kaibo.language.segmentation import search_words

MOST_COMPARED: Final = 500
LEAST_SHARED_BP: Final = 5_000

_ASKS = re.compile(
    r"[?？]|[吗呢么嘛]$|(?:怎么|怎样|如何|多少|多大|多久|多长|多重|多高|什么|啥|哪[个种款里儿些]?|几[码个件点天号米块钱折斤厘寸]"
    r"|能不能|可不可以|可以.{0,12}吗|会不会|是不是|有没有|有无|还有(?:货|码|色|吗|没)|行不行|要不要|好不好|求(?:链接|问|解)|请问|咨询|问一下|为什么|何时)"
)
_NOT_ASKED = re.compile(r"^(?:怎么(?:这么|那么|能这么)|多么|什么都|没什么|不怎么|太.{0,6}了吧)|(?:你们?|咱|大家|姐妹们?)?(?:好|懂)(?:吗|么)?$")
_TOPICS: Final[dict[str, str]] = {
    "price": r"多少钱|价格|什么价|怎么卖|几块|几元|多少米|几米|贵不贵|到手价|优惠|便宜",
    "size": r"尺码|码数|什么码|啥码|多大码|几码|穿多大|哪个码|大小|偏大|偏小|[sml]码",
    "shipping": r"发货|几天.{0,2}到|什么时候.{0,2}到|多久到|快递|到货|物流|几号发",
    "freight": r"包邮|邮费|运费",
    "stock": r"有货|还有吗|还有没|还有.{1,4}吗|有没有(?:货|.色|[smlx\d]+码?)|断货|补货|库存|卖完|上车",
    "color": r"颜色|什么色|几个色|色差",
    "material": r"材质|面料|什么料|成分|羊毛|纯棉|含量|真皮",
    "returns": r"退货|退换|七天|7天|无理由|退款",
    "wash": r"机洗|水洗|干洗|手洗",
    "fading": r"掉色|褪色|染色",
    "shape": r"缩水|变形|起皱",
    "pilling": r"起球|掉毛|勾丝",
    "warranty": r"质保|保修|正品|真的假的|保质期|过期",
    "weather": r"厚吗|薄吗|厚不厚|保暖|透不透|透气|冷不冷|热不热",
    "gift": r"赠品|送什么|有礼|送不送",
    "draw": r"抽奖|中奖|开奖|福袋",
    "link": r"链接|几号链接|哪里买|怎么买|怎么拍|在哪买",
}
_COLOURS: Final = "黑白红米灰蓝粉绿咖驼紫黄橙棕杏卡青"
_STOP_WORDS: Final = (
    "的 了 吗 呢 么 嘛 啊 呀 哦 吧 是 有 没 没有 有没有 会 不会 会不会 能 能不能 可以 请问 问 一下 咨询 主播 老板 老师 小姐姐 姐姐 姐 亲 你 你们 我 我们"
    " 这 那 这个 那个 这款 那款 这件 那件 什么 啥 怎么 怎样 多少 多大 多久 几 哪 哪个 哪里 时候 什么时候 呗 哈 还 还有 也 都 就 要 想 和 跟 在 到 给 个 款 件 穿 买 卖 钱 码"
)
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Gist:
    """What a question is about: its topics, and its content words with the figures in them."""

    topics: frozenset[str]
    words: frozenset[str]

    @property
    def figures(self) -> frozenset[str]:
        return frozenset(word for word in self.words if any(char.isdigit() for char in word))


@cache
def _topic_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    colours = tuple((f"color:{one}", re.compile(f"{one}色")) for one in _COLOURS)
    return tuple((key, re.compile(pattern)) for key, pattern in _TOPICS.items()) + colours


def _plain(text: str) -> str:
    return folded(text).strip().rstrip("。.!！~～ ")


def is_question(text: str) -> bool:
    """This function will say whether somebody wants an answer to this."""
    plain = _plain(text)
    if len(plain) < 2:
        return False
    return bool(_ASKS.search(plain)) and not _NOT_ASKED.search(plain.rstrip("?？"))


def gist(text: str) -> Gist:
    """This function will give what a question is about, in a form that can be compared."""
    plain = _plain(text)
    topics = frozenset(key for key, pattern in _topic_patterns() if pattern.search(plain))
    words = frozenset(word for word in search_words(plain) if word not in _STOP and (len(word) > 1 or not word.isascii() or word.isdigit()))
    return Gist(topics, words | frozenset(re.findall(r"\d+(?:\.\d+)?", plain)))


def is_alike(one: Gist, other: Gist) -> bool:
    """
    This function will say whether two questions ask the same.

    Different topics or figures never do. Questions with a topic need less in common than those without one.
    """
    if one.topics != other.topics or one.figures != other.figures:
        return False
    shared, either = len(one.words & other.words), len(one.words | other.words)
    if not either:
        return True
    if one.topics and (min(len(one.words), len(other.words)) <= 1 or 3 * shared >= either):
        return True
    return shared * 10_000 >= either * LEAST_SHARED_BP


def alike_one(asked: Gist, known: Sequence[Gist]) -> int | None:
    """This function will give the place of the first known question that asks the same, or None."""
    return next((place for place, one in enumerate(known[:MOST_COMPARED]) if is_alike(asked, one)), None)
