"""What the ledger's entries are about, in words and with the page that tells more."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Named:
    """A reference as a person reads it; no address where no page tells more."""

    words: str
    href: str = ""


def named(reference: str) -> Named:
    """This function will name what an entry refers to: an order by its address, a session, an inspection."""
    kind, _colon, key = reference.partition(":")
    key = key.partition(":")[0]
    tail = {"tail": key[-8:]}
    known = {
        # Addresses as they stand in notices: master knows no stage.
        "order": (_("订单 …%(tail)s"), f"/orders/{key}"), "session": (_("场次 …%(tail)s"), f"/showplan/{key}/"),
        "inspection": (_("检验 …%(tail)s"), f"/supply/inspections/{key}"), "case": (_("售后个案 …%(tail)s"), f"/aftersales/{key}"),
        "lock": (_("锁仓 …%(tail)s"), "/supply/locks"), "settlement": (_("隔离品处置 …%(tail)s"), "/supply/quarantine"),
        "custody": (_("隔离品处置 …%(tail)s"), "/supply/quarantine"), "count": (_("盘点 …%(tail)s"), "/supply/counts"),
    }  # fmt: skip
    words, href = known.get(kind, ("", ""))
    return Named(words % tail, href) if words else Named(reference)


def reason_words() -> dict[str, str]:
    """This function will give what each kind of entry is called."""
    return {
        "receive": _("到货入库"), "unreceive": _("撤回登记错的到货"), "release": _("质检放行入库"), "hold": _("质检冻结"), "let_go": _("解除冻结"),
        "hold_again": _("撤回处置，重新冻结"), "reserve": _("订单占用"), "unreserve": _("取消占用"), "allot": _("给直播配额"), "unallot": _("收回直播配额"),
        "settle": _("抢购成单"), "ship": _("出库发货"), "ship_test": _("内部测试发货"), "return": _("退货回仓"), "adjust": _("盘点差异"), "count": _("盘点差异"),
        "presale": _("给预售额度"), "unpresale": _("收回预售额度"), "arrive": _("到货给预售订单"),
    }  # fmt: skip
