"""
The fifty findings of the verification page with up to three dialogs each, drawn without a template.

Everything said goes through `escaped`, as in a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kaibo.plumbing.addresses import address_of
from kaibo.plumbing.drawn import diff, escaped, pill


def finding_rows(rows: Sequence[Mapping[str, Any]], *, may_verify: bool, may_hold: bool) -> SafeString:
    """This function will draw a row for each finding: the order, what is wrong and what is proposed, on what ground, and its buttons."""
    pick, deal, wrong, field, ground = map(escaped, (_("选中"), _("怎么处理"), _("哪里不对"), _("要素"), _("依据")))
    held, double, beside = map(escaped, (_("已挂起"), _("疑似重复"), _("与")))
    ways = _ways(may_hold=may_hold) if may_verify else None
    drawn = []
    for row in rows:
        order, number = row["order"], escaped(row["number"])
        if row["other"]:
            other = address_of("orders:order", row["other"])
            said = f'<span class="muted">{beside}</span> <a href="{other}">{escaped(row["wrong"])}</a> <span class="diff"><del>{double}</del></span>'
        else:
            said = diff(row["wrong"], row["proposed"], confidence=row["confidence"])
        drawn.append(
            f'<tr><td class="pick"><input type="checkbox" name="ids" value="{order.pk}" aria-label="{pick} {number}"></td>'
            f'<td class="lead"><a class="row-link num" href="{address_of("orders:order", order.pk)}">{number}</a>'
            f'<small>{escaped(row["platform"])}{f" · {held}" if order.hold_flags else ""}</small></td>'
            f'<td data-label="{wrong}"><div>{said}<small>{escaped(order.goods)}</small></div></td><td data-label="{field}">{pill(row["field"])}</td>'
            f'<td data-label="{ground}" class="muted">{escaped(row["reason"])}</td><td data-label="{deal}"><div class="ways">{ways(row) if ways else ""}</div></td></tr>'
        )
    return mark_safe("\n".join(drawn))  # noqa: S308  every part is escaped


def _ways(*, may_hold: bool) -> Callable[[Mapping[str, Any]], str]:
    """What a finding's row offers: the way that mends it, and to keep things as they are."""
    accept, choose, address, hold, keep = map(escaped, (_("采用并记住"), _("选货号"), _("补地址"), _("挂起"), _("按原样")))
    accept_all = _("采用并记住 (%(n)s)")

    def draw(row: Mapping[str, Any]) -> str:
        pk, first = row["finding"].pk, ""
        if row["can_accept"]:
            label = accept_all % {"n": row["alike"]} if row["alike"] > 1 else accept
            first = f'<button class="button small" formaction="{address_of("orders:accept", pk)}" formnovalidate data-row-key="Enter">{label}</button>'
        elif row["is_unknown"]:
            first = f'<a class="button small" href="#pick-{pk}" data-opens="pick-{pk}" role="button" data-row-key="Enter">{choose}</a>'
        elif row["is_address"]:
            first = f'<a class="button small" href="{address_of("orders:order", row["order"].pk)}#receiver" data-row-key="Enter">{address}</a>'
        elif row["may_be_held"] and may_hold and not row["order"].hold_flags:
            first = f'<button type="button" class="button small" data-opens="hold-{pk}" data-row-key="Enter">{hold}</button>'
        return f'{first}\n<button type="button" class="button small quiet" data-opens="keep-{pk}" data-row-key="b">{keep}</button>'

    return draw


def dialogs(rows: Sequence[Mapping[str, Any]], csrf_token: str) -> SafeString:
    """This function will draw what a finding's buttons open: keep as it is, hold the order, choose the item."""
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{escaped(csrf_token)}">'
    cancel = f'<button type="button" class="button" data-closes>{escaped(_("取消"))}</button>'
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
    title, goes_on, why = _("%(number)s 的%(field)s按原样保留？"), *map(escaped, (_("订单不再因此停下；平台再改这个值时会重新核验"), _("为什么没有错")))
    foot = f'{cancel}<button class="button main">{escaped(_("保留"))}</button>'

    def draw(row: Mapping[str, Any]) -> str:
        pk = row["finding"].pk
        said = title % {"number": escaped(row["number"]), "field": escaped(row["field"])}
        inside = (
            f'<ul class="consequence"><li>{escaped(row["wrong"])} · {escaped(row["reason"])}</li><li>{goes_on}</li></ul>'
            f'<div class="field"><label for="why-{pk}">{why}</label><input class="input" id="why-{pk}" name="reason" required maxlength="200"></div>'
        )
        return _dialog("keep", pk, address_of("orders:dismiss", pk), f'{token}<div class="dialog-body"><h2>{said}', inside, foot)

    return draw


def _hold(token: str, cancel: str) -> Any:
    title, stays, why = _("挂起 %(number)s？"), *map(escaped, (_("挂起的订单不会被放行、占用库存或发货"), _("挂起原因")))
    foot = f'{cancel}<button class="button main">{escaped(_("挂起"))}</button>'

    def draw(row: Mapping[str, Any]) -> str:
        pk, reason = row["finding"].pk, escaped(row["reason"])
        head = f'{token}<input type="hidden" name="ids" value="{row["order"].pk}"><div class="dialog-body"><h2>{title % {"number": escaped(row["number"])}}'
        inside = (
            f'<ul class="consequence"><li>{escaped(row["wrong"])} · {reason}</li><li>{stays}</li></ul>'
            f'<div class="field"><label for="held-{pk}">{why}</label><input class="input" id="held-{pk}" name="reason" required maxlength="200" value="{reason}"></div>'
        )
        return _dialog("hold", pk, address_of("orders:hold"), head, inside, foot)

    return draw


def _choose(token: str, cancel: str) -> Any:
    title, mended, item = _("“%(wrong)s”是哪个货号？"), _("同样写法的 %(n)s 处一起改好，以后也认得"), escaped(_("货号"))
    foot = f'{cancel}<button class="button main">{escaped(_("采用并记住"))}</button>'

    def draw(row: Mapping[str, Any]) -> str:
        pk = row["finding"].pk
        inside = (
            f'<ul class="consequence"><li>{mended % {"n": row["alike"]}}</li></ul><div class="field"><label for="sku-{pk}">{item}</label>'
            f'<select class="input" id="sku-{pk}" name="sku" required><option value=""></option>{escaped(row["items"])}</select></div>'
        )
        head = f'{token}<div class="dialog-body"><h2>{title % {"wrong": escaped(row["wrong"])}}'
        return _dialog("pick", pk, address_of("orders:accept", pk), head, inside, foot)

    return draw
