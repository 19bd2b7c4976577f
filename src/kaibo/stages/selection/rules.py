"""Selection's arithmetic and refusals: bands, economics, the rule for 高质中价. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kaibo.kit.errors import Invalid
from kaibo.kit.money import of_bp, plain_yuan, share_bp
from kaibo.kit.transitions import Transitions
from kaibo.stages.selection.probability import wilson_bp


class State(StrEnum):
    """Where a candidate stands."""

    DRAFT = "draft"
    SCORED = "scored"
    APPROVED = "approved"
    REJECTED = "rejected"


STEPS = Transitions.of(
    {
        State.DRAFT: (State.SCORED, State.REJECTED),
        State.SCORED: (State.DRAFT, State.APPROVED, State.REJECTED),
    }
)
"""An edit takes a scored candidate back to draft, so that nobody approves figures that were changed after the score."""


class Position(StrEnum):
    """On what a candidate differs from its competitors (SEL-8)."""

    PRICE = "price"
    QUALITY = "quality"
    FUNCTION = "function"
    DESIGN = "design"
    SERVICE = "service"


class MarginTooThin(Invalid):
    code = "selection.margin_too_thin"
    message_zh = "扣掉退货后毛利率只有 {margin}，低于底线 {floor}；售价至少要 {needed_price} 元，或降低成本、退货率"
    message_en = "The margin after returns is {margin}, below the floor of {floor}; it takes a price of {needed_price} yuan, or less cost or returns"


class PropositionMissing(Invalid):
    code = "selection.proposition_missing"
    message_zh = "还没有一句话价值主张：写清“给谁、解决什么、凭什么”，后面的标题、详情和话术都从它来"
    message_en = "There is no one-sentence value proposition yet: for whom, which problem, on what ground"


class SellingPointsWrong(Invalid):
    code = "selection.selling_points_wrong"
    message_zh = "核心卖点要 1 至 3 条，现在是 {count} 条"
    message_en = "There must be 1 to 3 core selling points, not {count}"


class SellingPointNotSpeakable(Invalid):
    code = "selection.selling_point_not_speakable"
    message_zh = "卖点“{point}”念不顺：{why_zh}"
    message_en = "The selling point “{point}” is hard to say aloud: {why_en}"


class EconomicsImpossible(Invalid):
    code = "selection.economics_impossible"
    message_zh = "成本、售价和退货率要能算得通：售价大于 0，退货率和佣金在 0% 到 100% 之间（退货率小于 100%）"
    message_en = "Cost, price and rates must make sense: price above 0, rates between 0 and 100 %, returns below 100 %"


@dataclass(frozen=True, slots=True)
class Economics:
    """What one shipped piece costs and brings. `return_loss_fen` is what one returned piece costs us (freight, wear)."""

    cost_fen: int
    price_fen: int
    return_bp: int
    freight_fen: int = 0
    return_loss_fen: int = 0
    commission_bp: int = 0


@dataclass(frozen=True, slots=True)
class Margin:
    """
    Expected per 10,000 shipped pieces, in fen, so that no rounding happens before the rate is formed.

    Goods that come back cost no cost price (they are sold again) but freight out and the return loss.
    """

    revenue_fen: int
    goods_fen: int
    freight_fen: int
    return_loss_fen: int
    commission_fen: int

    @property
    def profit_fen(self) -> int:
        return self.revenue_fen - self.goods_fen - self.freight_fen - self.return_loss_fen - self.commission_fen

    @property
    def margin_bp(self) -> int:
        return -share_bp(-self.profit_fen, self.revenue_fen) if self.profit_fen < 0 else share_bp(self.profit_fen, self.revenue_fen)


def margin_after_returns(economics: Economics) -> Margin:
    """
    This function will work out what is left of kept revenue after goods, freight, returns and commission.

    Raises: EconomicsImpossible.   Source: SEL-8, SEL-11.
    """
    e = economics
    rates_fit = 0 <= e.return_bp < 10_000 and 0 <= e.commission_bp <= 10_000
    if not rates_fit or e.price_fen <= 0 or min(e.cost_fen, e.freight_fen, e.return_loss_fen) < 0:
        raise EconomicsImpossible
    kept = 10_000 - e.return_bp
    return Margin(
        revenue_fen=kept * e.price_fen,
        goods_fen=kept * e.cost_fen,
        freight_fen=10_000 * e.freight_fen,
        return_loss_fen=e.return_bp * e.return_loss_fen,
        commission_fen=of_bp(kept * e.price_fen, e.commission_bp),
    )


def price_for_margin(economics: Economics, floor_bp: int) -> int | None:
    """This function will give the lowest price in fen that reaches the floor; None when no price can."""
    kept = 10_000 - economics.return_bp
    share_left = 10_000 - economics.commission_bp - floor_bp
    if share_left <= 0:
        return None
    costs = kept * economics.cost_fen + 10_000 * economics.freight_fen + economics.return_bp * economics.return_loss_fen
    price = max(1, -(-costs * 10_000 // (kept * share_left)) - 2)
    while True:
        raised = Economics(
            economics.cost_fen, price, economics.return_bp, economics.freight_fen, economics.return_loss_fen, economics.commission_bp
        )
        if margin_after_returns(raised).margin_bp >= floor_bp:
            return price
        price += 1


def check_margin(economics: Economics, *, floor_bp: int) -> Margin:
    """This function will refuse a candidate whose margin after returns is below the floor.   Raises: MarginTooThin."""
    margin = margin_after_returns(economics)
    if margin.margin_bp < floor_bp:
        needed = price_for_margin(economics, floor_bp)
        raise MarginTooThin(
            margin=_percent(margin.margin_bp), floor=_percent(floor_bp), margin_bp=margin.margin_bp, floor_bp=floor_bp,
            needed_price=plain_yuan(needed) if needed else "—",
        )
    return margin


def _percent(rate_bp: int) -> str:
    sign, whole, rest = ("-" if rate_bp < 0 else ""), *divmod(abs(rate_bp), 100)
    return f"{sign}{whole}.{rest:02d}%"


LONGEST_POINT = 18
"""Characters a host says in one breath (about four a second)."""

_UNSPEAKABLE = re.compile(r"[/\\|_<>{}\[\]#*=^~【】]|\d{6,}|https?:")


def check_selling_points(points: Sequence[str]) -> None:
    """
    This function will refuse selling points a host cannot repeat in a breath.

    Raises: SellingPointsWrong, SellingPointNotSpeakable.   Source: SEL-10.
    """
    if not 1 <= len(points) <= 3:
        raise SellingPointsWrong(count=len(points))
    for point in points:
        if len(point) > LONGEST_POINT:
            raise SellingPointNotSpeakable(
                point=point, why_zh=f"超过 {LONGEST_POINT} 个字，一口气说不完", why_en=f"longer than {LONGEST_POINT} characters"
            )
        if odd := _UNSPEAKABLE.search(point):
            raise SellingPointNotSpeakable(
                point=point, why_zh=f"“{odd.group()}”没法念出来", why_en=f"“{odd.group()}” cannot be said"
            )


# Competitors


@dataclass(frozen=True, slots=True)
class Rival:
    """A competing product as the rules need it."""

    title: str
    shop: str
    price_fen: int
    sales: int
    points: str = ""


PRICE_WORDS = (
    "低价", "便宜", "特价", "平价", "白菜价", "工厂价", "厂家直销", "清仓", "亏本", "秒杀", "底价", "捡漏", "性价比", "实惠", "骨折价", "甩卖", "9.9", "包邮价",
)
"""Words by which a competitor says that it sells on price. Shown with their place, so that a person can disagree."""


@dataclass(frozen=True, slots=True)
class LowPrice:
    """Whether one competitor sells on low price, and by what sign: a word in its selling points, or its price."""

    rival: Rival
    word: str
    is_cheap: bool

    @property
    def sells_on_price(self) -> bool:
        return bool(self.word) or self.is_cheap


def main_competitors(rivals: Sequence[Rival], most: int) -> list[Rival]:
    """This function will give the best-selling competitors, most sales first.   Source: SEL-6."""
    return sorted(rivals, key=lambda one: (-one.sales, one.price_fen, one.title))[:most]


def low_price_sign(rival: Rival, *, reference_fen: int | None, low_price_bp: int) -> LowPrice:
    """This function will say by what sign a competitor sells on price; without a reference price only words count."""
    said = f"{rival.points} {rival.title}"
    word = next((word for word in PRICE_WORDS if word in said), "")
    is_cheap = reference_fen is not None and rival.price_fen * 10_000 <= reference_fen * low_price_bp
    return LowPrice(rival, word, is_cheap)


class Outcome(StrEnum):
    """What the rule for 高质中价 says."""

    RECOMMENDED = "recommended"
    NOT_MET = "not_met"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything the rule looks at; the verdict page shows exactly this."""

    rivals: tuple[Rival, ...]
    complaints: int
    quality_complaints: int
    reference_fen: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds in force, from the settings page."""

    quality_share_bp: int = 3_000
    low_price_bp: int = 7_000
    main_count: int = 10
    fewest_rivals: int = 3
    fewest_complaints: int = 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rule's answer with all its figures."""

    outcome: Outcome
    signs: tuple[LowPrice, ...]
    complaints: int
    quality_complaints: int
    limits: Limits
    reference_fen: int | None

    @property
    def quality_bp(self) -> int:
        return share_bp(self.quality_complaints, self.complaints)

    @property
    def quality_interval_bp(self) -> tuple[int, int]:
        """Where the true share lies with 95 % certainty, were these complaints drawn from all there are."""
        return wilson_bp(self.quality_complaints, self.complaints)

    @property
    def is_near_the_line(self) -> bool:
        """The line lies inside the interval: a few more reviews could turn the verdict."""
        low, high = self.quality_interval_bp
        return low <= self.limits.quality_share_bp <= high

    @property
    def all_on_price(self) -> bool:
        return bool(self.signs) and all(sign.sells_on_price for sign in self.signs)

    @property
    def on_price_count(self) -> int:
        return sum(sign.sells_on_price for sign in self.signs)

    @property
    def exceptions(self) -> tuple[LowPrice, ...]:
        return tuple(sign for sign in self.signs if not sign.sells_on_price)

    @property
    def is_quality_bad(self) -> bool:
        return exceeds(self.quality_complaints, self.complaints, self.limits.quality_share_bp)

    @property
    def has_enough_rivals(self) -> bool:
        return len(self.signs) >= self.limits.fewest_rivals

    @property
    def has_enough_complaints(self) -> bool:
        return self.complaints >= self.limits.fewest_complaints

    @property
    def quality_to_cross(self) -> int:
        """How many further quality complaints would cross the line (0 when it is crossed)."""
        limit = self.limits.quality_share_bp
        if self.is_quality_bad or limit >= 10_000:
            return 0
        short = limit * self.complaints - 10_000 * self.quality_complaints
        return short // (10_000 - limit) + 1

    @property
    def others_to_fall(self) -> int:
        """How many further complaints about other things would bring the share to the line (0 when it is not crossed)."""
        limit = self.limits.quality_share_bp
        if not self.is_quality_bad or limit <= 0:
            return 0
        return -(-(10_000 * self.quality_complaints - limit * self.complaints) // limit)


def exceeds(part: int, whole: int, limit_bp: int) -> bool:
    """This function will say whether part/whole is strictly above the limit, exactly, without rounding."""
    return whole > 0 and part * 10_000 > limit_bp * whole


def judge_high_quality_middle_price(inputs: Inputs, limits: Limits) -> Verdict:
    """
    This function will recommend 高质中价 when every main competitor sells on low price AND complaints about quality
    are more than the limit's share of all complaints. With too few competitors or complaints it says so and recommends nothing.

    Source: SEL-7.
    """
    main = main_competitors(inputs.rivals, limits.main_count)
    signs = tuple(low_price_sign(one, reference_fen=inputs.reference_fen, low_price_bp=limits.low_price_bp) for one in main)
    verdict = Verdict(
        Outcome.NOT_MET, signs, inputs.complaints, inputs.quality_complaints, limits, inputs.reference_fen
    )
    if not (verdict.has_enough_rivals and verdict.has_enough_complaints):
        outcome = Outcome.TOO_LITTLE
    elif verdict.all_on_price and verdict.is_quality_bad:
        outcome = Outcome.RECOMMENDED
    else:
        outcome = Outcome.NOT_MET
    return Verdict(outcome, signs, inputs.complaints, inputs.quality_complaints, limits, inputs.reference_fen)


# Price bands


@dataclass(frozen=True, slots=True)
class Band:
    """A half-open price band with the competitors and sales in it."""

    from_fen: int
    to_fen: int
    products: int
    sales: int

    @property
    def label(self) -> str:
        return f"{self.from_fen // 100}–{self.to_fen // 100}"


_STEPS_FEN = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)


