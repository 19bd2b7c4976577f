"""
What a printed waybill may show of a receiver: a character of the name hidden, six digits of the telephone, no unit or room.

Source: GB/T 41833-2022 《快递电子运单》, as publicly reported; the text itself was not read (compare once). PIPL art. 6, 51. Pure.
"""

from __future__ import annotations

import re

HIDDEN_DIGITS = 6
_NAME = re.compile(r"[(（].*")
_INSIDE = re.compile(
    r"(?:[A-Za-z0-9一二三四五六七八九十]+(?:单元|室|户|房|楼|层|F|f)|\d+[-—－]\d+(?:[-—－]\d+)?(?:室|号)?|(?<=[栋幢座])[A-Za-z]?\d{2,5}).*$"
)
"""From the first word that says where inside a building: 2单元501, 1203室, 3-2-501, 3幢501."""


def label_name(name: str) -> str:
    """This function will keep the first character of a name: 李小梅 → 李**."""
    name = _NAME.sub("", name.strip())
    if not name:
        return ""
    return name[0] + "*" * max(1, len(name) - 1)


def label_phone(phone: str) -> str:
    """This function will hide at least six digits: 13812345678 → 138******78."""
    digits = re.sub(r"\D", "", phone)
    if "*" in phone:
        return phone
    keep = max(0, len(digits) - HIDDEN_DIGITS)
    head = min(3, keep)
    tail = keep - head
    return digits[:head] + "*" * (len(digits) - keep) + (digits[-tail:] if tail else "")


def label_address(address: str) -> str:
    """This function will leave out unit, floor and room: 文三路478号3幢2单元501室 → 文三路478号3幢***."""
    shown = _INSIDE.sub("", address.strip())
    return shown + "***" if shown != address.strip() else shown
