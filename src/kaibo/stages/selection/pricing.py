"""Price forms 价格形式 and what each leaves after returns and coupons, in fen. Pure.   Source: SEL-11, SEL-12."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kaibo.kit.errors import Invalid
from kaibo.kit.money import BP, allocate, of_bp, share_bp
from kaibo.stages.selection.rules import Economics, Margin, margin_after_returns, price_for_margin


class Form(StrEnum):
    """How a price is put to buyers (SEL-12)."""

    SINGLE = "single"
    TIER = "tier"
    EARLY_BIRD = "early_bird"
    BUNDLE = "bundle"
    PENETRATION = "penetration"
    VALUE = "value"


class FormImpossible(Invalid):
    code = "selection.price_form_impossible"
    message_zh = "算不通：{why_zh}"
    message_en = "Cannot be worked out: {why_en}"


@dataclass(frozen=True, slots=True)
class Other:
    """The other item of a bundle, as one piece of it costs and usually sells."""

    title: str
    economics: Economics


@dataclass(frozen=True, slots=True)
class Terms:
    """
    One price form with its figures.

    `second_bp` is what every further piece of a tier costs (5,000 = half price), `pieces` how many of them; `off_bp` what an early bird,
    a bundle or penetration takes off, `share_bp` which share of buyers gets the early price, `over_bp` what value-based pricing puts on
    top of the competitors' middle price. `coupon_fen` is a coupon the shop pays, taken by `coupon_use_bp` of buyers.
    """

    form: Form
    pieces: int = 1
    second_bp: int = BP
    off_bp: int = 0
    share_bp: int = BP
    over_bp: int = 0
    coupon_fen: int = 0
    coupon_use_bp: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What one buyer's purchase in this form brings on average, per 10,000 shipped purchases as `Margin` counts.

    `paid_fen` is what a buyer who gets the form pays before a coupon, `coupon_fen` what coupons cost per 10,000 purchases (only those kept).
    """

    terms: Terms
    pieces: int
    paid_fen: int
    margin: Margin
    coupon_fen: int
    list_fen: int

    @property
    def profit_fen(self) -> int:
        return self.margin.profit_fen - self.coupon_fen

    @property
    def revenue_fen(self) -> int:
        return self.margin.revenue_fen - self.coupon_fen

    @property
    def margin_bp(self) -> int:
        if self.revenue_fen <= 0:
            return -BP
        return -share_bp(-self.profit_fen, self.revenue_fen) if self.profit_fen < 0 else share_bp(self.profit_fen, self.revenue_fen)

    @property
    def profit_each_fen(self) -> int:
        """Per shipped purchase, rounded down."""
        return self.profit_fen // BP

    @property
    def off_bp(self) -> int:
        """How far below the sum of single prices the buyer pays."""
        return share_bp(self.list_fen - self.paid_fen, self.list_fen)


def _sum(margins: Sequence[Margin]) -> Margin:
    return Margin(*(sum(getattr(one, name) for one in margins) for name in ("revenue_fen", "goods_fen", "freight_fen", "return_loss_fen", "commission_fen")))


def _piece(economics: Economics, price_fen: int, *, freight: bool = True) -> Margin:
    """One piece at a price; further pieces of one parcel cost no freight of their own."""
    return margin_after_returns(replace(economics, price_fen=price_fen, freight_fen=economics.freight_fen if freight else 0))


def offer_of(economics: Economics, terms: Terms, *, others: Sequence[Other] = (), middle_fen: int | None = None) -> Offer:
    """
    This function will work out what one purchase in a form leaves after returns, commission and coupons.

    Pieces of one purchase go in one parcel and are taken to come back independently, each at its own rate. A coupon costs only where the
    goods are kept.   Raises: FormImpossible, EconomicsImpossible.   Source: SEL-12.
    """
    prices, list_fen, parts = _pieces(economics, terms, others, middle_fen)
    if min(prices) <= 0:
        raise FormImpossible(form=terms.form, why_zh="有一件不要钱或倒贴", why_en="a piece would cost nothing or less")
    margins = [_piece(one, price, freight=place == 0) for place, (one, price) in enumerate(zip(parts, prices, strict=True))]
    margin = _sum(margins)
    if terms.form is Form.EARLY_BIRD and terms.share_bp < BP:
        margin = _mixed(margin, _piece(economics, economics.price_fen), terms.share_bp)
    kept_bp = max(BP - one.return_bp for one in parts)
    coupon = of_bp(of_bp(terms.coupon_fen * BP, terms.coupon_use_bp), kept_bp)
    return Offer(terms, len(parts), sum(prices), margin, coupon, list_fen)


