"""
The selling calendar: festivals, platform seasons and solar terms, and what each asks to be chosen now (SEL-17). Pure.

Dates that move with the moon stand in a table that was compared with an astronomical calendar; a year it does not know is
said to be unknown, never guessed. A shop's own lines and dates win over all of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

KNOWN_YEARS = range(2025, 2031)
"""The years whose moving dates the table holds."""

_MOVING: dict[str, tuple[str, ...]] = {
    # one date a known year, in order
    "laba": ("2025-01-07", "2026-01-26", "2027-01-15", "2028-01-04", "2029-01-22", "2030-01-11"),
    "spring": ("2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03"),
    "lantern": ("2025-02-12", "2026-03-03", "2027-02-20", "2028-02-09", "2029-02-27", "2030-02-17"),
    "dragonboat": ("2025-05-31", "2026-06-19", "2027-06-09", "2028-05-28", "2029-06-16", "2030-06-05"),
    "qixi": ("2025-08-29", "2026-08-19", "2027-08-08", "2028-08-26", "2029-08-16", "2030-08-05"),
    "midautumn": ("2025-10-06", "2026-09-25", "2027-09-15", "2028-10-03", "2029-09-22", "2030-09-12"),
    "doubleninth": ("2025-10-29", "2026-10-18", "2027-10-08", "2028-10-26", "2029-10-16", "2030-10-05"),
}  # fmt: skip


class Kind(StrEnum):
    """What sort of line of the calendar it is."""

    FESTIVAL = "festival"
    PLATFORM = "platform"
    TERM = "term"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Occasion:
    """One line of the calendar in one year; sold from `starts_on` to `ends_on`, both included. `lead_days` is what choosing and stocking take."""

    key: str
    year: int
    title_zh: str
    title_en: str
    starts_on: date
    ends_on: date
    lead_days: int
    themes: tuple[str, ...]
    kind: Kind

    @property
    def choose_by(self) -> date:
        return self.starts_on - timedelta(days=self.lead_days)


class Stage(StrEnum):
    """Where a day stands before an occasion."""

    LATE = "late"
    NOW = "now"
    SOON = "soon"
    RUNNING = "running"
    LATER = "later"


_FIXED: tuple[tuple[str, str, str, tuple[int, int], tuple[int, int], int, tuple[str, ...], Kind], ...] = (
    ("newyear", "元旦跨年", "New Year", (12, 30), (1, 1), 35, ("新年红", "聚会穿搭", "礼盒"), Kind.FESTIVAL),
    ("valentine", "情人节", "Valentine's Day", (2, 10), (2, 14), 35, ("礼物", "情侣款", "饰品"), Kind.FESTIVAL),
    ("women", "38 焕新", "Women's Day season", (3, 4), (3, 8), 45, ("女装上新", "美妆", "自我犒赏"), Kind.PLATFORM),
    ("labour", "五一", "Labour Day", (4, 28), (5, 5), 35, ("出游穿搭", "防晒", "轻便"), Kind.FESTIVAL),
    ("love520", "520", "520", (5, 17), (5, 20), 35, ("礼物", "情侣款"), Kind.PLATFORM),
    ("children", "六一", "Children's Day", (5, 29), (6, 1), 35, ("童装", "亲子装", "玩具"), Kind.FESTIVAL),
    ("mid618", "618", "618", (5, 26), (6, 18), 60, ("夏装", "防晒", "囤货"), Kind.PLATFORM),
    ("school", "开学季", "Back to school", (8, 20), (9, 5), 45, ("学生穿搭", "文具", "宿舍用品"), Kind.PLATFORM),
    ("national", "国庆", "National Day", (9, 28), (10, 7), 40, ("出游穿搭", "秋装"), Kind.FESTIVAL),
    ("double11", "双11", "Double 11", (10, 20), (11, 11), 75, ("秋冬外套", "囤货", "年度爆款"), Kind.PLATFORM),
    ("double12", "双12", "Double 12", (12, 8), (12, 12), 40, ("保暖", "清仓", "返场"), Kind.PLATFORM),
    ("christmas", "圣诞", "Christmas", (12, 20), (12, 25), 40, ("礼物", "红绿配色", "聚会穿搭"), Kind.FESTIVAL),
)  # fmt: skip
_BY_MOON: tuple[tuple[str, str, str, int, int, int, tuple[str, ...]], ...] = (
    # key, zh, en, opens so many days before, lasts so many after, lead, themes
    ("laba", "腊八", "Laba", 3, 0, 35, ("杂粮", "暖身")),
    ("lantern", "元宵", "Lantern Festival", 5, 0, 35, ("国风", "团圆")),
    ("dragonboat", "端午", "Dragon Boat", 10, 0, 40, ("礼盒", "驱蚊", "国风")),
    ("qixi", "七夕", "Qixi", 7, 0, 40, ("礼物", "国风", "情侣款")),
    ("midautumn", "中秋", "Mid-autumn", 14, 0, 50, ("礼盒", "团圆", "秋装")),
    ("doubleninth", "重阳", "Double Ninth", 7, 0, 40, ("中老年", "保暖", "滋补")),
)
_TERMS: tuple[tuple[str, str, int, float, int, tuple[str, ...]], ...] = (
    # 节气 by the formula of the 21st century: day = [0.2422 Y + C] − [(Y − 1) / 4 or Y / 4]
    ("小寒", "Minor Cold", 1, 5.4055, 30, ("保暖内衣", "羽绒")),
    ("大寒", "Major Cold", 1, 20.12, 30, ("保暖", "年货")),
    ("立春", "Start of Spring", 2, 3.87, 45, ("春装", "薄外套")),
    ("雨水", "Rain Water", 2, 18.73, 30, ("雨具", "轻外套")),
    ("惊蛰", "Awakening of Insects", 3, 5.63, 30, ("针织", "风衣")),
    ("春分", "Spring Equinox", 3, 20.646, 30, ("踏青", "卫衣")),
    ("清明", "Pure Brightness", 4, 4.81, 30, ("踏青", "薄针织")),
    ("谷雨", "Grain Rain", 4, 20.1, 30, ("防晒", "雨具")),
    ("立夏", "Start of Summer", 5, 5.52, 45, ("夏装", "T 恤")),
    ("小满", "Grain Buds", 5, 21.04, 30, ("防晒", "凉感")),
    ("芒种", "Grain in Ear", 6, 5.678, 30, ("凉感", "连衣裙")),
    ("夏至", "Summer Solstice", 6, 21.37, 30, ("冰丝", "凉鞋")),
    ("小暑", "Minor Heat", 7, 7.108, 30, ("防晒衣", "冰丝")),
    ("大暑", "Major Heat", 7, 22.83, 30, ("清凉", "换季清仓")),
    ("立秋", "Start of Autumn", 8, 7.5, 45, ("秋装", "长袖")),
    ("处暑", "End of Heat", 8, 23.13, 30, ("薄外套", "针织开衫")),
    ("白露", "White Dew", 9, 7.646, 30, ("针织", "风衣")),
    ("秋分", "Autumn Equinox", 9, 23.042, 30, ("毛衣", "风衣")),
    ("寒露", "Cold Dew", 10, 8.318, 30, ("毛呢", "打底")),
    ("霜降", "Frost", 10, 23.438, 30, ("加绒", "毛呢外套")),
    ("立冬", "Start of Winter", 11, 7.438, 45, ("羽绒服", "保暖")),
    ("小雪", "Minor Snow", 11, 22.36, 30, ("加绒", "围巾")),
    ("大雪", "Major Snow", 12, 7.18, 30, ("羽绒服", "手套")),
    ("冬至", "Winter Solstice", 12, 21.94, 30, ("保暖", "滋补")),
)  # fmt: skip


_TERM_OFF = {(2026, 2, 18.73): -1}
"""Where the formula is a day off; compared with an astronomical calendar from 2025 to 2040."""


def term_on(month: int, constant: float, year: int) -> date:
    """This function will give the day of a solar term in a year of this century."""
    short = year % 100
    leaps = (short - 1) // 4 if month <= 2 else short // 4
    return date(year, month, int(short * 0.2422 + constant) - leaps + _TERM_OFF.get((year, month, constant), 0))


def moving_date(key: str, year: int) -> date | None:
    """This function will give a festival that follows the moon; None for a year the table does not know."""
    return date.fromisoformat(_MOVING[key][year - KNOWN_YEARS.start]) if year in KNOWN_YEARS else None


def of_year(year: int) -> list[Occasion]:
    """This function will give the calendar that comes with the program for one year, earliest first."""
    found: list[Occasion] = []
    for key, zh, en, (from_month, from_day), (to_month, to_day), lead, themes, kind in _FIXED:
        ends = date(year + (to_month < from_month), to_month, to_day)
        found.append(Occasion(key, year, zh, en, date(year, from_month, from_day), ends, lead, themes, kind))
    for key, zh, en, before, after, lead, themes in _BY_MOON:
        if day := moving_date(key, year):
            found.append(Occasion(key, year, zh, en, day - timedelta(days=before), day + timedelta(days=after), lead, themes, Kind.FESTIVAL))
    if spring := moving_date("spring", year):
        themes = ("新年红", "礼盒", "年夜饭", "走亲访友")
        found.append(Occasion("goods4newyear", year, "年货节", "New Year goods season", spring - timedelta(days=30), spring - timedelta(days=5), 60, themes, Kind.PLATFORM))
        found.append(Occasion("spring", year, "春节", "Spring Festival", spring - timedelta(days=4), spring + timedelta(days=6), 60, ("新年穿搭", "出游"), Kind.FESTIVAL))
    for number, (zh, en, month, constant, lead, themes) in enumerate(_TERMS):
        day = term_on(month, constant, year)
        found.append(Occasion(f"term{number + 1:02d}", year, zh, en, day, day, lead, themes, Kind.TERM))
    return sorted(found, key=lambda one: (one.starts_on, one.key))


def with_own(known: Iterable[Occasion], own: Sequence[Occasion], hidden: frozenset[tuple[str, int]]) -> list[Occasion]:
    """This function will lay a shop's own lines over the calendar: its date wins, what it hides is gone."""
    lines = {(one.key, one.year): one for one in known} | {(one.key, one.year): one for one in own}
    return sorted((one for key, one in lines.items() if key not in hidden), key=lambda one: (one.starts_on, one.key))


@dataclass(frozen=True, slots=True)
class Due:
    """An occasion as it stands on a day: how many days are left to choose and until it opens (negative: past)."""

    occasion: Occasion
    stage: Stage
    days_to_choose: int
    days_to_start: int


SOON_DAYS = 30


def due_on(today: date, occasions: Iterable[Occasion]) -> list[Due]:
    """
    This function will say what has to be chosen now: `now` within two weeks before or after the day to choose by, `late` after
    that while it has not opened, `soon` within a month, `running`, `later`. What is over is left out.
    """
    found = []
    for one in occasions:
        if one.ends_on < today:
            continue
        to_choose, to_start = (one.choose_by - today).days, (one.starts_on - today).days
        if to_start <= 0:
            stage = Stage.RUNNING
        elif to_choose < -14:
            stage = Stage.LATE
        elif to_choose <= 14:
            stage = Stage.NOW
        elif to_choose <= SOON_DAYS:
            stage = Stage.SOON
        else:
            stage = Stage.LATER
        found.append(Due(one, stage, to_choose, to_start))
    return sorted(found, key=lambda one: (one.occasion.choose_by, one.occasion.key))
