"""What the services of this stage refuse."""

from kaibo.kit.errors import Conflict, Invalid, NotFound


class OrderUnknown(NotFound):
    code = "orders.order_unknown"
    message_zh = "没有这个订单，或你看不到它"
    message_en = "There is no such order, or you cannot see it"


class PaymentAmountWrong(Invalid):
    code = "orders.payment_amount_wrong"
    message_zh = "付款金额不对：应付 {due}，收到 {paid}，没有入账"
    message_en = "Wrong amount: {due} due, {paid} received; not booked"


class PaymentOfAnother(Conflict):
    code = "orders.payment_of_another"
    message_zh = "付款单号 {payment_no} 已记在别的订单或金额上"
    message_en = "Payment {payment_no} is booked on another order or with another amount"


class NotAwaitingPayment(Conflict):
    code = "orders.not_awaiting_payment"
    message_zh = "订单不在待付款状态，没有再次入账"
    message_en = "The order does not await payment; nothing was booked again"


class FindingDecided(Conflict):
    code = "orders.finding_decided"
    message_zh = "这一条已经有人处理，请刷新"
    message_en = "Somebody has decided this one; reload"


class NothingProposed(Invalid):
    code = "orders.nothing_proposed"
    message_zh = "这一条没有建议的货号，请先选一个"
    message_en = "No item is proposed here; choose one first"


class ReasonMissing(Invalid):
    code = "orders.reason_missing"
    message_zh = "请写明原因"
    message_en = "Say why"


class AddressIncomplete(Invalid):
    code = "orders.address_incomplete"
    message_zh = "地址不完整：缺{part_zh}"
    message_en = "The address is incomplete: {part_en} is missing"


class PhoneWrong(Invalid):
    code = "orders.phone_wrong"
    message_zh = "手机号不对，需要 11 位手机号或带区号的座机"
    message_en = "Not a telephone number: 11 digits, or a landline with its area code"


class ReceiverOnPlatform(Conflict):
    code = "orders.receiver_on_platform"
    message_zh = "收件信息由平台加密保管，请在平台后台查看或用电子面单发货"
    message_en = "The platform keeps the receiver encrypted; look there, or ship with its electronic waybill"


class AlreadyShipped(Conflict):
    code = "orders.already_shipped"
    message_zh = "订单 {order_no} 已经发出，没有再次扣减库存"
    message_en = "Order {order_no} has already left; no stock was taken again"


class TrackingMissing(Invalid):
    code = "orders.tracking_missing"
    message_zh = "需要快递公司和快递单号"
    message_en = "Carrier and tracking number are needed"


class OrderNotHeld(Conflict):
    code = "orders.order_not_held"
    message_zh = "订单没有挂起"
    message_en = "The order is not held"


class NoWarehouse(Conflict):
    code = "orders.no_warehouse"
    message_zh = "还没有启用的仓库，无法占用库存"
    message_en = "There is no active warehouse to reserve stock in"


class PlatformNotAsked(Conflict):
    code = "orders.platform_not_asked"
    message_zh = "订单 {order_no} 的平台已对接，发货前要先到平台复核"
    message_en = "The platform of order {order_no} is connected: it has to be asked before shipping"


class WaybillOfAnother(Conflict):
    code = "orders.waybill_of_another"
    message_zh = "快递单号 {tracking_no} 已经用在别的收件人的订单 {order_no} 上，没有发货"
    message_en = "Waybill {tracking_no} is already on order {order_no} of another receiver; nothing was shipped"


class ParcelUnderWay(Conflict):
    code = "orders.parcel_under_way"
    message_zh = "订单 {order_no} 已有一个包裹 {tracking_no} 正在等平台复核"
    message_en = "A parcel of order {order_no}, {tracking_no}, already waits for the platform"


class ParcelUnknown(NotFound):
    code = "orders.parcel_unknown"
    message_zh = "没有这个包裹，或你看不到它"
    message_en = "There is no such parcel, or you cannot see it"


class ParcelDecided(Conflict):
    code = "orders.parcel_decided"
    message_zh = "这个包裹已经有结果，请刷新"
    message_en = "This parcel is already decided; reload"


class PlatformCannotSplit(Invalid):
    code = "orders.platform_cannot_split"
    message_zh = "{platform}不能把同一行商品拆成几个包裹，请整行一起发"
    message_en = "{platform} cannot split one line over parcels; send the whole line together"


class CourierCodeUnknown(Invalid):
    code = "orders.courier_code_unknown"
    message_zh = "不知道“{carrier}”在{platform}的代码，请直接填平台的快递代码"
    message_en = "The code of “{carrier}” on {platform} is not known; enter the platform's own code"


class ParcelRefused(Conflict):
    code = "orders.parcel_refused"
    message_zh = "订单 {order_no} 不能发货，包裹请留下：{reason_zh}"
    message_en = "Order {order_no} must not be shipped, keep the parcel: {reason_en}"
