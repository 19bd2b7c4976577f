"""
The words templates speak: components (each one template in `console/components/`, or drawn in `drawing.py` where it stands by
the hundred) and filters for figures and times.

`/components` shows every one with its states and how it is written. Values may be dicts or any objects with the named
attributes, so that a stage hands over its own typed rows. Source: LOOK 11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as written_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kaibo.console import drawing, words
from kaibo.plumbing.addresses import address_of
from kaibo.plumbing.citations import advised, cited, glossed, objected
from kaibo.plumbing.listed import clauses, named

register = template.Library()
for filter_name in (
    "yuan", "bp", "when", "ago", "count", "in_tongue", "threshold_text", "threshold_input", "threshold_unit", "stage_title", "role_title",
    "role_titles", "listed", "spaced_code",
):  # fmt: skip
    register.filter(filter_name, getattr(words, filter_name))
for reading in (cited, advised, glossed, objected):
    register.filter(reading.__name__, reading)
register.filter("clauses", clauses)
register.filter("named", named)


@register.filter
def id_for(key: object, what: str) -> str:
    """This function will make the id of one row's dialog: `{{ row.pk|id_for:"end" }}` is end-….   (`stringformat` gives nothing for such a text.)"""
    return f"{what}-{key}"


@register.filter
def said_each(texts: Iterable[str]) -> list[str]:
    """This function will say each of several packaged texts in the reader's language."""
    return [_(one) for one in texts]


for drawn in (drawing.gate, drawing.pill, drawing.clock, drawing.diff, drawing.table_rows):
    register.simple_tag(drawn)


def _component(name: str, **values: Any) -> SafeString:
    return render_to_string(f"console/components/{name}.html", values)


class AddressNode(URLNode):
    """`{% url %}` with addresses that were found before: no name of ours depends on the page that asks."""

    def render(self, context: template.Context) -> str:
        args = [one.resolve(context) for one in self.args]
        named = {name: one.resolve(context) for name, one in self.kwargs.items()}
        try:
            address = address_of(self.view_name.resolve(context), *args, **named)
        except NoReverseMatch:
            if self.asvar is None:
                raise
            address = ""
        if self.asvar:
            context[self.asvar] = address
            return ""
        return conditional_escape(address) if context.autoescape else address


@register.tag
def url(parser: Any, token: Any) -> AddressNode:
    node = written_url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


# Blocks: `{% panel … %}…{% endpanel %}`


@register.simple_block_tag
def page_head(
    content: str, *, title: Any, question: Any = "", trail: Iterable[Any] = (), status: Any = "", status_state: str = ""
) -> SafeString:
    """This function will render the head of a page; the block holds its actions. `trail` is pairs (label, href)."""
    return _component(
        "page_head",
        title=title,
        question=question,
        trail=list(trail or ()),
        status=status,
        status_state=status_state,
        actions=content,
    )


@register.simple_block_tag
def panel(
    content: str,
    *,
    title: Any = "",
    note: Any = "",
    link_label: Any = "",
    link_href: str = "",
    flush: bool = False,
    id: str = "",
    span: str = "",
) -> SafeString:
    """This function will render a panel around the block; `flush` is for tables and lists that bring their own edges."""
    return _component(
        "panel",
        title=title,
        note=note,
        link_label=link_label,
        link_href=link_href,
        flush=flush,
        id=id,
        span=span,
        content=content,
    )


@register.simple_block_tag
def callout(content: str, *, state: str = "note", title: Any = "") -> SafeString:
    """This function will render a notice inside a page; state is note, ok, warn or bad."""
    return _component(
        "callout", state=state, sign={"ok": "✓", "warn": "!", "bad": "✕"}.get(state, "i"), title=title, content=content
    )


@register.simple_block_tag(takes_context=True)
def confirm(
    context: template.Context, content: str, *, id: str, label: Any, title: Any, action: str, yes: Any, danger: bool = True,
    style: str = "", key: str = "", reason_label: Any = "",
) -> SafeString:  # fmt: skip
    """
    This function will render a button that asks once, with the consequence in words (the block, `<li>` items).

    `action` is posted on `yes`; with `reason_label` the dialog asks for a reason, sent as `reason`.   Source: LOOK 5.
    Raises: ValueError without an id: the button would open nothing, and nobody would be told.
    """
    if not id:
        raise ValueError("a dialog needs an id")
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
def finding(found: Any, *, label: Any = "") -> SafeString:
    """This function will render why something is red: reason, source, and the button that mends it.   Source: LOOK 3."""
    return _component("finding", found=found, label=label, sign=drawing.gate(found))