def price_bands(rivals: Sequence[Rival], *, most: int = 8) -> list[Band]:
    """This function will cut prices into at most `most` (or one more) even bands at round yuan, empty ones included."""
    if not rivals:
        return []
    low, high = min(one.price_fen for one in rivals), max(one.price_fen for one in rivals)
    step = next((one for one in _STEPS_FEN if (high - low) < one * most), 0)
    if not step:
        step = -(-(high - low + 1) // (most * 100_000)) * 100_000
    first = low // step * step
    bands = []
    for start in range(first, high + 1, step):
        inside = [one for one in rivals if start <= one.price_fen < start + step]
        bands.append(Band(start, start + step, len(inside), sum(one.sales for one in inside)))
    return bands


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """Where competitors' prices lie: half of all sold pieces lie between `low_fen` and `high_fen`."""

    low_fen: int
    middle_fen: int
    high_fen: int
    products: int


def price_span(rivals: Sequence[Rival]) -> PriceSpan | None:
    """
    This function will give the quarter, half and three-quarter price of the pieces sold; unsold products count one piece.

    Source: LST-6, SEL-6.
    """
    ordered = sorted(rivals, key=lambda one: one.price_fen)
    total = sum(max(1, one.sales) for one in ordered)
    if not ordered:
        return None
    points = []
    for quarter in (1, 2, 3):
        seen = 0
        for one in ordered:
            seen += max(1, one.sales)
            if seen * 4 >= total * quarter:
                points.append(one.price_fen)
                break
    return PriceSpan(points[0], points[1], points[2], len(ordered))
