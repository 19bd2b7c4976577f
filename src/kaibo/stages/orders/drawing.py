"""
The dialogs of the verification page, up to three for each of its fifty findings, drawn without a template.

Everything said goes through `conditional_escape`, as in a template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kaibo.plumbing.addresses import address_of


def dialogs(rows: Sequence[Mapping[str, Any]], csrf_token: str) -> SafeString:
    """This function will draw what a finding's buttons open: keep as it is, hold the order, choose the item."""
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{conditional_escape(csrf_token)}">'
    cancel = f'<button type="button" class="button" data-closes>{conditional_escape(_("取消"))}</button>'
    keep, hold, choose = _keep(token, cancel), _hold(token, cancel), _choose(token, cancel)
    drawn = []
    for row in rows:
        drawn.append(keep(row))
        drawn.append(hold(row) if row["may_be_held"] else "")
        drawn.append(choose(row) if row["is_unknown"] else "")
    return mark_safe("\n".join(drawn))  # noqa: S308  every part is escaped


def _dialog(kind: str, finding_id: Any, action: str, head: str, inside: str, foot: str) -> str:
    return (
        f'<dialog id="{kind}-{finding_id}"><form method="post" action="{action}">{head}</h2>{inside}</div>'
        f'<div class="dialog-foot">{foot}</div></form></dialog>'
    )


def _keep(token: str, cancel: str) -> Any:
    title, goes_on, why = _("%(number)s 的%(field)s按原样保留？"), *map(conditional_escape, (_("订单不再因此停下；平台再改这个值时会重新核验"), _("为什么没有错")))
    foot = f'{cancel}<button class="button main">{conditional_escape(_("保留"))}</button>'

    def draw(row: Mapping[str, Any]) -> str:
        pk = row["finding"].pk
        said = title % {"number": conditional_escape(row["number"]), "field": conditional_escape(row["field"])}
        inside = (
            f'<ul class="consequence"><li>{conditional_escape(row["wrong"])} · {conditional_escape(row["reason"])}</li><li>{goes_on}</li></ul>'
            f'<div class="field"><label for="why-{pk}">{why}</label><input class="input" id="why-{pk}" name="reason" required maxlength="200"></div>'
        )
        return _dialog("keep", pk, address_of("orders:dismiss", pk), f'{token}<div class="dialog-body"><h2>{said}', inside, foot)

    return draw


def _hold(token: str, cancel: str) -> Any:
    title, stays, why = _("挂起 %(number)s？"), *map(conditional_escape, (_("挂起的订单不会被放行、占用库存或发货"), _("挂起原因")))
    foot = f'{cancel}<button class="button main">{conditional_escape(_("挂起"))}</button>'

    def draw(row: Mapping[str, Any]) -> str:
        pk, reason = row["finding"].pk, conditional_escape(row["reason"])
        head = f'{token}<input type="hidden" name="ids" value="{row["order"].pk}"><div class="dialog-body"><h2>{title % {"number": conditional_escape(row["number"])}}'
        inside = (
            f'<ul class="consequence"><li>{conditional_escape(row["wrong"])} · {reason}</li><li>{stays}</li></ul>'
            f'<div class="field"><label for="held-{pk}">{why}</label><input class="input" id="held-{pk}" name="reason" required maxlength="200" value="{reason}"></div>'
        )
        return _dialog("hold", pk, address_of("orders:hold"), head, inside, foot)

    return draw


def _choose(token: str, cancel: str) -> Any:
    title, mended, item = _("“%(wrong)s”是哪个货号？"), _("同样写法的 %(n)s 处一起改好，以后也认得"), conditional_escape(_("货号"))
    foot = f'{cancel}<button class="button main">{conditional_escape(_("采用并记住"))}</button>'

    def draw(row: Mapping[str, Any]) -> str:
        pk = row["finding"].pk
        inside = (
            f'<ul class="consequence"><li>{mended % {"n": row["alike"]}}</li></ul><div class="field"><label for="sku-{pk}">{item}</label>'
            f'<select class="input" id="sku-{pk}" name="sku" required><option value=""></option>{conditional_escape(row["items"])}</select></div>'
        )
        head = f'{token}<div class="dialog-body"><h2>{title % {"wrong": conditional_escape(row["wrong"])}}'
        return _dialog("pick", pk, address_of("orders:accept", pk), head, inside, foot)

    return draw
