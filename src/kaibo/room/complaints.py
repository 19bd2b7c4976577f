"""What the room says to the back of house when a change cannot be made."""

from __future__ import annotations

from kaibo.kit.errors import Conflict, Invalid, NotFound


class RoomIsNotHere(NotFound):
    code = "room.room_is_not_here"
    message_zh = "没有这个直播间：{room}"
    message_en = "There is no such room: {room}"


class ItemIsNotHere(NotFound):
    code = "room.item_is_not_here"
    message_zh = "直播间里没有这个商品：{item}"
    message_en = "The room has no such item: {item}"


class ClaimIsNotHere(NotFound):
    code = "room.claim_is_not_here"
    message_zh = "没有这笔抢购：{claim}"
    message_en = "There is no such claim: {claim}"


class MessageIsNotHere(NotFound):
    code = "room.message_is_not_here"
    message_zh = "没有这条待审的消息"
    message_en = "There is no such held message"


class QuestionIsNotHere(NotFound):
    code = "room.question_is_not_here"
    message_zh = "没有这个问题"
    message_en = "There is no such question"


class ItemAlreadyClosed(Conflict):
    code = "room.item_already_closed"
    message_zh = "商品已收场，不能再改；要再卖请重新开一份配额"
    message_en = "The item is closed; open a new allotment to sell it again"


class PriceVersionIsOld(Conflict):
    code = "room.price_version_is_old"
    message_zh = "直播间里的价格已经是第 {current} 版，收到的是第 {sent} 版"
    message_en = "The room already shows price version {current}; version {sent} was sent"


class UnitsNotPositive(Invalid):
    code = "room.units_not_positive"
    message_zh = "件数必须大于 0，收到 {units}"
    message_en = "Units must be above 0, got {units}"


class WindowEndsBeforeItBegins(Invalid):
    code = "room.window_ends_before_it_begins"
    message_zh = "开售时间要早于停售时间"
    message_en = "A sale must open before it closes"
