"""
The price guard 价格卫士: what speaks against a price, and how high a struck-through price may be. Pure.

Everybody who sets a price asks here: listing, the rundown, the desk, coupons.   Source: CMP-8, LST-6, facts/law L5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kaibo.kit.money import share_bp, yuan_text

LOOK_BACK = timedelta(days=7)
ARTICLE = "明码标价和禁止价格欺诈规定第十六条"
BASE_ARTICLE = "明码标价和禁止价格欺诈规定第十六条、第十七条"


class Slip(StrEnum):
    """How fingers slip when a price is typed."""

    FEN_FOR_YUAN = "fen_for_yuan"
    YUAN_FOR_FEN = "yuan_for_fen"
    TENTH = "tenth"
    TENFOLD = "tenfold"
    DIGIT_LOST = "digit_lost"
    DIGIT_TOO_MANY = "digit_too_many"
    SWAPPED = "swapped"
    WRONG_DIGIT = "wrong_digit"


SLIP_WORDS = {
    Slip.FEN_FOR_YUAN: ("像把分当成了元", "looks like fen typed as yuan"),
    Slip.YUAN_FOR_FEN: ("像小数点点错了两位", "looks like the point two places off"),
    Slip.TENTH: ("像少写一位", "looks like a digit is missing"),
    Slip.TENFOLD: ("像多写一位", "looks like a digit too many"),
    Slip.DIGIT_LOST: ("像漏了一个数字", "looks like a digit was left out"),
    Slip.DIGIT_TOO_MANY: ("像多敲了一个数字", "looks like a digit was typed twice"),
    Slip.SWAPPED: ("像两个数字写反了", "looks like two digits swapped"),
    Slip.WRONG_DIGIT: ("像按错了一个数字", "looks like one wrong digit"),
}


def slip_between(price_fen: int, base_fen: int) -> Slip | None:
    """This function will say which slip of the finger leads from one price to another; None when none does.   Source: CMP-8."""
    if price_fen <= 0 or base_fen <= 0 or price_fen == base_fen:
        return None
    for factor, slip in ((100, Slip.FEN_FOR_YUAN), (10, Slip.TENFOLD)):
        if price_fen == base_fen * factor:
            return slip
    for factor, slip in ((100, Slip.YUAN_FOR_FEN), (10, Slip.TENTH)):
        if price_fen * factor == base_fen:
            return slip
    typed, meant = str(price_fen), str(base_fen)
    if len(typed) == len(meant) - 1 and typed in _without_one(meant):
        return Slip.DIGIT_LOST
    if len(typed) == len(meant) + 1 and meant in _without_one(typed):
        return Slip.DIGIT_TOO_MANY
    if len(typed) != len(meant):
        return None
    apart = [place for place, (one, other) in enumerate(zip(typed, meant, strict=True)) if one != other]
    if len(apart) == 2 and apart[1] == apart[0] + 1 and typed[apart[0]] == meant[apart[1]] and typed[apart[1]] == meant[apart[0]]:
        return Slip.SWAPPED
    return Slip.WRONG_DIGIT if len(apart) == 1 else None


def _without_one(digits: str) -> set[str]:
    return {digits[:place] + digits[place + 1 :] for place in range(len(digits))}


# What speaks against a price


class Kind(StrEnum):
    """What speaks against a price."""

    BELOW_COST = "below_cost"
    BELOW_FLOOR = "below_floor"
    FAR_FROM_LIST = "far_from_list"
    FAR_FROM_LAST = "far_from_last"
    SLIP = "slip"
    BELOW_BAND = "below_band"
    ABOVE_BAND = "above_band"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that speaks against a price: `red` is refused, `amber` takes a second person, `note` is only told."""

    kind: Kind
    weight: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class PriceGround:
    """
    What a price is measured against.

    `list_fen` is the item's own list price (0: none), the span is where competitors' sales lie, `last_fen` what it is
    published at now, `deal_fen` the lowest deal of the last seven days at the place.
    """

    sku: str
    cost_fen: int
    list_fen: int
    low_fen: int | None = None
    high_fen: int | None = None
    last_fen: int | None = None
    deal_fen: int | None = None


@dataclass(frozen=True, slots=True)
class PriceLimits:
    """The thresholds in force."""

    floor_bp: int = 2_000
    deviation_bp: int = 3_000


def is_far(price_fen: int, base_fen: int, deviation_bp: int) -> bool:
    """This function will say whether a price is strictly farther from a base than the limit, exactly."""
    return abs(price_fen - base_fen) * 10_000 > deviation_bp * base_fen


