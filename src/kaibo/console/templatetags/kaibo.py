"""
The words templates speak: components (each one template in `console/components/`) and filters for figures and times.

`/components` shows every one with its states and how it is written. Values may be dicts or any objects with the named
attributes, so that a stage hands over its own typed rows. Source: LOOK 11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.console.threshold_units import text_from_value
from kaibo.kit.clock import in_shanghai
from kaibo.kit.money import yuan_text
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.stages import FLOW

register = template.Library()

SHARED_PLACES = {
    "launches": ("上新看板", "Launch board"), "catalog": ("商品", "Goods"), "stock": ("库存", "Stock"), "people": ("人员与权限", "People"),
    "shops": ("店铺与渠道", "Shops"), "console": ("系统", "System"), "media": ("素材", "Media"), "intake": ("导入", "Imports"), "tables": ("列表", "Lists"),
}  # fmt: skip

SIGNS = {"ok": "✓", "run": "…", "red": "!", "none": "·"}
PILL_SIGNS = {"ok": "✓", "warn": "!", "bad": "✕", "live": "●", "note": ""}


def _component(name: str, **values: Any) -> SafeString:
    return render_to_string(f"console/components/{name}.html", values)


# Blocks: `{% panel … %}…{% endpanel %}`


@register.simple_block_tag
def page_head(
    content: str, *, title: Any, question: Any = "", trail: Iterable[Any] = (), status: Any = "", status_state: str = ""
) -> SafeString:
    """This function will render the head of a page; the block holds its actions. `trail` is pairs (label, href)."""
    return _component(
        "page_head", title=title, question=question, trail=list(trail or ()), status=status, status_state=status_state, actions=content
    )


@register.simple_block_tag
def panel(
    content: str, *, title: Any = "", note: Any = "", link_label: Any = "", link_href: str = "", flush: bool = False, id: str = "", span: str = ""
) -> SafeString:
    """This function will render a panel around the block; `flush` is for tables and lists that bring their own edges."""
    return _component(
        "panel", title=title, note=note, link_label=link_label, link_href=link_href, flush=flush, id=id, span=span, content=content
    )


@register.simple_block_tag
def callout(content: str, *, state: str = "note", title: Any = "") -> SafeString:
    """This function will render a notice inside a page; state is note, ok, warn or bad."""
    return _component("callout", state=state, sign={"ok": "✓", "warn": "!", "bad": "✕"}.get(state, "i"), title=title, content=content)


@register.simple_block_tag(takes_context=True)
def confirm(
    context: template.Context, content: str, *, id: str, label: Any, title: Any, action: str, yes: Any, danger: bool = True,
    style: str = "", key: str = "", reason_label: Any = "",
) -> SafeString:  # fmt: skip
    """
    This function will render a button that asks once, with the consequence in words (the block, `<li>` items).

    `action` is posted on `yes`; with `reason_label` the dialog asks for a reason, sent as `reason`.   Source: LOOK 5.
    """
    return render_to_string(
        "console/components/confirm.html",
        {
            "id": id, "label": label, "title": title, "action": action, "yes": yes, "danger": danger, "style": style, "key": key,
            "reason_label": reason_label, "content": content, "csrf_token": context.get("csrf_token", ""),
        },
    )  # fmt: skip


# Single components


@register.simple_tag
def figures(items: Iterable[Any]) -> SafeString:
    """This function will render a figure strip; an item has name, value, beside, state, href, why."""
    return _component("figures", items=list(items))


@register.simple_tag
def gate(finding: Any, *, label: Any = "") -> SafeString:
    """This function will render a gate's small sign; its title says the state and the reason in words."""
    state = _of(finding, "state") or "none"
    words = {"ok": _("通过"), "run": _("进行中"), "red": _("未通过"), "none": _("未开始")}[state]
    return _component(
        "gate", state=state, sign=SIGNS[state], words=words, label=label, reason=_of(finding, "reason") or "", href=_of(finding, "href") or ""
    )


@register.simple_tag
def finding(found: Any, *, label: Any = "") -> SafeString:
    """This function will render why something is red: reason, source, and the button that mends it.   Source: LOOK 3."""
    return _component("finding", found=found, label=label, sign=gate(found))


@register.simple_tag
def pill(label: Any, state: str = "") -> SafeString:
    """This function will render a status pill: state is ok, warn, bad, live, note or empty."""
    sign = PILL_SIGNS.get(state, "")
    return format_html('<span class="pill {}">{}{}</span>', state, format_html('<span aria-hidden="true">{}</span>', sign) if sign else "", label)


@register.simple_tag
def chips(items: Iterable[Any], *, label: Any = "") -> SafeString:
    """This function will render a chip filter; a chip has label, href, count, is_active, state."""
    return _component("chips", items=list(items), label=label or _("筛选"))


@register.simple_tag
def evidence(items: Iterable[Any]) -> SafeString:
    """This function will render quotes with their source; an item has quote, source, href, weight."""
    return _component("evidence", items=list(items))


