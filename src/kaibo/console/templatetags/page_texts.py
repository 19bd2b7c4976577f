"""
Django's `i18n` tags with a quicker `{% translate %}`, under their own name (settings, `libraries`).

Django's makes a lazy text of each constant and finds out again what it is; some 150 of them stand on a page.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags import i18n
from django.utils.safestring import mark_safe

from kaibo.console.texts import said

register = template.Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)


class TextNode(template.Node):
    """A constant text, as it stands in the template; like Django's it is trusted markup."""

    def __init__(self, text: str, asvar: str | None) -> None:
        self.text, self.asvar = text.replace("%", "%%"), asvar

    def render(self, context: template.Context) -> str:
        text = mark_safe(said(self.text).replace("%%", "%"))  # noqa: S308  a text of our own
        if self.asvar is None:
            return text
        context[self.asvar] = text
        return ""


@register.tag("translate")
@register.tag("trans")
def translate(parser: Any, token: Any) -> template.Node:
    """Constant texts go the short way; variables, contexts and `noop` go Django's."""
    node = i18n.do_translate(parser, token)
    constant = node.filter_expression.var.literal if isinstance(node.filter_expression.var, template.base.Variable) else None
    if node.noop or node.message_context or node.filter_expression.filters or not isinstance(constant, str):
        return node
    return TextNode(constant, node.asvar)
