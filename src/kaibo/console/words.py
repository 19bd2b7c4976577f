"""How figures, times, names and lists are written for people, in the page's language. Templates use them as filters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.console.threshold_units import text_from_value
from kaibo.kit.clock import in_shanghai
from kaibo.kit.money import yuan_text
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.listed import listed
from kaibo.stages import FLOW

SHARED_PLACES = {
    "launches": ("上新看板", "Launch board"), "catalog": ("商品", "Goods"), "stock": ("库存", "Stock"), "people": ("人员与权限", "People"),
    "shops": ("店铺与渠道", "Shops"), "console": ("系统", "System"), "media": ("素材", "Media"), "intake": ("导入", "Imports"), "tables": ("列表", "Lists"),
}  # fmt: skip


def yuan(fen: Any) -> str:
    """This function will write fen for people: `¥1,234`; nothing as a dash."""
    return "—" if fen is None or fen == "" else yuan_text(int(fen))


def bp(rate_bp: Any) -> str:
    """This function will write basis points as per cent with as many decimals as they carry: 4640 → `46.4%`, 300 → `3%`."""
    if rate_bp is None or rate_bp == "":
        return "—"
    whole, rest = divmod(abs(int(rate_bp)), 100)
    decimals = f".{rest:02d}".rstrip("0").rstrip(".")
    return f"{'−' if int(rate_bp) < 0 else ''}{whole:,}{decimals}%"


def when(moment: datetime | None, shape: str = "minute") -> str:
    """This function will write a moment on a Shanghai clock: `11-22 20:00`; shape day, time, second or full."""
    if moment is None:
        return "—"
    pattern = {"day": "%m-%d", "time": "%H:%M", "second": "%H:%M:%S", "full": "%Y-%m-%d %H:%M"}.get(
        shape, "%m-%d %H:%M"
    )
    return in_shanghai(moment).strftime(pattern)


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """This function will say how long ago a moment was (or when it comes): `3 分钟前`, `2 天后`."""
    if moment is None or not now:
        return when(moment)
    seconds = int((now - moment).total_seconds())
    if abs(seconds) < 60:
        return _("刚刚")
    for size, past, future in (
        (86400, _("%(n)s 天前"), _("%(n)s 天后")),
        (3600, _("%(n)s 小时前"), _("%(n)s 小时后")),
        (60, _("%(n)s 分钟前"), _("%(n)s 分钟后")),
    ):
        if abs(seconds) >= size:
            return (past if seconds > 0 else future) % {"n": abs(seconds) // size}
    return when(moment)


def count(quantity: Any, unit: str = "") -> str:
    """This function will write a quantity with separators and its unit: `1,234 件`."""
    if quantity is None or quantity == "":
        return "—"
    written = (
        f"{quantity:,}"
        if isinstance(quantity, int)
        else f"{quantity:,.1f}"
        if isinstance(quantity, float)
        else str(quantity)
    )
    return f"{written} {unit}" if unit else written


def in_tongue(named: Any) -> str:
    """This function will give the `zh` or `en` of an object that carries both, by the page's language."""
    return str(attribute_of(named, "en") if is_english() else attribute_of(named, "zh"))


def threshold_text(in_force: Any) -> str:
    """This function will write a threshold's value in force with its unit: `30%`, `¥200`, `180 分钟`."""
    unit, value = in_force.threshold.unit, in_force.value
    if unit in {"bp", "fen"}:
        return bp(value) if unit == "bp" else yuan(value)
    words = {"minutes": _("分钟"), "hours": _("小时"), "days": _("天"), "seconds": _("秒"), "count": ""}
    return count(value, words.get(unit, ""))


def threshold_input(in_force: Any) -> str:
    """This function will write a threshold's value as its field takes it back."""
    return text_from_value(in_force.value, unit=in_force.threshold.unit)


def threshold_unit(unit: str) -> str:
    return {
        "bp": "%",
        "fen": _("元"),
        "minutes": _("分钟"),
        "hours": _("小时"),
        "days": _("天"),
        "seconds": _("秒"),
    }.get(unit, "")


def stage_title(key: str) -> str:
    """This function will name a stage (or a shared place) in the page's language."""
    for stage in FLOW:
        if stage.key == key:
            return stage.en if is_english() else stage.zh
    return SHARED_PLACES.get(key, (key, key))[is_english()]


def role_title(key: str) -> str:
    """This function will name a role in the page's language."""
    return ROLE_TITLES.get(key, (key, key))[is_english()]


def role_titles(keys: Iterable[str]) -> str:
    """This function will name roles, in the order of the flow."""
    return listed([role_title(key) for key in ROLE_TITLES if key in set(keys)])


def spaced_code(code: str) -> str:
    """This function will group a secret in fours so that it can be typed by hand."""
    return " ".join(re.findall(r".{1,4}", code))


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def attribute_of(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def clock_words(left_seconds: int | None) -> str:
    """This function will say how long is left or how long it is over, in the two largest units."""
    if left_seconds is None:
        return ""
    minutes = abs(left_seconds) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        length = _("%(days)s 天 %(hours)s 小时") % {"days": days, "hours": hours}
    elif hours:
        length = _("%(hours)s 小时 %(minutes)02d 分") % {"hours": hours, "minutes": rest}
    else:
        length = _("%(minutes)s 分") % {"minutes": rest}
    return (_("超 %(length)s") if left_seconds < 0 else _("剩 %(length)s")) % {"length": length}
