"""
What reviews talk about in their own words: aspects found in the text, near ones grouped, with praise, blame and wishes (SEL-5).

An aspect is a word of the dictionary, or else the noun that stands before the opinion (转轴松 → 转轴), or else the complaint
itself (起球). So a kind of goods nobody thought of brings its own aspects.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kaibo.language.segmentation import tagged
from kaibo.language.themes import OVERALL, Opinion, ThemeReader

BAD, GOOD, WISH = "bad", "good", "wish"
LONGEST_ASPECT: Final = 16
LOOK_BACK: Final = 14
"""So many characters before an opinion may hold the noun it is said of."""

_NOUNS = ("n", "vn", "nz", "an", "eng")
_STATEMENT_ENDS = re.compile(r"[，。！？；：、,.!?;:\n\t ~…]")
_WISH = re.compile(r"(?:希望|建议|要是|如果|最好|能不能|期待|盼)[^，。！？；,.!?;\n]{0,4}?(?:能|可以|有|是|再|多|加|出|改|增|把|提供|做)[^，。！？；,.!?;\n]{2,24}")
_NO_ASPECT_WORDS = (
    "东西 感觉 时候 问题 情况 朋友 老婆 老公 孩子 妈妈 爸爸 家人 大家 亲 人 个人 时间 地方 样子 京东 天猫 淘宝 评论 评价 事情 有点 一点 一下 "
    "结果 原因 方面 其他 其它 时 整体 总体 总体感觉 效果图 现在 今天 昨天 上次 下次 本人 双十一 活动 店 买家 顾客 客户 消费者 机会 心情 网友 宝宝 "
    "第一次 一次 一直 实话 总之 期间 差评 好评 星 垃圾 骗子 本来 当时 最后 后来 妹妹 姐姐 同事 家里 女儿 儿子 小时 分钟 天 月 年 号 块 元 毛 "
    "书 本书 这本书 小说 书籍 手机 平板 电脑 笔记本 本本 机子 机器 苹果 水果 果子 衣服 裤子 裙子 酒店 宾馆 洗发水 热水器 蒙牛 伊利 牛奶 经理 脑子 企业 "
    "心理 印象 程度 结论 体验 意思 道理 水平 全部 部分 一般 不错 还行 满意 根本 用户 厂家 产品 商品 宝贝 货 样 说明 理由 用"
)
_NO_ASPECT = frozenset(_NO_ASPECT_WORDS.split())


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said in one review: side `bad`, `good` or `wish`, of which aspect, and its half-open place."""

    side: str
    theme: str
    aspect: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Aspect:
    """An aspect with its near names: how many reviews blame it and how many praise it; the most used name leads."""

    name: str
    names: tuple[str, ...]
    theme: str
    bad: int
    good: int


def said_in(reader: ThemeReader, review: str, *, domain: str | None = None) -> list[Said]:
    """This function will find what a review blames, praises and wishes, each aspect and side once, in text order."""
    found: dict[tuple[str, str], Said] = {}
    for one in reader.opinions_in(review, domain=domain):
        side = BAD if one.is_bad else GOOD
        aspect = _aspect_of(review, one)
        if aspect:
            found.setdefault((side, aspect), Said(side, one.theme, aspect, one.start, one.end))
    for wish in _WISH.finditer(review):
        about = next((one for one in found.values() if wish.start() <= one.start < wish.end()), None)
        named = about.aspect if about else _last_noun(review[wish.start() : wish.end()])
        found.setdefault((WISH, named or "愿望"), Said(WISH, about.theme if about else OVERALL, named or "愿望", wish.start(), wish.end()))
    return sorted(found.values(), key=lambda one: (one.start, one.side))


def _aspect_of(review: str, one: Opinion) -> str:
    """This function will name what an opinion is about; nothing where only a mood is uttered."""
    if one.aspect and one.aspect not in _NO_ASPECT:
        return one.aspect[:LONGEST_ASPECT]
    before = review[max(0, one.start - LOOK_BACK) : one.start]
    own = review[one.start : one.end].strip()
    noun = _last_noun(_STATEMENT_ENDS.split(before)[-1]) or _last_noun(own)  # 电池不耐用, 一点都不起球
    if noun:
        return noun
    if one.theme == OVERALL or not one.is_bad:
        return ""
    return own[:LONGEST_ASPECT]


def _last_noun(text: str) -> str:
    for word in reversed(tagged(text)):
        if word.kind.startswith(_NOUNS) and len(word.text) >= 2 and word.text not in _NO_ASPECT and not word.text.isdigit():
            return word.text[:LONGEST_ASPECT].casefold()
    return ""


def grouped(counts: Mapping[tuple[str, str, str], int]) -> list[Aspect]:
    """
    This function will bring near names together, (aspect, theme, side) → reviews, most blamed first.

    Near are names of one theme of which one begins or ends with the other (屏幕 · 屏幕亮度 · 手机屏幕), so that a share is
    not scattered over ten spellings.
    """
    totals: Counter[str] = Counter()
    themes: dict[str, Counter[str]] = defaultdict(Counter)
    for (aspect, theme, side), reviews in counts.items():
        if side != WISH:
            totals[aspect] += reviews
            themes[aspect][theme] += reviews
    theme_of = {aspect: held.most_common(1)[0][0] for aspect, held in themes.items()}
    leader: dict[str, str] = {}
    for aspect, _times in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])):
        leader[aspect] = next(
            (lead for lead in dict.fromkeys(leader.values()) if theme_of[lead] == theme_of[aspect] and _is_near(aspect, lead)), aspect
        )
    sides: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, list[str]] = defaultdict(list)
    for aspect, lead in leader.items():
        names[lead].append(aspect)
    for (aspect, _theme, side), reviews in counts.items():
        if aspect in leader:
            sides[leader[aspect]][side] += reviews
    found = [Aspect(lead, tuple(names[lead]), theme_of[lead], held[BAD], held[GOOD]) for lead, held in sides.items()]
    return sorted(found, key=lambda one: (-one.bad, -one.good, one.name))


def _is_near(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= 2 and len(long) <= len(short) + 3 and (long.startswith(short) or long.endswith(short))


def aspects_of(reader: ThemeReader, reviews: Iterable[str]) -> list[Aspect]:
    """This function will count and group what reviews of one market talk about, most blamed first; one review counts once."""
    read = list(reviews)
    domain = reader.domain_of(read)
    counts: Counter[tuple[str, str, str]] = Counter()
    for review in read:
        counts.update({(one.aspect, one.theme, one.side) for one in said_in(reader, review, domain=domain)})
    return grouped(counts)
