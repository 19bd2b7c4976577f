"""What an action at the desk is called, in one short sentence with its figures."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text
from kaibo.stages.live.coupon_words import coupon_words_of
from kaibo.stages.live.incidents import Effect, Line
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.rules import Advice, Deed, Suggestion


def action_words(action: DeskAction) -> str:
    """This function will say what was done."""
    said = dict(action.details)
    said.setdefault("title", "")
    for key in ("price_fen", "before_fen", "amount_fen"):
        if key in said:
            said[key.replace("_fen", "")] = yuan_text(int(said[key]))
    kind = Deed(action.kind)
    if "threshold_fen" in said:
        said["title"] = coupon_words_of(said)
    if said.get("is_waiting") and kind is Deed.COUPON:
        return _("发券 %(title)s × %(units)s 张，等第二人确认") % _Known(said)
    if said.get("is_waiting"):
        return _("%(title)s %(price)s 等第二人确认") % said
    if kind is Deed.FLASH and "price" not in said:
        return _("%(title)s 秒杀开抢，%(minutes)s 分钟") % said
    return _words(said)[kind] % _Known(said)


class _Known(dict):  # type: ignore[type-arg]  # a mapping for % that never fails on an old row
    def __missing__(self, key: str) -> str:
        return "—"


def _words(said: Mapping[str, object]) -> dict[Deed, str]:
    return {
        Deed.START: _("开播"),
        Deed.NEXT: _("切到 %(number)s 号 %(title)s"),
        Deed.GO_TO: _("跳到 %(number)s 号 %(title)s"),
        Deed.TAKE_DOWN: _("下架 %(title)s"),
        Deed.PUT_BACK: _("上架 %(title)s"),
        Deed.EXTEND: _("%(title)s 追加 %(units)s 件"),
        Deed.CLOSE: _("%(title)s 收场，退回 %(returned)s 件"),
        Deed.FLASH: _("%(title)s 秒杀 %(price)s × %(units)s 件，%(minutes)s 分钟"),
        Deed.FLASH_OVER: _("%(title)s 秒杀到点，退回 %(returned)s 件"),
        Deed.PRICE: _("%(title)s 改价 %(before)s → %(price)s"),
        Deed.PRICE_ASK: _("%(title)s %(price)s 等第二人确认"),
        Deed.PRICE_CONFIRM: _("确认 %(title)s 价格 %(price)s（%(asked_by)s 申请）"),
        Deed.PRICE_REFUSE: _("不同意 %(title)s 价格 %(price)s"),
        Deed.NOTICE: _("公告：%(text)s"),
        Deed.PROMPT: _("提词：%(text)s"),
        Deed.REPLAN: _("重排后 %(segments)s 段：%(before)s 分 → %(after)s 分"),
        Deed.PREVIOUS: _("退回 %(number)s 号 %(title)s"),
        Deed.PIN: _("讲解 %(title)s %(specification)s"),
        Deed.FIGURES: _("录入数据：在线 %(viewers)s 人，成交 %(claims)s 笔 %(amount)s"),
        Deed.STREAM: _("切到备用流") if said.get("source") == "backup" else _("切回主流"),
        Deed.PLAYBOOK: _("演练：%(title)s") if said.get("is_drill") else _("启动应急预案：%(title)s"),
        Deed.PLAYBOOK_TELL: _("应急公告：%(text)s"),
        Deed.PLAYBOOK_OVER: _("演练结束：%(title)s") if said.get("is_drill") else _("应急结束：%(title)s"),
        Deed.DRAW: _("抽奖 %(title)s 开始，报名 %(minutes)s 分钟"),
        Deed.COUPON: _("发券 %(title)s × %(units)s 张，%(minutes)s 分钟"),
        Deed.COUPON_CONFIRM: _("确认发券 %(title)s × %(units)s 张（%(asked_by)s 申请）"),
        Deed.COUPON_REFUSE: _("不同意发券 %(title)s"),
        Deed.COUPON_WITHDRAW: _("停发优惠券 %(title)s，已领 %(taken)s 张照样能用"),
        Deed.UNDO: _("撤销：%(title)s"),
        Deed.END: _("下播，退回 %(returned)s 件"),
    }


def advice_words(found: Suggestion) -> tuple[str, str]:
    """This function will give the headline and the ground of a suggestion."""
    percent = abs(found.deviation_bp) // 100
    said = {"units": found.units, "minutes": found.minutes, "percent": percent}
    words = {
        Advice.SOLD_OUT: (_("这一段已抢空。"), _("还能追加 %(units)s 件，或进入下一段。") % said if found.units else _("仓里也没有可售的了，进入下一段。")),
        Advice.LOW_STOCK: (_("快抢完了：按最近速度约 %(minutes)s 分钟后售罄。") % said if found.minutes else _("快抢完了：按最近速度不到一分钟就售罄。"), _("剩余不到两成；按剩余讲解时间建议追加 %(units)s 件。") % said if found.units else _("仓里没有更多可售库存，提醒主播报余量。")),
        Advice.OVERRUN: (_("这一段超时 %(minutes)s 分钟。") % said, _("进入下一段，或把后面各段按比例压短。")),
        Advice.CONVERSION_LOW: (_("看的人在、下单的少：进场成交率比自己近场低 %(percent)s%%。") % said, _("先补讲卖点和价格；还不动，再看价格或开一轮秒杀。")),
        Advice.STAY_SHORT: (_("留不住人：平均停留比自己近场短 %(percent)s%%。") % said, _("讲得太慢或太散：早点进入下一段，或重排后面各段。")),
        Advice.VIEWERS_FEW: (_("在线比自己近场同一时刻少 %(percent)s%%。") % said, _("开一轮秒杀或抽奖留人，同时请运营看引流渠道。")),
        Advice.BEHIND: (_("成交额比计划少 %(percent)s%%。") % said, _("把后面各段按比例重排，早点讲到主推款；或开一轮秒杀。")),
        Advice.AHEAD: (_("成交额比计划多 %(percent)s%%。") % said, _("节奏保持；看看下一段的配额够不够。")),
        Advice.ON_PLAN: (_("按计划进行。"), _("成交额与计划相差不到阈值，流程没有超时。")),
    }
    return words[found.advice]


def trouble_titles() -> dict[str, str]:
    """This function will name what can go wrong on air."""
    return {"device": _("设备故障"), "network": _("断网卡顿"), "unwell": _("主播不适"), "conduct": _("失控失言"), "complaint": _("集中投诉")}


def line_words(line: Line) -> tuple[str, str]:
    """This function will say what a line of an incident's timeline is, and its text."""
    kinds = {
        "start": _("启动"), "step": _("步骤（迟）") if line.is_late else _("步骤"), "told": _("告知观众"), "kept": _("演练，未发给观众"), "desk": _("中控动作"), "end": _("结束"),
    }  # fmt: skip
    return kinds[line.kind], action_words(line.action) if line.action else line.text


def effect_words(effect: Effect) -> dict[str, str]:
    """This function will write what an incident cost."""
    names = {"viewers": _("在线（平均）"), "claims": _("抢购 / 分钟"), "amount_fen": _("成交额 / 分钟"), "messages": _("弹幕 / 分钟")}

    def written(value: int | None) -> str:
        if value is None:
            return "—"
        return yuan_text(value) if effect.key == "amount_fen" else f"{value:,}"

    return {"name": names[effect.key], "before": written(effect.before), "during": written(effect.during), "after": written(effect.after)}
