"""What a draw's states and missing fields are called."""

from __future__ import annotations

from django.utils.translation import gettext as _


def draw_state_words() -> dict[str, tuple[str, str]]:
    """This function will give each state's words and the look of its pill."""
    return {
        "draft": (_("草稿"), "note"),
        "open": (_("报名中"), "ok"),
        "frozen": (_("名单已冻结"), "warn"),
        "drawn": (_("已开奖"), "ok"),
        "void": (_("已作废"), "bad"),
    }


def draw_field_words() -> dict[str, str]:
    """This function will give the words for what the law still wants."""
    return {
        "draw": _("编号"), "room": _("直播间"), "title": _("抽奖名称"), "organiser": _("主办方"), "contact": _("联系方式"), "prizes": _("奖品名称、说明与数量"),
        "value": _("奖品价值（每份 0 至 5 万元）"), "eligibility": _("参与范围"), "conditions": _("参与条件"), "method": _("抽取方法"), "times": _("报名与开奖时间"),
        "claim_within": _("领取时限"), "claim_how": _("领取方式"), "delivery": _("发放方式"), "forfeiture": _("弃奖处理"), "entropy": _("见证人数"),
    }  # fmt: skip
