"""
What one cell means: parsers that read it exactly or refuse it with a reason and, where one is certain, a proposal.

Every parser takes the cleaned text of a cell that is not empty. None of them guesses: what can be read in two ways is
refused. Source: DESIGN §5 "Imports", facts/platforms §2 hygiene.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from kaibo.kit.clock import SHANGHAI
from kaibo.kit.errors import Invalid
from kaibo.kit.money import NotMoney, fen_from_text
from kaibo.kit.text import shortened

LONGEST_NUMBER = 18
"""Characters: what is longer is no figure of a shop, and would not fit a column of the database."""

Parser = Callable[[str], Any]


class CellRefused(Invalid):
    """A cell that cannot be taken; `details["proposed"]` is what it most surely meant, or empty."""

    code = "intake.cell_refused"

    @property
    def proposed(self) -> str:
        return str(self.details.get("proposed", ""))


class CellEmpty(CellRefused):
    code = "intake.cell_empty"
    message_zh = "必填，不能为空"
    message_en = "Required, must not be empty"


class DigitsLost(CellRefused):
    code = "intake.digits_lost"
    message_zh = "编号“{text}”被表格软件存成了数字，后几位已经丢失；请从平台重新导出，或把该列设为“文本”后重新填写"
    message_en = (
        "The id “{text}” was stored as a number and lost its last digits; export again, or format the column as text"
    )


class NotWhole(CellRefused):
    code = "intake.not_whole"
    message_zh = "“{text}”不是整数"
    message_en = "“{text}” is not a whole number"


class NotAmount(CellRefused):
    code = "intake.not_amount"
    message_zh = "“{text}”不是金额，请写成 1234.50 这样的数字，最多两位小数"
    message_en = "“{text}” is not an amount of money; write it like 1234.50, two decimals at most"


class NotPercent(CellRefused):
    code = "intake.not_percent"
    message_zh = "“{text}”不是百分比，请写成 0.68% 或 0.0068"
    message_en = "“{text}” is not a percentage; write 0.68% or 0.0068"


class NotMoment(CellRefused):
    code = "intake.not_moment"
    message_zh = "“{text}”不是时间，请写成 2026-11-22 20:00:00"
    message_en = "“{text}” is not a time; write it like 2026-11-22 20:00:00"


class NotDay(CellRefused):
    code = "intake.not_day"
    message_zh = "“{text}”不是日期，请写成 2026-11-22"
    message_en = "“{text}” is not a date; write it like 2026-11-22"


class NotDuration(CellRefused):
    code = "intake.not_duration"
    message_zh = "“{text}”不是时长，请写成 1分5秒 或 02:03:04"
    message_en = "“{text}” is not a duration; write 1分5秒 or 02:03:04"


class NotPhone(CellRefused):
    code = "intake.not_phone"
    message_zh = "“{text}”不是电话号码"
    message_en = "“{text}” is not a telephone number"


class NotYesOrNo(CellRefused):
    code = "intake.not_yes_or_no"
    message_zh = "“{text}”请写成 是 或 否"
    message_en = "“{text}”: write 是 or 否 (yes or no)"


class NotAChoice(CellRefused):
    code = "intake.not_a_choice"
    message_zh = "“{text}”不在可选值里：{allowed}"
    message_en = "“{text}” is not one of: {allowed}"


_EIGHT_HOURS_SINCE = "1992"
"""Shanghai had summer time until 1991 and eight hours ever since."""
_SCIENTIFIC = re.compile(r"-?\d(\.\d+)?[Ee]\+\d{2,}")
_WHOLE = re.compile(r"([+-]?)(\d[\d,，]*)(?:\.0+)?(万)?(?:件|个|单|人|次|条|双|套|箱|盒)?")
_TEN_THOUSANDS = re.compile(r"([+-]?\d+\.\d+)万")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")
_PERCENT = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)[%％]")
_RATIO = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)")
_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?秒?)?分?)?"
)
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")
_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]?\d):([0-5]?\d)")
_SPOKEN = re.compile(r"(?:(\d+)天)?(?:(\d+)(?:小时|时))?(?:(\d+)(?:分钟|分))?(?:(\d+)秒)?")
_MOBILE = re.compile(r"(?:\+?0{0,2}86)?(1[3-9]\d{9})((?:[转,#]|ext|-)\d{1,6})?")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}(-\d{1,6})?")
_MASKED = re.compile(r"1\d{2}\*{4,5}\d{3,4}|\*{3,11}\d{0,4}")
_CIPHER = re.compile(r"(\$\$|##|~|#)[^\s].{7,}")
_FOREIGN = re.compile(r"\+(?!86)\d{7,15}")
_YES = frozenset({"是", "yes", "y", "true", "1", "√", "有"})
_NO = frozenset({"否", "no", "n", "false", "0", "×", "无"})


def text(cell: str) -> str:
    """This function will keep a text or an id as it is, and refuse an id that a spreadsheet turned into 6.9E+18."""
    if "+" in cell and _SCIENTIFIC.fullmatch(cell):
        raise DigitsLost(text=cell)
    return cell


@lru_cache(maxsize=16_384)
def money_fen(cell: str) -> int:
    """This function will read yuan into fen. Raises: NotAmount."""
    if len(cell) > LONGEST_NUMBER:
        raise NotAmount(text=shortened(cell, limit=LONGEST_NUMBER))
    try:
        return fen_from_text(cell)
    except NotMoney as unreadable:
        raise NotAmount(text=cell) from unreadable


@lru_cache(maxsize=4_096)
def whole_number(cell: str) -> int:
    """This function will read `1,234`, `2.0`, `3件` and `1.2万` into an int. Raises: NotWhole."""
    squeezed = cell.replace(" ", "").replace("，", ",")[: LONGEST_NUMBER + 1]
    if len(squeezed) > LONGEST_NUMBER:
        raise NotWhole(text=shortened(cell, limit=LONGEST_NUMBER))
    if match := _TEN_THOUSANDS.fullmatch(squeezed):
        value = Decimal(match.group(1)) * 10_000
        if value == value.to_integral_value():
            return int(value)
    match = _WHOLE.fullmatch(squeezed)
    if not match or ("," in match.group(2) and not _GROUPED.fullmatch(match.group(2))):
        raise NotWhole(text=cell)
    value_text = match.group(1) + match.group(2).replace(",", "")
    return int(value_text) * (10_000 if match.group(3) else 1)


@lru_cache(maxsize=4_096)
def percent_bp(cell: str) -> int:
    """
    This function will read `0.68%` or the ratio `0.0068` into basis points, rounded half up to whole ones.

    A bare number above 1 is refused: 42.1 may mean 42.1 % or 4210 %.   Raises: NotPercent.
    """
    squeezed = cell.replace(" ", "")
    if len(squeezed) > LONGEST_NUMBER:
        raise NotPercent(text=shortened(cell, limit=LONGEST_NUMBER))
    if match := _PERCENT.fullmatch(squeezed):
        return _half_up(Decimal(match.group(1).replace(",", "")) * 100)
    if not _RATIO.fullmatch(squeezed):
        raise NotPercent(text=cell)
    ratio = Decimal(squeezed)
    if abs(ratio) > 1:
        raise NotPercent(text=cell, proposed=f"{squeezed}%")
    return _half_up(ratio * 10_000)


def moment(cell: str) -> datetime:
    """
    This function will read a platform time, Shanghai wall clock unless it names its zone, into UTC.

    Day-first and month-first dates are refused, since 03/04/2026 is two days.   Raises: NotMoment.
    """
    try:
        if len(cell) == 19 and cell[4] == "-":  # what nearly every platform writes
            if cell >= _EIGHT_HOURS_SINCE:  # a fixed offset is read four times faster than a zone
                return datetime.fromisoformat(f"{cell}+08:00").astimezone(UTC)
            return datetime.fromisoformat(cell).replace(tzinfo=SHANGHAI).astimezone(UTC)
        if _ZONED.fullmatch(cell):
            return datetime.fromisoformat(cell).astimezone(UTC)
        match = _MOMENT.fullmatch(cell) or _COMPACT.fullmatch(cell)
        if not match:
            raise NotMoment(text=cell)
        year, month, day_, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day_, hour, minute, second, tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError) as impossible:
        raise NotMoment(text=cell) from impossible


def day(cell: str) -> date:
    """This function will read `2026-11-22`, `2026/11/22`, `2026年11月22日` or `20261122`. Raises: NotDay."""
    compact = re.fullmatch(r"(20\d{2})(\d{2})(\d{2})", cell)
    match = compact or _MOMENT.fullmatch(cell)
    if not match:
        raise NotDay(text=cell)
    try:
        return date(*(int(part) for part in match.groups()[:3]))
    except ValueError as impossible:
        raise NotDay(text=cell) from impossible


def duration_seconds(unit_seconds: int | None = None) -> Parser:
    """
    This function will make a parser of `1分5秒`, `02:03:04` and, when the column's title names its unit, bare numbers.

    `unit_seconds` is 60 for a column in minutes. `12:34` is refused: minutes or hours?
    """

    def parse(cell: str) -> int:
        squeezed = cell.replace(" ", "")
        if len(squeezed) > LONGEST_NUMBER:
            raise NotDuration(text=shortened(cell, limit=LONGEST_NUMBER))
        if match := _CLOCK.fullmatch(squeezed):
            hours, minutes, seconds = (int(part) for part in match.groups())
            return hours * 3600 + minutes * 60 + seconds
        if (match := _SPOKEN.fullmatch(squeezed)) and squeezed:
            days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return days * 86_400 + hours * 3600 + minutes * 60 + seconds
        if unit_seconds and re.fullmatch(r"\d+(\.\d+)?", squeezed):
            return _half_up(Decimal(squeezed) * unit_seconds)
        if re.fullmatch(r"\d{1,2}:[0-5]\d", squeezed):
            raise NotDuration(text=cell, proposed=f"00:{squeezed}")
        raise NotDuration(text=cell)

    return parse


def phone(cell: str) -> str:
    """
    This function will read a telephone number in one spelling; masked and enciphered ones stay as the platform wrote them.

    `+86 138-1234-5678` becomes `13812345678`; an extension (虚拟号) stays as `-1234`.   Raises: NotPhone.
    """
    squeezed = re.sub(r"[\s()（）]", "", cell)
    if _MASKED.fullmatch(squeezed) or _CIPHER.fullmatch(cell):
        return cell
    if match := _MOBILE.fullmatch(squeezed) or _MOBILE.fullmatch(re.sub(r"-(?=\d{4})", "", squeezed)):
        extension = re.sub(r"\D", "", match.group(2) or "")
        return match.group(1) + (f"-{extension}" if extension else "")
    if _LANDLINE.fullmatch(squeezed) or _FOREIGN.fullmatch(squeezed):
        return squeezed
    raise NotPhone(text=cell)


def yes_no(cell: str) -> bool:
    """This function will read 是/否 in their many spellings. Raises: NotYesOrNo."""
    lowered = cell.lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise NotYesOrNo(text=cell)


def choice(allowed: Mapping[str, Any]) -> Parser:
    """
    This function will make a parser that maps what platforms write (`待发货`) to our word, and refuses anything else.

    Widths and spaces do not matter; the nearest allowed word is proposed.
    """
    by_word = {_plain(word): meaning for word, meaning in allowed.items()}

    def parse(cell: str) -> Any:
        try:
            return by_word[_plain(cell)]
        except KeyError:
            near = get_close_matches(cell, list(allowed), n=1, cutoff=0.5)
            raise NotAChoice(text=cell, allowed="、".join(allowed), proposed=near[0] if near else "") from None

    return parse


@lru_cache(maxsize=1_024)
def _plain(word: str) -> str:
    return word.strip().replace("，", ",").replace("（", "(").replace("）", ")").replace(" ", "").lower()


def _half_up(value: Decimal) -> int:
    whole = int(value)
    rest = abs(value - whole)
    if rest * 2 >= 1:
        whole += 1 if value >= 0 else -1
    return whole
