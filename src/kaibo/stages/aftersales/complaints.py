"""What the services of this stage refuse."""

from kaibo.kit.errors import Conflict, Invalid, NotFound


class CaseUnknown(NotFound):
    code = "aftersales.case_unknown"
    message_zh = "没有这个售后个案，或你看不到它"
    message_en = "There is no such case, or you cannot see it"


class CaseMovedOn(Conflict):
    code = "aftersales.case_moved_on"
    message_zh = "这个个案的状态已经变了，请刷新"
    message_en = "The case has moved on; reload"


class LineUnknown(Invalid):
    code = "aftersales.line_unknown"
    message_zh = "个案没有对上订单里的商品，不能在这里退款或收货"
    message_en = "The case is not tied to a line of an order; no refund or return here"


class OrderNotFound(Invalid):
    code = "aftersales.order_not_found"
    message_zh = "没有订单号 {order_no}，请核对后再登记"
    message_en = "There is no order {order_no}"


class ReasonMissing(Invalid):
    code = "aftersales.reason_missing"
    message_zh = "请写明原因"
    message_en = "Say why"


class RefundOfAnother(Conflict):
    code = "aftersales.refund_of_another"
    message_zh = "退款流水号 {key} 已用于另一笔退款"
    message_en = "The refund key {key} belongs to another refund"
