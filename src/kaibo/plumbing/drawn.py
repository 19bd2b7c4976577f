"""The smallest marks of a page, drawn without a template: a pill, a wrong value beside the right one. Stages draw long lists with them."""

from __future__ import annotations

from html import escape
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

PILL_SIGNS = {"ok": "✓", "warn": "!", "bad": "✕", "live": "●", "note": ""}


def escaped(value: Any) -> str:
    """This function will escape as `conditional_escape` does; plain strings, which nearly all are, by a shorter way."""
    return escape(value) if type(value) is str else conditional_escape(value)


def pill(label: Any, state: str = "") -> SafeString:
    """This function will draw a status pill: state is ok, warn, bad, live, note or empty."""
    sign = PILL_SIGNS.get(state, "")
    seen = f'<span aria-hidden="true">{sign}</span>' if sign else ""
    return mark_safe(f'<span class="pill {escaped(state)}">{seen}{escaped(label)}</span>')  # noqa: S308  every part is escaped


def diff(wrong: Any = "", proposed: Any = "", *, label: Any = "", confidence: Any = "", also: int = 0) -> SafeString:
    """This function will draw a wrong value beside the proposed one, and how many others the fix would mend."""
    parts = ['<span class="diff">']
    if label:
        parts.append(f'<span class="muted">{escaped(label)}</span>')
    if wrong != "":
        parts.append(f'<del><span class="visually-hidden">{escaped(_("现在："))}</span>{escaped(wrong)}</del>')
    if wrong != "" and proposed != "":
        parts.append('<span aria-hidden="true">→</span>')
    if proposed != "":
        parts.append(f'<ins><span class="visually-hidden">{escaped(_("建议："))}</span>{escaped(proposed)}</ins>')
    beside = []
    if confidence:
        beside.append(_("置信 %(confidence)s") % {"confidence": escaped(confidence)})
    if also:
        beside.append(_("同类 %(also)s 处") % {"also": escaped(also)})
    if beside:
        parts.append(f'<span class="confidence">{" · ".join(beside)}</span>')
    return mark_safe("".join([*parts, "</span>"]))  # noqa: S308  every part is escaped