def guard(price_fen: int, ground: PriceGround, limits: PriceLimits) -> tuple[Remark, ...]:
    """
    This function will measure a price: below cost is red; below the margin floor, or far from what it was, takes a second
    person; outside the competitors' band is told. A slip of the finger is named with the figure it slipped from: it weighs
    as much as the distance, since 198 for 189 may be meant.   Source: LST-6, CMP-8.
    """
    found: list[Remark] = []
    if price_fen < ground.cost_fen or price_fen <= 0:
        cost = yuan_text(ground.cost_fen)
        found.append(Remark(Kind.BELOW_COST, "red", f"低于成本 {cost}", f"below its cost of {cost}"))
    elif (price_fen - ground.cost_fen) * 10_000 < limits.floor_bp * price_fen:
        margin, floor = percent(share_bp(price_fen - ground.cost_fen, price_fen)), percent(limits.floor_bp)
        found.append(Remark(Kind.BELOW_FLOOR, "amber", f"毛利率 {margin}，低于底线 {floor}", f"margin {margin}, below the floor of {floor}"))
    for kind, base_fen, zh, en in (
        (Kind.FAR_FROM_LIST, ground.list_fen, "商品标价", "list price"), (Kind.FAR_FROM_LAST, ground.last_fen, "现在的价格", "price in force"),
    ):  # fmt: skip
        if base_fen and is_far(price_fen, base_fen, limits.deviation_bp):
            most, base = percent(limits.deviation_bp), yuan_text(base_fen)
            found.append(Remark(kind, "amber", f"比{zh} {base} 相差超过 {most}", f"more than {most} away from the {en} of {base}"))
    if slipped := slip_remark(price_fen, ground, limits):
        found.append(slipped)
    if ground.low_fen is not None and price_fen < ground.low_fen:
        low = yuan_text(ground.low_fen)
        found.append(Remark(Kind.BELOW_BAND, "note", f"低于竞品价格带 {low}", f"below the competitors' band, {low}"))
    if ground.high_fen is not None and price_fen > ground.high_fen:
        high = yuan_text(ground.high_fen)
        found.append(Remark(Kind.ABOVE_BAND, "note", f"高于竞品价格带 {high}", f"above the competitors' band, {high}"))
    return tuple(found)


def slip_remark(price_fen: int, ground: PriceGround, limits: PriceLimits) -> Remark | None:
    """This function will name the likeliest slip: 您写的是 ¥19.90，近 7 日成交最低 ¥199：像少写一位."""
    bases = (
        (ground.deal_fen, "近 7 日成交最低", "the lowest deal of 7 days is"), (ground.last_fen, "现在的价格是", "the price in force is"),
        (ground.list_fen, "商品标价是", "the list price is"),
    )  # fmt: skip
    found = [(slip, base, zh, en) for base, zh, en in bases if base and (slip := slip_between(price_fen, base))]
    if not found:
        return None
    slip, base, zh, en = min(found, key=lambda one: tuple(Slip).index(one[0]))
    is_distant = is_far(price_fen, base, limits.deviation_bp)
    if slip is Slip.WRONG_DIGIT and not is_distant:  # 199 for 189 is a price, not a slip
        return None
    words_zh, words_en = SLIP_WORDS[slip]
    typed, meant = yuan_text(price_fen), yuan_text(base)
    return Remark(
        Kind.SLIP, "amber" if is_distant else "note", f"您写的是 {typed}，{zh} {meant}：{words_zh}", f"you wrote {typed}, {en} {meant}: {words_en}"
    )


def percent(rate_bp: int) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d}%".replace(".00%", "%")


# How high a struck-through price 划线价 may be


class Basis(StrEnum):
    """What a struck-through price rests on."""

    LOWEST_DEAL = "lowest_deal"
    LAST_DEAL = "last_deal"
    SUGGESTED = "suggested"


@dataclass(frozen=True, slots=True)
class DealLevel:
    """
    What own sales say of an item at a place before a comparison begins.

    `lowest_fen` of the seven days before, with how many deals; `last_fen` is the last deal ever before, where the seven days
    have none.
    """

    deals: int = 0
    lowest_fen: int | None = None
    last_fen: int | None = None
    last_at: datetime | None = None

    @property
    def most_fen(self) -> int | None:
        """The highest price that may be struck through without saying what it is; None: there was never a deal."""
        return self.lowest_fen if self.lowest_fen is not None else self.last_fen

    @property
    def basis(self) -> Basis | None:
        if self.lowest_fen is not None:
            return Basis.LOWEST_DEAL
        return Basis.LAST_DEAL if self.last_fen is not None else None


