"""Who may see mentions, answer them and close them."""

from kaibo.plumbing.wiring import Ability

SEE = "risk:mention:see"
IMPORT = "risk:mention:import"
FLAG = "risk:mention:flag"
ANSWER = "risk:mention:answer"
CLOSE = "risk:mention:close"
WATCH = "risk:watchword:edit"
EXPORT = "risk:mention:export"
SUPPLY_SEE = "risk:supply:see"
SUPPLY_HANDLE = "risk:supply:handle"

ABILITIES = (
    Ability(SEE, "查看舆情", "see mentions"),
    Ability(IMPORT, "导入舆情", "import mentions"),
    Ability(FLAG, "判定负面与误报", "judge what is negative"),
    Ability(ANSWER, "认领与答复舆情", "take and answer mentions"),
    Ability(CLOSE, "关闭舆情", "close mentions"),
    Ability(WATCH, "编辑监看词", "edit watch words"),
    Ability(EXPORT, "导出舆情登记表", "export the register of mentions"),
    Ability(SUPPLY_SEE, "查看断货与快递预案", "see stock-outs and courier trouble"),
    Ability(SUPPLY_HANDLE, "处理断货与快递异常", "deal with stock-outs and courier trouble"),
)
ROLES = {
    "service": (SEE, IMPORT, FLAG, ANSWER, CLOSE, EXPORT, SUPPLY_SEE),
    "operations": (SEE, IMPORT, FLAG, ANSWER, CLOSE, WATCH, EXPORT, SUPPLY_SEE, SUPPLY_HANDLE),
    "warehouse": (SUPPLY_SEE, SUPPLY_HANDLE),
    "selection": (SUPPLY_SEE,),
    "compliance": (SEE, FLAG, ANSWER, WATCH),
    "quality": (SEE,),
    "analyst": (SEE, IMPORT, EXPORT),
    "host": (SEE,),
}