@register.simple_tag
def chips(items: Iterable[Any], *, label: Any = "") -> SafeString:
    """This function will render a chip filter; a chip has label, href, count, is_active, state."""
    return _component("chips", items=list(items), label=label or _("筛选"))


@register.simple_tag
def evidence(items: Iterable[Any]) -> SafeString:
    """This function will render quotes with their source; an item has quote, source, href, weight."""
    return _component("evidence", items=list(items))


@register.simple_tag
def progress(done: int, total: int, *, label: Any = "", url: str = "", bad: int = 0) -> SafeString:
    """
    This function will render long work: how much is done and left. With `url` it follows the work by itself.

    `url` answers JSON {"done", "total", "bad", "label", "state": "run"|"ok"|"red", "next": url to open at the end}.
    """
    percent = min(100, done * 100 // total) if total else 0
    return _component(
        "progress", done=done, total=total, left=max(0, total - done), percent=percent, label=label, url=url, bad=bad
    )


@register.simple_tag
def empty(
    title: Any, text: Any = "", *, action_label: Any = "", action_href: str = "", key: str = "", icon: str = "inbox"
) -> SafeString:
    """This function will render an empty state that teaches the first step.   Source: LOOK 10."""
    return _component(
        "empty", title=title, text=text, action_label=action_label, action_href=action_href, key=key, icon_name=icon
    )


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
    return render_to_string(
        "tables/table.html",
        {
            "table": table,
            "csrf_token": context.get("csrf_token", ""),
            "request": context.get("request"),
            "now": context.get("now"),
        },
    )


@register.simple_tag
def chart(data: Mapping[str, Any], *, id: str, title: Any, height: int = 240) -> SafeString:
    """
    This function will render a chart with its figures as a table beneath, for those who read rather than look.

    `data`: {"kind": "line"|"bar"|"share"|"funnel", "x": […], "series": [{"name", "data", "kind", "unit", "axis", "dashed"}],
    "marks": [{"x", "label"}], "bands": [{"from", "to", "label"}]}; share and funnel take "items": [{"name", "value"}].
    `unit` is fen, bp, count or seconds, and decides how values are written.
    """
    return _component(
        "chart",
        data=data,
        id=id,
        data_id=f"{id}-data",
        title=title,
        height_class=_height_class(height),
        rows=_chart_rows(data),
    )


def _height_class(height: int) -> str:
    return f"height-{min((120, 180, 240, 320, 420), key=lambda known: abs(known - height))}"


def _chart_rows(data: Mapping[str, Any]) -> dict[str, Any]:
    if items := data.get("items"):
        return {
            "head": [_("名称"), _("数值")],
            "rows": [[one["name"], _written(one["value"], data.get("unit", "count"))] for one in items],
        }
    series: Sequence[Mapping[str, Any]] = data.get("series", ())
    return {
        "head": ["", *(one["name"] for one in series)],
        "rows": [
            [x, *(_written(one["data"][place], one.get("unit", "count")) for one in series)]
            for place, x in enumerate(data.get("x", ()))
        ],
    }


def _written(value: Any, unit: str) -> str:
    if value is None:
        return "—"
    return words.yuan(value) if unit == "fen" else words.bp(value) if unit == "bp" else words.count(value)


@register.simple_tag
def icon(name: str) -> SafeString:
    """This function will draw one of the shell's own line icons; it is decoration, so it is hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("console/icons.svg"),
        name,
    )


@register.simple_tag
def key(*names: str) -> SafeString:
    """This function will render key caps: `{% key "Ctrl" "K" %}`."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((name,) for name in names))


@register.simple_tag
def key_hints(*pairs: str) -> SafeString:
    """This function will render key hints from pairs: `{% key_hints "J" "下一行" "K" "上一行" %}`."""
    return format_html(
        '<p class="key-hints">{}</p>',
        format_html_join(
            "",
            "<span>{} {}</span>",
            ((key(*keys.split(" ")), words) for keys, words in zip(pairs[::2], pairs[1::2], strict=True)),
        ),
    )
