"""Brands and hosts the shop works with 品牌合作: what each session brought after fees, and whether to go on (SEL-18). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kaibo.kit.money import BP, of_bp, share_bp


class Advice(StrEnum):
    """What the figures say of a cooperation."""

    GO_ON = "go_on"
    RENEGOTIATE = "renegotiate"
    END = "end"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed: commission on kept sales, a fee per session 坑位费, and what the goods leave before both."""

    commission_bp: int
    slot_fee_fen: int
    goods_margin_bp: int


@dataclass(frozen=True, slots=True)
class Held:
    """One session: paid, given back, and the fee that was really paid."""

    paid_fen: int
    returned_fen: int
    fee_fen: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What is left of one session, or of all of them."""

    sessions: int
    paid_fen: int
    kept_fen: int
    goods_fen: int
    commission_fen: int
    fee_fen: int

    @property
    def profit_fen(self) -> int:
        return self.goods_fen - self.commission_fen - self.fee_fen

    @property
    def return_bp(self) -> int:
        return share_bp(self.paid_fen - self.kept_fen, self.paid_fen)

    @property
    def profit_bp(self) -> int:
        """Of kept sales."""
        return -share_bp(-self.profit_fen, self.kept_fen) if self.profit_fen < 0 else share_bp(self.profit_fen, self.kept_fen)


FEWEST_SESSIONS = 2


def sum_of(terms: Terms, held: Sequence[Held]) -> Sum:
    """This function will work out what sessions left: goods margin of kept sales, less commission and fees, each session rounded for itself."""
    kept = [one.paid_fen - one.returned_fen for one in held]
    return Sum(
        len(held), sum(one.paid_fen for one in held), sum(kept), sum(of_bp(one, terms.goods_margin_bp) for one in kept),
        sum(of_bp(one, terms.commission_bp) for one in kept), sum(one.fee_fen for one in held),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """The advice with its sums, and the terms under which it would have paid: the fee or the commission that leaves nothing."""

    advice: Advice
    total: Sum
    break_even_fee_fen: int
    break_even_commission_bp: int


def advise(terms: Terms, held: Sequence[Held], *, return_limit_bp: int, profit_floor_bp: int) -> Verdict:
    """
    This function will say whether a cooperation is worth going on with.

    Too many returns end it (quality first). Profit under the floor asks for other terms as long as goods bring more than they cost to promote
    at all; when not even free promotion would pay, it ends.   Source: SEL-18, SEL-15.
    """
    total = sum_of(terms, held)
    count = max(1, total.sessions)
    fee = (total.goods_fen - total.commission_fen) // count
    commission = (total.goods_fen - total.fee_fen) * BP // total.kept_fen if total.kept_fen > 0 else 0
    return Verdict(_advice(total, return_limit_bp, profit_floor_bp), total, fee, commission)


def _advice(total: Sum, return_limit_bp: int, profit_floor_bp: int) -> Advice:
    if total.sessions < FEWEST_SESSIONS:
        return Advice.TOO_LITTLE
    if total.return_bp > return_limit_bp or total.goods_fen <= 0:
        return Advice.END
    return Advice.GO_ON if total.profit_bp >= profit_floor_bp else Advice.RENEGOTIATE