@dataclass(frozen=True, slots=True)
class Suggested:
    """A manufacturer's suggested retail price 厂商建议零售价 with what proves it."""

    price_fen: int
    evidence: str


@dataclass(frozen=True, slots=True)
class StruckVerdict:
    """Whether a struck-through price may stand, the words for it, and what must be written beside it."""

    is_allowed: bool
    basis: Basis | None
    most_fen: int | None
    zh: str
    en: str
    label_zh: str = ""
    label_en: str = ""
    source: str = ARTICLE


LABELS = {
    Basis.LOWEST_DEAL: ("近 7 日最低成交价", "lowest deal in 7 days"), Basis.LAST_DEAL: ("上次成交价", "last deal"),
    Basis.SUGGESTED: ("厂商建议零售价", "suggested retail price"),
}  # fmt: skip


def judge_struck(struck_fen: int, price_fen: int, level: DealLevel, suggested: Suggested | None = None) -> StruckVerdict:
    """
    This function will judge a struck-through price: no higher than the lowest deal of the seven days before at the same
    place; without one, than the last deal; else only the manufacturer's suggested price, named as such and proved.

    Source: CMP-8; 明码标价和禁止价格欺诈规定 art. 16 (deals), art. 17 (no base without ground).
    """
    struck, most = yuan_text(struck_fen), level.most_fen
    if struck_fen <= price_fen:
        return StruckVerdict(
            False, None, most, f"划线价 {struck} 不高于售价 {yuan_text(price_fen)}，没有可比的优惠",
            f"the struck price {struck} is not above the price {yuan_text(price_fen)}: there is nothing off", source=BASE_ARTICLE,
        )  # fmt: skip
    if suggested is not None:
        return _judge_suggested(struck_fen, suggested)
    basis = level.basis
    if most is None or basis is None:
        return StruckVerdict(
            False, None, None, f"这里从没有成交过，划线价 {struck} 没有依据；只能标“厂商建议零售价”并留证明",
            f"never sold here: {struck} has no ground; only a suggested retail price, named and proved, may be shown", source=BASE_ARTICLE,
        )  # fmt: skip
    label_zh, label_en = LABELS[basis]
    when = f"（近 7 日 {level.deals} 笔）" if basis is Basis.LOWEST_DEAL else "（近 7 日没有成交）"
    when_en = f"({level.deals} deals in 7 days)" if basis is Basis.LOWEST_DEAL else "(no deal in 7 days)"
    if struck_fen > most:
        slip = slip_between(struck_fen, most)
        hint_zh, hint_en = (f"；{SLIP_WORDS[slip][0]}", f"; {SLIP_WORDS[slip][1]}") if slip else ("", "")
        return StruckVerdict(
            False, basis, most, f"划线价 {struck} 高于{label_zh} {yuan_text(most)}{when}{hint_zh}",
            f"the struck price {struck} is above the {label_en}, {yuan_text(most)} {when_en}{hint_en}",
        )  # fmt: skip
    return StruckVerdict(
        True, basis, most, f"划线价 {struck} 不高于{label_zh} {yuan_text(most)}{when}", f"the struck price {struck} is within the {label_en}, {yuan_text(most)} {when_en}",
        label_zh, label_en,
    )  # fmt: skip


def _judge_suggested(struck_fen: int, suggested: Suggested) -> StruckVerdict:
    struck, given = yuan_text(struck_fen), yuan_text(suggested.price_fen)
    label_zh, label_en = LABELS[Basis.SUGGESTED]
    if not suggested.evidence.strip():
        return StruckVerdict(False, Basis.SUGGESTED, None, "厂商建议零售价没有证明（函件、吊牌、官网截图）", "the suggested retail price lacks its proof", source=BASE_ARTICLE)
    if struck_fen > suggested.price_fen:
        return StruckVerdict(False, Basis.SUGGESTED, suggested.price_fen, f"划线价 {struck} 高于{label_zh} {given}", f"the struck price {struck} is above the {label_en} of {given}")
    return StruckVerdict(
        True, Basis.SUGGESTED, suggested.price_fen, f"划线价 {struck} 必须写明“{label_zh}”：{suggested.evidence}", f"the struck price {struck} must be labelled “{label_en}”: {suggested.evidence}",
        label_zh, label_en,
    )  # fmt: skip
