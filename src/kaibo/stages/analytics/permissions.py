"""Who may do what with figures and retrospectives."""

from kaibo.plumbing.wiring import Ability

SEE = "analytics:figures:see"
RECOUNT = "analytics:figures:recount"
IMPORT = "analytics:figures:import"
EXPORT = "analytics:figures:export"
CONCLUDE = "analytics:retrospective:conclude"
ACT = "analytics:action:decide"
IMPROVE = "analytics:improvement:decide"

ABILITIES = (
    Ability(SEE, "查看场次数据与复盘", "see figures and retrospectives"),
    Ability(RECOUNT, "重算场次数据", "recount a session"),
    Ability(IMPORT, "导入平台场次数据", "import the platform's figures"),
    Ability(EXPORT, "导出场次数据", "export figures"),
    Ability(CONCLUDE, "完成复盘", "conclude a retrospective"),
    Ability(ACT, "采纳、完成复盘行动", "decide and finish actions"),
    Ability(IMPROVE, "决定商品改进", "decide improvements of products"),
)
ROLES = {
    "analyst": (SEE, RECOUNT, IMPORT, EXPORT, CONCLUDE, ACT, IMPROVE),
    "operations": (SEE, RECOUNT, IMPORT, EXPORT, CONCLUDE, ACT, IMPROVE),
    "host": (SEE, ACT),
    "control": (SEE, ACT),
    "selection": (SEE, EXPORT, IMPROVE),
    "quality": (SEE, ACT, EXPORT, IMPROVE),
    "service": (SEE, ACT, IMPROVE),
    "technician": (SEE, ACT),
    "warehouse": (SEE, ACT),
    "compliance": (SEE,),
}
