"""Titles proposed by rule from what is known of a product, with the reason of each; what stands too near another; what one press mends. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kaibo.language.screening import Hit
from kaibo.language.segmentation import words
from kaibo.stages.listing.rules import Complaint, TitleLimit, TitleParts, build_title, cut_to_width, width_of


@dataclass(frozen=True, slots=True)
class HotFigure:
    """A hot word with its heat and, where two readings are known, its growth in basis points over `days`."""

    word: str
    heat: int
    growth_bp: int | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """Another title: whose it is (own or rival), where it stands."""

    title: str
    owner: str
    href: str = ""
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """Everything a title may be made of."""

    core: str
    brand: str
    attributes: tuple[str, ...]
    scenes: tuple[str, ...]
    hot: tuple[HotFigure, ...]
    others: tuple[KnownTitle, ...]
    limit: TitleLimit


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed title with its parts, points out of 100 and the reasons in two languages."""

    title: str
    parts: TitleParts
    points: int
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]
    way: str
    width: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A title that stands near ours; `share_bp` of their pairs of characters are common."""

    known: KnownTitle
    share_bp: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One press that mends one complaint: the whole title as it would read."""

    zh: str
    en: str
    title: str


@cache
def packaged_words() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """This function will give the house's own attribute and scene words, longest first."""
    read = tomllib.loads((Path(__file__).parent / "title_words.toml").read_text(encoding="utf-8"))
    return tuple(sorted(read["attributes"], key=lambda one: (-len(one), one))), tuple(sorted(read["scenes"], key=lambda one: (-len(one), one)))