def _pieces(economics: Economics, terms: Terms, others: Sequence[Other], middle_fen: int | None) -> tuple[list[int], int, list[Economics]]:
    price = economics.price_fen
    if terms.form is Form.TIER:
        if terms.pieces < 2:
            raise FormImpossible(form=terms.form, why_zh="多件优惠至少 2 件", why_en="a tier price takes at least 2 pieces")
        return [price, *[of_bp(price, terms.second_bp)] * (terms.pieces - 1)], price * terms.pieces, [economics] * terms.pieces
    if terms.form is Form.BUNDLE:
        if not others:
            raise FormImpossible(form=terms.form, why_zh="套装要选另一个商品", why_en="a bundle takes another product")
        singles = [price, *(one.economics.price_fen for one in others)]
        paid = sum(singles) - of_bp(sum(singles), terms.off_bp)
        return allocate(paid, singles), sum(singles), [economics, *(one.economics for one in others)]
    if terms.form is Form.VALUE:
        if middle_fen is None:
            raise FormImpossible(form=terms.form, why_zh="没有竞品中间价，先导入竞品", why_en="there is no middle price of competitors; import them first")
        return [middle_fen + of_bp(middle_fen, terms.over_bp)], price, [economics]
    if terms.form is Form.SINGLE:
        return [price], price, [economics]
    return [price - of_bp(price, terms.off_bp)], price, [economics]


def _mixed(early: Margin, late: Margin, share_bp_: int) -> Margin:
    """Buyers who come early pay less, the others the full price; the money of the two is split by largest remainder."""
    names = ("revenue_fen", "goods_fen", "freight_fen", "return_loss_fen", "commission_fen")
    return Margin(*(of_bp(getattr(early, name), share_bp_) + getattr(late, name) - of_bp(getattr(late, name), share_bp_) for name in names))


# What stands around a price (SEL-11)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a price has to fit: everything that is not known stays empty and is shown as missing."""

    economics: Economics
    floor_bp: int
    low_fen: int | None = None
    middle_fen: int | None = None
    high_fen: int | None = None
    power_low_fen: int | None = None
    power_high_fen: int | None = None
    host_bp: int | None = None
    """How far this host's buyers pay above the middle price, from what was sold before; 0 is no difference."""
    budget_fen: int | None = None
    demand_units: int | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """Between which prices it may lie, with what sets each end: `floor` is where the margin floor is, `ceiling` what buyers bear."""

    floor_fen: int | None
    ceiling_fen: int | None
    ceiling_by: str
    budget_each_fen: int | None

    @property
    def is_empty(self) -> bool:
        return self.floor_fen is None or (self.ceiling_fen is not None and self.floor_fen > self.ceiling_fen)


def room_of(inputs: Inputs) -> Room:
    """
    This function will say between which prices a product may lie.

    Below is the price that still reaches the margin floor with the promotion budget spread over the expected pieces; above is the lowest of
    what is known: buyers' own limit, and the top of competitors' prices raised by what this host's buyers pay more.   Source: SEL-11.
    """
    each = -(-inputs.budget_fen // inputs.demand_units) if inputs.budget_fen is not None and inputs.demand_units else None
    costs = replace(inputs.economics, freight_fen=inputs.economics.freight_fen + (each or 0))
    ceilings: list[tuple[int, str]] = []
    if inputs.power_high_fen is not None:
        ceilings.append((inputs.power_high_fen, "power"))
    if inputs.high_fen is not None:
        ceilings.append((inputs.high_fen + of_bp(inputs.high_fen, inputs.host_bp or 0), "competitors"))
    ceiling, by = min(ceilings, default=(None, ""))
    return Room(price_for_margin(costs, inputs.floor_bp), ceiling, by, each)
