"""How people write the values of thresholds, whose rows hold integers: % for basis points, yuan for fen."""

from __future__ import annotations

import re

from kaibo.kit.errors import Invalid
from kaibo.kit.money import fen_from_text, plain_yuan

_PERCENT = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?")
_WHOLE = re.compile(r"\d{1,12}")


class NotAThreshold(Invalid):
    code = "console.not_a_threshold"
    message_zh = "“{text}”不能作为阈值，请填写{wanted_zh}"
    message_en = "“{text}” cannot be a threshold; write {wanted_en}"


def value_from_text(text: str, *, unit: str) -> int:
    """
    This function will read a threshold as people write it: `30` or `30%` is 3000 bp, `1,234.5` is 123450 fen.

    Raises: NotAThreshold, NotMoney.
    """
    cleaned = text.strip().replace(",", "").replace("，", "")
    if unit == "fen":
        return fen_from_text(cleaned)
    if unit == "bp":
        match = _PERCENT.fullmatch(cleaned.rstrip("%％").strip())
        if match is None:
            raise NotAThreshold(text=text, wanted_zh="百分数，如 30 或 2.5", wanted_en="a percentage such as 30 or 2.5")
        whole, decimals = match.groups(default="")
        return int(whole) * 100 + int(decimals.ljust(2, "0") if decimals else 0)
    if not _WHOLE.fullmatch(cleaned):
        raise NotAThreshold(text=text, wanted_zh="不小于 0 的整数", wanted_en="a whole number of 0 or more")
    return int(cleaned)


def text_from_value(value: int, *, unit: str) -> str:
    """This function will write a threshold's value so that `value_from_text` reads the same value back."""
    if unit == "fen":
        return plain_yuan(value)
    if unit == "bp":
        whole, decimals = divmod(value, 100)
        return f"{whole}" + (f".{decimals:02d}".rstrip("0") if decimals else "")
    return str(value)
