"""How figures read on a page."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text
from kaibo.stages.analytics.figures import FigureRow


def value_words(value: int | None, unit: str) -> str:
    """This function will write a figure: money in whole yuan from a thousand on, shares in per cent, seconds as minutes."""
    if value is None:
        return "—"
    if unit == "fen":
        return yuan_text((value + 50) // 100 * 100) if abs(value) >= 100_000 else yuan_text(value)
    if unit == "bp":
        whole, rest = divmod(abs(value), 100)
        decimals = f".{rest:02d}".rstrip("0").rstrip(".")
        return f"{'−' if value < 0 else ''}{whole:,}{decimals}%"
    if unit == "seconds":
        minutes, seconds = divmod(abs(value), 60)
        sign = "−" if value < 0 else ""
        return sign + (_("%(m)s 分 %(s)02d 秒") % {"m": minutes, "s": seconds} if minutes else _("%(s)s 秒") % {"s": seconds})
    return f"{value:,}"


def signed_words(value: int | None, unit: str) -> str:
    """This function will write a difference with its sign."""
    if value is None:
        return ""
    return ("+" if value > 0 else "") + value_words(value, unit).replace("-", "−")


def beside_words(row: FigureRow) -> str:
    """This function will say what a figure is measured against: its target and its place among the last sessions."""
    parts = []
    if row.target is not None:
        parts.append(_("目标 %(target)s") % {"target": value_words(row.target, row.definition.unit)})
    if row.percentile is not None:
        parts.append(_("近 %(count)s 场 P%(place)s") % {"count": row.history_count, "place": row.percentile})
    elif not parts:
        parts.append(_("还没有历史场次可比"))
    return " · ".join(parts)


def is_red(row: FigureRow) -> bool:
    """A figure is red when it is worse than nine tenths of the last sessions, and there are enough of them."""
    if row.percentile is None or row.history_count < 3:
        return False
    return row.percentile <= 10 if row.definition.is_better_high else row.percentile >= 90