def words_in(texts: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """This function will find known words in texts, the longest at each place, each once, in the order of the texts."""
    found: dict[str, None] = {}
    lengths = sorted({len(one) for one in known}, reverse=True)
    among = set(known)
    for text in texts:
        at = 0
        while at < len(text):
            word = next((text[at : at + size] for size in lengths if text[at : at + size] in among), "")
            # A single character such as 女 speaks only where it ends the text or stands apart: 女 in 儿女 is no audience.
            if word and (len(word) > 1 or at + 1 == len(text)):
                found[word] = None
                at += len(word)
            else:
                at += 1
    return tuple(found)


def guess_core(title: str, names: Sequence[str]) -> str:
    """This function will guess the core word of a product's name: the category name that stands last, or the last noun with what it rules."""
    placed = [(title.rfind(name) + len(name), len(name), name) for name in names if len(name) > 1 and name in title]
    attributes, scenes = packaged_words()
    if placed:
        return max(placed)[2]
    plain = title
    for word in (*attributes, *scenes):
        if len(word) > 1:
            plain = plain.replace(word, " ")
    last = plain.split()[-1] if plain.split() else title
    pieces = [one.text for one in words(last) if len(one.text) > 1] or [last]
    return pieces[-1][:12]


def fits_product(word: str, core: str, texts: Iterable[str], other_goods: Iterable[str]) -> bool:
    """
    This function will say whether a search word may be said of a product: it names no other goods, and shares a pair of characters
    with what the product says of itself. A style nobody claimed (赫本风) is left to a person's press.
    """
    return not names_other_goods(word, core, other_goods) and bool(_pairs(word) & set().union(_pairs(core), *map(_pairs, texts)))


def names_other_goods(word: str, core: str, goods: Iterable[str]) -> bool:
    """This function will say whether a search word is about goods other than these: 牛仔裤 above a pair of socks brings people who leave."""
    return any(name in word and name not in core and core[-2:] not in name for name in goods)


WAYS = (
    ("search", "搜索词在前", "search words first"), ("rising", "上升词在前", "rising words first"), ("attributes", "属性写全", "all attributes"),
    ("scenes", "场景写全", "all scenes"), ("short", "短标题，一眼读完", "short, read at a glance"),
)


def propose(facts: TitleFacts, *, similar_bp: int, most: int = 4) -> list[Proposal]:
    """This function will propose titles, best first; each another way of spending the width.   Source: LST-2."""
    made: dict[str, Proposal] = {}
    for way, _zh, _en in WAYS:
        if way == "rising" and not any((one.growth_bp or 0) > 0 for one in facts.hot):
            continue
        parts = _fill(way, facts)
        title = build_title(parts)
        if facts.core and title not in made:
            made[title] = _judge(title, parts, way, facts, similar_bp)
    return sorted(made.values(), key=lambda one: (-one.points, one.title))[:most]


def _fill(way: str, facts: TitleFacts) -> TitleParts:
    hot = [one.word for one in sorted(facts.hot, key=lambda one: -one.heat)]
    rising = [one.word for one in sorted(facts.hot, key=lambda one: -(one.growth_bp or 0)) if (one.growth_bp or 0) > 0]
    short = facts.limit.most * 6 // 10 if way == "short" else facts.limit.most
    leading = {"search": hot, "rising": rising}.get(way, [])[:3]
    tail = next((stem for word in leading if (stem := _stem_before(word, facts.core))), "")
    order: list[tuple[str, str]] = [("scene", word) for word in leading if not _stem_before(word, facts.core)]
    attributes = [("attribute", word) for word in facts.attributes]
    scenes = [("scene", word) for word in facts.scenes]
    order += scenes + attributes if way == "scenes" else [*attributes[:2], *scenes[:2], *attributes[2:], *scenes[2:]]
    if way not in {"search", "rising"}:
        order += [("scene", word) for word in hot]
    chosen: dict[str, list[str]] = {"attribute": [], "scene": []}

    def parts_of(words_: Mapping[str, Sequence[str]]) -> TitleParts:
        return TitleParts(facts.core, (*words_["attribute"], *([tail] if tail else [])), tuple(words_["scene"]), facts.brand)

    for kind, word in order:
        tried = {**chosen, kind: [*chosen[kind], word]}
        if word not in tail and not _repeats(word, facts, chosen) and width_of(build_title(parts_of(tried))) <= short:
            chosen = tried
    return parts_of(chosen)


def _stem_before(word: str, core: str) -> str:
    """This function will give what stands before the core word in a search word that runs into it: 小个子 of 小个子双面呢 and 双面呢外套."""
    return next((word[:-size] for size in range(min(len(word) - 1, len(core)), 1, -1) if word.endswith(core[:size])), "")


def _repeats(word: str, facts: TitleFacts, chosen: Mapping[str, Sequence[str]]) -> bool:
    """This function will say whether a word adds nothing: it, or most of it, is already there."""
    there = [facts.core, facts.brand, *chosen["attribute"], *chosen["scene"]]
    if any(word in one or (one and one in word) for one in there):
        return True
    pairs = _pairs(word)
    return bool(pairs) and len(pairs & set().union(*map(_pairs, there))) * 2 >= len(pairs)


def _judge(title: str, parts: TitleParts, way: str, facts: TitleFacts, similar_bp: int) -> Proposal:
    zh, en = [], []
    used = [one for one in facts.hot if one.word in title]
    heat, known = sum(one.heat for one in used), sum(one.heat for one in facts.hot)
    points = 0
    if used:
        points += min(35, 15 + 20 * heat // max(1, known))
        best = max(used, key=lambda one: one.heat)
        growth = f"，{best.days} 天涨 {best.growth_bp // 100} %" if (best.growth_bp or 0) > 0 and best.growth_bp else ""
        grown = f", up {best.growth_bp // 100} % in {best.days} days" if growth and best.growth_bp else ""
        zh.append(f"用上 {len(used)} 个热搜词，最热“{best.word}”{best.heat:,}{growth}")
        en.append(f"uses {len(used)} hot words, the hottest “{best.word}” {best.heat:,}{grown}")
    width = width_of(title)
    filled = width * 100 // facts.limit.most
    points += 25 if 75 <= filled <= 100 else 15 if filled >= 50 else 5
    zh.append(f"用了长度的 {filled} %")
    en.append(f"uses {filled} % of the width")
    points += 10 * bool(parts.attributes) + 10 * bool(parts.scenes)
    near = neighbours(title, facts.others, most=1)
    share = near[0].share_bp if near else 0
    if share >= similar_bp:
        zh.append(f"和“{near[0].known.title}”有 {share // 100} % 相同")
        en.append(f"{share // 100} % the same as “{near[0].known.title}”")
    else:
        points += 20
        if near:
            zh.append(f"和最近的标题相同 {share // 100} %")
            en.append(f"{share // 100} % in common with the nearest title")
    name_zh, name_en = next((zh_, en_) for key, zh_, en_ in WAYS if key == way)
    return Proposal(title, parts, points, (name_zh, *zh), (name_en, *en), way, width)


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def likeness_bp(one: str, other: str) -> int:
    """This function will give the share of pairs of characters two titles have in common (Jaccard), in basis points, width and case aside."""
    first, second = (_pairs("".join(text.lower().split())) for text in (one, other))
    union = first | second
    return len(first & second) * 10_000 // len(union) if union else 10_000


def neighbours(title: str, others: Iterable[KnownTitle], *, most: int = 3, least_bp: int = 0) -> list[Neighbour]:
    """This function will give the titles that stand nearest, nearest first.   Source: LST-2, CMP-6."""
    found = [Neighbour(one, likeness_bp(title, one.title)) for one in others if one.title]
    return sorted((one for one in found if one.share_bp >= max(1, least_bp)), key=lambda one: (-one.share_bp, one.known.title))[:most]


def neighbour_complaints(title: str, others: Iterable[KnownTitle], *, similar_bp: int) -> list[Complaint]:
    """This function will say when a title is (nearly) another one: one's own (they compete for one place) or a rival's (copied)."""
    found = []
    for one in neighbours(title, others, least_bp=similar_bp, most=2):
        percent = one.share_bp // 100
        if one.known.is_own:
            words_ = (f"和自己的“{one.known.title}”（{one.known.owner}）{percent} % 相同，会互相抢位置", f"{percent} % the same as our own “{one.known.title}” ({one.known.owner}); they compete for one place")
        else:
            words_ = (f"和竞品“{one.known.title}”（{one.known.owner}）{percent} % 相同，换掉照抄的词", f"{percent} % the same as a competitor's “{one.known.title}” ({one.known.owner}); change the copied words")
        found.append(Complaint("listing.title_similar", *words_, is_stop=False, source="LST-2、CMP-6"))
    return found


def rewrites(title: str, parts: TitleParts, limit: TitleLimit, hits: Sequence[Hit]) -> list[Rewrite]:
    """This function will give what one press can mend: forbidden words, a missing core word, repetition, length; one offer for each."""
    found: list[Rewrite] = []
    clean = title
    for hit in sorted(hits, key=lambda one: -one.start):
        if hit.severity == "block":
            # None means that only a person can say it anew; the word itself must go in any case.
            clean = clean[: hit.start] + (hit.rewrite or "") + clean[hit.end :]
    clean = clean.strip()
    if clean != title and clean:
        changed = "、".join(dict.fromkeys(f"“{hit.text}”→“{hit.rewrite}”" if hit.rewrite else f"去掉“{hit.text}”" for hit in hits if hit.severity == "block"))
        found.append(Rewrite(changed, f"Mend the forbidden words: {changed}", clean))
    base = clean or title
    if parts.core and parts.core not in base:
        found.append(Rewrite(f"补上核心词“{parts.core}”", f"Add the core word “{parts.core}”", cut_to_width(base, limit.most - width_of(parts.core)) + parts.core))
    if repeated := next((word for word in parts.words if len(word) > 1 and base.count(word) > 1), ""):
        first = base.find(repeated) + len(repeated)
        found.append(Rewrite(f"“{repeated}”只留一次", f"Keep “{repeated}” once", base[:first] + base[first:].replace(repeated, "")))
    if width_of(base) > limit.most and (short := _shortened(base, parts, limit.most)) != base:
        found.append(Rewrite(f"缩到 {limit.most} 以内，留住核心词", f"Shorten to {limit.most}, keeping the core word", short))
    return [one for one in found if one.title != title]


def _shortened(title: str, parts: TitleParts, most: int) -> str:
    """This function will take words out, scene words from the last, then attributes, then whatever stands before the core word."""
    short = title
    for word in (*reversed(parts.scenes), *reversed(parts.attributes)):
        if width_of(short) <= most:
            return short
        short = short.replace(word, "", 1)
    if width_of(short) > most:
        room = most - width_of(parts.core)
        head = short.replace(parts.core, "", 1) if parts.core else short
        short = cut_to_width(head, room) + parts.core
    return short


def growth_of(readings: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """
    This function will give (growth in basis points, days) of readings (day number, heat) from the earliest to the latest; None for fewer than two days.

    A word that comes from nothing has no rate of growth.
    """
    ordered = sorted(readings)
    if len(ordered) < 2 or ordered[0][1] <= 0:
        return None
    (first_day, first), (last_day, last) = ordered[0], ordered[-1]
    return (last - first) * 10_000 // first, last_day - first_day
