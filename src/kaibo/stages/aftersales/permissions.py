"""What people may do with cases, and which roles may by default."""

from kaibo.plumbing.wiring import Ability

SEE = "aftersales:case:see"
OPEN = "aftersales:case:open"
HANDLE = "aftersales:case:handle"
REFUND = "aftersales:refund:make"
REFUND_LARGE = "aftersales:refund:approve"
RECEIVE = "aftersales:return:receive"
RULES = "aftersales:severity:change"
IMPORT = "aftersales:case:import"
EXPORT = "aftersales:case:export"

ABILITIES = tuple(
    Ability(*words)
    for words in (
        (SEE, "查看售后个案", "see after-sales cases"),
        (OPEN, "登记售后个案", "open after-sales cases"),
        (HANDLE, "处理售后个案", "handle after-sales cases"),
        (REFUND, "退款", "refund"),
        (REFUND_LARGE, "批准大额退款", "approve large refunds"),
        (RECEIVE, "收退货", "receive returned goods"),
        (RULES, "修改售后规则与店休日", "change the rules of after-sales and closed days"),
        (IMPORT, "导入售后单", "import after-sales cases"),
        (EXPORT, "导出售后单", "export after-sales cases"),
    )
)
ROLES = {
    "service": (SEE, OPEN, HANDLE, REFUND, IMPORT, EXPORT),
    "operations": (SEE, OPEN, IMPORT, EXPORT, RULES, REFUND_LARGE),
    "warehouse": (SEE, RECEIVE),
    "quality": (SEE,),
    "selection": (SEE,),
    "compliance": (SEE,),
    "analyst": (SEE, EXPORT),
}
