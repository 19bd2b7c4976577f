"""What a page says of states, flags, findings and anomalies, in the reader's language."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text
from kaibo.master.shops.models import platform_name
from kaibo.stages.orders.models import Finding
from kaibo.stages.orders.rules import ANOMALY_WORDS, HOLD_WORDS, STATE_WORDS, Anomaly, Hold, State
from kaibo.stages.orders.verification import FIELD_WORDS, Field

STATE_PILLS = {
    State.PENDING_PAYMENT: "note", State.PAID: "warn", State.ALLOCATED: "warn", State.PARTIALLY_SHIPPED: "warn", State.SHIPPED: "ok",
    State.DELIVERED: "ok", State.COMPLETED: "ok", State.CANCELLED: "", State.CLOSED: "", State.UNKNOWN: "bad",
}  # fmt: skip


def _said(pair: tuple[str, str]) -> str:
    return pair[1] if (get_language() or "").startswith("en") else pair[0]


def state_words(state: str) -> str:
    return _said(STATE_WORDS[State(state)])


def state_pill(state: str) -> str:
    return STATE_PILLS[State(state)]


def hold_words(flag: str) -> str:
    return _said(HOLD_WORDS[Hold(flag)])


def field_words(field: str) -> str:
    return _said(FIELD_WORDS[Field(field)])


def anomaly_words(kind: str) -> str:
    return _said(ANOMALY_WORDS[Anomaly(kind)])


def platform_words(platform: str) -> str:
    return platform_name(platform)


def short_number(order_no: str) -> str:
    """This function will shorten a long order number the way people read it: its beginning and its last four digits."""
    return order_no if len(order_no) <= 12 else f"{order_no[:4]}…{order_no[-4:]}"


def wrong_words(finding: Finding) -> str:
    """This function will write what stands in the order."""
    if finding.field == Field.PRICE.value:
        return yuan_text(int(finding.wrong))
    if finding.field == Field.DUPLICATE.value:
        return short_number(finding.wrong)
    return finding.wrong or _("（空）")


def proposed_words(finding: Finding) -> str:
    """This function will write what it should be."""
    if finding.field == Field.PRICE.value:
        return yuan_text(int(finding.proposed))
    if finding.field == Field.QUANTITY.value:
        return _("限 %(limit)s 件") % {"limit": finding.proposed}
    return finding.proposed


def reason_words(finding: Finding) -> str:
    """This function will say why a value is taken for wrong, with its figures."""
    details = finding.details
    if finding.reason == "item_like" and "distance" in details:
        return _("商家编码不存在；最接近 %(code)s（编辑距离 %(distance)s）") % {"code": details["code"], "distance": details["distance"]}
    if finding.reason == "price_off":
        return _("与公示价相差 %(percent)s%%") % {"percent": f"{details['off_bp'] / 100:.0f}"}
    if finding.reason == "over_limit":
        return _("超过每单每款上限 %(limit)s 件") % {"limit": details["limit"]}
    if finding.reason == "double":
        return _("同人同址同款，%(minutes)s 分钟内两单（%(platform)s）") % {"minutes": details["minutes"], "platform": platform_words(details["platform"])}
    return {
        "item_like": _("没有商家编码，按名称与规格比对"),
        "item_unknown": _("没有相近的货号，请选一个"),
        "address_none": _("没有收件人信息，无法发货"),
        "address_province": _("看不出是哪个省、哪个市，同名区县不止一个"),
        "address_city": _("收货地址缺城市"),
        "address_area": _("收货地址止于市，缺区县"),
        "address_detail": _("收货地址止于区县，缺详细地址"),
    }.get(finding.reason, finding.reason)


def refund_reason(reason: str) -> str:
    return {
        "expired": _("超时后付款，已无货"),
        "amount_wrong": _("金额不对"),
        "paid_twice": _("重复付款"),
        "asked": _("退款"),
    }[reason]


def payment_outcome(outcome: str) -> str:
    return {"in_time": _("按时付款"), "late": _("超时付款，已重新占用"), "refund_due": _("需要退款")}[outcome]
