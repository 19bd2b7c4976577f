"""How a title is built and how long it may be; which price may stand. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kaibo.kit.errors import Conflict, Invalid
from kaibo.kit.money import share_bp, yuan_text
from kaibo.kit.transitions import Transitions
from kaibo.stages.compliance.pricing import Kind, PriceGround, PriceLimits, guard


class State(StrEnum):
    """Where a listing stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STEPS = Transitions.of(
    {
        State.DRAFT: (State.PUBLISHED,),
        State.PUBLISHED: (State.PUBLISHED, State.WITHDRAWN),
        State.WITHDRAWN: (State.PUBLISHED,),
    }
)
"""A published listing is published again when its title or price has changed."""


class CoreWordMissing(Invalid):
    code = "listing.core_word_missing"
    message_zh = "标题里没有核心词：买家搜的那个品类词必须在标题里"
    message_en = "The title lacks its core word: the word buyers search for"


class TitleTooLong(Invalid):
    code = "listing.title_too_long"
    message_zh = "标题 {width}，{platform}最多 {most}（汉字算 2），多了“{surplus}”"
    message_en = "The title is {width} wide, {platform} takes at most {most} (a Chinese character counts 2); “{surplus}” is too much"


class TitleBlocked(Invalid):
    code = "listing.title_blocked"
    message_zh = "标题里的“{word}”不能用（{source}）：{suggestion}"
    message_en = "“{word}” may not stand in a title ({source_en}): {suggestion_en}"


class WordRepeated(Invalid):
    code = "listing.word_repeated"
    message_zh = "“{word}”重复了，浪费标题长度"
    message_en = "“{word}” is repeated and wastes the title"


class BelowCost(Invalid):
    code = "listing.below_cost"
    message_zh = "{sku} 的价格 {price} 低于成本 {cost}，不能上架{hint_zh}"
    message_en = "The price of {sku}, {price}, is below its cost of {cost}{hint_en}"


class SecondPersonNeeded(Conflict):
    code = "listing.second_person_needed"
    message_zh = "{sku} 的价格 {price} 要第二个人确认：{why}"
    message_en = "The price of {sku}, {price}, needs a second person: {why}"


class SamePersonTwice(Conflict):
    code = "listing.same_person_twice"
    message_zh = "改价要另一个人确认，不能自己确认自己的"
    message_en = "Another person has to confirm the price; it cannot be the one who set it"


def width_of(text: str) -> int:
    """This function will measure a text as platforms do: wide and full-width characters count 2, others 1."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text if not unicodedata.combining(char))


def cut_to_width(text: str, most: int) -> str:
    """This function will give the longest beginning of a text that is no wider than `most`."""
    width = 0
    for place, char in enumerate(text):
        width += width_of(char)
        if width > most:
            return text[:place]
    return text


@dataclass(frozen=True, slots=True)
class TitleParts:
    """What a title is made of: the core word, attribute words, scene words; the brand stands first when there is one."""

    core: str
    attributes: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    brand: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for word in (self.brand, *self.scenes, *self.attributes, self.core) if word)


def build_title(parts: TitleParts) -> str:
    """
    This function will put a title together: brand, scene words, attribute words, core word, as Chinese titles read.

    Latin words that would run together are parted by a space.   Source: LST-2.
    """
    title = ""
    for word in parts.words:
        needs_space = title and title[-1].isascii() and title[-1].isalnum() and word[0].isascii() and word[0].isalnum()
        title += (" " if needs_space else "") + word
    return title


def split_words(written: str) -> tuple[str, ...]:
    """This function will read a line of words as people write it (spaces, commas, 、), each once, in order."""
    for mark in "，,、；;\n\t/|":
        written = written.replace(mark, " ")
    return tuple(dict.fromkeys(word for word in written.split(" ") if word))


@dataclass(frozen=True, slots=True)
class TitleLimit:
    """How wide a title may be on a platform, and how we know."""

    platform: str
    most: int
    source: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong with a title: a stable code, words in two languages, and whether it stops the title."""

    code: str
    zh: str
    en: str
    is_stop: bool = True
    source: str = ""


def title_complaints(title: str, parts: TitleParts, limit: TitleLimit, hot_words: Sequence[str]) -> list[Complaint]:
    """
    This function will say what is wrong with a title apart from forbidden words: length, core word, repetition, no hot word.

    Source: LST-2.
    """
    found: list[Complaint] = []
    if not parts.core or parts.core not in title:
        found.append(_complaint(CoreWordMissing()))
    width = width_of(title)
    if width > limit.most:
        kept = cut_to_width(title, limit.most)
        found.append(
            _complaint(TitleTooLong(width=width, platform=limit.platform, most=limit.most, surplus=title[len(kept) :]), source=limit.source)
        )
    if repeated := next((word for word in parts.words if len(word) > 1 and title.count(word) > 1), ""):
        found.append(_complaint(WordRepeated(word=repeated), is_stop=False))
    if hot_words and not any(word in title for word in hot_words):
        nearest = "、".join(hot_words[:3])
        found.append(
            Complaint("listing.no_hot_word", f"没有用上热搜词，例如：{nearest}", f"No hot search word is used, such as {', '.join(hot_words[:3])}", is_stop=False, source="LST-2")
        )
    return found


def _complaint(error: Invalid, *, is_stop: bool = True, source: str = "LST-2") -> Complaint:
    return Complaint(error.code, error.message("zh"), error.message("en"), is_stop, source)


# Prices


@dataclass(frozen=True, slots=True)
class PriceCheck:
    """A price with everything there is to say of it: `red` is refused, `amber` needs a second person, `note` is only told."""

    ground: PriceGround
    price_fen: int
    margin_bp: int
    red: tuple[tuple[str, str], ...] = ()
    amber: tuple[tuple[str, str], ...] = ()
    note: tuple[tuple[str, str], ...] = ()
    """Each a pair (中文, English)."""

    @property
    def state(self) -> str:
        return "red" if self.red else "run" if self.amber else "ok"


def check_price(price_fen: int, ground: PriceGround, limits: PriceLimits) -> PriceCheck:
    """This function will put what the price guard says of a price into the order of its weight.   Source: LST-6, CMP-8."""
    remarks = guard(price_fen, ground, limits)
    red, amber, note = (tuple((one.zh, one.en) for one in remarks if one.weight == weight) for weight in ("red", "amber", "note"))
    margin_bp = share_bp(price_fen - ground.cost_fen, price_fen) if price_fen > ground.cost_fen else 0
    return PriceCheck(ground, price_fen, margin_bp, red, amber, note)


def refuse_price(check: PriceCheck, *, is_confirmed: bool) -> None:
    """This function will refuse a price below cost, and one that needs a second person and has none.   Raises: BelowCost, SecondPersonNeeded."""
    if check.red:
        slips = [one for one in guard(check.price_fen, check.ground, PriceLimits()) if one.kind is Kind.SLIP]
        hint_zh, hint_en = (f"；{slips[0].zh}", f"; {slips[0].en}") if slips else ("", "")
        raise BelowCost(sku=check.ground.sku, price=yuan_text(check.price_fen), cost=yuan_text(check.ground.cost_fen), hint_zh=hint_zh, hint_en=hint_en)
    if check.amber and not is_confirmed:
        raise SecondPersonNeeded(sku=check.ground.sku, price=yuan_text(check.price_fen), why="；".join(zh for zh, _en in check.amber))
