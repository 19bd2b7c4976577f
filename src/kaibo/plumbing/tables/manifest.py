"""What the shell may know of lists: who may take a list out of the house."""

from kaibo.plumbing.wiring import Ability, Stage

EXPORT = "tables:list:export"

MANIFEST = Stage(
    key="tables",
    abilities=(Ability(EXPORT, "导出列表", "Export lists"),),
    roles=dict.fromkeys(
        ("selection", "quality", "compliance", "operations", "service", "warehouse", "analyst", "owner"), (EXPORT,)
    ),
)
