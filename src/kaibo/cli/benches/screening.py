"""
`./kaibo bench screen`: texts a second on one core with 60,000 words and everything that undoes disguises, beside bare Aho-Corasick.

The bare automaton reads texts that are already normalised and undoes nothing. `--recall` measures how many words are found in each
way of hiding them; it needs the lists that `./kaibo test` brings.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import daachorse
import rjieba

from kaibo.cli.benches.evasions import EVASIONS, is_found, variants
from kaibo.language.lexicon import Lexicon, packaged_lexicon, with_house_words
from kaibo.language.normaliser import is_han, normalise
from kaibo.language.screening import Screener, default_screener

WORDS: Final = 60_000
AIM_PER_SECOND: Final = 100_000
LENGTHS: Final = (20, 120, 1_000)
_ADVERSARIAL: Final = (250_000, 500_000, 1_000_000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--texts", type=Path, help="真实文本，每行一条；不给则用示例词拼成 · real texts, a line each; without it they are put together from common words")
    parser.add_argument("--words", type=Path, action="append", default=[], help="更多词表，每行一词，可多次 · more words, a line each; may be repeated")
    parser.add_argument("--count", type=int, default=20_000, help="120 字文本的条数 · how many texts of 120 characters (20000)")
    parser.add_argument("--recall", type=int, metavar="N", help="每种写法造 N 个变体，量召回 · find N variants of each evasion")
    parser.add_argument("--seed", type=int, default=20_261_122, help="变体的种子 · seed of the variants")
    parser.add_argument("--json", action="store_true", help="一行 JSON · one JSON line")


def run(args: argparse.Namespace) -> int:
    figures: dict[str, Any] = {"bench": "screen"}
    if args.recall:
        figures["recall"] = recall_of(default_screener(), count=args.recall, seed=args.seed)
        is_reached = all(one["found"] >= one["aim"] for one in figures["recall"].values())
    else:
        figures |= _speed(args)
        is_reached = True
    _report(figures, as_json=args.json)
    return 0 if is_reached else 1


def recall_of(screener: Screener, *, count: int, seed: int) -> dict[str, dict[str, float]]:
    """This function will give, for each way of hiding words, the shares found and blocked."""
    figures = {}
    for evasion, (_, aim) in EVASIONS.items():
        found = [is_found(screener, one) for one in variants(screener, evasion, count=count, seed=seed)]
        figures[evasion] = {
            "variants": len(found), "found": round(1 - found.count("") / len(found), 4), "blocked": round(found.count("block") / len(found), 4), "aim": aim,
        }  # fmt: skip
    return figures


def _speed(args: argparse.Namespace) -> dict[str, Any]:
    lexicon = large_lexicon([line for path in args.words for line in path.read_text("utf-8", errors="replace").splitlines()])
    began = time.process_time()
    screener = Screener(lexicon)
    screener.screen_many(["热身"])
    built = time.process_time() - began
    words = sorted({entry.word for entry in lexicon.words})
    automaton = daachorse.CharwiseDoubleArrayAhoCorasick(words)
    source = args.texts.read_text("utf-8", errors="replace").replace("\n", "") if args.texts else _prose()
    figures: dict[str, Any] = {"words": len(words), "build_seconds": round(built, 1), "aim_per_second": AIM_PER_SECOND}
    for length in LENGTHS:
        texts = _distinct(source, length, max(200, min(args.count, args.count * 120 // length)))
        screener.screen_many(texts)  # characters and syllables are met once
        many, answers = _per_second(len(texts), lambda texts=texts: screener.screen_many(texts, "chat"))  # type: ignore[misc]
        few = texts[: max(50, len(texts) // 20)]
        for text in texts[len(few) : 3 * len(few)]:
            screener.screen(text, "chat")  # a room that runs has met most pairs of characters, in other messages
        one, _ = _per_second(len(few), lambda few=few: [screener.screen(text, "chat") for text in few])  # type: ignore[misc]
        bare, _ = _per_second(len(texts), lambda texts=texts: [automaton.find_overlapping(text) for text in texts])  # type: ignore[misc]
        objected = sum(answer.verdict != "pass" for answer in answers) / len(answers)
        figures[str(length)] = {
            "texts": len(texts), "per_second": round(many), "single_per_second": round(one), "bare_per_second": round(bare),
            "ratio_to_bare": round(many / bare, 2), "objected_share": round(objected, 4),
        }  # fmt: skip
    figures["adversarial_seconds"] = {str(size): round(_adversarial(screener, size), 2) for size in _ADVERSARIAL}
    return figures


def large_lexicon(listed: Sequence[str]) -> Lexicon:
    """
    This function will fill the packaged lexicon up to 60,000 words: with the listed ones that are no ordinary words of the
    language (客服 is one, and stands in the lists), then with made ones.
    """
    chance = random.Random(60_000)
    chars = [bytes([high, low]).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)]
    known = {entry.word for entry in packaged_lexicon().words}
    extra = dict.fromkeys(word for line in listed if (word := line.strip(" ,\t\r")) not in known and _is_worth(word))
    while len(known) + len(extra) < WORDS:
        extra["".join(chance.choices(chars, k=chance.choice([3, 3, 4, 4, 5, 6])))] = None
    since = date(2026, 11, 22).isoformat()
    house = [
        {"word": word, "severity": "review", "kind": "house", "source": "bench", "suggestion": "-", "since": since}
        for word in list(extra)[: WORDS - len(known)]
    ]
    return with_house_words(packaged_lexicon(), house, version=1)


def _is_worth(word: str) -> bool:
    plain = normalise(word).text
    return sum(map(is_han, plain)) >= 3 and not rjieba.has_word(plain)


_WORDS_TEXT: Final = (
    "这件 毛衣 面料 柔软 穿着 舒服 颜色 好看 快递 很快 包装 仔细 客服 耐心 尺码 合适 推荐 大家 购买 物流 收到 质量 不错 价格 实惠 朋友 家里 老人 孩子 喜欢 "
    "秋冬 新款 外套 加厚 保暖 宽松 百搭 显得 年轻 味道 新鲜 水果 香甜 屏幕 清晰 电池 耐用 声音 清楚 厨房 清洁 方便 洗衣 机器 安静 省电 昨天 今天 下单 明天 "
    "发货 客人 房间 干净 早餐 丰富 位置 附近 地铁 步行 回购 几次 一直 信任 店家 赠品 小样 试用 皮肤 清爽 泡沫 细腻 头发 柔顺 我们 已经 觉得 比较 还是 非常 "
    "，，，，。。！"
)
_WORDS: Final = _WORDS_TEXT.split()


def _prose() -> str:
    chance = random.Random(120)
    return "".join(chance.choices([*_WORDS[:-1], *_WORDS[-1]], k=1_400_000))


def _distinct(source: str, length: int, count: int) -> list[str]:
    most = len(source) // length
    return list(dict.fromkeys(source[at * length : (at + 1) * length] for at in range(min(count, most))))


def _per_second(count: int, work: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    began = time.process_time()
    answers = work()
    return count / (time.process_time() - began), answers


def _adversarial(screener: Screener, size: int) -> float:
    """What costs most: prefixes of words over and over, letters that read as syllables, pieces, symbols, quotes."""
    worst = ("国家国家级最最最", "guojiaguojia", "弓虽女子木几", "国-*-家★", "“最”「好」", "罪低嘴家薇信", "第1第①2", "1" * 11)
    text = "".join(one * (size // len(worst) // len(one)) for one in worst)
    began = time.process_time()
    screener.screen(text, "detail")
    return time.process_time() - began


def _report(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return
    write = sys.stdout.write
    for evasion, one in figures.get("recall", {}).items():
        sign = "✓" if one["found"] >= one["aim"] else "✗"
        write(f"{sign} {evasion:12} 找到 found {one['found']:.2%} (目标 aim {one['aim']:.1%}) · 拦下 blocked {one['blocked']:.2%} · {one['variants']} 个变体 variants\n")
    if "words" not in figures:
        return
    write(f"文案审查 screening: {figures['words']:,} 词 words, 建成 built in {figures['build_seconds']} s CPU, 单核 one core\n")
    for length in LENGTHS:
        one = figures[str(length)]
        write(
            f"  {length:5,} 字 characters: {one['per_second']:>8,}/s 成批 in batches · {one['single_per_second']:>7,}/s 逐条 one by one · "
            f"{one['bare_per_second']:>8,}/s 裸自动机 bare Aho-Corasick (× {one['ratio_to_bare']}) · {one['texts']:,} 条 texts, {one['objected_share']:.1%} 有命中 with hits\n"
        )
    write(f"  目标 aim: {AIM_PER_SECOND:,}/s (120 字 characters)\n")
    seconds = " · ".join(f"{int(size):,}: {taken} s" for size, taken in figures["adversarial_seconds"].items())
    write(f"  刁难文本 adversarial characters: {seconds}\n")
