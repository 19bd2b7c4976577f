"""What the room says no with when it comes to draws: to viewers and to the back of house."""

from __future__ import annotations

from kaibo.kit.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchDraw(NotFound):
    code = "no_such_draw"
    message_zh = "没有这个抽奖"
    message_en = "There is no such draw"


class NoSuchEntry(NotFound):
    code = "no_such_entry"
    message_zh = "没有这个参与编号"
    message_en = "There is no such entry"


class DrawFrozen(Conflict):
    code = "draw_frozen"
    message_zh = "报名已截止，名单已冻结"
    message_en = "Entries are closed; the list is frozen"


class DrawNotOpen(Conflict):
    code = "draw_not_open"
    message_zh = "还没到报名时间"
    message_en = "Entries are not open yet"


class DrawVoid(Conflict):
    code = "draw_void"
    message_zh = "这个抽奖已作废"
    message_en = "This draw is void"


class NotEligible(Forbidden):
    code = "not_eligible"
    message_zh = "不符合参与条件：{reason}"
    message_en = "Not eligible: {reason}"


class DrawNotFrozen(Conflict):
    code = "draw_not_frozen"
    message_zh = "名单还没冻结"
    message_en = "The list is not frozen yet"


class DrawNotDrawn(Conflict):
    code = "draw_not_drawn"
    message_zh = "还没开奖"
    message_en = "Not drawn yet"


class NothingWon(NotFound):
    code = "nothing_won"
    message_zh = "没有可领取的奖品"
    message_en = "There is no prize to claim"


class PrizeForfeited(Conflict):
    code = "prize_forfeited"
    message_zh = "领取时间已过，奖品已由候补递补"
    message_en = "The time to claim is over; the prize has passed on"


class DrawRulesIncomplete(Invalid):
    code = "draw.rules_incomplete"
    message_zh = "规则还缺：{fields}"
    message_en = "The rules still lack: {fields}"


class DrawTooEarly(Conflict):
    code = "draw.too_early"
    message_zh = "还没到规则公布的时间"
    message_en = "The time the rules name has not come yet"


class DrawMovedOn(Conflict):
    code = "draw.moved_on"
    message_zh = "抽奖已经往前走了，不能再做这一步；结果只有一个"
    message_en = "The draw has moved on; there is only one result"


class RevealsMissing(Conflict):
    code = "draw.reveals_missing"
    message_zh = "公开随机数的见证人不够：{shown} / {wanted}"
    message_en = "Too few witnesses have shown their secret: {shown} of {wanted}"


class PulseWrong(Invalid):
    code = "draw.pulse_wrong"
    message_zh = "信标数值不对：要第 {round} 轮，且随机值等于签名的 SHA-256"
    message_en = "The beacon's value is wrong: round {round} is wanted, and its value must be the SHA-256 of its signature"


class WitnessTaken(Conflict):
    code = "draw.witness_taken"
    message_zh = "这个见证人或承诺已经登记"
    message_en = "This witness or this promise is registered already"


class WitnessesFull(Conflict):
    code = "draw.witnesses_full"
    message_zh = "见证人已满 {most} 位"
    message_en = "There are {most} witnesses already"


class SecretNotPromised(Invalid):
    code = "draw.secret_not_promised"
    message_zh = "这个随机数不是当初承诺的"
    message_en = "This secret is not the promised one"


class DrawCannotBeVoided(Conflict):
    code = "draw.cannot_be_voided"
    message_zh = "名单冻结后只有一种情况能作废：见证人公开时间已过仍不够数"
    message_en = "After the freeze a draw is void only when the witnesses' time is over and too few have shown their secret"


class PromiseUnreadable(Invalid):
    code = "draw.promise_unreadable"
    message_zh = "承诺要是 64 位小写十六进制"
    message_en = "A promise is 64 lower-case hexadecimal digits"


class ListChanged(Conflict):
    code = "draw.list_changed"
    message_zh = "名单与冻结时公布的 Merkle 根不符，不能开奖"
    message_en = "The list no longer gives the Merkle root announced at the freeze; it cannot be drawn"
