"""Who may do what in supply."""

from kaibo.plumbing.wiring import Ability

SEE = "supply:supply:see"
SUPPLIER_EDIT = "supply:supplier:edit"
PURCHASE_DRAFT = "supply:purchase:draft"
PURCHASE_APPROVE = "supply:purchase:approve"
PURCHASE_APPROVE_LARGE = "supply:purchase:approve_large"
GOODS_RECEIVE = "supply:goods:receive"
LOT_INSPECT = "supply:lot:inspect"
CHECK_OPEN = "supply:check:open"
LOT_RELEASE = "supply:lot:release"
POLICY_EDIT = "supply:policy:edit"
LOT_RECALL = "supply:lot:recall"
COUNT_TAKE = "supply:count:take"
COUNT_APPROVE = "supply:count:approve"
STOCK_LOCK = "supply:stock:lock"
ROLLING_SET = "supply:rolling:set"
PRESALE_GIVE = "supply:presale:give"
QUOTE_IMPORT = "supply:quote:import"
LAUNCH_PLAN = "supply:launch:plan"
LAUNCH_CONFIRM = "supply:launch:confirm"
BUDGET_SET = "supply:budget:set"
BUDGET_ALLOW = "supply:budget:allow"

ABILITIES = (
    Ability(SEE, "查看供应链", "see supply"),
    Ability(SUPPLIER_EDIT, "编辑供应商与报价", "edit suppliers and quotes"),
    Ability(PURCHASE_DRAFT, "起草采购单", "draft purchase orders"),
    Ability(PURCHASE_APPROVE, "批准采购单", "approve purchase orders"),
    Ability(PURCHASE_APPROVE_LARGE, "批准大额采购单", "approve large purchase orders"),
    Ability(GOODS_RECEIVE, "登记到货", "book arrivals"),
    Ability(LOT_INSPECT, "检验并放行批次", "inspect and release lots"),
    Ability(CHECK_OPEN, "送产前样、发起开播前抽查", "send samples and ask for spot checks"),
    Ability(LOT_RELEASE, "处置隔离批次（让步、退货、报废、复检）", "settle held lots (accept, return, scrap, re-inspect)"),
    Ability(POLICY_EDIT, "编辑品控方案与检验严格度", "edit quality policies and inspection severity"),
    Ability(LOT_RECALL, "召回批次", "recall lots"),
    Ability(COUNT_TAKE, "盘点", "take stock"),
    Ability(COUNT_APPROVE, "批准盘点差异", "approve stocktaking variances"),
    Ability(STOCK_LOCK, "锁仓与放回", "set stock aside and give it back"),
    Ability(ROLLING_SET, "设置滚动补货", "set rolling replenishment"),
    Ability(PRESALE_GIVE, "给预售额度、收回没卖的", "give pre-sale quotas and take back what is unsold"),
    Ability(QUOTE_IMPORT, "导入报价", "import quotes"),
    Ability(LAUNCH_PLAN, "编辑上新的供货计划与物料", "edit a launch's supply plan and materials"),
    Ability(LAUNCH_CONFIRM, "确认上新的供货计划", "confirm a launch's supply plan"),
    Ability(BUDGET_SET, "设定上新的物料预算", "set a launch's budget for materials"),
    Ability(BUDGET_ALLOW, "批准物料超支", "allow spending above a launch's budget"),
)
ROLES = {
    "selection": (SEE, ROLLING_SET, STOCK_LOCK, SUPPLIER_EDIT, PURCHASE_DRAFT, QUOTE_IMPORT, CHECK_OPEN, LAUNCH_PLAN),
    "quality": (SEE, LOT_INSPECT, LOT_RELEASE, POLICY_EDIT, CHECK_OPEN, LOT_RECALL),
    "warehouse": (SEE, PURCHASE_DRAFT, GOODS_RECEIVE, CHECK_OPEN, COUNT_TAKE, LAUNCH_PLAN),
    "operations": (SEE, ROLLING_SET, PRESALE_GIVE, STOCK_LOCK, SUPPLIER_EDIT, PURCHASE_DRAFT, PURCHASE_APPROVE, QUOTE_IMPORT, CHECK_OPEN, LOT_RECALL, COUNT_APPROVE, LAUNCH_PLAN, LAUNCH_CONFIRM, BUDGET_SET, BUDGET_ALLOW),
    "compliance": (SEE,),
    "analyst": (SEE,),
}
