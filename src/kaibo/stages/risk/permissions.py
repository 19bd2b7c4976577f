"""Who may see mentions, answer them and close them."""

from kaibo.plumbing.wiring import Ability

SEE = "risk:mention:see"
IMPORT = "risk:mention:import"
FLAG = "risk:mention:flag"
ANSWER = "risk:mention:answer"
CLOSE = "risk:mention:close"
WATCH = "risk:watchword:edit"
EXPORT = "risk:mention:export"

ABILITIES = (
    Ability(SEE, "查看舆情", "see mentions"),
    Ability(IMPORT, "导入舆情", "import mentions"),
    Ability(FLAG, "判定负面与误报", "judge what is negative"),
    Ability(ANSWER, "认领与答复舆情", "take and answer mentions"),
    Ability(CLOSE, "关闭舆情", "close mentions"),
    Ability(WATCH, "编辑监看词", "edit watch words"),
    Ability(EXPORT, "导出舆情登记表", "export the register of mentions"),
)
ROLES = {
    "service": (SEE, IMPORT, FLAG, ANSWER, CLOSE, EXPORT),
    "operations": (SEE, IMPORT, FLAG, ANSWER, CLOSE, WATCH, EXPORT),
    "compliance": (SEE, FLAG, ANSWER, WATCH),
    "quality": (SEE,),
    "analyst": (SEE, IMPORT, EXPORT),
    "host": (SEE,),
}
