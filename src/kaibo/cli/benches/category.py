"""
Category advice and the recognition of title words on titles nobody trained on, beside baselines.

Takes files of one character and tag a line, an empty line between titles; `B-HCCX` begins a product term. A title's category is the
product term most of its terms end in, of those that are frequent in the training file: so "as written" tells how well the naming word
is found among several, and "name hidden" (every occurrence struck out) how well the other words speak for it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from kaibo.language.categories import CategoryAdviser
from kaibo.language.title_words import NamedWord, TitleReader

KINDS = {"HCCX": "core", "HPPX": "brand", "MISC": "attribute", "XH": "model"}
LEAST = 15
HIDDEN = "、"

Titled = tuple[str, list[NamedWord]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--train", type=Path, required=True, help="训练标题（一行一字一标） · titles to learn from, a character and its tag a line")
    parser.add_argument("--held-out", type=Path, required=True, help="留出标题 · titles to be measured on")


def read_titles(path: Path) -> Iterator[Titled]:
    """This function will read tagged titles."""
    characters: list[str] = []
    tags: list[str] = []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.strip():
            first, _space, tag = line.rpartition(" ")
            characters.append(first[:1] or " ")
            tags.append(tag)
        elif characters:
            yield "".join(characters), _named(tags)
            characters, tags = [], []


def _named(tags: Sequence[str]) -> list[NamedWord]:
    found: list[NamedWord] = []
    before = "O"
    for at, tag in enumerate(tags):
        kind = KINDS.get(tag[2:], tag[2:])
        if tag.startswith("B-"):
            found.append(NamedWord(at, at + 1, kind))
        elif tag.startswith("I-") and before[2:] == tag[2:] and found:
            found[-1] = NamedWord(found[-1].start, at + 1, kind)
        before = tag
    return found


def run(args: argparse.Namespace) -> int:
    for path in (args.train, args.held_out):
        if not path.exists():
            sys.stderr.write(f"没有这个文件 · no such file: {path}\n")
            return 2
    taught, held = list(read_titles(args.train)), list(read_titles(args.held_out))
    print(f"训练 {len(taught):,} 个标题，留出 {len(held):,} 个 · trained on {len(taught):,}, measured on {len(held):,}")
    _categories(taught, held)
    _words(taught, held)
    return 0


def _terms(titled: Titled) -> list[str]:
    title, named = titled
    return [title[one.start : one.end] for one in named if one.kind == "core"]


def label_of(titled: Titled, known: set[str]) -> str:
    """This function will give the frequent term most of a title's terms end in (the later of equals), or nothing."""
    ends = [next((term[at:] for at in range(len(term) - 1) if term[at:] in known), "") for term in _terms(titled)]
    counted = Counter(one for one in ends if one)
    most = max(counted.values(), default=0)
    return next((one for one in reversed(ends) if one and counted[one] == most), "")


def _categories(taught: list[Titled], held: list[Titled]) -> None:
    counted = Counter(term for one in taught for term in _terms(one))
    known = {term for term, times in counted.items() if times >= LEAST and len(term) > 1}
    train = [(one[0], label) for one in taught if (label := label_of(one, known))]
    test = [(one[0], label) for one in held if (label := label_of(one, known))]
    majority = Counter(label for _title, label in train).most_common(1)[0][0]
    print(f"类目 · category: {len({label for _t, label in train})} 个类目，{len(train):,} / {len(test):,} 个标题有类目")
    for name, hide in (("原样 as written", False), ("遮住类目词 name hidden", True)):
        seen = [(title.replace(label, HIDDEN) if hide else title, label) for title, label in train]
        asked = [(title.replace(label, HIDDEN) if hide else title, label) for title, label in test]
        began = time.process_time()
        adviser = CategoryAdviser(seen)
        trained = time.process_time() - began
        advised = [[one.path for one in adviser.advise(title)] for title, _label in asked]
        first = _share(top[:1] == [label] for top, (_title, label) in zip(advised, asked, strict=True))
        third = _share(label in top for top, (_title, label) in zip(advised, asked, strict=True))
        keyword = _share(_last_known(title, known, majority) == label for title, label in asked)
        largest = _share(majority == label for _title, label in asked)
        print(f"  {name}：前一 {first:.1%}，前三 {third:.1%}；只看最后出现的类目词 last known term {keyword:.1%}，总猜最大类目 majority {largest:.1%}（学习 CPU {trained:.1f} s）")


def _last_known(title: str, known: set[str], otherwise: str) -> str:
    placed = [(title.rfind(term) + len(term), len(term), term) for term in known if term in title]
    return max(placed)[2] if placed else otherwise


def _share(hits: Iterator[bool]) -> float:
    judged = list(hits)
    return sum(judged) / max(1, len(judged))


def _words(taught: list[Titled], held: list[Titled]) -> None:
    began = time.process_time()
    reader = TitleReader(taught)
    trained = time.process_time() - began
    known = {kind: {title[one.start : one.end] for title, named in taught for one in named if one.kind == kind} for kind in KINDS.values()}
    read = [reader.read(title) for title, _named_ in held]
    print(f"标题用词 · words of titles, F1 of exact places（学习 CPU {trained:.0f} s）")
    for kind, zh in (("core", "核心词"), ("brand", "品牌"), ("attribute", "属性与其他"), ("model", "型号")):
        looked_up = [longest_first(title, known[kind], kind) for title, _named_ in held]
        ours, plain = (f1(held, found, kind) for found in (read, looked_up))
        print(f"  {zh} {kind}：{ours:.3f}；词典最长匹配 dictionary of the training titles {plain:.3f}")


def longest_first(title: str, known: set[str], kind: str) -> list[NamedWord]:
    """This function will find a dictionary's words, the longest at each place."""
    longest = max(map(len, known), default=0)
    found, at = [], 0
    while at < len(title):
        length = next((size for size in range(min(longest, len(title) - at), 0, -1) if title[at : at + size] in known), 0)
        if length:
            found.append(NamedWord(at, at + length, kind))
        at += length or 1
    return found


def f1(held: list[Titled], found: Sequence[Sequence[NamedWord]], kind: str) -> float:
    """This function will give the harmonic mean of precision and recall of one kind, places exact."""

    def places(named: Sequence[NamedWord]) -> set[tuple[int, int]]:
        return {(one.start, one.end) for one in named if one.kind == kind}

    right = wanted = given = 0
    for (_title, named), guess in zip(held, found, strict=True):
        right, wanted, given = right + len(places(named) & places(guess)), wanted + len(places(named)), given + len(places(guess))
    return 2 * right / max(1, wanted + given)
