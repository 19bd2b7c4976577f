"""Who may do what in supply."""

from kaibo.plumbing.wiring import Ability

SEE = "supply:supply:see"
SUPPLIER_EDIT = "supply:supplier:edit"
PURCHASE_DRAFT = "supply:purchase:draft"
PURCHASE_APPROVE = "supply:purchase:approve"
GOODS_RECEIVE = "supply:goods:receive"
LOT_INSPECT = "supply:lot:inspect"
QUOTE_IMPORT = "supply:quote:import"

ABILITIES = (
    Ability(SEE, "查看供应链", "see supply"),
    Ability(SUPPLIER_EDIT, "编辑供应商与报价", "edit suppliers and quotes"),
    Ability(PURCHASE_DRAFT, "起草采购单", "draft purchase orders"),
    Ability(PURCHASE_APPROVE, "批准采购单", "approve purchase orders"),
    Ability(GOODS_RECEIVE, "登记到货", "book arrivals"),
    Ability(LOT_INSPECT, "检验并放行批次", "inspect and release lots"),
    Ability(QUOTE_IMPORT, "导入报价", "import quotes"),
)
ROLES = {
    "selection": (SEE, SUPPLIER_EDIT, PURCHASE_DRAFT, QUOTE_IMPORT),
    "quality": (SEE, LOT_INSPECT),
    "warehouse": (SEE, PURCHASE_DRAFT, GOODS_RECEIVE),
    "operations": (SEE, SUPPLIER_EDIT, PURCHASE_DRAFT, PURCHASE_APPROVE, QUOTE_IMPORT),
    "compliance": (SEE,),
    "analyst": (SEE,),
}
