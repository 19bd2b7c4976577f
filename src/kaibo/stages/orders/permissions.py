"""What people may do with orders, and which roles may by default."""

from kaibo.plumbing.wiring import Ability

SEE = "orders:order:see"
VERIFY = "orders:order:verify"
RELEASE = "orders:order:release"
HOLD = "orders:order:hold"
PAY = "orders:payment:record"
RECEIVER = "orders:receiver:change"
UNMASK = "orders:receiver:unmask"
SHIP = "orders:shipment:make"
FORCE = "orders:shipment:force"
PUBLISH = "orders:stock:publish"
ROUTE = "orders:route:change"
PAUSE = "orders:courier:pause"
MARK_TEST = "orders:order:mark_test"
TRACK = "orders:tracker:connect"
IMPORT = "orders:order:import"
EXPORT = "orders:order:export"

ABILITIES = tuple(
    Ability(*words)
    for words in (
        (SEE, "查看订单", "see orders"),
        (VERIFY, "处理订单核验", "decide verification findings"),
        (RELEASE, "放行订单", "release orders to the warehouse"),
        (HOLD, "挂起与恢复订单", "hold orders and lift holds"),
        (PAY, "登记收款", "record payments"),
        (RECEIVER, "修改收件信息", "change the receiver"),
        (UNMASK, "查看收件人明文", "see the receiver unmasked"),
        (SHIP, "发货", "ship"),
        (FORCE, "平台问不到时仍发货", "ship although the platform cannot be asked"),
        (PUBLISH, "分配并发布渠道库存", "allocate and publish stock to channels"),
        (ROUTE, "修改快递与仓库规则", "change the rules for couriers and warehouses"),
        (PAUSE, "宣布快递停用与恢复", "declare a courier paused and end it"),
        (MARK_TEST, "标记内部测试单", "mark the team's own test orders"),
        (TRACK, "填写物流查询账号", "enter the tracker's account"),
        (IMPORT, "导入订单与发货单", "import orders and shipping sheets"),
        (EXPORT, "导出订单", "export orders"),
    )
)
ROLES = {
    "operations": (SEE, VERIFY, RELEASE, HOLD, PAY, RECEIVER, FORCE, PUBLISH, ROUTE, PAUSE, MARK_TEST, TRACK, IMPORT, EXPORT),
    "warehouse": (SEE, VERIFY, RELEASE, HOLD, RECEIVER, UNMASK, SHIP, PUBLISH, PAUSE, IMPORT, EXPORT),
    "service": (SEE, HOLD, RECEIVER, UNMASK),
    "control": (SEE,),
    "analyst": (SEE, EXPORT),
    "host": (SEE,),
}