@register.simple_tag
def diff(wrong: Any = "", proposed: Any = "", *, label: Any = "", confidence: Any = "", also: int = 0) -> SafeString:
    """This function will render a wrong value beside the proposed one, and how many others the fix would mend."""
    return _component("diff", wrong=wrong, proposed=proposed, label=label, confidence=confidence, also=also)


@register.simple_tag
def clock(due_at: datetime | None, *, now: datetime | None = None, done: bool = False, soon_minutes: int = 180) -> SafeString:
    """
    This function will render a deadline that counts down by itself: `剩 2 小时 05 分`, `超 40 分`.

    With `now` the words are right before any script ran. Fewer than `soon_minutes` left is shown as soon.
    """
    if due_at is None:
        return SafeString("")
    left_seconds = int((due_at - now).total_seconds()) if now else None
    state = "done" if done else _clock_state(left_seconds, soon_minutes)
    return _component("clock", due_at=due_at, state=state, words=_("已完成") if done else clock_words(left_seconds), soon_minutes=soon_minutes, done=done)


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


def _clock_state(left_seconds: int | None, soon_minutes: int) -> str:
    if left_seconds is None:
        return ""
    if left_seconds < 0:
        return "late"
    return "soon" if left_seconds < soon_minutes * 60 else ""


@register.simple_tag
def progress(done: int, total: int, *, label: Any = "", url: str = "", bad: int = 0) -> SafeString:
    """
    This function will render long work: how much is done and left. With `url` it follows the work by itself.

    `url` answers JSON {"done", "total", "bad", "label", "state": "run"|"ok"|"red", "next": url to open at the end}.
    """
    percent = min(100, done * 100 // total) if total else 0
    return _component("progress", done=done, total=total, left=max(0, total - done), percent=percent, label=label, url=url, bad=bad)


@register.simple_tag
def empty(title: Any, text: Any = "", *, action_label: Any = "", action_href: str = "", key: str = "", icon: str = "inbox") -> SafeString:
    """This function will render an empty state that teaches the first step.   Source: LOOK 10."""
    return _component("empty", title=title, text=text, action_label=action_label, action_href=action_href, key=key, icon_name=icon)


@register.simple_tag
def timeline(items: Iterable[Any], *, now: datetime | None = None) -> SafeString:
    """This function will render entries in time order; an item has at, title, note (or who), href, state, aside."""
    return _component("timeline", items=list(items), now=now)


@register.simple_tag
def field(bound: Any, *, unit: Any = "", help: Any = "") -> SafeString:
    """This function will render a form field with its label, help and complaint, tied together for screen readers."""
    described = [f"{bound.auto_id}-wrong"] if bound.errors else []
    described += [f"{bound.auto_id}-help"] if (help or bound.help_text) else []
    attributes = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    kind = getattr(bound.field.widget, "input_type", "")
    return _component(
        "field", bound=bound, widget=bound.as_widget(attrs=attributes), unit=unit, help=help or bound.help_text,
        is_check=kind == "checkbox" and not bound.use_fieldset, is_group=bound.use_fieldset,
    )  # fmt: skip


@register.simple_tag
def form_fields(form: Any) -> SafeString:
    """This function will render all fields of a form, with the complaints that belong to none of them on top."""
    return _component("form_fields", form=form, widgets=[field(one) for one in form.visible_fields()])


@register.simple_tag(takes_context=True)
def data_table(context: template.Context, table: Any) -> SafeString:
    """This function will render a plumbing.tables page: search, filters, saved views, sorting, keys, paging, export."""
    return render_to_string("tables/table.html", {"table": table, "csrf_token": context.get("csrf_token", ""), "request": context.get("request"), "now": context.get("now")})


@register.simple_tag
def chart(data: Mapping[str, Any], *, id: str, title: Any, height: int = 240) -> SafeString:
    """
    This function will render a chart with its figures as a table beneath, for those who read rather than look.

    `data`: {"kind": "line"|"bar"|"share"|"funnel", "x": […], "series": [{"name", "data", "kind", "unit", "axis", "dashed"}],
    "marks": [{"x", "label"}], "bands": [{"from", "to", "label"}]}; share and funnel take "items": [{"name", "value"}].
    `unit` is fen, bp, count or seconds, and decides how values are written.
    """
    return _component("chart", data=data, id=id, data_id=f"{id}-data", title=title, height_class=_height_class(height), rows=_chart_rows(data))


def _height_class(height: int) -> str:
    return f"height-{min((120, 180, 240, 320, 420), key=lambda known: abs(known - height))}"


def _chart_rows(data: Mapping[str, Any]) -> dict[str, Any]:
    if items := data.get("items"):
        return {"head": [_("名称"), _("数值")], "rows": [[one["name"], _written(one["value"], data.get("unit", "count"))] for one in items]}
    series: Sequence[Mapping[str, Any]] = data.get("series", ())
    return {
        "head": ["", *(one["name"] for one in series)],
        "rows": [[x, *(_written(one["data"][place], one.get("unit", "count")) for one in series)] for place, x in enumerate(data.get("x", ()))],
    }


def _written(value: Any, unit: str) -> str:
    if value is None:
        return "—"
    return yuan(value) if unit == "fen" else bp(value) if unit == "bp" else count(value)


@register.simple_tag
def icon(name: str) -> SafeString:
    """This function will draw one of the shell's own line icons; it is decoration, so it is hidden from screen readers."""
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', static("console/icons.svg"), name)


@register.simple_tag
def key(*names: str) -> SafeString:
    """This function will render key caps: `{% key "Ctrl" "K" %}`."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((name,) for name in names))


@register.simple_tag
def key_hints(*pairs: str) -> SafeString:
    """This function will render key hints from pairs: `{% key_hints "J" "下一行" "K" "上一行" %}`."""
    return format_html(
        '<p class="key-hints">{}</p>',
        format_html_join("", "<span>{} {}</span>", ((key(*keys.split(" ")), words) for keys, words in zip(pairs[::2], pairs[1::2], strict=True))),
    )


# Filters


@register.filter
def yuan(fen: Any) -> str:
    """This function will write fen for people: `¥1,234`; nothing as a dash."""
    return "—" if fen is None or fen == "" else yuan_text(int(fen))


@register.filter
def bp(rate_bp: Any) -> str:
    """This function will write basis points as per cent with as many decimals as they carry: 4640 → `46.4%`, 300 → `3%`."""
    if rate_bp is None or rate_bp == "":
        return "—"
    whole, rest = divmod(abs(int(rate_bp)), 100)
    decimals = f".{rest:02d}".rstrip("0").rstrip(".")
    return f"{'−' if int(rate_bp) < 0 else ''}{whole:,}{decimals}%"


@register.filter
def when(moment: datetime | None, shape: str = "minute") -> str:
    """This function will write a moment on a Shanghai clock: `11-22 20:00`; shape day, time, second or full."""
    if moment is None:
        return "—"
    pattern = {"day": "%m-%d", "time": "%H:%M", "second": "%H:%M:%S", "full": "%Y-%m-%d %H:%M"}.get(shape, "%m-%d %H:%M")
    return in_shanghai(moment).strftime(pattern)


@register.filter
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


@register.filter
def count(quantity: Any, unit: str = "") -> str:
    """This function will write a quantity with separators and its unit: `1,234 件`."""
    if quantity is None or quantity == "":
        return "—"
    written = f"{quantity:,}" if isinstance(quantity, int) else f"{quantity:,.1f}" if isinstance(quantity, float) else str(quantity)
    return f"{written} {unit}" if unit else written


@register.filter
def in_tongue(named: Any) -> str:
    """This function will give the `zh` or `en` of an object that carries both, by the page's language."""
    return str(_of(named, "en") if get_language_is_english() else _of(named, "zh"))


@register.filter
def threshold_text(in_force: Any) -> str:
    """This function will write a threshold's value in force with its unit: `30%`, `¥200`, `180 分钟`."""
    unit, value = in_force.threshold.unit, in_force.value
    if unit in {"bp", "fen"}:
        return bp(value) if unit == "bp" else yuan(value)
    words = {"minutes": _("分钟"), "hours": _("小时"), "days": _("天"), "seconds": _("秒"), "count": ""}
    return count(value, words.get(unit, ""))


@register.filter
def threshold_input(in_force: Any) -> str:
    """This function will write a threshold's value as its field takes it back."""
    return text_from_value(in_force.value, unit=in_force.threshold.unit)


@register.filter
def threshold_unit(unit: str) -> str:
    return {"bp": "%", "fen": _("元"), "minutes": _("分钟"), "hours": _("小时"), "days": _("天"), "seconds": _("秒")}.get(unit, "")


@register.filter
def stage_title(key: str) -> str:
    """This function will name a stage (or a shared place) in the page's language."""
    for stage in FLOW:
        if stage.key == key:
            return stage.en if get_language_is_english() else stage.zh
    return SHARED_PLACES.get(key, (key, key))[get_language_is_english()]


@register.filter
def role_title(key: str) -> str:
    """This function will name a role in the page's language."""
    return ROLE_TITLES.get(key, (key, key))[get_language_is_english()]


@register.filter
def listed(words: Iterable[Any]) -> str:
    """This function will list words as the page's language does: `运营、店长`, `Operations, Owner`."""
    return (", " if get_language_is_english() else "、").join(str(word) for word in words)


@register.filter
def role_titles(keys: Iterable[str]) -> str:
    """This function will name roles, in the order of the flow."""
    return listed([role_title(key) for key in ROLE_TITLES if key in set(keys)])


@register.filter
def spaced_code(code: str) -> str:
    """This function will group a secret in fours so that it can be typed by hand."""
    return " ".join(re.findall(r".{1,4}", code))


def get_language_is_english() -> bool:
    return (get_language() or "").startswith("en")


def _of(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
