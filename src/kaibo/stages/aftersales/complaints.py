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


class DecidedAlready(Conflict):
    code = "aftersales.decided_already"
    message_zh = "已经有人决定了，请刷新"
    message_en = "Somebody has decided this already; reload"


class OwnRequest(Conflict):
    code = "aftersales.own_request"
    message_zh = "自己申请的退款要由另一个人批准"
    message_en = "A refund is approved by somebody other than the one who asked"


class GroundMissing(Invalid):
    code = "aftersales.ground_missing"
    message_zh = "拒绝七天无理由退货要选法定的理由，并写明依据"
    message_en = "Refusing a return without reason needs one of the grounds the law knows, and its evidence"


class KindDoesNotFit(Conflict):
    code = "aftersales.kind_does_not_fit"
    message_zh = "“{kind}”的个案不能这样处理；先和买家商量好，把个案改成对应的类型"
    message_en = "A case of “{kind}” is not handled so; agree with the buyer and change its kind first"


class ItemUnknown(Invalid):
    code = "aftersales.item_unknown"
    message_zh = "不知道要寄哪个货号"
    message_en = "It is not known which item to send"


class CallOutOfOrder(Conflict):
    code = "aftersales.call_out_of_order"
    message_zh = "先记下买家的感受，再问问题，最后才谈方案"
    message_en = "First how the buyer feels, then the problem, then what we offer"


class ReplacementStands(Conflict):
    code = "aftersales.replacement_stands"
    message_zh = "补发单 {order_no} 还没发出：先撤回它，再退款"
    message_en = "{order_no} is about to be sent again: take it back before refunding"
