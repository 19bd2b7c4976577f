"""What the room says no with: the stable codes of the wire contract, each of one of the six kinds."""

from __future__ import annotations

from kaibo.kit.errors import Conflict, Forbidden, Invalid, KaiboError, NotFound, TooMany, Unavailable


class NoSuchRoom(NotFound):
    code = "no_such_room"
    message_zh = "没有这个直播间"
    message_en = "There is no such room"


class NoSuchClaim(NotFound):
    code = "no_such_claim"
    message_zh = "没有这笔抢购"
    message_en = "There is no such claim"


class NothingHere(NotFound):
    code = "not_found"


class TokenNeeded(KaiboError):
    """The visitor is unknown: enter the room first (401)."""

    status = 401
    code = "token_needed"
    message_zh = "请先进入直播间"
    message_en = "Enter the room first"


class TokenOfAnotherRoom(Forbidden):
    code = "token_of_another_room"
    message_zh = "这个身份属于另一个直播间"
    message_en = "This visitor belongs to another room"


class NotReadable(Invalid):
    code = "not_readable"
    message_zh = "发来的内容读不懂：{why}"
    message_en = "What was sent cannot be read: {why}"


class TooLong(Invalid):
    code = "too_long"
    message_zh = "内容太长，最多 {limit_bytes} 字节"
    message_en = "Too long; at most {limit_bytes} bytes"


class KeyNeeded(Invalid):
    code = "key_needed"
    message_zh = "缺少 Idempotency-Key（1–100 个可见字符）"
    message_en = "Idempotency-Key is missing (1–100 visible characters)"


class KeyReused(Conflict):
    code = "key_reused"
    message_zh = "这个请求编号已用于另一笔抢购"
    message_en = "This key was used for another claim"


class SoldOut(Conflict):
    code = "sold_out"
    message_zh = "已抢光"
    message_en = "Sold out"


class LimitReached(Conflict):
    code = "limit_reached"
    message_zh = "超过每人限购"
    message_en = "Over the limit per person"


class NotOnSale(Conflict):
    code = "not_on_sale"
    message_zh = "这件商品现在不在售"
    message_en = "This item is not on sale now"


class Blocked(Invalid):
    code = "blocked"
    message_zh = "这句话不能发：含有法律或平台禁止的内容"
    message_en = "This cannot be said here: it contains what the law or the platform forbids"


class Muted(Forbidden):
    code = "muted"
    message_zh = "你已被禁言，{until} 后可以再说话"
    message_en = "You are muted until {until}"


class NotToSpeak(Forbidden):
    code = "not_to_speak"
    message_zh = "你不能在这家店的直播间发言，购买不受影响"
    message_en = "You may not speak in this shop's rooms; buying is not affected"


class NicknameTaken(Invalid):
    code = "nickname_taken"
    message_zh = "这个昵称不能用，请换一个"
    message_en = "This nickname cannot be used; choose another"


class NoSuchPoll(NotFound):
    code = "no_such_poll"
    message_zh = "没有这个投票"
    message_en = "There is no such poll"


class NoSuchOption(Invalid):
    code = "no_such_option"
    message_zh = "投票里没有这个选项"
    message_en = "The poll has no such option"


class AlreadyVoted(Conflict):
    code = "already_voted"
    message_zh = "你已经投过票了，每人一票"
    message_en = "You have voted already; one vote each"


class PollClosed(Conflict):
    code = "poll_closed"
    message_zh = "投票已经结束"
    message_en = "The poll is over"


class TooFast(TooMany):
    code = "too_fast"
    message_zh = "操作太快，请稍等 {retry_after_seconds} 秒"
    message_en = "Too fast; wait {retry_after_seconds} s"


class QueueFull(TooMany):
    code = "queue_full"
    message_zh = "人太多了，请 {retry_after_seconds} 秒后再试"
    message_en = "Too many people at once; try again in {retry_after_seconds} s"


class LedgerAway(Unavailable):
    code = "ledger_away"
    message_zh = "暂时无法下单，什么都没有卖出，请稍后再试"
    message_en = "Claims cannot be written right now; nothing was sold, try again shortly"


class OutcomeUnknown(Unavailable):
    code = "outcome_unknown"
    message_zh = "暂时不能确认结果，请用同一个请求编号再试，不会重复下单"
    message_en = "The outcome cannot be confirmed yet; repeat with the same key, it will not be claimed twice"


class EventsAway(Unavailable):
    code = "events_away"
    message_zh = "暂时不能记录事件，请稍后再发"
    message_en = "Events cannot be recorded right now; send them again shortly"


BY_RESULT: dict[str, type[KaiboError]] = {
    "sold_out": SoldOut,
    "limit_reached": LimitReached,
    "not_on_sale": NotOnSale,
    "key_reused": KeyReused,
}
