"""What the page and the command say of a channel: what it can do, what not and what to do instead, the way out of a trouble."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kaibo.kit.shop_channels import Can, Capabilities, ShopKind

_MOMENT = re.compile(r"timestamp|时间戳", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing a shop expects of a channel. `state`: yes, partly, no; `way` leads to what does it instead."""

    title: str
    state: str
    why: str = ""
    way: str = ""
    way_label: str = ""


def abilities(kind: ShopKind, now: Capabilities) -> list[Ability]:
    """This function will say what a channel does `now` (its account may have switched something on), and why it does not do the rest."""
    is_english = (get_language() or "").startswith("en")
    lacks = {one.what: one.en if is_english else one.zh for one in kind.lacks}
    found = []
    for what, title in _titles():
        if what is Can.STOCK_READ and Can.STOCK_ABSOLUTE not in now.can:
            continue
        why = lacks.get(what, "")
        if what in now.can and what not in kind.capabilities.can:
            found.append(Ability(title, "partly", _("你在账号设置里选用的接口，没有公开依据")))
        elif what in now.can:
            found.append(Ability(title, "partly" if why else "yes", why, *(_way(what) if why else ("", ""))))
        else:
            found.append(Ability(title, "no", why or _("平台不提供"), *_way(what)))
    return found


def _titles() -> tuple[tuple[Can, str], ...]:
    return (
        (Can.READ_CHANGED, _("读取订单")), (Can.READ_UNPAID, _("读取未付款的订单")), (Can.PUSH, _("接收推送")), (Can.READ_CASES, _("读取售后")),
        (Can.STOCK_ABSOLUTE, _("发布库存")), (Can.STOCK_READ, _("读回库存")), (Can.SHIP, _("回传发货")), (Can.SHIP_PART, _("一单分包裹发")),
        (Can.REFRESH_GRANT, _("自动续授权")),
    )  # fmt: skip


def _way(what: Can) -> tuple[str, str]:
    if what is Can.STOCK_ABSOLUTE:
        return f"{reverse('orders:channel-stock')}#files", _("渠道库存文件")
    if what is Can.READ_CASES:
        return "/imports/new?kind=aftersales", _("导入售后表")
    return "", ""


def receivers_of(kind: ShopKind) -> str:
    """This function will say what the shop sees of the people it sends to, and how parcels leave all the same."""
    return kind.receivers[1 if (get_language() or "").startswith("en") else 0]


def way_out(code: str, said: str = "") -> str:
    """This function will say what to do about a trouble of a channel, by its code and the platform's own words; nothing where nothing is wrong."""
    if is_about_clock(code, said):
        return _("这台机器的时间和平台差得太多：打开系统的自动对时，再点“马上再试”。")
    return {
        "channels.throttled": _("不用处理：会自动放慢再试，一单不少。经常这样，把账号里的“每秒最多调用”调小。"),
        "channels.token_expired": _("到平台重新授权，在“重新填写账号”里填新的授权码或令牌再点“对接”。拉取从断的地方接着走，不会漏单。"),
        "channels.signature_refused": _("核对密钥：到开放平台复制最新的，前后不要带空格，改过密钥要重填。再看这台机器的时间准不准，差几分钟平台就不认。"),
        "channels.refused": _("看平台的原话。说密钥或授权码不对，就到开放平台重新复制；说没有权限，就给应用开通订单、售后、库存、发货，让店铺重新授权。"),
        "channels.away": _("不用处理：会自动再试，平台恢复后补齐。一直这样，看这台机器能不能上网、账号里的网关地址对不对。"),
        "channels.unreadable": _("多半是网关地址填错，或中间的代理改了内容。核对地址；还是这样，先用文件导入，把这句话发给技术人员。"),
        "channels.setting_wrong": _("在“重新填写账号”里改这一项再点“对接”。"),
        "vault.deposit_unreadable": _("保存的密钥打不开了：在“重新填写账号”里把密钥和令牌重新填一遍。"),
    }.get(code, "")


def is_about_clock(code: str, said: str) -> bool:
    """This function will say whether a platform complains of the moment a call says it was made at."""
    return code in {"channels.refused", "channels.signature_refused"} and _MOMENT.search(said) is not None
