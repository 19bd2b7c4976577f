"""The five fields of an order (ORD-2): name and specification, quantity, price, address; and doubles. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import count as count_from_zero
from typing import Any
from uuid import UUID

from kaibo.kit.money import BP
from kaibo.kit.text import shortened
from kaibo.stages.orders.addresses.parser import Address


class Field(StrEnum):
    """What was looked at; the chips of the page in this order."""

    ADDRESS = "address"
    SPECIFICATION = "specification"
    PRICE = "price"
    QUANTITY = "quantity"
    NAME = "name"
    DUPLICATE = "duplicate"


FIELD_WORDS: dict[Field, tuple[str, str]] = {
    Field.ADDRESS: ("地址", "Address"),
    Field.SPECIFICATION: ("规格", "Specification"),
    Field.PRICE: ("价格", "Price"),
    Field.QUANTITY: ("数量", "Quantity"),
    Field.NAME: ("名称", "Name"),
    Field.DUPLICATE: ("重复", "Double"),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong value: what stands there, what it should be, how sure we are, and why (a key with its figures)."""

    field: Field
    wrong: str
    reason: str
    proposed: str = ""
    proposed_sku_id: UUID | None = None
    confidence_bp: int = 0
    alias_text: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item a text could mean."""

    sku_id: UUID
    code: str
    title: str
    specification: str
    price_fen: int


LEAST_CONFIDENCE_BP = 5_500
"""Below this likeness nothing is proposed: a wrong proposal costs more than none."""
MOST_CONFIDENCE_BP = 9_900
"""A likeness is never certainty: the texts do differ, or no proposal would be needed."""


def alias_of(code: str, title: str, specification: str) -> str:
    """This function will give the text an item is remembered by: the merchant code, else title and specification."""
    return (code or f"{title}｜{specification}")[:160]


def check_item(*, code: str, title: str, specification: str, known: Sequence[KnownItem]) -> Wrong:
    """
    This function will say what is wrong with a line whose texts name no item, and propose the most likely one.

    A code that exists nowhere is a wrong name; a line without a code is a wrong specification.   Source: ORD-2.
    """
    alias = alias_of(code, title, specification)
    best, likeness_bp = _nearest(code, title, specification, known)
    kind = Field.NAME if code else Field.SPECIFICATION
    wrong = code or specification or title
    if best is None or likeness_bp < LEAST_CONFIDENCE_BP:
        return Wrong(kind, shortened(wrong, limit=80), "item_unknown", alias_text=alias)
    proposed = best.code if code else f"{best.specification}（{best.code}）"
    details: dict[str, Any] = {"code": best.code}
    if code:
        details["distance"] = edit_distance(code.upper(), best.code.upper())
    return Wrong(kind, shortened(wrong, limit=80), "item_like", proposed, best.sku_id, likeness_bp, alias, details)


def _nearest(code: str, title: str, specification: str, known: Sequence[KnownItem]) -> tuple[KnownItem | None, int]:
    """The likest item, the first of equals. Exact likeness is dear, so items are tried from the highest possible one down."""
    if not code and _of_both(MOST_CONFIDENCE_BP * bool(specification), MOST_CONFIDENCE_BP * bool(title)) < LEAST_CONFIDENCE_BP:
        return None, 0  # a title alone names no item: 淘宝's list of orders says no more, thousands of times
    if code:
        most_of = _most_bp(_letters(code), tuple([item.code for item in known]))
    else:
        of_specification = _most_bp(_letters(specification), tuple([item.specification for item in known]))
        of_title = _most_bp(_letters(title), tuple([item.title for item in known]))
        most_of = list(map(_of_both, of_specification, of_title))
    possible = sorted([(most, -place) for place, most in enumerate(most_of) if most >= LEAST_CONFIDENCE_BP], reverse=True)
    best: tuple[int, int] = (0, 0)
    for most, place in possible:
        if most < best[0]:
            break
        exact = _likeness(code, title, specification, known[-place])
        best = max(best, (exact, place)) if exact else best
    return (known[-best[1]], best[0]) if best[0] else (None, 0)


def _likeness(code: str, title: str, specification: str, item: KnownItem) -> int:
    if code:
        return _likeness_bp(_letters(code), _letters(item.code))
    return _of_both(_likeness_bp(_letters(specification), _letters(item.specification)), _likeness_bp(_letters(title), _letters(item.title)))


def _of_both(specification_bp: int, title_bp: int) -> int:
    return (specification_bp * 6 + title_bp * 4) // 10


@lru_cache(maxsize=16_384)
def _letters(text: str) -> str:
    return "".join(one for one in text.upper() if one.isalnum())


_BITS: dict[tuple[str, int], int] = {}
"""A bit for the first, the second … occurrence of every letter met so far: what two texts share is then one `&`."""
_places = count_from_zero()


@lru_cache(maxsize=16_384)
def _bits(letters: str) -> int:
    found = 0
    for letter, count in Counter(letters).items():
        for turn in range(count):
            found |= _BITS.get((letter, turn)) or _BITS.setdefault((letter, turn), 1 << next(_places))
    return found


def _most_bp(one: str, others: tuple[str, ...]) -> list[int]:
    """For each of the others: no order of the same letters is liker to it than what this measures."""
    own, length = _bits(one), len(one)
    if not own:
        return [0] * len(others)
    return [
        min(MOST_CONFIDENCE_BP, round(2 * (own & bits).bit_count() / (length + count) * BP)) if bits else 0 for bits, count in _measures(others)
    ]


@lru_cache(maxsize=8)
def _measures(texts: tuple[str, ...]) -> list[tuple[int, int]]:
    """What a text is compared by, for all items of a shop at once: a file asks for hundreds of unknown texts."""
    return [(_bits(letters), len(letters)) for letters in map(_letters, texts)]


def _likeness_bp(one: str, other: str) -> int:
    if not one or not other:
        return 0
    return min(MOST_CONFIDENCE_BP, round(SequenceMatcher(None, one, other, autojunk=False).ratio() * BP))


def edit_distance(one: str, other: str) -> int:
    """This function will count the single-letter changes between two codes (Levenshtein)."""
    previous = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, against in enumerate(other, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != against)))
        previous = current
    return previous[-1]


def check_quantity(quantity: int, *, limit: int) -> Wrong | None:
    """This function will find a line above what one buyer may have.   Source: ORD-2."""
    if quantity <= limit:
        return None
    return Wrong(Field.QUANTITY, str(quantity), "over_limit", proposed=str(limit), details={"limit": limit})


def check_price(price_fen: int, published_fen: int, *, tolerance_bp: int) -> Wrong | None:
    """
    This function will find a unit price further from the published one than the tolerance, either way.

    The tolerance is a share of the published price; a published price of nothing is never compared.   Source: ORD-2.
    """
    if published_fen <= 0:
        return None
    off = abs(price_fen - published_fen)
    if off * BP <= published_fen * tolerance_bp:
        return None
    off_bp = off * BP // published_fen
    return Wrong(
        Field.PRICE, str(price_fen), "price_off", proposed=str(published_fen), confidence_bp=0, details={"off_bp": off_bp}
    )


def check_address(address: Address | None, written: str) -> Wrong | None:
    """This function will find an address a parcel cannot be sent to; None stands for ciphertext the platform keeps.   Source: ORD-2."""
    if address is None or not address.missing:
        return None
    if not written:
        return Wrong(Field.ADDRESS, "", "address_none")
    return Wrong(Field.ADDRESS, shortened(address.place or written, limit=60), f"address_{address.missing}")
